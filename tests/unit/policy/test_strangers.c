#include "policy/strangers.h"
#include "tests/unit/unit.h"

#include "tests/unit/policy/load.h"

enum { ROUNDS = 200000 };

static const char hosts_text[] = "192.0.2.9 printer.office nas\n2001:db8::9 v6.only.host\n";

/* A configuration with rules of all sorts and a hosts file. */
static struct policy *
house(const char *more)
{
	char json[1024], path[] = "/tmp/stubd-strangers-XXXXXX";
	struct policy_load_options options = { .data_dir = "/nonexistent", .hosts_file = path };
	struct policy *policy;
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, hosts_text, sizeof(hosts_text) - 1), sizeof(hosts_text) - 1);
	close(fd);
	snprintf(json, sizeof(json),
	    "{ \"providers\": { \"catalogue\": null, \"custom\": [ { \"name\": \"a\", \"url\": "
	    "\"tls://192.0.2.8\" } ] }, \"split\": [ { \"domains\": [ \"corp.example\", \"x\", "
	    "\"a.b.c\", \"Lan\" ], "
	    "\"servers\": [ \"dns://192.0.2.1\" ] }, { \"domains\": [ \"10.0.0.0/8\", "
	    "\"deep.www.corp.example\" ], \"servers\": [ \"dns://192.0.2.2\" ] }%s ] }",
	    more);
	policy = load_with(json, &options);
	unlink(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	return policy;
}

static bool
same_local(const struct local_answer *a, const struct local_answer *b)
{
	return a->kind == b->kind && a->filtered == b->filtered && a->ttl == b->ttl &&
	       (a->kind != LOCAL_ADDRESSES ||
		   (a->naddresses == b->naddresses &&
		       memcmp(a->addresses, b->addresses,
			   a->naddresses * sizeof(a->addresses[0])) == 0)) &&
	       (a->kind != LOCAL_PTR || name_equal(&a->ptr, &b->ptr));
}

static bool
same(const struct view *a, const struct view *b)
{
	return a->kind == b->kind && a->id == b->id && a->rule == b->rule &&
	       a->closed == b->closed && a->why == b->why && strcmp(a->owner, b->owner) == 0 &&
	       (a->kind != VIEW_LOCAL || same_local(&a->local, &b->local));
}

/* A name of labels that occur in the tables, of parts of them, and of others. */
static void
some_name(struct name *out)
{
	static const char *const labels[] = { "corp", "example", "x", "a", "b", "c", "lan", "LAN",
		"10", "in-addr", "arpa", "www", "deep", "printer", "office", "nas", "v6", "only",
		"host", "test", "localhost", "org", "xx", "e", "le", "ple", "an", "\\032", "pa" };
	char text[128] = "";

	for (long n = random() % 5; n >= 0; n--) {
		strcat(text, labels[(size_t)random() % (sizeof(labels) / sizeof(*labels))]);
		strcat(text, ".");
	}
	CU_ASSERT_EQUAL_FATAL(name_from_text(out, text), 0);
}

/* How many strangers there were among so many names, each with the same view as if it were looked up. */
static unsigned
compare(const char *more)
{
	static const uint16_t types[] = { TYPE_A, TYPE_AAAA, TYPE_PTR, TYPE_DS, TYPE_ANY };
	struct netview netview = { .nlinks = 0 };
	struct policy *policy = house(more);
	const struct strangers told = policy->strangers;
	unsigned strangers = 0, bad = 0;

	CU_ASSERT_EQUAL(name_from_text(&netview.hostname, "own.host.org"), 0);
	srandom(1);
	for (int i = 0; i < ROUNDS; i++) {
		struct question q = { .type = types[i % 5], .class = CLASS_IN };
		struct view quick, looked_up;

		some_name(&q.name);
		policy_view(policy, &q, &netview, &quick);
		memset(&policy->strangers, 0, sizeof(policy->strangers));
		policy_view(policy, &q, &netview, &looked_up);
		policy->strangers = told;
		bad += !same(&quick, &looked_up);
		strangers += strangers_has(&told, &q.name);
	}
	CU_ASSERT_EQUAL(bad, 0);
	policy_free(policy);
	return strangers;
}

static void
a_stranger_has_the_view_that_looking_up_gives(void)
{
	CU_ASSERT(compare("") > ROUNDS / 20);
}

static void
nobody_is_a_stranger_where_a_rule_owns_the_root(void)
{
	CU_ASSERT_EQUAL(
	    compare(", { \"domains\": [ \".\" ], \"servers\": [ \"dns://192.0.2.3\" ] }"), 0);
}

static void
who_is_met_is_known_with_all_below(void)
{
	const struct question q = ask("corp.example", TYPE_A),
			      below = ask("a.b.corp.example", TYPE_A),
			      other = ask("corp.exampel", TYPE_A), root = ask(".", TYPE_A),
			      one = ask("x", TYPE_A), under = ask("q.x", TYPE_A);
	struct strangers s;

	strangers_all(&s);
	CU_ASSERT(strangers_has(&s, &q.name));
	CU_ASSERT(!strangers_has(&s, &root.name));
	strangers_meet(&s, &root.name);
	CU_ASSERT(strangers_has(&s, &q.name));
	strangers_meet(&s, &q.name);
	CU_ASSERT(!strangers_has(&s, &q.name));
	CU_ASSERT(!strangers_has(&s, &below.name));
	CU_ASSERT(strangers_has(&s, &other.name));
	CU_ASSERT(strangers_has(&s, &under.name));
	strangers_meet(&s, &one.name);
	CU_ASSERT(!strangers_has(&s, &one.name));
	CU_ASSERT(!strangers_has(&s, &under.name));
}

static const struct unit_case cases[] = {
	{ "a stranger has the view that looking up gives",
	    a_stranger_has_the_view_that_looking_up_gives },
	{ "nobody is a stranger where a rule owns the root",
	    nobody_is_a_stranger_where_a_rule_owns_the_root },
	{ "who is met is known with all below", who_is_met_is_known_with_all_below },
};

UNIT_MAIN("policy/strangers", cases)
