/*
 * Cursors over bytes. Errors are sticky: once a read or write did not fit, the cursor is bad, reads
 * give zeros and writes do nothing, and the caller tests once at the end. A cursor never owns.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rcur {
	const uint8_t *base; /* start of the message, for offsets */
	const uint8_t *p, *end;
	bool bad;
};

struct wcur {
	uint8_t *base;
	uint8_t *p, *end;
	bool bad;
};

static inline struct rcur
rcur_make(const void *bytes, size_t n)
{
	const uint8_t *b = bytes;

	return (struct rcur){ .base = b, .p = b, .end = b + n };
}

static inline size_t
rcur_left(const struct rcur *c)
{
	return (size_t)(c->end - c->p);
}

static inline size_t
rcur_offset(const struct rcur *c)
{
	return (size_t)(c->p - c->base);
}

/* Moves on by n and returns where it stood; NULL when bad. */
static inline const uint8_t *
rcur_skip(struct rcur *c, size_t n)
{
	const uint8_t *at = c->p;

	if (c->bad || rcur_left(c) < n) {
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return at;
}

static inline uint8_t
rcur_u8(struct rcur *c)
{
	const uint8_t *at = rcur_skip(c, 1);

	return at ? at[0] : 0;
}

/* Numbers of two and four octets in network order, and back: one load or store and a swap each. */
static inline uint16_t
load_u16(const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return be16toh(v);
}

static inline uint32_t
load_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return be32toh(v);
}

static inline void
store_u16(uint8_t *at, unsigned v)
{
	const uint16_t swapped = htobe16((uint16_t)v);

	memcpy(at, &swapped, sizeof(swapped));
}

static inline void
store_u32(uint8_t *at, uint32_t v)
{
	v = htobe32(v);
	memcpy(at, &v, sizeof(v));
}

/* Copies n octets, which are few and of a number that only the run knows, as in a name: a call of memcpy()
 * costs more, and so does what compilers make of one whose n has a small limit. They do not overlap. */
static inline void
copy_few(uint8_t *to, const uint8_t *from, size_t n)
{
	size_t i = 0;
	uint64_t v;

	if (n < sizeof(v)) {
		for (; i < n; i++)
			to[i] = from[i];
		return;
	}
	for (; i < n - sizeof(v); i += sizeof(v)) {
		memcpy(&v, from + i, sizeof(v));
		memcpy(to + i, &v, sizeof(v));
	}
	memcpy(&v, from + n - sizeof(v), sizeof(v));
	memcpy(to + n - sizeof(v), &v, sizeof(v));
}

/* Are they the same? As above. */
static inline bool
same_few(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;
	uint64_t x, y;

	if (n < sizeof(x)) {
		while (i < n && a[i] == b[i])
			i++;
		return i == n;
	}
	for (; i < n - sizeof(x); i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			return false;
	}
	memcpy(&x, a + n - sizeof(x), sizeof(x));
	memcpy(&y, b + n - sizeof(y), sizeof(y));
	return x == y;
}

static inline uint16_t
rcur_u16(struct rcur *c)
{
	const uint8_t *at = rcur_skip(c, 2);

	return at ? load_u16(at) : 0;
}

static inline uint32_t
rcur_u32(struct rcur *c)
{
	const uint8_t *at = rcur_skip(c, 4);

	return at ? load_u32(at) : 0;
}

static inline struct wcur
wcur_make(void *bytes, size_t n)
{
	uint8_t *b = bytes;

	return (struct wcur){ .base = b, .p = b, .end = b + n };
}

static inline size_t
wcur_len(const struct wcur *c)
{
	return (size_t)(c->p - c->base);
}

static inline size_t
wcur_left(const struct wcur *c)
{
	return (size_t)(c->end - c->p);
}

/* Reserves n octets and returns them; NULL when they do not fit. */
static inline uint8_t *
wcur_reserve(struct wcur *c, size_t n)
{
	uint8_t *at = c->p;

	if (c->bad || wcur_left(c) < n) {
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return at;
}

static inline void
wcur_bytes(struct wcur *c, const void *bytes, size_t n)
{
	uint8_t *at = wcur_reserve(c, n);

	if (at && n)
		memcpy(at, bytes, n);
}

static inline void
wcur_u8(struct wcur *c, uint8_t v)
{
	wcur_bytes(c, &v, 1);
}

static inline void
wcur_u16(struct wcur *c, uint16_t v)
{
	uint8_t *at = wcur_reserve(c, 2);

	if (at)
		store_u16(at, v);
}

static inline void
wcur_u32(struct wcur *c, uint32_t v)
{
	wcur_u16(c, (uint16_t)(v >> 16));
	wcur_u16(c, (uint16_t)v);
}

#endif
