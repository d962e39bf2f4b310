#include "stubd/cache/cache_file.h"

#include "policy/siphash.h"
#include "stubd/wire/label.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/reply.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
	MAGIC = 12,
	CHECKSUM = 8,
	FLAG_SYNCHRONISED = 1,
	FLAG_RECURSED = 0x80,
	FLAG_NETWORK = 0x40,
	SECURITY_MASK = 0x07,
	FLAGS = FLAG_RECURSED | FLAG_NETWORK | SECURITY_MASK,
};

static const uint8_t magic[MAGIC] = "stubd cache\n";

static uint64_t
checksum(const uint8_t *bytes, size_t n)
{
	static const uint64_t key[2] = { 0x7374756264206361, 0x6368652066696c65 };

	return siphash_table(key, bytes, n);
}

static void
put_u64(struct wcur *w, uint64_t v)
{
	wcur_u32(w, (uint32_t)(v >> 32));
	wcur_u32(w, (uint32_t)v);
}

static uint64_t
get_u64(struct rcur *r)
{
	const uint64_t high = rcur_u32(r);

	return high << 32 | rcur_u32(r);
}

void
cache_file_put_header(uint8_t out[CACHE_FILE_HEADER], const struct cache_file_header *header)
{
	const struct cache_file_time *t = &header->time;
	struct wcur w = wcur_make(out, CACHE_FILE_HEADER);

	wcur_bytes(&w, magic, MAGIC);
	wcur_u32(&w, CACHE_FILE_VERSION);
	put_u64(&w, header->policy);
	put_u64(&w, (uint64_t)t->wall);
	put_u64(&w, (uint64_t)t->boot);
	wcur_bytes(&w, t->boot_id, CACHE_FILE_BOOT_ID);
	put_u64(&w, t->synchronised ? FLAG_SYNCHRONISED : 0);
	put_u64(&w, checksum(out, CACHE_FILE_HEADER - CHECKSUM));
	assert(!w.bad && wcur_left(&w) == 0);
}

int
cache_file_get_header(const uint8_t in[CACHE_FILE_HEADER], struct cache_file_header *header)
{
	struct rcur r = rcur_make(in, CACHE_FILE_HEADER);
	struct cache_file_header h = { .policy = 0 };

	if (memcmp(rcur_skip(&r, MAGIC), magic, MAGIC) != 0 || rcur_u32(&r) != CACHE_FILE_VERSION)
		return -EBADMSG;
	h.policy = get_u64(&r);
	h.time.wall = (int64_t)get_u64(&r);
	h.time.boot = (int64_t)get_u64(&r);
	memcpy(h.time.boot_id, rcur_skip(&r, CACHE_FILE_BOOT_ID), CACHE_FILE_BOOT_ID);
	h.time.synchronised = (get_u64(&r) & FLAG_SYNCHRONISED) != 0;
	if (get_u64(&r) != checksum(in, CACHE_FILE_HEADER - CHECKSUM))
		return -EBADMSG;
	*header = h;
	return 0;
}

int64_t
cache_file_elapsed(const struct cache_file_time *then, const struct cache_file_time *now)
{
	static const uint8_t unknown[CACHE_FILE_BOOT_ID];
	int64_t from = then->wall, until = now->wall;

	if (memcmp(then->boot_id, unknown, sizeof(unknown)) != 0 &&
	    memcmp(then->boot_id, now->boot_id, sizeof(unknown)) == 0) {
		from = then->boot;
		until = now->boot;
	} else if (!then->synchronised || !now->synchronised) {
		return -1;
	}
	/* Both are whole seconds, rounded down. */
	return from >= 0 && until >= from ? until - from + 1 : -1;
}

void
cache_file_put_block(uint8_t out[CACHE_FILE_BLOCK], const uint8_t *block, size_t n)
{
	struct wcur w = wcur_make(out, CACHE_FILE_BLOCK);

	assert(n <= CACHE_FILE_BLOCK_MAX);
	wcur_u32(&w, (uint32_t)n);
	put_u64(&w, checksum(block, n));
}

