/*
 * answer_from_reply(): from what an upstream sent to what its question asked for.
 *
 *	chain	what the question's name leads to (answer_chain.h)
 *	judge	is it data, NODATA, NXDOMAIN, or a chain that goes on elsewhere?
 *	write	only what the walk came by, and the authority records that belong to it
 */
#include "stubd/wire/answer_build.h"
#include "stubd/wire/answer_chain.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum {
	RRSIG_SIGNER = 18, /* where the signer's name stands in RDATA, RFC 4034 section 3.1 */
	SOA_MIN = 22,	   /* octets: two names and five numbers */
	REPEATS_MAX = 64,  /* records that are looked back over for the same one */
	NOT_KEPT = -1,
};

struct scrub {
	struct chain *chain; /* borrowed */
	int soa;	     /* index of the SOA of a negative answer, or CHAIN_NONE */
	uint32_t
	    soa_ttl; /* when there is one: its MINIMUM, limited; it and the answer last no longer */
	unsigned nzones;
	struct name zones[CHAIN_NAMES]; /* that signed denials about names of the chain */
	struct build *build;		/* borrowed */
};

/* The type that an RRSIG covers. */
static uint16_t
covered(const struct chain *c, const struct chain_rec *r)
{
	struct rcur cur = chain_cursor(c, r->rdata, (size_t)r->rdata + r->rdlen);

	return rcur_u16(&cur);
}

static bool
is_denial(uint16_t type)
{
	return type == TYPE_NSEC || type == TYPE_NSEC3;
}

/* Is it left out for DO=0? Not when it was asked for (RFC 4035 section 3.2.1). */
static bool
is_dnssec(const struct chain *c, uint16_t type)
{
	return (type == TYPE_RRSIG || is_denial(type)) && type != c->question->type;
}

/* --- judge --- */

/* Is it the SOA that says how long the negative answer lasts (RFC 2308 section 5)? */
static int
take_soa(struct scrub *s, size_t i)
{
	struct chain *c = s->chain;
	const struct chain_rec *r = &c->recs[i];
	size_t end = (size_t)r->rdata + r->rdlen;
	struct name owner;
	struct rcur cur;

	if (r->type != TYPE_SOA || r->class != c->question->class)
		return 0;
	chain_owner(c, r, &owner);
	if (!name_is_under(chain_end(c), &owner))
		return 0;
	if (r->rdlen < SOA_MIN)
		return chain_broken(c, "malformed SOA");
	cur = chain_cursor(c, end - 4, end);
	s->soa_ttl = rcur_u32(&cur);
	if (s->soa_ttl > ANSWER_NEGATIVE_TTL_MAX)
		s->soa_ttl = ANSWER_NEGATIVE_TTL_MAX;
	s->soa = (int)i;
	return 0;
}

static int
judge_data(struct chain *c)
{
	const struct chain_step *last = &c->steps[c->nsteps - 1];

	/* for an alias that was asked for, NXDOMAIN may speak of its target */
	if (c->rcode == RCODE_NXDOMAIN && last->cname == CHAIN_NONE && last->dname == CHAIN_NONE)
		return chain_broken(c, "NXDOMAIN with data");
	c->rcode = RCODE_NOERROR;
	return 0;
}

static int
judge(struct scrub *s)
{
	struct chain *c = s->chain;
	int r = 0;

	if (c->data)
		return judge_data(c);
	for (size_t i = c->nanswer; !c->cut && s->soa == CHAIN_NONE && i < c->nrecs; i++) {
		r = take_soa(s, i);
		if (r)
			return r;
	}
	/* neither data nor a denial at the end of an alias: the upstream stopped half way */
	if (c->rcode == RCODE_NOERROR && c->nsteps > 1 && s->soa == CHAIN_NONE)
		c->cut = true;
	if (c->cut)
		c->rcode = RCODE_NOERROR;
	return 0;
}

/* Is the zone one that a name of the chain may belong to? */
static bool
above_chain(const struct chain *c, const struct name *zone)
{
	for (unsigned i = 0; i < c->nsteps; i++)
		if (name_is_under(&c->steps[i].name, zone))
			return true;
	return false;
}

static bool
in_zones(const struct scrub *s, const struct name *name)
{
	for (unsigned i = 0; i < s->nzones; i++)
		if (name_is_under(name, &s->zones[i]))
			return true;
	return false;
}

/* Is it a signature that a zone above a name of the chain makes over a name of its own? Gives the
 * owner and the zone. */
