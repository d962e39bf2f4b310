#include "stubd/crew.h"

#include "stubd/front/listen.h"
#include "stubd/front/tcp.h"
#include "stubd/front/totals.h"
#include "stubd/front/udp.h"
#include "stubd/net/doorbell.h"
#include "stubd/net/loop.h"
#include "stubd/query/errand.h"
#include "stubd/query/guard.h"
#include "stubd/query/query.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct worker {
	struct crew *crew;
	pthread_t thread;
	bool running;
	struct loop *loop;
	struct doorbell *bell;
	struct resolver resolver;
	struct desk *desk;
	struct udp_front *udp;
	struct tcp_front *tcp;
};

struct crew {
	struct resolver *resolver; /* the main thread's */
	struct office *office;
	unsigned halts;	      /* the main thread's: how deep they are nested */
	pthread_mutex_t lock; /* of the rest of this struct up to workers */
	pthread_cond_t go, stands;
	bool halt, end;
	size_t standing;
	size_t n;
	struct worker workers[];
};

/* --- a worker's thread ------------------------------------------------------------------------ */

static void
on_bell(void *arg)
{
	struct worker *w = arg;
	struct crew *crew = w->crew;

	pthread_mutex_lock(&crew->lock);
	if (crew->halt) {
		crew->standing++;
		pthread_cond_signal(&crew->stands);
		while (crew->halt)
			pthread_cond_wait(&crew->go, &crew->lock);
		crew->standing--;
	}
	if (crew->end)
		loop_stop(w->loop);
	pthread_mutex_unlock(&crew->lock);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	char name[32];

	snprintf(name, sizeof(name), "stubd/%d", (int)(w - w->crew->workers) + 1);
	pthread_setname_np(pthread_self(), name);
	loop_run(w->loop);
	return NULL;
}

/* --- the main thread -------------------------------------------------------------------------- */

/* The number of those that can stand still. */
static size_t
running(const struct crew *crew)
{
	size_t n = 0;

	for (size_t i = 0; i < crew->n; i++)
		n += crew->workers[i].running;
	return n;
}

static void
ring_all(struct crew *crew)
{
	for (size_t i = 0; i < crew->n; i++)
		if (crew->workers[i].running)
			doorbell_ring(crew->workers[i].bell);
}

void
crew_halt(struct crew *crew)
{
	size_t n;

	if (!crew || crew->halts++ > 0)
		return;
	n = running(crew);
	pthread_mutex_lock(&crew->lock);
	crew->halt = true;
	ring_all(crew);
	while (crew->standing < n)
		pthread_cond_wait(&crew->stands, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
}

/* What they read is the main thread's as it is now. */
static void
hand_out(struct crew *crew)
{
	const struct resolver *from = crew->resolver;

	for (size_t i = 0; i < crew->n; i++) {
		struct resolver *r = &crew->workers[i].resolver;

		r->policy = from->policy;
		r->netview = from->netview;
		r->verdicts.trouble = from->verdicts.trouble;
	}
}

void
crew_go(struct crew *crew)
{
	if (!crew || --crew->halts > 0)
		return;
	hand_out(crew);
	pthread_mutex_lock(&crew->lock);
	crew->halt = false;
	pthread_cond_broadcast(&crew->go);
	pthread_mutex_unlock(&crew->lock);
}

static void
on_changed(void *arg)
{
	crew_halt(arg);
	crew_go(arg);
}

static int
worker_open(struct worker *w, struct crew *crew)
{
	struct resolver *r = &w->resolver;

	w->crew = crew;
	w->loop = loop_new();
	if (!w->loop)
		return -ENOMEM;
	list_init(&r->queries);
	list_init(&r->flying);
	r->loop = w->loop;
	r->cache = crew->resolver->cache;
	r->guard = crew->resolver->guard;
	w->bell = doorbell_new(w->loop, on_bell, w);
	w->desk = r->desk = desk_new(crew->office, r);
	w->udp = udp_new(r);
	w->tcp = tcp_new(r);
	return w->bell && w->desk && w->udp && w->tcp ? 0 : -ENOMEM;
}

/* The thread has ended, or never began. */
static void
worker_close(struct worker *w)
{
	if (w->desk)
		desk_finish(w->desk);
	w->udp = udp_free(w->udp);
	w->tcp = tcp_free(w->tcp);
	w->desk = desk_free(w->desk);
	w->bell = doorbell_free(w->bell);
	w->loop = loop_free(w->loop);
}

struct crew *
crew_new(struct resolver *resolver, size_t n)
{
	struct crew *crew = calloc(1, sizeof(*crew) + n * sizeof(crew->workers[0]));

	if (!crew)
		return NULL;
	crew->resolver = resolver;
	crew->n = n;
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->go, NULL);
	pthread_cond_init(&crew->stands, NULL);
	if (!resolver->guard)
		resolver->guard = guard_new();
	crew->office = office_new(resolver);
	if (!resolver->guard || !crew->office)
		return crew_end(crew);
	for (size_t i = 0; i < n; i++)
		if (worker_open(&crew->workers[i], crew) < 0)
			return crew_end(crew);
	resolver->changed = on_changed;
	resolver->changed_arg = crew;
	return crew;
}

