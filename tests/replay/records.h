/*
 * Messages from text and back, by ldns: an opinion of its own on what the code under test writes
 * and reads.
 *
 * A block of lines holds records in presentation format: those of the answer section first, then,
 * after a line "authority" or "additional", those of that section. In a reply a line "question NAME
 * TYPE" puts a question there that was not asked.
 */
#ifndef REPLAY_RECORDS_H
#define REPLAY_RECORDS_H

#include <ldns/ldns.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RECORDS_ERROR_MAX = 256 };

struct step;

/* Flags that a script may set or expect. */
struct records_flags {
	bool dnssec_ok, cd, ad, aa, tc, no_rd, no_edns;
	uint16_t udp_size; /* 0: 1232 */
	uint16_t ede;	   /* of a reply; 0: none */
};

/* Reads one word ("+do", "-edns", ...); false: it is none. */
bool records_flag(struct records_flags *flags, const char *word);

/* A client's query. Returns 0 and owned *wire, or -EINVAL and error. */
int records_query(uint16_t id, const char *name, const char *type,
    const struct records_flags *flags, uint8_t **wire, size_t *len, char error[RECORDS_ERROR_MAX]);

/* A reply to that query with the block's records. Returns like the above. */
int records_reply(const uint8_t *query, size_t n, const char *rcode,
    const struct records_flags *flags, const struct step *step, uint8_t **wire, size_t *len,
    char error[RECORDS_ERROR_MAX]);

/* Hexadecimal digits, blanks allowed. Returns like the above. */
int records_hex(const char *text, uint8_t **wire, size_t *len, char error[RECORDS_ERROR_MAX]);

/* True when the block says something of that section: of the answer section it always does. */
bool records_mentions(const struct step *step, ldns_pkt_section section);

/* The records of a section one a line, in ldns's own form; owned. The second takes them from a step:
 * its block, and what is written in its line from word `first` on; NULL and error when they cannot
 * be read. */
char *records_text(const ldns_rr_list *list);
char *records_expected(
    const struct step *step, size_t first, ldns_pkt_section section, char error[RECORDS_ERROR_MAX]);

/* The RCODE, with its extension (RFC 6891 section 6.1.3); and its number by name, -1: unknown. */
int records_rcode(const ldns_pkt *pkt);
int records_rcode_number(const char *name);
const char *records_rcode_name(int rcode);

/* The wanted Extended DNS Error (RFC 8914), else the first: its code and text[RECORDS_ERROR_MAX], or
 * -1. */
int records_ede(ldns_pkt *pkt, int wanted, char text[RECORDS_ERROR_MAX]);

#endif
