/*
 * The schema of the configuration: every key once, with its type, default, check, whether changing
 * it needs a restart, and which of its values are not built yet. Reading, checking and the built-in
 * defaults follow this table; tests/lint asks whether the manual page names each key.
 *
 * A key's path is written without a leading slash; "*" stands for each element of an array. An
 * object comes before its members.
 */
#ifndef POLICY_SCHEMA_H
#define POLICY_SCHEMA_H

#include "policy/why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_OBJECT,
	SCHEMA_ARRAY,
	SCHEMA_STRING,
	SCHEMA_BOOL,
	SCHEMA_COUNT, /* a whole number */
	SCHEMA_SIZE,  /* octets: a number, or text like "16M" */
	SCHEMA_TIME,  /* milliseconds: a number of seconds, or text like "90s" */
};

enum {
	SCHEMA_NULL = 1,     /* null is a value too */
	SCHEMA_REQUIRED = 2, /* may not be missing where the object around it is written */
	SCHEMA_ONE_OF = 8,   /* of an object's members with this flag one is needed, and no two */
	SCHEMA_RESTART = 4,  /* a change takes effect at the next start only */
};

struct schema_key {
	const char *path;
	enum schema_type type;
	unsigned flags;
	int64_t min, max;	    /* of numbers; of an array's length; of a text's length */
	const char *fallback;	    /* the built-in default as JSON; NULL: none */
	const char *const *choices; /* the texts that are allowed, ended by NULL; NULL: any */
	/* The values, as JSON, that are built; NULL: all; empty: none, it has to be left out. */
	const char *const *built;
	int (*check)(const char *text, struct why *why); /* of strings; returns 0 or -EINVAL */
	const char *doc;				 /* one sentence for the manual page */
};

extern const struct schema_key schema[];
extern const size_t schema_keys;

/* The key of a path such as "providers/custom", or NULL. */
const struct schema_key *schema_find(const char *path);

/* The known key that is nearest to `key` inside the object `parent` ("" is the top): the same name
 * in another place, else the sibling with the smallest edit distance; as a path. */
const char *schema_nearest(const char *parent, const char *key);

#endif
