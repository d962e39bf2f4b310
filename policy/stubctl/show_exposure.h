/*
 * The exposure ledger as text: who was told how much. See policy/stubctl/show.h for out and the exit
 * codes.
 */
#ifndef STUBCTL_SHOW_EXPOSURE_H
#define STUBCTL_SHOW_EXPOSURE_H

#include <jansson.h>
#include <stdio.h>

int show_exposure(FILE *out, const json_t *json);

#endif
