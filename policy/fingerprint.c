#include "policy/fingerprint.h"

#include "policy/siphash.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
add(uint64_t hash, const char *text)
{
	const uint64_t key[2] = { hash, 0x706f6c696379 };

	return text ? siphash_table(key, text, strlen(text)) : hash;
}

uint64_t
fingerprint_of(const json_t *merged, const struct policy *policy)
{
	char *text = json_dumps(merged, JSON_COMPACT | JSON_SORT_KEYS);
	uint64_t hash = add(add(0, STUBD_VERSION), text);

	if (!text)
		return 0;
	free(text);
	for (size_t i = 0; i < policy->nproviders; i++) {
		const struct upstream_spec *spec = policy->upstreams[i];

		hash = add(add(add(hash, spec->name), spec->host), spec->path);
	}
	return hash ? hash : 1;
}
