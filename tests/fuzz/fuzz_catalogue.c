/* The text of a catalogue: it gives entries that can be asked, or an error; what is left out is named. */
#include "policy/catalogue.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report errors = { .n = 0 }, warnings = { .n = 0 };
	struct catalogue catalogue;
	int r = catalogue_parse(&catalogue, "fuzz", (const char *)data, size, &errors, &warnings);

	if ((r == 0) != (errors.n == 0))
		abort();
	for (size_t i = 0; r == 0 && i < catalogue.n; i++) {
		const struct upstream_spec *spec = &catalogue.entries[i].spec;

		if (!spec->name || !spec->operator_name || spec->naddresses == 0 ||
		    spec->naddresses > SPEC_ADDRESSES_MAX || spec->scheme == SCHEME_DNS ||
		    catalogue_find(&catalogue, spec->name) != &catalogue.entries[i])
			abort();
	}
	catalogue_clear(&catalogue);
	report_clear(&errors);
	report_clear(&warnings);
	return 0;
}
