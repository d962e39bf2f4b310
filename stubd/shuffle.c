#include "stubd/shuffle.h"

#include "policy/select.h"
#include "stubd/base/log.h"
#include "stubd/net/loop.h"
#include "stubd/net/tls_store.h"
#include "stubd/query/resolver.h"
#include "stubd/upstream/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Looks again when the period ends, or in a while: the clock may be set, and timers pause in sleep. */
static void
look_again(struct shuffle *s, uint64_t period)
{
	uint64_t left;

	timer_stop(&s->look);
	if (!period)
		return;
	left = draw_left(&s->seed, period, clock_wall_s());
	timer_start(&s->look, (left < SHUFFLE_LOOK ? left : SHUFFLE_LOOK) * 1000);
}

static void
on_look(void *arg)
{
	struct shuffle *s = arg;
	const uint64_t period = s->resolver->policy->reshuffle;
	int err = 0;

	if (draw_left(&s->seed, period, clock_wall_s()) == 0)
		err = shuffle_again(s);
	if (err < 0) {
		log_warn("draw: error=\"%s\" tried again later", strerror(-err));
		timer_start(&s->look, SHUFFLE_LOOK * 1000);
		return;
	}
	look_again(s, period);
}

void
shuffle_init(struct shuffle *s, struct loop *loop, struct resolver *resolver, struct tls_store *tls)
{
	memset(s, 0, sizeof(*s));
	s->resolver = resolver;
	s->tls = tls;
	timer_init(&s->look, loop, on_look, s);
}

int
shuffle_open(struct shuffle *s, const char *state_dir)
{
	s->state = strdup(state_dir);
	if (!s->state)
		return -ENOMEM;
	draw_open(&s->seed, s->state, clock_wall_s());
	return 0;
}

void
shuffle_take(struct shuffle *s, const struct draw_order *order, uint64_t reshuffle)
{
	draw_clear(&s->order);
	s->order = *order;
	s->resolver->draw = s->order.value;
	look_again(s, reshuffle);
}

static void
retire_unused(struct shuffle *s)
{
	const struct resolver *r = s->resolver;
	const struct draw *draw = &s->order.value;

	for (size_t i = select_members(r->policy, draw); i < draw->n; i++)
		pool_retire(r->pool, draw->order[i]);
	tls_store_forget_sessions(s->tls);
}

int
shuffle_again(struct shuffle *s)
{
	const struct policy *policy = s->resolver->policy;
	struct draw_seed seed;
	struct draw_order order;
	int err;

	draw_fresh(&seed, clock_wall_s());
	err = draw_make(&seed, policy, &order);
	if (err < 0)
		return err;
	err = draw_keep(&seed, s->state);
	if (err < 0 && s->seed.kept) {
		draw_clear(&order);
		return err;
	}
	s->seed = seed;
	shuffle_take(s, &order, policy->reshuffle);
	retire_unused(s);
	log_info("draw: made anew providers=%zu operators=%zu", s->order.value.n,
	    s->order.value.operators);
	return 0;
}

json_t *
shuffle_report(const struct shuffle *s)
{
	const struct policy *policy = s->resolver->policy;
	const struct draw *draw = &s->order.value;
	const bool listed = policy->strategy == STRATEGY_ORDERED;
	json_t *members = json_array();

	for (size_t i = 0; !listed && i < select_members(policy, draw); i++)
		json_array_append_new(
		    members, json_string(policy->upstreams[draw->order[i]]->name));
	return json_pack("{s:o, s:I, s:b, s:o}", "members", members, "drawn_at",
	    (json_int_t)s->seed.drawn, "kept", s->seed.kept, "reshuffle_s",
	    policy->reshuffle ? json_integer((json_int_t)policy->reshuffle) : json_null());
}

void
shuffle_close(struct shuffle *s)
{
	if (s->look.loop)
		timer_stop(&s->look);
	draw_clear(&s->order);
	free(s->state);
	s->state = NULL;
}
