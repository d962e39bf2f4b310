#include "stubd/query/scopes.h"

#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/query/resolver.h"
#include "tests/unit/unit.h"
#include "tests/unit/wire/packet.h"

struct desk {
	struct resolver r;
	struct question question;
};

static void
desk_open(struct desk *desk)
{
	memset(desk, 0, sizeof(*desk));
	desk->r.loop = loop_new();
	desk->r.cache = cache_new(1 << 20);
	desk->question = packet_question("www.example", TYPE_A);
}

static void
desk_close(struct desk *desk)
{
	scopes_free(desk->r.scopes);
	cache_free(desk->r.cache);
	loop_free(desk->r.loop);
}

static struct subnet
net(uint8_t bits, uint8_t a, uint8_t b, uint8_t c)
{
	const struct subnet all = { .family = SUBNET_IPV4, .source = 24, .ip = { a, b, c } };

	return subnet_cut(&all, bits);
}

/* The number that a client of that network, or of none, is answered by; *scope is what it is told. */
static uint32_t
choose(struct desk *desk, const struct subnet *subnet, unsigned *scope)
{
	struct msg_query msg = packet_query("www.example", TYPE_A, FLAG_RD, false, false);
	struct view view = { .kind = VIEW_PROVIDERS };

	msg.tells_subnet = subnet != NULL;
	if (subnet)
		msg.subnet = *subnet;
	scopes_choose(&desk->r, &desk->question, &msg, &view);
	*scope = subnet ? msg.subnet.scope : 0;
	return view.id;
}

static void
answered(struct desk *desk, uint32_t number)
{
	const struct cache_key key = { .question = &desk->question, .view = number };
	struct answer *answer;
	struct packet p;

	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	answer = packet_answer(&p, "www.example", TYPE_A, NULL);
	cache_put(desk->r.cache, &key, loop_now(desk->r.loop), answer);
	answer_free(answer);
}

static void
an_answer_is_found_by_those_it_is_for(void)
{
	const struct subnet a = net(24, 198, 51, 100), b = net(24, 198, 51, 7),
			    c = net(24, 9, 9, 9);
	const struct subnet wide = net(16, 198, 51, 0), wider = net(8, 198, 0, 0);
	struct desk desk;
	uint32_t asked, kept;
	unsigned scope;

	desk_open(&desk);
	asked = choose(&desk, &a, &scope);
	CU_ASSERT(asked >= SCOPES_MAX && scope == 0);
	kept = scopes_of_answer(desk.r.scopes, &a, 16);
	CU_ASSERT(kept != asked && kept == scopes_number(desk.r.scopes, &wide));
	answered(&desk, kept);
	CU_ASSERT(choose(&desk, &a, &scope) == kept && scope == 16);
	CU_ASSERT(choose(&desk, &b, &scope) == kept && scope == 16);
	CU_ASSERT(choose(&desk, &wide, &scope) == kept && scope == 16);
	CU_ASSERT(choose(&desk, &wider, &scope) != kept && scope == 0);
	CU_ASSERT(choose(&desk, &c, &scope) != kept && scope == 0);
	CU_ASSERT_EQUAL(choose(&desk, NULL, &scope), 0);
	/* The longest one counts. */
	kept = scopes_of_answer(desk.r.scopes, &b, 24);
	answered(&desk, kept);
	CU_ASSERT(choose(&desk, &b, &scope) == kept && scope == 24);
	CU_ASSERT(choose(&desk, &a, &scope) != kept && scope == 16);
	desk_close(&desk);
}

static void
what_is_for_everybody_is_for_those_without_a_network_too(void)
{
	const struct subnet a = net(24, 198, 51, 100), nobody = net(0, 0, 0, 0);
	struct desk desk;
	unsigned scope;

	desk_open(&desk);
	choose(&desk, &a, &scope);
	answered(&desk, 0);
	/* Not the other way: nobody was told of a network. */
	CU_ASSERT(choose(&desk, &a, &scope) >= SCOPES_MAX);
	CU_ASSERT_EQUAL(choose(&desk, NULL, &scope), 0);
	cache_flush(desk.r.cache, NULL, true);
	answered(&desk, scopes_of_answer(desk.r.scopes, &a, 0));
	CU_ASSERT_EQUAL(choose(&desk, NULL, &scope), SCOPE_ALL);
	CU_ASSERT_EQUAL(choose(&desk, &a, &scope), SCOPE_ALL);
	CU_ASSERT_EQUAL(choose(&desk, &nobody, &scope), SCOPE_ALL);
	CU_ASSERT_EQUAL(scope, 0);
	desk_close(&desk);
}

