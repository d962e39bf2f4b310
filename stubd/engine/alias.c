#include "stubd/engine/alias.h"

#include "stubd/base/buf.h"

#include <string.h>

enum { HEADER_SIZE = 12, ANCOUNT_OFFSET = 6 /* RFC 1035 section 4.1.1 */ };

bool
alias_take(const struct question *question, struct engine_result *result, uint8_t out[ALIAS_MAX])
{
	const size_t type_at = HEADER_SIZE + question->name.len;

	if (!result->wire || result->rcode || result->len > ALIAS_MAX ||
	    type_at + 4 > result->len || load_u16(result->wire + ANCOUNT_OFFSET) == 0)
		return false;
	memcpy(out, result->wire, result->len);
	store_u16(out + type_at, question->type);
	result->wire = out;
	return true;
}
