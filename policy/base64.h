/*
 * Base64 (RFC 4648): the standard alphabet with padding, and the one for URLs without.
 */
#ifndef POLICY_BASE64_H
#define POLICY_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum base64_kind {
	BASE64_STANDARD, /* section 4; padding is needed */
	BASE64_URL,	 /* section 5; padding is an error */
};

/* Decodes text[n] into out[cap]. Returns the octets, or -EINVAL: another character, wrong padding,
 * bits left over, no room. out may be written to in any case. */
ssize_t base64_decode(enum base64_kind kind, const char *text, size_t n, uint8_t *out, size_t cap);

/* Octets of text for n octets, the NUL included, with padding. */
#define BASE64_TEXT(n) (((n) + 2) / 3 * 4 + 1)

/* Writes text and a NUL into out[BASE64_TEXT(n)]; returns out. */
char *base64_encode(enum base64_kind kind, const uint8_t *bytes, size_t n, char *out);

#endif
