/*
 * Signed lists of resolvers: `providers.lists`. A list is a text as public lists are published:
 *
 *	## NAME
 *	a description, any number of lines
 *	sdns://...
 *
 * with a signature beside it (policy/minisig.h). Its entries stand behind those of the catalogue and
 * are chosen, required and drawn as those are. A list does not tell operators: entries whose hosts
 * have one registrable domain are of one operator, that of the catalogue's entry with that domain, or
 * the domain itself.
 *
 * A copy of the list that was accepted last is kept in the state folder, behind its signature. Where
 * the file is missing, not signed as it should be, or older than that copy, the copy is used, and a
 * note says so; without a copy that is an error. An entry that cannot be read is named in a note, the
 * rest is used. Stamps of other protocols and those without an address are passed over.
 */
#ifndef POLICY_LISTS_H
#define POLICY_LISTS_H

#include "policy/report.h"

#include <stddef.h>
#include <stdint.h>

struct catalogue;
struct config_load;

enum {
	LISTS_MAX = 8,
	LIST_FILE_MAX = 4 << 20,
	LISTS_ENTRIES_MAX = 640, /* with those of the catalogue; a note names each beyond */
};

struct provider_list {
	char *file; /* owned; as the configuration names it */
	char *kept; /* owned; path of the copy */
	char
	    *accepted; /* owned; signature and list, to be kept as the copy; NULL: it is the copy */
	size_t naccepted;
	uint64_t timestamp; /* of the signature, s since 1970 */
	size_t entries;	    /* that can be asked */
	struct report notes;
};

/* Reads all lists of the configuration, into the policy, and adds their entries to the catalogue.
 * Errors are reported. */
void lists_read(struct config_load *load, struct catalogue *catalogue);
void lists_free(struct provider_list *lists, size_t n);

/* One list's entries, for lists_read() and tests: adds those of text[n] that can be asked, and are not
 * there under that name already. Returns 0 or -ENOMEM. */
int lists_parse(
    struct provider_list *list, const char *text, size_t n, struct catalogue *catalogue);

#endif
