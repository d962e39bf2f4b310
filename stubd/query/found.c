#include "stubd/query/found.h"

#include "policy/rebinding.h"
#include "stubd/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD "addresses 1\n"

/* The first octet from which on IPv4 addresses, and IPv6 ones, are of many hosts or of nobody. */
enum { MULTICAST4 = 224, MULTICAST6 = 0xff };

bool
found_is_public(const struct addr *addr)
{
	if (addr->scope)
		return false;
	if (addr->family == AF_INET)
		return addr->ip[0] < MULTICAST4 && !rebinding_private4(addr->ip);
	return addr->family == AF_INET6 && addr->ip[0] < MULTICAST6 &&
	       !rebinding_private6(addr->ip);
}

struct found_host *
found_get(const struct found *found, const char *host)
{
	for (size_t i = 0; i < found->n; i++) {
		if (!strcasecmp(found->hosts[i]->host, host))
			return found->hosts[i];
	}
	return NULL;
}

/* The place of the one that was looked up longest ago. */
static struct found_host **
oldest(struct found *found)
{
	struct found_host **old = found->hosts;

	for (size_t i = 1; i < found->n; i++) {
		if (found->hosts[i]->when < (*old)->when)
			old = &found->hosts[i];
	}
	return old;
}

struct found_host *
found_make(struct found *found, const char *host, int64_t when)
{
	struct found_host *h = found_get(found, host), **place;

	if (h || strlen(host) >= FOUND_HOST_MAX)
		return h;
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	text_copy(h->host, sizeof(h->host), host);
	h->when = when;
	if (found->n == FOUND_HOSTS) {
		place = oldest(found);
		free(*place);
	} else {
		place = &found->hosts[found->n++];
	}
	*place = h;
	return h;
}

void
found_put(struct found_host *host, const struct addr *addrs, size_t n, int64_t when)
{
	host->when = when;
	host->n = 0;
	for (size_t i = 0; i < n && host->n < FOUND_EACH; i++) {
		if (!found_is_public(&addrs[i]))
			continue;
		host->addrs[host->n] = addrs[i];
		host->addrs[host->n++].port = 0;
	}
}

/* --- text ------------------------------------------------------------------------------------- */

/* The next word of a line, NUL-terminated in place; NULL: none. One blank stands between two. */
static char *
word(char **line)
{
	char *text = *line, *end;

	if (!text)
		return NULL;
	end = strchr(text, ' ');
	if (end)
		*end++ = '\0';
	*line = end;
	return text;
}

static bool
is_host(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	}
	return *text && strlen(text) < FOUND_HOST_MAX;
}

static int
read_time(const char *text, int64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 15)
		return -EBADMSG;
	*out = strtoll(text, &end, 10);
	return *end ? -EBADMSG : 0;
}

static int
read_line(struct found *found, char *line)
{
	const char *host = word(&line), *time = word(&line), *text;
	struct addr addrs[FOUND_EACH];
	struct found_host *h;
	int64_t when;
	size_t n = 0;

	if (!host || !time || !is_host(host) || found_get(found, host) ||
	    read_time(time, &when) < 0)
		return -EBADMSG;
	while ((text = word(&line))) {
		if (n == FOUND_EACH || addr_from_text(&addrs[n], text, 0) < 0 || addrs[n].port ||
		    !found_is_public(&addrs[n]))
			return -EBADMSG;
		n++;
	}
	h = found->n < FOUND_HOSTS ? found_make(found, host, when) : NULL;
	if (!h)
		return found->n < FOUND_HOSTS ? -ENOMEM : -EBADMSG;
	found_put(h, addrs, n, when);
	return 0;
}

int
found_read(struct found *found, const char *text, size_t n)
{
	char *copy = strndup(text, n), *at, *end;
	int err = 0;

	if (!copy)
		return -ENOMEM;
	at = copy;
	/* A NUL ends the copy early, and so without the line's end. */
	if (strlen(copy) != n || strncmp(copy, HEAD, strlen(HEAD)) != 0)
		err = -EBADMSG;
	else
		at += strlen(HEAD);
	while (!err && *at) {
		end = strchr(at, '\n');
		if (!end) {
			err = -EBADMSG;
			break;
		}
		*end = '\0';
		err = read_line(found, at);
		at = end + 1;
	}
	free(copy);
	if (err)
		found_clear(found);
	return err;
}

char *
found_write(const struct found *found)
{
	char *text = NULL, ip[INET6_ADDRSTRLEN];
	size_t n;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return NULL;
	fputs(HEAD, out);
	for (size_t i = 0; i < found->n; i++) {
		const struct found_host *h = found->hosts[i];

		fprintf(out, "%s %" PRId64, h->host, h->when);
		for (size_t k = 0; k < h->n; k++)
			fprintf(out, " %s",
			    inet_ntop(h->addrs[k].family, h->addrs[k].ip, ip, sizeof(ip)));
		fputc('\n', out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

void
found_clear(struct found *found)
{
	for (size_t i = 0; i < found->n; i++)
		free(found->hosts[i]);
	found->n = 0;
}
