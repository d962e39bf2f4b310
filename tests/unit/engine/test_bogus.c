#include "stubd/engine/bogus.h"
#include "tests/unit/unit.h"

#include <string.h>

/* What libunbound says: as seen on real zones, or put together as it does. */
static const struct {
	const char *why;
	enum ede ede;
} rows[] = {
	{ "validation failure <www.expired.org. A IN>: signature expired from 127.9.8.7 for key "
	  "expired.org. while building chain of trust",
	    EDE_SIGNATURE_EXPIRED },
	{ "validation failure <a.test. A IN>: signature before inception date from 127.0.0.1",
	    EDE_SIGNATURE_NOT_YET_VALID },
	{ "validation failure <a.test. A IN>: no DNSKEY rrset for trust anchor . while building "
	  "chain of trust",
	    EDE_DNSKEY_MISSING },
	{ "validation failure <a.test. A IN>: No DNSKEY record from 127.0.0.1 for key a.test. "
	  "while "
	  "building chain of trust",
	    EDE_DNSKEY_MISSING },
	{ "validation failure <a.test. A IN>: no keys have a DS with algorithm ECDSAP256SHA256 "
	  "from "
	  "127.0.0.1 for key a.test. while building chain of trust",
	    EDE_DNSKEY_MISSING },
	{ "validation failure <a.test. A IN>: DS hash mismatches key from 127.0.0.1",
	    EDE_DNSKEY_MISSING },
	{ "validation failure <a.test. A IN>: no signatures from 127.0.0.1", EDE_RRSIGS_MISSING },
	{ "validation failure <a.test. A IN>: no signatures with algorithm RSASHA256 from "
	  "127.0.0.1",
	    EDE_RRSIGS_MISSING },
	{ "validation failure <a.test. A IN>: no signatures for DS from 127.0.0.1 for DS a.test. "
	  "while building chain of trust",
	    EDE_RRSIGS_MISSING },
	{ "validation failure <a.test. A IN>: dnskey without ZSK flag from 127.0.0.1",
	    EDE_NO_ZONE_KEY_BIT },
	{ "validation failure <a.test. A IN>: no NSEC3 records from 127.0.0.1 for DS a.test. while "
	  "building chain of trust",
	    EDE_NSEC_MISSING },
	{ "validation failure <a.test. A IN>: NODATA response failed to prove NODATA status with "
	  "NSEC/NSEC3",
	    EDE_NSEC_MISSING },
	{ "validation failure <a.test. A IN>: no DS but also no proof of that", EDE_NSEC_MISSING },
	{ "validation failure <www.bogus.org. A IN>: ECDSA signature verification failed from "
	  "127.9.8.7 and 127.9.8.7",
	    EDE_BOGUS },
	{ "validation failure <a.test. A IN>: signature crypto failed from 127.0.0.1", EDE_BOGUS },
	{ "", EDE_BOGUS },
	{ NULL, EDE_BOGUS },
};

static void
every_reason_has_its_code(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bogus_ede(rows[i].why) != rows[i].ede)
			CU_FAIL(rows[i].why);
}

static void
the_sentence_is_for_a_reader(void)
{
	char text[128];

	bogus_text(rows[0].why, text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(
	    text, "signature expired for key expired.org. while building chain of trust");
	bogus_text("validation failure <www.bogus.org. A IN>: ECDSA signature verification failed "
		   "from 127.9.8.7 and 127.9.8.7",
	    text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "ECDSA signature verification failed");
	bogus_text(
	    "key for validation a.test. is marked as invalid because of a previous validation "
	    "failure <private.a.test. A IN>: No DNSKEY record from 127.9.8.7 for key a.test.",
	    text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "No DNSKEY record for key a.test.");
	bogus_text("validation failure <www.dstrap.org. A IN>: from 127.9.8.7 for key dstrap.org.",
	    text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "for key dstrap.org.");
	bogus_text("the chain of trust was lost", text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "the chain of trust was lost");
	bogus_text("validation failure <broken", text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "validation failure <broken");
	bogus_text("from 127.0.0.1 and 127.0.0.1 and 12.7", text, 20);
	CU_ASSERT(strlen(text) < 20);
	bogus_text("", text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "");
}

static const struct unit_case cases[] = {
	{ "every reason has the code that fits it best", every_reason_has_its_code },
	{ "the sentence is without the name and without our own address",
	    the_sentence_is_for_a_reader },
};

UNIT_MAIN("engine/bogus", cases)
