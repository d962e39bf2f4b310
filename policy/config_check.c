#include "policy/config_check.h"

#include "policy/schema.h"
#include "policy/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_TEXT_MAX = 256 };

struct check {
	struct config_doc *doc;
	struct report *report;
};

/* Where the walk stands: the path in the file, and the schema's path of the same place. */
struct place {
	char path[PATH_TEXT_MAX];
	char pattern[PATH_TEXT_MAX];
};

static bool check_value(
    struct check *c, json_t *value, const struct schema_key *key, const struct place *at);

static void
inside(const struct place *at, const char *step, const char *pattern_step, struct place *out)
{
	snprintf(out->path, sizeof(out->path), "%.180s/%.64s", at->path, step);
	snprintf(out->pattern, sizeof(out->pattern), "%.180s%s%.64s", at->pattern,
	    at->pattern[0] ? "/" : "", pattern_step);
}

#define wrong(c, at, ...) config_doc_error((c)->doc, (c)->report, (at)->path, __VA_ARGS__)

/* --- values ----------------------------------------------------------------------------------- */

static const char *
type_text(const struct schema_key *key)
{
	static const char *const texts[] = {
		[SCHEMA_OBJECT] = "an object { ... }",
		[SCHEMA_ARRAY] = "an array [ ... ]",
		[SCHEMA_STRING] = "a text in quotes",
		[SCHEMA_BOOL] = "true or false",
		[SCHEMA_COUNT] = "a whole number",
		[SCHEMA_SIZE] = "a size like \"16M\"",
		[SCHEMA_TIME] = "a time like \"90s\"",
	};

	return texts[key->type];
}

static bool
has_type(const json_t *value, const struct schema_key *key)
{
	switch (key->type) {
	case SCHEMA_OBJECT:
		return json_is_object(value);
	case SCHEMA_ARRAY:
		return json_is_array(value);
	case SCHEMA_STRING:
		return json_is_string(value);
	case SCHEMA_BOOL:
		return json_is_boolean(value);
	case SCHEMA_COUNT:
		return json_is_integer(value);
	case SCHEMA_SIZE:
	case SCHEMA_TIME:
		return json_is_integer(value) || json_is_string(value);
	}
	return false;
}

/* Writes "a", "b" or "c" into text. */
static const char *
list_choices(const char *const *choices, const char *quote, char *text, size_t n)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; choices[i] && at < n; i++) {
		const char *before = i == 0 ? "" : choices[i + 1] ? ", " : " or ";

		at += (size_t)snprintf(
		    text + at, n - at, "%s%s%s%s", before, quote, choices[i], quote);
	}
	return text;
}

static bool
check_string(
    struct check *c, const json_t *value, const struct schema_key *key, const struct place *at)
{
	const char *text = json_string_value(value);
	char choices[128];
	struct why why = { "" };

	if ((int64_t)strlen(text) < key->min || (int64_t)strlen(text) > key->max) {
		wrong(c, at, "has %zu characters; write %lld to %lld", strlen(text),
		    (long long)key->min, (long long)key->max);
		return false;
	}
	for (size_t i = 0; key->choices && key->choices[i]; i++) {
		if (strcmp(key->choices[i], text) == 0)
			return true;
	}
	if (key->choices) {
		wrong(c, at, "\"%.64s\" is not known; write %s", text,
		    list_choices(key->choices, "\"", choices, sizeof(choices)));
		return false;
	}
	if (key->check && key->check(text, &why) < 0) {
		wrong(c, at, "%s", why.text);
		return false;
	}
	return true;
}

static bool
check_number(
    struct check *c, const json_t *value, const struct schema_key *key, const struct place *at)
{
	int64_t v = json_integer_value(value);
	struct why why = { "" };
	int r = 0;

	if (json_is_string(value) && key->type == SCHEMA_SIZE)
		r = value_size(json_string_value(value), &v, &why);
	else if (json_is_string(value))
		r = value_time(json_string_value(value), &v, &why);
	else if (key->type == SCHEMA_TIME && __builtin_mul_overflow(v, 1000, &v))
		r = why_set(&why, "is too long a time; write a smaller number");
	if (r < 0) {
		wrong(c, at, "%s", why.text);
		return false;
	}
	if (v >= key->min && v <= key->max)
		return true;
	if (key->type == SCHEMA_TIME)
		wrong(c, at, "is out of range; write a time from %lld to %lld ms",
		    (long long)key->min, (long long)key->max);
	else
		wrong(c, at, "is out of range; write a number from %lld to %lld",
		    (long long)key->min, (long long)key->max);
	return false;
}

static bool
check_built(
    struct check *c, const json_t *value, const struct schema_key *key, const struct place *at)
{
	char choices[128];

