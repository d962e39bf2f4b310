/*
 * DNS messages for tests: written record by record, and looked into again. Names are plain text
 * without escapes and keep their spelling; nothing is compressed unless a test does so itself.
 */
#ifndef UNIT_WIRE_PACKET_H
#define UNIT_WIRE_PACKET_H

#include "stubd/base/buf.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"

#include <string.h>

enum { SECTION_ANSWER = 6, SECTION_AUTHORITY = 8, SECTION_ADDITIONAL = 10 }; /* their counts */

struct packet {
	uint8_t bytes[MSG_MAX + 1024];
	struct wcur w;
};

static inline void
packet_name(struct wcur *w, const char *text)
{
	while (*text && strcmp(text, ".") != 0) {
		size_t n = strcspn(text, ".");

		wcur_u8(w, (uint8_t)n);
		wcur_bytes(w, text, n);
		text += n;
		if (*text == '.' && text[1])
			text++;
	}
	wcur_u8(w, 0);
}

static inline struct name
packet_make_name(const char *text)
{
	uint8_t wire[NAME_WIRE_MAX];
	struct wcur w = wcur_make(wire, sizeof(wire));
	struct name out = { .len = 0 };

	packet_name(&w, text);
	name_from_wire(&out, wire, wcur_len(&w));
	return out;
}

static inline struct question
packet_question(const char *text, uint16_t type)
{
	return (struct question){ packet_make_name(text), type, CLASS_IN };
}

/* Header and question. */
static inline void
packet_begin(struct packet *p, unsigned flags, const char *name, uint16_t type)
{
	p->w = wcur_make(p->bytes, sizeof(p->bytes));
	wcur_u16(&p->w, 0x1234);
	wcur_u16(&p->w, (uint16_t)flags);
	wcur_u16(&p->w, 1);
	wcur_u16(&p->w, 0);
	wcur_u32(&p->w, 0);
	packet_name(&p->w, name);
	wcur_u16(&p->w, type);
	wcur_u16(&p->w, CLASS_IN);
}

static inline size_t
packet_len(const struct packet *p)
{
	return wcur_len(&p->w);
}

static inline void
packet_count(struct packet *p, unsigned section)
{
	unsigned n = (unsigned)(p->bytes[section] << 8 | p->bytes[section + 1]) + 1;

	p->bytes[section] = (uint8_t)(n >> 8);
	p->bytes[section + 1] = (uint8_t)n;
}

static inline void
packet_rr(struct packet *p, unsigned section, const char *owner, uint16_t type, uint32_t ttl,
    const void *rdata, size_t n)
{
	packet_count(p, section);
	packet_name(&p->w, owner);
	wcur_u16(&p->w, type);
	wcur_u16(&p->w, CLASS_IN);
	wcur_u32(&p->w, ttl);
	wcur_u16(&p->w, (uint16_t)n);
	wcur_bytes(&p->w, rdata, n);
}

static inline void
packet_a(struct packet *p, const char *owner, uint32_t ttl, uint8_t last)
{
	const uint8_t ip[4] = { 192, 0, 2, last };

	packet_rr(p, SECTION_ANSWER, owner, TYPE_A, ttl, ip, 4);
}

/* RDATA that is one name: CNAME, NS, DNAME, PTR. */
static inline void
packet_alias(struct packet *p, unsigned section, const char *owner, uint16_t type, uint32_t ttl,
    const char *target)
{
	uint8_t rdata[NAME_WIRE_MAX];
	struct wcur w = wcur_make(rdata, sizeof(rdata));

	packet_name(&w, target);
	packet_rr(p, section, owner, type, ttl, rdata, wcur_len(&w));
}

static inline void
packet_soa(struct packet *p, const char *owner, uint32_t ttl, uint32_t minimum)
{
	uint8_t rdata[600];
	struct wcur w = wcur_make(rdata, sizeof(rdata));

	packet_name(&w, "ns.example");
	packet_name(&w, "hostmaster.example");
	for (int i = 0; i < 4; i++)
		wcur_u32(&w, 7200);
	wcur_u32(&w, minimum);
	packet_rr(p, SECTION_AUTHORITY, owner, TYPE_SOA, ttl, rdata, wcur_len(&w));
}

static inline void
packet_rrsig(struct packet *p, unsigned section, const char *owner, uint16_t covered, uint32_t ttl,
    const char *signer)
{
	uint8_t rdata[600];
	struct wcur w = wcur_make(rdata, sizeof(rdata));

	wcur_u16(&w, covered);
	wcur_u16(&w, 13 << 8 | 2);
	for (int i = 0; i < 3; i++)
		wcur_u32(&w, ttl);
	wcur_u16(&w, 4711);
	packet_name(&w, signer);
	for (int i = 0; i < 16; i++)
		wcur_u32(&w, 0xdeadbeef);
	packet_rr(p, section, owner, TYPE_RRSIG, ttl, rdata, wcur_len(&w));
}

