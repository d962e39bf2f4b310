/*
 * Files come, go and are replaced in a folder of the test's own, and the watch must see it.
 */
#include "stubd/net/loop.h"
#include "stubd/net/timer.h"
#include "stubd/watch/resolv_file.h"
#include "tests/unit/unit.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TIMEOUT = 5000 /* ms until an event that does not come is a failure */ };

struct scene {
	struct loop *loop;
	struct resolv_watch *watch;
	struct timer timeout;
	char folder[64];
	char first[96], second[96]; /* DIR/sub/one, DIR/two */
	const char *wanted;	    /* the addresses that end the wait */
};

static const char *
list(const struct scene *s)
{
	static char text[1024];
	const struct resolv_conf *conf = &resolv_watch_found(s->watch)->conf;
	char one[ADDR_TEXT_MAX];

	text[0] = '\0';
	for (size_t i = 0; i < conf->nservers; i++)
		sprintf(text + strlen(text), "%s%s", i ? " " : "",
		    addr_to_text(&conf->servers[i], one));
	return text;
}

static void
on_change(void *arg)
{
	struct scene *s = arg;

	if (s->wanted && strcmp(list(s), s->wanted) == 0)
		loop_stop(s->loop);
}

static void
on_timeout(void *arg)
{
	struct scene *s = arg;

	loop_stop(s->loop);
}

