#include "stubd/engine/sandbox.h"

#include "stubd/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void
without(const char *what, int error)
{
	log_info("engine: helper goes without %s: %s", what, strerror(error));
}

/* --- limits ----------------------------------------------------------------------------------- */

static void
limit(int resource, rlim_t value, const char *what)
{
	struct rlimit now;

	if (getrlimit(resource, &now) == 0 && now.rlim_max < value)
		value = now.rlim_max;
	if (setrlimit(resource, &(struct rlimit){ value, value }) < 0)
		without(what, errno);
}

static void
limit_all(void)
{
	limit(RLIMIT_CORE, 0, "the limit of core dumps");
	limit(RLIMIT_NOFILE, SANDBOX_DESCRIPTORS, "the limit of open files");
	if (SANITIZED)
		return;
	limit(RLIMIT_NPROC, 0, "the limit of processes");
	limit(RLIMIT_AS, SANDBOX_MEMORY, "the limit of memory");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* --- Landlock --------------------------------------------------------------------------------- */

enum {
	/* all that its first version knows; what later ones add is asked for by version */
	FILES_HANDLED = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	FILES_TRUNCATE = 1 << 14, /* version 3, not in every header yet */
	FILES_WRITABLE = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
			 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE,
};

static uint64_t
handled_by(long version)
{
	uint64_t access = FILES_HANDLED;

	if (version >= 2)
		access |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		access |= FILES_TRUNCATE;
	return access;
}

/* A path that is not there is nothing to allow; who reads it says so. */
static void
allow_path(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = access };

	beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0)
		log_debug("engine: helper may not use %s: %s", path, strerror(errno));
	close(beneath.parent_fd);
}

/* In the folder of a file, unless that is the root of everything. */
static void
allow_beside(int ruleset, const char *path, uint64_t access)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	allow_path(ruleset, *folder ? folder : path, access);
}

static void
shut_files(const struct sandbox_files *files)
{
	const long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	const struct landlock_ruleset_attr attr = { .handled_access_fs = handled_by(version) };
	const uint64_t writable = FILES_WRITABLE | (attr.handled_access_fs & FILES_TRUNCATE);
	int ruleset = -1;

	if (version > 0)
		ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0) {
		without("Landlock", errno);
		return;
	}
	for (size_t i = 0; i < sizeof(files->readable) / sizeof(*files->readable); i++)
		if (files->readable[i])
			allow_beside(ruleset, files->readable[i], LANDLOCK_ACCESS_FS_READ_FILE);
	if (files->writable)
		allow_beside(ruleset, files->writable, writable);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		without("Landlock", errno);
	close(ruleset);
}

/* --- seccomp ---------------------------------------------------------------------------------- */

static const int calls[] = {
	/* the loop, its sockets, and libunbound's */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(fcntl),
	SCMP_SYS(ioctl),
	SCMP_SYS(connect),
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg),
	/* files that are open, and what they are */
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(lseek),
	SCMP_SYS(access),
	SCMP_SYS(faccessat2),
	SCMP_SYS(getcwd),
	/* a file in memory, for engine/deadend */
	SCMP_SYS(memfd_create),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* itself */
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(nanosleep),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getppid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* To replace a file in a folder. */
static const int writing[] = {
	SCMP_SYS(openat),
	SCMP_SYS(open),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
};

static int
allow_calls(scmp_filter_ctx filter, const int *list, size_t n)
{
	int error = 0;

	for (size_t i = 0; !error && i < n; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list[i], 0);
	return error;
}

/* Memory is never made executable. */
static int
allow_memory(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp data = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, data);

	return error ? error
		     : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, data);
}

static int
allow_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(families) / sizeof(*families); i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
	return error;
}

/* abort() signals its own process, and only that may be. */
static int
allow_abort(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

static int
allow_files(scmp_filter_ctx filter, bool write)
{
	const scmp_datum_t reading = O_ACCMODE | O_CREAT | O_TRUNC;
	int error;

	if (write)
		return allow_calls(filter, writing, sizeof(writing) / sizeof(*writing));
	error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, reading, O_RDONLY));
	return error ? error
		     : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
			   SCMP_A1(SCMP_CMP_MASKED_EQ, reading, O_RDONLY));
}

static void
shut_calls(bool write)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error = filter ? 0 : -ENOMEM;

	if (!error)
		error = allow_calls(filter, calls, sizeof(calls) / sizeof(*calls));
	if (!error)
		error = allow_memory(filter);
	if (!error)
		error = allow_sockets(filter);
	if (!error)
		error = allow_abort(filter);
	if (!error)
		error = allow_files(filter, write);
	if (!error)
		error = seccomp_load(filter);
	if (error)
		without("seccomp", -error);
	seccomp_release(filter);
}

void
sandbox_enter(const struct sandbox_files *files)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		without("no_new_privs", errno);
	limit_all();
	if (SANITIZED)
		return;
	shut_files(files);
	shut_calls(files->writable != NULL);
}
