/*
 * One answer in the cache: its key, its time, and all that replies are made from, in one piece of memory.
 *
 *	struct entry | offsets of TTLs | question | records | label | where the chain ended
 *
 * From the question on it is the answer's own wire (wire/answer.h) without its header. So the name is
 * there once, in lower case, and what is compressed against it stays so. Its label (wire/label.h), and where
 * the chain ended unless that is the name itself, are there when there is something to say. Its room is a
 * multiple of ENTRY_UNIT and may be larger than it is. Part of the shard, under its lock.
 */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "stubd/base/buf.h"
#include "stubd/base/clock.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	ENTRY_UNIT = 8,
	ENTRY_HITS = 3, /* are counted up to this */
};

struct entry {
	msec expires; /* fresh up to, not at, that time */
	uint32_t name_hash, view;
	uint32_t ttl;	      /* s, as it was when it came */
	uint32_t stale_until; /* s on the loop's clock; 0: not given past its time yet */
	uint16_t units;	      /* its room */
	/* as in the answer, and in the same order; see entry_lend() */
	uint16_t ancount, ancount_dnssec, nscount, nscount_dnssec;
	uint16_t answer_dnssec, authority, authority_dnssec, len;
	uint16_t nttls;
	uint8_t name_len, target_len; /* 0: the chain ended at the name */
	uint8_t text_len;	      /* of its label, the NUL included; 0: it has none */
	uint8_t blocked;
	uint8_t rcode;
	uint8_t security : 3, aa : 1, recursed : 1, network : 1, private_address : 1, cut : 1;
	uint8_t live : 1, hits : 2; /* since it was last looked at by who makes room */
	uint8_t given;	  /* times, at most CACHE_PREFETCH_HITS; more: it was asked for ahead */
	uint16_t bytes[]; /* starts with the offsets */
};

/* A key and its hashes. */
struct entry_key {
	const struct question *question; /* borrowed */
	uint32_t view;
	uint32_t name_hash; /* of the name alone, keyed: nobody else can choose it */
	uint32_t hash;	    /* entry_key_hash() of all */
};

/* What a table finds an entry by, and what a cut (type and class 0). */
static inline uint32_t
entry_key_hash(uint32_t name_hash, uint32_t view, uint16_t type, uint16_t class)
{
	uint64_t h = (uint64_t)view * 0x9e3779b97f4a7c15;

	h ^= (uint64_t)name_hash << 32 ^ (uint32_t)type << 16 ^ class;
	return (uint32_t)(h * 0xff51afd7ed558ccd >> 32);
}

uint32_t entry_hash(const struct entry *e);
uint32_t entry_cut_hash(const struct entry *e);

/* Octets that an answer takes, a multiple of ENTRY_UNIT. */
size_t entry_size(const struct answer *answer, const struct name *name);

/* Fills all but units, live and hits. */
void entry_fill(
    struct entry *e, const struct entry_key *key, msec now, const struct answer *answer);

/* The question and what follows. */
static inline uint8_t *
entry_wire(const struct entry *e)
{
	return (uint8_t *)(e->bytes + e->nttls);
}

/* Is its name that one? */
static inline bool
entry_is_of(const struct entry *e, const struct name *name)
{
	return e->name_len == name->len && same_few(entry_wire(e), name->wire, name->len);
}

static inline bool
entry_matches(const struct entry *e, const struct entry_key *key)
{
	const struct question *q = key->question;
	const uint8_t *at = entry_wire(e) + e->name_len;

	return e->view == key->view && entry_is_of(e, &q->name) && load_u16(at) == q->type &&
	       load_u16(at + 2) == q->class;
}

/* Does it say that its name, and so all below it, does not exist (RFC 8020)? A chain that ends in
 * NXDOMAIN says so of another name. */
bool entry_is_cut(const struct entry *e);

/* Has it no data: no such name, or nothing of that type? */
bool entry_is_negative(const struct entry *e);

/* Is it what the network's own resolver said, and nobody proved? That may be a portal's tale. */
bool entry_is_of_network(const struct entry *e);

/* Is the answer's question that one? */
bool entry_question_is(const struct answer *answer, const struct question *question);

/* The name that was asked for. */
void entry_name(const struct entry *e, struct name *out);

/* Whole seconds since it was born. */
static inline uint32_t
entry_age(const struct entry *e, msec now)
{
	const msec born = e->expires - (msec)e->ttl * 1000;

	return now > born ? (uint32_t)((now - born) / 1000) : 0;
}

/* The counts and places of an answer's parts, from ancount to nttls, are the same octets in both. */
enum {
	ENTRY_SHAPE =
	    offsetof(struct entry, nttls) + sizeof(uint16_t) - offsetof(struct entry, ancount)
};

static_assert(
    offsetof(struct answer, nttls) + sizeof(uint16_t) - offsetof(struct answer, ancount) ==
	ENTRY_SHAPE,
    "an answer has another shape than its entry");

/* Fills *out with the answer, which borrows the entry's octets: for reading on the spot. Its target
 * and size are not filled. */
static inline void
entry_lend(const struct entry *e, struct answer *out)
{
	out->blocked = e->blocked;
	out->rcode = e->rcode;
	out->security = e->security;
	out->aa = e->aa;
	out->keep = true;
	out->recursed = e->recursed;
	out->network = e->network;
	out->private_address = e->private_address;
	out->cut = e->cut;
	out->scope = 0; /* the view says for whom it is */
	out->ttl = e->ttl;
	memcpy((char *)out + offsetof(struct answer, ancount),
	    (const char *)e + offsetof(struct entry, ancount), ENTRY_SHAPE);
	/* Nobody looks at the header, in whose place something else of the entry stands. */
	out->wire = entry_wire(e) - MSG_HEADER;
	out->ttls = (uint16_t *)e->bytes;
}

/* Where its chain ended: the name that was asked for, where there is none. */
void entry_target(const struct entry *e, struct name *out);

/* An owned copy of the whole answer; NULL: out of memory. */
struct answer *entry_copy(const struct entry *e);

#endif
