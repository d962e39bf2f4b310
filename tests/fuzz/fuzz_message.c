/* What a helper, or a stub, may send instead of a message; and answers of the network on their way
 * between the two. */
#include "stubd/engine/except.h"
#include "stubd/engine/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written as the same octets. */
static void
again(const struct message *message, const uint8_t *data, size_t size)
{
	uint8_t *out = malloc(MESSAGE_MAX);
	const size_t n = out ? message_write(out, MESSAGE_MAX, message) : 0;
	struct message other;

	if (n != MESSAGE_HEAD + size || message_read(out + MESSAGE_HEAD, size, &other) < 0 ||
	    other.type != message->type || other.id != message->id ||
	    (message->wire && message->type != MESSAGE_VALIDATE &&
		message->type != MESSAGE_RESULT && memcmp(out + MESSAGE_HEAD, data, size) != 0))
		abort();
	if (message->version && (strcmp(other.version, message->version) != 0 ||
				    strlen(other.version) >= MESSAGE_VERSION_MAX))
		abort();
	free(out);
}

/* An answer that was taken once is taken again, with as many records. */
static void
answer_again(const struct message *message)
{
	uint8_t *out = malloc(65535);
	struct answer *first, *second;
	size_t n;

	if (!out || message_to_answer(message->wire, message->len, message->cut, &first) < 0) {
		free(out);
		return;
	}
	n = message_from_answer(out, 65535, first);
	if (!n || message_to_answer(out, n, first->cut, &second) < 0)
		abort();
	if (second->rcode != first->rcode || second->cut != first->cut ||
	    second->ancount != first->ancount || second->nscount != first->nscount ||
	    second->ancount_dnssec != first->ancount_dnssec ||
	    second->nscount_dnssec != first->nscount_dnssec)
		abort();
	answer_free(second);
	answer_free(first);
	free(out);
}

/* A part is taken twice, or not at all, and stands there twice. */
static void
put_together(const struct message *message)
{
	struct except_parts parts = { .len = { 0 } };
	const char *text;

	if (except_take(&parts, message) == 0) {
		if (except_take(&parts, message) < 0)
			abort();
		text = parts.texts[message->which];
		if (strlen(text) != 2 * message->len ||
		    memcmp(text + message->len, message->wire, message->len) != 0)
			abort();
	}
	except_clear(&parts);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message message;

	if (message_read(data, size, &message) < 0)
		return 0;
	again(&message, data, size);
	if (message.type == MESSAGE_EXCEPT_PART)
		put_together(&message);
	else if (message.wire)
		answer_again(&message);
	return 0;
}
