#include "stubd/persist_load.h"

#include "policy/config.h"
#include "policy/nta.h"
#include "policy/siphash.h"
#include "stubd/base/log.h"
#include "stubd/base/walltime.h"
#include "stubd/cache/cache.h"
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/query/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BOOT_ID_TEXT = 36 };

struct persist_load {
	struct loop *loop;
	struct resolver *resolver;
	const char *path; /* borrowed */
	struct timer slice;
	int fd;		 /* -1: nothing is being read */
	int64_t elapsed; /* s from when it was written to when its reading began */
	msec began;	 /* on the loop's clock */
	uint64_t flushes, policy;
	size_t answers, over, refused;
	struct rcur cur; /* in block */
	uint8_t *block;	 /* owned; CACHE_FILE_BLOCK_MAX octets */
};

/* --- what a file depends on ------------------------------------------------------------------------ */

uint64_t
persist_policy(const struct resolver *r)
{
	const struct nta_table *ntas = r->ntas;
	uint64_t hash = r->policy->fingerprint;

	for (size_t i = 0; ntas && i < ntas->n; i++) {
		const struct name *name = &ntas->entries[i].name;
		const uint64_t key[2] = { hash, i };

		hash = siphash_table(key, name->wire, name->len);
	}
	return hash;
}

/* The kernel's name for this start of the machine; zeros where it does not tell. */
static void
read_boot_id(uint8_t id[CACHE_FILE_BOOT_ID])
{
	const int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	const uint64_t key[2] = { 0 }, other[2] = { 1 };
	char text[BOOT_ID_TEXT];
	uint64_t hash[2];

	memset(id, 0, CACHE_FILE_BOOT_ID);
	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text)) == sizeof(text)) {
		hash[0] = siphash(key, text, sizeof(text));
		hash[1] = siphash(other, text, sizeof(text));
		memcpy(id, hash, sizeof(hash));
	}
	close(fd);
}

