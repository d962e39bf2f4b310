#include "stubd/front/control.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[32], path[64], error[CONTROL_ERROR_MAX];

static void
enter(void)
{
	snprintf(dir, sizeof(dir),
	    "/tmp/unit-control-XX"
	    "XX"
	    "XX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	error[0] = '\0';
}

static void
the_socket_file_has_mode_0660(void)
{
	struct control_file file;
	struct stat st;
	int fd;

	enter();
	CU_ASSERT_EQUAL_FATAL(control_bind(path, &fd, &file, error), 0);
	CU_ASSERT_EQUAL(lstat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0660);
	close(fd);
	control_unlink(path, &file);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void
a_socket_that_nobody_answers_on_is_replaced(void)
{
	struct control_file old, file;
	int fd;

	enter();
	CU_ASSERT_EQUAL_FATAL(control_bind(path, &fd, &old, error), 0);
	close(fd);
	CU_ASSERT_EQUAL_FATAL(control_bind(path, &fd, &file, error), 0);
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	close(fd);
	control_unlink(path, &file);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static void
a_socket_that_somebody_answers_on_is_left_alone(void)
{
	struct control_file old, file;
	int fd, second = -1;

	enter();
	CU_ASSERT_EQUAL_FATAL(control_bind(path, &fd, &old, error), 0);
	CU_ASSERT_EQUAL(listen(fd, 1), 0);
	CU_ASSERT_EQUAL(control_bind(path, &second, &file, error), -EADDRINUSE);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "another stubd answers"));
	CU_ASSERT_EQUAL(second, -1);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	close(fd);
	control_unlink(path, &old);
	rmdir(dir);
}

static void
a_file_of_another_kind_is_left_alone(void)
{
	struct control_file file;
	int fd;

	enter();
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	close(fd);
	CU_ASSERT_EQUAL(control_bind(path, &fd, &file, error), -EEXIST);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "another kind"));
	CU_ASSERT_EQUAL(unlink(path), 0);
	rmdir(dir);
}

static void
a_missing_folder_is_named_with_the_mend(void)
{
	struct control_file file;
	int fd;

	enter();
	rmdir(dir);
	CU_ASSERT_EQUAL(control_bind(path, &fd, &file, error), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "make its folder"));
}

static void
a_path_that_no_socket_can_have_is_an_error(void)
{
	char longer[200];
	struct control_file file;
	int fd;

	memset(longer, 'a', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	CU_ASSERT_EQUAL(control_bind(longer, &fd, &file, error), -ENAMETOOLONG);
}

static void
a_file_that_is_not_ours_any_more_is_not_removed(void)
{
	struct control_file old, file;
	int fd, second;

	enter();
	CU_ASSERT_EQUAL_FATAL(control_bind(path, &fd, &old, error), 0);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(control_bind(path, &second, &file, error), 0);
	control_unlink(path, &old);
	CU_ASSERT_EQUAL(access(path, F_OK), 0);
	control_unlink(path, &file);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	close(fd);
	close(second);
	rmdir(dir);
}

static void
a_peer_with_our_user_may_change_things(void)
{
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CU_ASSERT_TRUE(control_peer_may_change(pair[0]));
	CU_ASSERT_FALSE(control_peer_may_change(-1));
	close(pair[0]);
	close(pair[1]);
}

static const struct unit_case cases[] = {
	{ "the socket file has mode 0660", the_socket_file_has_mode_0660 },
	{ "a socket that nobody answers on is replaced",
	    a_socket_that_nobody_answers_on_is_replaced },
	{ "a socket that somebody answers on is left alone",
	    a_socket_that_somebody_answers_on_is_left_alone },
	{ "a file of another kind is left alone", a_file_of_another_kind_is_left_alone },
	{ "a missing folder is named with the mend", a_missing_folder_is_named_with_the_mend },
	{ "a path that no socket can have is an error",
	    a_path_that_no_socket_can_have_is_an_error },
	{ "a file that is not ours any more is not removed",
	    a_file_that_is_not_ours_any_more_is_not_removed },
	{ "a peer with our user may change things", a_peer_with_our_user_may_change_things },
};

UNIT_MAIN("front/control", cases)