	if (!key->built)
		return true;
	for (size_t i = 0; key->built[i]; i++) {
		json_t *built = json_loads(key->built[i], JSON_DECODE_ANY, NULL);
		bool equal = built && json_equal(built, value);

		json_decref(built);
		if (equal)
			return true;
	}
	if (!key->built[0])
		wrong(c, at, "is not built yet; leave it out");
	else if (json_is_string(value))
		wrong(c, at, "\"%.64s\" is not built yet; write %s", json_string_value(value),
		    list_choices(key->built, "", choices, sizeof(choices)));
	else
		wrong(c, at, "is not built yet; write %s",
		    list_choices(key->built, "", choices, sizeof(choices)));
	return false;
}

/* --- containers ------------------------------------------------------------------------------- */

/* Checks one member; returns whether it may stay. */
static bool
check_member(struct check *c, const char *name, json_t *value, const struct place *object)
{
	const struct schema_key *key;
	struct place at = { .path = "" };

	if (strncmp(name, "//", 2) == 0)
		return false;
	inside(object, name, name, &at);
	key = strchr(name, '/') || strchr(name, '*') ? NULL : schema_find(at.pattern);
	if (!key) {
		wrong(c, &at, "is not a known key; the nearest known one is \"%s\"",
		    schema_nearest(object->pattern, name));
		return false;
	}
	return check_value(c, value, key, &at);
}

/* The name of a member of the object that the key is for, or NULL. */
static const char *
member_of(const struct schema_key *key, const struct place *at)
{
	const size_t n = strlen(at->pattern);

	if (strncmp(key->path, at->pattern, n) != 0 || key->path[n] != '/' ||
	    strchr(key->path + n + 1, '/'))
		return NULL;
	return key->path + n + 1;
}

/* Reports the required members of an object that are not there. */
static void
check_missing(struct check *c, const json_t *object, const struct place *at)
{
	const char *wanted = NULL, *other = NULL, *first = NULL;

	for (size_t i = 0; i < schema_keys; i++) {
		const char *name = member_of(&schema[i], at);

		if (!name)
			continue;
		if (schema[i].flags & SCHEMA_REQUIRED && !json_object_get(object, name))
			wrong(c, at, "has no \"%s\"; write %s", name, type_text(&schema[i]));
		if (!(schema[i].flags & SCHEMA_ONE_OF))
			continue;
		if (first && json_object_get(object, first) && json_object_get(object, name))
			wrong(c, at, "has a \"%s\" and a \"%s\"; write one of them", first, name);
		if (json_object_get(object, name))
			first = name;
		other = wanted;
		wanted = name;
	}
	if (wanted && !first)
		wrong(
		    c, at, "has no \"%s\"; write one, or a \"%s\"", other ? other : wanted, wanted);
}

static void
check_object(struct check *c, json_t *object, const struct place *at)
{
	const char *name;
	json_t *value;
	void *next;

	check_missing(c, object, at);
	json_object_foreach_safe(object, next, name, value)
	{
		if (!check_member(c, name, value, at))
			json_object_del(object, name);
	}
}

static bool
check_array(
    struct check *c, json_t *array, const struct schema_key *key, const struct place *object)
{
	size_t n = json_array_size(array);
	char number[24];
	struct place at = { .path = "" };

	if ((int64_t)n < key->min || (int64_t)n > key->max) {
		wrong(c, object, "has %zu elements; write %lld to %lld", n, (long long)key->min,
		    (long long)key->max);
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		inside(object, number, "*", &at);
		if (!check_value(c, json_array_get(array, i), schema_find(at.pattern), &at))
			json_array_set_new(array, i, json_null());
	}
	return true;
}

static bool
check_value(struct check *c, json_t *value, const struct schema_key *key, const struct place *at)
{
	bool ok = true;

	if (json_is_null(value) && key->flags & SCHEMA_NULL)
		return true;
	if (!has_type(value, key)) {
		wrong(c, at, "has the wrong type; write %s%s", type_text(key),
		    key->flags & SCHEMA_NULL ? " or null" : "");
		return false;
	}
	if (key->type == SCHEMA_OBJECT)
		check_object(c, value, at);
	else if (key->type == SCHEMA_ARRAY)
		ok = check_array(c, value, key, at);
	else if (key->type == SCHEMA_STRING)
		ok = check_string(c, value, key, at);
	else if (key->type != SCHEMA_BOOL)
		ok = check_number(c, value, key, at);
	return ok && check_built(c, value, key, at);
}

void
config_check(struct config_doc *doc, struct report *report)
{
	struct check c = { .doc = doc, .report = report };
	const struct place top = { .path = "" };

	if (doc->root)
		check_object(&c, doc->root, &top);
}

int64_t
config_size(const json_t *value)
{
	struct why why = { "" };
	int64_t v = json_integer_value(value);

	if (json_is_string(value))
		value_size(json_string_value(value), &v, &why);
	return v;
}

int64_t
config_time(const json_t *value)
{
	struct why why = { "" };
	int64_t v = json_integer_value(value) * 1000;

	if (json_is_string(value))
		value_time(json_string_value(value), &v, &why);
	return v;
}
