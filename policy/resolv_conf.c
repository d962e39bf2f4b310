#include "policy/resolv_conf.h"

#include "policy/value.h"

#include <string.h>

enum { DNS_PORT = 53 };

/* Both as in resolv.conf(5), where a line ends at its newline or with the text. */
static const char blanks[] = " \t\r\f\v";

static size_t
skip(const char *text, size_t n, bool blank)
{
	size_t i = 0;

	while (i < n && (text[i] != '\0' && strchr(blanks, text[i]) != NULL) == blank)
		i++;
	return i;
}

/* The next word of *text[*n], which is moved behind it; 0: there is none. */
static size_t
next_word(const char **text, size_t *n, const char **word)
{
	const size_t before = skip(*text, *n, true);
	const size_t len = skip(*text + before, *n - before, false);

	*word = *text + before;
	*text += before + len;
	*n -= before + len;
	return len;
}

/* An address without a port: other readers of such files know of none. */
static int
read_server(const char *word, size_t len, struct addr *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	struct why why;

	if (len == 0 || len >= sizeof(text) || memchr(word, '\0', len))
		return -1;
	memcpy(text, word, len);
	text[len] = '\0';
	if (strchr(text, '[') || (strchr(text, '.') && strchr(text, ':')))
		return -1;
	if (value_addr(text, DNS_PORT, true, &addr, &why) < 0)
		return -1;
	if (addr.family == AF_INET6 && memcmp(addr.ip, mapped, sizeof(mapped)) == 0)
		return -1;
	*out = addr;
	return 0;
}

static bool
is_own(const struct addr *addr)
{
	return addr_is_loopback(addr) || addr_is_unspecified(addr);
}

static void
add(struct resolv_conf *conf, const struct addr *addr)
{
	if (addr_among(addr, conf->servers, conf->nservers))
		return;
	if (conf->nservers == NETVIEW_SERVERS_MAX)
		conf->too_many++;
	else
		conf->servers[conf->nservers++] = *addr;
}

static void
parse_line(struct resolv_conf *conf, const char *line, size_t n, size_t number)
{
	static const char keyword[] = "nameserver";
	const char *word;
	size_t len = next_word(&line, &n, &word);
	struct addr addr;

	if (len != sizeof(keyword) - 1 || memcmp(word, keyword, len) != 0)
		return;
	len = next_word(&line, &n, &word);
	if (read_server(word, len, &addr) < 0) {
		if (conf->malformed++ == 0)
			conf->first_malformed = number;
		return;
	}
	if (!is_own(&addr))
		add(conf, &addr);
}

void
resolv_conf_parse(const char *text, size_t n, struct resolv_conf *out)
{
	size_t number = 0;

	*out = (struct resolv_conf){ .nservers = 0 };
	while (n > 0) {
		const char *newline = memchr(text, '\n', n);
		const size_t len = newline ? (size_t)(newline - text) : n;

		parse_line(out, text, len, ++number);
		text += len;
		n -= len;
		if (n > 0) {
			text++;
			n--;
		}
	}
}
