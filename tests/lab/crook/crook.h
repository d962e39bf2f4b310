/*
 * crook - a DNS provider over TLS and HTTPS that misbehaves on command.
 *
 * One thread, one epoll.  A *conn* is a client's TLS connection, DoT or DoH
 * (HTTP/2).  A *request* is one question on it: recorded, forwarded to a real
 * resolver over TCP, its answer spoilt as the mode says, then sent.  The mode
 * is set by datagrams on /run/lab/crook.control.
 *
 * Who frees what: a conn owns its requests.  Callbacks never free a conn; they
 * mark it doomed, and conn_settle(), the last call of every event, frees it.
 */
#ifndef CROOK_H
#define CROOK_H

#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mode {
	MODE_OK,
	MODE_WRONG_NAME, /* these four choose the certificate, or TLS, of new connections */
	MODE_EXPIRED,
	MODE_SELF_SIGNED,
	MODE_TLS11, /* the right certificate, and no newer protocol */
	MODE_HTTP500,
	MODE_HTTP302,
	MODE_HTTP429,
	MODE_WRONG_TYPE,
	MODE_EMPTY,
	MODE_GARBAGE,
	MODE_TRUNCATED,
	MODE_WRONG_QUESTION,
	MODE_WRONG_ID,
	MODE_HUGE,
	MODE_GOAWAY,
	MODE_RST,
	MODE_CLOSE,
	MODE_SILENT,
	MODE_SLOW,
	MODE_STRIP,
	MODE_AGE, /* DoH: with that Age, in seconds */
	MODE_NOWHERE,
	MODE_BLOCK,
	MODE_REFUSE,
	MODE_SILENT853, /* as silent and rst, but over DoT alone */
	MODE_RST853,
	MODE_STATUS, /* DoH: that status, without a body */
	MODE_TRAILING,
	MODE_HEADER_FLOOD,
	MODE_CONTINUATION_FLOOD,
	MODE_ENDLESS, /* DoH: a body without end; an octet every so many ms, or as it is taken */
	MODE_GOAWAY_EARLY,
	MODE_IDLE, /* closes connections that rest for so many seconds */
	MODE_FROM, /* not spoilt: the answers are those of another resolver */
	MODE_COUNT
};
#define CERTIFICATES (MODE_TLS11 + 1)

/* Bytes that grow.  All zeroes is empty; buf_free() makes it so again. */
struct buf {
	uint8_t *data;
	size_t len, size;
};

/* Something epoll tells about; embedded first in what it belongs to. */
struct watch {
	int fd;
	void (*ready)(struct watch *, uint32_t events);
};

struct crook;

struct listener {
	struct watch watch;
	struct crook *crook;
	bool http;
};

struct request {
	struct watch upstream; /* fd is -1 before and after its forwarding */
	struct request *next;
	struct conn *conn;
	int32_t stream; /* 0 on DoT */
	enum mode mode; /* when it came */
	unsigned value;
	uint64_t
	    due; /* ms: when a slow answer, or its next octet, goes out; 0 when it does not wait */
	char method[8];
	struct buf path, headers; /* headers: the inside of a JSON array */
	struct buf query, answer;
	size_t sent; /* how much of an HTTP answer was handed to nghttp2 */
};

struct conn {
	struct watch watch;
	struct crook *crook;
	struct conn *next;
	SSL *ssl;
	bool http, accepted, doomed;
	nghttp2_session *h2;
	struct buf in, out;
	char client[INET6_ADDRSTRLEN];
	unsigned answers;
	uint64_t heard;	     /* ms: the last octets */
	int32_t last_stream; /* after GOAWAY: higher ones are not answered; else INT32_MAX */
	struct request *requests;
};

struct crook {
	int epoll;
	struct watch control;
	SSL_CTX *tls[CERTIFICATES][2]; /* by mode, by transport (DoT, DoH) */
	struct sockaddr_in upstream;
	int record;
	enum mode mode;
	unsigned value;
	struct conn *conns;
};

/* util.c */
void buf_add(struct buf *, const void *data, size_t len);
void buf_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_json(struct buf *, const uint8_t *text, size_t len); /* a quoted string */
void buf_drop(struct buf *, size_t len);			  /* from the front */
void buf_free(struct buf *);
bool base64url_decode(struct buf *out, const uint8_t *text, size_t len);
uint64_t now_ms(void);
_Noreturn void die(const char *what);

/* loop.c: watches; interest is in EPOLL* bits, 0 removes without closing. */
void watch_add(struct crook *, struct watch *, uint32_t interest);
void watch_change(struct crook *, struct watch *, uint32_t interest);
void watch_close(struct watch *); /* fd becomes -1 */

/* conn.c */
void conn_accept(struct crook *, int fd, bool http, const char *client);
void conn_settle(struct conn *); /* write what there is to write; may free it */
void conn_rested(struct conn *); /* for so long that it is to end */
struct request *request_new(struct conn *, int32_t stream);
void request_free(struct request *); /* and takes it from its conn */

/* http.c */
bool http_open(struct conn *);
bool http_receive(struct conn *, const uint8_t *data, size_t len);
void http_collect(struct conn *); /* what HTTP/2 wants to send goes to conn->out */
void http_answer(struct request *);
void http_reset(struct request *);
void http_goaway(struct conn *, int32_t last_stream, uint32_t error);
void http_resume(struct request *); /* the next octet of an endless body */

/* flood.c: headers without end. */
void flood_headers(struct request *);
void flood_continuations(struct request *);

/* answer.c: a complete question came; its answer is due. */
void request_start(struct request *);
void request_answer(struct request *);

#endif
