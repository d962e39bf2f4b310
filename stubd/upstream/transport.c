#include "stubd/upstream/transport.h"

#include <errno.h>

const char *
ask_fail_text(enum ask_fail fail)
{
	static const char *const texts[ASK_FAILS] = {
		[ASK_OK] = "ok",
		[ASK_REFUSED] = "refused",
		[ASK_RESET] = "reset",
		[ASK_TIMEOUT] = "timeout",
		[ASK_TLS] = "tls",
		[ASK_HTTP] = "http",
		[ASK_MALFORMED] = "malformed",
		[ASK_FULL] = "full",
		[ASK_LOCAL] = "local",
	};

	return fail < ASK_FAILS ? texts[fail] : "unknown";
}

enum ask_fail
ask_fail_own(int error)
{
	switch (error) {
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
	case EAGAIN: /* no port is left to bind */
		return ASK_FULL;
	case EAFNOSUPPORT:
		return ASK_REFUSED;
	default:
		return ASK_LOCAL;
	}
}
