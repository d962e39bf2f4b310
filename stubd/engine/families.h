/*
 * By which of IPv4 and IPv6 the world is reached, as the kernel routes. Nothing is sent.
 */
#ifndef ENGINE_FAMILIES_H
#define ENGINE_FAMILIES_H

enum { FAMILY_4 = 1, FAMILY_6 = 2 }; /* bits of a set */

/* The set of those with a route; 0 where there is none at all. */
unsigned families_routed(void);

/* Why recursion over this set may find no server that answers; static text. */
const char *families_why(unsigned set);

#endif
