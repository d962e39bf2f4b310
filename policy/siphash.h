/*
 * SipHash: a keyed hash of short inputs. Who does not know the key can neither predict the hash nor
 * choose inputs whose hashes collide or follow an order.
 */
#ifndef POLICY_SIPHASH_H
#define POLICY_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4, for where hashes are seen from outside, as choices that depend on them. */
uint64_t siphash(const uint64_t key[2], const void *bytes, size_t n);

/* SipHash-1-3, for hash tables, whose hashes nobody sees. */
uint64_t siphash_table(const uint64_t key[2], const void *bytes, size_t n);

#endif
