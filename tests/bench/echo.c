/*
 * The floor: answers every query with one and the same A record, by recvmmsg(2) and sendmmsg(2), and
 * does nothing else. What it costs is what the kernel takes for a query over UDP.
 *
 *	bench-echo ADDRESS PORT
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BATCH = 64,
	SIZE = 512,
	BUFFER = 4 << 20,
};

/* The question's name, A, IN, an hour, 192.0.2.1 */
static const uint8_t RECORD[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1 };

struct batch {
	uint8_t packets[BATCH][SIZE + sizeof(RECORD)];
	struct sockaddr_in peers[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
};

static void
reset(struct batch *b, int i)
{
	b->parts[i] = (struct iovec){ b->packets[i], SIZE };
	b->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &b->peers[i],
		.msg_namelen = sizeof(b->peers[i]),
		.msg_iov = &b->parts[i],
		.msg_iovlen = 1,
	};
}

/* Makes an answer of a query with one question and nothing else. */
static size_t
answer(uint8_t *packet, size_t len)
{
	if (len < 12)
		return len;
	packet[2] |= 0x80;
	packet[3] = 0x80;
	packet[7] = 1;
	memcpy(packet + len, RECORD, sizeof(RECORD));
	return len + sizeof(RECORD);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in me = { .sin_family = AF_INET };
	struct batch b;
	int size = BUFFER;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (argc != 3 || inet_pton(AF_INET, argv[1], &me.sin_addr) != 1)
		errx(2, "usage: bench-echo ADDRESS PORT");
	me.sin_port = htons((uint16_t)atoi(argv[2]));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		warn("receive buffer");
	if (bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0)
		err(1, "bind");
	for (;;) {
		int n;

		for (int i = 0; i < BATCH; i++)
			reset(&b, i);
		n = recvmmsg(fd, b.messages, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++)
			b.parts[i].iov_len = answer(b.packets[i], b.messages[i].msg_len);
		if (n > 0)
			sendmmsg(fd, b.messages, (unsigned)n, 0);
	}
}
