#include "stubd/base/list.h"

#include "tests/unit/unit.h"

struct item {
	int value;
	struct list link;
};

/* The values of a list as one decimal number. */
static int
digits(struct list *head)
{
	int n = 0;

	list_for_each (it, head) {
		n = 10 * n + container_of(it, struct item, link)->value;
	}
	return n;
}

static void
keeps_order(void)
{
	struct list head;
	struct item a = { .value = 1 }, b = { .value = 2 }, c = { .value = 3 };

	list_init(&head);
	CU_ASSERT(list_empty(&head));
	list_push_back(&head, &b.link);
	list_push_back(&head, &c.link);
	list_push_front(&head, &a.link);
	CU_ASSERT_FALSE(list_empty(&head));
	CU_ASSERT_EQUAL(digits(&head), 123);
	list_remove(&b.link);
	CU_ASSERT_EQUAL(digits(&head), 13);
	list_remove(&b.link); /* twice is harmless */
	CU_ASSERT_EQUAL(digits(&head), 13);
}

static void
lets_the_current_one_go(void)
{
	struct list head;
	struct item items[5];

	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].value = i + 1;
		list_push_back(&head, &items[i].link);
	}
	list_for_each (it, &head) {
		if (container_of(it, struct item, link)->value % 2 == 0)
			list_remove(it);
	}
	CU_ASSERT_EQUAL(digits(&head), 135);
	list_for_each (it, &head) {
		list_remove(it);
	}
	CU_ASSERT(list_empty(&head));
}

static void
moves_all_behind_another(void)
{
	struct list head, other;
	struct item items[4];

	list_init(&head);
	list_init(&other);
	for (int i = 0; i < 4; i++) {
		items[i].value = i + 1;
		list_push_back(i < 2 ? &head : &other, &items[i].link);
	}
	list_move_all(&head, &other);
	CU_ASSERT_EQUAL(digits(&head), 1234);
	CU_ASSERT(list_empty(&other));
	list_move_all(&head, &other);
	CU_ASSERT_EQUAL(digits(&head), 1234);
	list_move_all(&other, &head);
	CU_ASSERT_EQUAL(digits(&other), 1234);
	CU_ASSERT(list_empty(&head));
}

static const struct unit_case cases[] = {
	{ "a list keeps its order", keeps_order },
	{ "the current object may leave while the list is walked", lets_the_current_one_go },
	{ "all of a list moves behind another", moves_all_behind_another },
};

UNIT_MAIN("base/list", cases)
