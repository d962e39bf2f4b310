/* The file of found addresses: what is read is within the limits, and is written so that it is read the
 * same again. */
#include "stubd/query/found.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct found a = { .n = 0 }, b = { .n = 0 };
	char *first, *second;

	if (found_read(&a, (const char *)data, size) < 0) {
		if (a.n)
			abort();
		return 0;
	}
	for (size_t i = 0; i < a.n; i++) {
		for (size_t k = 0; k < a.hosts[i]->n; k++) {
			if (!found_is_public(&a.hosts[i]->addrs[k]))
				abort();
		}
	}
	first = found_write(&a);
	if (found_read(&b, first, strlen(first)) < 0 || b.n != a.n)
		abort();
	second = found_write(&b);
	if (strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	found_clear(&a);
	found_clear(&b);
	return 0;
}
