/* Configuration text: whatever it holds, it is accepted or refused with errors, and an accepted one
 * answers both questions of policy. */
#include "policy/config.h"
#include "policy/decide.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
decide(const struct policy *policy)
{
	static struct standing standing[POLICY_UPSTREAMS_MAX + 1];
	const struct draw draw = { .n = 0 };
	struct netview netview = { .nservers = 1, .unsynchronised = true };
	struct question question = { .type = TYPE_A, .class = CLASS_IN };
	struct view view;
	struct route route;

	name_from_text(&netview.hostname, ".");
	name_from_text(&question.name, "www.corp.example");
	policy_view(policy, &question, &netview, &view);
	if (view.kind != VIEW_LOCAL)
		policy_route(
		    policy, &view, &question.name, NULL, &netview, standing, &draw, 1, 7, &route);
	for (size_t i = 0; i < policy->nrules && policy->rules[i].ndomains; i++) {
		question.name = policy->rules[i].domains[0];
		policy_view(policy, &question, &netview, &view);
		if (view.kind != VIEW_SPLIT || view.rule != (int)i)
			abort();
		policy_route(
		    policy, &view, &question.name, NULL, &netview, standing, &draw, 1, 7, &route);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct policy_load_options options = {
		.data_dir = "/nonexistent",
		.hosts_file = "/nonexistent",
	};
	struct policy_errors errors = { .n = 0 };
	struct policy *policy = NULL;
	int r = policy_load_text((const char *)data, size, "fuzz", &options, &policy, &errors);

	if (r == 0)
		decide(policy);
	else if (errors.n == 0 || policy)
		abort();
	policy_errors_clear(&errors);
	policy_free(policy);
	return 0;
}
