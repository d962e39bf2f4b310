#include "policy/base64.h"

#include <errno.h>

static const char *const digits[] = {
	[BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	[BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* What a digit stands for; -1: it is none. */
static int
value_of(enum base64_kind kind, char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == digits[kind][62])
		return 62;
	return c == digits[kind][63] ? 63 : -1;
}

/* Takes the padding off. Returns the digits that are left, or -EINVAL. */
static ssize_t
unpad(enum base64_kind kind, const char *text, size_t n)
{
	if (kind == BASE64_URL)
		return (ssize_t)n;
	if (n % 4)
		return -EINVAL;
	for (int i = 0; i < 2 && n && text[n - 1] == '='; i++)
		n--;
	return (ssize_t)n;
}

ssize_t
base64_decode(enum base64_kind kind, const char *text, size_t n, uint8_t *out, size_t cap)
{
	const ssize_t left = unpad(kind, text, n);
	uint32_t bits = 0;
	unsigned have = 0;
	size_t at = 0;

	if (left < 0 || left % 4 == 1)
		return -EINVAL;
	for (ssize_t i = 0; i < left; i++) {
		const int value = value_of(kind, text[i]);

		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (at == cap)
			return -EINVAL;
		out[at++] = (uint8_t)(bits >> have);
	}
	/* What is left over must be nothing, so that there is one text for each value. */
	return bits & ((1u << have) - 1) ? -EINVAL : (ssize_t)at;
}

char *
base64_encode(enum base64_kind kind, const uint8_t *bytes, size_t n, char *out)
{
	char *p = out;

	for (size_t i = 0; i < n; i += 3) {
		const size_t left = n - i;
		const uint32_t bits = (uint32_t)bytes[i] << 16 |
				      (uint32_t)(left > 1 ? bytes[i + 1] : 0) << 8 |
				      (left > 2 ? bytes[i + 2] : 0);

		for (size_t k = 0; k < 4; k++) {
			if (k <= left)
				*p++ = digits[kind][bits >> (18 - 6 * k) & 63];
			else if (kind == BASE64_STANDARD)
				*p++ = '=';
		}
	}
	*p = '\0';
	return out;
}