int
cache_file_get_block(const uint8_t in[CACHE_FILE_BLOCK], size_t *n)
{
	const uint32_t length = load_u32(in);

	if (length > CACHE_FILE_BLOCK_MAX)
		return -EBADMSG;
	*n = length;
	return 0;
}

bool
cache_file_is_whole(const uint8_t in[CACHE_FILE_BLOCK], const uint8_t *block, size_t n)
{
	struct rcur r = rcur_make(in, CACHE_FILE_BLOCK);

	return rcur_u32(&r) == n && get_u64(&r) == checksum(block, n);
}

static bool
is_for_the_file(const struct answer *a)
{
	return !a->cut && !a->blocked && !a->private_address &&
	       (!a->network || a->security == SECURITY_SECURE) &&
	       (a->rcode == RCODE_NOERROR || a->rcode == RCODE_NXDOMAIN);
}

size_t
cache_file_put_record(uint8_t *out, size_t cap, const struct question *question,
    const struct answer *answer, uint32_t age, uint32_t left)
{
	struct msg_query query = { .dnssec_ok = true };
	struct wcur w = wcur_make(out, cap);
	struct answer plain = *answer;
	unsigned flags = answer->security;
	size_t n;

	if (!is_for_the_file(answer) || left == 0 || cap < CACHE_FILE_RECORD + (size_t)answer->len)
		return 0;
	flags |= (answer->recursed ? FLAG_RECURSED : 0) | (answer->network ? FLAG_NETWORK : 0);
	/* Those are flags here, not errors for people. */
	plain.recursed = plain.network = false;
	query.question = *question;
	memcpy(query.spelled, question->name.wire, question->name.len);
	n = reply_write(
	    out + CACHE_FILE_RECORD, cap - CACHE_FILE_RECORD, answer->len, &query, &plain, 0, NULL);
	wcur_u32(&w, age);
	wcur_u32(&w, left);
	wcur_u8(&w, (uint8_t)flags);
	wcur_u16(&w, (uint16_t)n);
	return CACHE_FILE_RECORD + n;
}

/* The question of a message. */
static bool
read_question(const uint8_t *message, size_t n, struct question *out)
{
	struct rcur cur = rcur_make(message, n);
	const struct msg_header h = msg_read_header(&cur);

	msg_read_name(&cur, &out->name);
	out->type = rcur_u16(&cur);
	out->class = rcur_u16(&cur);
	return !cur.bad && h.qdcount == 1;
}

/* What the flags say, and the message does not. */
static int
take_flags(struct answer **answer, unsigned flags)
{
	(*answer)->security = (enum security)(flags & SECURITY_MASK);
	(*answer)->recursed = flags & FLAG_RECURSED;
	if (flags & FLAG_NETWORK) {
		if (label_set(answer, CACHE_FILE_NETWORK) < 0)
			return -ENOMEM;
		(*answer)->network = true;
	}
	return (*answer)->keep && is_for_the_file(*answer) ? 0 : -EBADMSG;
}

int
cache_file_get_record(struct rcur *cur, uint32_t elapsed, answer_follow *follow, void *arg,
    struct question *question, struct answer **out)
{
	const uint32_t age = rcur_u32(cur), left = rcur_u32(cur);
	const uint8_t flags = rcur_u8(cur);
	const uint16_t n = rcur_u16(cur);
	const uint8_t *message = rcur_skip(cur, n);
	const unsigned security = flags & SECURITY_MASK;
	struct answer *a;
	const char *why;
	int err;

	if (cur->bad || (flags & ~FLAGS) || security > SECURITY_TRUSTED ||
	    security == SECURITY_BOGUS || !read_question(message, n, question))
		return -EBADMSG;
	if (left <= elapsed || age > ANSWER_TTL_MAX || elapsed > ANSWER_TTL_MAX)
		return -ESTALE;
	err = answer_from_reply(message, n, question, follow, arg, &a, &why);
	if (err)
		return err;
	err = take_flags(&a, flags);
	if (err) {
		answer_free(a);
		return err;
	}
	answer_age(a, age + elapsed);
	if (a->ttl > left - elapsed)
		a->ttl = left - elapsed;
	if (a->ttl == 0) {
		answer_free(a);
		return -ESTALE;
	}
	*out = a;
	return 0;
}
