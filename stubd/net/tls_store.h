/*
 * What TLS connections share: trust anchors, and sessions for resumption.
 *
 * One SSL_CTX stands for one set of trust anchors: the system's, opened on first use, or a private
 * CA file. An identity is one party as it must prove itself (host or address, port, link, CA, pins,
 * ALPN), with or without sessions; sessions belong to an identity, never to an SSL_CTX, so that a ticket of one party is never
 * shown to another and what was verified once for an identity holds for its resumptions. Sessions
 * live in memory only, and are given up when the network changes (they would link two places).
 *
 * Limits: TLS_IDENTITIES, then the one that rested longest is dropped; if all are in use, -ENOBUFS.
 */
#ifndef NET_TLS_STORE_H
#define NET_TLS_STORE_H

#include "policy/upstream_spec.h"
#include "stubd/base/walltime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_store;
struct tls_identity;
struct tls_verify;
struct tls_octets;
struct ssl_st; /* OpenSSL's SSL */

enum {
	TLS_IDENTITIES = 256,
	TLS_SESSIONS = 4,	   /* an identity; the oldest is dropped */
	TLS_CA_FILE_MAX = 4 << 20, /* octets of a private CA file; a longer one is not read */
	TLS_TEXT = 256,		   /* octets of an error text */
};

/* How the other side must prove itself, and how it is reached. All borrowed for the call. */
struct tls_params {
	const struct addr *addr;
	const char *host;    /* verified and sent as SNI; NULL: the address itself is verified */
	const char *link;    /* bind to this interface; NULL: any */
	const char *ca_file; /* PEM; NULL: the system's */
	const uint8_t (*pins)[SPEC_PIN_LEN]; /* SHA-256 of an SPKI each, RFC 7858 section 4.2 */
	size_t npins;
	const uint8_t (
	    *hashes)[SPEC_PIN_LEN]; /* SHA-256 of a TBSCertificate each, policy/stamp.h */
	size_t nhashes;
	const char *alpn;   /* "h2", "dot" */
	bool alpn_required; /* fail when the other side does not agree */
	bool unverified;    /* whoever it is: only listeners are kept out, nothing is proved */
	bool untied;	    /* no session is kept or offered */
	bool last_apart;    /* the last tls_write() of a turn is a record of its own */
};

/* What OpenSSL's callbacks find behind an SSL (its application data); embedded in the connection. */
struct tls_ties {
	struct tls_identity *identity;
	uint64_t epoch; /* of the sessions, when the connection was made */
	struct tls_verify *verify;
};

/* NULL: out of memory. */
struct tls_store *tls_store_new(void);

/* Frees the store; no connection may be left. NULL is allowed; returns NULL. */
struct tls_store *tls_store_free(struct tls_store *store);

/* Reads a private CA file and keeps it, for who will not be able to read it later. That there are
 * certificates in it is all that is looked at: OpenSSL takes milliseconds to get ready for more. Returns 0,
 * or -errno and why. */
int tls_store_read(struct tls_store *store, const char *ca_file, char why[TLS_TEXT]);

/* Looks at it now, rather than when the first connection is made; ca_file NULL: at the system's. Returns 0,
 * or -errno and why: it is of no use. */
int tls_store_open(struct tls_store *store, const char *ca_file, char why[TLS_TEXT]);

/* Certificates are checked at this time (copied); at first by the machine's clock. */
void tls_store_set_time(struct tls_store *store, const struct walltime *time);

/* Drops every session and takes none from connections that are open now. */
void tls_store_forget_sessions(struct tls_store *store);

/* Finds or makes the identity; it stays until tls_identity_release(). Returns 0 and *out, or -errno
 * and text[TLS_TEXT]. */
int tls_store_identity(struct tls_store *store, const struct tls_params *params,
    struct tls_identity **out, char *text);
void tls_identity_release(struct tls_identity *identity);

/* A new connection of this identity, on those octets: SSL_CTX, time, and a session when there is one.
 * ties and octets must outlive it; the verify of ties is the caller's. NULL: out of memory. */
struct ssl_st *tls_identity_connection(
    struct tls_identity *identity, struct tls_ties *ties, struct tls_octets *octets);

/* The time by which its certificate is checked; borrowed. */
const struct walltime *tls_identity_time(const struct tls_identity *identity);

/* The connection failed to prove itself: whatever sessions there are go. */
void tls_identity_distrust(struct tls_identity *identity);

#endif
