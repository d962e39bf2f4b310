/*
 * The helper process, from inside: libunbound's worker (engine/worker.h) on a loop of its own, behind
 * one socket to the stub that started it (engine/message.h for what is said, engine/process.h for how
 * it starts).
 *
 * To a stub of another build it says its own, and stands still until that ends it.
 *
 * It ends when the stub does. It takes no signals of the terminal or the service manager: until the stub
 * has drained it has work. Before the first question it shuts itself in (engine/sandbox.h).
 */
#ifndef ENGINE_HELPER_H
#define ENGINE_HELPER_H

/* What argv[0] is, for who looks at the list of processes. */
#define HELPER_NAME "stubd: engine"

enum { HELPER_SOCKET = 3 /* descriptor */ };

/* Its main(); returns the exit code. Refuses if it was not a stub that started it. */
int helper_main(void);

#endif
