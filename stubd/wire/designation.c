#include "stubd/wire/designation.h"

#include "stubd/wire/msg.h"

#include <errno.h>
#include <string.h>

enum { DOT_PORT = 853, DOH_PORT = 443, IPV4 = 4, IPV6 = 16 };

void
designation_question(struct question *out)
{
	static const uint8_t wire[] = "\4_dns\10resolver\4arpa";

	*out = (struct question){ .type = TYPE_SVCB, .class = CLASS_IN };
	out->name.len = sizeof(wire);
	memcpy(out->name.wire, wire, sizeof(wire));
}

/* --- addresses -------------------------------------------------------------------------------- */

/* Can another machine have it? Not if it is nobody's, this host's, or of a group. */
static bool
is_a_host(int family, const uint8_t *ip)
{
	static const uint8_t none[IPV6] = { 0 }, mapped[] = { [10] = 0xff, [11] = 0xff };
	const size_t n = sizeof(mapped); /* ::/96 and ::ffff:0:0/96 hold IPv4 and this host */

	if (family == AF_INET)
		return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
	return ip[0] != 0xff && memcmp(ip, none, n) != 0 && memcmp(ip, mapped, n) != 0;
}

void
designation_add(struct designation_way *way, int family, const uint8_t *ip)
{
	struct addr addr = { .family = (uint16_t)family, .port = way->port };

	if (way->naddresses == SPEC_ADDRESSES_MAX || !is_a_host(family, ip))
		return;
	memcpy(addr.ip, ip, family == AF_INET ? IPV4 : IPV6);
	if (!addr_among(&addr, way->addresses, way->naddresses))
		way->addresses[way->naddresses++] = addr;
}

static void
add_hints(struct designation_way *way, const struct svcb *svcb)
{
	for (size_t i = 0; svcb->ipv6hint.octets && i < svcb->ipv6hint.n; i += IPV6)
		designation_add(way, AF_INET6, svcb->ipv6hint.octets + i);
	for (size_t i = 0; svcb->ipv4hint.octets && i < svcb->ipv4hint.n; i += IPV4)
		designation_add(way, AF_INET, svcb->ipv4hint.octets + i);
}

static bool
is_address(const struct msg_rr *rr)
{
	return rr->class == CLASS_IN && ((rr->type == TYPE_A && rr->rdlen == IPV4) ||
					    (rr->type == TYPE_AAAA && rr->rdlen == IPV6));
}

/* The address that a record of the additional section gives for the target. */
static void
add_record(struct designation *d, const struct msg_rr *rr)
{
	if (!is_address(rr))
		return;
	for (size_t i = 0; i < d->nways; i++) {
		if (name_equal(&d->ways[i].target, &rr->owner))
			designation_add(
			    &d->ways[i], rr->type == TYPE_A ? AF_INET : AF_INET6, rr->rdata);
	}
}

/* --- ways ------------------------------------------------------------------------------------- */

/* Puts it behind those that are as good; the worst one makes room. */
static void
insert(struct designation *d, const struct designation_way *way)
{
	size_t at = d->nways;

	while (at > 0 && d->ways[at - 1].priority > way->priority)
		at--;
	if (at == DESIGNATION_WAYS_MAX)
		return;
	if (d->nways < DESIGNATION_WAYS_MAX)
		d->nways++;
	memmove(&d->ways[at + 1], &d->ways[at], (d->nways - at - 1) * sizeof(d->ways[0]));
	d->ways[at] = *way;
}

static void
add_ways(struct designation *d, const struct svcb *svcb)
{
	struct designation_way way = { .priority = svcb->priority, .target = svcb->target };

	if (svcb_speaks(svcb, "dot")) {
		way.scheme = SCHEME_TLS;
		way.port = svcb->port ? svcb->port : DOT_PORT;
		add_hints(&way, svcb);
		insert(d, &way);
	}
	if (svcb_speaks(svcb, "h2") && svcb_doh_path(svcb, way.path) == 0) {
		way.scheme = SCHEME_HTTPS;
		way.port = svcb->port ? svcb->port : DOH_PORT;
		way.naddresses = 0;
		add_hints(&way, svcb);
		insert(d, &way);
	}
}

/* Takes one record of the answer section. False: it is malformed. */
static bool
add_svcb(struct designation *d, const struct msg_rr *rr)
{
	struct svcb svcb;

	if (svcb_read(rr->rdata, rr->rdlen, &svcb) < 0)
		return false;
	if (svcb.priority && svcb.understood) {
		d->ttl = d->nways && d->ttl < rr->ttl ? d->ttl : rr->ttl;
		add_ways(d, &svcb);
	}
	return true;
}

int
designation_read(const uint8_t *wire, size_t len, struct designation *out)
{
	struct rcur cur = rcur_make(wire, len);
	const struct msg_header header = msg_read_header(&cur);
	struct designation d = { 0 };
	struct question question;
	unsigned records = 0;
	struct msg_rr rr;

	designation_question(&question);
	msg_skip_questions(&cur, &header);
	for (unsigned i = 0; i < header.ancount && !cur.bad; i++) {
		msg_read_rr(&cur, &rr);
		if (cur.bad || rr.type != TYPE_SVCB || rr.class != CLASS_IN ||
		    !name_equal(&rr.owner, &question.name))
			continue;
		if (records++ < DESIGNATION_RECORDS_MAX && !add_svcb(&d, &rr))
			return -EBADMSG;
	}
	for (unsigned i = 0; i < header.nscount && !cur.bad; i++)
		msg_read_rr(&cur, &rr);
	for (unsigned i = 0; i < header.arcount && !cur.bad; i++) {
		msg_read_rr(&cur, &rr);
		if (!cur.bad)
			add_record(&d, &rr);
	}
	if (cur.bad)
		return -EBADMSG;
	if ((header.flags & RCODE_MASK) != RCODE_NOERROR || !d.nways)
		d = (struct designation){ 0 };
	*out = d;
	return 0;
}

void
designation_add_answer(struct designation_way *way, const uint8_t *wire, size_t len, int family)
{
	const bool v4 = family == AF_INET;
	struct rcur cur = rcur_make(wire, len);
	const struct msg_header header = msg_read_header(&cur);
	struct msg_rr rr;

	msg_skip_questions(&cur, &header);
	for (unsigned i = 0; i < header.ancount && !cur.bad; i++) {
		msg_read_rr(&cur, &rr);
		if (!cur.bad && is_address(&rr) && (rr.type == TYPE_A) == v4)
			designation_add(way, family, rr.rdata);
	}
}
