#include "stubd/net/tls_store.h"
#include "stubd/base/list.h"
#include "stubd/base/state_file.h"
#include "stubd/net/tls_bio.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_LEN = 32 };

/* One set of trust anchors. */
struct trust {
	struct list link;
	unsigned refs;
	bool kept;	       /* one of the references is the store's own */
	char *ca_file;	       /* owned; NULL: the system's */
	struct timespec stamp; /* of the file: a changed one is another set */
	char *pem;	       /* owned; what is in the file, until there is a ctx */
	size_t len;
	SSL_CTX *ctx; /* owned; NULL: it was not needed yet */
};

struct tls_identity {
	struct list link; /* the longest rested first */
	struct tls_store *store;
	struct trust *trust;
	unsigned refs;
	uint8_t key[KEY_LEN];
	bool untied;			     /* has no sessions */
	SSL_SESSION *sessions[TLS_SESSIONS]; /* owned; the newest last */
	size_t nsessions;
};

struct tls_store {
	struct list trusts, identities;
	BIO_METHOD *bio; /* owned */
	size_t nidentities;
	struct walltime time;
	uint64_t epoch; /* of the sessions; connections carry the one they were made in */
};

static void
drop_sessions(struct tls_identity *id)
{
	while (id->nsessions)
		SSL_SESSION_free(id->sessions[--id->nsessions]);
}

static void
add_session(struct tls_identity *id, SSL_SESSION *session)
{
	if (id->nsessions == TLS_SESSIONS) {
		SSL_SESSION_free(id->sessions[0]);
		id->nsessions--;
		memmove(id->sessions, id->sessions + 1, id->nsessions * sizeof(*id->sessions));
	}
	id->sessions[id->nsessions++] = session;
}

/* Takes the reference by returning 1. */
static int
on_new_session(SSL *ssl, SSL_SESSION *session)
{
	const struct tls_ties *ties = SSL_get_app_data(ssl);

	if (!ties || ties->identity->untied || ties->epoch != ties->identity->store->epoch)
		return 0;
	add_session(ties->identity, session);
	return 1;
}

static struct trust *
trust_unref(struct trust *trust)
{
	if (!trust || --trust->refs)
		return NULL;
	list_remove(&trust->link);
	SSL_CTX_free(trust->ctx);
	free(trust->pem);
	free(trust->ca_file);
	free(trust);
	return NULL;
}

/* Takes the certificates and revocation lists in pem; false, and an error of OpenSSL's: there are none, or
 * they are broken. */
static bool
add_anchors(X509_STORE *anchors, const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	/* What is encrypted has no password, rather than one that the terminal is asked for. */
	STACK_OF(X509_INFO) *all = bio ? PEM_X509_INFO_read_bio(bio, NULL, NULL, "") : NULL;
	int n = 0;

	for (int i = 0; i < sk_X509_INFO_num(all); i++) {
		X509_INFO *info = sk_X509_INFO_value(all, i);

		n += info->x509 && X509_STORE_add_cert(anchors, info->x509);
		n += info->crl && X509_STORE_add_crl(anchors, info->crl);
	}
	if (all && !n)
		ERR_raise(ERR_LIB_X509, X509_R_NO_CERTIFICATE_OR_CRL_FOUND);
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	BIO_free(bio);
	return n > 0;
}

static SSL_CTX *
make_ctx(const struct trust *trust, char *text)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool ok;

	if (!ctx)
		return NULL;
	/* The system's anchors are looked up one by one when a chain needs them. */
	ok = trust->ca_file ? add_anchors(SSL_CTX_get_cert_store(ctx), trust->pem, trust->len)
			    : SSL_CTX_set_default_verify_paths(ctx);
	if (!ok) {
		snprintf(text, TLS_TEXT, "CA file %s: %s",
		    trust->ca_file ? trust->ca_file : "of the system",
		    ERR_reason_error_string(ERR_peek_last_error()));
		ERR_clear_error();
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(
	    ctx, 1); /* all records that came at once, not each header by itself */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, on_new_session);
	return ctx;
}

static bool
same_file(const struct trust *trust, const char *ca_file)
{
	if (!trust->ca_file || !ca_file)
		return !trust->ca_file && !ca_file;
	return !strcmp(trust->ca_file, ca_file);
}

/* The newest set of that file. */
static struct trust *
trust_find(struct tls_store *store, const char *ca_file)
{
	list_for_each (it, &store->trusts) {
		struct trust *trust = container_of(it, struct trust, link);

		if (same_file(trust, ca_file))
			return trust;
	}
	return NULL;
}

