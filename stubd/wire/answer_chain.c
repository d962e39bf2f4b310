#include "stubd/wire/answer_chain.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
	RECORD_MIN = 11, /* octets: root, type, class, TTL, length */
};

int
chain_broken(struct chain *c, const char *why)
{
	c->why = why;
	return -EBADMSG;
}

static uint32_t
hash_of(const struct name *name)
{
	const uint64_t mix = 0x9e3779b97f4a7c15;
	uint64_t h = name->len, v = 0;
	size_t i = 0;

	for (; name->len - i >= sizeof(v); i += sizeof(v)) {
		memcpy(&v, name->wire + i, sizeof(v));
		h = (h ^ v) * mix;
		h ^= h >> 32;
	}
	v = 0;
	memcpy(&v, name->wire + i, name->len - i);
	return (uint32_t)((h ^ v) * mix >> 32);
}

struct rcur
chain_cursor(const struct chain *c, size_t at, size_t end)
{
	return (struct rcur){ .base = c->bytes, .p = c->bytes + at, .end = c->bytes + end };
}

void
chain_owner(const struct chain *c, const struct chain_rec *r, struct name *out)
{
	struct rcur cur = chain_cursor(c, r->at, c->n);

	msg_read_name(&cur, out);
}

bool
chain_rdata_name(const struct chain *c, const struct chain_rec *r, size_t skip, struct name *out)
{
	struct rcur cur = chain_cursor(c, r->rdata, (size_t)r->rdata + r->rdlen);

	rcur_skip(&cur, skip);
	msg_read_name(&cur, out);
	return !cur.bad;
}

/* --- index --- */

/* Reads the owner at the cursor for its hash, unless the question or the record before has the same. */
static void
index_owner(const struct chain *c, struct rcur *cur, struct chain_rec *r)
{
	const struct chain_rec *before = c->nrecs ? r - 1 : NULL;
	struct name owner;

	r->place = (uint16_t)msg_name_place(cur);
	if (r->place == c->asked || (before && before->place == r->place)) {
		r->hash = r->place == c->asked ? c->asked_hash : before->hash;
		msg_skip_name(cur);
		return;
	}
	msg_read_name(cur, &owner);
	r->hash = hash_of(&owner);
}

static void
index_rr(struct chain *c, struct rcur *cur)
{
	struct chain_rec *r = &c->recs[c->nrecs];
	struct msg_rr rr;

	r->at = (uint16_t)rcur_offset(cur);
	index_owner(c, cur, r);
	msg_read_rr_rest(cur, &rr);
	if (cur->bad)
		return;
	r->ttl = rr.ttl;
	r->rdata = (uint16_t)(rr.rdata - c->bytes);
	r->rdlen = rr.rdlen;
	r->type = rr.type;
	r->class = rr.class;
	c->nrecs++;
}

static int
index_sections(struct chain *c, struct rcur *cur, const struct msg_header *h)
{
	unsigned total = (unsigned)h->ancount + h->nscount + h->arcount, opts = 0;
	struct msg_rr rr;

	for (unsigned i = 0; i < total; i++) {
		if (i < (unsigned)h->ancount + h->nscount) {
			index_rr(c, cur);
			if (cur->bad)
				return chain_broken(c, "malformed record");
			continue;
		}
		msg_skip_rr(cur, &rr);
		if (cur->bad)
			return chain_broken(c, "malformed record");
		if (rr.type != TYPE_OPT)
			continue;
		if (opts++)
			return chain_broken(c, "two OPT records");
		if (msg_opt_of(&rr).extended_rcode)
			return chain_broken(c, "an error of EDNS"); /* such as BADVERS */
	}
	c->nanswer = h->ancount;
	return 0;
}

static void
index_dnames(struct chain *c)
{
	for (size_t i = 0; i < c->nanswer && c->ndnames < ANSWER_CHAIN_MAX; i++)
		if (c->recs[i].type == TYPE_DNAME && c->recs[i].class == c->question->class)
			c->dnames[c->ndnames++] = (uint16_t)i;
}

/* Reads everything behind the header. */
static int
index_message(struct chain *c, struct rcur *cur, const struct msg_header *h)
{
	c->asked_hash = hash_of(&c->question->name);
	if (msg_skip_asked(cur, h, &c->question->name))
		c->asked = MSG_HEADER;
	if (cur->bad)
		return chain_broken(c, "broken question");
	return index_sections(c, cur, h);
}

int
chain_index(struct chain *c, const uint8_t *bytes, size_t n, const struct question *question)
{
	struct rcur cur = rcur_make(bytes, n);
	struct msg_header h = msg_read_header(&cur);
	size_t nrecs = (size_t)h.ancount + h.nscount;
	int r;

	memset(c, 0, offsetof(struct chain, dnames));
	if (cur.bad || n > MSG_MAX || h.flags & FLAG_TC || nrecs > n / RECORD_MIN)
		return chain_broken(c, h.flags & FLAG_TC ? "truncated" : "malformed header");
	c->recs = nrecs > CHAIN_FEW ? malloc(nrecs * sizeof(*c->recs)) : c->few;
	if (!c->recs)
		return -ENOMEM;
	c->bytes = bytes;
	c->n = n;
	c->question = question;
	c->asked = CHAIN_NOWHERE;
	c->rcode = h.flags & RCODE_MASK;
	if (c->rcode != RCODE_NOERROR && c->rcode != RCODE_NXDOMAIN)
		return 0;
	r = index_message(c, &cur, &h);
	if (r)
		chain_clear(c);
	else
		index_dnames(c);
	return r;
}

