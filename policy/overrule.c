#include "policy/overrule.h"

#include "policy/config.h"
#include "policy/zone.h"

static void
make_local(struct view *view, enum local_kind kind, uint32_t ttl, const char *why)
{
	view->kind = VIEW_LOCAL;
	view->id = 0;
	view->closed = false;
	view->why = why;
	view->local.kind = kind;
	view->local.ttl = ttl;
	view->local.naddresses = 0;
}

void
overrule(const struct policy *policy, const struct question *question, struct view *view)
{
	bool denied = view->kind == VIEW_LOCAL && view->local.kind == LOCAL_NXDOMAIN;

	if (policy->filter && question->type == policy->filter && view->kind != VIEW_LOCAL) {
		make_local(view, LOCAL_NODATA, ZONE_NEGATIVE_TTL, "filter");
		view->local.filtered = true;
	}
	if (question->type == TYPE_ANY && !denied)
		make_local(view, LOCAL_HINFO, ZONE_TTL, "RFC 8482: ANY is not looked up");
}
