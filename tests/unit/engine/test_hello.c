#include "stubd/engine/edition.h"
#include "stubd/engine/helper.h"
#include "stubd/engine/message.h"
#include "stubd/engine/process.h"
#include "stubd/net/loop.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PATIENCE = 20000, /* ms for what must come */
	SILENCE = 300,	  /* ms in which nothing may come */
};

static struct fixture {
	struct loop *loop;
	struct process *process;
	int program, fd; /* our end */
	char how[PROCESS_HOW_MAX];
	uint8_t octets[MESSAGE_MAX];
} fix;

static void
on_ended(void *arg, const char *how)
{
	(void)arg;
	snprintf(fix.how, sizeof(fix.how), "%s", how);
	loop_stop(fix.loop);
}

static void
begin(void)
{
	fix.how[0] = '\0';
	fix.loop = loop_new();
	fix.program = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(
	    process_start(fix.loop, fix.program, on_ended, NULL, &fix.process, &fix.fd), 0);
}

static void
end(void)
{
	close(fix.fd);
	close(fix.program);
	fix.process = process_free(fix.process);
	fix.loop = loop_free(fix.loop);
}

static void
say(const struct message *message)
{
	const size_t n = message_write(fix.octets, sizeof(fix.octets), message);

	CU_ASSERT_TRUE_FATAL(n > 0);
	CU_ASSERT_EQUAL(write(fix.fd, fix.octets, n), (ssize_t)n);
}

static bool
readable(int patience)
{
	struct pollfd in = { .fd = fix.fd, .events = POLLIN };

	return poll(&in, 1, patience) == 1;
}

static void
read_octets(uint8_t *out, size_t n)
{
	for (size_t have = 0; have < n;) {
		ssize_t got = readable(PATIENCE) ? read(fix.fd, out + have, n - have) : 0;

		CU_ASSERT_TRUE_FATAL(got > 0);
		have += (size_t)got;
	}
}

/* The next message; its pointers are into fix.octets. */
static struct message
hear(void)
{
	struct message message;
	uint8_t head[MESSAGE_HEAD];
	size_t n;

	read_octets(head, sizeof(head));
	n = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
	CU_ASSERT_TRUE_FATAL(n > 0 && n <= sizeof(fix.octets));
	read_octets(fix.octets, n);
	CU_ASSERT_EQUAL_FATAL(message_read(fix.octets, n, &message), 0);
	return message;
}

static void
hear_hello(void)
{
	const struct message hello = hear();

	CU_ASSERT_EQUAL_FATAL(hello.type, MESSAGE_HELLO);
	CU_ASSERT_STRING_EQUAL(hello.version, edition());
}

/* CONFIG and PING. */
static void
say_the_rest(void)
{
	char nowhere[] = "/nonexistent";

	say(&(struct message){ .type = MESSAGE_CONFIG,
	    .config = { .root_hints = nowhere, .trust_anchors = nowhere } });
	say(&(struct message){ .type = MESSAGE_PING });
}

static void
it_says_its_build_first(void)
{
	begin();
	hear_hello();
	say(&(struct message){ .type = MESSAGE_HELLO, .version = edition() });
	say_the_rest();
	CU_ASSERT_EQUAL(hear().type, MESSAGE_PONG);
	end();
}

static void
it_does_nothing_for_a_stub_of_another_build(void)
{
	begin();
	say(&(struct message){ .type = MESSAGE_HELLO, .version = "0.0.9 0123456789abcdef" });
	hear_hello();
	say_the_rest();
	CU_ASSERT_FALSE(readable(SILENCE));
	process_kill(fix.process);
	loop_run(fix.loop);
	CU_ASSERT_STRING_EQUAL(fix.how, "signal 9");
	end();
}

static void
it_ends_when_the_stub_says_no_build(void)
{
	begin();
	say_the_rest();
	loop_run(fix.loop);
	CU_ASSERT_STRING_EQUAL(fix.how, "exit 1");
	end();
}

static const struct unit_case cases[] = {
	{ "a helper says its build first, and works for a stub of the same",
	    it_says_its_build_first },
	{ "a helper does nothing for a stub of another build",
	    it_does_nothing_for_a_stub_of_another_build },
	{ "a helper ends when the stub does not say its build first",
	    it_ends_when_the_stub_says_no_build },
};

/* process_start() starts this program once more, as the helper. */
int
main(int argc, char **argv)
{
	if (argc > 0 && strcmp(argv[0], HELPER_NAME) == 0)
		return helper_main();
	return unit_run("hello", cases, sizeof(cases) / sizeof(*cases));
}
