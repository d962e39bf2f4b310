/*
 * The order in which upstreams are asked. Preference comes from the strategy. A split rule's servers
 * and `ordered` go as listed; the others prefer members of the draw, `draw` of them, and behind those
 * follow the draw:
 *
 *	one	the first of the draw
 *	spread	a member at random for each question, the others behind it in random order
 *	shard	the members by a keyed hash of the question's registrable domain and the member's name,
 *		the highest first (rendezvous hashing): a domain has its member, and when that is lost the
 *		domain's next one, while nobody else's domains move. A name at or above a public suffix
 *		goes to the first of the draw, so that only that one learns which suffixes are asked for
 *	fastest	of two members at random the one with the shorter time; one that has no time, or none
 *		of the last SELECT_FORGET ms, or that has to prove itself, is tried
 *
 * Then, whatever the preference:
 *
 *	good		up, or never tried				first
 *	suspect		it owes a sign of life for too long		then
 *	unproven	its back-off has ended, it has not answered since	then
 *	down		its back-off runs, or it asked to be left in peace	last
 *
 * so that the first candidate is one that works while there is one. Too long is six times its
 * smoothed time, within SELECT_SILENCE_MIN and SELECT_SILENCE_MAX: questions that were asked
 * already have their own patience, but no more are thrown after them. A preferred one that is
 * suspect or unproven is named as the probe: it gets a copy of the question, and when it answers it
 * is good and takes its place again. Where the draw decides, the second candidate is of another
 * operator, if one is in the same state: what takes a provider down often takes its operator down.
 */
#ifndef POLICY_SELECT_H
#define POLICY_SELECT_H

#include "policy/decide.h"

enum {
	SELECT_SILENCE_MIN = 500,  /* ms */
	SELECT_SILENCE_MAX = 1000, /* ms */
	SELECT_LOST = 3000,	   /* ms from the first loss until all together are lost */
	SELECT_PROBE_EVERY = 2000, /* ms between probes of one that is lost, while all are */
	SELECT_FORGET = 60000,	   /* ms after which a time is too old to lose by it, `fastest` */
	SELECT_PROBED =
	    2, /* the most preferred ones are probed so; the others when their back-off ends */
};

/* Does it owe a sign of life for too long? */
bool select_suspect(const struct standing *standing, uint64_t now);

/* Whom to choose from: members, then the rest of order[0..n), or of first, first + 1, ... where
 * order is NULL; best first. */
struct preference {
	uint16_t members[ROUTE_CANDIDATES_MAX]; /* the first ones, in an order of their own */
	size_t nmembers;
	const uint16_t *order; /* borrowed */
	uint16_t first;
	size_t n;
	bool other_operator; /* for the second */
};

/* What a choice among providers depends on; all borrowed. */
struct choice {
	const struct policy *policy;
	const struct name *domain; /* registrable, for `shard`; NULL: none */
	const struct standing *standing;
	const struct draw *draw;
	uint64_t now;
	uint64_t random; /* a number that nobody can foresee, of this question alone */
};

/* The preference among the providers. */
void select_providers(const struct choice *choice, struct preference *out);

/* Does none of the stage's candidates but that one work, so that it has to be asked though it asks to be
 * left in peace? */
bool select_alone(
    const struct stage *stage, uint16_t upstream, const struct standing *standing, uint64_t now);

/* How many providers the strategy uses while they work: so many at the beginning of the draw, at
 * most one of each operator; all of them as listed under `ordered`. */
size_t select_members(const struct policy *policy, const struct draw *draw);

/* True when all have failed, the first of them SELECT_LOST ms ago, and none has answered since: a laptop
 * that wakes up fails at everything, but not for long. None at all are not lost. */
bool select_lost(
    const struct preference *preference, const struct standing *standing, uint64_t now);

/* Whom to probe while all are lost; -1: nobody now. */
int select_lost_probe(
    const struct preference *preference, const struct standing *standing, uint64_t now);

/* Fills the candidates of *out; returns the probe, or -1. */
int select_candidates(const struct policy *policy, const struct preference *preference,
    const struct standing *standing, uint64_t now, struct stage *out);

#endif
