/*
 * Reading DNS messages in place, and writing questions (RFC 1035 section 4, RFC 6891).
 *
 * Nothing here allocates or copies more than a name. All lengths and offsets come from hostile
 * bytes and are checked; a compression pointer must point backwards, and names end within 255
 * octets.
 */
#ifndef WIRE_MSG_H
#define WIRE_MSG_H

#include "policy/name.h"
#include "stubd/base/buf.h"
#include "stubd/wire/subnet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	MSG_HEADER = 12,
	MSG_MAX = 65535,
	/* flags, RFC 1035 4.1.1, RFC 4035 3.1.6 */
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_AD = 0x0020,
	FLAG_CD = 0x0010,
	OPCODE_MASK = 0x7800,
	RCODE_MASK = 0x000f, /* the low four bits; the rest is in OPT, RFC 6891 section 6.1.3 */
	/* response codes, RFC 6895 section 2.3 */
	RCODE_NOERROR = 0,
	RCODE_FORMERR = 1,
	RCODE_SERVFAIL = 2,
	RCODE_NXDOMAIN = 3,
	RCODE_NOTIMP = 4,
	RCODE_REFUSED = 5,
	RCODE_YXDOMAIN = 6, /* a DNAME leads to a name that is too long, RFC 6672 section 2.2 */
	RCODE_BADVERS = 16,
	/* the OPT record, RFC 6891 section 6.1.2 */
	OPT_FIXED = 11, /* octets without options */
	OPT_DO = 0x8000,
	OPTION_HEADER = 4, /* octets of an option's code and length */
	QUESTION_REST = 4, /* octets of a question's type and class */
	RR_REST = 10,	   /* octets between a record's owner and its RDATA, section 3.2.1 */
};

struct msg_header {
	uint16_t id, flags;
	uint16_t qdcount, ancount, nscount, arcount;
};

/* A client's query, read. */
struct msg_query {
	uint16_t id, flags;
	struct question question; /* canonical */
	/* The name as the client wrote it, question.name.len octets. */
	uint8_t spelled[NAME_WIRE_MAX];
	bool edns;	       /* an OPT record was there */
	bool dnssec_ok;	       /* DO, RFC 3225 */
	uint16_t udp_size;     /* ≥ 512 */
	bool asks_keepalive;   /* RFC 7828 section 3.2.1, ... */
	bool breaks_keepalive; /* ... or tells a time of its own, which a client may not; over UDP
				* neither means anything */
	uint16_t keepalive;    /* what to tell it in every reply, units of 100 ms; 0, as read:
				* nothing. For the caller to set, on streams. */
	bool has_subnet;       /* the client subnet option was there; ... */
	bool breaks_subnet;    /* ... not as RFC 7871 section 6 has it; else: */
	bool tells_subnet; /* it is in use, and every reply has it; false, as read. For the caller
				* to set. */
	struct subnet subnet; /* not set without one */
};

/* Copies what is used of it. */
static inline void
msg_query_copy(struct msg_query *to, const struct msg_query *from)
{
	to->id = from->id;
	to->flags = from->flags;
	question_copy(&to->question, &from->question);
	memcpy(to->spelled, from->spelled, from->question.name.len);
	memcpy(&to->edns, &from->edns, sizeof(*to) - offsetof(struct msg_query, edns));
}

enum msg_verdict {
	MSG_OK,
	MSG_DROP,    /* no answer at all: shorter than a header, or a response (QR=1) */
	MSG_FORMERR, /* QDCOUNT ≠ 1 (RFC 9619), broken name, two OPTs, trailing or missing bytes */
	MSG_NOTIMP,  /* opcode other than QUERY */
	MSG_BADVERS, /* EDNS version above 0, RFC 6891 section 6.1.3 */
};

/* Reads a query. Fields that could be read before the fault are filled (id and flags always, unless
 * MSG_DROP; the question when out->question.name.len ≠ 0; OPT), so that the error can be answered. */
enum msg_verdict msg_read_query(const uint8_t *bytes, size_t n, struct msg_query *out);

/* Reads the header; n < 12 makes the cursor bad. */
static inline struct msg_header
msg_read_header(struct rcur *cur)
{
	const uint8_t *at = rcur_skip(cur, MSG_HEADER);

	if (!at)
		return (struct msg_header){ 0 };
	return (struct msg_header){
		.id = load_u16(at),
		.flags = load_u16(at + 2),
		.qdcount = load_u16(at + 4),
		.ancount = load_u16(at + 6),
		.nscount = load_u16(at + 8),
		.arcount = load_u16(at + 10),
	};
}

