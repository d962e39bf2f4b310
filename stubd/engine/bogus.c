#include "stubd/engine/bogus.h"

#include <stdio.h>
#include <string.h>

struct reason {
	const char *said; /* part of the sentence */
	enum ede ede;
};

/* The first that fits wins: what is wrong with a record comes before what could not be done then. */
static const struct reason reasons[] = {
	{ "signature expired", EDE_SIGNATURE_EXPIRED },
	{ "signature before inception", EDE_SIGNATURE_NOT_YET_VALID },
	{ "dnskey without ZSK flag", EDE_NO_ZONE_KEY_BIT },
	{ "wrong protocolnumber", EDE_NO_ZONE_KEY_BIT },
	{ "no signatures", EDE_RRSIGS_MISSING },
	{ "missing RRSIG", EDE_RRSIGS_MISSING },
	{ "no DNSSEC records", EDE_NSEC_MISSING },
	{ "no NSEC", EDE_NSEC_MISSING },
	{ "NSEC3 closest encloser", EDE_NSEC_MISSING },
	{ "no DS but also no proof", EDE_NSEC_MISSING },
	{ "did not prove", EDE_NSEC_MISSING },
	{ "does not prove", EDE_NSEC_MISSING },
	{ "failed to prove", EDE_NSEC_MISSING },
	{ "could not validate NXDOMAIN", EDE_NSEC_MISSING },
	{ "no DNSKEY", EDE_DNSKEY_MISSING },
	{ "No DNSKEY", EDE_DNSKEY_MISSING },
	{ "Missing DNSKEY", EDE_DNSKEY_MISSING },
	{ "DNSKEY missing", EDE_DNSKEY_MISSING },
	{ "no keys have a DS", EDE_DNSKEY_MISSING },
	{ "DS hash mismatches key", EDE_DNSKEY_MISSING },
	{ "DS match attempt failed", EDE_DNSKEY_MISSING },
	{ "could not fetch DNSKEY", EDE_DNSKEY_MISSING },
	{ "could not lookup DNSKEY", EDE_DNSKEY_MISSING },
};

enum ede
bogus_ede(const char *why)
{
	for (size_t i = 0; why && i < sizeof(reasons) / sizeof(*reasons); i++)
		if (strstr(why, reasons[i].said))
			return reasons[i].ede;
	return EDE_BOGUS;
}

/* Takes out every address that begins with these words, and the space before it. */
static void
cut_all(char *text, const char *words)
{
	for (char *at = strstr(text, words); at; at = strstr(at, words)) {
		const char *end = at + strlen(words);

		end += strspn(end, "0123456789.");
		if (at > text)
			at--;
		else
			end += *end == ' ';
		memmove(at, end, strlen(end) + 1);
	}
}

void
bogus_text(const char *why, char *out, size_t n)
{
	static const char before[] = "validation failure <", after[] = ">: ";
	const char *from = strstr(why, before), *p = from;

	while (from && (p = strstr(p, after)) != NULL)
		why = p += sizeof(after) - 1;
	snprintf(out, n, "%s", why);
	cut_all(out, "from 127.");
	cut_all(out, "and 127.");
}
