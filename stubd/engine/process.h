/*
 * The helper process, from outside: starting it, knowing when it is gone, ending it.
 *
 * Its program (engine/program.h) was opened before privileges were dropped, so that neither a new user nor
 * a replaced file changes which it is. It has one end of a socket pair as its descriptor HELPER_SOCKET, standard error, and nothing else of ours: no other descriptor, no
 * memory, and of the environment only what the log, the loader and sanitizers look at.
 *
 *	process_start ─► running ──dies──► ended(how)
 *	                    └─ process_kill ──► ended(how)
 *
 * Its death is known by a pidfd, so that it is never a zombie for longer than a turn of the loop.
 */
#ifndef ENGINE_PROCESS_H
#define ENGINE_PROCESS_H

struct loop;
struct process;

enum {
	PROCESS_GRACE = 300, /* ms that process_free() lets it end by itself */
	PROCESS_HOW_MAX = 64,
};

/* It has ended, and is reaped. Comes once; may free the process. */
typedef void process_cb(void *arg, const char *how);

/* Starts program, a descriptor (borrowed). Returns 0, an owned *out, and our end of the socket pair in
 * *fd (the caller's), or -errno. That the program cannot be executed comes by cb. */
int process_start(
    struct loop *loop, int program, process_cb *cb, void *arg, struct process **out, int *fd);

/* Ends it at once; cb comes. */
void process_kill(struct process *process);

/* Waits until it is gone, PROCESS_GRACE ms, then ends it; cb does not come. Its socket must be closed,
 * which tells it. Returns NULL; NULL is allowed. */
struct process *process_free(struct process *process);

#endif