static bool
signed_here(const struct chain *c, const struct chain_rec *r, struct name *owner, struct name *zone)
{
	chain_owner(c, r, owner);
	return r->type == TYPE_RRSIG && r->class == c->question->class &&
	       chain_rdata_name(c, r, RRSIG_SIGNER, zone) && name_is_under(owner, zone) &&
	       above_chain(c, zone);
}

/* An NSEC does not tell its zone, its signature does: gathers the zones of signed denials. */
static void
find_zones(struct scrub *s)
{
	const struct chain *c = s->chain;

	for (size_t i = c->nanswer; i < c->nrecs && s->nzones < CHAIN_NAMES; i++) {
		const struct chain_rec *r = &c->recs[i];
		struct name owner, *zone = &s->zones[s->nzones];

		if (is_denial(covered(c, r)) && signed_here(c, r, &owner, zone) &&
		    !in_zones(s, zone))
			s->nzones++;
	}
}

/* --- write --- */

/* Makes the CNAME that a DNAME stands for, when the upstream left it out (RFC 6672 section 3.1). */
static void
write_synthesis(struct scrub *s, const struct chain_step *step)
{
	const struct chain_rec *dname = &s->chain->recs[step->dname];
	struct name target;
	struct build_rr rr = {
		.owner = &step->name,
		.type = TYPE_CNAME,
		.class = dname->class,
		.ttl = dname->ttl,
	};

	if (chain_dname_target(s->chain, dname, &step->name, &target) != 1)
		return;
	rr.rdata = rcur_make(target.wire, target.len);
	build_rr(s->build, &rr);
}

static void
write_rec(struct scrub *s, size_t i, uint32_t ttl_max)
{
	struct rcur cur = chain_cursor(s->chain, s->chain->recs[i].at, s->chain->n);

	build_copy(s->build, &cur, ttl_max);
}

static void
write_alias(struct scrub *s, const struct chain_step *step)
{
	if (step->dname != CHAIN_NONE)
		write_rec(s, (size_t)step->dname, ANSWER_TTL_MAX);
	if (step->cname != CHAIN_NONE)
		write_rec(s, (size_t)step->cname, ANSWER_TTL_MAX);
	else if (step->dname != CHAIN_NONE)
		write_synthesis(s, step);
}

/* The TTL of the set of records that was asked for: the least of them (RFC 2181 section 5.2). */
static uint32_t
set_ttl(const struct chain *c, const struct chain_step *step)
{
	uint32_t least = ANSWER_TTL_MAX;

	for (size_t i = 0; c->question->type != TYPE_ANY && i < c->nanswer; i++) {
		const struct chain_rec *r = &c->recs[i];

		if (r->type == c->question->type && r->ttl < least && chain_at(c, r, step))
			least = r->ttl;
	}
	return least;
}

/* Was that very record there before (RFC 2181 section 5)? */
static bool
is_repeated(const struct chain *c, const struct chain_step *step, size_t i)
{
	const struct chain_rec *r = &c->recs[i];

	for (size_t back = 1; back <= i && back <= REPEATS_MAX; back++) {
		const struct chain_rec *old = r - back;

		if (old->type == r->type && old->rdlen == r->rdlen &&
		    memcmp(c->bytes + old->rdata, c->bytes + r->rdata, r->rdlen) == 0 &&
		    chain_at(c, old, step))
			return true;
	}
	return false;
}

/* Writes what was asked for at the end of the chain, or with dnssec what belongs to it. */
static void
write_data(struct scrub *s, const struct chain_step *step, bool dnssec)
{
	const struct chain *c = s->chain;
	uint32_t ttl_max = set_ttl(c, step);

	for (size_t i = 0; i < c->nanswer; i++) {
		const struct chain_rec *r = &c->recs[i];
		uint16_t type = r->type;

		if (is_dnssec(c, type) != dnssec)
			continue;
		if (type == TYPE_RRSIG && dnssec && c->question->type != TYPE_ANY)
			type = covered(c, r);
		if (chain_is_data(c, type) && chain_at(c, r, step) && !is_repeated(c, step, i))
			write_rec(s, i, ttl_max);
	}
}

/* Writes the signatures at a step's name over one type. */
static void
write_signatures(struct scrub *s, const struct chain_step *step, uint16_t type)
{
	const struct chain *c = s->chain;

	for (size_t i = 0; i < c->nanswer; i++) {
		const struct chain_rec *r = &c->recs[i];

		if (r->type == TYPE_RRSIG && covered(c, r) == type && chain_at(c, r, step))
			write_rec(s, i, ANSWER_TTL_MAX);
	}
}

