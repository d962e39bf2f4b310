#include "stubd/net/tls.h"
#include "stubd/net/loop.h"
#include "stubd/net/stream.h"
#include "stubd/net/tls_bio.h"
#include "stubd/net/tls_verify.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN = 16 * 1024 /* a record, RFC 8446 section 5.1 */, QUEUE_FIRST = 1024 };

struct tls {
	struct stream *stream;
	struct tls_identity *identity;
	struct tls_ties ties;
	struct tls_verify verify;
	SSL *ssl;
	struct tls_octets octets; /* the SSL's */
	struct loop_later later;
	const struct tls_events *events;
	void *arg;
	unsigned busy; /* callbacks on the stack; the outermost frees the memory when it is gone */
	bool dead;     /* freed, but for the memory */
	char alpn[16];
	bool alpn_required;
	bool last_apart;
	bool connected; /* TCP is */
	bool ready;
	bool ended;

	uint8_t *queue; /* owned; waits to be encrypted */
	size_t used, cap;
	size_t last; /* where in it the last write begins */
};

/* After a callback that may have freed it. Returns false when it is gone. */
static bool
leave(struct tls *tls)
{
	bool alive = !tls->dead;

	if (--tls->busy == 0 && !alive)
		free(tls);
	return alive;
}

static void
end(struct tls *tls, enum tls_end how, const char *text)
{
	if (tls->ended || tls->dead)
		return;
	tls->ended = true;
	stream_set_reading(tls->stream, false);
	loop_later_stop(&tls->later);
	tls->events->ended(tls->arg, how, text);
}

/* Sends what OpenSSL has written. Returns 0, or -ENOBUFS. */
static int
send_out(struct tls *tls)
{
	if (tls->octets.wrote && tls->connected)
		stream_flush(tls->stream);
	tls->octets.wrote = false;
	return tls->octets.full ? -ENOBUFS : 0;
}

/* The text of OpenSSL's last error, without its file names. Of protocols that are too old (RFC 8996) it
 * has several, by who noticed it. */
static const char *
openssl_text(void)
{
	const unsigned long error = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(error);
	const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;

	if (reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_UNSUPPORTED_PROTOCOL)
		return "server does not speak TLS 1.2 or newer";
	return text ? text : "TLS error";
}

/* Empties the thread's queue of errors, as SSL_get_error(3) wants it. It is empty nearly always, and
 * seeing that costs a quarter of clearing all its places. Once for a row of calls: those that succeed
 * leave none, and behind the first that does not nothing is called. */
static void
forget_errors(void)
{
	if (ERR_peek_error())
		ERR_clear_error();
}

/* Encrypts what waits, unless the stream has not got rid of the last load. */
static void
encrypt(struct tls *tls)
{
	const size_t apart = tls->last_apart ? tls->used - tls->last : 0;
	size_t done = 0;

	if (!tls->ready || tls->ended || !tls->used || stream_queued(tls->stream) >= PLAIN)
		return;
	forget_errors();
	while (done < tls->used) {
		const size_t end = done < tls->used - apart ? tls->used - apart : tls->used;
		const int n = SSL_write(tls->ssl, tls->queue + done, (int)(end - done));

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	memmove(tls->queue, tls->queue + done, tls->used - done);
	tls->used -= done;
	if (tls->used || send_out(tls))
		end(tls, TLS_RESET, "the connection takes no more octets");
}

static void
on_later(void *arg)
{
	encrypt(arg);
}

static void
handshake_failed(struct tls *tls)
{
	char text[TLS_TEXT];

	snprintf(text, sizeof(text), "%s", tls->verify.text[0] ? tls->verify.text : openssl_text());
	(void)send_out(tls); /* the alert, so that the server's log says why */
	end(tls, TLS_HANDSHAKE, text);
}

static bool
alpn_ok(const struct tls *tls)
{
	const uint8_t *got;
	unsigned n;

	SSL_get0_alpn_selected(tls->ssl, &got, &n);
	if (!n)
		return !tls->alpn_required;
	return n == strlen(tls->alpn) && !memcmp(got, tls->alpn, n);
}

/* Goes on with the handshake. Returns false when there is nothing to read yet, or no more. */
static bool
handshake(struct tls *tls)
{
	int n, why;

	forget_errors();
	n = SSL_do_handshake(tls->ssl);
	why = n == 1 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, n);
	if (n != 1 && why != SSL_ERROR_WANT_READ) {
		handshake_failed(tls);
		return false;
	}
	if (send_out(tls)) {
		end(tls, TLS_RESET, "the connection takes no more octets");
		return false;
	}
	if (n != 1)
		return false;
	if (!tls_verify_pins(&tls->verify, tls->ssl)) {
		tls_identity_distrust(tls->identity);
		handshake_failed(tls);
		return false;
	}
	if (!alpn_ok(tls)) {
		snprintf(tls->verify.text, TLS_TEXT, "server does not speak %s (ALPN)", tls->alpn);
		handshake_failed(tls);
		return false;
	}
	tls->ready = true;
	if (tls->used)
		loop_later_start(&tls->later);
	tls->busy++;
	tls->events->ready(tls->arg);
	return leave(tls) && !tls->ended;
}

