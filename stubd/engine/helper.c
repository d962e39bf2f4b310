#include "stubd/engine/helper.h"

#include "stubd/base/log.h"
#include "stubd/engine/channel.h"
#include "stubd/engine/edition.h"
#include "stubd/engine/message.h"
#include "stubd/engine/relay.h"
#include "stubd/engine/sandbox.h"
#include "stubd/engine/worker.h"
#include "stubd/net/loop.h"
#include "stubd/wire/msg.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REFUSED = 2 /* exit code */ };

/* One ask of the stub's. */
struct job {
	struct helper *helper;
	uint64_t id;
	struct worker_ask *ask;
	struct answer *raw; /* owned; NULL: it is a recursion */
};

/* One question of libunbound's that the stub has to answer; its number's slot is number % max. */
struct question_out {
	uint64_t id;
	struct relay_fetch *fetch; /* NULL: free */
};

struct helper {
	struct loop *loop;
	struct channel *channel;
	struct worker *worker; /* NULL before CONFIG */
	int code;	       /* of the exit */
	bool greeted;	       /* HELLO has come */
	bool strange;	       /* the stub is of another build */
	struct loop_later counted;
	struct worker_stats told;	    /* what the stub knows */
	struct job *jobs[MESSAGE_ASKS_MAX]; /* by the stub's number; see job_slot() */
	struct question_out out[RELAY_FETCHES_MAX];
	size_t next;	/* where to look for a free one */
	uint64_t round; /* makes numbers differ that share a slot */
	struct except_parts parts;
	bool told_exceptions; /* EXCEPT has come */
};

/* --- to the stub ------------------------------------------------------------------------------ */

static void
give_up(struct helper *helper, const char *why)
{
	if (!helper->code)
		log_warn("engine: helper ends: %s", why);
	helper->code = 1;
	loop_stop(helper->loop);
}

static void
tell(struct helper *helper, const struct message *message)
{
	if (channel_send(helper->channel, message) < 0)
		give_up(helper, "the stub does not read what it asked for");
}

static void
tell_stats(void *arg)
{
	struct helper *helper = arg;
	struct message message = { .type = MESSAGE_STATS };

	loop_later_stop(&helper->counted);
	worker_stats(helper->worker, &message.stats);
	if (memcmp(&message.stats, &helper->told, sizeof(helper->told)) == 0)
		return;
	helper->told = message.stats;
	tell(helper, &message);
}

static void
on_counted(void *arg)
{
	struct helper *helper = arg;

	loop_later_start(&helper->counted);
}

/* The counts come first, so that who has a result has them, too. */
static void
tell_result(struct helper *helper, uint64_t id, const struct engine_result *result)
{
	struct message message = { .type = MESSAGE_RESULT, .id = id, .result = *result };

	if (result->len > MSG_MAX)
		message.result = (struct engine_result){ .error = -EIO,
			.rcode = RCODE_SERVFAIL,
			.why = "libunbound's answer is too long" };
	tell_stats(helper);
	tell(helper, &message);
}

static void
tell_failure(struct helper *helper, uint64_t id, int error, const char *why)
{
	tell_result(helper, id,
	    &(struct engine_result){ .error = error, .rcode = RCODE_SERVFAIL, .why = why });
}

/* --- asks ------------------------------------------------------------------------------------- */

static struct job **
job_slot(struct helper *helper, uint64_t id)
{
	return &helper->jobs[id % MESSAGE_ASKS_MAX];
}

static struct job *
job_free(struct job *job)
{
	answer_free(job->raw);
	free(job);
	return NULL;
}

static void
on_result(void *arg, const struct engine_result *result)
{
	struct job *job = arg;
	struct helper *helper = job->helper;
	const uint64_t id = job->id;

	*job_slot(helper, id) = job_free(job);
	tell_result(helper, id, result);
}

static int
hand_over(struct job *job, const struct message *m)
{
	struct worker *worker = job->helper->worker;

	if (m->type == MESSAGE_RECURSE)
		return worker_recurse(worker, &m->question, m->timeout, on_result, job, &job->ask);
	return worker_validate(
	    worker, &m->question, job->raw, m->timeout, on_result, job, &job->ask);
}

