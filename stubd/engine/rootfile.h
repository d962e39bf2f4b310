/*
 * The two files that recursion starts from, checked before libunbound reads them: it would take a
 * missing root for the one compiled in, and an empty list of trust anchors for "validate nothing".
 * Presentation format (RFC 1035 section 5.1).
 */
#ifndef ENGINE_ROOTFILE_H
#define ENGINE_ROOTFILE_H

#include <stddef.h>

enum { ROOTFILE_SIZE_MAX = 1 << 20 }; /* octets; more is refused: it is read within one turn */

enum rootfile_kind {
	ROOTFILE_HINTS,	  /* NS of the root, and A or AAAA of its servers; nothing else */
	ROOTFILE_ANCHORS, /* DS or DNSKEY, at least one of the root's; nothing else */
};

/* Returns 0, or -EIO and a sentence that names the file, and the line if it is one line's fault, in
 * why[0..n). */
int rootfile_check(const char *path, enum rootfile_kind kind, char *why, size_t n);

#endif
