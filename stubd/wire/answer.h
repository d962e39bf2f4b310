/*
 * An answer in normal form: what the cache keeps and every reply is made from.
 *
 *	header | question | answer, plain | answer, DNSSEC | authority, plain | authority, DNSSEC
 *
 * "DNSSEC" are the records that a client without DO does not get (RRSIG, NSEC, NSEC3, unless asked
 * for; RFC 4035 section 3.2.1). Compression pointers lead only into the question and the plain part
 * of the answer section, so a DO=0 reply is the message with two ranges left out: no rewriting. The
 * additional section is dropped (OPT is the reply's own). An answer is one allocation, whose
 * records are as they were made. Its owner may set what is said of it before anybody else has it: the
 * verdict (security, keep, recursed), for whom it is (scope), its times, and a label behind its wire
 * (wire/label.h), for which it moves. TTLs inside are as received, cut to the limits below, and age on
 * the way out. That an answer is not kept longer than
 * its signatures are valid (RFC 4035 section 5.3.3) is validation's business: it knows the time.
 */
#ifndef WIRE_ANSWER_H
#define WIRE_ANSWER_H

#include "policy/name.h"
#include "policy/decide.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum security {
	SECURITY_UNCHECKED, /* nobody validated; AD is never set */
	SECURITY_INSECURE,
	SECURITY_SECURE,
	SECURITY_BOGUS,
	SECURITY_TRUSTED, /* the provider's AD bit, `dnssec: trust` */
};

enum {
	ANSWER_TTL_MAX = 86400,		 /* seconds; longer TTLs are cut to this */
	ANSWER_NEGATIVE_TTL_MAX = 10800, /* RFC 2308 section 5 */
	ANSWER_CHAIN_MAX = 12,		 /* CNAME and DNAME steps followed */
};

struct answer {
	uint8_t
	    blocked; /* the Extended DNS Error by which a provider blocked it, wire/blocking.h; 0: none */
	uint8_t rcode; /* low four bits; NOERROR, NXDOMAIN, or what the upstream said */
	enum security security;
	uint8_t scope; /* bits of the network it was asked for that it is for, RFC 7871; 0: all */
	bool aa;
	bool keep;     /* may enter the cache */
	bool recursed; /* found by local recursion, which every reply made from it says */
	bool
	    network; /* the network's own resolver gave it, see wire/label.h; every reply says so */
	bool private_address; /* a record leads into a private network (wire/private.h) */
	bool cut;	      /* the chain goes on at `target`, in another view or elsewhere */
	uint32_t ttl; /* seconds it may be kept: the least TTL; RFC 2308 when negative; 0: not */
	struct name target; /* where the chain ended: the owner that was asked in the end */
	uint16_t ancount, ancount_dnssec, nscount, nscount_dnssec;
	uint16_t answer_dnssec, authority, authority_dnssec,
	    len;	/* where each part starts; the end */
	uint16_t nttls; /* TTL fields, in order */
	size_t size;	/* octets of this allocation */
	uint8_t *wire;	/* inside this allocation */
	uint16_t *ttls; /* offsets in wire, inside this allocation */
};

/* Says whether a chain may be followed to name within this answer: false cuts it there. */
typedef bool answer_follow(void *arg, const struct name *target);

/* Makes the normal form of a reply that already matched its question: keeps the question's chain of
 * CNAMEs (each ≤ once, DNAME and its synthesised CNAME kept), the records at its end, their RRSIGs,
 * and the authority's SOA (negative answers only), NS and denial records; drops everything else (RFC 2181 section 5.4.1
 * bailiwick). follow may be NULL. Returns 0 and an owned *out, -EBADMSG (malformed; *why says what,
 * static text), or -ENOMEM. A truncated reply (TC) is malformed here: the transport should have
 * retried. */
int answer_from_reply(const uint8_t *bytes, size_t n, const struct question *question,
    answer_follow *follow, void *arg, struct answer **out, const char **why);

/* Makes a local answer (policy_view said so), authoritative in kind, with a SOA for negative ones.
 */
int answer_from_local(
    const struct question *question, const struct local_answer *local, struct answer **out);

/* An answer without records: rcode alone. keep is false. */
int answer_from_rcode(const struct question *question, uint8_t rcode, struct answer **out);

/* Joins the parts of a chain that crossed views: the first part's question, all answer sections in
 * order, the last part's rcode and authority, the weakest security of all, recursed, of the network or
 * blocked if one was; that it is the network's goes before that a provider blocked it. keep is false:
 * the parts are kept one by one, each under its own view. 2 ≤ n ≤ ANSWER_CHAIN_MAX + 1. Returns 0, -EBADMSG
 * (longer than a message can be) or -ENOMEM. */
int answer_join(struct answer *const *parts, size_t n, struct answer **out);

/* Makes the answer for a question at or below a name that does not exist, from the answer that says so
 * (NXDOMAIN without records in its answer section): what denies the name denies all below it (RFC
 * 8020). keep is false. Returns 0, -EBADMSG (longer than a message can be) or -ENOMEM. */
int answer_below(const struct answer *denial, const struct question *question, struct answer **out);

/* Has the answer section a record of that owner, or did the chain end there? */
bool answer_reaches(const struct answer *answer, const struct name *name);

/* The question that it answers. */
void answer_question(const struct answer *answer, struct question *out);

/* What it has for another question, as if that had been asked: about a later name of its chain, or one
 * link of it. Returns 0 and an owned *out, -EBADMSG or -ENOMEM. */
int answer_part(const struct answer *answer, const struct question *question, struct answer **out);

/* Makes it the answer to a question of another type: a CNAME that was asked for by its own is what any
 * other type has there, too. Before anybody else has the answer. */
void answer_retype(struct answer *answer, uint16_t type);

/* Where that owner's CNAME leads; false: it has none. */
bool answer_cname(const struct answer *answer, const struct name *owner, struct name *target);

/* Has the answer section a signature of records of the type that was asked for? Then also from when
 * until when the first one holds, in seconds since 1970 modulo 2^32 (RFC 4034 section 3.1.5). */
bool answer_signed_for(const struct answer *answer, uint32_t *from, uint32_t *until);

/* The owner of the DNAME that renames name in it (RFC 6672); false: there is none. */
bool answer_dname(const struct answer *answer, const struct name *name, struct name *owner);

/* Writes the header that makes its wire a whole message, by its counts; a reply writes its own over it.
 * For who makes answers. */
void answer_write_header(struct answer *answer);

/* Takes that many seconds off every TTL, and off the answer's. */
void answer_age(struct answer *answer, uint32_t age);

/* Gives every record that TTL, in seconds, and the answer, too. */
void answer_set_ttls(struct answer *answer, uint32_t ttl);

struct answer *answer_copy(const struct answer *answer);

/* Returns NULL; NULL is allowed. */
static inline struct answer *
answer_free(struct answer *answer)
{
	if (answer)
		free(answer);
	return NULL;
}
const char *security_text(enum security security);

#endif
