/*
 * What a scenario can expect of a client's answer. Beside what is written, every answer is held
 * against its query: ID, question as it was spelled, RD, CD, RA, OPT, DO, no DNSSEC records without
 * DO, not longer than the client takes. All return 0, or -1 after world_fail().
 */
#ifndef REPLAY_EXPECT_ANSWER_H
#define REPLAY_EXPECT_ANSWER_H

struct step;
struct world;

/* expect answer N RCODE [FLAGS] [RECORD], and records */
int expect_answer(struct world *w, const struct step *step);

/* expect answers FROM COUNT RCODE */
int expect_answers(struct world *w, const struct step *step);

/* expect ede N CODE|none [TEXT]; TEXT is a part of it */
int expect_ede(struct world *w, const struct step *step);

/* expect ttl N SECONDS: of every record in the answer section */
int expect_ttl(struct world *w, const struct step *step);

/* expect via N UPSTREAM|cache|recursion|nobody */
int expect_via(struct world *w, const struct step *step);

/* expect drop N: it ended without a reply */
int expect_drop(struct world *w, const struct step *step);

/* expect waiting N */
int expect_waiting(struct world *w, const struct step *step);

#endif
