/*
 * Registrable domains by the public suffix list: "www.example.co.uk" belongs to "example.co.uk",
 * which one party has registered. libpsl inside. The list's private part counts too, so that two
 * users of one hosting domain are two parties.
 */
#ifndef POLICY_REGISTRABLE_H
#define POLICY_REGISTRABLE_H

#include "policy/name.h"

#include <stddef.h>

struct registrable_list;

enum {
	REGISTRABLE_MEMO = 1024, /* suffixes whose place in the list is remembered; a newer one goes
				  * into an older one's place */
	REGISTRABLE_MEMO_OCTETS = 30 /* of one on the wire; longer ones are looked up */
};

/* Reads a list: the file, or with NULL the system's, or the one that is built into libpsl if that is
 * newer. Returns 0 and an owned *out; -errno; -EINVAL where the file has no suffixes; -ENOMEM. */
int registrable_open(const char *file, struct registrable_list **out);

/* Returns NULL; NULL is allowed. */
struct registrable_list *registrable_free(struct registrable_list *list);

/* How many octets at the end of the name's wire form are the registrable domain that it is or lies
 * below. 0 for a public suffix and what is above one: nobody's, and everybody's; but a suffix that lies
 * below somebody's domain (s3.amazonaws.com) is still his. Costs a search of libpsl's for each suffix
 * that is not remembered; so never two threads at once. */
size_t registrable_octets(const struct registrable_list *list, const struct name *name);

/* The same, with the domain itself; false: none. */
bool registrable_domain(
    const struct registrable_list *list, const struct name *name, struct name *out);

#endif
