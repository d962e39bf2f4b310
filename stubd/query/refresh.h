/*
 * Where providers are, found out through other providers. The addresses of the catalogue and the
 * configuration may be out of date; a provider that cannot be reached at any of them is looked up by its
 * host name, and so is, once a day, one that is in use. What is found is tried beside what is written,
 * and kept in the state folder (query/found.h). Who is at such an address proves itself as ever, so
 * that a lie costs time and gives nothing.
 *
 *	cannot be reached ─────────────┐                  ┌─ asked A and AAAA of the host ─► found
 *	in use, last looked up a day ago ─► WANTED ─► another provider works ─► and tried, kept
 *
 * Asked is a provider that has a connection already: never the one in question nor one of its operator,
 * never in plain, never a split rule's server, and nobody while none works. It learns that the one in
 * question is used here; the exposure ledger has it as `addresses`. A name that the person's own rules
 * own is never asked for. Nothing is asked on a timer: it is looked at when connections are made and
 * when they cannot be made.
 *
 * Limits: REFRESH_AGAIN ms between two lookups of one host on one network; REFRESH_AT_ONCE lookups at
 * once, others wait for the next occasion.
 */
#ifndef QUERY_REFRESH_H
#define QUERY_REFRESH_H

#include <stdint.h>

struct refresh;
struct resolver;

enum {
	REFRESH_AGAIN = 300000,	 /* ms */
	REFRESH_DOUBT = 10000,	 /* ms that one that was reached on this network has to be lost */
	REFRESH_PATIENCE = 3000, /* ms for one question */
	REFRESH_PERIOD = 86400,	 /* s from one lookup of a host that is in use to the next */
	REFRESH_AT_ONCE = 2,
};

/* Reads what was kept in the state folder (NULL: nothing is kept) and watches the resolver's pool from
 * then on. resolver is borrowed. NULL: out of memory. */
struct refresh *refresh_new(struct resolver *resolver, const char *state_dir);

/* Keeps what is new; before the pool goes. */
struct refresh *refresh_free(struct refresh *refresh);

/* The pool has other upstreams now, and the resolver their policy: hands them what was found. */
void refresh_apply(struct refresh *refresh);

#endif
