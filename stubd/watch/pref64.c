#include "stubd/watch/pref64.h"

#include "policy/dns64.h"
#include "stubd/base/buf.h"
#include "stubd/base/log.h"
#include "stubd/net/loop.h"
#include "stubd/watch/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MESSAGE_MAX = 8192,  /* octets; the kernel's are below 4,096 */
	BURST = 64,	     /* messages read in a turn of the loop */
	ROUTER_ADVERT = 134, /* ICMPv6 types, RFC 4861 section 4.2 */
	OPTION_UNIT = 8,     /* octets; lengths of options are given in these */
	OPTION_PREF64 = 38,
	PREF64_SIZE = 16,
	PREF64_OCTETS = 12, /* of the prefix */
	LENGTH_CODE = 7,    /* the low bits beside the lifetime, which counts in 8 s */
};

struct pref64_watch {
	struct loop_watch *watch;
	int fd;
	pref64_cb *cb;
	void *arg;
};

/* One option, RFC 8781 section 4. */
static void
read_option(struct rcur option, uint32_t link, pref64_cb *cb, void *arg)
{
	static const uint8_t lengths[LENGTH_CODE + 1] = { 96, 64, 56, 48, 40, 32 };
	struct pref64 news = { .link = link, .prefix.family = AF_INET6 };
	const uint8_t type = rcur_u8(&option), units = rcur_u8(&option);
	const uint16_t scaled = rcur_u16(&option);
	const uint8_t *high = rcur_skip(&option, PREF64_OCTETS);

	if (!high || type != OPTION_PREF64 || units * OPTION_UNIT != PREF64_SIZE)
		return;
	news.lifetime = (uint32_t)(scaled & ~LENGTH_CODE);
	news.prefix.bits = lengths[scaled & LENGTH_CODE];
	memcpy(news.prefix.ip, high, news.prefix.bits / 8);
	if (dns64_usable(&news.prefix))
		cb(arg, &news);
}

/* The body of one RTM_NEWNDUSEROPT: struct nduseroptmsg, then options, then attributes. */
static void
read_body(struct rcur body, pref64_cb *cb, void *arg)
{
	struct nduseroptmsg head;
	const uint8_t *at = rcur_skip(&body, sizeof(head));
	struct rcur options;

	if (!at)
		return;
	memcpy(&head, at, sizeof(head));
	at = rcur_skip(&body, head.nduseropt_opts_len);
	if (!at || head.nduseropt_family != AF_INET6 || head.nduseropt_icmp_type != ROUTER_ADVERT ||
	    head.nduseropt_ifindex <= 0)
		return;
	options = rcur_make(at, head.nduseropt_opts_len);
	while (rcur_left(&options) >= OPTION_UNIT) {
		const size_t n = (size_t)options.p[1] * OPTION_UNIT;
		const uint8_t *option = rcur_skip(&options, n);

		if (!n || !option)
			return;
		read_option(rcur_make(option, n), (uint32_t)head.nduseropt_ifindex, cb, arg);
	}
}

void
pref64_read(const uint8_t *bytes, size_t n, pref64_cb *cb, void *arg)
{
	struct rcur all = rcur_make(bytes, n);
	struct nlmsghdr head;
	const uint8_t *at;

	while ((at = rcur_skip(&all, sizeof(head)))) {
		size_t size;

		memcpy(&head, at, sizeof(head));
		if (head.nlmsg_len < sizeof(head))
			return;
		size = head.nlmsg_len - sizeof(head);
		at = rcur_skip(&all, size);
		if (!at)
			return;
		if (head.nlmsg_type == RTM_NEWNDUSEROPT)
			read_body(rcur_make(at, size), cb, arg);
		if (rcur_left(&all) >= NLMSG_ALIGN(head.nlmsg_len) - head.nlmsg_len)
			rcur_skip(&all, NLMSG_ALIGN(head.nlmsg_len) - head.nlmsg_len);
	}
}

/* An overrun loses announcements; routers repeat them. */
static void
on_message(void *arg, int events)
{
	struct pref64_watch *w = arg;
	uint8_t bytes[MESSAGE_MAX];

	(void)events;
	for (int i = 0; i < BURST; i++) {
		struct sockaddr_nl from;
		socklen_t len = sizeof(from);
		const ssize_t n = recvfrom(
		    w->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (n <= 0)
			return;
		/* The kernel is 0; other processes may write to the socket, too. */
		if (len == sizeof(from) && from.nl_pid == 0)
			pref64_read(bytes, (size_t)n, w->cb, w->arg);
	}
}

struct pref64_watch *
pref64_watch_new(struct loop *loop, pref64_cb *cb, void *arg)
{
	struct pref64_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->cb = cb;
	w->arg = arg;
	w->fd = netlink_open(1U << (RTNLGRP_ND_USEROPT - 1));
	if (w->fd < 0) {
		log_warn("rtnetlink: %s; NAT64 prefixes go unnoticed", strerror(-w->fd));
		return w;
	}
	w->watch = loop_watch_new(loop, w->fd, LOOP_READ, on_message, w);
	return w->watch ? w : pref64_watch_free(w);
}

struct pref64_watch *
pref64_watch_free(struct pref64_watch *watch)
{
	if (!watch)
		return NULL;
	watch->watch = loop_watch_free(watch->watch);
	if (watch->fd >= 0)
		close(watch->fd);
	free(watch);
	return NULL;
}
