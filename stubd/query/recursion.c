#include "stubd/query/recursion.h"

#include "stubd/engine/engine.h"
#include "stubd/query/ledger.h"
#include "stubd/query/verdicts.h"

void
recursion_cancel(struct recursion *n)
{
	if (n->ask)
		engine_cancel(n->ask);
	n->ask = NULL;
}

static void
on_engine(void *arg, const struct engine_result *result)
{
	struct recursion *n = arg;
	const char *why = result->why;
	char text[VERDICT_TEXT];

	n->ask = NULL;
	n->trace->transport = "recursion";
	n->trace->upstream[0] = '\0';
	if (result->security == SECURITY_BOGUS) {
		n->ede = verdicts_bogus(n->resolver, n->question, why, text);
		pursuit_note(n->why, "recursion", text);
		n->trace->security = SECURITY_BOGUS;
		n->done(n->arg, RECURSION_BOGUS);
		return;
	}
	if (!result->error && result->wire &&
	    (result->rcode == RCODE_NOERROR || result->rcode == RCODE_NXDOMAIN) &&
	    answer_from_reply(
		result->wire, result->len, n->question, n->follow, n->arg, &n->answer, &why) == 0) {
		n->answer->security = result->security;
		n->answer->recursed = true;
		n->done(n->arg, RECURSION_DONE);
		return;
	}
	pursuit_note(n->why, "recursion", why && why[0] ? why : "no authoritative server answered");
	n->done(n->arg, RECURSION_UNREACHED);
}

void
recursion_start(struct recursion *n, msec patience)
{
	n->resolver->counters.recursions++;
	if (engine_recurse(n->resolver->engine, n->question, patience, on_engine, n, &n->ask) ==
	    0) {
		ledger_recursed(n->resolver->ledger, n->question, n->ledger);
		return;
	}
	pursuit_note(n->why, "recursion", "no room for one more question");
	n->own = true;
	n->done(n->arg, RECURSION_UNREACHED);
}
