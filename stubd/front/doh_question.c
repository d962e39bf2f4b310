#include "stubd/front/doh_question.h"

#include "policy/addr.h"
#include "policy/base64.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const char *
find(const char *from, const char *end, char c)
{
	const char *at = from < end ? memchr(from, c, (size_t)(end - from)) : NULL;

	return at ? at : end;
}

ssize_t
doh_question_read(const char *query, size_t n, uint8_t *out, size_t cap)
{
	static const char key[] = "dns=";
	const size_t nkey = sizeof(key) - 1;
	const char *value = NULL, *value_end = NULL, *const last = query + n;

	for (const char *p = query, *end; p < last; p = end + 1) {
		end = find(p, last, '&');
		if ((size_t)(end - p) < nkey || memcmp(p, key, nkey) != 0)
			continue;
		if (value)
			return -EINVAL;
		value = p + nkey;
		value_end = end;
	}
	return value ? base64_decode(BASE64_URL, value, (size_t)(value_end - value), out, cap)
		     : -EINVAL;
}

bool
doh_type_is_dns(const char *type, size_t n)
{
	static const char dns[] = "application/dns-message";
	size_t len = (size_t)(find(type, type + n, ';') - type);

	while (len && (type[len - 1] == ' ' || type[len - 1] == '\t'))
		len--;
	return len == sizeof(dns) - 1 && strncasecmp(type, dns, len) == 0;
}

bool
doh_host_is_local(const char *host, size_t n)
{
	static const char local[] = "localhost";
	const size_t nlocal = sizeof(local) - 1;
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	if (n >= nlocal && strncasecmp(host, local, nlocal) == 0)
		return n == nlocal || host[nlocal] == ':';
	if (n >= sizeof(text) || memchr(host, '\0', n))
		return false;
	memcpy(text, host, n);
	text[n] = '\0';
	return addr_from_text(&addr, text, 1) == 0 && addr_is_loopback(&addr);
}
