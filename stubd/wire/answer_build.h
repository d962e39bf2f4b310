/*
 * Building the normal form of an answer (see answer.h), record by record. Internal to this room.
 *
 * The parts are written in their order: build_part() moves on, never back. Owner names and the
 * RDATA names of RFC 1035 types are compressed against the question and the plain answer section
 * only, letter case and all, so that spellings survive. Faults are sticky: build_finish() tells.
 */
#ifndef WIRE_ANSWER_BUILD_H
#define WIRE_ANSWER_BUILD_H

#include "stubd/base/buf.h"
#include "stubd/wire/answer.h"
#include "stubd/wire/msg.h"

enum build_part {
	PART_ANSWER,
	PART_ANSWER_DNSSEC,
	PART_AUTHORITY,
	PART_AUTHORITY_DNSSEC,
	BUILD_PARTS,
};

enum {
	/* more names than these are written, but nothing is compressed against them */
	BUILD_SUFFIXES_MAX = 256,
	BUILD_SLOTS = 512,
	BUILD_PROBES_MAX = 8,
	BUILD_RECORDS_MAX = MSG_MAX / 11, /* no record is shorter */
};

/* A place where a suffix of a name stands uncompressed; offset 0: empty. */
struct build_slot {
	uint16_t offset, tag;
};

/* A name of the message that is being copied, and where it was written. */
struct build_known {
	const uint8_t *base; /* of that message; NULL: none yet */
	size_t place;	     /* there, see msg_name_place() */
	uint16_t offset;
};

/* For the stack: it is larger than what malloc() keeps at hand. */
struct build {
	struct wcur out;
	enum build_part part;
	uint16_t start[BUILD_PARTS], count[BUILD_PARTS];
	uint32_t ttl;	      /* the least one yet; UINT32_MAX when there is no record */
	const char *why;      /* the first fault; static */
	bool private_address; /* of a record in the answer section */
	bool compressing; /* slots are in use: from the first name on that is not the question's */
	struct build_known asked, last; /* owners: the question's name, and what was written last */
	size_t nttls, nsuffixes;
	/* from here on: not cleared by build_start() */
	struct build_slot slots[BUILD_SLOTS];
	uint16_t ttls[BUILD_RECORDS_MAX];
	uint8_t wire[MSG_MAX];
};

/* A record to write. */
struct build_rr {
	const struct name *owner; /* as spelled */
	uint16_t type, class;
	uint32_t ttl;
	struct rcur rdata; /* at it, ends with it; its base is what pointers in it count from */
};

/* Starts with the header and the question. Nothing is owned: a build that is given up is forgotten. */
void build_start(struct build *build, const struct question *question);

/* The question's name stands at that place of the message at base, letter case and all. */
void build_asked_at(struct build *build, const uint8_t *base, size_t place);

void build_part(struct build *build, enum build_part part);
void build_rr(struct build *build, const struct build_rr *rr);

/* Copies the record at the cursor and moves on; its TTL becomes ttl_max at most. */
void build_copy(struct build *build, struct rcur *cur, uint32_t ttl_max);

/* Makes the answer: wire, parts, counts and TTL offsets are filled, everything else is zero. Returns
 * 0, -EBADMSG (see why) or -ENOMEM. */
int build_finish(struct build *build, struct answer **out);

#endif
