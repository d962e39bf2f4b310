/*
 * Times as HTTP headers have them. All of it is a server's text: what is in no form that the RFC knows
 * counts as not said.
 */
#ifndef NET_HTTP_TIME_H
#define NET_HTTP_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_RETRY_MOST = 60,	    /* s that a server may keep us away */
	HTTP_AGE_MOST = 0x7fffffff, /* s; no TTL is longer */
	HTTP_TIME_TEXT = 40, /* octets of Retry-After that are looked at; a date has 33 at most */
};

/* What the headers of one answer say of time; all zero before the first. */
struct http_times {
	uint32_t age; /* s, RFC 9111 section 5.1; at most HTTP_AGE_MOST; 0: none, or no number */
	bool aged;    /* an Age came */
	bool dated;   /* a Date that can be read came */
	int64_t date; /* s since 1970 */
	char retry[HTTP_TIME_TEXT]; /* Retry-After as it came, since the Date may come behind it */
	size_t nretry;
};

/* Takes one header, of any name (in lower case); of several of one name the first that can be used counts
 * (RFC 9111 section 5.1). A Date is for Retry-After, so it is only read if beside_error. */
void http_times_take(struct http_times *t, const void *name, size_t nname, const char *value,
    size_t n, bool beside_error);

/* Seconds that Retry-After says, by the server's own clock if it told it, since ours may be wrong; at most
 * HTTP_RETRY_MOST; 0: none, or it is over. */
uint32_t http_times_retry(const struct http_times *t);

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
