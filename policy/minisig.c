#include "policy/minisig.h"

#include "policy/base64.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 4, KEY_LEN = 2 + MINISIG_NUMBER + MINISIG_KEY };

static const char trusted_mark[] = "trusted comment: ";

struct line {
	const char *text; /* borrowed, not terminated */
	size_t n;
};

struct signature {
	uint8_t algorithm[2], number[MINISIG_NUMBER], value[MINISIG_SIGNATURE];
};

int
minisig_read_key(struct minisig_key *out, const char *text, struct why *why)
{
	uint8_t bytes[KEY_LEN];

	if (base64_decode(BASE64_STANDARD, text, strlen(text), bytes, sizeof(bytes)) != KEY_LEN ||
	    memcmp(bytes, "Ed", 2) != 0)
		return why_set(why, "is not a minisign key; write the line that begins with RW, 56 "
				    "characters");
	memcpy(out->number, bytes + 2, MINISIG_NUMBER);
	memcpy(out->key, bytes + 2 + MINISIG_NUMBER, MINISIG_KEY);
	return 0;
}

/* Cuts the four lines out. Returns the octets that they take, 0 when there are fewer. */
static size_t
cut_lines(const char *text, size_t n, struct line lines[LINES])
{
	size_t at = 0;

	for (int i = 0; i < LINES; i++) {
		const char *end = memchr(text + at, '\n', n - at);

		/* The last line may be without its end. */
		if (!end && (i < LINES - 1 || at == n))
			return 0;
		lines[i].text = text + at;
		lines[i].n = end ? (size_t)(end - lines[i].text) : n - at;
		at += lines[i].n + (end ? 1 : 0);
		if (lines[i].n && lines[i].text[lines[i].n - 1] == '\r')
			lines[i].n--;
	}
	return at;
}

size_t
minisig_length(const char *text, size_t n)
{
	struct line lines[LINES];

	return cut_lines(text, n, lines);
}

/* The part of the comment behind "key:", up to a tab or the end, into out[cap]; "" without one. */
static void
find_part(const struct line *comment, const char *key, char *out, size_t cap)
{
	const size_t n = strlen(key);
	const char *at = comment->text, *end = comment->text + comment->n;

	out[0] = '\0';
	while (at < end) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		const char *stop = tab ? tab : end;

		if ((size_t)(stop - at) > n && memcmp(at, key, n) == 0 &&
		    (size_t)(stop - at) - n < cap) {
			memcpy(out, at + n, (size_t)(stop - at) - n);
			out[(size_t)(stop - at) - n] = '\0';
			return;
		}
		at = stop + 1;
	}
}

static int
read_trusted(const struct line *comment, struct minisig_trusted *out, struct why *why)
{
	char number[24], *end;

	find_part(comment, "timestamp:", number, sizeof(number));
	find_part(comment, "file:", out->file, sizeof(out->file));
	errno = 0;
	out->timestamp = strtoull(number, &end, 10);
	if (number[0] < '0' || number[0] > '9' || *end || errno)
		return why_set(why, "has a signature without a time, so that an old list could not "
				    "be told from a new one");
	return 0;
}

static bool
verify_message(const struct minisig_crypto *crypto, const struct minisig_key *key,
    const struct signature *signature, const uint8_t *message, size_t n)
{
	uint8_t hash[MINISIG_HASH];

	if (signature->algorithm[1] == 'd')
		return crypto->verify(key->key, message, n, signature->value);
	return crypto->hash(message, n, hash) &&
	       crypto->verify(key->key, hash, sizeof(hash), signature->value);
}

static bool
verify_comment(const struct minisig_crypto *crypto, const struct minisig_key *key,
    const struct signature *signature, const struct line *comment,
    const uint8_t global[MINISIG_SIGNATURE])
{
	uint8_t message[MINISIG_SIGNATURE + MINISIG_COMMENT_MAX];

	memcpy(message, signature->value, MINISIG_SIGNATURE);
	memcpy(message + MINISIG_SIGNATURE, comment->text, comment->n);
	return crypto->verify(key->key, message, MINISIG_SIGNATURE + comment->n, global);
}

int
minisig_verify(const struct minisig_crypto *crypto, const struct minisig_key *key, const char *text,
    size_t n_text, const uint8_t *message, size_t n, struct minisig_trusted *out, struct why *why)
{
	const size_t mark = strlen(trusted_mark);
	uint8_t global[MINISIG_SIGNATURE], bytes[sizeof(struct signature)];
	struct minisig_trusted trusted;
	struct signature signature;
	struct line lines[LINES];

	if (!cut_lines(text, n_text, lines) || lines[2].n < mark ||
	    lines[2].n - mark >= MINISIG_COMMENT_MAX ||
	    memcmp(lines[2].text, trusted_mark, mark) != 0 ||
	    base64_decode(BASE64_STANDARD, lines[1].text, lines[1].n, bytes, sizeof(bytes)) !=
		sizeof(bytes) ||
	    base64_decode(BASE64_STANDARD, lines[3].text, lines[3].n, global, sizeof(global)) !=
		sizeof(global))
		return why_set(why, "has a signature that is not one of minisign");
	memcpy(&signature, bytes, sizeof(signature));
	if (memcmp(signature.algorithm, "Ed", 2) != 0 && memcmp(signature.algorithm, "ED", 2) != 0)
		return why_set(why, "has a signature of an algorithm that is not known");
	if (memcmp(signature.number, key->number, MINISIG_NUMBER) != 0)
		return why_set(why, "is signed with another key");
	if (!verify_message(crypto, key, &signature, message, n))
		return why_set(why, "is not what was signed: its signature is wrong");
	lines[2].text += mark;
	lines[2].n -= mark;
	if (!verify_comment(crypto, key, &signature, &lines[2], global))
		return why_set(why, "has a trusted comment that was not signed");
	if (read_trusted(&lines[2], &trusted, why) < 0)
		return -EINVAL;
	*out = trusted;
	return 0;
}
