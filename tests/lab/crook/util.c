/* Bytes, text and time for crook; see crook.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crook.h"

void
die(const char *what)
{
	perror(what);
	exit(1);
}

uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Make room for len more bytes and one NUL. */
static void
buf_reserve(struct buf *b, size_t len)
{
	if (b->len + len + 1 <= b->size)
		return;
	b->size = (b->len + len + 1) * 2;
	b->data = realloc(b->data, b->size);
	if (!b->data)
		die("realloc");
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = 0;
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	char text[512];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (len > 0)
		buf_add(b, text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1);
}

void
buf_add_json(struct buf *b, const uint8_t *text, size_t len)
{
	buf_add(b, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\')
			buf_printf(b, "\\u%04x", text[i]);
		else
			buf_add(b, text + i, 1);
	}
	buf_add(b, "\"", 1);
}

void
buf_drop(struct buf *b, size_t len)
{
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

/* RFC 4648, section 5, without padding, as RFC 8484 wants it. */
bool
base64url_decode(struct buf *out, const uint8_t *text, size_t len)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < len; i++) {
		const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;

		if (!at)
			return false;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		held += 6;
		if (held >= 8) {
			held -= 8;
			buf_add(out, &(uint8_t){ (uint8_t)(bits >> held) }, 1);
		}
	}
	return true;
}
