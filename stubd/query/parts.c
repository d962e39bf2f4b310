#include "stubd/query/parts.h"

#include <assert.h>
#include <errno.h>

static void
drop(struct parts *p, struct answer *answer)
{
	if (answer)
		*p->held -= answer->size;
	answer_free(answer);
}

static void
drop_all(struct parts *p)
{
	while (p->n)
		drop(p, p->all[--p->n]);
}

void
parts_clear(struct parts *parts)
{
	drop_all(parts);
	drop(parts, parts->negative);
	parts->negative = NULL;
}

bool
parts_add(struct parts *parts, struct answer *part)
{
	assert(parts->n < ANSWER_CHAIN_MAX);
	parts->all[parts->n++] = part;
	*parts->held += part->size;
	return part->cut && parts->n < ANSWER_CHAIN_MAX;
}

const struct answer *
parts_last(const struct parts *parts)
{
	return parts->all[parts->n - 1];
}

const struct answer *
parts_whole(const struct parts *parts, struct answer **joined)
{
	*joined = NULL;
	if (parts->n == 1)
		return parts->all[0];
	return answer_join(parts->all, parts->n, joined) == 0 ? *joined : NULL;
}

int
parts_set_aside(struct parts *parts)
{
	struct answer *negative = NULL;
	int err = 0;

	if (parts->n > 1)
		err = answer_join(parts->all, parts->n, &negative);
	else
		negative = answer_copy(parts->all[0]);
	if (!negative)
		return err ? err : -ENOMEM;
	drop_all(parts);
	parts->negative = negative;
	*parts->held += negative->size;
	return 0;
}
