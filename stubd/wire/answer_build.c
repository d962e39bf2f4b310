#include "stubd/wire/answer_build.h"

#include "stubd/wire/private.h"
#include "stubd/wire/rdata.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	POINTER_REACH = 0x4000, /* a pointer has 14 bits */
	POINTER = 0xc000,
	LABELS_MAX = 127,
};

static void
fault(struct build *b, const char *why)
{
	b->out.bad = true;
	if (!b->why)
		b->why = why;
}

/* The labels of a name on the wire, and for each a hash of the suffix that begins with it. */
struct suffixes {
	size_t n;
	uint8_t at[LABELS_MAX];
	uint32_t hash[LABELS_MAX];
};

static void
suffixes_of(const uint8_t *name, struct suffixes *s)
{
	uint32_t h = 2166136261u;

	s->n = 0;
	for (size_t i = 0; name[i]; i += (size_t)name[i] + 1)
		s->at[s->n++] = (uint8_t)i;
	for (size_t k = s->n; k-- > 0;) {
		const uint8_t *label = name + s->at[k];

		for (size_t i = 0; i <= label[0]; i++)
			h = (h ^ label[i]) * 16777619u;
		s->hash[k] = h;
	}
}

static inline uint16_t
tag_of(uint32_t hash)
{
	return (uint16_t)(hash >> 16);
}

static inline struct build_slot *
slot_at(struct build *b, uint32_t hash, unsigned probe)
{
	return &b->slots[(hash + probe) % BUILD_SLOTS];
}

/* Is the name that we wrote at offset the same as suffix, letter case included? */
static bool
stands_at(const struct build *b, size_t offset, const uint8_t *suffix)
{
	for (;;) {
		const uint8_t *p = b->wire + offset;

		if (p[0] >= 0xc0) {
			offset = (size_t)(p[0] & 0x3f) << 8 | p[1];
			continue;
		}
		if (p[0] != suffix[0] || memcmp(p, suffix, (size_t)p[0] + 1) != 0)
			return false;
		if (p[0] == 0)
			return true;
		suffix += (size_t)p[0] + 1;
		offset += (size_t)p[0] + 1;
	}
}

/* Returns where suffix stands already, or 0. Few probes only: hostile names may share a hash. */
static uint16_t
suffix_find(struct build *b, uint32_t hash, const uint8_t *suffix)
{
	for (unsigned i = 0; i < BUILD_PROBES_MAX; i++) {
		const struct build_slot *slot = slot_at(b, hash, i);

		if (slot->offset == 0)
			return 0;
		if (slot->tag == tag_of(hash) && stands_at(b, slot->offset, suffix))
			return slot->offset;
	}
	return 0;
}

/* Remembers a suffix. */
static void
suffix_add(struct build *b, uint32_t hash, size_t offset)
{
	if (offset >= POINTER_REACH || b->nsuffixes >= BUILD_SUFFIXES_MAX)
		return;
	for (unsigned i = 0; i < BUILD_PROBES_MAX; i++) {
		struct build_slot *slot = slot_at(b, hash, i);

		if (slot->offset == 0) {
			*slot = (struct build_slot){ (uint16_t)offset, tag_of(hash) };
			b->nsuffixes++;
			return;
		}
	}
}

/* Makes pointers into the question possible, which most answers of one record do without. */
static void
begin_compressing(struct build *b)
{
	struct suffixes s;

	b->compressing = true;
	memset(b->slots, 0, sizeof(b->slots));
	suffixes_of(b->wire + MSG_HEADER, &s);
	for (size_t i = 0; i < s.n; i++)
		suffix_add(b, s.hash[i], (size_t)MSG_HEADER + s.at[i]);
}

/* Returns where a pointer may lead to for the same name; 0: nowhere. Later parts than the plain answer
 * may be left out of a reply. */
static uint16_t
write_name(struct build *b, const struct name *name)
{
	size_t begin = wcur_len(&b->out), k;
	struct suffixes s;
	uint16_t known = 0;

	if (!b->compressing)
		begin_compressing(b);
	suffixes_of(name->wire, &s);
	for (k = 0; k < s.n; k++) {
		known = suffix_find(b, s.hash[k], name->wire + s.at[k]);
		if (known)
			break;
	}
	if (known) {
		wcur_bytes(&b->out, name->wire, s.at[k]);
		wcur_u16(&b->out, (uint16_t)(POINTER | known));
	} else {
		wcur_bytes(&b->out, name->wire, name->len);
	}
	if (known && k == 0)
		return known;
	if (b->out.bad || b->part != PART_ANSWER || begin >= POINTER_REACH)
		return 0;
	for (size_t i = 0; i < k; i++)
		suffix_add(b, s.hash[i], begin + s.at[i]);
	return (uint16_t)begin;
}

void
build_start(struct build *b, const struct question *question)
{
	memset(b, 0, offsetof(struct build, slots)); /* what follows is written before it is read */
	b->out = wcur_make(b->wire, sizeof(b->wire));
	b->ttl = UINT32_MAX;
	memset(wcur_reserve(&b->out, MSG_HEADER), 0, MSG_HEADER);
	wcur_bytes(&b->out, question->name.wire, question->name.len);
	wcur_u16(&b->out, question->type);
	wcur_u16(&b->out, question->class);
	b->start[PART_ANSWER] = (uint16_t)wcur_len(&b->out);
}

void
build_asked_at(struct build *b, const uint8_t *base, size_t place)
{
	b->asked = (struct build_known){ base, place, MSG_HEADER };
}

