#include "stubd/wire/label.h"

#include "policy/upstream_spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 128 };

int
label_set(struct answer **answer, const char *text)
{
	const size_t old = sizeof(**answer) + (*answer)->nttls * sizeof(uint16_t) + (*answer)->len;
	const size_t n = strlen(text) + 1;
	struct answer *a = realloc(*answer, old + n);

	if (!a)
		return -ENOMEM;
	a->ttls = (uint16_t *)(a + 1);
	a->wire = (uint8_t *)(a->ttls + a->nttls);
	memcpy(a->wire + a->len, text, n);
	a->size = old + n;
	*answer = a;
	return 0;
}

const char *
label_text(const struct answer *answer)
{
	return answer->blocked || answer->network ? (const char *)answer->wire + answer->len : NULL;
}

int
label_network(struct answer **answer, const struct upstream_spec *spec)
{
	struct addr host = spec->addresses[0];
	char text[TEXT_MAX], where[ADDR_TEXT_MAX];
	const char *how = ", encrypted and proved";

	if (spec->scheme == SCHEME_DNS)
		how = ", in plaintext";
	else if (spec->unverified)
		how = ", encrypted, but nobody proved who it is";
	host.port = 0;
	snprintf(text, sizeof(text), "answered by the network's own resolver %s%s",
	    spec->host ? spec->host : addr_to_text(&host, where), how);
	if (label_set(answer, text) < 0)
		return -ENOMEM;
	(*answer)->network = true;
	return 0;
}

int
label_pass_on(const struct answer *from, struct answer **to)
{
	if (!from->network || (*to)->network)
		return 0;
	if (label_set(to, label_text(from)) < 0)
		return -ENOMEM;
	(*to)->network = true;
	return 0;
}

enum ede
label_ede(const struct answer *answer, const char **text)
{
	*text = label_text(answer);
	if (answer->blocked)
		return (enum ede)answer->blocked;
	if (!answer->network && answer->recursed)
		*text = REPLY_RECURSED;
	return *text ? EDE_OTHER : EDE_NONE;
}

void
label_say(const struct answer *answer, struct reply_extra *extra, char *text, size_t size)
{
	const char *said;
	const enum ede ede = label_ede(answer, &said);

	if (ede == EDE_NONE || extra->ede != EDE_NONE)
		return;
	snprintf(text, size, "%s", said);
	*extra = (struct reply_extra){ .ede = ede, .text = text };
}
