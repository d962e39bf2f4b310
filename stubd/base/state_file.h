/*
 * Files that are small: read whole. Those that outlive a restart are written aside and renamed, so that a
 * crash leaves the old one or the new one and never half of one. Only the owner may read them (mode 0600).
 */
#ifndef BASE_STATE_FILE_H
#define BASE_STATE_FILE_H

#include <stddef.h>

/* Reads at most max octets. Returns 0, an owned NUL-terminated *text and its length in *n; or -errno:
 * -ENOENT (there is none), -EFBIG, -EINVAL (not a regular file), ... */
int state_file_read(const char *path, size_t max, char **text, size_t *n);

/* Writes bytes[n]. Returns 0 or -errno, and the old file stays. */
int state_file_write(const char *path, const void *bytes, size_t n);

/* Removes it, and what a crash has left of a newer one. Returns 0, also when there was nothing, or -errno. */
int state_file_remove(const char *path);

/* The same for what is made piece by piece: begin, append, and commit or abandon, which end it. */
struct state_file {
	int fd;
	int err;	    /* the first failure, as -errno */
	char *path, *aside; /* owned */
};

/* Returns 0 or -errno; then there is nothing to end. */
int state_file_begin(struct state_file *f, const char *path);

void state_file_append(struct state_file *f, const void *bytes, size_t n);

/* Puts what was appended in the place of the old file. Returns 0 or -errno, and the old file stays. */
int state_file_commit(struct state_file *f);
void state_file_abandon(struct state_file *f);

#endif
