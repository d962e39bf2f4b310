#include "stubd/engine/keeper.h"

#include "stubd/base/log.h"
#include "stubd/engine/channel.h"
#include "stubd/engine/edition.h"
#include "stubd/engine/message.h"
#include "stubd/engine/process.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OWN_SLEEP = 500 /* ms a timer of ours may be late before we were the ones who slept */ };

enum keeper_state {
	KEEPER_IDLE,
	KEEPER_RUNNING,
	KEEPER_ENDING,
	KEEPER_RESTING,
};

struct keeper {
	struct loop *loop;
	int program;			    /* borrowed */
	const struct engine_config *config; /* borrowed */
	const struct keeper_events *events;
	void *arg;
	enum keeper_state state;
	struct process *process; /* RUNNING, ENDING */
	struct channel *channel; /* RUNNING */
	struct timer timer;	 /* RUNNING: the watch on a hang; RESTING: the end of it */
	const char *why;	 /* static; ENDING: of the end */
	msec started;
	msec heard;   /* when the last message came, or somebody began to wait */
	bool greeted; /* RUNNING: HELLO has come, and it is of our build */
	bool strange; /* the last that said HELLO was of another build */
	bool pinged;
	unsigned deaths; /* in a row, each after a short life */
	msec until;	 /* it rests */
	uint64_t restarts;
};

static void on_timer(void *arg);

static void
set_state(struct keeper *keeper, enum keeper_state state)
{
	keeper->state = state;
	timer_stop(&keeper->timer);
	if (state == KEEPER_RESTING) {
		const msec now = loop_now(keeper->loop);

		timer_start(&keeper->timer, keeper->until > now ? keeper->until - now : 0);
	}
}

/* One more death: how long until the next start? */
static void
count_death(struct keeper *keeper)
{
	const msec now = loop_now(keeper->loop);
	msec rest = 0;

	keeper->restarts++;
	if (now - keeper->started >= KEEPER_SOUND)
		keeper->deaths = 0;
	keeper->deaths++;
	if (keeper->deaths > 1)
		rest = KEEPER_REST;
	for (unsigned i = 2; i < keeper->deaths && rest < KEEPER_REST_MOST; i++)
		rest *= 2;
	if (keeper->strange)
		rest = KEEPER_REST_MOST;
	keeper->until = rest ? now + rest : 0;
}

void
keeper_end(struct keeper *keeper, const char *why)
{
	if (keeper->state != KEEPER_RUNNING)
		return;
	keeper->why = why;
	keeper->channel = channel_free(keeper->channel);
	process_kill(keeper->process);
	set_state(keeper, KEEPER_ENDING);
	count_death(keeper);
	keeper->events->gone(keeper->arg);
}

/* --- what the helper does --------------------------------------------------------------------- */

/* The first message. People are told once. */
static int
take_hello(struct keeper *keeper, const struct message *message)
{
	const bool known = keeper->strange;

	if (message->type != MESSAGE_HELLO)
		return -EBADMSG;
	keeper->greeted = strcmp(message->version, edition()) == 0;
	keeper->strange = !keeper->greeted;
	if (keeper->strange && !known)
		log_warn("engine: %s helper=\"%s\" stubd=\"%s\"", keeper_stranger(keeper),
		    message->version, edition());
	if (keeper->strange)
		keeper_end(keeper, "it is of another version");
	return 0;
}

static int
on_message(void *arg, const struct message *message)
{
	struct keeper *keeper = arg;

	keeper->heard = loop_now(keeper->loop);
	keeper->pinged = false;
	if (!keeper->greeted)
		return take_hello(keeper, message);
	return message->type == MESSAGE_PONG ? 0 : keeper->events->message(keeper->arg, message);
}

static void
on_channel_ended(void *arg, int error)
{
	keeper_end(
	    arg, error == -EBADMSG ? "it said what no helper says" : "it closed its connection");
}

static void
rest_or_go_on(struct keeper *keeper)
{
	if (keeper->until > loop_now(keeper->loop)) {
		set_state(keeper, KEEPER_RESTING);
		return;
	}
	keeper->until = 0;
	set_state(keeper, KEEPER_IDLE);
	if (keeper->events->wanted(keeper->arg))
		(void)keeper_ready(keeper);
}

static void
on_process_ended(void *arg, const char *how)
{
	struct keeper *keeper = arg;

	if (keeper->state == KEEPER_RUNNING)
		keeper_end(keeper, "it died");
	keeper->process = process_free(keeper->process);
	if (!keeper->strange)
		log_warn("engine: helper lost why=\"%s\" how=\"%s\" lost_so_far=%llu rests=%llu ms",
		    keeper->why, how, (unsigned long long)keeper->restarts,
		    (unsigned long long)(keeper->until > loop_now(keeper->loop)
					     ? keeper->until - loop_now(keeper->loop)
					     : 0));
	rest_or_go_on(keeper);
}

