#include "policy/value.h"

#include "policy/name.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <string.h>

struct unit {
	const char *suffix;
	int64_t factor;
};

/* Reads digits and one of the units; returns 0 or -EINVAL. */
static int
read_scaled(const char *text, const struct unit *units, size_t n, int64_t *out)
{
	int64_t v = 0;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *text - '0', &v))
			return -EINVAL;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, units[i].suffix) != 0)
			continue;
		if (__builtin_mul_overflow(v, units[i].factor, &v))
			return -EINVAL;
		*out = v;
		return 0;
	}
	return -EINVAL;
}

int
value_size(const char *text, int64_t *octets, struct why *why)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "K", 1 << 10 },
		{ "M", 1 << 20 },
		{ "G", 1 << 30 },
	};

	if (read_scaled(text, units, sizeof(units) / sizeof(*units), octets) == 0)
		return 0;
	return why_set(
	    why, "\"%.32s\" is not a size; write a number with K, M or G, like \"16M\"", text);
}

int
value_time(const char *text, int64_t *ms, struct why *why)
{
	static const struct unit units[] = {
		{ "ms", 1 },
		{ "", 1000 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
		{ "d", 86400000 },
	};

	if (read_scaled(text, units, sizeof(units) / sizeof(*units), ms) == 0)
		return 0;
	return why_set(why,
	    "\"%.32s\" is not a time; write a number with ms, s, m, h or d, like \"90s\" or \"1d\"",
	    text);
}

static int
base64_digit(char c)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int
value_pin(const char *text, uint8_t pin[SPEC_PIN_LEN], struct why *why)
{
	uint8_t out[SPEC_PIN_LEN + 1];
	uint32_t bits = 0;
	size_t n = 0;

	/* 32 octets are 43 digits and one '='; the last digit has 4 bits of use. */
	if (strlen(text) != 44 || text[43] != '=')
		goto bad;
	for (size_t i = 0; i < 44; i++) {
		int digit = i < 43 ? base64_digit(text[i]) : 0;

		if (digit < 0)
			goto bad;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 == 3) {
			out[n++] = (uint8_t)(bits >> 16);
			out[n++] = (uint8_t)(bits >> 8);
			out[n++] = (uint8_t)bits;
			bits = 0;
		}
	}
	if (out[SPEC_PIN_LEN])
		goto bad;
	memcpy(pin, out, SPEC_PIN_LEN);
	return 0;
bad:
	return why_set(why, "is not a pin; write the SHA-256 of the server's public key in base64, "
			    "44 characters");
}

static bool
host_octet(unsigned char c)
{
	return isalnum(c) || c == '-' || c == '_';
}

int
value_host(const char *text, char out[HOST_NAME_MAX_TEXT], struct why *why)
{
	struct name name;
	struct addr addr;
	size_t n;

	for (const char *p = text; *p; p++) {
		if (*p & 0x80)
			return why_set(
			    why, "\"%.64s\" is not in ASCII; write the name's xn-- form", text);
		if (*p != '.' && !host_octet((unsigned char)*p))
			return why_set(
			    why, "\"%.64s\" is not a host name; write one like dns.example", text);
	}
	if (name_from_text(&name, text) < 0 || name.len <= 1 || name.len >= NAME_WIRE_MAX ||
	    addr_from_text(&addr, text, 0) == 0)
		return why_set(
		    why, "\"%.64s\" is not a host name; write one like dns.example", text);
	n = strlen(text);
	n -= text[n - 1] == '.';
	for (size_t i = 0; i < n; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	out[n] = '\0';
	return 0;
}

int
value_addr(const char *text, uint16_t default_port, bool any, struct addr *out, struct why *why)
{
	struct addr addr;
	const char *port = default_port == 53 ? ":53" : "";

	if (addr_from_text(&addr, text, default_port) < 0)
		return why_set(why,
		    "\"%.64s\" is not an address; write one like \"192.0.2.1%s\" or "
		    "\"[2001:db8::1]:%u\"",
		    text, port, default_port);
	if (addr.family == AF_INET ? addr.ip[0] >= 224 : addr.ip[0] == 0xff)
		return why_set(
		    why, "\"%.64s\" is a multicast or broadcast address; write a host's own", text);
	if (!any && addr_is_unspecified(&addr))
		return why_set(why, "\"%.64s\" is nobody's address; write the server's own", text);
	*out = addr;
	return 0;
}

int
value_label(const char *text, struct why *why)
{
	size_t n = strlen(text);

	if (n == 0 || n >= LABEL_TEXT_MAX)
		return why_set(why, "has %s; write 1 to %d characters",
		    n ? "too many characters" : "no characters", LABEL_TEXT_MAX - 1);
	for (const char *p = text; *p; p++) {
		if (!host_octet((unsigned char)*p) && *p != '.')
			return why_set(why,
			    "\"%s\" has a character that a name may not have; write letters, "
			    "digits, '.', '-' and '_'",
			    text);
	}
	return 0;
}

int
value_link(const char *text, struct why *why)
{
	size_t n = strlen(text);

	if (n == 0 || n >= IFNAMSIZ || strpbrk(text, "/ \t:"))
		return why_set(why,
		    "\"%.64s\" is not a network interface's name; write one like \"tun0\"", text);
	return 0;
}
