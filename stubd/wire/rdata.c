#include "stubd/wire/rdata.h"

#include "policy/name.h"

#include <stddef.h>

enum { TYPE_NAPTR = 35, NAPTR_FIXED = 4, NAPTR_STRINGS = 3 };

/* type, head, names, tail, compress; the frequent ones first */
static const struct rdata_layout layouts[] = {
	{ TYPE_A, 4, 0, 0, false }, { TYPE_AAAA, 16, 0, 0, false }, { TYPE_CNAME, 0, 1, 0, true },
	{ TYPE_RRSIG, 18, 1, RDATA_TAIL_ANY, false }, { TYPE_NS, 0, 1, 0, true },
	{ TYPE_SOA, 0, 2, 20, true }, { TYPE_NSEC, 0, 1, RDATA_TAIL_ANY, false },
	{ TYPE_HTTPS, 2, 1, RDATA_TAIL_ANY, false }, { TYPE_SVCB, 2, 1, RDATA_TAIL_ANY, false },
	{ TYPE_PTR, 0, 1, 0, true }, { TYPE_MX, 2, 1, 0, true }, { TYPE_SRV, 6, 1, 0, false },
	{ TYPE_DNAME, 0, 1, 0, false }, { TYPE_NAPTR, NAPTR_FIXED, 1, 0, false },
	{ 3, 0, 1, 0, true },		      /* MD */
	{ 4, 0, 1, 0, true },		      /* MF */
	{ 7, 0, 1, 0, true },		      /* MB */
	{ 8, 0, 1, 0, true },		      /* MG */
	{ 9, 0, 1, 0, true },		      /* MR */
	{ 14, 0, 2, 0, true },		      /* MINFO */
	{ 17, 0, 2, 0, false },		      /* RP */
	{ 18, 2, 1, 0, false },		      /* AFSDB */
	{ 21, 2, 1, 0, false },		      /* RT */
	{ 24, 18, 1, RDATA_TAIL_ANY, false }, /* SIG */
	{ 26, 2, 2, 0, false },		      /* PX */
	{ 30, 0, 1, RDATA_TAIL_ANY, false },  /* NXT */
	{ 36, 2, 1, 0, false },		      /* KX */
	{ 107, 2, 1, 0, false },	      /* LP */
};

const struct rdata_layout *
rdata_layout_of(uint16_t type, uint16_t class)
{
	if (class != CLASS_IN && (type == TYPE_A || type == TYPE_AAAA))
		return NULL;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

void
rdata_skip_head(const struct rdata_layout *layout, struct rcur *rdata)
{
	rcur_skip(rdata, layout->head);
	if (layout->type != TYPE_NAPTR)
		return;
	/* RFC 3403 section 4.1: order, preference, three character strings, then the name */
	for (int i = 0; i < NAPTR_STRINGS; i++)
		rcur_skip(rdata, rcur_u8(rdata));
}
