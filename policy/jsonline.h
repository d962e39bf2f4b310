/*
 * The lines of JSON paths. The JSON library tells the line of syntax errors only, so a small
 * scanner of our own goes over the same text once and notes where each member and element begins.
 * It trusts nothing: on text that is no JSON it stops and knows what it saw until then. Values
 * deeper than JSONLINE_DEPTH and those of comments (keys that begin with two slashes) are not
 * noted.
 */
#ifndef POLICY_JSONLINE_H
#define POLICY_JSONLINE_H

#include <stdbool.h>
#include <stddef.h>

enum { JSONLINE_DEPTH = 32, JSONLINE_PATH_MAX = 192 };

struct jsonline;

enum jsonline_fault_kind {
	JSONLINE_TWICE,	  /* the same key twice in one object */
	JSONLINE_ESCAPED, /* a key written with a backslash */
};

struct jsonline_fault {
	enum jsonline_fault_kind kind;
	unsigned line;
	unsigned first_line;	      /* JSONLINE_TWICE: of the first one */
	char path[JSONLINE_PATH_MAX]; /* cut when longer */
};

/* Scans text[n] (borrowed for the call). NULL: out of memory. */
struct jsonline *jsonline_new(const char *text, size_t n);
struct jsonline *jsonline_free(struct jsonline *lines);

/* The line of "/providers/custom/0/url", or of the nearest thing around it; 1 for "/". */
unsigned jsonline_find(const struct jsonline *lines, const char *path);

/* The i-th fault; false when there are no more. */
bool jsonline_fault(const struct jsonline *lines, size_t i, struct jsonline_fault *out);

#endif
