#include "policy/upstream_spec.h"

#include <stdlib.h>
#include <string.h>

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool
upstream_spec_equal(const struct upstream_spec *a, const struct upstream_spec *b)
{
	if (a->scheme != b->scheme || a->split != b->split || a->timeout != b->timeout ||
	    a->naddresses != b->naddresses || a->npins != b->npins || a->nhashes != b->nhashes)
		return false;
	if (!same_text(a->name, b->name) || !same_text(a->host, b->host) ||
	    !same_text(a->path, b->path) || !same_text(a->ca_file, b->ca_file) ||
	    !same_text(a->link, b->link))
		return false;
	for (size_t i = 0; i < a->naddresses; i++) {
		if (!addr_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	}
	return memcmp(a->pins, b->pins, a->npins * sizeof(a->pins[0])) == 0 &&
	       memcmp(a->hashes, b->hashes, a->nhashes * sizeof(a->hashes[0])) == 0;
}

void
upstream_spec_clear(struct upstream_spec *spec)
{
	free(spec->name);
	free(spec->operator_name);
	free(spec->host);
	free(spec->path);
	free(spec->ca_file);
	free(spec->link);
	*spec = (struct upstream_spec){ .name = NULL };
}
