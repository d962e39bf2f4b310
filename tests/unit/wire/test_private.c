#include "tests/unit/unit.h"

#include "policy/name.h"
#include "stubd/wire/private.h"

#define IS_PRIVATE(type, octets) \
	rdata_is_private((type), (const uint8_t *)(octets), sizeof(octets) - 1)

static void
addresses_are_looked_at(void)
{
	CU_ASSERT(IS_PRIVATE(TYPE_A, "\12\0\0\1"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_A, "\300\0\2\1"));
	CU_ASSERT(IS_PRIVATE(TYPE_AAAA, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_TXT, "\12\0\0\1"));
	/* not whole */
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_A, "\12\0\0"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_AAAA, "\12\0\0\1"));
}

static void
hints_are_looked_at(void)
{
	CU_ASSERT(IS_PRIVATE(TYPE_HTTPS, "\0\1\0\0\4\0\4\300\250\1\1"));
	CU_ASSERT(IS_PRIVATE(TYPE_SVCB, "\0\1\1x\0\0\1\0\3\2h2\0\4\0\10\300\0\2\1\12\0\0\1"));
	CU_ASSERT(IS_PRIVATE(TYPE_HTTPS, "\0\1\0\0\6\0\20\375\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_HTTPS, "\0\1\0\0\4\0\4\300\0\2\1"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_HTTPS, "\0\0\4pool\3svc\0"));
	/* another key with those octets; a value that goes beyond the end; nothing at all */
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_HTTPS, "\0\1\0\0\7\0\4\300\250\1\1"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_HTTPS, "\0\1\0\0\4\0\5\300\250\1\1"));
	CU_ASSERT_FALSE(IS_PRIVATE(TYPE_HTTPS, ""));
}

static const struct unit_case cases[] = {
	{ "addresses are looked at", addresses_are_looked_at },
	{ "hints are looked at", hints_are_looked_at },
};

UNIT_MAIN("wire/private", cases)
