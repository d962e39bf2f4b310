/*
 * The memory of an HTTP/2 session. nghttp2 takes half a dozen small pieces for each request and gives
 * them back with it, many requests at a time: more than malloc() keeps at hand. What was given back is kept
 * here, by its size, and goes with the session.
 */
#ifndef NET_H2_MEM_H
#define NET_H2_MEM_H

#include "stubd/base/spare.h"

#include <nghttp2/nghttp2.h>

enum {
	H2_MEM_STEP = 64, /* octets: sizes are rounded up to a multiple */
	H2_MEM_CLASSES =
	    16, /* sizes that are kept, SPARES_MAX pieces of each; larger ones are freed */
};

/* Zeroed: empty. */
struct h2_mem {
	struct spares classes[H2_MEM_CLASSES];
};

/* How nghttp2 takes memory from it. mem is borrowed as long as the session lives. */
nghttp2_mem h2_mem_hooks(struct h2_mem *mem);

/* Frees what is kept; the session is gone. */
void h2_mem_clear(struct h2_mem *mem);

#endif
