#include "stubd/engine/edition.h"

#include "stubd/engine/message.h"

_Static_assert(
    sizeof(STUBD_VERSION " " STUBD_EDITION) <= MESSAGE_VERSION_MAX, "it has to fit a HELLO");

const char *
edition(void)
{
	return STUBD_VERSION " " STUBD_EDITION;
}
