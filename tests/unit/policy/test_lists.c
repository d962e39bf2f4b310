/*
 * Signed lists, signed here with a key of the test's own; and one signature of the world.
 */
#include "policy/base64.h"
#include "policy/catalogue.h"
#include "policy/lists.h"
#include "policy/minisig.h"
#include "stubd/net/signature.h"
#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#define ALPHA "sdns://AwEAAAAAAAAACTE5Mi4wLjIuMQALZG5zLmV4YW1wbGU" /* tls://dns.example, DNSSEC */
#define BETA "sdns://AgcAAAAAAAAADzIxNy4xNjIuMjA2LjE3OAAUaWJrc3R1cm0uc3lub2xvZ3kubWUKL2Rucy1xdWVyeQ"
#define BETA2 "sdns://AgcAAAAAAAAADTIxNy4xNjkuMjAuMjIADWRucy5hYS5uZXQudWsKL2Rucy1xdWVyeQ"
#define DNSCRYPT                                                                               \
	"sdns://AQcAAAAAAAAAEDg1LjUuOTMuMjMwOjg0NDMgwc9XUACwW8JsYh9ez5qiVgrOvwB-vss6f_SyDeC0O" \
	"e4YMi5kbnNjcnlwdC1jZXJ0Lmlia3N0dXJt"

static const char list_text[] = "# public-resolvers\n\nAn introduction.\nsdns://ignored\n\n--\n\n"
				"## alpha\n\nA description\nof two lines.\n\n" ALPHA "\n\n"
				"## beta\r\n\nTwo stamps.\n" BETA "\r\n" BETA2 "\n"
				"## old\nOf a protocol that is not spoken.\n" DNSCRYPT "\n"
				"## broken\n\nsdns://AgcAAAAAAAAA\n"
				"## two words\n\n" BETA "\n"
				"## last\n" BETA2;

static char folder[48], key_text[64];
static EVP_PKEY *key;

static const char *
path_of(const char *name)
{
	static char path[4][128];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, 128, "%s/%s", folder, name);
	return p;
}