/* RECURSE and VALIDATE. */
static int
take_ask(struct helper *helper, const struct message *m)
{
	struct job **slot = job_slot(helper, m->id), *job;
	int error = 0;

	if (*slot || !helper->told_exceptions)
		return -EBADMSG;
	job = calloc(1, sizeof(*job));
	if (!job) {
		tell_failure(helper, m->id, -ENOMEM, "out of memory");
		return 0;
	}
	*job = (struct job){ .helper = helper, .id = m->id };
	if (m->type == MESSAGE_VALIDATE)
		error = message_to_answer(m->wire, m->len, m->cut, &job->raw);
	if (!error)
		error = hand_over(job, m);
	if (!error) {
		*slot = job;
		return 0;
	}
	job_free(job);
	/* What it holds came from the network: it may be of no use, and is no fault of the stub's. */
	if (error == -EBADMSG)
		tell_failure(helper, m->id, -EIO, "the answer cannot be judged");
	else
		tell_failure(helper, m->id, error,
		    error == -EBUSY ? "libunbound has no room" : "out of memory");
	return 0;
}

static void
take_cancel(struct helper *helper, const struct message *m)
{
	struct job **slot = job_slot(helper, m->id);

	/* Its result may be on its way. */
	if (!*slot || (*slot)->id != m->id)
		return;
	worker_cancel((*slot)->ask);
	*slot = job_free(*slot);
}

/* --- fetches ---------------------------------------------------------------------------------- */

static void
on_fetch(void *arg, const struct question *question, struct relay_fetch *fetch)
{
	struct helper *helper = arg;
	struct message message = { .type = MESSAGE_FETCH, .question = *question };
	size_t tries = 0;

	while (helper->out[helper->next].fetch && tries++ < RELAY_FETCHES_MAX)
		helper->next = (helper->next + 1) % RELAY_FETCHES_MAX;
	if (helper->out[helper->next].fetch) {
		worker_fetched(fetch, NULL, FETCH_DROPPED);
		return;
	}
	message.id = helper->round++ * RELAY_FETCHES_MAX + helper->next;
	helper->out[helper->next] = (struct question_out){ .id = message.id, .fetch = fetch };
	tell(helper, &message);
}

static int
take_fetched(struct helper *helper, const struct message *m)
{
	struct question_out *out = &helper->out[m->id % RELAY_FETCHES_MAX];
	struct relay_fetch *fetch = out->fetch;
	struct answer *answer = NULL;
	int error = 0;

	if (!fetch || out->id != m->id)
		return -EBADMSG;
	if (m->wire)
		error = message_to_answer(m->wire, m->len, m->cut, &answer);
	out->fetch = NULL;
	worker_fetched(fetch, answer, error ? FETCH_DROPPED : m->end);
	answer_free(answer);
	return 0;
}

/* --- from the stub ---------------------------------------------------------------------------- */

/* The first message. What else a stub of another build says is not to be read, and it does not want to hear of
 * it: it knows us by our own HELLO. */
static int
take_hello(struct helper *helper, const struct message *m)
{
	if (m->type != MESSAGE_HELLO)
		return -EBADMSG;
	helper->greeted = true;
	helper->strange = strcmp(m->version, edition()) != 0;
	return helper->strange ? -EBADMSG : 0;
}

/* The second: what is looked at before the first octet of anybody else's. */
static int
take_config(struct helper *helper, const struct message *m)
{
	static const struct worker_events events = { .fetch = on_fetch, .counted = on_counted };
	const char *state = m->config.exceptions.root_state;
	const struct sandbox_files files = {
		.readable = { m->config.root_hints, m->config.trust_anchors },
		.writable = state,
	};

	log_set_level(m->level <= LOG_LEVEL_DEBUG ? m->level : LOG_LEVEL_DEBUG);
	sandbox_enter(&files);
	helper->worker = worker_new(helper->loop, &m->config, &events, helper);
	if (!helper->worker)
		give_up(helper, "out of memory");
	return 0;
}

static int
take_part(struct helper *helper, const struct message *m)
{
	const int error = except_take(&helper->parts, m);

	if (error == -ENOMEM)
		give_up(helper, "out of memory");
	return error == -EBADMSG ? error : 0;
}

