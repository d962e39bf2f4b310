/* DNS stamps as text and as octets: what is accepted, and can be asked, is written and read again as
 * the same. */
#include "policy/base64.h"
#include "policy/stamp.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *text)
{
	char again[STAMP_TEXT_MAX];
	struct upstream_spec spec = { .naddresses = 1 };
	struct stamp stamp, second;
	struct why why;

	if (stamp_parse(&stamp, text, &why) < 0 || !stamp.has_address)
		return;
	spec.scheme = stamp.url.scheme;
	spec.claims = stamp.claims;
	spec.host = stamp.url.host[0] ? stamp.url.host : NULL;
	spec.path = stamp.url.path;
	spec.addresses[0] = stamp.address;
	spec.nhashes = stamp.nhashes;
	memcpy(spec.hashes, stamp.hashes, sizeof(spec.hashes));
	if (stamp_write(&spec, 0, again) < 0)
		return; /* the port made it too long */
	if (stamp_parse(&second, again, &why) < 0)
		abort();
	if (second.claims != stamp.claims || second.nhashes != stamp.nhashes ||
	    !addr_equal(&second.address, &stamp.address) ||
	    strcmp(second.url.host, stamp.url.host) || strcmp(second.url.path, stamp.url.path))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *made = malloc(BASE64_TEXT(size) + 8);

	if (text && made) {
		memcpy(text, data, size);
		text[size] = '\0';
		check(text);
		strcpy(made, "sdns://");
		base64_encode(BASE64_URL, data, size, made + 7);
		check(made);
	}
	free(text);
	free(made);
	return 0;
}
