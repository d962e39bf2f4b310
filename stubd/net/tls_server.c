#include "stubd/net/tls_server.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct tls_server {
	SSL_CTX *ctx; /* owned */
	int64_t since, until;
};

/* TLS 1.2 with forward secrecy and AEADs only: those that RFC 9113 does not forbid. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static int
pick_protocol(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
    unsigned nin, void *arg)
{
	static const unsigned char ours[] = "\x02h2\x08http/1.1";
	unsigned char *picked = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&picked, n, ours, sizeof(ours) - 1, in, nin) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL; /* RFC 7301 section 3.2 */
	*out = picked;
	return SSL_TLSEXT_ERR_OK;
}

/* No file is ever asked for a passphrase: nobody is there to type one. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static int
unreadable(const char *file, int err, char why[TLS_SERVER_WHY_MAX])
{
	const struct passwd *pw = err == EACCES ? getpwuid(geteuid()) : NULL;

	if (pw)
		snprintf(why, TLS_SERVER_WHY_MAX,
		    "%s cannot be read by user %s: give it to the user's group (chgrp %s, chmod "
		    "640), and let that into its folder",
		    file, pw->pw_name, pw->pw_name);
	else
		snprintf(why, TLS_SERVER_WHY_MAX, "%s cannot be read: %s; name a file that can",
		    file, strerror(err));
	return -err;
}

static int
check_readable(const char *file, char why[TLS_SERVER_WHY_MAX])
{
	const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char first;
	int err = 0;

	if (fd < 0)
		return unreadable(file, errno, why);
	if (read(fd, &first, 1) < 0)
		err = errno;
	close(fd);
	return err ? unreadable(file, err, why) : 0;
}

static int64_t
seconds(const ASN1_TIME *time)
{
	struct tm tm;

	return ASN1_TIME_to_tm(time, &tm) == 1 ? timegm(&tm) : 0;
}

static int
load_certificate(struct tls_server *s, const char *file, char why[TLS_SERVER_WHY_MAX])
{
	const X509 *own;

	if (SSL_CTX_use_certificate_chain_file(s->ctx, file) != 1) {
		snprintf(why, TLS_SERVER_WHY_MAX,
		    "%s holds no certificate that can be used (%s); name a PEM file with the "
		    "server's own certificate first",
		    file, ERR_reason_error_string(ERR_peek_last_error()));
		return -EINVAL;
	}
	own = SSL_CTX_get0_certificate(s->ctx);
	s->since = seconds(X509_get0_notBefore(own));
	s->until = seconds(X509_get0_notAfter(own));
	return 0;
}

static int
load_key(struct tls_server *s, const char *certificate, const char *file, char *why)
{
	FILE *f = fopen(file, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, no_passphrase, NULL) : NULL;
	int r = -EINVAL;

	if (!key)
		snprintf(why, TLS_SERVER_WHY_MAX,
		    "%s holds no private key that can be used; name a PEM file with one that has "
		    "no "
		    "passphrase",
		    file);
	else if (X509_check_private_key(SSL_CTX_get0_certificate(s->ctx), key) != 1)
		snprintf(why, TLS_SERVER_WHY_MAX,
		    "%s is not the key of the certificate in %s; name the two files that were made "
		    "together",
		    file, certificate);
	else if (SSL_CTX_use_PrivateKey(s->ctx, key) != 1)
		snprintf(why, TLS_SERVER_WHY_MAX, "%s cannot be used (%s); make a new key", file,
		    ERR_reason_error_string(ERR_peek_last_error()));
	else
		r = 0;
	EVP_PKEY_free(key);
	if (f)
		fclose(f);
	return r;
}

static bool
set_up(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* Idle connections give their buffers back. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	/* Sessions are the clients' to keep, in tickets: nothing grows here. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, pick_protocol, NULL);
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, ciphers) == 1;
}

int
tls_server_new(
    const char *certificate, const char *key, struct tls_server **out, char why[TLS_SERVER_WHY_MAX])
{
	struct tls_server *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	snprintf(why, TLS_SERVER_WHY_MAX, "out of memory");
	ERR_clear_error();
	if (s)
		s->ctx = SSL_CTX_new(TLS_server_method());
	if (s && s->ctx && set_up(s->ctx))
		r = check_readable(certificate, why);
	if (r == 0)
		r = check_readable(key, why);
	if (r == 0)
		r = load_certificate(s, certificate, why);
	if (r == 0)
		r = load_key(s, certificate, key, why);
	ERR_clear_error();
	if (r < 0) {
		tls_server_free(s);
		return r;
	}
	*out = s;
	return 0;
}

struct tls_server *
tls_server_free(struct tls_server *server)
{
	if (server)
		SSL_CTX_free(server->ctx);
	free(server);
	return NULL;
}

void *
tls_server_context(const struct tls_server *server)
{
	return server->ctx;
}

int64_t
tls_server_since(const struct tls_server *server)
{
	return server->since;
}

int64_t
tls_server_until(const struct tls_server *server)
{
	return server->until;
}
