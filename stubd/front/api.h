/*
 * The control API: JSON over HTTP on the unix socket. Paths and methods are matched exactly.
 *
 *	GET  /v1/status				what the daemon is and does
 *	GET  /v1/providers			all of them, with their standing
 *	GET  /v1/exposure			what each of them was told (query/ledger.h)
 *	GET  /v1/catalogue			which file of providers is in use, or null
 *	GET  /v1/stamp?name=			a provider as DNS stamps
 *	GET  /v1/explain?name=&type=		what policy decides for a name, and the cache's state
 *	POST /v1/query?name=&type=		asks now; answers when the answer is there
 *	POST /v1/flush[?name=[&what=]]		forgets everything; or a name and all below it (what=below,
 *						the default), the name alone (what=name), or all that
 *						is asked where the name is asked (what=view)
 *	POST /v1/reload				reads the configuration again
 *	POST /v1/shuffle			draws the providers anew
 *	GET  /v1/nta				names excepted from validation (RFC 7646)
 *	POST /v1/nta/add?name=[&duration=]	excepts one and all below it, for an hour if not said
 *	POST /v1/nta/remove?name=		ends that
 *
 * type is A when left out; "TYPE65" works (RFC 3597 section 5). Errors are {"error": "..."} with a
 * fitting status. flush, reload, shuffle and changes of exceptions need a peer that may change
 * things (front/control.h): else 403.
 * A client that leaves while its question waits takes the question with it.
 */
#ifndef FRONT_API_H
#define FRONT_API_H

#include "stubd/base/clock.h"
#include "stubd/front/http.h"

#include <jansson.h>
#include <stddef.h>

struct api;
struct resolver;
struct listen_set;
struct udp_front;
struct tcp_front;
struct doh_front;
struct totals;
struct name;

enum { API_WHY_MAX = 1280 }; /* octets of one line for the person, the NUL included */

/* What the daemon provides; all borrowed until api_free(). NULL where a thing is not there. */
struct api_host {
	struct resolver *resolver;
	const char *version;
	msec started; /* on the loop's clock */
	const struct listen_set *listening;
	const struct udp_front *udp;
	const struct tcp_front *tcp;
	const struct doh_front *doh;
	/* Reads and checks the configuration, swaps it when it is good. Returns 0 or -errno, and an
	 * owned *report: {"errors": [lines]} or {"restart": [keys that wait for a restart]}; may be
	 * NULL. */
	int (*reload)(void *arg, json_t **report);
	/* Draws the providers anew. Returns 0 or -errno. */
	int (*shuffle)(void *arg);
	/* An owned object that tells of the draw, or NULL. */
	json_t *(*draw)(void *arg);
	/* Adds lines of text to the array: what the person should know, e.g. that a reload failed.
	 */
	void (*warnings)(void *arg, json_t *array);
	/* Adds what other threads have counted; NULL: there are none. */
	void (*add_workers)(void *arg, struct totals *totals);
	/* Excepts a name from validation for so many seconds; ends that. Return 0, or -errno and why:
	 * -ENOENT: it was not excepted. */
	int (*add_nta)(void *arg, const struct name *name, int64_t seconds, char why[API_WHY_MAX]);
	int (*remove_nta)(void *arg, const struct name *name, char why[API_WHY_MAX]);
	/* Something was flushed from the cache; NULL: nobody else keeps answers. */
	void (*flushed)(void *arg);
	void *arg;
};

/* Copies host. NULL: out of memory. */
struct api *api_new(const struct api_host *host);

/* Lets waiting questions go; close the HTTP server first. Returns NULL; NULL is allowed. */
struct api *api_free(struct api *api);

/* An http_handler; arg is the api. */
http_handler api_handle;

#endif