/* --- is it well? ------------------------------------------------------------------------------ */

static void
look(struct keeper *keeper)
{
	static const struct message ping = { .type = MESSAGE_PING };
	const msec now = loop_now(keeper->loop), quiet = now - keeper->heard;

	if (!keeper->events->wanted(keeper->arg))
		return;
	if (now > keeper->timer.due + OWN_SLEEP) {
		/* What it said meanwhile is not read yet. */
		timer_start(&keeper->timer, KEEPER_QUIET);
	} else if (keeper->pinged) {
		keeper_end(keeper, "it hung");
	} else if (quiet < KEEPER_QUIET) {
		timer_start(&keeper->timer, KEEPER_QUIET - quiet);
	} else {
		keeper->pinged = true;
		timer_start(&keeper->timer, KEEPER_PATIENCE);
		(void)channel_send(keeper->channel, &ping);
	}
}

static void
on_timer(void *arg)
{
	struct keeper *keeper = arg;

	if (keeper->state == KEEPER_RUNNING)
		look(keeper);
	else
		rest_or_go_on(keeper);
}

/* --- starting --------------------------------------------------------------------------------- */

static int
try_start(struct keeper *keeper)
{
	static const struct channel_events events = { .message = on_message,
		.ended = on_channel_ended };
	const struct message hello = { .type = MESSAGE_HELLO, .version = edition() };
	const struct message config = {
		.type = MESSAGE_CONFIG, .config = *keeper->config, .level = log_get_level()
	};
	int fd, error;

	if (keeper->program < 0)
		return -ENOENT;
	error = process_start(
	    keeper->loop, keeper->program, on_process_ended, keeper, &keeper->process, &fd);
	if (error)
		return error;
	keeper->channel = channel_new(keeper->loop, fd, &events, keeper);
	if (!keeper->channel)
		close(fd);
	error = keeper->channel ? channel_send(keeper->channel, &hello) : -ENOMEM;
	if (!error)
		error = channel_send(keeper->channel, &config);
	if (error) {
		keeper->channel = channel_free(keeper->channel);
		process_kill(keeper->process);
		keeper->process = process_free(keeper->process);
	}
	return error;
}

bool
keeper_ready(struct keeper *keeper)
{
	int error;

	if (keeper->state != KEEPER_IDLE)
		return keeper->state == KEEPER_RUNNING;
	keeper->started = loop_now(keeper->loop);
	keeper->pinged = keeper->greeted = false;
	error = try_start(keeper);
	if (error) {
		count_death(keeper);
		log_warn("engine: helper cannot be started error=\"%s\"", strerror(-error));
		if (!keeper->until)
			keeper->until = keeper->started + KEEPER_REST;
		set_state(keeper, KEEPER_RESTING);
		return false;
	}
	set_state(keeper, KEEPER_RUNNING);
	log_debug("engine: helper started");
	keeper->events->up(keeper->arg);
	return keeper->state == KEEPER_RUNNING;
}

int
keeper_send(struct keeper *keeper, const struct message *message)
{
	if (!timer_running(&keeper->timer)) {
		keeper->heard = loop_now(keeper->loop);
		keeper->pinged = false;
		timer_start(&keeper->timer, KEEPER_QUIET);
	}
	return channel_send(keeper->channel, message);
}

const char *
keeper_stranger(const struct keeper *keeper)
{
	return keeper->strange ? "stubd-engine is of another version: restart stubd" : NULL;
}

msec
keeper_until(const struct keeper *keeper)
{
	return keeper->until;
}

bool
keeper_running(const struct keeper *keeper)
{
	return keeper->state == KEEPER_RUNNING;
}

uint64_t
keeper_restarts(const struct keeper *keeper)
{
	return keeper->restarts;
}

/* --- start and end ---------------------------------------------------------------------------- */

struct keeper *
keeper_new(struct loop *loop, int program, const struct engine_config *config,
    const struct keeper_events *events, void *arg)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));

	if (!keeper)
		return NULL;
	keeper->loop = loop;
	keeper->program = program;
	keeper->config = config;
	keeper->events = events;
	keeper->arg = arg;
	timer_init(&keeper->timer, loop, on_timer, keeper);
	return keeper;
}

struct keeper *
keeper_free(struct keeper *keeper)
{
	if (!keeper)
		return NULL;
	timer_stop(&keeper->timer);
	keeper->channel = channel_free(keeper->channel);
	keeper->process = process_free(keeper->process);
	free(keeper);
	return NULL;
}
