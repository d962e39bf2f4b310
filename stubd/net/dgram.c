#include "stubd/net/dgram.h"
#include "stubd/net/loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONTROL = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

union control {
	struct cmsghdr align;
	uint8_t bytes[CONTROL];
};

struct dgram {
	int fd;
	struct loop_watch *watch;
	struct loop_later later;
	dgram_cb *cb;
	void *arg;
	bool busy; /* a callback is on the stack, which frees the memory when it is gone */
	bool dead; /* freed, but for the memory */
	struct dgram_stats stats;

	/* one batch in */
	struct mmsghdr in[DGRAM_BATCH];
	struct iovec in_iov[DGRAM_BATCH];
	union addr_sockaddr in_from[DGRAM_BATCH];
	union control in_control[DGRAM_BATCH];
	uint8_t in_bytes[DGRAM_BATCH][DGRAM_IN];

	/* replies that wait */
	struct mmsghdr out[DGRAM_BATCH];
	struct iovec out_iov[DGRAM_BATCH];
	union addr_sockaddr out_to[DGRAM_BATCH];
	union control out_control[DGRAM_BATCH];
	size_t nout, out_used;
	uint8_t out_bytes[DGRAM_OUT];
};

/* Finds the address that the packet was sent to. */
static void
read_pktinfo(struct msghdr *msg, struct dgram_peer *peer)
{
	struct in_pktinfo v4;
	struct in6_pktinfo v6;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&v4, CMSG_DATA(c), sizeof(v4));
			memcpy(peer->to, &v4.ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&v6, CMSG_DATA(c), sizeof(v6));
			memcpy(peer->to, &v6.ipi6_addr, 16);
			if (IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr))
				peer->link = v6.ipi6_ifindex;
		}
	}
}

/* The address that a reply leaves from. Returns how long that is. */
static inline size_t
write_pktinfo4(struct cmsghdr *c, const struct dgram_peer *peer)
{
	struct in_pktinfo v4 = { 0 };

	memcpy(&v4.ipi_spec_dst, peer->to, 4);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(v4));
	memcpy(CMSG_DATA(c), &v4, sizeof(v4));
	return CMSG_SPACE(sizeof(v4));
}

static size_t
write_pktinfo6(struct cmsghdr *c, const struct dgram_peer *peer)
{
	struct in6_pktinfo v6 = { 0 };

	memcpy(&v6.ipi6_addr, peer->to, 16);
	v6.ipi6_ifindex = peer->link;
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(v6));
	memcpy(CMSG_DATA(c), &v6, sizeof(v6));
	return CMSG_SPACE(sizeof(v6));
}

static inline size_t
write_pktinfo(struct cmsghdr *c, const struct dgram_peer *peer)
{
	static const uint8_t unknown[16];

	if (!memcmp(peer->to, unknown, sizeof(unknown)))
		return 0;
	return peer->from.family == AF_INET ? write_pktinfo4(c, peer) : write_pktinfo6(c, peer);
}

/* Sends what is queued, now. */
static void
flush(struct dgram *d)
{
	size_t sent = 0;

	while (sent < d->nout) {
		int n = sendmmsg(d->fd, d->out + sent, (unsigned)(d->nout - sent), MSG_DONTWAIT);

		if (n > 0) {
			sent += (size_t)n;
			d->stats.out += (uint64_t)n;
			continue;
		}
		/* The first one failed, the others may not: an error may belong to one client
		 * alone, and a pending ICMP error of the socket is cleared by this call. */
		if (n < 0 && errno == EINTR)
			continue;
		sent++;
		d->stats.out_lost++;
	}
	d->nout = d->out_used = 0;
}

/* The lengths are the kernel's to change: they are set anew for each packet. */
static void
offer(struct dgram *d, size_t i)
{
	d->in[i].msg_hdr.msg_namelen = sizeof(d->in_from[i]);
	d->in[i].msg_hdr.msg_controllen = sizeof(d->in_control[i]);
}

static void
offer_all(struct dgram *d)
{
	for (size_t i = 0; i < DGRAM_BATCH; i++) {
		d->in_iov[i] = (struct iovec){ d->in_bytes[i], DGRAM_IN };
		d->in[i].msg_hdr = (struct msghdr){
			.msg_name = &d->in_from[i],
			.msg_iov = &d->in_iov[i],
			.msg_iovlen = 1,
			.msg_control = &d->in_control[i],
		};
		offer(d, i);
	}
}

