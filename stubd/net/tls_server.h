/*
 * What a TLS server shows and accepts: a certificate with its key, TLS 1.2 at least, HTTP/2 or HTTP/1.1
 * (RFC 8446, RFC 5246, RFC 7301; RFC 9113 section 9.2 on HTTP/2's own demands).
 *
 * A value that is made whole or not at all, so that a reload may look first and swap then. Connections
 * that are open keep what they were made with.
 */
#ifndef NET_TLS_SERVER_H
#define NET_TLS_SERVER_H

#include <stdint.h>

struct tls_server;

enum { TLS_SERVER_WHY_MAX = 384 };

/* Reads both PEM files; the first certificate is the server's own, the rest lead to its CA. Returns 0
 * and *out, or -errno and why, which names the file and the mend: -EINVAL (not what it should be, or the
 * two do not belong together), -EACCES, -ENOENT, ... */
int tls_server_new(const char *certificate, const char *key, struct tls_server **out,
    char why[TLS_SERVER_WHY_MAX]);
struct tls_server *tls_server_free(struct tls_server *server);

/* The SSL_CTX, borrowed, for libh2o. */
void *tls_server_context(const struct tls_server *server);

/* When the certificate begins and ends to be valid, in seconds since 1970. */
int64_t tls_server_since(const struct tls_server *server);
int64_t tls_server_until(const struct tls_server *server);

#endif
