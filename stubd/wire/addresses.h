/*
 * The addresses in an answer.
 */
#ifndef WIRE_ADDRESSES_H
#define WIRE_ADDRESSES_H

#include <stddef.h>
#include <stdint.h>

struct addr;
struct answer;

/* Copies the addresses of its records of that type, A or AAAA, into out[max], without ports, in their
 * order. Returns how many. */
size_t answer_addresses(const struct answer *answer, uint16_t type, struct addr *out, size_t max);

#endif
