/* The file of the exposure ledger: what is read is written so that it is read the same again. */
#include "stubd/query/ledger.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger *a, *b;
	struct ledger_row row;
	char *first, *second;

	if (ledger_from_text((const char *)data, size, &a) < 0)
		return 0;
	for (size_t i = 0; i < ledger_count(a); i++) {
		ledger_read(a, i, &row);
		if (!row.name || !row.total.queries || row.network.queries)
			abort();
	}
	first = ledger_to_text(a);
	if (ledger_from_text(first, strlen(first), &b) < 0 || ledger_count(b) != ledger_count(a))
		abort();
	second = ledger_to_text(b);
	if (strcmp(first, second) != 0)
		abort();
	free(first);
	free(second);
	ledger_free(a);
	ledger_free(b);
	return 0;
}