/* Reads the file. What is in its certificates is not looked at. */
static struct trust *
trust_new(struct tls_store *store, const char *ca_file, const struct timespec *stamp, char *text)
{
	struct trust *trust = calloc(1, sizeof(*trust));
	int error = 0;

	if (!trust)
		return NULL;
	trust->refs = 1;
	trust->stamp = *stamp;
	list_init(&trust->link);
	trust->ca_file = ca_file ? strdup(ca_file) : NULL;
	if (ca_file && !trust->ca_file)
		return trust_unref(trust);
	if (ca_file)
		error = state_file_read(ca_file, TLS_CA_FILE_MAX, &trust->pem, &trust->len);
	if (error < 0)
		snprintf(text, TLS_TEXT, "CA file %s: %s", ca_file, strerror(-error));
	else if (ca_file && !strstr(trust->pem, "CERTIFICATE-----"))
		error = snprintf(text, TLS_TEXT,
		    "CA file %s: there is no certificate in it; write one in PEM format", ca_file);
	if (error)
		return trust_unref(trust);
	list_push_front(&store->trusts, &trust->link);
	return trust;
}

/* Looks at it, if nobody has. Returns it, or NULL and text: it is of no use, and the reference is gone. */
static struct trust *
trust_open(struct trust *trust, char *text)
{
	if (trust && !trust->ctx)
		trust->ctx = make_ctx(trust, text);
	if (!trust || !trust->ctx)
		return trust_unref(trust);
	free(trust->pem);
	trust->pem = NULL;
	return trust;
}

/* Finds or reads the set, with a reference. A file that changed makes a new one, if it can be read and, with
 * open, used; else the one that was read before stays good. */
static struct trust *
trust_get(struct tls_store *store, const char *ca_file, bool open, char *text)
{
	struct trust *known = trust_find(store, ca_file), *trust = NULL;
	struct stat st = { 0 };
	bool readable = !ca_file || stat(ca_file, &st) == 0;

	if (!readable)
		snprintf(text, TLS_TEXT, "CA file %s: %s", ca_file, strerror(errno));
	else if (!known || known->stamp.tv_sec != st.st_mtim.tv_sec ||
		 known->stamp.tv_nsec != st.st_mtim.tv_nsec)
		trust = trust_new(store, ca_file, &st.st_mtim, text);
	if (open)
		trust = trust_open(trust, text);
	if (trust || !known)
		return trust;
	known->refs++;
	return open ? trust_open(known, text) : known;
}

/* Gets it and keeps it in place of an older one of that file. */
static int
keep(struct tls_store *store, const char *ca_file, bool open, char why[TLS_TEXT])
{
	struct trust *old = trust_find(store, ca_file), *trust;

	snprintf(why, TLS_TEXT, "out of memory");
	trust = trust_get(store, ca_file, open, why);
	if (!trust)
		return -EINVAL;
	if (trust->kept) { /* the reference of the first time stays */
		trust_unref(trust);
		return 0;
	}
	trust->kept = true;
	if (old && old != trust && old->kept) {
		old->kept = false;
		trust_unref(old);
	}
	return 0;
}

int
tls_store_read(struct tls_store *store, const char *ca_file, char why[TLS_TEXT])
{
	return keep(store, ca_file, false, why);
}

int
tls_store_open(struct tls_store *store, const char *ca_file, char why[TLS_TEXT])
{
	return keep(store, ca_file, true, why);
}

struct tls_store *
tls_store_new(void)
{
	struct tls_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	list_init(&store->trusts);
	list_init(&store->identities);
	store->bio = tls_bio_method();
	return store->bio ? store : tls_store_free(store);
}

static void
identity_free(struct tls_identity *id)
{
	assert(!id->refs);
	list_remove(&id->link);
	id->store->nidentities--;
	drop_sessions(id);
	trust_unref(id->trust);
	free(id);
}

struct tls_store *
tls_store_free(struct tls_store *store)
{
	if (!store)
		return NULL;
	while (!list_empty(&store->identities))
		identity_free(container_of(store->identities.next, struct tls_identity, link));
	while (!list_empty(&store->trusts)) {
		struct trust *trust = container_of(store->trusts.next, struct trust, link);

		assert(trust->kept && trust->refs == 1);
		trust_unref(trust);
	}
	store->bio = tls_bio_method_free(store->bio);
	free(store);
	return NULL;
}

void
tls_store_set_time(struct tls_store *store, const struct walltime *time)
{
	store->time = *time;
}

const struct walltime *
tls_identity_time(const struct tls_identity *identity)
{
	return &identity->store->time;
}

void
tls_store_forget_sessions(struct tls_store *store)
{
	store->epoch++;
	list_for_each (it, &store->identities)
		drop_sessions(container_of(it, struct tls_identity, link));
}

