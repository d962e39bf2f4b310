#include "stubd/wire/private.h"

#include "policy/name.h"
#include "policy/rebinding.h"
#include "stubd/base/buf.h"
#include "stubd/wire/msg.h"

enum { HINT_IPV4 = 4, HINT_IPV6 = 6 /* SvcParamKeys, RFC 9460 section 14.3.2 */ };

static bool
any_is_private(const uint8_t *ips, size_t n, size_t size)
{
	for (; n >= size; ips += size, n -= size) {
		if (size == 4 ? rebinding_private4(ips) : rebinding_private6(ips))
			return true;
	}
	return false;
}

static bool
hints_are_private(const uint8_t *rdata, size_t n)
{
	struct rcur cur = rcur_make(rdata, n);

	rcur_skip(&cur, 2);
	msg_skip_name(&cur);
	while (!cur.bad && rcur_left(&cur)) {
		uint16_t key = rcur_u16(&cur), len = rcur_u16(&cur);
		const uint8_t *value = rcur_skip(&cur, len);

		if (cur.bad)
			return false;
		if (key == HINT_IPV4 && any_is_private(value, len, 4))
			return true;
		if (key == HINT_IPV6 && any_is_private(value, len, 16))
			return true;
	}
	return false;
}

bool
rdata_is_private(uint16_t type, const uint8_t *rdata, size_t n)
{
	switch (type) {
	case TYPE_A:
		return n == 4 && rebinding_private4(rdata);
	case TYPE_AAAA:
		return n == 16 && rebinding_private6(rdata);
	case TYPE_SVCB:
	case TYPE_HTTPS:
		return hints_are_private(rdata, n);
	default:
		return false;
	}
}
