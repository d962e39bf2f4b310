/*
 * What failures have in common: whether it is a zone that is broken, or something on the way to all of
 * them. It is named, once an epoch in the log and as long as it lasts in `stubctl status` and in the
 * EDE texts of failures; what is answered does not depend on it.
 *
 *	                    bogus, and the root's own keys are the reason, or those of
 *	                    VERDICT_ZONES unrelated zones in a row:
 *	       ┌──────────► records are missing                      ──► STRIPPED ──┐
 *	NONE ──┤            signatures expired or not yet valid      ──► CLOCK ─────┤
 *	  ▲    │            no provider has answered in this epoch, though there is │
 *	  │    │            a way to them, and of those asked                       │
 *	  │    ├──────────► all refused, or were somebody else       ──► PORTAL ────┤
 *	  │    └──────────► a certificate expired or not yet valid   ──► CLOCK ─────┤
 *	  └── an answer was proved (secure or insecure); a provider answered; ──────┘
 *	      a new epoch
 *
 * The root's keys are looked at when the validator asks for them: nothing is asked for their sake.
 * While they fail it is made to ask again every VERDICT_AGAIN ms, if there is a question at all; by
 * itself it would take them for bad for a minute.
 * Zones are unrelated when their last two labels differ and not all have the same last one. A single
 * broken zone names nothing, however often it is asked for.
 */
#ifndef QUERY_VERDICTS_H
#define QUERY_VERDICTS_H

#include "policy/name.h"
#include "stubd/base/clock.h"
#include "stubd/wire/reply.h"

#include <stdbool.h>
#include <stdint.h>

struct answer;
struct resolver;
struct stage;

enum {
	VERDICT_TEXT = 384,
	VERDICT_ZONES = 3,
	VERDICT_AGAIN = 5000, /* ms until root keys that failed are asked for again */
};

enum trouble {
	TROUBLE_NONE,
	TROUBLE_STRIPPED, /* DNSSEC records are removed on the way */
	TROUBLE_CLOCK,	  /* the machine's clock is wrong */
	TROUBLE_PORTAL,	  /* a captive portal, or another who stands in the providers' place */
};

/* How candidates of a stage failed; bits. */
enum verdict_fail {
	VERDICT_REFUSED = 1,
	VERDICT_IMPOSTOR = 2, /* TLS: it is not who it should be */
	VERDICT_OUTDATED = 4, /* TLS: its certificate is expired or not yet valid */
	VERDICT_OTHER = 8,
};

/* A zeroed one is the beginning. Embedded in the resolver. */
struct verdicts {
	enum trouble trouble;
	char text[VERDICT_TEXT]; /* of the trouble, a sentence for people; "" when there is none */
	unsigned told;		 /* troubles that the log has, in this epoch; bits */
	bool answered;		 /* a provider has, in this epoch */
	enum trouble root;	 /* what is wrong with the root's keys as they last came */
	uint32_t from, until;	 /* their signatures' time, when that is it (RFC 4034 3.1.5) */
	msec again; /* when the root's keys are to be looked at again, on the loop's clock; 0: they
		     * did not fail */
	enum trouble row; /* of what kind the last verdicts were */
	unsigned nrow;
	struct name zones[VERDICT_ZONES]; /* that they were about, each once */
};

/* An answer to question is bogus, for the reason that the engine gave. Returns the code that fits
 * best, and text: the reason, and whether the clock may be to blame for it. */
enum ede verdicts_bogus(struct resolver *resolver, const struct question *question,
    const char *reason, char text[VERDICT_TEXT]);

/* There is no verdict, because a part of the chain of trust was refused. */
void verdicts_missing(struct resolver *resolver);

/* An answer was found secure or insecure. */
void verdicts_proved(struct resolver *resolver);

/* The validator asked for the root's keys. answer is NULL when it got none; refused: an upstream
 * answered with an error. */
void verdicts_root(struct resolver *resolver, const struct answer *answer, bool refused);

/* A provider answered, whatever it said. */
void verdicts_answered(struct resolver *resolver);

/* None of the stage's candidates could be reached; fails has a bit for each way in which they failed. */
void verdicts_unreached(struct resolver *resolver, const struct stage *stage, unsigned fails);

/* Everything that was found out belongs to another network. */
void verdicts_new_epoch(struct resolver *resolver);

/* The text of a failure, with the trouble before it if that may be the reason. Returns text. */
const char *verdicts_explain(
    const struct resolver *resolver, enum ede ede, const char *why, char text[VERDICT_TEXT]);

/* "stripped-dnssec", "wrong-clock", "captive-portal"; "none". */
const char *trouble_text(enum trouble trouble);

#endif