static void
hash_text(EVP_MD_CTX *md, const char *text)
{
	/* With its NUL, so that two neighbours cannot run into each other. */
	EVP_DigestUpdate(md, text ? text : "", text ? strlen(text) + 1 : 1);
	EVP_DigestUpdate(md, text ? "+" : "-", 1);
}

static int
make_key(const struct tls_params *p, uint8_t key[KEY_LEN])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);

	if (ok) {
		hash_text(md, p->host);
		hash_text(md, p->link);
		hash_text(md, p->ca_file);
		hash_text(md, p->alpn);
		EVP_DigestUpdate(md, &p->untied, sizeof(p->untied));
		EVP_DigestUpdate(md, &p->unverified, sizeof(p->unverified));
		if (!p->host)
			EVP_DigestUpdate(md, p->addr->ip, sizeof(p->addr->ip));
		EVP_DigestUpdate(md, &p->addr->port, sizeof(p->addr->port));
		EVP_DigestUpdate(md, p->pins, p->npins * SPEC_PIN_LEN);
		/* A pin and a hash are never taken for each other. */
		EVP_DigestUpdate(md, &p->nhashes, sizeof(p->nhashes));
		EVP_DigestUpdate(md, p->hashes, p->nhashes * SPEC_PIN_LEN);
		ok = EVP_DigestFinal_ex(md, key, NULL);
	}
	EVP_MD_CTX_free(md);
	return ok ? 0 : -ENOMEM;
}

/* Makes room for one more. */
static int
evict(struct tls_store *store)
{
	if (store->nidentities < TLS_IDENTITIES)
		return 0;
	list_for_each (it, &store->identities) {
		struct tls_identity *id = container_of(it, struct tls_identity, link);

		if (!id->refs) {
			identity_free(id);
			return 0;
		}
	}
	return -ENOBUFS;
}

int
tls_store_identity(
    struct tls_store *store, const struct tls_params *params, struct tls_identity **out, char *text)
{
	uint8_t key[KEY_LEN];
	struct tls_identity *id;
	struct trust *trust;
	int error = make_key(params, key);

	snprintf(text, TLS_TEXT, "out of memory");
	if (error)
		return error;
	trust = trust_get(store, params->ca_file, true, text);
	if (!trust)
		return -EINVAL;
	list_for_each (it, &store->identities) {
		id = container_of(it, struct tls_identity, link);
		if (id->trust == trust && !memcmp(id->key, key, sizeof(key))) {
			trust_unref(trust);
			id->refs++;
			*out = id;
			return 0;
		}
	}
	error = evict(store);
	id = error ? NULL : calloc(1, sizeof(*id));
	if (!id) {
		if (error)
			snprintf(text, TLS_TEXT, "too many TLS servers in use");
		trust_unref(trust);
		return error ? error : -ENOMEM;
	}
	id->store = store;
	id->trust = trust;
	id->refs = 1;
	id->untied = params->untied;
	memcpy(id->key, key, sizeof(key));
	list_push_back(&store->identities, &id->link);
	store->nidentities++;
	*out = id;
	return 0;
}

void
tls_identity_release(struct tls_identity *id)
{
	assert(id->refs);
	id->refs--;
	list_remove(&id->link);
	list_push_back(&id->store->identities, &id->link);
}

void
tls_identity_distrust(struct tls_identity *id)
{
	drop_sessions(id);
}

SSL *
tls_identity_connection(struct tls_identity *id, struct tls_ties *ties, struct tls_octets *octets)
{
	SSL *ssl = SSL_new(id->trust->ctx);
	BIO *bio = tls_bio_new(id->store->bio, octets);
	SSL_SESSION *session;

	if (!ssl || !bio) {
		SSL_free(ssl);
		BIO_free(bio);
		return NULL;
	}
	SSL_set_bio(ssl, bio, bio);
	ties->identity = id;
	ties->epoch = id->store->epoch;
	SSL_set_app_data(ssl, ties);
	if (id->store->time.fixed)
		X509_VERIFY_PARAM_set_time(SSL_get0_param(ssl), (time_t)id->store->time.fixed);
	if (id->untied)
		SSL_set_options(ssl, SSL_OP_NO_TICKET);
	if (!id->nsessions)
		return ssl;
	session = id->sessions[id->nsessions - 1];
	SSL_set_session(ssl, session);
	/* A TLS 1.3 ticket is shown once, or two connections could be linked (RFC 8446 C.4). */
	if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) {
		id->nsessions--;
		SSL_SESSION_free(session);
	}
	return ssl;
}
