/* Names as text and as wire: what is accepted is written and read again as the same name. */
#include "policy/name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct name *name)
{
	char text[NAME_TEXT_MAX];
	struct name again;

	name_to_text(name, text);
	if (strlen(text) >= NAME_TEXT_MAX || name_from_text(&again, text) < 0 ||
	    !name_equal(name, &again) || !name_is_under(name, &again))
		abort();
	if (name_from_wire(&again, name->wire, name->len) != name->len || !name_equal(name, &again))
		abort();
	name_strip(name, name_labels(name), &again);
	if (again.len != 1 || !name_is_under(name, &again))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct name name;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (name_from_text(&name, text) == 0)
		check(&name);
	if (name_from_wire(&name, data, size) > 0)
		check(&name);
	free(text);
	return 0;
}
