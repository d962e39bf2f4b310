/*
 * Reading the words of a step: numbers, times, upstreams, causes. All return 0, or -1 after
 * world_fail().
 */
#ifndef REPLAY_WORDS_H
#define REPLAY_WORDS_H

#include "stubd/base/clock.h"
#include "stubd/upstream/transport.h"
#include "tests/replay/fake_net.h"

#include <stddef.h>

struct step;
struct world;
struct records_flags;

int words_number(struct world *w, const char *word, unsigned *out);

/* "250ms", "10s". */
int words_time(struct world *w, const char *word, msec *out);

/* "alpha", or "alpha/2": its second connection; *connection is 0 without a number. A split server's
 * own slash is part of its name. */
int words_upstream(
    struct world *w, const char *word, char name[FAKE_NAME_MAX], unsigned *connection);

/* "ok" (an idle connection closes), "refused", "reset", "timeout", "tls", "http", "malformed", "full", "local". */
int words_cause(struct world *w, const char *word, enum ask_fail *out);

/* All flags from word i on; *i becomes the number of the first other word. */
void words_flags(const struct step *step, size_t *i, struct records_flags *flags);

#endif