void
chain_clear(struct chain *c)
{
	if (c->recs != c->few)
		free(c->recs);
}

/* --- walk --- */

bool
chain_at(const struct chain *c, const struct chain_rec *r, const struct chain_step *step)
{
	struct name owner;

	if (r->hash != step->hash)
		return false;
	if (r->class != c->question->class && c->question->class != CLASS_ANY)
		return false;
	if (r->place == step->place)
		return true;
	chain_owner(c, r, &owner);
	return name_equal(&owner, &step->name);
}

bool
chain_is_data(const struct chain *c, uint16_t type)
{
	if (type == TYPE_OPT || type == 0 || (type >= TYPE_META_FIRST && type <= TYPE_ANY))
		return false;
	return type == c->question->type || c->question->type == TYPE_ANY;
}

/* Finds a record of the type, or with type 0 any data, at a step's name; CHAIN_NONE. */
static int
find(const struct chain *c, const struct chain_step *step, uint16_t type)
{
	for (size_t i = 0; i < c->nanswer; i++) {
		const struct chain_rec *r = &c->recs[i];

		if ((type ? r->type == type : chain_is_data(c, r->type)) && chain_at(c, r, step))
			return (int)i;
	}
	return CHAIN_NONE;
}

/* Replaces the owner at the end of name by target (RFC 6672 section 2.2). False: too long. */
static bool
substitute(
    const struct name *name, const struct name *owner, const struct name *target, struct name *out)
{
	size_t prefix = (size_t)name->len - owner->len;

	if (prefix + target->len > NAME_WIRE_MAX)
		return false;
	memcpy(out->wire, name->wire, prefix);
	memcpy(out->wire + prefix, target->wire, target->len);
	out->len = (uint8_t)(prefix + target->len);
	return true;
}

int
chain_dname_target(
    struct chain *c, const struct chain_rec *dname, const struct name *name, struct name *out)
{
	struct name owner, target;

	chain_owner(c, dname, &owner);
	if (!name_is_under(name, &owner) || name_equal(name, &owner))
		return 0;
	if (!chain_rdata_name(c, dname, 0, &target))
		return chain_broken(c, "malformed DNAME");
	if (!substitute(name, &owner, &target, out))
		return chain_broken(c, "DNAME leads to a name that is too long");
	return 1;
}

/* Finds what leads on from a step, and where to. Returns 1, 0 (nothing does) or -EBADMSG. A DNAME
 * that disagrees with the CNAME beside it is none of ours. */
static int
next_name(struct chain *c, struct chain_step *step, struct name *next)
{
	struct name target;

	step->cname = find(c, step, TYPE_CNAME);
	if (step->cname != CHAIN_NONE && !chain_rdata_name(c, &c->recs[step->cname], 0, next))
		return chain_broken(c, "malformed CNAME");
	for (unsigned i = 0; i < c->ndnames; i++) {
		int r = chain_dname_target(c, &c->recs[c->dnames[i]], &step->name, &target);

		if (r < 0)
			return r;
		if (r == 0 || (step->cname != CHAIN_NONE && !name_equal(&target, next)))
			continue;
		step->dname = c->dnames[i];
		*next = target;
		return 1;
	}
	return step->cname != CHAIN_NONE;
}

static void
push(struct chain *c, const struct name *name, uint32_t hash, uint16_t place)
{
	struct chain_step *step = &c->steps[c->nsteps++];

	step->name.len = name->len;
	memcpy(step->name.wire, name->wire, name->len);
	step->hash = hash;
	step->place = place;
	step->cname = step->dname = CHAIN_NONE;
}

/* Where the name stands that a step leads to. */
static uint16_t
next_place(const struct chain *c, const struct chain_step *step)
{
	struct rcur cur;

	if (step->cname == CHAIN_NONE)
		return CHAIN_NOWHERE;
	cur = chain_cursor(c, c->recs[step->cname].rdata, c->n);
	return (uint16_t)msg_name_place(&cur);
}

static bool
visited(const struct chain *c, const struct name *name)
{
	for (unsigned i = 0; i < c->nsteps; i++)
		if (name_equal(&c->steps[i].name, name))
			return true;
	return false;
}

int
chain_walk(struct chain *c, answer_follow *follow, void *arg)
{
	uint16_t type = c->question->type;

	push(c, &c->question->name, c->asked_hash, c->asked);
	for (;;) {
		struct chain_step *step = &c->steps[c->nsteps - 1];
		struct name next;
		int r;

		/* the alias itself was asked for: next_name() finds it, with its DNAME */
		if (type != TYPE_CNAME && find(c, step, 0) != CHAIN_NONE) {
			c->data = true;
			return 0;
		}
		if (type == TYPE_ANY)
			return 0; /* what stands at the name itself, or nothing */
		r = next_name(c, step, &next);
		if (r <= 0)
			return r;
		if (type == TYPE_CNAME) {
			c->data = true;
			return 0;
		}
		if (visited(c, &next))
			return chain_broken(c, "CNAME loop");
		if (c->nsteps == CHAIN_NAMES)
			return chain_broken(c, "CNAME chain is too long");
		push(c, &next, hash_of(&next), next_place(c, step));
		if (follow && !follow(arg, &next)) {
			c->cut = true;
			return 0;
		}
	}
}

const struct name *
chain_end(const struct chain *c)
{
	return &c->steps[c->nsteps - 1].name;
}
