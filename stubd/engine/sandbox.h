/*
 * What the helper process takes away from itself: libunbound reads what the whole network sends.
 *
 * It can still ask over UDP and TCP, listen, read two files, and replace one. It cannot start a process
 * or a thread, execute anything, open files elsewhere, trace or signal others, or leave a core dump.
 *
 *	limits		no core, no processes, SANDBOX_MEMORY, SANDBOX_DESCRIPTORS
 *	Landlock	files: those of struct sandbox_files, where the kernel has it (5.13). What counts
 *			is the folder a file is in, since who replaces a file makes a new one
 *	seccomp		a list of system calls; others fail with EPERM, so that a library that asks
 *			for more than it needs goes on
 *
 * What the kernel or a service manager's filter refuses is said once, at level info, and goes without:
 * a helper with fewer walls is still one that can crash alone.
 *
 * With sanitizers, which look around in /proc at the end, there are limits only.
 */
#ifndef ENGINE_SANDBOX_H
#define ENGINE_SANDBOX_H

enum {
	SANDBOX_MEMORY = 512 * 1024 * 1024, /* octets of address space */
	SANDBOX_DESCRIPTORS = 2048,
};

struct sandbox_files {
	const char *readable[2]; /* paths of files; NULL: none */
	const char *writable;	 /* path of a file that may be replaced, too; NULL: none */
};

/* Shuts this process in, for good. */
void sandbox_enter(const struct sandbox_files *files);

#endif
