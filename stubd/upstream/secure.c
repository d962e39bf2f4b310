#include "stubd/upstream/secure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void
free_later(void *arg)
{
	free(arg);
}

/* Lets go of everything but the struct itself, which may be in use further up the stack: that goes
 * at the end of the turn. */
static void
dispose(struct transport *t)
{
	timer_stop(&t->life);
	timer_stop(&t->age);
	timer_stop(&t->stall);
	t->tls = tls_free(t->tls);
	t->codec->stop(t);
	loop_later_stop(&t->later);
	loop_later_init(&t->later, t->loop, free_later, t);
	loop_later_start(&t->later);
}

static struct transport_ask *
unlink_ask(struct transport *t, struct transport_ask *ask)
{
	list_remove(&ask->link);
	if (ask->written)
		t->nsent--;
	else
		t->nwaiting--;
	ask->written = 0;
	return ask;
}

static void
fail_all(struct transport *t, enum ask_fail fail, const char *text)
{
	struct list *lists[] = { &t->sent, &t->waiting };

	for (size_t i = 0; i < 2; i++) {
		while (!list_empty(lists[i])) {
			struct transport_ask *ask =
			    unlink_ask(t, container_of(lists[i]->next, struct transport_ask, link));

			ask->done(ask, fail, text, NULL, 0);
		}
	}
}

/* The one end of a connection. */
static void
finish(struct transport *t, enum ask_fail fail, const char *text)
{
	char copy[TLS_TEXT];

	if (t->closing)
		return;
	t->closing = t->retired = true;
	snprintf(copy, sizeof(copy), "%s", text);
	fail_all(t, fail == ASK_OK ? ASK_RESET : fail, copy);
	if (!t->silent)
		t->events->closed(t->arg, fail, copy);
	dispose(t);
}

void
secure_broken(struct transport *t, enum ask_fail fail, const char *text)
{
	finish(t, fail, text);
}

void
secure_close(struct transport *t)
{
	t->silent = true;
	finish(t, ASK_OK, "connection given up");
}

static msec
idle_limit(const struct transport *t)
{
	return t->told && t->told < t->idle ? t->told : t->idle;
}

/* After each change: nothing left to answer? */
static void
settle(struct transport *t)
{
	if (t->closing || t->nsent || t->nwaiting)
		return;
	if (t->retired)
		loop_later_start(&t->later);
	else if (t->ready)
		timer_start(&t->life, idle_limit(t));
}

static void
on_later(void *arg)
{
	struct transport *t = arg;

	if (t->fail != ASK_OK)
		finish(t, t->fail, t->text);
	else if (t->retired && !t->nsent && !t->nwaiting)
		finish(t, ASK_OK, "retired");
}

static void
on_idle(void *arg)
{
	finish(arg, ASK_OK, "idle");
}

static void
on_age(void *arg)
{
	secure_retired(arg);
}

void
secure_retired(struct transport *t)
{
	if (t->closing)
		return;
	t->retired = true;
	if (!t->retired_told && !t->silent) {
		t->retired_told = true;
		t->events->retired(t->arg);
	}
	settle(t);
}

void
secure_retire(struct transport *t)
{
	if (t->closing)
		return;
	t->retired = t->retired_told = true;
	settle(t);
}

/* Silence is counted from the first question that was written since an octet came; when that octet
 * answered only some of the questions, from the octet. */
static void
on_stall(void *arg)
{
	struct transport *t = arg;
	msec now = loop_now(t->loop), since;

	if (!t->unheard && list_empty(&t->sent))
		return;
	since = t->unheard ? t->unheard : t->heard;
	if (now - since >= SECURE_STALL) {
		finish(t, ASK_TIMEOUT, "no answer for 1.5 s");
		return;
	}
	if (now - since >= SECURE_PING && t->pinged <= since) {
		t->pinged = now;
		t->codec->ping(t);
	}
	timer_start(&t->stall,
	    now - since < SECURE_PING ? since + SECURE_PING - now : since + SECURE_STALL - now);
}

/* Hands a question to the codec. */
static int
write_ask(struct transport *t, struct transport_ask *ask)
{
	int error = t->codec->send(t, ask);

	if (error)
		return error;
	ask->written = loop_now(t->loop);
	if (t->codec->ping_is_free && !t->nsent && ask->written - t->heard >= SECURE_QUIET)
		t->codec->ping(t);
	if (!t->unheard)
		t->unheard = ask->written;
	list_push_back(&t->sent, &ask->link);
	t->nsent++;
	timer_stop(&t->life);
	if (!timer_running(&t->stall))
		timer_start(&t->stall, SECURE_PING);
	return 0;
}

static void
on_ready(void *arg)
{
	struct transport *t = arg;

	t->ready = true;
	t->heard = loop_now(t->loop);
	timer_start(&t->age, SECURE_AGE);
	t->codec->ready(t);
	while (!list_empty(&t->waiting) && !t->closing) {
		struct transport_ask *ask =
		    container_of(t->waiting.next, struct transport_ask, link);

		list_remove(&ask->link);
		t->nwaiting--;
		if (write_ask(t, ask) == 0)
			continue;
		ask->done(ask, ASK_FULL, "no room on the connection", NULL, 0);
	}
	if (t->closing)
		return;
	settle(t);
	if (!t->silent)
		t->events->ready(t->arg, (uint32_t)(clock_monotonic_us() - t->opened_us));
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct transport *t = arg;

	t->heard = loop_now(t->loop);
	t->unheard = 0;
	t->codec->feed(t, bytes, n);
}

