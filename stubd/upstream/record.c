#include "stubd/upstream/record.h"
#include "stubd/base/text.h"

#include <string.h>

const char *
trouble_when_text(enum trouble_when when)
{
	static const char *const texts[] = {
		[TROUBLE_CONNECTING] = "connecting",
		[TROUBLE_CONNECTED] = "connected",
		[TROUBLE_ASKING] = "asking",
	};

	return texts[when];
}

/* A row for it: a free one, or that of the trouble longest ago. */
static struct trouble_row *
make_row(struct record *record)
{
	struct trouble_row *row = record->troubles;

	if (record->ntroubles < RECORD_TROUBLES)
		return &record->troubles[record->ntroubles++];
	for (size_t i = 1; i < RECORD_TROUBLES; i++) {
		if (record->troubles[i].last < row->last)
			row = &record->troubles[i];
	}
	record->other += row->times;
	return row;
}

void
record_trouble(
    struct record *record, enum trouble_when when, enum ask_fail kind, const char *text, msec now)
{
	struct trouble_row want = { .when = when, .kind = kind }, *row = NULL;

	text_copy(want.text, sizeof(want.text), text && *text ? text : ask_fail_text(kind));
	for (size_t i = 0; i < record->ntroubles && !row; i++) {
		struct trouble_row *r = &record->troubles[i];

		if (r->when == when && r->kind == kind && !strcmp(r->text, want.text))
			row = r;
	}
	if (!row) {
		row = make_row(record);
		*row = want;
	}
	if (row->times < UINT32_MAX)
		row->times++;
	row->last = now;
}
