/*
 * How an upstream has done on the present network, as text: lines below its row. Nothing is printed of
 * one that was not used.
 */
#ifndef STUBCTL_SHOW_STANDING_H
#define STUBCTL_SHOW_STANDING_H

#include <jansson.h>
#include <stdio.h>

void show_standing(FILE *out, const json_t *upstream, int indent);

#endif
