/*
 * What time it is for certificates and signatures. A clock that nobody has set, on a machine without
 * a battery for it or before the first contact with a time server, would make every one of them
 * expired or not yet valid. While the kernel says that its clock is not synchronised, the latest of
 * three times is taken: the clock's, that of the build, and the last one that was known to be good.
 * A synchronised clock is believed.
 */
#ifndef BASE_WALLTIME_H
#define BASE_WALLTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WALLTIME_TEXT = 32, WALLTIME_FILE = 24, WALLTIME_NOTE = 128 };

enum walltime_source {
	WALLTIME_CLOCK, /* the machine's clock */
	WALLTIME_BUILD, /* when this program was built */
	WALLTIME_KEPT,	/* the last good time, of an earlier run */
};

/* A zeroed one is a synchronised clock. */
struct walltime {
	bool unsynchronised;
	enum walltime_source source;
	int64_t fixed; /* seconds since 1970; 0: the clock's own, WALLTIME_CLOCK */
};

/* Decides; times in seconds since 1970, kept is 0 when there is none. */
struct walltime walltime_judge(bool synchronised, int64_t now, int64_t build, int64_t kept);

/* Asks the kernel (adjtimex(2)): the clock in seconds since 1970, and whether it is synchronised. When
 * the kernel does not say, it is not. */
bool walltime_read(int64_t *now);

/* The time that is used, now, in seconds since 1970. */
int64_t walltime_seconds(const struct walltime *time);

/* "2026-11-27 00:20 UTC"; returns text. */
char *walltime_text(int64_t seconds, char text[WALLTIME_TEXT]);

/* "this machine's clock is not synchronised (2026-11-27 00:20 UTC)", with the time that is used, for
 * who reports what had expired; "" when it is synchronised. Returns text. */
char *walltime_note(const struct walltime *time, char text[WALLTIME_NOTE]);

/* The last good time as it stands in a file: digits and a newline. Returns 0, or -EINVAL when that is
 * not what the n octets are. */
int walltime_from_file(const char *bytes, size_t n, int64_t *out);
size_t walltime_to_file(int64_t seconds, char bytes[WALLTIME_FILE]);

const char *walltime_source_text(enum walltime_source source);

#endif
