#include "policy/siphash.h"

#include <endian.h>
#include <string.h>

static inline uint64_t
rotl(uint64_t v, int by)
{
	return v << by | v >> (64 - by);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static inline uint64_t
load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* The last rest octets of n, fewer than eight. */
static inline uint64_t
load_rest(const uint8_t *bytes, size_t n, size_t rest)
{
	uint64_t v = 0;

	if (n >= 8 && rest) /* out of the last eight, in one piece */
		return load_le64(bytes + n - 8) >> (64 - 8 * rest);
	for (size_t i = 0; i < rest; i++)
		v |= (uint64_t)bytes[i] << (8 * i);
	return v;
}

/* With so many rounds a word, and at the end. */
static inline __attribute__((always_inline)) uint64_t
hash(const uint64_t key[2], const uint8_t *bytes, size_t n, int rounds, int last)
{
	const uint64_t k0 = key[0], k1 = key[1];
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
		k1 ^ 0x7465646279746573 };
	uint64_t word = 0;
	size_t at = 0;

	for (; n - at >= 8; at += 8) {
		word = load_le64(bytes + at);
		v[3] ^= word;
		for (int i = 0; i < rounds; i++)
			sip_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)n << 56 | load_rest(bytes, n, n - at);
	v[3] ^= word;
	for (int i = 0; i < rounds; i++)
		sip_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int i = 0; i < last; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
siphash(const uint64_t key[2], const void *bytes, size_t n)
{
	return hash(key, bytes, n, 2, 4);
}

uint64_t
siphash_table(const uint64_t key[2], const void *bytes, size_t n)
{
	return hash(key, bytes, n, 1, 3);
}
