/*
 * What a web page or program may say to the DoH server in a target, a content-type and a Host: values stay
 * inside their buffer, nothing behind the text is read, and what was decoded is encoded to the same text.
 */
#include "policy/base64.h"
#include "stubd/front/doh_question.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	free(text);
	return 0;
}