/* How the octets end, by what SSL_read() said. */
static void
end_read(struct tls *tls, int why, const char *text)
{
	if (why == SSL_ERROR_ZERO_RETURN)
		end(tls, TLS_CLOSED, "closed by the server");
	else if (why != SSL_ERROR_NONE && why != SSL_ERROR_WANT_READ)
		end(tls, TLS_RESET, text);
}

/* Decrypts what came, as many records as fit, and hands it on in one piece: servers write one for each
 * answer, and DoH's often two. Returns false when there is no more, or the connection is gone. */
static bool
decrypt(struct tls *tls)
{
	uint8_t buf[PLAIN];
	size_t used = 0;
	bool more;
	int n, why;
	const char *text;

	do {
		n = SSL_read(tls->ssl, buf + used, (int)(sizeof(buf) - used));
		used += n > 0 ? (size_t)n : 0;
		/* To ask for a record that has not begun to come would cost half as much as one. */
		more = n > 0 && (tls->octets.left || SSL_has_pending(tls->ssl));
	} while (more && used < sizeof(buf));
	/* Before others use OpenSSL. */
	why = n > 0 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, n);
	text = why == SSL_ERROR_NONE || why == SSL_ERROR_WANT_READ ? "" : openssl_text();
	if (used)
		tls->events->data(tls->arg, buf, used);
	if (!tls->dead)
		end_read(tls, why, text);
	return more && !tls->dead && !tls->ended;
}

static void
on_connected(void *arg)
{
	struct tls *tls = arg;

	tls->connected = true;
	(void)handshake(tls);
}

static void
on_data(void *arg, const uint8_t *bytes, size_t n)
{
	struct tls *tls = arg;

	if (tls->ended)
		return;
	tls->octets.in = bytes;
	tls->octets.left = n;
	tls->busy++;
	if (tls->ready || handshake(tls)) {
		forget_errors();
		while (decrypt(tls))
			;
	}
	if (!tls->dead && !tls->ended && send_out(tls)) /* a key update's answer */
		end(tls, TLS_RESET, "the connection takes no more octets");
	tls->octets.left = 0;
	(void)leave(tls);
}

static void
on_drained(void *arg)
{
	encrypt(arg);
}

static void
on_stream_ended(void *arg, int error)
{
	struct tls *tls = arg;

	if (!tls->connected)
		end(tls, TLS_REFUSED,
		    error == -ECONNREFUSED ? "connection refused" : strerror(-error));
	else if (!tls->ready)
		end(tls, error ? TLS_RESET : TLS_HANDSHAKE,
		    error ? strerror(-error) : "closed during the TLS handshake");
	else if (error)
		end(tls, TLS_RESET, strerror(-error));
	else
		end(tls, TLS_CLOSED, "closed by the server");
}

