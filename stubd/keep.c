#include "stubd/keep.h"

#include "policy/config.h"
#include "policy/lists.h"
#include "stubd/base/state_file.h"
#include "stubd/base/log.h"

#include <stdlib.h>
#include <string.h>

void
keep_lists(struct policy *policy)
{
	for (size_t i = 0; i < policy->nlists; i++) {
		struct provider_list *list = &policy->lists[i];
		int err = 0;

		if (list->accepted)
			err = state_file_write(list->kept, list->accepted, list->naccepted);
		if (err < 0)
			log_warn("list %s: no copy can be kept: %s", list->file, strerror(-err));
		free(list->accepted);
		list->accepted = NULL;
		for (size_t k = 0; k < list->notes.n; k++)
			log_warn("%s", list->notes.lines[k]);
		log_info("list %s: entries=%zu signed=%llu", list->file, list->entries,
		    (unsigned long long)list->timestamp);
	}
}

void
keep_warnings(const struct policy *policy, json_t *array)
{
	for (size_t i = 0; i < policy->nlists; i++) {
		const struct report *notes = &policy->lists[i].notes;

		if (notes->n)
			json_array_append_new(
			    array, json_sprintf("%s (%zu such lines, `stubd -n` says them all)",
				       notes->lines[0], notes->n));
	}
}
