/* A hosts file: any bytes give a table, and the table answers. */
#include "policy/hosts.h"
#include "policy/nametable.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA, TYPE_PTR, TYPE_MX };
	static const char *const names[] = { "localhost", "a", "1.0.0.127.in-addr.arpa" };
	struct hosts *hosts = hosts_parse((const char *)data, size, NULL);
	struct nametable_walk walk;
	struct local_answer answer;

	if (!hosts)
		return 0;
	for (size_t i = 0; i < 12; i++) {
		struct question question = { .type = types[i % 4], .class = CLASS_IN };

		name_from_text(&question.name, names[i / 4]);
		nametable_walk(&walk, &question.name);
		if (hosts_answer(hosts, &question, &walk, &answer) &&
		    (answer.naddresses > LOCAL_ADDRESSES_MAX ||
			(answer.kind == LOCAL_ADDRESSES && answer.naddresses == 0)))
			abort();
	}
	hosts_free(hosts);
	return 0;
}
