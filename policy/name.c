#include "policy/name.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Lower case of ASCII letters only (RFC 4343). Label lengths are below 'A', so whole wire names
 * may be put through it. */
static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads one octet of a label; returns the characters used, 0 for a bad escape. */
static size_t
read_octet(const char *p, uint8_t *octet)
{
	unsigned v;

	if (p[0] != '\\') {
		*octet = (uint8_t)p[0];
		return 1;
	}
	if (!p[1])
		return 0;
	if (!digit(p[1])) {
		*octet = (uint8_t)p[1];
		return 2;
	}
	if (!digit(p[2]) || !digit(p[3]))
		return 0;
	v = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 + (unsigned)(p[3] - '0');
	if (v > 255)
		return 0;
	*octet = (uint8_t)v;
	return 4;
}

/* Reads one label and its dot, if any; returns the characters used, 0 on error. */
static size_t
read_label(struct name *n, const char *text)
{
	size_t at = n->len, used = 0, len = 0;

	while (text[used] && text[used] != '.') {
		uint8_t octet;
		size_t step = read_octet(text + used, &octet);

		/* One octet stays free for the root. */
		if (!step || len == NAME_LABEL_MAX || at + 1 + len >= NAME_WIRE_MAX - 1)
			return 0;
		n->wire[at + 1 + len++] = lower(octet);
		used += step;
	}
	if (!len)
		return 0;
	n->wire[at] = (uint8_t)len;
	n->len = (uint8_t)(at + 1 + len);
	return used + (text[used] == '.');
}

int
name_from_text(struct name *out, const char *text)
{
	struct name n = { .len = 0 };

	if (!*text)
		return -EINVAL;
	if (strcmp(text, ".") == 0)
		text++;
	while (*text) {
		size_t used = read_label(&n, text);

		if (!used)
			return -EINVAL;
		text += used;
	}
	n.wire[n.len++] = 0;
	*out = n;
	return 0;
}

int
name_from_wire(struct name *out, const uint8_t *wire, size_t n)
{
	size_t len = 0;

	for (;;) {
		if (len >= n || len >= NAME_WIRE_MAX || wire[len] > NAME_LABEL_MAX)
			return -EINVAL;
		if (!wire[len])
			break;
		len += 1 + (size_t)wire[len];
	}
	len++;
	for (size_t i = 0; i < len; i++)
		out->wire[i] = lower(wire[i]);
	out->len = (uint8_t)len;
	return (int)len;
}

static char *
write_octet(char *p, uint8_t c)
{
	if (c <= ' ' || c >= 127) {
		*p++ = '\\';
		*p++ = (char)('0' + c / 100);
		*p++ = (char)('0' + c / 10 % 10);
		*p++ = (char)('0' + c % 10);
		return p;
	}
	if (strchr(".\\\"();@$", c))
		*p++ = '\\';
	*p++ = (char)c;
	return p;
}

char *
name_to_text(const struct name *name, char text[NAME_TEXT_MAX])
{
	char *p = text;
	size_t at = 0;

	if (name->len <= 1)
		*p++ = '.';
	while (at < name->len && name->wire[at]) {
		size_t end = at + 1 + name->wire[at];

		assert(end < name->len);
		for (at++; at < end; at++)
			p = write_octet(p, name->wire[at]);
		*p++ = '.';
	}
	*p = '\0';
	return text;
}

bool
name_is_under(const struct name *name, const struct name *zone)
{
	size_t at = 0;

	while ((size_t)name->len - at > zone->len)
		at += 1 + (size_t)name->wire[at];
	return (size_t)name->len - at == zone->len &&
	       memcmp(name->wire + at, zone->wire, zone->len) == 0;
}

unsigned
name_labels(const struct name *name)
{
	unsigned n = 0;

	for (size_t at = 0; name->wire[at]; at += 1 + (size_t)name->wire[at])
		n++;
	return n;
}

void
name_strip(const struct name *name, unsigned n, struct name *out)
{
	size_t at = 0, len;

	while (n-- && name->wire[at])
		at += 1 + (size_t)name->wire[at];
	len = name->len - at;
	memmove(out->wire, name->wire + at, len);
	out->len = (uint8_t)len;
}

void
name_suffix(const struct name *name, size_t octets, struct name *out)
{
	memmove(out->wire, name->wire + (name->len - octets), octets);
	out->len = (uint8_t)octets;
}

static void
append_label(struct name *out, const char *text, size_t n)
{
	out->wire[out->len++] = (uint8_t)n;
	memcpy(out->wire + out->len, text, n);
	out->len = (uint8_t)(out->len + n);
}

static void
append_octet(struct name *out, unsigned v)
{
	char text[3];
	size_t n = 0;

	if (v >= 100)
		text[n++] = (char)('0' + v / 100);
	if (v >= 10)
		text[n++] = (char)('0' + v / 10 % 10);
	text[n++] = (char)('0' + v % 10);
	append_label(out, text, n);
}

void
name_reverse(int family, const uint8_t *ip, unsigned bits, struct name *out)
{
	assert(family == AF_INET ? bits <= 32 : bits <= 128);
	out->len = 0;
	if (family == AF_INET) {
		for (unsigned i = bits / 8; i-- > 0;)
			append_octet(out, ip[i]);
		append_label(out, "in-addr", 7);
	} else {
		for (unsigned i = bits / 4; i-- > 0;) {
			unsigned nibble = i % 2 ? ip[i / 2] & 15u : ip[i / 2] >> 4;

			append_label(out, &"0123456789abcdef"[nibble], 1);
		}
		append_label(out, "ip6", 3);
	}
	append_label(out, "arpa", 4);
	out->wire[out->len++] = 0;
}
