/*
 * Registrable domains by the public suffix list: "www.example.co.uk" belongs to "example.co.uk",
 * which one party has registered. libpsl inside. The list's private part counts too, so that two
 * users of one hosting domain are two parties.
 */
#ifndef POLICY_REGISTRABLE_H
#define POLICY_REGISTRABLE_H

#include "policy/name.h"

struct registrable_list;

/* Reads a list: the file, or with NULL the system's, or the one that is built into libpsl if that is
 * newer. Returns 0 and an owned *out; -errno; -EINVAL where the file has no suffixes; -ENOMEM. */
int registrable_open(const char *file, struct registrable_list **out);

/* Returns NULL; NULL is allowed. */
struct registrable_list *registrable_free(struct registrable_list *list);

/* The registrable domain that name is or lies below. False for a public suffix and what is above
 * one: nobody's, and everybody's. */
bool registrable_domain(
    const struct registrable_list *list, const struct name *name, struct name *out);

#endif
