#include "stubd/base/state_file.h"
#include "stubd/engine/sandbox.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A state folder: a secret, and the folder of the root's keys. */
static struct fixture {
	char folder[64], root[96], key[128], secret[96], beside[128];
} fix;

static void
write_file(const char *path)
{
	CU_ASSERT_EQUAL_FATAL(state_file_write(path, "before", 6), 0);
}

static void
begin(void)
{
	strcpy(fix.folder, "/tmp/stubd-sandbox.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(fix.folder));
	snprintf(fix.root, sizeof(fix.root), "%s/root", fix.folder);
	snprintf(fix.key, sizeof(fix.key), "%s/root.key", fix.root);
	snprintf(fix.secret, sizeof(fix.secret), "%s/seed", fix.folder);
	snprintf(fix.beside, sizeof(fix.beside), "%s/other", fix.folder);
	CU_ASSERT_EQUAL_FATAL(mkdir(fix.root, 0700), 0);
	write_file(fix.key);
	write_file(fix.secret);
}

static void
end(void)
{
	unlink(fix.key);
	unlink(fix.secret);
	CU_ASSERT_EQUAL(rmdir(fix.root), 0);
	CU_ASSERT_EQUAL(rmdir(fix.folder), 0);
}

/* Does `attempt` fare well in a process that is shut in? */
static bool
shut_in(const struct sandbox_files *files, bool (*attempt)(void))
{
	const pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		sandbox_enter(files);
		_exit(attempt() ? 0 : 1);
	}
	CU_ASSERT_TRUE_FATAL(pid > 0);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFEXITED(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
replaces_the_key(void)
{
	char *text;
	size_t n;

	return state_file_write(fix.key, "after", 5) == 0 &&
	       state_file_read(fix.key, 100, &text, &n) == 0 && strcmp(text, "after") == 0;
}

static bool
reads_the_key(void)
{
	return open(fix.key, O_RDONLY) >= 0;
}

static bool
touches_the_secret(void)
{
	return open(fix.secret, O_RDONLY) >= 0 || open(fix.secret, O_WRONLY) >= 0 ||
	       truncate(fix.secret, 0) == 0 || unlink(fix.secret) == 0 ||
	       rename(fix.key, fix.secret) == 0 || rename(fix.secret, fix.key) == 0;
}

static bool
makes_another_file(void)
{
	return open(fix.beside, O_WRONLY | O_CREAT, 0600) >= 0 || mkdir(fix.beside, 0700) == 0 ||
	       symlink(fix.secret, fix.beside) == 0 || rename(fix.key, fix.beside) == 0;
}

static bool
links_the_secret(void)
{
	char link_path[160];

	snprintf(link_path, sizeof(link_path), "%s/link", fix.root);
	return symlink(fix.secret, link_path) == 0 || link(fix.secret, link_path) == 0;
}

static void
the_keys_are_replaced_and_nothing_else_is_touched(void)
{
	struct sandbox_files files;

	begin();
	files = (struct sandbox_files){ .writable = fix.key };
	CU_ASSERT_TRUE(shut_in(&files, replaces_the_key));
	CU_ASSERT_FALSE(shut_in(&files, touches_the_secret));
	CU_ASSERT_FALSE(shut_in(&files, makes_another_file));
	CU_ASSERT_FALSE(shut_in(&files, links_the_secret));
	end();
}

static void
what_may_be_read_may_not_be_replaced(void)
{
	struct sandbox_files files;

	begin();
	files = (struct sandbox_files){ .readable = { fix.key } };
	CU_ASSERT_TRUE(shut_in(&files, reads_the_key));
	CU_ASSERT_FALSE(shut_in(&files, replaces_the_key));
	CU_ASSERT_FALSE(shut_in(&files, touches_the_secret));
	end();
}

static const struct unit_case cases[] = {
	{ "the root's keys are replaced, and nothing else is touched",
	    the_keys_are_replaced_and_nothing_else_is_touched },
	{ "what may be read may not be replaced", what_may_be_read_may_not_be_replaced },
};

static bool
can_be_tested(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false; /* there are limits only */
#else
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
#endif
}

int
main(void)
{
	if (!can_be_tested())
		return UNIT_SKIPPED;
	return unit_run("engine/sandbox", cases, sizeof(cases) / sizeof(*cases));
}