/* What is the same for each reply. */
static void
prepare_replies(struct dgram *d)
{
	for (size_t i = 0; i < DGRAM_BATCH; i++)
		d->out[i].msg_hdr = (struct msghdr){
			.msg_name = &d->out_to[i],
			.msg_iov = &d->out_iov[i],
			.msg_iovlen = 1,
			.msg_control = &d->out_control[i],
		};
}

/* Hands one packet out. */
static void
take(struct dgram *d, size_t i)
{
	struct msghdr *msg = &d->in[i].msg_hdr;
	struct dgram_peer peer = { 0 };

	d->stats.in++;
	if (msg->msg_flags & MSG_TRUNC) {
		d->stats.in_long++;
	} else {
		addr_take(&peer.from, &d->in_from[i]);
		read_pktinfo(msg, &peer);
	}
	offer(d, i);
	if (peer.from.family)
		d->cb(d->arg, &peer, d->in_bytes[i], d->in[i].msg_len);
}

/* Reads one batch and hands it out. Returns true when there may be more. */
static bool
read_batch(struct dgram *d)
{
	int n = recvmmsg(d->fd, d->in, DGRAM_BATCH, MSG_DONTWAIT, NULL);

	for (int i = 0; i < n && !d->dead; i++)
		take(d, (size_t)i);
	return n == DGRAM_BATCH && !d->dead;
}

static void
on_watch(void *arg, int events)
{
	struct dgram *d = arg;
	bool more = true;

	(void)events; /* an error of the socket is fetched, and cleared, by the read */
	d->busy = true;
	for (int i = 0; i < DGRAM_BATCHES && more; i++) {
		more = read_batch(d);
		if (!d->dead)
			flush(d);
	}
	d->busy = false;
	if (d->dead)
		free(d);
}

static void
on_later(void *arg)
{
	flush(arg);
}

/* One that the service manager made larger, which it may, is not to shrink. */
static void
want_receive_buffer(int fd)
{
	int have = 0, size = DGRAM_RCVBUF;
	socklen_t len = sizeof(have);

	if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &have, &len) == 0 && have >= size)
		return;
	/* The first needs CAP_NET_ADMIN, the second is cut at net.core.rmem_max. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static void
set_options(int fd)
{
	int one = 1, family = 0;
	socklen_t len = sizeof(family);

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len);
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one));
	want_receive_buffer(fd);
}

struct dgram *
dgram_new(struct loop *loop, int fd, dgram_cb *cb, void *arg)
{
	struct dgram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->fd = fd;
	d->cb = cb;
	d->arg = arg;
	loop_later_init(&d->later, loop, on_later, d);
	offer_all(d);
	prepare_replies(d);
	set_options(fd);
	d->watch = loop_watch_new(loop, fd, LOOP_READ, on_watch, d);
	if (!d->watch) {
		free(d);
		return NULL;
	}
	return d;
}

struct dgram *
dgram_free(struct dgram *d)
{
	if (!d)
		return NULL;
	flush(d);
	loop_later_stop(&d->later);
	d->watch = loop_watch_free(d->watch);
	close(d->fd);
	d->dead = true;
	if (!d->busy)
		free(d);
	return NULL;
}

void
dgram_stop(struct dgram *d)
{
	loop_watch_set(d->watch, 0);
}

void
dgram_send(struct dgram *d, const struct dgram_peer *peer, const uint8_t *bytes, size_t n)
{
	struct msghdr *msg;
	size_t i;

	if (n > DGRAM_OUT) {
		d->stats.out_lost++;
		return;
	}
	if (d->nout == DGRAM_BATCH || d->out_used + n > DGRAM_OUT)
		flush(d);
	i = d->nout++;
	msg = &d->out[i].msg_hdr;
	msg->msg_namelen = addr_put(&peer->from, &d->out_to[i]);
	msg->msg_controllen = write_pktinfo(&d->out_control[i].align, peer);
	d->out_iov[i] = (struct iovec){ d->out_bytes + d->out_used, n };
	memcpy(d->out_bytes + d->out_used, bytes, n);
	d->out_used += n;
	if (!d->busy)
		loop_later_start(&d->later);
}

void
dgram_stats(const struct dgram *d, struct dgram_stats *out)
{
	*out = d->stats;
}
