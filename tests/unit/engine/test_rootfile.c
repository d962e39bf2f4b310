#include "stubd/engine/rootfile.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WHY = 256 };

static char why[WHY];

static int
check_path(const char *path, enum rootfile_kind kind)
{
	memset(why, 0, sizeof(why));
	return rootfile_check(path, kind, why, sizeof(why));
}

/* Checks an open file by the path that leads to it. */
static int
check_fd(int fd, enum rootfile_kind kind)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return check_path(path, kind);
}

/* Checks a file with these contents. */
static int
check(const char *contents, size_t n, enum rootfile_kind kind)
{
	int result, fd = memfd_create("rootfile", MFD_CLOEXEC);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(write(fd, contents, n), (ssize_t)n);
	result = check_fd(fd, kind);
	close(fd);
	return result;
}

static int
check_text(const char *contents, enum rootfile_kind kind)
{
	return check(contents, strlen(contents), kind);
}

#define SAYS(text) CU_ASSERT_PTR_NOT_NULL(strstr(why, (text)))

static void
shipped_files_are_good(void)
{
	char line[512];
	int anchors = 0, servers = 0;
	FILE *file;

	CU_ASSERT_EQUAL(check_path("stubd/engine/data/root.hints", ROOTFILE_HINTS), 0);
	CU_ASSERT_EQUAL(check_path("stubd/engine/data/root.key", ROOTFILE_ANCHORS), 0);
	file = fopen("stubd/engine/data/root.key", "r");
	while (file && fgets(line, sizeof(line), file))
		anchors += strstr(line, "DS 20326 8 2 ") || strstr(line, "DS 38696 8 2 ");
	if (file)
		fclose(file);
	CU_ASSERT_EQUAL(anchors, 2);
	file = fopen("stubd/engine/data/root.hints", "r");
	while (file && fgets(line, sizeof(line), file))
		servers += strstr(line, " NS ") != NULL;
	if (file)
		fclose(file);
	CU_ASSERT_EQUAL(servers, 13);
}

static void
one_kind_does_not_pass_for_the_other(void)
{
	CU_ASSERT_EQUAL(check_path("stubd/engine/data/root.hints", ROOTFILE_ANCHORS), -EIO);
	SAYS("trust anchors stubd/engine/data/root.hints:");
	SAYS("only DS and DNSKEY");
	CU_ASSERT_EQUAL(check_path("stubd/engine/data/root.key", ROOTFILE_HINTS), -EIO);
	SAYS("root hints stubd/engine/data/root.key:");
	SAYS("only NS, A and AAAA");
}

static void
nothing_is_not_enough(void)
{
	CU_ASSERT_EQUAL(check_text("", ROOTFILE_HINTS), -EIO);
	SAYS("no NS record of the root");
	CU_ASSERT_EQUAL(check_text("; a comment\n", ROOTFILE_ANCHORS), -EIO);
	SAYS("no DS or DNSKEY record of the root");
	CU_ASSERT_EQUAL(check_text(". NS a.example.\n", ROOTFILE_HINTS), -EIO);
	CU_ASSERT_EQUAL(
	    check_text("example. NS a.example.\na.example. A 192.0.2.1\n", ROOTFILE_HINTS), -EIO);
	CU_ASSERT_EQUAL(
	    check_text("example. DS 1 8 2 "
		       "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n",
		ROOTFILE_ANCHORS),
	    -EIO);
}

static void
usual_forms_are_read(void)
{
	CU_ASSERT_EQUAL(check_text("$TTL 3600\n$ORIGIN example.\n. NS a\na\tIN AAAA 2001:db8::1\n",
			    ROOTFILE_HINTS),
	    0);
	CU_ASSERT_EQUAL(check_text(". IN DS 20326 8 2 ( E06D44B80B8F1D39A95C0B0D7C65D08458E88040\n"
				   "\t9BBC683457104237C7F8EC8D ) ; KSK-2017",
			    ROOTFILE_ANCHORS),
	    0);
}

static void
faulty_line_is_named(void)
{
	CU_ASSERT_EQUAL(
	    check_text(". NS a.example.\n\na.example. A 192.0.2.999\n", ROOTFILE_HINTS), -EIO);
	SAYS(":3: ");
	CU_ASSERT_EQUAL(check_text(". DS 20326 8 2 nothex\n", ROOTFILE_ANCHORS), -EIO);
	SAYS(":1: ");
	CU_ASSERT_EQUAL(
	    check_text(". NS a.example.\n$INCLUDE /etc/passwd\n", ROOTFILE_HINTS), -EIO);
	CU_ASSERT_EQUAL(check("\0\xff\xfe . NS\n\n(((", 13, ROOTFILE_HINTS), -EIO);
}

static void
only_a_small_regular_file_will_do(void)
{
	int fd, ends[2];

	CU_ASSERT_EQUAL(check_path("/nonexistent", ROOTFILE_HINTS), -EIO);
	SAYS("root hints /nonexistent: No such file");
	CU_ASSERT_EQUAL(check_path("/tmp", ROOTFILE_HINTS), -EIO);
	SAYS("Is a directory");
	CU_ASSERT_EQUAL(check_path("/dev/zero", ROOTFILE_ANCHORS), -EIO);
	SAYS("/dev/zero");
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	CU_ASSERT_EQUAL(check_fd(ends[0], ROOTFILE_HINTS), -EIO);
	close(ends[0]);
	close(ends[1]);
	fd = memfd_create("rootfile", MFD_CLOEXEC);
	CU_ASSERT_EQUAL(ftruncate(fd, ROOTFILE_SIZE_MAX + 1), 0);
	CU_ASSERT_EQUAL(check_fd(fd, ROOTFILE_HINTS), -EIO);
	SAYS("File too large");
	close(fd);
}

static const struct unit_case cases[] = {
	{ "the shipped files are good, with both root keys", shipped_files_are_good },
	{ "one kind does not pass for the other", one_kind_does_not_pass_for_the_other },
	{ "nothing is not enough", nothing_is_not_enough },
	{ "the usual forms are read", usual_forms_are_read },
	{ "a faulty line is named", faulty_line_is_named },
	{ "only a small regular file will do", only_a_small_regular_file_will_do },
};

UNIT_MAIN("rootfile", cases)
