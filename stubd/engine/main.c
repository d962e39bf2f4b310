/*
 * stubd-engine: the helper in which libunbound works for stubd, and for nobody else. See stubd(8).
 */
#include "stubd/engine/helper.h"

int
main(void)
{
	return helper_main();
}
