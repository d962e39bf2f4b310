/*
 * What a web page or program may say to the DoH server in a target, a content-type, a Host and a question:
 * values stay inside their buffer, nothing behind the text is read, what was decoded is encoded to the same
 * text, and what is padded is whole and can be read.
 */
#include "policy/base64.h"
#include "stubd/front/doh_question.h"
#include "stubd/wire/lifetime.h"
#include "stubd/wire/msg.h"
#include "stubd/wire/padding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
pad(const uint8_t *data, size_t size)
{
	const size_t more = padding_needed(data, size);
	uint8_t *out = more ? malloc(size + more) : NULL;

	if (padding_asked(data, size))
		assert(size >= MSG_HEADER);
	assert(lifetime_of(data, size) >= -1);
	if (!out)
		return;
	memcpy(out, data, size);
	padding_add(out, size, more);
	assert((size + more) % PADDING_BLOCK == 0 &&
	       padding_needed(out, size + more) <= PADDING_BLOCK);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1); /* its own, so that one octet too many is seen */
	uint8_t out[48];
	char again[BASE64_TEXT(sizeof(out))];
	ssize_t n;

	if (!text)
		return 0;
	memcpy(text, data, size);
	n = doh_question_read(text, size, out, sizeof(out));
	assert(n <= (ssize_t)sizeof(out));
	if (n > 0) {
		base64_encode(BASE64_URL, out, (size_t)n, again);
		assert(memmem(text, size, again, strlen(again)));
	}
	doh_type_is_dns(text, size);
	doh_host_is_local(text, size);
	pad((const uint8_t *)text, size);
	free(text);
	return 0;
}