static const struct stream_events stream_events = {
	.connected = on_connected,
	.data = on_data,
	.drained = on_drained,
	.ended = on_stream_ended,
};

static int
set_up(struct tls *tls, const struct tls_params *params)
{
	uint8_t alpn[17];
	size_t n = strlen(params->alpn);

	tls->ties.verify = &tls->verify;
	tls->ssl = tls_identity_connection(tls->identity, &tls->ties, &tls->octets);
	if (!tls->ssl)
		return -ENOMEM;
	SSL_set_connect_state(tls->ssl);
	snprintf(tls->alpn, sizeof(tls->alpn), "%s", params->alpn);
	tls->alpn_required = params->alpn_required;
	tls->last_apart = params->last_apart;
	alpn[0] = (uint8_t)n;
	memcpy(alpn + 1, params->alpn, n);
	if (SSL_set_alpn_protos(tls->ssl, alpn, (unsigned)n + 1) != 0)
		return -ENOMEM;
	return tls_verify_start(&tls->verify, tls->ssl, params);
}

int
tls_connect(struct loop *loop, struct tls_store *store, const struct tls_params *params,
    const struct tls_events *events, void *arg, struct tls **out, char *text)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int error = -ENOMEM;

	snprintf(text, TLS_TEXT, "out of memory");
	if (!tls || strlen(params->alpn) >= sizeof(tls->alpn))
		goto fail;
	tls->events = events;
	tls->arg = arg;
	loop_later_init(&tls->later, loop, on_later, tls);
	error = tls_store_identity(store, params, &tls->identity, text);
	if (error)
		goto fail;
	error = set_up(tls, params);
	if (error)
		goto fail;
	error = stream_connect(loop, params->addr, params->link, &stream_events, tls, &tls->stream);
	if (error) {
		if (error == -ENODEV)
			snprintf(text, TLS_TEXT, "link %s is not there", params->link);
		else
			snprintf(text, TLS_TEXT, "socket: %s", strerror(-error));
		goto fail;
	}
	tls->octets.stream = tls->stream;
	*out = tls;
	return 0;
fail:
	tls_free(tls);
	return error;
}

struct tls *
tls_free(struct tls *tls)
{
	if (!tls)
		return NULL;
	tls->dead = true; /* whatever happens to the last words, nobody is told */
	if (tls->ssl && tls->ready && !tls->ended) {
		encrypt(tls);
		(void)SSL_shutdown(tls->ssl);
		(void)send_out(tls);
	}
	/* Without this OpenSSL marks the session as one that cannot be resumed. */
	if (tls->ssl && tls->ready)
		SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(tls->ssl);
	forget_errors();
	if (tls->later.loop)
		loop_later_stop(&tls->later);
	tls->stream = stream_free(tls->stream);
	if (tls->identity)
		tls_identity_release(tls->identity);
	free(tls->queue);
	if (!tls->busy)
		free(tls);
	return NULL;
}

int
tls_write(struct tls *tls, const void *bytes, size_t n)
{
	size_t cap = tls->cap ? tls->cap : QUEUE_FIRST;
	uint8_t *queue;

	if (tls->ended)
		return -EPIPE;
	if (n > TLS_QUEUE - tls->used)
		return -ENOBUFS;
	while (cap < tls->used + n)
		cap *= 2;
	if (cap != tls->cap) {
		queue = realloc(tls->queue, cap);
		if (!queue)
			return -ENOMEM;
		tls->queue = queue;
		tls->cap = cap;
	}
	memcpy(tls->queue + tls->used, bytes, n);
	tls->last = tls->used;
	tls->used += n;
	if (tls->ready)
		loop_later_start(&tls->later);
	return 0;
}

bool
tls_resumed(const struct tls *tls)
{
	return SSL_session_reused(tls->ssl) == 1;
}