/* Reads a possibly compressed name at the cursor; canonical. Bad cursor on any fault. */
void msg_read_name(struct rcur *cur, struct name *out);

/* The same, but letters stay as they are spelled there: for copying records whose spelling should
 * survive. */
void msg_read_name_spelled(struct rcur *cur, struct name *out);

/* Where in the message the labels of the name at the cursor begin: there, or where the pointer that
 * stands there leads. Names of one place are one name, if that can be read at all. */
size_t msg_name_place(const struct rcur *cur);

/* msg_skip_name() for one that has labels. */
void msg_skip_labels(struct rcur *cur);

/* Moves over a possibly compressed name without following pointers. */
static inline void
msg_skip_name(struct rcur *cur)
{
	if (!cur->bad && rcur_left(cur) >= 2 && (cur->p[0] >= 0xc0 || cur->p[0] == 0))
		cur->p += cur->p[0] ? 2 : 1; /* a pointer, or the root, which every OPT has */
	else
		msg_skip_labels(cur);
}

/* Moves from behind the header to the first record. */
void msg_skip_questions(struct rcur *cur, const struct msg_header *header);

/* The same with a question that nearly all repeat letter by letter. Returns whether it is there. */
static inline bool
msg_skip_asked(struct rcur *cur, const struct msg_header *header, const struct name *asked)
{
	if (header->qdcount == 1 && rcur_left(cur) >= asked->len + (size_t)QUESTION_REST &&
	    memcmp(cur->p, asked->wire, asked->len) == 0) {
		cur->p += asked->len + (size_t)QUESTION_REST;
		return true;
	}
	msg_skip_questions(cur, header);
	return false;
}

/* One resource record, in place. */
struct msg_rr {
	struct name owner;
	uint16_t type, class;
	uint32_t ttl; /* seconds; the top bit set reads as 0 (RFC 2181 section 8) */
	uint16_t rdlen;
	const uint8_t *rdata; /* borrowed from the message */
};

/* Reads the record at the cursor; bad cursor on any fault. */
void msg_read_rr(struct rcur *cur, struct msg_rr *out);

/* The same behind its owner, which has been read already: out->owner is not touched. */
static inline void
msg_read_rr_rest(struct rcur *cur, struct msg_rr *out)
{
	static const uint8_t none[RR_REST];
	const uint8_t *at = rcur_skip(cur, RR_REST);

	if (!at)
		at = none;
	out->type = load_u16(at);
	out->class = load_u16(at + 2);
	out->ttl = load_u32(at + 4);
	if (out->ttl & 0x80000000)
		out->ttl = 0;
	out->rdlen = load_u16(at + 8);
	out->rdata = rcur_skip(cur, out->rdlen);
	if (cur->bad)
		out->rdlen = 0;
}

/* Moves over a record, or reads it but for its owner. */
static inline void
msg_skip_rr(struct rcur *cur, struct msg_rr *out)
{
	msg_skip_name(cur);
	msg_read_rr_rest(cur, out);
}

/* What an OPT record says in its fixed fields (RFC 6891 section 6.1.3). */
struct msg_opt {
	uint16_t udp_size;
	uint8_t extended_rcode, version;
	bool dnssec_ok;
};

/* Takes them from a record of type OPT that msg_read_rr() read: its TTL field is not a time. */
struct msg_opt msg_opt_of(const struct msg_rr *rr);

/* What to ask an upstream. */
struct msg_ask {
	uint16_t id;
	bool rd, cd, ad, dnssec_ok;
	uint16_t udp_size; /* in OPT; 0: no OPT at all */
	bool has_subnet;   /* with OPT: subnet, RFC 7871 */
	struct subnet subnet;
	bool
	    keepalive; /* with OPT: how long will you keep the connection? RFC 7828 section 3.2.1 */
	uint16_t pad_to; /* pad the message to a multiple of this (RFC 8467: 128); 0: none */
};

/* Writes a query. Returns its length, or 0 when it does not fit in cap octets. */
size_t msg_write_query(
    uint8_t *out, size_t cap, const struct question *question, const struct msg_ask *ask);

#endif
