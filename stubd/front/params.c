#include "stubd/front/params.h"

#include <errno.h>
#include <string.h>

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one octet, escaped or not, and moves *p on; -1: not allowed. */
static int
octet(const char **p, const char *end)
{
	int v = (unsigned char)*(*p)++;

	if (v == '%') {
		if (end - *p < 2 || hex((*p)[0]) < 0 || hex((*p)[1]) < 0)
			return -1;
		v = hex((*p)[0]) << 4 | hex((*p)[1]);
		*p += 2;
	}
	return v < 0x20 || v == 0x7f ? -1 : v;
}

/* Decodes [p, end); with out NULL only counts and checks. */
static int
decode(const char *p, const char *end, char *out, size_t cap)
{
	size_t n = 0;

	while (p < end) {
		int v = octet(&p, end);

		if (v < 0)
			return -EINVAL;
		if (n + 1 >= cap)
			return -ENOSPC;
		if (out)
			out[n] = (char)v;
		n++;
	}
	if (out)
		out[n] = '\0';
	return (int)n;
}

int
params_get(const char *query, const char *key, char *out, size_t cap)
{
	size_t nkey = strlen(key);
	const char *value = NULL, *value_end = NULL;
	int n;

	for (const char *p = query, *end; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "&");
		if ((size_t)(end - p) <= nkey || memcmp(p, key, nkey) != 0 || p[nkey] != '=')
			continue;
		if (value)
			return -EEXIST;
		value = p + nkey + 1;
		value_end = end;
	}
	if (!value)
		return -ENOENT;
	if (cap == 0)
		return -ENOSPC;
	n = decode(value, value_end, NULL, cap);
	return n < 0 ? n : decode(value, value_end, out, cap);
}
