#include "policy/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { URL_TEXT_MAX = 1024 };

static const struct {
	const char *prefix;
	uint16_t port;
} schemes[SCHEMES] = {
	[SCHEME_DNS] = { "dns://", 53 },
	[SCHEME_TLS] = { "tls://", 853 },
	[SCHEME_HTTPS] = { "https://", 443 },
};

/* Finds the scheme; a bare address is Do53. Returns what follows it, or NULL. */
static const char *
read_scheme(const char *text, enum scheme *scheme)
{
	for (unsigned i = 0; i < SCHEMES; i++) {
		size_t n = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, n) == 0) {
			*scheme = (enum scheme)i;
			return text + n;
		}
	}
	*scheme = SCHEME_DNS;
	return strstr(text, "://") ? NULL : text;
}

static int
read_path(struct url *url, const char *path, struct why *why)
{
	static const char template[] = "{?dns}"; /* RFC 8484 section 4.1: empty for POST */
	size_t n = strlen(path);

	if (n >= strlen(template) && strcmp(path + n - strlen(template), template) == 0)
		n -= strlen(template);
	if (n < 1)
		path = "/", n = 1;
	if (n >= URL_PATH_MAX)
		return why_set(
		    why, "has a path of %zu characters; write at most %d", n, URL_PATH_MAX - 1);
	for (size_t i = 0; i < n; i++) {
		if (path[i] <= ' ' || path[i] == 127 || path[i] & 0x80 ||
		    strchr("{}\"<>\\", path[i]))
			return why_set(why, "has a character in its path that a URL may not have; "
					    "write it as %%XX");
	}
	memcpy(url->path, path, n);
	url->path[n] = '\0';
	return 0;
}

/* Cuts ":PORT" off a host name. */
static int
read_port(struct url *url, char *host, struct why *why)
{
	char *colon = strrchr(host, ':'), *end;
	unsigned long port;

	if (!colon)
		return 0;
	port = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end || port == 0 || port > UINT16_MAX)
		return why_set(
		    why, "\"%.16s\" is not a port; write a number from 1 to 65535", colon + 1);
	url->port = (uint16_t)port;
	*colon = '\0';
	return 0;
}

static int
read_authority(struct url *url, char *host, const char *verify, struct why *why)
{
	if (strchr(host, '@'))
		return why_set(why, "has a user in its URL; leave it out");
	if (addr_from_text(&url->addr, host, url->port) == 0) {
		url->literal = true;
		url->port = url->addr.port;
		if (value_addr(host, url->port, false, &url->addr, why) < 0)
			return -EINVAL;
		return verify ? value_host(verify, url->host, why) : 0;
	}
	if (verify)
		return why_set(
		    why, "\"%.64s\" is not an address; write the address before the '#'", host);
	if (read_port(url, host, why) < 0)
		return -EINVAL;
	return value_host(host, url->host, why);
}

int
url_parse(struct url *out, const char *text, struct why *why)
{
	struct url url = { .scheme = SCHEME_DNS };
	char copy[URL_TEXT_MAX], path[URL_TEXT_MAX] = "", *cut, *verify = NULL;
	const char *rest = read_scheme(text, &url.scheme);

	if (!rest)
		return why_set(why,
		    "\"%.64s\" has a scheme that is not known; write https://, tls:// or dns://",
		    text);
	if (strlen(rest) >= sizeof(copy))
		return why_set(why, "is too long; write at most %d characters", URL_TEXT_MAX - 1);
	url.port = schemes[url.scheme].port;
	strcpy(copy, rest);
	cut = strchr(copy, '#');
	if (cut) {
		*cut = '\0';
		verify = cut + 1;
	}
	cut = strchr(copy, '/');
	if (cut) {
		strcpy(path, cut);
		*cut = '\0';
	}
	if (url.scheme != SCHEME_HTTPS && path[0] && strcmp(path, "/") != 0)
		return why_set(why, "has a path, which only https:// has; leave it out");
	if (verify && url.scheme != SCHEME_TLS)
		return why_set(why, "has a '#', which only tls:// has; leave it out");
	if (url.scheme == SCHEME_HTTPS && read_path(&url, path, why) < 0)
		return -EINVAL;
	if (read_authority(&url, copy, verify, why) < 0)
		return -EINVAL;
	if (url.scheme == SCHEME_DNS && !url.literal)
		return why_set(
		    why, "\"%.64s\" is not an address; write one like \"192.0.2.1:53\"", text);
	*out = url;
	return 0;
}
