#include "stubd/cache/entry.h"

#include "stubd/wire/label.h"
#include "stubd/wire/msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static_assert(offsetof(struct entry, bytes) == 52, "an entry has grown");

uint32_t
entry_hash(const struct entry *e)
{
	const uint8_t *at = entry_wire(e) + e->name_len;

	return entry_key_hash(e->name_hash, e->view, load_u16(at), load_u16(at + 2));
}

uint32_t
entry_cut_hash(const struct entry *e)
{
	return entry_key_hash(e->name_hash, e->view, 0, 0);
}

/* How many octets where its chain ended takes; 0: it is the name. */
static uint8_t
target_length(const struct answer *answer, const struct name *name)
{
	return name_equal(&answer->target, name) ? 0 : answer->target.len;
}

static size_t
text_length(const struct answer *answer)
{
	const char *text = label_text(answer);

	return text ? strlen(text) + 1 : 0;
}

size_t
entry_size(const struct answer *answer, const struct name *name)
{
	const size_t n = offsetof(struct entry, bytes) + answer->nttls * sizeof(uint16_t) +
			 answer->len - MSG_HEADER + text_length(answer) +
			 target_length(answer, name);

	return (n + ENTRY_UNIT - 1) / ENTRY_UNIT * ENTRY_UNIT;
}

void
entry_fill(struct entry *e, const struct entry_key *key, msec now, const struct answer *a)
{
	uint8_t *wire;

	e->expires = now + (msec)a->ttl * 1000;
	e->name_hash = key->name_hash;
	e->view = key->view;
	e->ttl = a->ttl;
	e->stale_until = 0;
	e->nttls = a->nttls;
	e->ancount = a->ancount;
	e->ancount_dnssec = a->ancount_dnssec;
	e->nscount = a->nscount;
	e->nscount_dnssec = a->nscount_dnssec;
	e->answer_dnssec = a->answer_dnssec;
	e->authority = a->authority;
	e->authority_dnssec = a->authority_dnssec;
	e->len = a->len;
	e->name_len = key->question->name.len;
	e->target_len = target_length(a, &key->question->name);
	e->text_len = (uint8_t)text_length(a);
	e->blocked = a->blocked;
	e->rcode = a->rcode;
	e->security = a->security & 7;
	e->aa = a->aa;
	e->recursed = a->recursed;
	e->network = a->network;
	e->private_address = a->private_address;
	e->cut = a->cut;
	e->given = 0;
	memcpy(e->bytes, a->ttls, a->nttls * sizeof(uint16_t));
	wire = entry_wire(e);
	memcpy(wire, a->wire + MSG_HEADER, a->len - (size_t)MSG_HEADER + e->text_len);
	wire += a->len - MSG_HEADER + e->text_len;
	memcpy(wire, a->target.wire, e->target_len);
}

bool
entry_is_cut(const struct entry *e)
{
	return e->rcode == RCODE_NXDOMAIN && !e->cut && !e->ancount && !e->ancount_dnssec;
}

bool
entry_is_negative(const struct entry *e)
{
	return e->rcode == RCODE_NXDOMAIN || (!e->ancount && !e->ancount_dnssec);
}

bool
entry_is_of_network(const struct entry *e)
{
	return e->network && e->security != SECURITY_SECURE;
}

bool
entry_question_is(const struct answer *answer, const struct question *q)
{
	const uint8_t *at = answer->wire + MSG_HEADER;
	const size_t n = q->name.len;

	return answer->answer_dnssec >= MSG_HEADER + n + QUESTION_REST &&
	       memcmp(at, q->name.wire, n) == 0 && load_u16(at + n) == q->type &&
	       load_u16(at + n + 2) == q->class;
}

void
entry_name(const struct entry *e, struct name *out)
{
	out->len = e->name_len;
	memcpy(out->wire, entry_wire(e), e->name_len);
}

void
entry_target(const struct entry *e, struct name *out)
{
	if (!e->target_len) {
		entry_name(e, out);
		return;
	}
	out->len = e->target_len;
	memcpy(out->wire, entry_wire(e) + e->len - MSG_HEADER + e->text_len, e->target_len);
}

struct answer *
entry_copy(const struct entry *e)
{
	const size_t ttls = e->nttls * sizeof(uint16_t), body = e->len - (size_t)MSG_HEADER;
	const size_t size = sizeof(struct answer) + ttls + e->len + e->text_len;
	struct answer *a = malloc(size);

	if (!a)
		return NULL;
	entry_lend(e, a);
	a->size = size;
	a->ttls = (uint16_t *)(a + 1);
	a->wire = (uint8_t *)(a + 1) + ttls;
	memcpy(a->ttls, e->bytes, ttls);
	answer_write_header(a);
	memcpy(a->wire + MSG_HEADER, entry_wire(e), body + e->text_len);
	entry_target(e, &a->target);
	return a;
}
