#include "tests/replay/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	FILE *file;
	unsigned line;
	char *text; /* owned; the current line, without its end */
	size_t cap;
	char *error; /* [SCRIPT_ERROR_MAX] */
	const char *path;
};

static const char *const verbatim[] = { "config", "reload", "hosts" };

static bool
reads_verbatim(const struct step *step)
{
	for (size_t i = 0; i < sizeof(verbatim) / sizeof(*verbatim); i++) {
		if (!strcmp(step->words[0], verbatim[i]))
			return step->nwords == 1; /* else a word names a file */
	}
	return false;
}

static int
wrong(const struct reader *r, const char *what)
{
	snprintf(r->error, SCRIPT_ERROR_MAX, "%s:%u: %s", r->path, r->line, what);
	return -EINVAL;
}

static bool
next_line(struct reader *r)
{
	ssize_t n = getline(&r->text, &r->cap, r->file);

	if (n < 0)
		return false;
	r->line++;
	while (n > 0 && strchr(" \t\r\n", r->text[n - 1]))
		r->text[--n] = '\0';
	return true;
}

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void
add_to_block(struct step *step, const char *line)
{
	step->block = must(reallocarray(step->block, step->nblock + 1, sizeof(*step->block)));
	step->block[step->nblock++] = must(strdup(line));
}

static int
split_words(struct reader *r, struct step *step)
{
	const char *p = step->text;

	for (;;) {
		const char *from, *end;

		p += strspn(p, " \t");
		if (!*p)
			return 0;
		if (step->nwords == STEP_WORDS_MAX)
			return wrong(r, "too many words");
		step->at[step->nwords] = (size_t)(p - step->text);
		from = *p == '"' ? p + 1 : p;
		end = *p == '"' ? strchr(from, '"') : from + strcspn(from, " \t");
		if (!end)
			return wrong(r, "a quote is not closed");
		step->words[step->nwords++] = must(strndup(from, (size_t)(end - from)));
		p = *p == '"' ? end + 1 : end;
	}
}

static int
read_verbatim(struct reader *r, struct step *step)
{
	while (next_line(r)) {
		if (!strcmp(r->text, "end"))
			return 0;
		add_to_block(step, r->text);
	}
	return wrong(r, "the text has no end");
}

static int
add_step(struct reader *r, struct script *script)
{
	struct step *step;
	int err;

	script->steps =
	    must(reallocarray(script->steps, script->nsteps + 1, sizeof(*script->steps)));
	step = &script->steps[script->nsteps++];
	memset(step, 0, sizeof(*step));
	step->line = r->line;
	step->text = must(strdup(r->text));
	err = split_words(r, step);
	if (err == 0 && reads_verbatim(step))
		err = read_verbatim(r, step);
	return err;
}

static int
read_steps(struct reader *r, struct script *script)
{
	bool open = false; /* the last step may still have lines */
	int err = 0;

	while (err == 0 && next_line(r)) {
		if (r->text[0] == '\0') {
			open = false;
		} else if (r->text[0] == '#') {
			if (!script->title)
				script->title = must(strdup(r->text + strspn(r->text, "# ")));
		} else if (!strchr(" \t", r->text[0])) {
			err = add_step(r, script);
			open = true;
		} else if (open) {
			add_to_block(
			    &script->steps[script->nsteps - 1], r->text + strspn(r->text, " \t"));
		} else {
			err = wrong(r, "this line belongs to no step");
		}
	}
	return err;
}

int
script_read(const char *path, struct script **out, char error[SCRIPT_ERROR_MAX])
{
	struct reader r = { .file = fopen(path, "re"), .path = path, .error = error };
	struct script *script;
	int err;

	if (!r.file) {
		err = -errno;
		snprintf(error, SCRIPT_ERROR_MAX, "%s: %s", path, strerror(-err));
		return err;
	}
	script = must(calloc(1, sizeof(*script)));
	script->path = must(strdup(path));
	err = read_steps(&r, script);
	if (err == 0 && !script->nsteps)
		err = wrong(&r, "no step");
	if (!script->title)
		script->title = must(strdup(""));
	free(r.text);
	fclose(r.file);
	if (err < 0)
		script = script_free(script);
	else
		*out = script;
	return err;
}

static void
step_clear(struct step *step)
{
	for (size_t i = 0; i < step->nwords; i++)
		free(step->words[i]);
	for (size_t i = 0; i < step->nblock; i++)
		free(step->block[i]);
	free(step->block);
	free(step->text);
}

struct script *
script_free(struct script *script)
{
	if (!script)
		return NULL;
	for (size_t i = 0; i < script->nsteps; i++)
		step_clear(&script->steps[i]);
	free(script->steps);
	free(script->title);
	free(script->path);
	free(script);
	return NULL;
}

const char *
step_rest(const struct step *step, size_t i)
{
	return i < step->nwords ? step->text + step->at[i] : "";
}
