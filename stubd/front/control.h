/*
 * The control socket's file and its peers: binding it safely over a stale one, and what a peer may
 * do (unix(7)).
 */
#ifndef FRONT_CONTROL_H
#define FRONT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { CONTROL_ERROR_MAX = 512, CONTROL_MODE = 0660, CONTROL_GROUPS_MAX = 256 };

/* The identity of a bound socket file, so that only our own is ever removed. */
struct control_file {
	dev_t dev;
	ino_t ino;
};

/* Binds path (mode 0660) without listening yet. A socket file that nobody answers on is replaced;
 * one that somebody answers on, or a file of another kind, is an error. Returns 0, an owned *fd and
 * *file; or -errno and one line for the person in error. */
int control_bind(
    const char *path, int *fd, struct control_file *file, char error[CONTROL_ERROR_MAX]);

/* Removes path if it is still the file that control_bind() made. */
void control_unlink(const char *path, const struct control_file *file);

/* True if the peer of a connected unix socket is root, has our user, or is in our group; groups
 * beyond CONTROL_GROUPS_MAX are not looked at. */
bool control_peer_may_change(int fd);

#endif
