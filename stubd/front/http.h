/*
 * HTTP/1.1 on the unix control socket; libh2o inside, and only here (RFC 9112). It knows no
 * endpoints: every request goes to one handler, which answers at once or later.
 *
 *	           handler called          http_reply()
 *	READING ───────────────► OPEN ───────────────────────► answered, freed by libh2o
 *	                          │  client left, or shutdown
 *	                          └──────────────────────────► gone() once, if set; never touch again
 *
 * A unix socket is out of reach for web pages, so that Host and Origin need no check here. The
 * socket's mode is 0660: who may connect is decided by the file system, what a peer may change by
 * its credentials (unix(7), SO_PEERCRED). HTTP/2 is switched off: nothing on this socket needs it.
 *
 * Limits: HTTP_CLIENTS_MAX connections (more are closed at accept), targets of HTTP_TARGET_MAX
 * octets (more: 414), request bodies of HTTP_BODY_MAX octets (more: 413), HTTP_REQUEST_TIMEOUT for a
 * request to arrive.
 */
#ifndef FRONT_HTTP_H
#define FRONT_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct http;

enum {
	HTTP_CLIENTS_MAX = 64,
	HTTP_BODY_MAX = 4096,
	HTTP_TARGET_MAX = 4096,	      /* octets of path and query string; more: 414 */
	HTTP_REQUEST_TIMEOUT = 10000, /* ms */
	HTTP_ERROR_MAX = 512,
};

enum http_method { HTTP_GET, HTTP_POST, HTTP_OTHER };

/* Valid until http_reply() or gone(). */
struct http_request {
	enum http_method method;
	const char *path;  /* as sent, up to "?" */
	const char *query; /* as sent, after "?"; "" when none */
	bool may_change;   /* the peer is root, the daemon's user, or of the daemon's group */
	/* Static; set it before a 405: the method that would do (RFC 9110 section 15.5.6). */
	const char *allow;
	/* For a handler that answers later: called once when nobody waits any more. */
	void (*gone)(void *arg);
	void *arg;
};

typedef void http_handler(void *arg, struct http_request *request);

/* Listens on path. A socket file that nobody answers on is replaced; one that somebody answers on,
 * or a file of another kind, is an error. Returns 0 and *out, or -errno and one line for the person
 * in error. */
int http_open(struct loop *loop, const char *path, http_handler *handler, void *arg,
    struct http **out, char error[HTTP_ERROR_MAX]);

/* Stops listening, removes the socket file (if it is still ours), lets open requests go (gone), and
 * closes every connection; the loop frees the rest. Returns NULL; NULL is allowed. */
struct http *http_close(struct http *http);

/* Answers with a JSON body (copied). Works inside the handler and later, once a request. */
void http_reply(struct http_request *request, int status, const char *body, size_t n);

#endif
