/*
 * crook's beginning and its loop: listeners, control socket, timers.
 *
 *	crook STATE UPSTREAM_PORT ADDRESS...
 *
 * listens on ports 853 and 443 of the addresses, with certificates from
 * STATE/pki, and appends to STATE/record/crook.jsonl.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crook.h"

#define CONTROL "/run/lab/crook.control"

static const char *const MODES[MODE_COUNT] = {
	"ok",
	"wrong-name",
	"expired",
	"self-signed",
	"tls11",
	"http500",
	"http302",
	"http429",
	"wrong-type",
	"empty",
	"garbage",
	"truncated",
	"wrong-question",
	"wrong-id",
	"huge",
	"goaway",
	"rst",
	"close",
	"silent",
	"slow",
	"strip",
	"age",
	"nowhere",
	"block",
	"refuse",
	"silent853",
	"rst853",
	"status",
	"trailing",
	"header-flood",
	"continuation-flood",
	"endless",
	"goaway-early",
	"idle",
	"from",
};

void
watch_add(struct crook *crook, struct watch *w, uint32_t interest)
{
	struct epoll_event e = { .events = interest, .data.ptr = w };

	if (epoll_ctl(crook->epoll, EPOLL_CTL_ADD, w->fd, &e) < 0)
		die("epoll_ctl");
}

void
watch_change(struct crook *crook, struct watch *w, uint32_t interest)
{
	struct epoll_event e = { .events = interest, .data.ptr = w };

	if (epoll_ctl(crook->epoll, EPOLL_CTL_MOD, w->fd, &e) < 0)
		die("epoll_ctl");
}

void
watch_close(struct watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* "MODE [VALUE]" → "ok", or what is wrong with it. */
static const char *
set_mode(struct crook *crook, char *text)
{
	char *value = strchr(text, ' ');

	if (value)
		*value++ = 0;
	for (int m = 0; m < MODE_COUNT; m++) {
		if (strcmp(text, MODES[m]) == 0) {
			crook->mode = (enum mode)m;
			crook->value = value ? (unsigned)strtoul(value, NULL, 10) : 0;
			return "ok";
		}
	}
	return "crook has no such fault";
}

static void
control_ready(struct watch *w, uint32_t events)
{
	struct crook *crook = (struct crook *)((char *)w - offsetof(struct crook, control));
	struct sockaddr_un peer;
	socklen_t peerlen = sizeof(peer);
	char text[128];
	const char *answer;
	ssize_t len;

	(void)events;
	len = recvfrom(w->fd, text, sizeof(text) - 1, 0, (struct sockaddr *)&peer, &peerlen);
	if (len < 0)
		return;
	text[len] = 0;
	answer = set_mode(crook, text);
	sendto(w->fd, answer, strlen(answer), 0, (struct sockaddr *)&peer, peerlen);
}

static void
listener_ready(struct watch *w, uint32_t events)
{
	struct listener *l = (struct listener *)w;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char client[INET6_ADDRSTRLEN] = "";
	int fd = accept4(w->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (peer.ss_family == AF_INET6)
		inet_ntop(
		    AF_INET6, &((struct sockaddr_in6 *)&peer)->sin6_addr, client, sizeof(client));
	else
		inet_ntop(
		    AF_INET, &((struct sockaddr_in *)&peer)->sin_addr, client, sizeof(client));
	conn_accept(l->crook, fd, l->http, client);
}

static void
listen_on(struct crook *crook, const char *address, uint16_t port, bool http)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
	struct listener *l = calloc(1, sizeof(*l)); /* lives as long as we */
	int on = 1;

	if (!l || (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1))
		die(address);
	*l = (struct listener){ { -1, listener_ready }, crook, http };
	l->watch.fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(l->watch.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (is_v6)
		setsockopt(l->watch.fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(l->watch.fd, is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4,
		is_v6 ? sizeof(v6) : sizeof(v4)) < 0 ||
	    listen(l->watch.fd, 128) < 0)
		die(address);
	watch_add(crook, &l->watch, EPOLLIN);
}

static void
open_control(struct crook *crook)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = CONTROL };

	unlink(CONTROL);
	crook->control.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	crook->control.ready = control_ready;
	if (bind(crook->control.fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		die(CONTROL);
	watch_add(crook, &crook->control, EPOLLIN);
}

/* The server's choice: "h2" on DoH, "dot" on DoT; a client that offers neither gets none. */
static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in,
    unsigned int inlen, void *arg)
{
	const char *ours = arg;

	(void)ssl;
	if (SSL_select_next_proto((unsigned char **)out, outlen, (const unsigned char *)ours,
		(unsigned)strlen(ours), in, inlen) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
tls_context(const char *state, const char *name, bool http, bool old)
{
	static char h2[] = { 2, 'h', '2', 0 }, dot[] = { 3, 'd', 'o', 't', 0 };
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char cert[4096], key[4096];

	snprintf(cert, sizeof(cert), "%s/pki/%s.pem", state, name);
	snprintf(key, sizeof(key), "%s/pki/%s.key", state, name);
	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		die(cert);
	SSL_CTX_set_min_proto_version(ctx, old ? TLS1_VERSION : TLS1_2_VERSION);
	if (old) {
		SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
		SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)name, (unsigned)strlen(name));
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, http ? h2 : dot);
	return ctx;
}