static void
write_alias_signatures(struct scrub *s, const struct chain_step *step)
{
	const struct chain *c = s->chain;

	if (step->dname != CHAIN_NONE) {
		const struct chain_rec *dname = &c->recs[step->dname];
		struct chain_step at = { .hash = dname->hash, .place = dname->place };

		chain_owner(c, dname, &at.name);
		write_signatures(s, &at, TYPE_DNAME);
	}
	if (step->cname != CHAIN_NONE)
		write_signatures(s, step, TYPE_CNAME);
}

static void
write_answer(struct scrub *s)
{
	const struct chain *c = s->chain;
	const struct chain_step *last = &c->steps[c->nsteps - 1];
	bool alias = last->cname != CHAIN_NONE || last->dname != CHAIN_NONE;

	for (unsigned i = 0; i < c->nsteps; i++)
		write_alias(s, &c->steps[i]);
	if (c->data && !alias)
		write_data(s, last, false);
	build_part(s->build, PART_ANSWER_DNSSEC);
	for (unsigned i = 0; i < c->nsteps; i++)
		write_alias_signatures(s, &c->steps[i]);
	if (c->data && !alias)
		write_data(s, last, true);
}

/* Where the authority record belongs, or NOT_KEPT. An NS without data or SOA would be a referral,
 * which is no answer. */
static int
part_of(const struct scrub *s, const struct chain_rec *r)
{
	const struct chain *c = s->chain;
	uint16_t type = r->type;
	struct name owner, signer;
	bool kept = false;

	if (r->class != c->question->class)
		return NOT_KEPT;
	chain_owner(c, r, &owner);
	if (type == TYPE_RRSIG) {
		type = covered(c, r);
		if (!signed_here(c, r, &owner, &signer))
			return NOT_KEPT;
	}
	if (type == TYPE_SOA && s->soa != CHAIN_NONE)
		kept = r == &c->recs[s->soa] ||
		       (r->type == TYPE_RRSIG && r->hash == c->recs[s->soa].hash);
	else if (type == TYPE_NS && (c->data || s->soa != CHAIN_NONE))
		kept = name_is_under(chain_end(c), &owner);
	else if (is_denial(type))
		kept = in_zones(s, &owner);
	if (!kept)
		return NOT_KEPT;
	return is_dnssec(c, r->type) ? PART_AUTHORITY_DNSSEC : PART_AUTHORITY;
}

static void
write_authority(struct scrub *s, enum build_part part)
{
	const struct chain *c = s->chain;

	build_part(s->build, part);
	for (size_t i = c->nanswer; i < c->nrecs; i++)
		if (part_of(s, &c->recs[i]) == (int)part)
			write_rec(s, i, (int)i == s->soa ? s->soa_ttl : ANSWER_TTL_MAX);
}

static int
write_all(struct scrub *s, struct answer **out, const char **why)
{
	const struct chain *c = s->chain;
	struct answer *a;
	int r;

	write_answer(s);
	if (!c->cut) {
		find_zones(s);
		write_authority(s, PART_AUTHORITY);
		write_authority(s, PART_AUTHORITY_DNSSEC);
	}
	r = build_finish(s->build, &a);
	if (r) {
		*why = s->build->why;
		return r;
	}
	a->rcode = c->rcode;
	a->cut = c->cut;
	name_copy(&a->target, chain_end(c));
	if (c->data || c->cut) {
		assert(a->nttls > 0);
		a->ttl = s->build->ttl;
	} else if (s->soa != CHAIN_NONE) {
		a->ttl = s->build->ttl < s->soa_ttl ? s->build->ttl : s->soa_ttl;
	}
	a->keep = a->ttl > 0;
	*out = a;
	return 0;
}

int
answer_from_reply(const uint8_t *bytes, size_t n, const struct question *question,
    answer_follow *follow, void *arg, struct answer **out, const char **why)
{
	struct scrub s; /* but for zones[], which is written before it is read */
	struct build build;
	struct chain chain;
	int r = chain_index(&chain, bytes, n, question);

	if (r) {
		*why = chain.why;
		return r;
	}
	s.chain = &chain;
	s.soa = CHAIN_NONE;
	s.nzones = 0;
	if (chain.rcode != RCODE_NOERROR && chain.rcode != RCODE_NXDOMAIN) {
		r = answer_from_rcode(question, chain.rcode, out);
		goto done;
	}
	r = chain_walk(&chain, follow, arg);
	if (!r)
		r = judge(&s);
	if (r) {
		*why = chain.why;
		goto done;
	}
	s.build = &build;
	build_start(&build, question);
	if (chain.asked != CHAIN_NOWHERE)
		build_asked_at(&build, bytes, chain.asked);
	r = write_all(&s, out, why);
done:
	chain_clear(&chain);
	return r;
}
