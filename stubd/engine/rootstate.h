/*
 * The root's keys as they are followed over its rolls (RFC 5011), in a file of the state folder.
 *
 *	the file of anchors ──seed──► FOLDER/root.key ──► libunbound reads it, and writes it whenever it
 *	   (shipped, or the person's)      ▲             has fetched the root's keys
 *	                                   └── malformed, empty, all revoked, or the seed is another than
 *	                                       before: put aside as root.key.old, seeded anew
 *
 * So what was followed wins over the file it began with, until that file is changed: by the person, or
 * by a new release. A copy of it, root.key.seed, tells.
 *
 * libunbound has no timer for this: the keys are fetched when a context is made, and when they have been
 * known for their TTL and are needed again. A new key is trusted once it was seen for 30 days, a
 * revoked one never again.
 */
#ifndef ENGINE_ROOTSTATE_H
#define ENGINE_ROOTSTATE_H

#include <stdbool.h>
#include <stddef.h>

enum { ROOTSTATE_MAX = 1 << 16, ROOTSTATE_WHY_MAX = 512 };

/* Makes the file fit for use. Returns 0 and its path in *path, owned, or -errno: then nothing can be
 * followed, and why says so. why is "" when there is nothing to tell the person. */
int rootstate_open(const char *seed, const char *folder, char **path, char why[ROOTSTATE_WHY_MAX]);

/* The keys that are trusted now in text[n] (an untouched seed's records, too), one a line; owned. NULL:
 * malformed, there is none, or out of memory. */
char *rootstate_trusted(const char *text, size_t n);

/* The same of a file. */
char *rootstate_read(const char *path);

#endif
