/*
 * Small values of the configuration as text: sizes, times, pins, host names, labels. Pure; outputs
 * are untouched on failure.
 */
#ifndef POLICY_VALUE_H
#define POLICY_VALUE_H

#include "policy/upstream_spec.h"
#include "policy/why.h"

#include <stdint.h>

enum { HOST_NAME_MAX_TEXT = 256, LABEL_TEXT_MAX = 48 };

/* "16M", "512K", "1G", "4096": octets, in powers of 1024. Returns 0 or -EINVAL. */
int value_size(const char *text, int64_t *octets, struct why *why);

/* "1d", "12h", "5m", "90s", "500ms"; a bare number is seconds. Returns 0 or -EINVAL. */
int value_time(const char *text, int64_t *ms, struct why *why);

/* A pin: the SHA-256 of a certificate's public key in base64 (RFC 7858 section 4.2). */
int value_pin(const char *text, uint8_t pin[SPEC_PIN_LEN], struct why *why);

/* A host name in its ASCII form, to verify a certificate with; written to out in lower case and
 * without the last dot (RFC 6125 section 6.4). */
int value_host(const char *text, char out[HOST_NAME_MAX_TEXT], struct why *why);

/* An address that can be asked or listened at: not multicast; `any` allows 0.0.0.0 and [::]. */
int value_addr(
    const char *text, uint16_t default_port, bool any, struct addr *out, struct why *why);

/* A name that people give to a provider: no spaces, no '/', LABEL_TEXT_MAX - 1 at most. */
int value_label(const char *text, struct why *why);

/* A network interface's name. */
int value_link(const char *text, struct why *why);

#endif