int
crew_serve(struct crew *crew, const struct listen_socket *s)
{
	for (size_t i = 0; crew && i < crew->n; i++) {
		struct worker *w = &crew->workers[i];
		const int fd = listen_again(s);
		int err;

		if (fd < 0)
			return fd;
		err = s->stream ? tcp_add(w->tcp, fd) : udp_add(w->udp, fd);
		if (err < 0) {
			close(fd);
			return err;
		}
	}
	return 0;
}

int
crew_start(struct crew *crew)
{
	sigset_t all, before;
	int err = 0;

	if (!crew)
		return 0;
	hand_out(crew);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < crew->n && !err; i++) {
		struct worker *w = &crew->workers[i];

		err = pthread_create(&w->thread, NULL, work, w);
		w->running = err == 0;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

void
crew_drain(struct crew *crew)
{
	crew_halt(crew);
	for (size_t i = 0; crew && i < crew->n; i++) {
		udp_drain(crew->workers[i].udp);
		tcp_drain(crew->workers[i].tcp);
		desk_take(crew->workers[i].desk);
	}
	crew_go(crew);
}

void
crew_totals(struct crew *crew, struct totals *totals)
{
	uint64_t handed = 0, on_the_way;

	if (!crew)
		return;
	crew_halt(crew);
	for (size_t i = 0; i < crew->n; i++) {
		const struct worker *w = &crew->workers[i];

		totals_add(totals, &w->resolver.counters, w->udp, w->tcp);
		handed += w->resolver.counters.handed;
	}
	crew_go(crew);
	/* Each of them is counted as a query by both sides, or by one and is not there yet. */
	on_the_way = handed - office_taken(crew->office);
	totals->query.queries -= office_taken(crew->office);
	totals->query.waiting += on_the_way;
}

struct crew *
crew_end(struct crew *crew)
{
	if (!crew)
		return NULL;
	crew->resolver->changed = NULL;
	pthread_mutex_lock(&crew->lock);
	crew->end = true;
	ring_all(crew);
	pthread_mutex_unlock(&crew->lock);
	for (size_t i = 0; i < crew->n; i++)
		if (crew->workers[i].running)
			pthread_join(crew->workers[i].thread, NULL);
	for (size_t i = 0; i < crew->n; i++)
		worker_close(&crew->workers[i]);
	crew->office = office_free(crew->office);
	pthread_cond_destroy(&crew->go);
	pthread_cond_destroy(&crew->stands);
	pthread_mutex_destroy(&crew->lock);
	free(crew);
	return NULL;
}
