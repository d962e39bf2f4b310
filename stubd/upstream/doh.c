/*
 * DNS over HTTPS (RFC 8484) on HTTP/2: POST, one stream a question, ID 0 (section 4.1). An answer that
 * HTTP caches have kept is as much older as its Age says (section 5.1).
 */
#include "stubd/base/text.h"
#include "stubd/net/h2.h"
#include "stubd/upstream/secure.h"
#include "stubd/wire/age.h"
#include "stubd/wire/match.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUTHORITY_MAX = 300, HTTPS_PORT = 443 };

struct doh {
	struct h2 *h2;
	struct loop_later pump;
};

static struct h2 *
session(const struct transport *t)
{
	return ((struct doh *)t->state)->h2;
}

/* Something is to be said: at the end of the turn, all of it together. */
static void
pump_later(struct transport *t)
{
	struct doh *doh = t->state;

	loop_later_start(&doh->pump);
}

/* Moves what the session has to say into TLS. */
static void
pump(void *arg)
{
	struct transport *t = arg;
	const uint8_t *bytes;
	long n = 0;

	while (!t->closing && (n = h2_take(session(t), &bytes)) > 0)
		secure_write(t, bytes, (size_t)n);
	if (n == -EPROTO && !t->closing)
		secure_broken(t, ASK_HTTP, "HTTP/2 session is broken");
}

/* Too many questions, or none for now (RFC 6585 section 4, RFC 9110 section 15.6.4), and for how long. */
static msec
asks_for_peace(const struct h2_answer *answer)
{
	const bool may = answer->status == 429 || answer->status == 503;

	return answer->end == H2_OK && may ? (msec)answer->retry_after * 1000 : 0;
}

static void
on_answered(void *arg, void *request, const struct h2_answer *answer)
{
	struct transport *t = arg;
	struct transport_ask *ask = request;
	enum ask_fail fail = ASK_HTTP;
	char text[96];

	text[0] = '\0';
	if (answer->end == H2_REFUSED) {
		fail = ASK_RESET;
		snprintf(text, sizeof(text), "HTTP/2 stream refused");
	} else if (answer->end == H2_TOO_BIG) {
		snprintf(text, sizeof(text), "answer longer than %d octets", H2_BODY);
	} else if (answer->end == H2_FAILED) {
		snprintf(text, sizeof(text), "HTTP/2 stream error %u", (unsigned)answer->error);
	} else if (answer->status != 200) {
		snprintf(text, sizeof(text), "HTTP status %u", answer->status);
	} else if (!answer->is_dns_message) {
		snprintf(text, sizeof(text), "content type is not application/dns-message");
	} else {
		struct rcur options;
		const char *why =
		    match_whole(answer->body, answer->len, 0, ask->question, &options);

		fail = why ? ASK_MALFORMED : ASK_OK;
		if (!why && answer->age)
			age_message(answer->body, answer->len, answer->age);
		if (why)
			text_copy(text, sizeof(text), why);
	}
	ask->hold = asks_for_peace(answer);
	secure_answer(t, ask, fail, text, fail == ASK_OK ? answer->body : NULL,
	    fail == ASK_OK ? answer->len : 0);
}

static void
on_goaway(void *arg)
{
	secure_retired(arg);
}

static const struct h2_events h2_events = { .answered = on_answered, .goaway = on_goaway };

static int
start(struct transport *t, const struct upstream_spec *spec, const struct addr *addr)
{
	char authority[AUTHORITY_MAX], text[ADDR_TEXT_MAX];
	const bool v6 = spec->host && strchr(spec->host, ':'); /* RFC 3986 section 3.2.2 */
	struct addr bare = *addr;
	struct doh *doh;
	int n;

	if (spec->host) {
		n = snprintf(authority, sizeof(authority), v6 ? "[%s]" : "%s", spec->host);
		if (addr->port != HTTPS_PORT && (size_t)n < sizeof(authority))
			snprintf(authority + n, sizeof(authority) - (size_t)n, ":%u", addr->port);
	} else {
		bare.scope = 0;
		snprintf(authority, sizeof(authority), "%s", addr_to_text(&bare, text));
	}
	doh = calloc(1, sizeof(*doh));
	if (!doh)
		return -ENOMEM;
	doh->h2 = h2_new(authority, spec->path ? spec->path : "/dns-query", &h2_events, t);
	if (!doh->h2) {
		free(doh);
		return -ENOMEM;
	}
	loop_later_init(&doh->pump, t->loop, pump, t);
	t->state = doh;
	return 0;
}

static void
stop(struct transport *t)
{
	struct doh *doh = t->state;

	loop_later_stop(&doh->pump);
	h2_free(doh->h2);
	free(doh);
	t->state = NULL;
}

static void
ready(struct transport *t)
{
	pump_later(t);
}

static int
send_ask(struct transport *t, struct transport_ask *ask)
{
	uint8_t query[SECURE_QUERY];
	size_t n = secure_query(t, query, ask->question, &ask->flags, 0);
	struct h2_stream *stream;
	int error = n ? h2_ask(session(t), query, n, ask, &stream) : -EMSGSIZE;

	if (error)
		return error;
	ask->priv = stream;
	pump_later(t);
	return 0;
}

static void
cancel(struct transport *t, struct transport_ask *ask)
{
	h2_cancel(ask->priv);
	pump_later(t);
}

static void
feed(struct transport *t, const uint8_t *bytes, size_t n)
{
	const char *why = "";
	int error = h2_feed(session(t), bytes, n, &why);

	if (error == -ECANCELED)
		return;
	/* At once: octets that are no HTTP/2 end the session in what it has to say. */
	if (error || h2_wants_to_say(session(t)))
		pump(t);
	if (error && !t->closing)
		secure_broken(t, ASK_HTTP, why);
}

static size_t
room(const struct transport *t)
{
	return h2_room(session(t));
}

static void
ping(struct transport *t)
{
	h2_ping(session(t));
	pump_later(t);
}

static const struct secure_codec codec = {
	.alpn = "h2",
	.alpn_required = true,
	.start = start,
	.stop = stop,
	.ready = ready,
	.send = send_ask,
	.cancel = cancel,
	.feed = feed,
	.room = room,
	.ping = ping,
	.ping_is_free = true,
};

static struct transport *
open_doh(const struct transport_env *env, const struct upstream_spec *spec, const struct addr *addr,
    const struct transport_events *events, void *arg)
{
	return secure_open(env, spec, addr, &codec, events, arg);
}

const struct transport_ops transport_doh = {
	.name = "doh",
	.open = open_doh,
	.ask = secure_send,
	.cancel = secure_cancel,
	.room = secure_room,
	.retire = secure_retire,
	.close = secure_close,
	.heard = secure_heard,
	.limit_idle = secure_limit_idle,
};
