/*
 * The other side of a TLS connection, for tests: a CA and a certificate of its own making, and a
 * server on 127.0.0.1 with a thread for each connection.
 */
#ifndef UNIT_NET_TLS_PEER_H
#define UNIT_NET_TLS_PEER_H

#include "tests/unit/loopback.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TLS_PEER_CONNECTIONS = 64, TLS_PEER_DAY = 86400 };

struct tls_peer;
typedef void tls_peer_serve(struct tls_peer *peer, SSL *ssl);

struct tls_peer {
	/* set by the test before tls_peer_start() */
	const char *san;  /* "DNS:dns.test", "IP:127.0.0.1" */
	const char *alpn; /* NULL: none is agreed on */
	long from, until; /* days from now; 0, 0: valid */
	int max_version;  /* 0: any */
	tls_peer_serve *serve;
	void *arg;
	/* its own */
	struct addr addr;
	char ca_file[32];
	uint8_t pin[32]; /* of the certificate's key */
	int fd;
	SSL_CTX *ctx;
	pthread_t acceptor, threads[TLS_PEER_CONNECTIONS];
	atomic_int connections, handshakes, resumed;
	atomic_bool stopping;
};

struct tls_peer_connection {
	struct tls_peer *peer;
	int fd;
};

static inline X509 *
tls_peer_certificate(
    EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *san, long from, long until)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	char cn[40]; /* each CA has a name of its own */

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), san ? 2 : 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), from * TLS_PEER_DAY);
	X509_gmtime_adj(X509_getm_notAfter(cert), until * TLS_PEER_DAY);
	X509_set_pubkey(cert, key);
	snprintf(cn, sizeof(cn), san ? "leaf" : "test CA %p", (void *)key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
	X509V3_set_ctx(&ctx, issuer ? issuer : cert, cert, NULL, NULL, 0);
	ext = san ? X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, san)
		  : X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, "critical,CA:TRUE");
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	X509_sign(cert, issuer_key, EVP_sha256());
	return cert;
}

static inline int
tls_peer_pick_alpn(SSL *ssl, const unsigned char **out, unsigned char *n, const unsigned char *in,
    unsigned nin, void *arg)
{
	const struct tls_peer *peer = arg;
	size_t len = peer->alpn ? strlen(peer->alpn) : 0;

	(void)ssl;
	for (unsigned at = 0; len && at < nin; at += 1u + in[at]) {
		if (in[at] == len && !memcmp(in + at + 1, peer->alpn, len)) {
			*out = in + at + 1;
			*n = (unsigned char)len;
			return SSL_TLSEXT_ERR_OK;
		}
	}
	return SSL_TLSEXT_ERR_NOACK;
}

static inline void *
tls_peer_connection_main(void *arg)
{
	struct tls_peer_connection *c = arg;
	struct tls_peer *peer = c->peer;
	SSL *ssl = SSL_new(peer->ctx);

	SSL_set_fd(ssl, c->fd);
	if (SSL_accept(ssl) == 1) {
		peer->handshakes++;
		peer->resumed += SSL_session_reused(ssl) == 1;
		if (peer->serve)
			peer->serve(peer, ssl);
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	close(c->fd);
	free(c);
	return NULL;
}

static inline void *
tls_peer_accept_main(void *arg)
{
	struct tls_peer *peer = arg;
	struct tls_peer_connection *c;
	int fd;

	while ((fd = accept(peer->fd, NULL, NULL)) >= 0 && !peer->stopping) {
		c = malloc(sizeof(*c));
		*c = (struct tls_peer_connection){ peer, fd };
		if (peer->connections == TLS_PEER_CONNECTIONS)
			abort();
		pthread_create(
		    &peer->threads[peer->connections], NULL, tls_peer_connection_main, c);
		peer->connections++;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Certificates, listening socket, thread. */
static inline void
tls_peer_start(struct tls_peer *peer)
{
	EVP_PKEY *ca_key = EVP_EC_gen("P-256"), *key = EVP_EC_gen("P-256");
	X509 *ca = tls_peer_certificate(ca_key, NULL, ca_key, NULL, -1, 30), *cert;
	unsigned char *der = NULL;
	FILE *file;
	int n;

	signal(SIGPIPE, SIG_IGN);
	if (!peer->from && !peer->until) {
		peer->from = -1;
		peer->until = 30;
	}
	cert = tls_peer_certificate(key, ca, ca_key, peer->san, peer->from, peer->until);
	strcpy(peer->ca_file, "/tmp/stubd-ca-XXXXXX");
	file = fdopen(mkstemp(peer->ca_file), "w");
	PEM_write_X509(file, ca);
	fclose(file);
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	EVP_Digest(der, (size_t)n, peer->pin, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	peer->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(peer->ctx, cert);
	SSL_CTX_use_PrivateKey(peer->ctx, key);
	SSL_CTX_set_alpn_select_cb(peer->ctx, tls_peer_pick_alpn, peer);
	SSL_CTX_set_session_id_context(peer->ctx, (const unsigned char *)"t", 1);
	if (peer->max_version)
		SSL_CTX_set_max_proto_version(peer->ctx, peer->max_version);
	X509_free(ca);
	X509_free(cert);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(key);
	peer->fd = loopback_socket(SOCK_STREAM, &peer->addr);
	CU_ASSERT_EQUAL(listen(peer->fd, TLS_PEER_CONNECTIONS), 0);
	pthread_create(&peer->acceptor, NULL, tls_peer_accept_main, peer);
}

/* Every connection must have been closed by the test. */
static inline void
tls_peer_stop(struct tls_peer *peer)
{
	peer->stopping = true;
	shutdown(peer->fd, SHUT_RDWR);
	pthread_join(peer->acceptor, NULL);
	for (int i = 0; i < peer->connections; i++)
		pthread_join(peer->threads[i], NULL);
	close(peer->fd);
	SSL_CTX_free(peer->ctx);
	unlink(peer->ca_file);
}

/* Sends back what comes, until the other side closes. */
static inline void
tls_peer_echo(struct tls_peer *peer, SSL *ssl)
{
	char buf[4096];
	int n;

	(void)peer;
	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0 && SSL_write(ssl, buf, n) == n)
		;
}

/* The hash that a DNS stamp would have of a certificate. */
static inline void
tls_peer_hash(const char *ca_file, uint8_t hash[32])
{
	FILE *f = fopen(ca_file, "r");
	X509 *cert = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	uint8_t *der = NULL;
	int n;

	CU_ASSERT_PTR_NOT_NULL_FATAL(cert);
	n = i2d_re_X509_tbs(cert, &der);
	EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(), NULL);
	OPENSSL_free(der);
	X509_free(cert);
	fclose(f);
}

#endif