void
persist_time(struct cache_file_time *t)
{
	struct timespec boot = { 0 };

	t->synchronised = walltime_read(&t->wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	t->boot = boot.tv_sec;
	read_boot_id(t->boot_id);
}

/* --- reading --- */

static void
stop(struct persist_load *l, enum log_level level, const char *why)
{
	timer_stop(&l->slice);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	free(l->block);
	l->block = NULL;
	log_line(level, "cache: file=%s answers=%zu over=%zu refused=%zu end=\"%s\"", l->path,
	    l->answers, l->over, l->refused, why);
}

void
persist_load_stop(struct persist_load *l, const char *why)
{
	if (l && l->fd >= 0)
		stop(l, LOG_LEVEL_INFO, why);
	else if (l)
		timer_stop(&l->slice);
}

static bool
read_whole(int fd, void *bytes, size_t n)
{
	uint8_t *at = bytes;

	while (n > 0) {
		const ssize_t got = read(fd, at, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
	return true;
}

/* Reads the next block. Returns 0, -ENOENT at the end, or -EBADMSG. */
static int
read_block(struct persist_load *l)
{
	uint8_t head[CACHE_FILE_BLOCK];
	size_t n;

	if (!read_whole(l->fd, head, sizeof(head)) || cache_file_get_block(head, &n) < 0 ||
	    !read_whole(l->fd, l->block, n) || !cache_file_is_whole(head, l->block, n))
		return -EBADMSG;
	l->cur = rcur_make(l->block, n);
	return n ? 0 : -ENOENT;
}

/* What is_public() judges by: cache_file_get_record() reads the question first. */
struct asked {
	const struct resolver *resolver;
	struct question question;
};

/* By the type, too: the addresses of a top-level domain are nobody's to ask for, its servers are. */
static bool
is_public(void *arg, const struct name *name)
{
	const struct view providers = { .kind = VIEW_PROVIDERS, .id = PERSIST_VIEW };
	const struct asked *asked = arg;

	return resolver_same_view(asked->resolver, &providers, name, asked->question.type);
}

static void
take_record(struct persist_load *l)
{
	struct resolver *r = l->resolver;
	struct asked asked = { .resolver = r };
	const struct question *question = &asked.question;
	const struct cache_key key = { .question = question, .view = PERSIST_VIEW };
	struct answer *answer = NULL;
	const msec now = loop_now(l->loop);
	const uint32_t elapsed = (uint32_t)(l->elapsed + (int64_t)(now - l->began) / 1000);
	const int err =
	    cache_file_get_record(&l->cur, elapsed, is_public, &asked, &asked.question, &answer);

	if (err == -ESTALE) {
		l->over++;
	} else if (err || question->class != CLASS_IN || !is_public(&asked, &question->name)) {
		l->refused++;
	} else {
		cache_restore(r->cache, &key, now, answer);
		l->answers++;
	}
	answer_free(answer);
}

static void
on_slice(void *arg)
{
	struct persist_load *l = arg;
	int err = 0;

	if (cache_flushes(l->resolver->cache) != l->flushes ||
	    persist_policy(l->resolver) != l->policy) {
		persist_load_stop(l, "something was flushed");
		return;
	}
	for (unsigned i = 0; i < PERSIST_SLICE && !err; i++) {
		if (rcur_left(&l->cur) == 0)
			err = read_block(l);
		if (!err)
			take_record(l);
		if (l->cur.bad)
			err = -EBADMSG;
	}
	if (err == -EBADMSG)
		stop(l, LOG_LEVEL_WARN, "it is broken; what follows is not believed");
	else if (err)
		persist_load_stop(l, "all of it");
	else
		timer_start(&l->slice, PERSIST_PAUSE);
}

/* Is that what was written here? Fills *header. Returns NULL, or why not: no fault of the disk's makes it
 * so, but for its first octets. */
static const char *
distrust(const struct persist_load *l, struct cache_file_header *header)
{
	uint8_t head[CACHE_FILE_HEADER];
	struct stat st;

	if (fstat(l->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "it is no regular file";
	if (st.st_uid != geteuid())
		return "it is another user's";
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "others may read or write it";
	if ((uint64_t)st.st_size / PERSIST_FILE_SHARE > l->resolver->policy->cache_size)
		return "it is larger than the cache could be";
	if (!read_whole(l->fd, head, sizeof(head)) || cache_file_get_header(head, header) < 0)
		return "it is no file of this version";
	return NULL;
}

/* Does it count here and now? Then prepares for it. Returns NULL, or why not. */
static const char *
judge(struct persist_load *l, const struct cache_file_header *header)
{
	struct cache_file_time now;

	if (header->policy != persist_policy(l->resolver))
		return "it is of another configuration";
	persist_time(&now);
	l->elapsed = cache_file_elapsed(&header->time, &now);
	if (l->elapsed < 0)
		return "nobody knows how old it is";
	if (l->elapsed > ANSWER_TTL_MAX)
		return "it is too old";
	l->block = malloc(CACHE_FILE_BLOCK_MAX);
	if (!l->block)
		return "out of memory";
	l->cur = rcur_make(l->block, 0);
	l->policy = header->policy;
	l->began = loop_now(l->loop);
	l->flushes = cache_flushes(l->resolver->cache);
	return NULL;
}

static void
on_start(void *arg)
{
	struct persist_load *l = arg;
	struct cache_file_header header;
	const char *strange, *why;

	l->fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (l->fd < 0 && errno == ENOENT)
		return;
	strange = l->fd < 0 ? strerror(errno) : distrust(l, &header);
	why = strange ? strange : judge(l, &header);
	if (!why) {
		l->slice.cb = on_slice;
		timer_start(&l->slice, PERSIST_PAUSE);
		return;
	}
	stop(l, strange ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, why);
	unlink(l->path);
}

struct persist_load *
persist_load_new(struct loop *loop, struct resolver *resolver, const char *path)
{
	struct persist_load *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->loop = loop;
	l->resolver = resolver;
	l->path = path;
	l->fd = -1;
	timer_init(&l->slice, loop, on_start, l);
	return l;
}

void
persist_load_start(struct persist_load *l)
{
	timer_start(&l->slice, 0);
}

bool
persist_load_runs(const struct persist_load *l)
{
	return l && timer_running(&l->slice);
}

struct persist_load *
persist_load_free(struct persist_load *l)
{
	if (l)
		persist_load_stop(l, "stubd was stopped");
	free(l);
	return NULL;
}
