/*
 * The query string of a control request: whatever comes, values stay inside their buffer, are
 * NUL-terminated, and hold no control characters.
 */
#include "stubd/front/params.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *query = malloc(size + 1);
	char out[32];
	int n;

	if (!query)
		return 0;
	memcpy(query, data, size);
	query[size] = '\0';
	n = params_get(query, "name", out, sizeof(out));
	assert(n < (int)sizeof(out));
	if (n >= 0) {
		assert(strlen(out) == (size_t)n);
		for (int i = 0; i < n; i++)
			assert((unsigned char)out[i] >= 0x20 && out[i] != 0x7f);
	}
	free(query);
	return 0;
}