static void
who_wants_nobody_told_has_answers_of_their_own(void)
{
	const struct subnet a = net(24, 198, 51, 100), nobody = net(0, 0, 0, 0);
	struct desk desk;
	uint32_t number;
	unsigned scope;

	desk_open(&desk);
	number = choose(&desk, &nobody, &scope);
	CU_ASSERT_EQUAL(scopes_of_answer(desk.r.scopes, &nobody, 0), number);
	answered(&desk, number);
	CU_ASSERT_EQUAL(choose(&desk, &nobody, &scope), number);
	CU_ASSERT(choose(&desk, &a, &scope) != number);
	CU_ASSERT_EQUAL(choose(&desk, NULL, &scope), 0);
	desk_close(&desk);
}

static void
beyond_the_limit_the_one_used_longest_ago_is_forgotten(void)
{
	struct scopes *scopes = scopes_new(NULL);
	const struct subnet first = net(24, 1, 2, 3), second = net(24, 1, 2, 4);
	uint32_t one, two;
	struct subnet found;

	CU_ASSERT_PTR_NOT_NULL_FATAL(scopes);
	one = scopes_number(scopes, &first);
	two = scopes_number(scopes, &second);
	CU_ASSERT(one != two && one < 1 << 23 && one > SCOPE_ALL);
	for (unsigned i = 0; i < SCOPES_MAX - 2; i++) {
		const struct subnet other = net(24, 10, (uint8_t)(i >> 8), (uint8_t)i);

		scopes_number(scopes, &other);
		CU_ASSERT_EQUAL(scopes_number(scopes, &first), one);
	}
	CU_ASSERT_TRUE(scopes_subnet(scopes, two, &found));
	CU_ASSERT(subnet_equal(&found, &second));
	scopes_number(scopes, &(struct subnet){ .family = SUBNET_IPV6, .source = 1 });
	CU_ASSERT_FALSE(scopes_subnet(scopes, two, &found));
	CU_ASSERT_EQUAL(scopes_number(scopes, &first), one);
	/* It comes back under another number. */
	CU_ASSERT(scopes_number(scopes, &second) != two);
	CU_ASSERT_FALSE(scopes_subnet(scopes, SCOPE_ALL, &found));
	CU_ASSERT_FALSE(scopes_subnet(NULL, one, &found));
	scopes_free(scopes);
}

static void
numbers_are_never_a_split_views_however_often_networks_come(void)
{
	struct cache *cache = cache_new(1 << 20);
	struct scopes *scopes = scopes_new(cache);
	uint32_t most = 0, least = UINT32_MAX;
	struct question question = packet_question("www.example", TYPE_A);
	struct cache_key key = { .question = &question, .view = SCOPES_MAX };
	struct answer *answer;
	struct packet p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(scopes);
	packet_begin(&p, FLAG_QR, "www.example", TYPE_A);
	packet_a(&p, "www.example", 300, 1);
	answer = packet_answer(&p, "www.example", TYPE_A, NULL);
	cache_put(cache, &key, 1000, answer);
	answer_free(answer);
	for (uint32_t i = 0; i < 1 << 24; i++) {
		const struct subnet other =
		    net(24, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i);
		const uint32_t number = scopes_number(scopes, &other);

		most = number > most ? number : most;
		least = number < least ? number : least;
	}
	CU_ASSERT(least >= SCOPES_MAX && most < 1 << 23);
	/* Who has a number for the second time finds nothing of the first. */
	CU_ASSERT_FALSE(cache_is_fresh(cache, &key, 1000));
	cache_free(cache);
	scopes_free(scopes);
}

static const struct unit_case cases[] = {
	{ "an answer is found by those it is for", an_answer_is_found_by_those_it_is_for },
	{ "what is for everybody is for those without a network, too",
	    what_is_for_everybody_is_for_those_without_a_network_too },
	{ "who wants nobody told has answers of their own",
	    who_wants_nobody_told_has_answers_of_their_own },
	{ "beyond the limit the one used longest ago is forgotten",
	    beyond_the_limit_the_one_used_longest_ago_is_forgotten },
	{ "numbers are never a split view's, however often networks come",
	    numbers_are_never_a_split_views_however_often_networks_come },
};

UNIT_MAIN("query/scopes", cases)
