/*
 * Who is on the other side of a TLS connection: what is checked, and what to say when it fails.
 * A part of net/tls.
 */
#ifndef NET_TLS_VERIFY_H
#define NET_TLS_VERIFY_H

#include "stubd/net/tls_store.h"

struct tls_verify {
	uint8_t pins[SPEC_PINS_MAX][SPEC_PIN_LEN];
	size_t npins;
	uint8_t hashes[SPEC_HASHES_MAX][SPEC_PIN_LEN];
	size_t nhashes;
	bool pins_alone;     /* no host, no CA: the server's own key must be a pinned one */
	char text[TLS_TEXT]; /* why it failed; "" until then */
};

/* Sets host or address, SNI and the callback on ssl, whose ties lead to verify. Returns 0, -EINVAL
 * (too many pins) or -ENOMEM. */
int tls_verify_start(
    struct tls_verify *verify, struct ssl_st *ssl, const struct tls_params *params);

/* After the handshake: true when no pin is asked for, or one was found (RFC 7858 section 4.2); and
 * the same of hashes, each of the whole of a certificate but its signature. */
bool tls_verify_pins(struct tls_verify *verify, struct ssl_st *ssl);

#endif
