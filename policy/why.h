/*
 * Why a value was refused, in words for a person: "what is wrong; what to write".
 */
#ifndef POLICY_WHY_H
#define POLICY_WHY_H

enum { WHY_TEXT_MAX = 320 };

struct why {
	char text[WHY_TEXT_MAX];
};

/* Sets the text (cut when too long); returns -EINVAL, so that `return why_set(...)` refuses. */
int why_set(struct why *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