/* Send the slow answers, and octets, that are due on a connection; returns ms to the next, or -1. */
static uint64_t
run_requests(struct conn *conn, uint64_t now)
{
	struct request *r, *other;
	uint64_t next = UINT64_MAX;

	for (r = conn->requests; r; r = other) {
		other = r->next;
		if (r->due && r->due <= now && r->sent)
			http_resume(r);
		else if (r->due && r->due <= now)
			request_answer(r);
		else if (r->due && r->due < next)
			next = r->due;
	}
	return next;
}

/* When a connection has rested for long enough, in mode idle: ms, or UINT64_MAX. */
static uint64_t
end_of_rest(const struct conn *conn)
{
	const struct crook *crook = conn->crook;

	if (crook->mode != MODE_IDLE || !conn->accepted || conn->requests)
		return UINT64_MAX;
	return conn->heard + crook->value * UINT64_C(1000);
}

/* What is due now; returns ms to the next, or -1. */
static int
run_timers(struct crook *crook)
{
	uint64_t now = now_ms(), next = UINT64_MAX, at;
	struct conn *conn, *following;

	for (conn = crook->conns; conn; conn = following) {
		following = conn->next;
		at = run_requests(conn, now);
		next = at < next ? at : next;
		at = end_of_rest(conn);
		if (at <= now)
			conn_rested(conn);
		else
			next = at < next ? at : next;
		conn_settle(conn);
	}
	return next == UINT64_MAX ? -1 : (int)(next - now);
}

int
main(int argc, char **argv)
{
	static const char *const certificates[CERTIFICATES] = { "crook", "wrong-name", "expired",
		"self-signed", "crook" };
	struct crook crook = { .upstream = { .sin_family = AF_INET } };
	struct epoll_event event;
	char path[4096];

	if (argc < 4)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	crook.epoll = epoll_create1(EPOLL_CLOEXEC);
	crook.upstream.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	crook.upstream.sin_port = htons((uint16_t)atoi(argv[2]));
	snprintf(path, sizeof(path), "%s/record/crook.jsonl", argv[1]);
	crook.record = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (crook.epoll < 0 || crook.record < 0)
		die(path);
	for (int i = 0; i < CERTIFICATES; i++) {
		crook.tls[i][0] = tls_context(argv[1], certificates[i], false, i == MODE_TLS11);
		crook.tls[i][1] = tls_context(argv[1], certificates[i], true, i == MODE_TLS11);
	}
	open_control(&crook);
	for (int i = 3; i < argc; i++) {
		listen_on(&crook, argv[i], 853, false);
		listen_on(&crook, argv[i], 443, true);
	}
	for (;;) { /* one event at a time, so none can be stale */
		if (epoll_wait(crook.epoll, &event, 1, run_timers(&crook)) == 1) {
			struct watch *w = event.data.ptr;

			w->ready(w, event.events);
		}
	}
}
