/*
 * What a scenario can make the engine do.
 */
#include "stubd/wire/answer.h"
#include "stubd/wire/reply.h"
#include "tests/replay/fake_engine.h"
#include "tests/replay/records.h"
#include "tests/replay/script.h"
#include "tests/replay/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- recursion -------------------------------------------------------------------------------- */

static int
recurse_message(struct world *w, const struct step *step, enum security security)
{
	const struct question *question = fake_engine_waiting(w->engine);
	const struct msg_ask how = { .rd = true, .dnssec_ok = true, .udp_size = 1232 };
	const struct records_flags flags = { 0 };
	struct engine_result result = { .security = security, .why = "" };
	uint8_t query[FAKE_QUERY_MAX], *wire;
	const size_t n = msg_write_query(query, sizeof(query), question, &how);
	char error[RECORDS_ERROR_MAX];

	if (records_reply(query, n, step->words[1], &flags, step, &wire, &result.len, error) < 0)
		return world_fail(w, "%s", error);
	result.rcode = (uint8_t)records_rcode_number(step->words[1]);
	result.wire = wire;
	fake_engine_answer(w->engine, &result);
	free(wire);
	return 0;
}

/* recurse RCODE secure|insecure, and records; recurse fail TEXT; recurse bogus TEXT */
int
step_recurse(struct world *w, const struct step *step)
{
	struct engine_result result = { .rcode = RCODE_SERVFAIL, .why = step_rest(step, 2) };
	const bool bogus = !strcmp(step->words[1], "bogus");

	if (!fake_engine_waiting(w->engine))
		return world_fail(w, "no recursion is waiting");
	if (!bogus && strcmp(step->words[1], "fail"))
		return recurse_message(w, step,
		    strcmp(step->words[2], "secure") ? SECURITY_INSECURE : SECURITY_SECURE);
	result.security = bogus ? SECURITY_BOGUS : SECURITY_UNCHECKED;
	fake_engine_answer(w->engine, &result);
	return 0;
}

/* --- validation ------------------------------------------------------------------------------- */

/* The message that libunbound would make of a good answer. */
static int
good_message(struct world *w, enum security security)
{
	const struct question *question = fake_engine_waiting(w->engine);
	const struct answer *raw = fake_engine_raw(w->engine);
	struct engine_result result = { .security = security, .rcode = raw->rcode, .why = "" };
	struct msg_query query = { .question = *question, .edns = true, .dnssec_ok = true };
	struct answer *part;
	uint8_t wire[8192];

	if (answer_part(raw, question, &part) < 0)
		abort();
	memcpy(query.spelled, question->name.wire, question->name.len);
	result.len = reply_write(wire, sizeof(wire), sizeof(wire), &query, part, 0, NULL);
	answer_free(part);
	result.wire = wire;
	fake_engine_answer(w->engine, &result);
	return 0;
}

/* verdict secure|insecure; verdict bogus|lost|fail TEXT */
int
step_verdict(struct world *w, const struct step *step)
{
	struct engine_result result = { .rcode = RCODE_SERVFAIL, .why = step_rest(step, 2) };
	const char *what = step->words[1];

	if (!fake_engine_waiting(w->engine) || !fake_engine_raw(w->engine))
		return world_fail(w, "no validation is waiting");
	if (!strcmp(what, "secure"))
		return good_message(w, SECURITY_SECURE);
	if (!strcmp(what, "insecure"))
		return good_message(w, SECURITY_INSECURE);
	if (!strcmp(what, "bogus"))
		result.security = SECURITY_BOGUS;
	else if (!strcmp(what, "lost"))
		result.error = -EAGAIN;
	else if (strcmp(what, "fail"))
		return world_fail(w, "%s is no verdict", what);
	fake_engine_answer(w->engine, &result);
	return 0;
}

/* fetch NAME TYPE: the validator asks */
int
step_fetch(struct world *w, const struct step *step)
{
	const struct records_flags flags = { 0 };
	char error[RECORDS_ERROR_MAX];
	struct msg_query query;
	uint8_t *wire;
	size_t len;

	if (records_query(1, step->words[1], step->words[2], &flags, &wire, &len, error) < 0)
		return world_fail(w, "%s", error);
	msg_read_query(wire, len, &query);
	free(wire);
	fake_engine_fetch(w->engine, &query.question);
	return 0;
}
