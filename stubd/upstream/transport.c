#include "stubd/upstream/transport.h"

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