static inline void
packet_nsec(struct packet *p, const char *owner, uint32_t ttl, const char *next)
{
	uint8_t rdata[600];
	struct wcur w = wcur_make(rdata, sizeof(rdata));

	packet_name(&w, next);
	wcur_u16(&w, 0x0001);
	wcur_u8(&w, 0x40);
	packet_rr(p, SECTION_AUTHORITY, owner, TYPE_NSEC, ttl, rdata, wcur_len(&w));
}

static inline void
packet_opt(struct packet *p, uint16_t size, uint32_t ttl_field)
{
	packet_count(p, SECTION_ADDITIONAL);
	wcur_u8(&p->w, 0);
	wcur_u16(&p->w, TYPE_OPT);
	wcur_u16(&p->w, size);
	wcur_u32(&p->w, ttl_field);
	wcur_u16(&p->w, 0);
}

/* --- looking into a message --- */

static inline unsigned
packet_flags(const uint8_t *bytes)
{
	return (unsigned)(bytes[2] << 8 | bytes[3]);
}

static inline unsigned
packet_counted(const uint8_t *bytes, unsigned section)
{
	return (unsigned)(bytes[section] << 8 | bytes[section + 1]);
}

/* Finds the n-th record (from 0) of a section; false: there is none, or the message is broken before
 * it. */
static inline bool
packet_nth(const uint8_t *bytes, size_t len, unsigned section, unsigned n, struct msg_rr *out)
{
	struct rcur cur = rcur_make(bytes, len);
	struct msg_header h = msg_read_header(&cur);
	unsigned skip = n;

	if (n >= packet_counted(bytes, section))
		return false;
	if (section > SECTION_ANSWER)
		skip += h.ancount;
	if (section > SECTION_AUTHORITY)
		skip += h.nscount;
	if (h.qdcount) {
		msg_skip_name(&cur);
		rcur_skip(&cur, 4);
	}
	for (unsigned i = 0; i <= skip; i++)
		msg_read_rr(&cur, out);
	return !cur.bad;
}

/* Is the whole message readable, with nothing behind its last record? */
static inline bool
packet_whole(const uint8_t *bytes, size_t len)
{
	struct rcur cur = rcur_make(bytes, len);
	struct msg_header h = msg_read_header(&cur);
	unsigned n = (unsigned)h.ancount + h.nscount + h.arcount;
	struct msg_rr rr;

	if (h.qdcount) {
		msg_skip_name(&cur);
		rcur_skip(&cur, 4);
	}
	while (n-- && !cur.bad)
		msg_read_rr(&cur, &rr);
	return !cur.bad && rcur_left(&cur) == 0;
}

/* How many records of a type a section has at that owner (NULL: any). */
static inline unsigned
packet_has(const uint8_t *bytes, size_t len, unsigned section, const char *owner, uint16_t type)
{
	struct name name = packet_make_name(owner ? owner : ".");
	unsigned found = 0;
	struct msg_rr rr;

	for (unsigned i = 0; packet_nth(bytes, len, section, i, &rr); i++)
		if (rr.type == type && (!owner || name_equal(&rr.owner, &name)))
			found++;
	return found;
}

/* Makes an answer of the packet; NULL and *why when it is malformed. */
static inline struct answer *
packet_answer(const struct packet *p, const char *name, uint16_t type, const char **why)
{
	struct question q = packet_question(name, type);
	struct answer *a = NULL;
	const char *text = "";

	answer_from_reply(p->bytes, packet_len(p), &q, NULL, NULL, &a, &text);
	if (why)
		*why = text;
	return a;
}

/* How many such records an answer has in a section. */
static inline unsigned
has(const struct answer *a, unsigned section, const char *owner, uint16_t type)
{
	return packet_has(a->wire, a->len, section, owner, type);
}

/* Does the chain of an answer end at that name? */
static inline bool
ends_at(const struct answer *a, const char *text)
{
	struct name name = packet_make_name(text);

	return name_equal(&a->target, &name);
}

/* Reads a query for that name, with or without OPT and DO. */
static inline struct msg_query
packet_query(const char *name, uint16_t type, unsigned flags, bool edns, bool dnssec_ok)
{
	struct packet p;
	struct msg_query q;

	packet_begin(&p, flags, name, type);
	if (edns)
		packet_opt(&p, 1232, dnssec_ok ? 0x8000 : 0);
	msg_read_query(p.bytes, packet_len(&p), &q);
	return q;
}

#endif
