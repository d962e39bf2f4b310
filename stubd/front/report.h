/*
 * The daemon's state as JSON, for the control API. Pure readers: nothing here changes anything.
 * Each returns an owned value, or NULL when out of memory.
 */
#ifndef FRONT_REPORT_H
#define FRONT_REPORT_H

#include <jansson.h>

struct api_host;
struct resolver;

json_t *report_status(const struct api_host *host);
json_t *report_providers(const struct api_host *host);

/* { "name", "stamps": one an address, "left_out": what a stamp cannot say }; NULL: no such provider. */
json_t *report_stamp(const struct resolver *resolver, const char *name);

/* What the host says of the draw; null when it does not. */
json_t *report_draw(const struct api_host *host);

#endif
