#include "stubd/ntas.h"

#include "policy/nta.h"
#include "stubd/base/log.h"
#include "stubd/base/state_file.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/resolver.h"
#include "stubd/watch/alarm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ntas {
	struct resolver *resolver; /* borrowed */
	struct alarm *alarm;
	char *path; /* owned */
	struct nta_table table;
	bool kept;
};

static void
write_file(struct ntas *ntas)
{
	char *text = nta_write(&ntas->table);
	const int err = text ? state_file_write(ntas->path, text, strlen(text)) : -ENOMEM;

	free(text);
	ntas->kept = err == 0;
	if (err)
		log_warn("nta: file=%s error=\"%s\" the list is of this run only", ntas->path,
		    strerror(-err));
}

static void
on_bad_line(void *arg, unsigned line, const char *what)
{
	const struct ntas *ntas = arg;

	log_warn("nta: %s:%u: %s; the line is skipped", ntas->path, line, what);
}

static void
read_file(struct ntas *ntas)
{
	char *text;
	size_t n;
	const int err = state_file_read(ntas->path, NTA_TEXT_MAX, &text, &n);

	if (err) {
		if (err != -ENOENT)
			log_warn("nta: file=%s error=\"%s\" its names are not excepted", ntas->path,
			    strerror(-err));
		return;
	}
	nta_read(&ntas->table, text, n, alarm_now(), on_bad_line, ntas);
	free(text);
}

static void
set_alarm(struct ntas *ntas)
{
	alarm_set(ntas->alarm, ntas->table.n ? ntas->table.entries[0].until : 0);
}

/* The time of one is over, or the clock was set. */
static void
on_alarm(void *arg)
{
	struct ntas *ntas = arg;
	const int64_t now = alarm_now();
	bool changed = nta_shorten(&ntas->table, now) > 0;
	char text[NAME_TEXT_MAX];
	struct nta over;

	while (nta_take_over(&ntas->table, now, &over)) {
		log_info("nta: name=%s is over", name_to_text(&over.name, text));
		if (exceptions_changed(ntas->resolver, &over.name) < 0)
			log_error("nta: out of memory; a name stays excepted");
		changed = true;
	}
	if (changed)
		write_file(ntas);
	set_alarm(ntas);
}

struct ntas *
ntas_open(struct loop *loop, struct resolver *resolver, const char *state_dir)
{
	struct ntas *ntas = calloc(1, sizeof(*ntas));

	if (!ntas)
		return NULL;
	ntas->resolver = resolver;
	ntas->kept = true;
	ntas->alarm = alarm_new(loop, on_alarm, ntas);
	if (!ntas->alarm || asprintf(&ntas->path, "%s/nta", state_dir) < 0) {
		ntas->path = NULL;
		return ntas_free(ntas);
	}
	read_file(ntas);
	resolver->ntas = &ntas->table;
	set_alarm(ntas);
	return ntas;
}

struct ntas *
ntas_free(struct ntas *ntas)
{
	if (!ntas)
		return NULL;
	ntas->resolver->ntas = NULL;
	alarm_free(ntas->alarm);
	free(ntas->path);
	free(ntas);
	return NULL;
}

static int
fail(int err, char why[NTAS_WHY_MAX], const char *name)
{
	switch (err) {
	case -EINVAL:
		snprintf(why, NTAS_WHY_MAX,
		    "the root cannot be excepted: write \"dnssec\": \"off\" in the configuration");
		break;
	case -ERANGE:
		snprintf(why, NTAS_WHY_MAX, "a name may be excepted for 1s to 7d (RFC 7646)");
		break;
	case -ENOSPC:
		snprintf(why, NTAS_WHY_MAX,
		    "%d names are excepted already; remove one with `stubctl nta remove NAME`",
		    NTA_MAX);
		break;
	case -ENOENT:
		snprintf(why, NTAS_WHY_MAX, "%s is not excepted from validation", name);
		break;
	default:
		snprintf(why, NTAS_WHY_MAX, "out of memory");
		break;
	}
	return err;
}

int
ntas_add(struct ntas *ntas, const struct name *name, int64_t seconds, char why[NTAS_WHY_MAX])
{
	const int64_t now = alarm_now();
	char text[NAME_TEXT_MAX];
	int err = seconds < 1 || seconds > NTA_TIME_MAX
		      ? -ERANGE
		      : nta_add(&ntas->table, name, now + seconds, now);

	name_to_text(name, text);
	if (err)
		return fail(err, why, text);
	err = exceptions_changed(ntas->resolver, name);
	if (err) {
		nta_remove(&ntas->table, name);
		return fail(err, why, text);
	}
	log_info("nta: name=%s is excepted from validation for seconds=%" PRId64, text, seconds);
	write_file(ntas);
	set_alarm(ntas);
	return 0;
}

int
ntas_remove(struct ntas *ntas, const struct name *name, char why[NTAS_WHY_MAX])
{
	char text[NAME_TEXT_MAX];
	int err;

	name_to_text(name, text);
	if (!nta_remove(&ntas->table, name))
		return fail(-ENOENT, why, text);
	err = exceptions_changed(ntas->resolver, name);
	log_info("nta: name=%s is removed", text);
	write_file(ntas);
	set_alarm(ntas);
	return err ? fail(err, why, text) : 0;
}

bool
ntas_kept(const struct ntas *ntas)
{
	return ntas->kept;
}