static void
on_ended(void *arg, enum tls_end how, const char *text)
{
	static const enum ask_fail fails[] = {
		[TLS_CLOSED] = ASK_RESET,
		[TLS_REFUSED] = ASK_REFUSED,
		[TLS_RESET] = ASK_RESET,
		[TLS_HANDSHAKE] = ASK_TLS,
		[TLS_LOCAL] = ASK_FULL, /* no memory */
	};
	struct transport *t = arg;

	/* A server may close an idle connection whenever it likes (RFC 7766 section 6.2.3). */
	if (t->ready && !t->nsent && !t->nwaiting) {
		if (!t->silent && !t->retired && t->events->left_idle)
			t->events->left_idle(t->arg, loop_now(t->loop) - t->heard);
		finish(t, ASK_OK, text);
	} else {
		finish(t, fails[how], text);
	}
}

static const struct tls_events tls_events = {
	.ready = on_ready,
	.data = on_data,
	.ended = on_ended,
};

struct transport *
secure_open(const struct transport_env *env, const struct upstream_spec *spec,
    const struct addr *addr, const struct secure_codec *codec,
    const struct transport_events *events, void *arg)
{
	const struct tls_params params = {
		.addr = addr,
		.host = spec->host,
		.link = spec->link,
		.ca_file = spec->ca_file,
		.pins = spec->pins,
		.npins = spec->npins,
		.hashes = spec->hashes,
		.nhashes = spec->nhashes,
		.alpn = codec->alpn,
		.alpn_required = codec->alpn_required,
		.unverified = spec->unverified,
		.untied = spec->untied,
		.last_apart = codec->last_apart,
	};
	struct transport *t = calloc(1, sizeof(*t));
	int error;

	if (!t)
		return NULL;
	t->loop = env->loop;
	t->codec = codec;
	t->events = events;
	t->arg = arg;
	t->idle = SECURE_IDLE;
	t->ecs = spec->ecs;
	t->opened_us = clock_monotonic_us();
	list_init(&t->waiting);
	list_init(&t->sent);
	timer_init(&t->life, t->loop, on_idle, t);
	timer_init(&t->age, t->loop, on_age, t);
	timer_init(&t->stall, t->loop, on_stall, t);
	loop_later_init(&t->later, t->loop, on_later, t);
	if (codec->start(t, spec, addr)) {
		free(t);
		return NULL;
	}
	error = tls_connect(env->loop, env->tls, &params, &tls_events, t, &t->tls, t->text);
	if (error) {
		t->fail = ask_fail_own(-error);
		loop_later_start(&t->later);
	}
	return t;
}

int
secure_send(struct transport *t, struct transport_ask *ask)
{
	if (t->retired || t->closing)
		return -EPIPE;
	if (!secure_room(t))
		return -EBUSY;
	ask->written = 0;
	if (t->ready)
		return write_ask(t, ask);
	list_push_back(&t->waiting, &ask->link);
	t->nwaiting++;
	return 0;
}

void
secure_cancel(struct transport *t, struct transport_ask *ask)
{
	if (ask->written && !t->closing)
		t->codec->cancel(t, ask);
	unlink_ask(t, ask);
	settle(t);
}

size_t
secure_room(const struct transport *t)
{
	if (t->retired || t->closing)
		return 0;
	if (!t->ready)
		return SECURE_OUTSTANDING - t->nwaiting;
	return t->codec->room(t);
}

void
secure_limit_idle(struct transport *t, msec limit)
{
	t->idle = limit < SECURE_IDLE ? limit : SECURE_IDLE;
}

void
secure_kept(struct transport *t, msec time)
{
	const msec margin = time / 10 + SECURE_IDLE_MARGIN;

	t->told = time > 2 * margin ? time - margin : time / 2;
}

msec
secure_heard(const struct transport *t)
{
	return t->heard;
}

void
secure_answer(struct transport *t, struct transport_ask *ask, enum ask_fail fail, const char *text,
    const uint8_t *wire, size_t len)
{
	unlink_ask(t, ask);
	ask->done(ask, fail, text, wire, len);
	settle(t);
}

void
secure_write(struct transport *t, const void *bytes, size_t n)
{
	if (t->closing || t->fail != ASK_OK || tls_write(t->tls, bytes, n) == 0)
		return;
	t->fail = ASK_RESET;
	snprintf(t->text, sizeof(t->text), "the connection takes no more octets");
	loop_later_start(&t->later);
}

size_t
secure_query(const struct transport *t, uint8_t *out, const struct question *question,
    const struct msg_ask *flags, uint16_t id)
{
	struct msg_ask how = *flags;

	how.id = id;
	how.udp_size = SECURE_UDP_SIZE;
	how.pad_to = SECURE_PAD;
	if (t->ecs == ECS_ZERO)
		how.subnet = (struct subnet){ .family = SUBNET_IPV4 };
	how.has_subnet = t->ecs == ECS_ZERO || (t->ecs == ECS_PASS && flags->has_subnet);
	how.keepalive = t->codec->keepalive;
	return msg_write_query(out, SECURE_QUERY, question, &how);
}
