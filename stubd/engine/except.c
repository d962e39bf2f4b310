#include "stubd/engine/except.h"

#include "stubd/engine/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* --- kept ------------------------------------------------------------------------------------- */

static bool
same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

int
except_keep(struct engine_exceptions *own, const struct engine_exceptions *exceptions)
{
	struct engine_exceptions copy;

	if (same(own->insecure, exceptions->insecure) && same(own->anchors, exceptions->anchors) &&
	    same(own->dead_ends, exceptions->dead_ends) &&
	    same(own->root_state, exceptions->root_state) &&
	    own->root_by_recursion == exceptions->root_by_recursion)
		return 0;
	copy.insecure = strdup(exceptions->insecure ? exceptions->insecure : "");
	copy.anchors = strdup(exceptions->anchors ? exceptions->anchors : "");
	copy.dead_ends = strdup(exceptions->dead_ends ? exceptions->dead_ends : "");
	copy.root_state = exceptions->root_state ? strdup(exceptions->root_state) : NULL;
	copy.root_by_recursion = exceptions->root_by_recursion;
	if (!copy.insecure || !copy.anchors || !copy.dead_ends ||
	    !copy.root_state != !exceptions->root_state) {
		except_drop(&copy);
		return -ENOMEM;
	}
	except_drop(own);
	*own = copy;
	return 1;
}

void
except_drop(struct engine_exceptions *own)
{
	free(own->insecure);
	free(own->anchors);
	free(own->dead_ends);
	free(own->root_state);
	*own = (struct engine_exceptions){ .insecure = NULL };
}

/* --- sent ------------------------------------------------------------------------------------- */

static const char *
text_of(const struct engine_exceptions *exceptions, enum except_text which)
{
	const char *const texts[EXCEPT_TEXTS] = {
		[EXCEPT_INSECURE] = exceptions->insecure,
		[EXCEPT_ANCHORS] = exceptions->anchors,
		[EXCEPT_DEAD_ENDS] = exceptions->dead_ends,
	};
	const char *text = texts[which];

	return text ? text : "";
}

int
except_check(const struct engine_exceptions *exceptions)
{
	for (int which = 0; which < EXCEPT_TEXTS; which++)
		if (strlen(text_of(exceptions, which)) > EXCEPT_MAX)
			return -E2BIG;
	return 0;
}

static int
send_text(const char *text, enum except_text which, int (*send)(void *, const struct message *),
    void *arg)
{
	size_t left = strlen(text);
	int error = 0;

	while (left > 0 && !error) {
		const size_t n = left < EXCEPT_PART ? left : EXCEPT_PART;
		const struct message part = { .type = MESSAGE_EXCEPT_PART,
			.which = which,
			.wire = (const uint8_t *)text,
			.len = n };

		error = send(arg, &part);
		text += n;
		left -= n;
	}
	return error;
}

int
except_send(const struct engine_exceptions *exceptions,
    int (*send)(void *arg, const struct message *message), void *arg)
{
	const struct message end = { .type = MESSAGE_EXCEPT,
		.config = {
		    .exceptions = { .root_by_recursion = exceptions->root_by_recursion } } };
	int error = 0;

	for (int which = 0; which < EXCEPT_TEXTS && !error; which++)
		error = send_text(text_of(exceptions, which), which, send, arg);
	return error ? error : send(arg, &end);
}

int
except_take(struct except_parts *parts, const struct message *message)
{
	const size_t had = parts->len[message->which];
	char *longer;

	if (message->len > EXCEPT_MAX - had || memchr(message->wire, '\0', message->len))
		return -EBADMSG;
	longer = realloc(parts->texts[message->which], had + message->len + 1);
	if (!longer)
		return -ENOMEM;
	memcpy(longer + had, message->wire, message->len);
	longer[had + message->len] = '\0';
	parts->texts[message->which] = longer;
	parts->len[message->which] = had + message->len;
	return 0;
}

void
except_clear(struct except_parts *parts)
{
	for (int which = 0; which < EXCEPT_TEXTS; which++)
		free(parts->texts[which]);
	*parts = (struct except_parts){ .len = { 0 } };
}
