/*
 * What the stub and its helper process say to each other, as octets on a stream socket.
 *
 *	stub ──► HELLO, CONFIG, once │ EXCEPT_PART, EXCEPT │ RECURSE, VALIDATE, CANCEL │ FETCHED │
 *	         FORGET, TIME │ PING ──► helper
 *	stub ◄── HELLO, once │ RESULT │ FETCH │ STATS │ PONG ◄────────────────────────────── helper
 *
 *	length, 4 octets │ type, 1 octet │ what the type has
 *
 * The first message of each side is HELLO, with its build (engine/edition.h); neither waits for the other's. Who
 * reads another build than its own reads nothing more, and is not used: all but HELLO may differ. Head, number and
 * form of HELLO stay as they are.
 *
 * Neither side trusts the other: a helper in whose libunbound somebody else is at home must not
 * become a stub in which he is, too. Lengths, names, codes and texts are checked here; what a number
 * stands for is checked by who keeps it. DNS messages are looked at only by wire/, as if they had
 * come from the network. All numbers are big endian.
 */
#ifndef ENGINE_MESSAGE_H
#define ENGINE_MESSAGE_H

#include "stubd/engine/engine.h"
#include "stubd/engine/except.h"
#include "stubd/engine/worker.h"

enum {
	MESSAGE_HEAD = 4, /* octets of the length, which does not count itself */
	/* octets, head included: a DNS message, four paths or a reason, and what is fixed */
	MESSAGE_MAX = 80 * 1024,
	MESSAGE_VERSION_MAX = 64, /* octets of a build's name, the NUL included */
	/* the remainder of an ask's number by this is its place: no two in flight share one */
	MESSAGE_ASKS_MAX = ENGINE_ASKS_MAX + ENGINE_VALIDATIONS_MAX,
};

enum message_type {
	MESSAGE_CONFIG = 1, /* config, level */
	MESSAGE_RECURSE,    /* id, timeout, question */
	MESSAGE_VALIDATE,   /* id, timeout, question, cut, wire */
	MESSAGE_CANCEL,	    /* id, of an ask */
	MESSAGE_FETCHED,    /* id, of a fetch; end, wire */
	MESSAGE_FORGET,
	MESSAGE_TIME, /* config.time */
	MESSAGE_PING,
	MESSAGE_RESULT, /* id, of an ask; result */
	MESSAGE_FETCH,	/* id, of a fetch; question */
	MESSAGE_STATS,	/* stats */
	MESSAGE_PONG,
	MESSAGE_EXCEPT_PART, /* which, wire: octets of a text, no DNS message */
	MESSAGE_EXCEPT,	     /* config.exceptions.root_by_recursion */
	MESSAGE_HELLO = 255, /* version */
};

/* Only what the type has is set. Pointers are borrowed: from whoever wrote it, or from the octets
 * that were read. */
struct message {
	enum message_type type;
	uint64_t id;
	msec timeout; /* below 2^32 */
	struct question question;
	bool cut;	     /* the answer's chain of CNAMEs goes on elsewhere */
	const uint8_t *wire; /* an answer as a DNS message; NULL: none */
	size_t len;
	enum fetch_end end;
	enum except_text which;
	struct engine_result result;
	struct worker_stats stats;
	struct engine_config config;
	unsigned level;	     /* of the log */
	const char *version; /* printable ASCII */
};

/* Writes it, head included. Returns its length, or 0 when it does not fit in cap octets. */
size_t message_write(uint8_t *out, size_t cap, const struct message *message);

/* Reads what follows the head, n octets. Returns 0, or -EBADMSG: not a message of ours. */
int message_read(const uint8_t *bytes, size_t n, struct message *out);

/* An answer as a DNS message, for wire and len, with its DNSSEC records. Returns its length, or 0
 * when it does not fit in cap octets. */
size_t message_from_answer(uint8_t *out, size_t cap, const struct answer *answer);

/* The answer again: its records, rcode and chain; of the verdict on it, nothing. Returns 0 and an
 * owned *out, -EBADMSG or -ENOMEM. */
int message_to_answer(const uint8_t *wire, size_t len, bool cut, struct answer **out);

#endif
