#include "tests/unit/unit.h"

#include "stubd/base/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	char folder[64], file[128], aside[140];
};

static void
open_place(struct place *p)
{
	strcpy(p->folder, "/tmp/stubd-state.XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->folder));
	snprintf(p->file, sizeof(p->file), "%s/file", p->folder);
	snprintf(p->aside, sizeof(p->aside), "%s.new", p->file);
}

static void
close_place(const struct place *p)
{
	unlink(p->file);
	CU_ASSERT_EQUAL(rmdir(p->folder), 0);
}

static void
what_is_written_is_read_and_private(void)
{
	struct place p;
	struct stat st;
	char *text = NULL;
	size_t n = 0;

	open_place(&p);
	CU_ASSERT_EQUAL(state_file_read(p.file, 100, &text, &n), -ENOENT);
	CU_ASSERT_EQUAL(state_file_write(p.file, "one", 3), 0);
	CU_ASSERT_EQUAL(chmod(p.file, 0666), 0);
	CU_ASSERT_EQUAL(state_file_write(p.file, "another", 7), 0);
	CU_ASSERT_EQUAL(state_file_read(p.file, 7, &text, &n), 0);
	CU_ASSERT_EQUAL(n, 7);
	CU_ASSERT_STRING_EQUAL(text, "another");
	free(text);
	CU_ASSERT_EQUAL(stat(p.file, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_EQUAL(state_file_read(p.file, 6, &text, &n), -EFBIG);
	close_place(&p);
}

static void
a_failure_leaves_the_old_one(void)
{
	struct place p;
	char *text = NULL;
	size_t n = 0;

	open_place(&p);
	CU_ASSERT_EQUAL(state_file_write(p.file, "old", 3), 0);
	/* A folder stands where the new one would be written. */
	CU_ASSERT_EQUAL(mkdir(p.aside, 0700), 0);
	CU_ASSERT_EQUAL(state_file_write(p.file, "new", 3), -EEXIST);
	CU_ASSERT_EQUAL(state_file_read(p.file, 100, &text, &n), 0);
	CU_ASSERT_STRING_EQUAL(text, "old");
	free(text);
	CU_ASSERT_EQUAL(rmdir(p.aside), 0);
	close_place(&p);
}

/* /proc is such a filesystem. /proc/self/smaps has some hundred octets for each mapping. */
static void
is_read_to_its_end_where_the_filesystem_tells_no_size(void)
{
	const char *path = "/proc/self/smaps";
	char *text = NULL;
	struct stat st;
	size_t n = 0;

	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_size, 0);
	CU_ASSERT_EQUAL_FATAL(state_file_read(path, 1 << 20, &text, &n), 0);
	CU_ASSERT(n > 4096);
	CU_ASSERT_EQUAL(strlen(text), n);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "[stack]"));
	free(text);
	CU_ASSERT_EQUAL(state_file_read(path, 100, &text, &n), -EFBIG);
	CU_ASSERT_EQUAL(state_file_read(path, 4096, &text, &n), -EFBIG);
}

static void
what_is_no_file_is_refused(void)
{
	struct place p;
	char *text = NULL;
	size_t n = 0;

	open_place(&p);
	CU_ASSERT_EQUAL(mkfifo(p.file, 0600), 0);
	CU_ASSERT_EQUAL(state_file_read(p.file, 100, &text, &n), -EINVAL);
	close_place(&p);
}

static void
removing_leaves_nothing_of_a_crash(void)
{
	struct place p;
	FILE *f;

	open_place(&p);
	CU_ASSERT_EQUAL(state_file_remove(p.file), 0);
	CU_ASSERT_EQUAL(state_file_write(p.file, "old", 3), 0);
	f = fopen(p.aside, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fclose(f);
	CU_ASSERT_EQUAL(state_file_remove(p.file), 0);
	CU_ASSERT_EQUAL(access(p.file, F_OK), -1);
	CU_ASSERT_EQUAL(access(p.aside, F_OK), -1);
	CU_ASSERT_EQUAL(mkdir(p.file, 0700), 0);
	CU_ASSERT_EQUAL(state_file_remove(p.file), -EISDIR);
	CU_ASSERT_EQUAL(rmdir(p.file), 0);
	close_place(&p);
}

static const struct unit_case cases[] = {
	{ "what is written is read, and is its owner's alone",
	    what_is_written_is_read_and_private },
	{ "a failure leaves the old one", a_failure_leaves_the_old_one },
	{ "one that is removed leaves nothing that a crash has left beside it",
	    removing_leaves_nothing_of_a_crash },
	{ "is read to its end where the filesystem tells no size",
	    is_read_to_its_end_where_the_filesystem_tells_no_size },
	{ "a FIFO is no such file", what_is_no_file_is_refused },
};

UNIT_MAIN("base/state_file", cases)
