#include "stubd/engine/message.h"

#include "stubd/base/buf.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/reply.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { FLAG_RECURSING = 1, FLAG_VALIDATING = 2 /* bits of STATS */ };

/* What a result's error may be; its place is its number on the wire. -EAGAIN, which may open the next
 * stage, is believed only if the stub knows why (engine/engine.c). */
static const int errors[] = { 0, ETIMEDOUT, EIO, ENOMEM, EAGAIN, EBUSY };

/* --- writing ---------------------------------------------------------------------------------- */

static void
put_u64(struct wcur *w, uint64_t v)
{
	wcur_u32(w, (uint32_t)(v >> 32));
	wcur_u32(w, (uint32_t)v);
}

static void
put_question(struct wcur *w, const struct question *question)
{
	wcur_bytes(w, question->name.wire, question->name.len);
	wcur_u16(w, question->type);
	wcur_u16(w, question->class);
}

/* A text with its NUL behind its length; length 0: NULL. */
static void
put_text(struct wcur *w, const char *text)
{
	const size_t n = text ? strlen(text) + 1 : 0;

	if (n > PATH_MAX)
		w->bad = true;
	wcur_u16(w, (uint16_t)n);
	wcur_bytes(w, text, n);
}

static void
put_wire(struct wcur *w, const uint8_t *wire, size_t len)
{
	if (len > MSG_MAX)
		w->bad = true;
	wcur_u32(w, wire ? (uint32_t)len : 0);
	wcur_bytes(w, wire, wire ? len : 0);
}

static void
put_result(struct wcur *w, const struct engine_result *result)
{
	uint8_t error = 0;

	while (error < sizeof(errors) / sizeof(*errors) && errors[error] != -result->error)
		error++;
	if (error == sizeof(errors) / sizeof(*errors))
		w->bad = true;
	wcur_u8(w, error);
	wcur_u8(w, result->rcode);
	wcur_u8(w, (uint8_t)result->security);
	put_text(w, result->why ? result->why : "");
	put_wire(w, result->wire, result->len);
}

static void
put_config(struct wcur *w, const struct message *m)
{
	put_text(w, m->config.root_hints);
	put_text(w, m->config.trust_anchors);
	put_text(w, m->config.outgoing_interface);
	put_text(w, m->config.exceptions.root_state);
	put_u64(w, (uint64_t)m->config.time);
	wcur_u8(w, (uint8_t)m->level);
}

static void
put_stats(struct wcur *w, const struct worker_stats *stats)
{
	put_u64(w, stats->chain_questions);
	put_u64(w, stats->strangers);
	put_u64(w, stats->renewals);
	wcur_u8(w, (uint8_t)((stats->recursing ? FLAG_RECURSING : 0) |
			     (stats->validating ? FLAG_VALIDATING : 0)));
}

static void
put_ask(struct wcur *w, const struct message *m)
{
	put_u64(w, m->id);
	wcur_u32(w, (uint32_t)m->timeout);
	put_question(w, &m->question);
}

static void
put_body(struct wcur *w, const struct message *m)
{
	switch (m->type) {
	case MESSAGE_CONFIG:
		put_config(w, m);
		break;
	case MESSAGE_RECURSE:
		put_ask(w, m);
		break;
	case MESSAGE_VALIDATE:
		put_ask(w, m);
		wcur_u8(w, m->cut);
		put_wire(w, m->wire, m->len);
		break;
	case MESSAGE_CANCEL:
		put_u64(w, m->id);
		break;
	case MESSAGE_FETCHED:
		put_u64(w, m->id);
		wcur_u8(w, (uint8_t)m->end);
		put_wire(w, m->wire, m->len);
		break;
	case MESSAGE_RESULT:
		put_u64(w, m->id);
		put_result(w, &m->result);
		break;
	case MESSAGE_FETCH:
		put_u64(w, m->id);
		put_question(w, &m->question);
		break;
	case MESSAGE_STATS:
		put_stats(w, &m->stats);
		break;
	case MESSAGE_TIME:
		put_u64(w, (uint64_t)m->config.time);
		break;
	case MESSAGE_EXCEPT_PART:
		wcur_u8(w, (uint8_t)m->which);
		put_wire(w, m->wire, m->len);
		break;
	case MESSAGE_EXCEPT:
		wcur_u8(w, m->config.exceptions.root_by_recursion);
		break;
	case MESSAGE_HELLO:
		put_text(w, m->version);
		break;
	case MESSAGE_FORGET:
	case MESSAGE_PING:
	case MESSAGE_PONG:
		break;
	}
}

