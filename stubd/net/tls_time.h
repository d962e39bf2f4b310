/*
 * Certificates that are expired or not yet valid: the one fault that may be the clock's. A part of
 * net/tls, and for who has only the text that a connection failed with.
 */
#ifndef NET_TLS_TIME_H
#define NET_TLS_TIME_H

#include <stdbool.h>

/* Is that error of OpenSSL's verification (X509_V_ERR_*) of this kind? */
bool tls_time_is_at_fault(int error);

/* Is that text, of a connection that ended with TLS_HANDSHAKE, about this kind? NULL: no. */
bool tls_time_is_blamed(const char *text);

#endif
