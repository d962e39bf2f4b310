/*
 * SipHash-2-4: a keyed hash of short inputs. Who does not know the key can neither predict the hash
 * nor choose inputs whose hashes collide or follow an order.
 */
#ifndef POLICY_SIPHASH_H
#define POLICY_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t n);

#endif
