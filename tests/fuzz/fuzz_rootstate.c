/* The file in which the root's keys are followed: any bytes give keys that read back the same, or none. */
#include "stubd/engine/rootstate.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *keys = rootstate_trusted((const char *)data, size), *again;

	if (!keys)
		return 0;
	assert(*keys);
	again = rootstate_trusted(keys, strlen(keys));
	assert(again && strcmp(keys, again) == 0);
	free(again);
	free(keys);
	return 0;
}