static void
comes_to(struct scene *s, const char *wanted)
{
	s->wanted = wanted;
	timer_start(&s->timeout, TIMEOUT);
	if (strcmp(list(s), wanted) != 0)
		loop_run(s->loop);
	timer_stop(&s->timeout);
	CU_ASSERT_STRING_EQUAL(list(s), wanted);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
begin(struct scene *s)
{
	char *paths[] = { s->first, s->second };

	memset(s, 0, sizeof(*s));
	strcpy(s->folder, "/tmp/stubd-resolv.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(s->folder));
	snprintf(s->first, sizeof(s->first), "%s/sub/one", s->folder);
	snprintf(s->second, sizeof(s->second), "%s/two", s->folder);
	s->loop = loop_new();
	timer_init(&s->timeout, s->loop, on_timeout, s);
	s->watch = resolv_watch_new(s->loop, on_change, s);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->watch);
	CU_ASSERT_EQUAL(resolv_watch_set(s->watch, paths, 2), 0);
}

static void
end(struct scene *s)
{
	run("rm -rf %s", s->folder);
	s->watch = resolv_watch_free(s->watch);
	loop_free(s->loop);
}

static void
a_file_that_is_replaced_by_a_rename_is_read_anew(void)
{
	struct scene s;
	char next[112];

	begin(&s);
	CU_ASSERT_PTR_NULL(resolv_watch_found(s.watch)->path);
	write_file(s.second, "nameserver 192.0.2.1\n");
	comes_to(&s, "192.0.2.1:53");
	CU_ASSERT_STRING_EQUAL(resolv_watch_found(s.watch)->path, s.second);
	snprintf(next, sizeof(next), "%s.next", s.second);
	for (int i = 2; i < 5; i++) {
		char text[64], wanted[64];

		snprintf(text, sizeof(text), "nameserver 192.0.2.%d\n", i);
		snprintf(wanted, sizeof(wanted), "192.0.2.%d:53", i);
		write_file(next, text);
		CU_ASSERT_EQUAL(rename(next, s.second), 0);
		comes_to(&s, wanted);
	}
	write_file(s.second, "nameserver 192.0.2.9\nnameserver 192.0.2.10\n");
	comes_to(&s, "192.0.2.9:53 192.0.2.10:53");
	end(&s);
}

static void
a_file_that_goes_leaves_its_place_to_the_next(void)
{
	struct scene s;

	begin(&s);
	write_file(s.second, "nameserver 192.0.2.2\n");
	comes_to(&s, "192.0.2.2:53");
	run("mkdir %s/sub && echo nameserver 192.0.2.1 >%s", s.folder, s.first);
	comes_to(&s, "192.0.2.1:53");
	run("rm -r %s/sub", s.folder);
	comes_to(&s, "192.0.2.2:53");
	unlink(s.second);
	comes_to(&s, "");
	CU_ASSERT_PTR_NULL(resolv_watch_found(s.watch)->path);
	run("mkdir %s/sub && echo nameserver 192.0.2.3 >%s", s.folder, s.first);
	comes_to(&s, "192.0.2.3:53");
	end(&s);
}

static void
a_symbolic_link_is_followed_to_what_is_not_there_yet(void)
{
	struct scene s;

	begin(&s);
	run("cd %s && ln -s far/link two && mkdir far && ln -s ../farther/file far/link", s.folder);
	run("cd %s && mkdir farther && echo nameserver 192.0.2.1 >farther/file", s.folder);
	comes_to(&s, "192.0.2.1:53");
	run("cd %s && echo nameserver 192.0.2.2 >farther/next && mv farther/next farther/file",
	    s.folder);
	comes_to(&s, "192.0.2.2:53");
	run("ln -sfn two %s", s.second); /* leads to itself */
	comes_to(&s, "");
	end(&s);
}

static void
what_is_no_file_or_too_long_names_nobody(void)
{
	struct scene s;

	begin(&s);
	CU_ASSERT_EQUAL(mkfifo(s.second, 0600), 0);
	resolv_watch_look(s.watch);
	CU_ASSERT_STRING_EQUAL(list(&s), "");
	CU_ASSERT_STRING_EQUAL(resolv_watch_found(s.watch)->path, s.second);
	unlink(s.second);
	run("{ echo nameserver 192.0.2.1; head -c %d /dev/zero; } >%s", RESOLV_CONF_MAX, s.second);
	resolv_watch_look(s.watch);
	CU_ASSERT_STRING_EQUAL(list(&s), "");
	run("{ echo nameserver 192.0.2.1; head -c 1000 /dev/zero; } >%s", s.second);
	comes_to(&s, "192.0.2.1:53");
	end(&s);
}

static void
other_paths_take_the_place_of_the_first_ones(void)
{
	struct scene s;
	char *paths[1];

	begin(&s);
	paths[0] = s.second;
	write_file(s.second, "nameserver 192.0.2.2\n");
	run("mkdir %s/sub && echo nameserver 192.0.2.1 >%s", s.folder, s.first);
	comes_to(&s, "192.0.2.1:53");
	CU_ASSERT_EQUAL(resolv_watch_set(s.watch, paths, 1), 0);
	CU_ASSERT_STRING_EQUAL(list(&s), "192.0.2.2:53");
	write_file(s.second, "nameserver 192.0.2.3\n");
	comes_to(&s, "192.0.2.3:53");
	CU_ASSERT_EQUAL(resolv_watch_set(s.watch, NULL, 0), 0);
	CU_ASSERT_PTR_NULL(resolv_watch_found(s.watch)->path);
	end(&s);
}

static void
a_way_of_more_folders_than_are_watched_is_still_read(void)
{
	struct scene s;
	char path[PATH_MAX], *paths[1] = { path };

	begin(&s);
	strcpy(path, s.folder);
	for (int i = 0; i < RESOLV_WATCHES; i++) {
		strcat(path, "/d");
		CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	}
	strcat(path, "/file");
	write_file(path, "nameserver 192.0.2.1\n");
	CU_ASSERT_EQUAL(resolv_watch_set(s.watch, paths, 1), 0);
	CU_ASSERT_STRING_EQUAL(list(&s), "192.0.2.1:53");
	end(&s);
}

static const struct unit_case cases[] = {
	{ "a file that is replaced by a rename, or written in place, is read anew",
	    a_file_that_is_replaced_by_a_rename_is_read_anew },
	{ "a file that goes leaves its place to the next, and its folder may go, too",
	    a_file_that_goes_leaves_its_place_to_the_next },
	{ "a symbolic link is followed, to what is not there yet, too",
	    a_symbolic_link_is_followed_to_what_is_not_there_yet },
	{ "what is no file, or too long, names nobody", what_is_no_file_or_too_long_names_nobody },
	{ "other paths take the place of the first ones",
	    other_paths_take_the_place_of_the_first_ones },
	{ "a way of more folders than are watched is still read",
	    a_way_of_more_folders_than_are_watched_is_still_read },
};

UNIT_MAIN("resolv_file", cases)
