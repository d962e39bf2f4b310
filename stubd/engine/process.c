#include "stubd/engine/process.h"

#include "stubd/engine/helper.h"
#include "stubd/net/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PROGRAM = HELPER_SOCKET + 1, /* descriptor of the program, until it is executed */
	FIRST_FREE = PROGRAM + 1,
	NOT_EXECUTED = 127,
};

struct process {
	pid_t pid;
	int pidfd;
	struct loop_watch *watch;
	process_cb *cb;
	void *arg;
};

extern char **environ;

/* The variables that it keeps, in order. */
static void
keep_environment(char *out[], size_t max)
{
	static const char *const kept[] = { "JOURNAL_STREAM=", "LD_PRELOAD=", "ASAN_OPTIONS=",
		"LSAN_OPTIONS=", "TSAN_OPTIONS=", "UBSAN_OPTIONS=" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept) && n + 1 < max; i++)
		for (char **at = environ; *at; at++)
			if (strncmp(*at, kept[i], strlen(kept[i])) == 0) {
				out[n++] = *at;
				break;
			}
	out[n] = NULL;
}

/* In the child: only what is safe after fork(). All signals stay blocked until the helper has decided
 * about them; handlers of ours never run here. */
static _Noreturn void
become(int program, int sock, char *const environment[])
{
	static char name[] = HELPER_NAME;
	char *const argv[] = { name, NULL };
	const int null = open("/dev/null", O_RDWR);

	/* Out of the way of each other first. */
	program = fcntl(program, F_DUPFD, FIRST_FREE);
	sock = fcntl(sock, F_DUPFD, FIRST_FREE);
	if (null < 0 || program < 0 || sock < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(sock, HELPER_SOCKET) < 0 ||
	    dup3(program, PROGRAM, O_CLOEXEC) < 0 || close_range(FIRST_FREE, ~0U, 0) < 0)
		_exit(NOT_EXECUTED);
	syscall(SYS_execveat, PROGRAM, "", argv, environment, AT_EMPTY_PATH);
	_exit(NOT_EXECUTED);
}

static pid_t
start(int program, int sock)
{
	char *environment[8];
	sigset_t all, before;
	pid_t pid;

	keep_environment(environment, sizeof(environment) / sizeof(*environment));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(program, sock, environment);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -errno : pid;
}

/* Reaps it. */
static void
reap(struct process *process, char how[PROCESS_HOW_MAX])
{
	siginfo_t info = { 0 };

	while (waitid(P_PIDFD, (id_t)process->pidfd, &info, WEXITED) < 0 && errno == EINTR)
		;
	if (info.si_code == CLD_EXITED && info.si_status == NOT_EXECUTED)
		snprintf(how, PROCESS_HOW_MAX, "could not be executed");
	else if (info.si_code == CLD_EXITED)
		snprintf(how, PROCESS_HOW_MAX, "exit %d", info.si_status);
	else
		snprintf(how, PROCESS_HOW_MAX, "signal %d", info.si_status);
}

static void
on_ended(void *arg, int events)
{
	struct process *process = arg;
	char how[PROCESS_HOW_MAX];

	(void)events;
	process->watch = loop_watch_free(process->watch);
	reap(process, how);
	process->pid = 0;
	process->cb(process->arg, how);
}

int
process_start(
    struct loop *loop, int program, process_cb *cb, void *arg, struct process **out, int *fd)
{
	struct process *process = calloc(1, sizeof(*process));
	int pair[2], error;

	if (!process)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		error = -errno;
		free(process);
		return error;
	}
	*process = (struct process){ .pidfd = -1, .cb = cb, .arg = arg };
	process->pid = start(program, pair[1]);
	close(pair[1]);
	error = process->pid < 0 ? process->pid : 0;
	if (!error)
		process->pidfd = pidfd_open(process->pid, 0);
	if (!error && process->pidfd < 0)
		error = -errno;
	if (!error)
		process->watch = loop_watch_new(loop, process->pidfd, LOOP_READ, on_ended, process);
	if (!error && !process->watch)
		error = -ENOMEM;
	if (error) {
		close(pair[0]);
		if (process->pid > 0)
			process_kill(process);
		process_free(process);
		return error;
	}
	*out = process;
	*fd = pair[0];
	return 0;
}

void
process_kill(struct process *process)
{
	if (process->pid > 0)
		kill(process->pid, SIGKILL);
}

struct process *
process_free(struct process *process)
{
	struct pollfd gone;

	if (!process)
		return NULL;
	process->watch = loop_watch_free(process->watch);
	gone = (struct pollfd){ .fd = process->pidfd, .events = POLLIN };
	if (process->pid > 0) {
		if (process->pidfd < 0 || poll(&gone, 1, PROCESS_GRACE) <= 0)
			process_kill(process);
		while (waitpid(process->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (process->pidfd >= 0)
		close(process->pidfd);
	free(process);
	return NULL;
}