size_t
message_write(uint8_t *out, size_t cap, const struct message *m)
{
	struct wcur w = wcur_make(out, cap < MESSAGE_MAX ? cap : MESSAGE_MAX), head;

	wcur_u32(&w, 0);
	wcur_u8(&w, (uint8_t)m->type);
	put_body(&w, m);
	if (w.bad)
		return 0;
	head = wcur_make(out, MESSAGE_HEAD);
	wcur_u32(&head, (uint32_t)(wcur_len(&w) - MESSAGE_HEAD));
	return wcur_len(&w);
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint64_t
get_u64(struct rcur *c)
{
	const uint64_t high = rcur_u32(c);

	return high << 32 | rcur_u32(c);
}

static void
get_question(struct rcur *c, struct question *out)
{
	const int n = c->bad ? -EINVAL : name_from_wire(&out->name, c->p, rcur_left(c));

	if (n < 0)
		c->bad = true;
	else
		rcur_skip(c, (size_t)n);
	out->type = rcur_u16(c);
	out->class = rcur_u16(c);
	if (out->class != CLASS_IN)
		c->bad = true;
}

static char *
get_text(struct rcur *c)
{
	const size_t n = rcur_u16(c);
	const uint8_t *text = rcur_skip(c, n);

	if (!text || !n)
		return NULL;
	if (n <= PATH_MAX && memchr(text, '\0', n) == text + n - 1)
		return (char *)text;
	c->bad = true;
	return NULL;
}

static const uint8_t *
get_wire(struct rcur *c, size_t *len)
{
	const size_t n = rcur_u32(c);
	const uint8_t *wire = rcur_skip(c, n);

	if (n > MSG_MAX || (n && n < MSG_HEADER))
		c->bad = true;
	*len = n;
	return n ? wire : NULL;
}

/* What is bogus, and what failed, has no message. */
static void
get_result(struct rcur *c, struct engine_result *out)
{
	const unsigned error = rcur_u8(c);
	unsigned security;

	out->rcode = rcur_u8(c);
	security = rcur_u8(c);
	out->why = get_text(c);
	out->wire = get_wire(c, &out->len);
	if (error >= sizeof(errors) / sizeof(*errors) || out->rcode > RCODE_MASK ||
	    security > SECURITY_BOGUS || !out->why || strlen(out->why) >= ENGINE_WHY_MAX ||
	    (out->wire && (error || security == SECURITY_BOGUS))) {
		c->bad = true;
		return;
	}
	out->error = -errors[error];
	out->security = (enum security)security;
}

static void
get_config(struct rcur *c, struct message *out)
{
	out->config.root_hints = get_text(c);
	out->config.trust_anchors = get_text(c);
	out->config.outgoing_interface = get_text(c);
	out->config.exceptions.root_state = get_text(c);
	out->config.time = (int64_t)get_u64(c);
	out->level = rcur_u8(c);
	if (!out->config.root_hints || !out->config.trust_anchors)
		c->bad = true;
}

static void
get_stats(struct rcur *c, struct worker_stats *out)
{
	unsigned flags;

	out->chain_questions = get_u64(c);
	out->strangers = get_u64(c);
	out->renewals = get_u64(c);
	flags = rcur_u8(c);
	out->recursing = flags & FLAG_RECURSING;
	out->validating = flags & FLAG_VALIDATING;
}

static void
get_ask(struct rcur *c, struct message *out)
{
	out->id = get_u64(c);
	out->timeout = rcur_u32(c);
	get_question(c, &out->question);
}

static void
get_end(struct rcur *c, struct message *out)
{
	const unsigned end = rcur_u8(c);

	if (end > FETCH_LOST)
		c->bad = true;
	out->end = (enum fetch_end)end;
	out->wire = get_wire(c, &out->len);
	if ((end == FETCH_ANSWERED) != (out->wire != NULL))
		c->bad = true;
}

static void
get_part(struct rcur *c, struct message *out)
{
	const unsigned which = rcur_u8(c);

	out->len = rcur_u32(c);
	out->wire = rcur_skip(c, out->len);
	if (which >= EXCEPT_TEXTS || !out->len || out->len > EXCEPT_PART)
		c->bad = true;
	out->which = (enum except_text)which;
}

/* It is shown to people. */
static const char *
get_version(struct rcur *c)
{
	const char *version = get_text(c);

	if (!version || !version[0] || strlen(version) >= MESSAGE_VERSION_MAX) {
		c->bad = true;
		return NULL;
	}
	for (const char *at = version; *at; at++)
		if (*at < ' ' || *at > '~')
			c->bad = true;
	return version;
}

static bool
get_bool(struct rcur *c)
{
	const unsigned value = rcur_u8(c);

	if (value > 1)
		c->bad = true;
	return value;
}

static void
get_body(struct rcur *c, struct message *out)
{
	switch (out->type) {
	case MESSAGE_CONFIG:
		get_config(c, out);
		break;
	case MESSAGE_RECURSE:
		get_ask(c, out);
		break;
	case MESSAGE_VALIDATE:
		get_ask(c, out);
		out->cut = rcur_u8(c);
		out->wire = get_wire(c, &out->len);
		if (!out->wire)
			c->bad = true;
		break;
	case MESSAGE_CANCEL:
		out->id = get_u64(c);
		break;
	case MESSAGE_FETCHED:
		out->id = get_u64(c);
		get_end(c, out);
		break;
	case MESSAGE_RESULT:
		out->id = get_u64(c);
		get_result(c, &out->result);
		break;
	case MESSAGE_FETCH:
		out->id = get_u64(c);
		get_question(c, &out->question);
		break;
	case MESSAGE_STATS:
		get_stats(c, &out->stats);
		break;
	case MESSAGE_TIME:
		out->config.time = (int64_t)get_u64(c);
		break;
	case MESSAGE_EXCEPT_PART:
		get_part(c, out);
		break;
	case MESSAGE_EXCEPT:
		out->config.exceptions.root_by_recursion = get_bool(c);
		break;
	case MESSAGE_HELLO:
		out->version = get_version(c);
		break;
	case MESSAGE_FORGET:
	case MESSAGE_PING:
	case MESSAGE_PONG:
		break;
	default:
		c->bad = true;
	}
}

int
message_read(const uint8_t *bytes, size_t n, struct message *out)
{
	struct rcur c = rcur_make(bytes, n);
	struct message m = { 0 };

	m.type = (enum message_type)rcur_u8(&c);
	get_body(&c, &m);
	if (c.bad || rcur_left(&c))
		return -EBADMSG;
	*out = m;
	return 0;
}

/* --- answers ---------------------------------------------------------------------------------- */

size_t
message_from_answer(uint8_t *out, size_t cap, const struct answer *answer)
{
	/* DNSSEC records, but no OPT: nobody negotiates here. */
	struct msg_query query = { .dnssec_ok = true };

	if (answer->len > cap)
		return 0;
	answer_question(answer, &query.question);
	memcpy(query.spelled, query.question.name.wire, query.question.name.len);
	return reply_write(out, cap, cap, &query, answer, 0, NULL);
}

int
message_to_answer(const uint8_t *wire, size_t len, bool cut, struct answer **out)
{
	struct rcur c = rcur_make(wire, len);
	const struct msg_header header = msg_read_header(&c);
	struct question question;
	const char *why;
	int error;

	msg_read_name(&c, &question.name);
	question.type = rcur_u16(&c);
	question.class = rcur_u16(&c);
	if (c.bad || header.qdcount != 1)
		return -EBADMSG;
	error = answer_from_reply(wire, len, &question, NULL, NULL, out, &why);
	if (!error)
		(*out)->cut = cut;
	return error;
}
