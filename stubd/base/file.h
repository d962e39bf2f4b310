/*
 * Files that outlive a restart.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

/* Puts bytes[n] into the place of path, mode 0600: written aside, synced and renamed, so that after a
 * crash there is all of the new or all of the old. Returns 0 or -errno. */
int file_replace(const char *path, const void *bytes, size_t n);

#endif
