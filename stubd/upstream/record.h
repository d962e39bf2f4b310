/*
 * What is remembered of one upstream within the present epoch, for people: how long its handshakes and
 * answers took, what went wrong and how often, when it was used. Nothing decides by it.
 *
 * Its place is fixed, whatever a server does: there are RECORD_TROUBLES kinds of trouble, told apart by
 * when, kind and text. One more takes the place of the one that is longest ago, whose times are
 * then counted without their reason.
 */
#ifndef UPSTREAM_RECORD_H
#define UPSTREAM_RECORD_H

#include "stubd/base/clock.h"
#include "stubd/upstream/times.h"
#include "stubd/upstream/transport.h"

#include <stddef.h>

enum { RECORD_TROUBLES = 8, RECORD_TEXT_MAX = 64 };

enum trouble_when {
	TROUBLE_CONNECTING, /* a try at one address: no connection came of it */
	TROUBLE_CONNECTED,  /* a connection broke */
	TROUBLE_ASKING,	    /* a question */
};

struct trouble_row {
	enum trouble_when when;
	enum ask_fail kind;
	uint32_t times;
	msec last;
	char text[RECORD_TEXT_MAX];
};

struct record {
	struct times handshake, query;
	struct trouble_row troubles[RECORD_TROUBLES];
	size_t ntroubles;
	uint32_t other; /* troubles whose row made room */
	msec used;	/* the last question written to it; 0: none */
};

/* text: what went wrong, cut to RECORD_TEXT_MAX; NULL or "": the kind says it. */
void record_trouble(
    struct record *record, enum trouble_when when, enum ask_fail kind, const char *text, msec now);

const char *trouble_when_text(enum trouble_when when);

#endif
