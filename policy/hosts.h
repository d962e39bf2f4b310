/*
 * /etc/hosts as a value: names to addresses and back (hosts(5)). Read at load and at each
 * reload; a change in between is not noticed.
 */
#ifndef POLICY_HOSTS_H
#define POLICY_HOSTS_H

#include "policy/decide.h"

struct hosts;
struct nametable_walk;
struct strangers;

enum { HOSTS_LINES_MAX = 200000, HOSTS_FILE_MAX = 32 << 20 };

/* Parses text[n]; lines that are not understood are skipped and counted in *skipped (may be NULL).
 * NULL: out of memory. */
struct hosts *hosts_parse(const char *text, size_t n, size_t *skipped);

/* Reads a file; a missing file is an empty table. Returns 0, or -errno. */
int hosts_read(const char *path, struct hosts **out);
struct hosts *hosts_free(struct hosts *hosts);

/* Fills *out and returns true when the table owns the question's name, which the walk is over and
 * begins again for: addresses of the asked family, NODATA for other types, PTR for reverse names of
 * listed addresses. */
bool hosts_answer(const struct hosts *hosts, const struct question *question,
    struct nametable_walk *walk, struct local_answer *out);

/* Makes every name known that is in the table. */
void hosts_meet(const struct hosts *hosts, struct strangers *strangers);

#endif
