/*
 * The inside of the exposure ledger, shared by ledger.c (the accounts) and ledger_text.c (the text in
 * which they outlive a restart).
 */
#ifndef QUERY_LEDGER_IMPL_H
#define QUERY_LEDGER_IMPL_H

#include "policy/sketch.h"
#include "stubd/query/ledger.h"

/* One network, or several. domains of counts is not used: it is read from the sketch. */
struct account {
	struct ledger_counts counts;
	struct sketch domains;
};

struct party {
	char *name; /* owned; NULL: the recursion, the network's resolvers, all others */
	struct account now, before;
};

struct ledger {
	uint64_t secret[2];
	int64_t since;				       /* as ledger_since() */
	struct party *parties[LEDGER_PARTIES_MAX - 1]; /* owned */
	size_t n;
	struct party others, network, recursion;
};

/* The party of that name, which gets an account if it has none; the others' when there is no room. */
struct party *ledger_party(struct ledger *ledger, const char *name);

/* The counts but for domains, by number, in the order of struct ledger_counts. */
enum { LEDGER_COLUMNS = 9 };
uint64_t *ledger_column(struct ledger_counts *counts, size_t i);

/* Adds what from has to into. */
void ledger_add(struct account *into, const struct account *from);

#endif
