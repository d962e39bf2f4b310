/*
 * Detached signatures in minisign's format: Ed25519 (RFC 8032) over a file, or over its BLAKE2b-512
 * (RFC 7693), and over a comment that is trusted with it, which has the time of signing. The
 * arithmetic is not policy's: whoever loads a configuration hands it down.
 *
 *	key		base64 of "Ed", the key's number (8), the key (32)
 *	signature	untrusted comment: ANYTHING
 *			base64 of "Ed" or "ED" (of the hash), the key's number, the signature (64)
 *			trusted comment: TEXT
 *			base64 of the signature over the signature and TEXT
 */
#ifndef POLICY_MINISIG_H
#define POLICY_MINISIG_H

#include "policy/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MINISIG_NUMBER = 8,
	MINISIG_KEY = 32,
	MINISIG_SIGNATURE = 64,
	MINISIG_HASH = 64,
	MINISIG_COMMENT_MAX = 1024,
};

struct minisig_key {
	uint8_t number[MINISIG_NUMBER], key[MINISIG_KEY];
};

struct minisig_crypto {
	/* True when the signature over message[n] is the key's. */
	bool (*verify)(const uint8_t key[MINISIG_KEY], const uint8_t *message, size_t n,
	    const uint8_t signature[MINISIG_SIGNATURE]);
	/* The BLAKE2b-512 of message[n]; false: out of memory. */
	bool (*hash)(const uint8_t *message, size_t n, uint8_t out[MINISIG_HASH]);
};

/* What a signature says besides. */
struct minisig_trusted {
	uint64_t timestamp;		/* s since 1970 */
	char file[MINISIG_COMMENT_MAX]; /* the name that was signed; "" where it is not told */
};

/* Returns 0 or -EINVAL. */
int minisig_read_key(struct minisig_key *out, const char *text, struct why *why);

/* Verifies the signature, as text[n_text], over message[n], and the trusted comment. Returns 0 and
 * *out, or -EINVAL and *why. */
int minisig_verify(const struct minisig_crypto *crypto, const struct minisig_key *key,
    const char *text, size_t n_text, const uint8_t *message, size_t n, struct minisig_trusted *out,
    struct why *why);

/* The length of the signature at the beginning of text[n], which may go on: its four lines with
 * their ends; 0: there are no four. */
size_t minisig_length(const char *text, size_t n);

#endif
