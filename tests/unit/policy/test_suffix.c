#include "tests/unit/unit.h"

#include "policy/nametable.h"
#include "policy/suffix.h"

#include <stdio.h>
#include <string.h>

static struct name
name(const char *text)
{
	struct name out = { .len = 0 };

	CU_ASSERT_EQUAL_FATAL(name_from_text(&out, text), 0);
	return out;
}

static void
names_are_numbered_in_order_and_found_again(void)
{
	struct nametable *t = nametable_new();
	struct name n, back;
	char text[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "host%d.example", i);
		n = name(text);
		CU_ASSERT_EQUAL(nametable_add(t, &n), i + 2);
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "HOST%d.example.", i);
		n = name(text);
		CU_ASSERT_EQUAL(nametable_find(t, &n), i + 2);
		CU_ASSERT_EQUAL(nametable_add(t, &n), i + 2);
		nametable_name(t, (unsigned)i + 2, &back);
		CU_ASSERT(name_equal(&n, &back));
	}
	n = name("host5000.example");
	CU_ASSERT_EQUAL(nametable_find(t, &n), -1);
	n = name("a.host1.example");
	CU_ASSERT_EQUAL(nametable_find(t, &n), -1);
	CU_ASSERT_EQUAL(nametable_count(t), 5002);
	nametable_free(t);
}

static void
ancestors_are_members_and_a_walk_ends_where_nothing_is_below(void)
{
	struct nametable *t = nametable_new();
	struct name n = name("a.b.example"), other = name("x.c.example");
	struct nametable_walk walk;

	CU_ASSERT_EQUAL(nametable_add(t, &n), 3);
	nametable_walk(&walk, &other);
	CU_ASSERT_EQUAL(walk.len, 1);
	CU_ASSERT_EQUAL(nametable_down(t, &walk), 1);
	CU_ASSERT_EQUAL(walk.len, 9);
	CU_ASSERT_EQUAL(nametable_down(t, &walk), -1);
	CU_ASSERT_EQUAL(nametable_down(t, &walk), -1);
	CU_ASSERT_EQUAL(walk.len, 9);
	nametable_walk(&walk, &n);
	for (int i = 1; i < 4; i++)
		CU_ASSERT_EQUAL(nametable_down(t, &walk), i);
	CU_ASSERT_EQUAL(walk.len, n.len);
	CU_ASSERT_EQUAL(nametable_down(t, &walk), -1);
	nametable_free(t);
}

static void
own(struct suffixes *s, const char *suffix, uint16_t rule, uint16_t zone)
{
	struct name n = name(suffix);
	struct suffix_owner *owner = suffixes_owner(s, &n);

	CU_ASSERT_PTR_NOT_NULL_FATAL(owner);
	owner->rule = rule;
	owner->zone = zone;
}

static struct suffix_match
match(const struct suffixes *s, const char *text)
{
	struct name n = name(text);
	struct nametable_walk walk;
	struct suffix_match out;

	nametable_walk(&walk, &n);
	suffixes_match(s, &walk, &out);
	return out;
}

static void
the_longest_suffix_of_each_sort_wins(void)
{
	struct suffixes *s = suffixes_new();

	own(s, "example", 1, 0);
	own(s, "corp.example", 2, 0);
	own(s, "test", 0, 5);
	own(s, "corp.test", 3, 0);
	CU_ASSERT_EQUAL(match(s, "www.example").owner.rule, 1);
	CU_ASSERT_EQUAL(match(s, "a.b.corp.example").owner.rule, 2);
	CU_ASSERT_EQUAL(match(s, "a.b.corp.example").rule_len, 14);
	CU_ASSERT_EQUAL(match(s, "xcorp.example").owner.rule, 1);
	CU_ASSERT_EQUAL(match(s, "x.corp.test").owner.rule, 3);
	CU_ASSERT_EQUAL(match(s, "x.corp.test").owner.zone, 5);
	CU_ASSERT_EQUAL(match(s, "x.corp.test").zone_len, 6);
	CU_ASSERT_EQUAL(match(s, "org").owner.rule, 0);
	CU_ASSERT_EQUAL(match(s, ".").owner.rule, 0);
	own(s, ".", 9, 0);
	CU_ASSERT_EQUAL(match(s, "org").owner.rule, 9);
	CU_ASSERT_EQUAL(match(s, "org").rule_len, 1);
	CU_ASSERT_EQUAL(match(s, "a.corp.example").owner.rule, 2);
	suffixes_free(s);
}

static void
the_longest_name_is_walked_whole(void)
{
	struct suffixes *s = suffixes_new();
	char text[256];

	for (size_t i = 0; i < 127; i++)
		memcpy(text + 2 * i, "a.", 2);
	text[254] = '\0';
	own(s, "a", 1, 0);
	own(s, text, 2, 0);
	CU_ASSERT_EQUAL(match(s, text).owner.rule, 2);
	CU_ASSERT_EQUAL(match(s, text).rule_len, 255);
	CU_ASSERT_EQUAL(match(s, text + 2).owner.rule, 1);
	suffixes_free(s);
}

static const struct unit_case cases[] = {
	{ "names are numbered in order and found again",
	    names_are_numbered_in_order_and_found_again },
	{ "ancestors are members and a walk ends where nothing is below",
	    ancestors_are_members_and_a_walk_ends_where_nothing_is_below },
	{ "the longest suffix of each sort wins", the_longest_suffix_of_each_sort_wins },
	{ "the longest name is walked whole", the_longest_name_is_walked_whole },
};

UNIT_MAIN("policy/suffix", cases)
