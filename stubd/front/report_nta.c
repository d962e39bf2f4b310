#include "stubd/front/report_nta.h"

#include "policy/nta.h"
#include "stubd/query/exceptions.h"
#include "stubd/query/resolver.h"
#include "stubd/watch/alarm.h"

static json_t *
entry(const struct nta *nta)
{
	const int64_t left = nta->until - alarm_now();
	char text[NAME_TEXT_MAX];

	return json_pack("{s:s, s:I, s:I}", "name", name_to_text(&nta->name, text), "until",
	    (json_int_t)nta->until, "left_s", (json_int_t)(left > 0 ? left : 0));
}

json_t *
report_ntas(const struct resolver *resolver)
{
	json_t *array = json_array();

	for (size_t i = 0; resolver->ntas && i < resolver->ntas->n; i++)
		json_array_append_new(array, entry(&resolver->ntas->entries[i]));
	return array;
}

json_t *
report_nta(const struct resolver *resolver, const struct name *name)
{
	const struct nta *nta = exceptions_find(resolver, name);

	return nta ? entry(nta) : json_null();
}
