/*
 * The texts of a DoH request that are read closely: the question in a GET's target (RFC 8484 section
 * 4.1), its content-type, its Host. None of them is NUL-terminated.
 */
#ifndef FRONT_DOH_QUESTION_H
#define FRONT_DOH_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Finds the parameter "dns" in query[n], what stands behind the "?", and decodes it: base64url without
 * padding. Other parameters are passed over. Returns the octets in out[cap], or -EINVAL: not there, there
 * twice, not base64url, too long. out may be written to in any case. */
ssize_t doh_question_read(const char *query, size_t n, uint8_t *out, size_t cap);

/* Is it application/dns-message, whatever its parameters (RFC 9110 section 8.3.1)? */
bool doh_type_is_dns(const char *type, size_t n);

/* Does a Host name this machine: "localhost" or a loopback address, with or without a port? */
bool doh_host_is_local(const char *host, size_t n);

#endif
