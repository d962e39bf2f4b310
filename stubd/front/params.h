/*
 * The parameters of a request's query string ("name=www.example&type=AAAA"), percent-decoded
 * (RFC 3986 section 2.1; "+" stands for itself, names may contain it).
 */
#ifndef FRONT_PARAMS_H
#define FRONT_PARAMS_H

#include <stddef.h>

/* Finds key in query and writes its decoded value, NUL-terminated, into out[cap]. Returns the
 * value's length; -ENOENT (no such key), -EEXIST (given twice), -EINVAL (a bad escape, or a NUL or
 * control character), -ENOSPC. out is untouched on failure. */
int params_get(const char *query, const char *key, char *out, size_t cap);

#endif