static void
write_text(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(path_of(name), "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void
make_key(void)
{
	uint8_t bytes[42] = "EdNUMBER..";
	size_t n = 32;

	strcpy(folder, "/tmp/stubd-lists.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	mkdir(path_of("state"), 0700);
	key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	EVP_PKEY_get_raw_public_key(key, bytes + 10, &n);
	base64_encode(BASE64_STANDARD, bytes, sizeof(bytes), key_text);
}

static void
sign(const void *message, size_t n, uint8_t out[64])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = 64;

	EVP_DigestSignInit(md, NULL, NULL, NULL, key);
	CU_ASSERT_EQUAL(EVP_DigestSign(md, out, &len, message, n), 1);
	EVP_MD_CTX_free(md);
}

/* Writes "NAME.minisig" for a text. */
static void
sign_list(const char *name, const char *text, size_t n, bool prehashed, const char *comment)
{
	uint8_t bytes[74] = "EdNUMBER..", hash[64], message[64 + 256], global[64];
	char file[64], out[1024], first[BASE64_TEXT(74)], second[BASE64_TEXT(64)];

	if (prehashed) {
		bytes[1] = 'D';
		EVP_Digest(text, n, hash, NULL, EVP_blake2b512(), NULL);
		sign(hash, sizeof(hash), bytes + 10);
	} else {
		sign(text, n, bytes + 10);
	}
	memcpy(message, bytes + 10, 64);
	memcpy(message + 64, comment, strlen(comment));
	sign(message, 64 + strlen(comment), global);
	snprintf(out, sizeof(out), "untrusted comment: x\n%s\ntrusted comment: %s\n%s\n",
	    base64_encode(BASE64_STANDARD, bytes, sizeof(bytes), first), comment,
	    base64_encode(BASE64_STANDARD, global, sizeof(global), second));
	snprintf(file, sizeof(file), "%s.minisig", name);
	write_text(file, out, strlen(out));
}

static void
publish(const char *text, unsigned time)
{
	char comment[64];

	snprintf(comment, sizeof(comment), "timestamp:%u\tfile:l.md", time);
	write_text("l.md", text, strlen(text));
	sign_list("l.md", text, strlen(text), true, comment);
}

static const char *
config(const char *more)
{
	static char json[1024];

	snprintf(json, sizeof(json),
	    "{ \"state\": \"%s\", \"providers\": { \"catalogue\": null, \"lists\": [ { \"file\": "
	    "\"%s\", \"key\": \"%s\" } ] %s } }",
	    path_of("state"), path_of("l.md"), key_text, more);
	return json;
}

static struct policy_load_options
options(void)
{
	struct policy_load_options o = no_files;

	o.crypto = &signature_crypto;
	return o;
}

/* The names of the providers; "refused". */
static const char *
names(const char *more)
{
	const struct policy_load_options o = options();
	static char text[256];
	struct policy *p = load_with(config(more), &o);

	text[0] = '\0';
	for (size_t i = 0; p && i < p->nproviders; i++)
		sprintf(text + strlen(text), "%s%s", i ? " " : "", p->upstreams[i]->name);
	if (!p)
		strcpy(text, "refused");
	policy_free(p);
	return text;
}

static bool
refused_for(const char *part)
{
	const struct policy_load_options o = options();
	char *text = errors_with(config(""), &o);
	const bool right = strstr(text, part) != NULL;

	if (!right)
		fprintf(stderr, "wanted \"%s\", got: %s\n", part, text);
	free(text);
	return right;
}

/* Loads, keeps the copy as the daemon does, and returns the first note. */
static const char *
accept_it(void)
{
	const struct policy_load_options o = options();
	static char text[512];
	struct policy *p = load_with(config(""), &o);
	const struct provider_list *list;

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	list = &p->lists[0];
	if (list->accepted) {
		FILE *f = fopen(list->kept, "w");

		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		fwrite(list->accepted, 1, list->naccepted, f);
		fclose(f);
	}
	snprintf(text, sizeof(text), "%s", list->notes.n ? list->notes.lines[0] : "");
	policy_free(p);
	return text;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void
entries_are_read_and_what_is_wrong_is_named(void)
{
	struct provider_list list = { .file = (char *)"l.md" };
	struct catalogue c = { .n = 0 };

	CU_ASSERT_EQUAL(lists_parse(&list, list_text, strlen(list_text), &c), 0);
	CU_ASSERT_EQUAL(list.entries, 4);
	CU_ASSERT_EQUAL(c.n, 4);
	CU_ASSERT_STRING_EQUAL(c.entries[0].spec.name, "alpha");
	CU_ASSERT_EQUAL(c.entries[0].logs, CLAIM_YES);
	CU_ASSERT_EQUAL(c.entries[0].dnssec, CLAIM_YES);
	CU_ASSERT_STRING_EQUAL(c.entries[2].spec.name, "beta-2");
	CU_ASSERT_STRING_EQUAL(c.entries[2].spec.host, "dns.aa.net.uk");
	CU_ASSERT_EQUAL(c.entries[2].logs, CLAIM_NO);
	CU_ASSERT_STRING_EQUAL(c.entries[3].spec.name, "last");
	CU_ASSERT_EQUAL(list.notes.n, 2);
	CU_ASSERT_STRING_EQUAL(list.notes.lines[0],
	    "l.md:25: /broken: is a stamp that is cut off; copy all of it; the entry is left out");
	CU_ASSERT_PTR_NOT_NULL(strstr(list.notes.lines[1], "l.md:26: /: \"two words\" has a char"));
	catalogue_clear(&c);
	report_clear(&list.notes);
}

static void
a_signed_list_is_chosen_from_as_the_catalogue_is(void)
{
	publish(list_text, 1000);
	CU_ASSERT_STRING_EQUAL(names(""), "beta beta-2 last");
	CU_ASSERT_STRING_EQUAL(names(", \"require\": { \"logs\": null, \"filters\": null }"),
	    "alpha beta beta-2 last");
	CU_ASSERT_STRING_EQUAL(names(", \"choose\": [ \"last\", \"alpha\" ]"), "last alpha");
	CU_ASSERT_STRING_EQUAL(names(", \"custom\": [ { \"name\": \"beta\", \"url\": "
				     "\"tls://192.0.2.77\" } ]"),
	    "beta beta-2 last");
}

static void
two_entries_of_one_domain_are_of_one_operator(void)
{
	const struct policy_load_options o = options();
	struct policy *p;

	publish(list_text, 1000);
	p = load_with(config(""), &o);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_STRING_EQUAL(p->upstreams[1]->operator_name, "aa.net.uk.");
	CU_ASSERT_STRING_EQUAL(p->upstreams[2]->operator_name, "aa.net.uk.");
	policy_free(p);
}

static void
both_ways_of_signing_are_known(void)
{
	write_text("l.md", list_text, strlen(list_text));
	sign_list("l.md", list_text, strlen(list_text), false, "timestamp:1");
	CU_ASSERT_STRING_EQUAL(names(""), "beta beta-2 last");
	sign_list("l.md", list_text, strlen(list_text), true, "timestamp:1\tfile:l.md\thashed");
	CU_ASSERT_STRING_EQUAL(names(""), "beta beta-2 last");
}

static void
what_was_not_signed_so_is_refused(void)
{
	char other[64];

	publish(list_text, 1000);
	write_text("l.md", list_text, strlen(list_text) - 1);
	CU_ASSERT(refused_for("test.json:1: /providers/lists/0: "));
	CU_ASSERT(refused_for("is not what was signed: its signature is wrong"));
	write_text("l.md", list_text, strlen(list_text));
	sign_list("l.md", list_text, strlen(list_text), true, "no time");
	CU_ASSERT(refused_for("has a signature without a time"));
	sign_list("l.md", list_text, strlen(list_text), true, "timestamp:1\tfile:relays.md");
	CU_ASSERT(refused_for("is signed as \"relays.md\", which is another list"));
	write_text("l.md.minisig", "untrusted comment: x\nRWQ=\n", 26);
	CU_ASSERT(refused_for("has a signature that is not one of minisign"));
	unlink(path_of("l.md.minisig"));
	CU_ASSERT(refused_for("has no signature"));
	/* another key */
	publish(list_text, 1000);
	strcpy(other, key_text);
	key_text[5] = key_text[5] == 'A' ? 'B' : 'A';
	CU_ASSERT(refused_for("is signed with another key"));
	strcpy(key_text, other);
	key_text[40] = key_text[40] == 'A' ? 'B' : 'A';
	CU_ASSERT(refused_for("its signature is wrong"));
	key_text[1] = 'X';
	CU_ASSERT(refused_for("/providers/lists/0/key: is not a minisign key"));
	strcpy(key_text, other);
}

/* Comment and list are two signatures: a new comment cannot be put on an old list. */
static void
a_trusted_comment_is_signed_too(void)
{
	char text[1024], *at;
	size_t n;
	FILE *f;

	publish(list_text, 1000);
	f = fopen(path_of("l.md.minisig"), "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	at = strstr(text, "timestamp:1000");
	at[10] = '9';
	write_text("l.md.minisig", text, n);
	CU_ASSERT(refused_for("has a trusted comment that was not signed"));
}

static void
an_older_list_than_the_one_accepted_is_not_used(void)
{
	static const char older[] = "## gone\n" BETA "\n";

	publish(list_text, 1000);
	CU_ASSERT_STRING_EQUAL(strstr(accept_it(), "older") ? "older" : "", "");
	publish(older, 999);
	CU_ASSERT_PTR_NOT_NULL(strstr(accept_it(), "is older than the one before; the list that"));
	CU_ASSERT_STRING_EQUAL(names(""), "beta beta-2 last");
	/* nor is one that is broken or gone */
	write_text("l.md", older, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(accept_it(), "its signature is wrong; the list that was"));
	unlink(path_of("l.md"));
	CU_ASSERT_PTR_NOT_NULL(strstr(accept_it(), "cannot be read: No such file"));
	CU_ASSERT_STRING_EQUAL(names(""), "beta beta-2 last");
	/* a newer one is */
	publish(older, 1001);
	CU_ASSERT_STRING_EQUAL(accept_it(), "");
	CU_ASSERT_STRING_EQUAL(names(""), "gone");
}

static void
without_the_arithmetic_a_list_is_refused(void)
{
	char *text;

	unlink(path_of("state/list-4e554d4245522e2e-l.md"));
	publish(list_text, 1000);
	text = errors_with(config(""), &no_files);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "cannot be verified by this program"));
	free(text);
}

/* Of the public resolvers' list of April 2026: the part that covers signature and comment. */
static void
a_signature_of_the_world_is_good(void)
{
	static const char sig[] =
	    "RWQf6LRCGA9i56KxBeHMKfzEce1Ocrcox86LPR77GvauRxhjHRHcqI6gEJuPZ1X9c"
	    "PtAwR3uruNqqlnhtFk3JIAzOYXgKyZftwM=";
	static const char global[] =
	    "NSRN3Nlizm5em8wZkI05tduXmUcxeRdHuUWBaQv/yD5H8K2eAv8w1AKE2zUiofX"
	    "EtcoRJcYDjz3F70cg1hhyCQ==";
	static const char comment[] = "timestamp:1776513246\tfile:public-resolvers.md";
	uint8_t bytes[74], signature[64], message[64 + sizeof(comment)];
	struct minisig_key k;
	struct why why;

	CU_ASSERT_EQUAL(
	    minisig_read_key(&k, "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3", &why),
	    0);
	CU_ASSERT_EQUAL(base64_decode(BASE64_STANDARD, sig, strlen(sig), bytes, 74), 74);
	CU_ASSERT_EQUAL(base64_decode(BASE64_STANDARD, global, strlen(global), signature, 64), 64);
	memcpy(message, bytes + 10, 64);
	memcpy(message + 64, comment, sizeof(comment) - 1);
	CU_ASSERT_EQUAL(memcmp(k.number, bytes + 2, 8), 0);
	CU_ASSERT_TRUE(
	    signature_crypto.verify(k.key, message, 64 + sizeof(comment) - 1, signature));
	message[70] ^= 1;
	CU_ASSERT_FALSE(
	    signature_crypto.verify(k.key, message, 64 + sizeof(comment) - 1, signature));
}

static void
the_end(void)
{
	unlink(path_of("state/list-4e554d4245522e2e-l.md"));
	unlink(path_of("l.md"));
	unlink(path_of("l.md.minisig"));
	rmdir(path_of("state"));
	CU_ASSERT_EQUAL(rmdir(folder), 0);
	EVP_PKEY_free(key);
}

static const struct unit_case cases[] = {
	{ "a key is made", make_key },
	{ "entries are read and what is wrong is named",
	    entries_are_read_and_what_is_wrong_is_named },
	{ "a signed list is chosen from as the catalogue is",
	    a_signed_list_is_chosen_from_as_the_catalogue_is },
	{ "two entries of one domain are of one operator",
	    two_entries_of_one_domain_are_of_one_operator },
	{ "both ways of signing are known", both_ways_of_signing_are_known },
	{ "what was not signed so is refused", what_was_not_signed_so_is_refused },
	{ "a trusted comment is signed too", a_trusted_comment_is_signed_too },
	{ "an older list than the one accepted is not used",
	    an_older_list_than_the_one_accepted_is_not_used },
	{ "without the arithmetic a list is refused", without_the_arithmetic_a_list_is_refused },
	{ "a signature of the world is good", a_signature_of_the_world_is_good },
	{ "nothing is left behind", the_end },
};

UNIT_MAIN("lists", cases)
