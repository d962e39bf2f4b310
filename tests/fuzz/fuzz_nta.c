/* The kept list of exceptions: any bytes give a table within its limits, which reads back the same. */
#include "policy/nta.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1000000 };

static void
complain(void *arg, unsigned line, const char *what)
{
	assert(line > 0 && *what);
	(void)arg;
}

static void
never(void *arg, unsigned line, const char *what)
{
	(void)arg;
	(void)line;
	(void)what;
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nta_table table = { .n = 0 }, again = { .n = 0 };
	char *text;

	nta_read(&table, (const char *)data, size, NOW, complain, NULL);
	assert(table.n <= NTA_MAX);
	for (size_t i = 0; i < table.n; i++)
		assert(table.entries[i].until > NOW &&
		       table.entries[i].until <= NOW + NTA_TIME_MAX &&
		       (!i || table.entries[i - 1].until <= table.entries[i].until));
	text = nta_write(&table);
	if (!text)
		return 0;
	assert(strlen(text) <= NTA_TEXT_MAX);
	nta_read(&again, text, strlen(text), NOW, never, NULL);
	free(text);
	assert(again.n == table.n);
	for (size_t i = 0; i < table.n; i++)
		assert(nta_find(&again, &table.entries[i].name)->until == table.entries[i].until);
	return 0;
}
