#include "tests/unit/unit.h"

#include "policy/registrable.h"

#include <libpsl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Rules of all sorts, also one below a name that is none ("deep.his.name"). */
static const char rules[] = "com\nuk\nco.uk\n*.ck\n!www.ck\nname\ndeep.his.name\n";
static const char *const words[] = { "com", "uk", "co", "ck", "www", "name", "his", "deep", "a" };

enum { WORDS = sizeof(words) / sizeof(*words), LABELS = 5 };

static void
make_list(char path[64])
{
	FILE *f;

	snprintf(path, 64, "/tmp/stubd-registrable-%d", (int)getpid());
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(rules, f);
	fclose(f);
}

/* libpsl has none for a suffix; one below somebody's domain is his. */
static const char *
domain_by_libpsl(const psl_ctx_t *psl, const char *text)
{
	const char *domain = psl_registrable_domain(psl, text), *parent = strchr(text, '.');

	return domain || !parent ? domain : psl_registrable_domain(psl, parent + 1);
}

/* What is remembered of suffixes changes nothing: libpsl itself is asked beside. */
static void
every_name_has_the_domain_that_libpsl_says(void)
{
	struct registrable_list *list;
	unsigned wrong = 0, some = 0;
	char path[64];
	psl_ctx_t *psl;

	make_list(path);
	psl = psl_load_file(path);
	CU_ASSERT_EQUAL_FATAL(registrable_open(path, &list), 0);
	unlink(path);
	for (unsigned number = 0, all = 59049 /* WORDS to the power of LABELS */; number < all;
	     number++) {
		char text[64] = "", *at = text, domain_text[NAME_TEXT_MAX] = "";
		const unsigned labels = 1 + number % LABELS;
		struct name name, domain;
		const char *right;

		for (unsigned i = 0, n = number; i < labels; i++, n /= WORDS)
			at += sprintf(at, "%s%s", i ? "." : "", words[n % WORDS]);
		name_from_text(&name, text);
		right = domain_by_libpsl(psl, text);
		if (registrable_domain(list, &name, &domain)) {
			name_to_text(&domain, domain_text);
			domain_text[strlen(domain_text) - 1] = '\0';
		}
		wrong += strcmp(domain_text, right ? right : "") != 0;
		some += right != NULL;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(some > 10000);
	psl_free(psl);
	registrable_free(list);
}

static void
long_suffixes_are_found_without_being_remembered(void)
{
	struct registrable_list *list;
	struct name name, domain;
	char text[NAME_TEXT_MAX];

	CU_ASSERT_EQUAL_FATAL(registrable_open(NULL, &list), 0);
	CU_ASSERT_EQUAL_FATAL(
	    name_from_text(&name,
		"a.b.0123456789012345678901234567890123456789012345678901234567890."
		"0123456789012345678901234567890123456789012345678901234567890.example.co.uk"),
	    0);
	for (unsigned i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(registrable_octets(list, &name), 15);
		CU_ASSERT(registrable_domain(list, &name, &domain));
		CU_ASSERT_STRING_EQUAL(name_to_text(&domain, text), "example.co.uk.");
	}
	registrable_free(list);
}

static const struct unit_case cases[] = {
	{ "every name has the domain that libpsl says",
	    every_name_has_the_domain_that_libpsl_says },
	{ "long suffixes are found without being remembered",
	    long_suffixes_are_found_without_being_remembered },
};

UNIT_MAIN("policy/registrable", cases)
