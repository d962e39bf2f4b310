/* RDATA of SVCB records: any octets, and what is read lies within them and keeps its format. */
#include "stubd/wire/svcb.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_value(const struct svcb_value *value, size_t unit, const uint8_t *data, size_t size)
{
	if (!value->octets)
		return;
	assert(value->octets >= data && value->n <= size);
	assert(value->octets + value->n <= data + size);
	assert(value->n % unit == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[SVCB_PATH_MAX];
	struct svcb svcb;

	if (svcb_read(data, size, &svcb) < 0)
		return 0;
	assert(svcb.target.len > 0);
	check_value(&svcb.alpn, 1, data, size);
	check_value(&svcb.ipv4hint, 4, data, size);
	check_value(&svcb.ipv6hint, 16, data, size);
	check_value(&svcb.dohpath, 1, data, size);
	assert(svcb.priority || (!svcb.alpn.octets && !svcb.port));
	assert(!svcb.no_default_alpn || svcb.alpn.octets);
	assert(!svcb_speaks(&svcb, ""));
	svcb_speaks(&svcb, "dot");
	if (svcb_doh_path(&svcb, path) == 0)
		assert(path[0] == '/' && strlen(path) < svcb.dohpath.n && !strchr(path, '{'));
	return 0;
}
