/*
 * Who holds a port? Read from /proc, for the one error line that a taken port deserves (proc(5)).
 * Best effort: without the right to look into other people's processes the answer is "unknown".
 */
#ifndef FRONT_OWNER_H
#define FRONT_OWNER_H

#include "policy/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { OWNER_NAME_MAX = 32 };

struct owner {
	pid_t pid;
	char name[OWNER_NAME_MAX]; /* the process's short name, printable */
};

/* Finds a process with a socket that keeps addr (UDP, or a listening TCP socket when stream) from
 * being bound: the same port on the same address or on the wildcard. Returns 0; -ENOENT (no such
 * socket), -EACCES (there is one, whose process cannot be seen). */
int owner_find(const struct addr *addr, bool stream, struct owner *out);

#endif
