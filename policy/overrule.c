#include "policy/overrule.h"

#include "policy/config.h"
#include "policy/dns64.h"
#include "policy/zone.h"

static const struct name ipv4only = { 15, "\10ipv4only\4arpa" };

static void
make_local(struct view *view, enum local_kind kind, uint32_t ttl, const char *why)
{
	view->kind = VIEW_LOCAL;
	view->id = 0;
	view->closed = false;
	view->why = why;
	view->local.kind = kind;
	view->local.filtered = false;
	view->local.ttl = ttl;
	view->local.naddresses = 0;
}

/* The addresses by which programs find the prefix out. */
static void
prefix_view(const struct prefix *prefix, struct view *view)
{
	static const uint8_t well_known[][4] = { { 192, 0, 0, 170 }, { 192, 0, 0, 171 } };
	struct local_answer *local = &view->local;

	make_local(view, LOCAL_ADDRESSES, ZONE_TTL, "RFC 7050: the prefix of NAT64");
	for (size_t i = 0; i < sizeof(well_known) / sizeof(*well_known); i++) {
		if (dns64_embed(prefix, well_known[i], local->addresses[local->naddresses]))
			local->naddresses++;
	}
}

void
overrule(const struct policy *policy, const struct question *question,
    const struct netview *netview, struct view *view)
{
	const struct prefix *prefix = dns64_prefix(policy, netview);
	bool denied = view->kind == VIEW_LOCAL && view->local.kind == LOCAL_NXDOMAIN;

	if (policy->filter && question->type == policy->filter && view->kind != VIEW_LOCAL) {
		make_local(view, LOCAL_NODATA, ZONE_NEGATIVE_TTL, "filter");
		view->local.filtered = true;
	}
	if (prefix && question->type == TYPE_AAAA && name_equal(&question->name, &ipv4only))
		prefix_view(prefix, view);
	if (prefix && question->type == TYPE_PTR && view->kind != VIEW_SPLIT &&
	    dns64_reverse(prefix, &question->name, &view->local.ptr))
		make_local(view, LOCAL_CNAME, ZONE_TTL, "RFC 6147: a reverse name of NAT64");
	if (question->type == TYPE_ANY && !denied)
		make_local(view, LOCAL_HINFO, ZONE_TTL, "RFC 8482: ANY is not looked up");
}
