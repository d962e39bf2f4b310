#include "stubd/daemon_impl.h"

#include "stubd/base/log.h"
#include "stubd/crew.h"
#include "stubd/engine/engine.h"
#include "stubd/front/api.h"
#include "stubd/front/doh.h"
#include "stubd/keep.h"
#include "stubd/net/loop.h"
#include "stubd/ntas.h"
#include "stubd/persist.h"
#include "stubd/upstream/pool.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static json_t *
text_array(const char *const *texts, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

/* Can the engine that we have do what is asked of it anew? */
static int
check_validator(const struct daemon *d, const struct policy *policy, char error[ROOTKEYS_ERROR_MAX])
{
	return policy_validates(d->resolver.policy) ? 0 : rootkeys_check(d->engine, policy, error);
}

/* Logs an error, and adds it to those that the person is told. */
static void
say(json_t *said, const char *error)
{
	log_error("%s", error);
	json_array_append_new(said, json_string(error));
}

int
daemon_reload(void *arg, json_t **report)
{
	struct daemon *d = arg;
	struct policy_errors errors = { 0 };
	struct policy *policy = NULL;
	const char *restart[POLICY_RESTART_KEYS];
	size_t nrestart = 0;
	struct doh_plan *doh = NULL;
	char doh_error[DOH_ERROR_MAX] = "", validator_error[ROOTKEYS_ERROR_MAX] = "";
	json_t *said;
	int err = policy_load(d->options, &policy, &errors);

	if (err == 0)
		nrestart = policy_restart_keys(d->resolver.policy, policy, restart);
	if (err == 0)
		err = check_validator(d, policy, validator_error);
	if (err == 0)
		err = doh_prepare(d->doh, &policy->doh, &doh, doh_error);
	if (err == 0)
		err = daemon_apply_policy(d, policy);
	for (size_t i = 0; i < errors.n; i++)
		log_error("%s", errors.lines[i]);
	said = text_array((const char *const *)errors.lines, errors.n);
	if (validator_error[0])
		say(said, validator_error);
	if (doh_error[0] && !doh)
		say(said, doh_error);
	for (size_t i = 0; i < nrestart; i++)
		log_warn("reload: key=%s needs a restart to take effect", restart[i]);
	d->reload_failed = err < 0;
	if (err < 0) {
		log_error("reload: error=\"%s\" the old configuration stays", strerror(-err));
		policy_free(policy);
		doh_plan_free(doh);
	} else {
		doh_commit(d->doh, doh);
		daemon_note_doh(d);
		for (size_t i = 0; i < policy->warnings.n; i++)
			log_warn("%s", policy->warnings.lines[i]);
		log_info("reload: done files=%zu", policy->nfiles);
	}
	*report = json_pack(
	    "{s:o, s:o}", "errors", said, "restart", text_array(restart, err < 0 ? 0 : nrestart));
	policy_errors_clear(&errors);
	return err;
}

static int
shuffle(void *arg)
{
	struct daemon *d = arg;
	const int err = shuffle_again(&d->shuffle);

	if (err < 0)
		log_error("draw: error=\"%s\" the old draw stays", strerror(-err));
	return err;
}

static json_t *
draw_report(void *arg)
{
	const struct daemon *d = arg;

	return shuffle_report(&d->shuffle);
}

static void
degraded(const struct resolver *r, json_t *array)
{
	const enum stage_kind to = policy_degraded_to(
	    r->policy, &r->netview, pool_standing(r->pool), &r->draw, loop_now(r->loop));

	if (to != STAGE_PROVIDERS)
		json_array_append_new(array,
		    json_sprintf("no provider can be reached: public names are answered by %s; "
				 "providers are tried every 2 s",
			to == STAGE_NETWORK ? "the network's own resolver"
					    : "local recursion, in plaintext"));
}

/* What the person should know, for `stubctl status`. */
static void
warnings(void *arg, json_t *array)
{
	const struct daemon *d = arg;
	const struct resolver *r = &d->resolver;
	char doh[DAEMON_ERROR_MAX];

	degraded(r, array);
	if (d->reload_failed)
		json_array_append_new(array,
		    json_string(
			"the last reload failed: the configuration in use is the one before; "
			"`stubd -n` says what is wrong"));
	if (r->policy->warnings.n > 0)
		json_array_append_new(array,
		    json_sprintf(
			"entries of the catalogue that are left out: %zu; `stubd -n` says why",
			r->policy->warnings.n));
	keep_warnings(r->policy, array);
	if (!d->shuffle.seed.kept)
		json_array_append_new(array, json_string("the state folder cannot be written: "
							 "providers are drawn anew at each start"));
	if (daemon_doh_warning(d, doh))
		json_array_append_new(array, json_string(doh));
	if (engine_lack(d->engine))
		json_array_append_new(array,
		    json_sprintf(
			"there is neither recursion nor validation, for lack of a program: %s",
			engine_lack(d->engine)));
	if (engine_stranger(d->engine))
		json_array_append_new(
		    array, json_sprintf("there is neither recursion nor validation: %s",
			       engine_stranger(d->engine)));
	rootkeys_warn(&d->root, array);
	if (!ntas_kept(d->ntas))
		json_array_append_new(array,
		    json_string("the negative trust anchors could not be written to the state "
				"folder: they end with this run"));
}

static void
add_workers(void *arg, struct totals *totals)
{
	const struct daemon *d = arg;

	crew_totals(d->crew, totals);
}

static int
add_nta(void *arg, const struct name *name, int64_t seconds, char why[API_WHY_MAX])
{
	struct daemon *d = arg;

	return ntas_add(d->ntas, name, seconds, why);
}

static int
remove_nta(void *arg, const struct name *name, char why[API_WHY_MAX])
{
	struct daemon *d = arg;

	return ntas_remove(d->ntas, name, why);
}

static void
flushed(void *arg)
{
	struct daemon *d = arg;

	persist_flushed(d->persist);
}

struct api *
daemon_make_api(struct daemon *d)
{
	const struct api_host host = {
		.resolver = &d->resolver,
		.version = STUBD_VERSION,
		.started = loop_now(d->loop),
		.listening = d->listening,
		.udp = d->udp,
		.tcp = d->tcp,
		.doh = d->doh,
		.reload = daemon_reload,
		.shuffle = shuffle,
		.draw = draw_report,
		.warnings = warnings,
		.add_workers = add_workers,
		.add_nta = add_nta,
		.remove_nta = remove_nta,
		.flushed = flushed,
		.arg = d,
	};

	return api_new(&host);
}
