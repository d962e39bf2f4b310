/*
 * The exposure ledger: who was told how much. For each provider, for the network's own resolvers
 * together, and for the recursion in plaintext: questions by why they were sent, and how many registrable
 * domains they were about. No name is kept, nor anything that a name could be read from (policy/sketch.h,
 * under a secret of this run). A provider keeps its account over reloads, by its name.
 *
 * In memory only, unless the person wants it kept (`keep_exposure`): then the secret is kept with it, and
 * whoever reads the file can ask it of a name that he guesses, and is told "perhaps" or "no".
 *
 * There are two accounts each: of the present network (epoch), and of all networks since the start. A
 * new epoch adds the one to the other.
 *
 * A question counts when it is written on a connection, for that is when it may be learnt; also where
 * the connection turns out to be dead, since nobody knows how far it came. One that no connection was
 * made for was not sent. Names at or above a public suffix are nobody's domain and are
 * questions only.
 *
 * How a question was asked (a failover, a hedge, a repetition or a probe; none of these: the first) and
 * what for (the validator's chain, a prefetch, an answer past its time, another provider's addresses; none of these: a client waited)
 * are told apart: a chain question that failed over counts in both columns. What the validator asks for
 * a prefetch's sake is a chain question.
 *
 * Limit: LEDGER_PARTIES_MAX accounts; who comes later, or for whom there is no memory, shares the last
 * one, LEDGER_OTHERS.
 */
#ifndef QUERY_LEDGER_H
#define QUERY_LEDGER_H

#include <stddef.h>
#include <stdint.h>

struct ledger;
struct question;
struct upstream_spec;

enum { LEDGER_PARTIES_MAX = 256, LEDGER_TEXT_MAX = 512 * 1024 /* octets of the text */ };

#define LEDGER_OTHERS "all others" /* no provider's name has a space */

/* Beside POOL_ASK_* in the flags of pool_ask(). */
enum ledger_why {
	LEDGER_PROVIDER = 1 << 8, /* a provider is asked: to be counted */
	LEDGER_FAILOVER = 1 << 9, /* since another failed, was silent or has to be confirmed */
	LEDGER_CHAIN = 1 << 10,	  /* the validator asks for keys and delegations */
	LEDGER_PREFETCH = 1 << 11,
	LEDGER_STALE = 1 << 12,	    /* an answer past its time was given meanwhile */
	LEDGER_ADDRESSES = 1 << 13, /* where another provider is (query/refresh.h) */
};

/* Above them: so many octets at the end of the name are its registrable domain; 0: none. */
enum { LEDGER_DOMAIN = 16 };

/* That number of octets. */
static inline size_t
ledger_domain(unsigned flags)
{
	return flags >> LEDGER_DOMAIN;
}

struct ledger_counts {
	uint64_t queries; /* all */
	uint64_t failovers;
	uint64_t hedges;
	uint64_t repeats; /* the connection was lost: the same again on another */
	uint64_t probes;  /* copies: has it come back? */
	uint64_t chain, prefetches, stale, addresses;
	uint64_t domains; /* an estimate */
};

struct ledger_row {
	const char *name; /* borrowed until ledger_free(); NULL: recursion, network */
	struct ledger_counts network, total;
};

/* NULL: out of memory. */
struct ledger *ledger_new(void);
struct ledger *ledger_free(struct ledger *ledger);

/* When the account of all networks was begun, if it outlives a restart: seconds since 1970; 0: with this
 * run, and it ends with it. */
int64_t ledger_since(const struct ledger *ledger);
void ledger_keep(struct ledger *ledger, int64_t since);

/* The accounts of all networks as a text: owned; NULL: out of memory. */
char *ledger_to_text(const struct ledger *ledger);

/* Reads such a text. Returns 0 and an owned *out, in which all that is of earlier networks; -EBADMSG when
 * anything in it is not as it should be, or -ENOMEM. */
int ledger_from_text(const char *text, size_t n, struct ledger **out);

/* A pool_sent_cb: a question was written. flags: POOL_ASK_* and LEDGER_*. arg is the struct resolver. */
void ledger_sent(
    void *arg, const struct upstream_spec *spec, const struct question *question, unsigned flags);

/* The recursion was asked: the authorities on its way learn the name, and all who listen. */
void ledger_recursed(struct ledger *ledger, const struct question *question, unsigned flags);

/* The network is another one. */
void ledger_new_network(struct ledger *ledger);

/* The accounts, in the order in which they were opened; i below the count. */
size_t ledger_count(const struct ledger *ledger);
void ledger_read(const struct ledger *ledger, size_t i, struct ledger_row *out);
void ledger_read_network(const struct ledger *ledger, struct ledger_row *out);
void ledger_read_recursion(const struct ledger *ledger, struct ledger_row *out);

#endif
