/*
 * Times as HTTP headers have them. All of it is a server's text: what is in no form that the RFC knows
 * counts as not said.
 */
#ifndef NET_HTTP_TIME_H
#define NET_HTTP_TIME_H

#include <stddef.h>
#include <stdint.h>

enum { HTTP_RETRY_MOST = 60 }; /* s that a server may keep us away */

/* Delta-seconds (RFC 9110 section 10.2.3, RFC 9111 section 1.2.2): digits alone, at most `most`. Anything
 * else: 0. */
uint32_t http_seconds(const char *text, size_t n, uint32_t most);

/* A date in any of the three forms (RFC 9110 section 5.6.7); now, in seconds since 1970, decides the
 * century of the form that has none. Returns 0 and *out in the same seconds, or -EINVAL. */
int http_date(const char *text, size_t n, int64_t now, int64_t *out);

/* Retry-After (RFC 9110 section 10.2.3), in either form, as seconds from now (the server's Date if it said
 * one): at most HTTP_RETRY_MOST; 0: none, or it is over. */
uint32_t http_retry_after(const char *text, size_t n, int64_t now);

#endif
