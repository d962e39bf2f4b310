#include "policy/upstream_spec.h"

#include "policy/url.h"

#include <errno.h>
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
	if (a->scheme != b->scheme || a->split != b->split || a->untied != b->untied ||
	    a->unverified != b->unverified || a->ecs != b->ecs || a->network != b->network ||
	    a->timeout != b->timeout || a->npins != b->npins || a->nhashes != b->nhashes)
		return false;
	if (!same_text(a->name, b->name) || !same_text(a->host, b->host) ||
	    !same_text(a->path, b->path) || !same_text(a->ca_file, b->ca_file) ||
	    !same_text(a->link, b->link))
		return false;
	if (!addrs_equal(a->addresses, a->naddresses, b->addresses, b->naddresses) ||
	    memcmp(a->pins, b->pins, a->npins * sizeof(a->pins[0])) != 0 ||
	    memcmp(a->hashes, b->hashes, a->nhashes * sizeof(a->hashes[0])) != 0 ||
	    !a->other != !b->other)
		return false;
	return !a->other || upstream_spec_equal(a->other, b->other);
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
	if (spec->other)
		upstream_spec_clear(spec->other);
	free(spec->other);
	*spec = (struct upstream_spec){ .name = NULL };
}

static int
copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

int
upstream_spec_copy(struct upstream_spec *to, const struct upstream_spec *from)
{
	int error = 0;

	*to = *from;
	error |= copy_text(&to->name, from->name);
	error |= copy_text(&to->operator_name, from->operator_name);
	error |= copy_text(&to->host, from->host);
	error |= copy_text(&to->path, from->path);
	error |= copy_text(&to->ca_file, from->ca_file);
	error |= copy_text(&to->link, from->link);
	if (from->other) {
		to->other = calloc(1, sizeof(*to->other));
		error |= to->other ? upstream_spec_copy(to->other, from->other) : -ENOMEM;
	}
	return error ? -ENOMEM : 0;
}

int
upstream_spec_add_other(struct upstream_spec *spec, const struct url *url)
{
	struct upstream_spec like = *spec, *other = calloc(1, sizeof(*other));

	if (!other)
		return -ENOMEM;
	like.scheme = url->scheme;
	like.host = url->host[0] ? (char *)(uintptr_t)url->host : NULL;
	like.path = url->scheme == SCHEME_HTTPS ? (char *)(uintptr_t)url->path : NULL;
	for (size_t i = 0; i < like.naddresses; i++)
		like.addresses[i].port = url->port;
	if (url->literal) {
		like.addresses[0] = url->addr;
		like.naddresses = 1;
	}
	like.other = NULL;
	if (upstream_spec_copy(other, &like) < 0) {
		upstream_spec_clear(other);
		free(other);
		return -ENOMEM;
	}
	spec->other = other;
	return 0;
}