void
build_part(struct build *b, enum build_part part)
{
	assert(part >= b->part);
	while (b->part < part)
		b->start[++b->part] = (uint16_t)wcur_len(&b->out);
}

static void
copy_names(struct build *b, const struct rdata_layout *layout, struct rcur *c)
{
	struct name name;

	for (int i = 0; i < layout->names; i++) {
		msg_read_name_spelled(c, &name);
		if (layout->compress)
			write_name(b, &name);
		else
			wcur_bytes(&b->out, name.wire, name.len);
	}
}

/* Writes RDATA, with the names in it decompressed. */
static void
write_rdata(struct build *b, const struct build_rr *rr)
{
	const struct rdata_layout *layout = rdata_layout_of(rr->type, rr->class);
	struct rcur c = rr->rdata;

	if (layout) {
		rdata_skip_head(layout, &c);
		wcur_bytes(&b->out, rr->rdata.p, (size_t)(c.p - rr->rdata.p));
		copy_names(b, layout, &c);
		if (layout->tail != RDATA_TAIL_ANY && rcur_left(&c) != (size_t)layout->tail)
			c.bad = true;
	}
	if (rcur_left(&c))
		wcur_bytes(&b->out, c.p, rcur_left(&c));
	if (c.bad)
		fault(b, "malformed RDATA");
}

/* Writes what follows the owner. */
static void
write_rest(struct build *b, const struct build_rr *rr)
{
	const uint32_t ttl = rr->ttl < ANSWER_TTL_MAX ? rr->ttl : ANSWER_TTL_MAX;
	uint8_t *at = wcur_reserve(&b->out, RR_REST);

	if (at)
		write_rdata(b, rr);
	if (b->out.bad) {
		fault(b, "longer than a message can be");
		return;
	}
	store_u16(at, rr->type);
	store_u16(at + 2, rr->class);
	store_u32(at + 4, ttl);
	store_u16(at + 8, (unsigned)(b->out.p - at - RR_REST));
	assert(b->nttls < BUILD_RECORDS_MAX);
	b->ttls[b->nttls++] = (uint16_t)(at + 4 - b->out.base);
	b->count[b->part]++;
	if (b->part == PART_ANSWER && rr->class == CLASS_IN && !b->private_address)
		b->private_address =
		    rdata_is_private(rr->type, rr->rdata.p, (size_t)(rr->rdata.end - rr->rdata.p));
	if (ttl < b->ttl)
		b->ttl = ttl;
}

void
build_rr(struct build *b, const struct build_rr *rr)
{
	write_name(b, rr->owner);
	write_rest(b, rr);
}

static bool
is_known(const struct build_known *known, const struct rcur *cur, size_t place)
{
	return known->base == cur->base && known->place == place;
}

/* Copies the owner at the cursor, as a pointer where it is the question's name or that of the last
 * record once more. */
static void
copy_owner(struct build *b, struct rcur *cur)
{
	const size_t place = msg_name_place(cur);
	const struct build_known *known = is_known(&b->asked, cur, place) ? &b->asked : &b->last;
	struct name owner;

	if (known->offset && is_known(known, cur, place)) {
		msg_skip_name(cur);
		wcur_u16(&b->out, (uint16_t)(POINTER | known->offset));
		return;
	}
	msg_read_name_spelled(cur, &owner);
	if (!cur->bad)
		b->last = (struct build_known){ cur->base, place, write_name(b, &owner) };
}

void
build_copy(struct build *b, struct rcur *cur, uint32_t ttl_max)
{
	struct build_rr out;
	struct msg_rr rr;

	copy_owner(b, cur);
	msg_read_rr_rest(cur, &rr);
	if (cur->bad) {
		fault(b, "malformed record");
		return;
	}
	out = (struct build_rr){
		.type = rr.type,
		.class = rr.class,
		.ttl = rr.ttl < ttl_max ? rr.ttl : ttl_max,
		.rdata = { .base = cur->base, .p = rr.rdata, .end = rr.rdata + rr.rdlen },
	};
	write_rest(b, &out);
}

int
build_finish(struct build *b, struct answer **out)
{
	size_t len = wcur_len(&b->out), ttls = b->nttls * sizeof(*b->ttls);
	struct answer *a;

	if (b->out.bad)
		return -EBADMSG;
	build_part(b, PART_AUTHORITY_DNSSEC);
	a = malloc(sizeof(*a) + ttls + len);
	if (!a)
		return -ENOMEM;
	memset(a, 0, sizeof(*a));
	a->size = sizeof(*a) + ttls + len;
	a->ttls = (uint16_t *)(a + 1);
	a->wire = (uint8_t *)(a + 1) + ttls;
	memcpy(a->ttls, b->ttls, ttls);
	memcpy(a->wire, b->wire, len);
	a->nttls = (uint16_t)b->nttls;
	a->ancount = b->count[PART_ANSWER];
	a->ancount_dnssec = b->count[PART_ANSWER_DNSSEC];
	a->nscount = b->count[PART_AUTHORITY];
	a->nscount_dnssec = b->count[PART_AUTHORITY_DNSSEC];
	a->answer_dnssec = b->start[PART_ANSWER_DNSSEC];
	a->authority = b->start[PART_AUTHORITY];
	a->authority_dnssec = b->start[PART_AUTHORITY_DNSSEC];
	a->len = (uint16_t)len;
	a->private_address = b->private_address;
	answer_write_header(a);
	*out = a;
	return 0;
}
