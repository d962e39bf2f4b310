/*
 * Domain names and questions, as values (RFC 1035 section 3.1, RFC 9499).
 *
 * A struct name holds one uncompressed wire name in canonical form: ASCII letters are lower case
 * (RFC 4343). The client's own spelling is kept apart, where the reply is made. All functions are
 * pure; nothing allocates.
 */
#ifndef POLICY_NAME_H
#define POLICY_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	NAME_WIRE_MAX = 255, /* octets, the root's 0 included */
	NAME_LABEL_MAX = 63,
	NAME_TEXT_MAX = 1025, /* every octet as \DDD, and the NUL */
};

struct name {
	uint8_t len; /* octets used in wire, 1 to 255 */
	uint8_t wire[NAME_WIRE_MAX];
};

/* What is asked: name, type, class (RFC 9499 section 4). */
struct question {
	struct name name;
	uint16_t type;
	uint16_t class;
};

/* The types that the house itself has to know; all others pass through as numbers. */
enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_HINFO = 13,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_DS = 43,
	TYPE_RRSIG = 46,
	TYPE_NSEC = 47,
	TYPE_DNSKEY = 48,
	TYPE_NSEC3 = 50,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_META_FIRST = 128, /* from here to ANY types are never data, RFC 6895 section 3.1 */
	TYPE_NXNAME = 128,     /* says in an NSEC that the name does not exist, RFC 9824 */
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_ANY = 255,
	CLASS_IN = 1,
	CLASS_CH = 3,
	CLASS_ANY = 255,
};

/* Reads presentation format ("www.example.", the last dot may be missing, "\032" escapes; RFC 1035
 * section 5.1). Returns 0, or -EINVAL (empty label, label > 63, name > 255, bad escape); *out is
 * untouched on failure. */
int name_from_text(struct name *out, const char *text);

/* Reads an uncompressed wire name at the start of wire[0..n). Returns the octets read, or -EINVAL.
 */
int name_from_wire(struct name *out, const uint8_t *wire, size_t n);

/* Writes presentation format with the last dot, NUL-terminated, into text[NAME_TEXT_MAX]; returns
 * text. */
char *name_to_text(const struct name *name, char text[NAME_TEXT_MAX]);

/* Copies what is used of it. */
static inline void
name_copy(struct name *to, const struct name *from)
{
	to->len = from->len;
	memcpy(to->wire, from->wire, from->len);
}

static inline void
question_copy(struct question *to, const struct question *from)
{
	name_copy(&to->name, &from->name);
	to->type = from->type;
	to->class = from->class;
}

static inline bool
name_equal(const struct name *a, const struct name *b)
{
	return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

/* True if name is zone or below it. */
bool name_is_under(const struct name *name, const struct name *zone);

/* The number of labels, the root's not counted: "." is 0, "example.com." is 2. */
unsigned name_labels(const struct name *name);

/* Strips the leftmost n labels; stripping all or more gives the root. */
void name_strip(const struct name *name, unsigned n, struct name *out);

/* The last octets of a name's wire form, which begin with a label. */
void name_suffix(const struct name *name, size_t octets, struct name *out);

/* The name of the reverse zone of an address prefix: family AF_INET or AF_INET6, ip in network
 * order, bits rounded down to whole labels (8 or 4 bits) (RFC 1035 section 3.5, RFC 3596 2.5). */
void name_reverse(int family, const uint8_t *ip, unsigned bits, struct name *out);

#endif