static void
take_exceptions(struct helper *helper, const struct message *m)
{
	const struct engine_exceptions exceptions = {
		.insecure = helper->parts.texts[EXCEPT_INSECURE],
		.anchors = helper->parts.texts[EXCEPT_ANCHORS],
		.dead_ends = helper->parts.texts[EXCEPT_DEAD_ENDS],
		.root_by_recursion = m->config.exceptions.root_by_recursion,
	};

	if (worker_set_exceptions(helper->worker, &exceptions) < 0)
		give_up(helper, "out of memory");
	helper->told_exceptions = true;
	except_clear(&helper->parts);
}

static int
on_message(void *arg, const struct message *m)
{
	static const struct message pong = { .type = MESSAGE_PONG };
	struct helper *helper = arg;

	if (helper->code)
		return 0;
	if (!helper->greeted)
		return take_hello(helper, m);
	if (!helper->worker != (m->type == MESSAGE_CONFIG))
		return -EBADMSG;
	switch (m->type) {
	case MESSAGE_CONFIG:
		return take_config(helper, m);
	case MESSAGE_RECURSE:
	case MESSAGE_VALIDATE:
		return take_ask(helper, m);
	case MESSAGE_CANCEL:
		take_cancel(helper, m);
		return 0;
	case MESSAGE_FETCHED:
		return take_fetched(helper, m);
	case MESSAGE_EXCEPT_PART:
		return take_part(helper, m);
	case MESSAGE_EXCEPT:
		take_exceptions(helper, m);
		return 0;
	case MESSAGE_FORGET:
		worker_forget(helper->worker);
		return 0;
	case MESSAGE_TIME:
		worker_set_time(helper->worker, m->config.time);
		return 0;
	case MESSAGE_PING:
		tell(helper, &pong);
		return 0;
	default:
		return -EBADMSG;
	}
}

static void
on_ended(void *arg, int error)
{
	struct helper *helper = arg;

	if (helper->strange)
		return;
	if (error == -EBADMSG)
		give_up(helper, "the stub said what no stub says");
	loop_stop(helper->loop);
}

/* --- the process ------------------------------------------------------------------------------ */

/* Is the descriptor one end of a socket pair that our parent has made? */
static bool
is_from_parent(int fd)
{
	int domain = 0, type = 0;
	socklen_t n = sizeof(domain);
	struct ucred peer = { 0 };

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0 || domain != AF_UNIX)
		return false;
	n = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 || type != SOCK_STREAM)
		return false;
	n = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0 && peer.pid == getppid();
}

/* They came blocked (engine/process.h). What ends the stub ends us by its socket. */
static void
ignore_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1,
		SIGUSR2 };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
run(struct helper *helper)
{
	static const struct channel_events events = { .message = on_message, .ended = on_ended };
	const struct message hello = { .type = MESSAGE_HELLO, .version = edition() };

	helper->loop = loop_new();
	if (!helper->loop) {
		helper->code = 1;
		return;
	}
	loop_later_init(&helper->counted, helper->loop, tell_stats, helper);
	helper->channel = channel_new(helper->loop, HELPER_SOCKET, &events, helper);
	if (helper->channel && channel_send(helper->channel, &hello) == 0)
		loop_run(helper->loop);
	else
		helper->code = 1;
	loop_later_stop(&helper->counted);
	helper->worker = worker_free(helper->worker);
	helper->channel = channel_free(helper->channel);
	except_clear(&helper->parts);
	for (size_t i = 0; i < MESSAGE_ASKS_MAX; i++)
		if (helper->jobs[i])
			helper->jobs[i] = job_free(helper->jobs[i]);
	for (size_t i = 0; i < RELAY_FETCHES_MAX; i++)
		if (helper->out[i].fetch)
			worker_fetched(helper->out[i].fetch, NULL, FETCH_DROPPED);
	helper->loop = loop_free(helper->loop);
}

int
helper_main(void)
{
	const pid_t parent = getppid();
	struct helper *helper;
	int code;

	if (!is_from_parent(HELPER_SOCKET)) {
		fprintf(stderr, "stubd: only stubd starts its own helper\n");
		return REFUSED;
	}
	ignore_signals();
	prctl(PR_SET_NAME, "stubd-engine");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before it was asked for */
		return 1;
	helper = calloc(1, sizeof(*helper));
	if (!helper)
		return 1;
	run(helper);
	code = helper->code;
	free(helper);
	return code;
}
