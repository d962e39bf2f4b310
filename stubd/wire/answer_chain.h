/*
 * The chain of names that a reply answers, found in place. Internal to this room: answer_scrub.c
 * makes the normal form of it.
 *
 *	index	every record of the answer and authority sections: where it stands, and a hash of
 *		its owner. Most owners are a pointer to the question or to the owner before: those
 *		are not read again
 *	walk	from the question's name along CNAME and DNAME to the end (RFC 1034 section 4.3.2,
 *		RFC 6672 section 3.2)
 */
#ifndef WIRE_ANSWER_CHAIN_H
#define WIRE_ANSWER_CHAIN_H

#include "stubd/base/buf.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"

enum {
	CHAIN_NAMES = ANSWER_CHAIN_MAX + 1,
	CHAIN_NONE = -1,	    /* no record */
	CHAIN_NOWHERE = UINT16_MAX, /* no place: no name can begin with the last octet */
	CHAIN_FEW = 64,		    /* records that take no allocation */
};

/* One record of the reply. */
struct chain_rec {
	uint32_t hash;	/* of the owner; only to skip others quickly */
	uint32_t ttl;	/* seconds */
	uint16_t at;	/* where it starts in the message */
	uint16_t place; /* of its owner, see msg_name_place() */
	uint16_t rdata; /* where its RDATA starts */
	uint16_t rdlen, type, class;
};

/* One name of the chain and the records that lead on from it. */
struct chain_step {
	struct name name;
	uint32_t hash;
	uint16_t place; /* or CHAIN_NOWHERE */
	/* Indexes of records, or CHAIN_NONE; dname alone: nobody made the CNAME. */
	int cname, dname;
};

struct chain {
	const uint8_t *bytes; /* borrowed */
	size_t n;
	const struct question *question; /* borrowed */
	const char *why;		 /* what is malformed; static */
	uint8_t rcode;			 /* an extended one reads as SERVFAIL */
	bool data;			 /* the last step has what was asked for */
	bool cut;			 /* the last step may not be followed */
	unsigned nsteps, ndnames;
	size_t nanswer, nrecs; /* answer first, then authority */
	uint16_t
	    asked; /* place of the question's name; CHAIN_NOWHERE unless it is canonical there */
	uint32_t asked_hash;
	/* from here on: written before they are read, and not cleared */
	uint16_t dnames[ANSWER_CHAIN_MAX]; /* more than a chain can use are ignored */
	struct chain_step steps[CHAIN_NAMES];
	struct chain_rec *recs; /* few[], or owned when they are many */
	struct chain_rec few[CHAIN_FEW];
};

/* Reads the header and indexes the records (none when the rcode is a failure). bytes and question are
 * borrowed. Returns 0, to be cleared in the end; -EBADMSG (chain->why) or -ENOMEM. */
int chain_index(
    struct chain *chain, const uint8_t *bytes, size_t n, const struct question *question);
void chain_clear(struct chain *chain);

/* Walks to the end, or to where follow (may be NULL) says no. Returns 0 or -EBADMSG (chain->why). */
int chain_walk(struct chain *chain, answer_follow *follow, void *arg);

/* Notes what is malformed and returns -EBADMSG. */
int chain_broken(struct chain *chain, const char *why);

/* Where the chain ended. */
const struct name *chain_end(const struct chain *chain);

/* A cursor over the message from octet `at` up to octet `end`. */
struct rcur chain_cursor(const struct chain *chain, size_t at, size_t end);

void chain_owner(const struct chain *chain, const struct chain_rec *rec, struct name *out);

/* True if the record belongs to that step's name, and is of the question's class. */
bool chain_at(
    const struct chain *chain, const struct chain_rec *rec, const struct chain_step *step);

/* Reads the name that stands skip octets into the RDATA; false when it is broken. */
bool chain_rdata_name(
    const struct chain *chain, const struct chain_rec *rec, size_t skip, struct name *out);

/* Is it a record that the question asked for, if it stands at the end of the chain? */
bool chain_is_data(const struct chain *chain, uint16_t type);

/* Where a DNAME sends name. Returns 1 and *out, 0 (it does not concern name) or -EBADMSG. */
int chain_dname_target(
    struct chain *chain, const struct chain_rec *dname, const struct name *name, struct name *out);

#endif
