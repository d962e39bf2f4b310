/* Lists of resolvers and their signatures: with arithmetic that says yes to everything, so that what
 * lies behind it is read, and with a list as text. */
#include "policy/catalogue.h"
#include "policy/lists.h"
#include "policy/minisig.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
yes(const uint8_t *key, const uint8_t *message, size_t n, const uint8_t *signature)
{
	uint8_t sum = key[0] ^ signature[MINISIG_SIGNATURE - 1];

	for (size_t i = 0; i < n; i++)
		sum ^= message[i]; /* all of it is there */
	return sum || !sum;
}

static bool
hash(const uint8_t *message, size_t n, uint8_t out[MINISIG_HASH])
{
	memset(out, n ? message[n - 1] : 0, MINISIG_HASH);
	return true;
}

static void
check_entries(const struct catalogue *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct upstream_spec *spec = &c->entries[i].spec;

		if (!spec->name || spec->naddresses != 1 || spec->scheme == SCHEME_DNS ||
		    catalogue_find(c, spec->name) != &c->entries[i])
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct minisig_crypto crypto = { .verify = yes, .hash = hash };
	struct provider_list list = { .file = (char *)"fuzz" };
	struct catalogue catalogue = { .n = 0 };
	const size_t at = minisig_length((const char *)data, size);
	struct minisig_trusted trusted;
	struct minisig_key key = { .number = { 0 } };
	struct why why;

	if (at > size)
		abort();
	memcpy(key.number, "NUMBER..", MINISIG_NUMBER);
	if (at &&
	    minisig_verify(
		&crypto, &key, (const char *)data, at, data + at, size - at, &trusted, &why) == 0 &&
	    strlen(trusted.file) >= sizeof(trusted.file))
		abort();
	if (lists_parse(&list, (const char *)data, size, &catalogue) == 0)
		check_entries(&catalogue);
	catalogue_clear(&catalogue);
	report_clear(&list.notes);
	return 0;
}
