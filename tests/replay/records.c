#include "tests/replay/records.h"

#include "tests/replay/script.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int number;
} rcodes[] = {
	{ "NOERROR", 0 },
	{ "FORMERR", 1 },
	{ "SERVFAIL", 2 },
	{ "NXDOMAIN", 3 },
	{ "NOTIMP", 4 },
	{ "REFUSED", 5 },
	{ "BADVERS", 16 },
};

int
records_rcode_number(const char *name)
{
	for (size_t i = 0; i < sizeof(rcodes) / sizeof(*rcodes); i++) {
		if (!strcmp(rcodes[i].name, name))
			return rcodes[i].number;
	}
	return -1;
}

const char *
records_rcode_name(int rcode)
{
	for (size_t i = 0; i < sizeof(rcodes) / sizeof(*rcodes); i++) {
		if (rcodes[i].number == rcode)
			return rcodes[i].name;
	}
	return "another RCODE";
}

int
records_rcode(const ldns_pkt *pkt)
{
	return ldns_pkt_get_rcode(pkt) | ldns_pkt_edns_extended_rcode(pkt) << 4;
}

bool
records_flag(struct records_flags *flags, const char *word)
{
	const struct {
		const char *word;
		bool *flag;
	} all[] = {
		{ "+do", &flags->dnssec_ok },
		{ "+cd", &flags->cd },
		{ "+ad", &flags->ad },
		{ "+aa", &flags->aa },
		{ "+tc", &flags->tc },
		{ "-rd", &flags->no_rd },
		{ "-edns", &flags->no_edns },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(all[i].word, word))
			continue;
		*all[i].flag = true;
		return true;
	}
	if (!strncmp(word, "ede=", 4)) {
		flags->ede = (uint16_t)atoi(word + 4);
		return true;
	}
	if (strncmp(word, "size=", 5))
		return false;
	flags->udp_size = (uint16_t)atoi(word + 5);
	return true;
}

static int
wrong(char error[RECORDS_ERROR_MAX], const char *what, const char *text)
{
	snprintf(error, RECORDS_ERROR_MAX, "%s: %s", what, text);
	return -EINVAL;
}

static ldns_rr *
question_new(const char *name, const char *type, char error[RECORDS_ERROR_MAX])
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name);
	ldns_rr *rr;

	if (!owner) {
		wrong(error, "no name", name);
		return NULL;
	}
	rr = ldns_rr_new();
	ldns_rr_set_owner(rr, owner);
	ldns_rr_set_type(rr, ldns_get_rr_type_by_name(type));
	ldns_rr_set_class(rr, LDNS_RR_CLASS_IN);
	ldns_rr_set_question(rr, true);
	return rr;
}

static void
put_edns(ldns_pkt *pkt, const struct records_flags *flags)
{
	const uint8_t ede[] = { 0, 15, 0, 2, (uint8_t)(flags->ede >> 8), (uint8_t)flags->ede };

	if (flags->no_edns)
		return;
	if (flags->ede)
		ldns_pkt_set_edns_data(
		    pkt, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_NONE, sizeof(ede), ede));
	ldns_pkt_set_edns_udp_size(pkt, flags->udp_size ? flags->udp_size : 1232);
	ldns_pkt_set_edns_do(pkt, flags->dnssec_ok);
}

/* Takes pkt. */
static int
pack(ldns_pkt *pkt, uint8_t **wire, size_t *len, char error[RECORDS_ERROR_MAX])
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	ldns_status status = ldns_pkt2wire(&bytes, pkt, &n);

	ldns_pkt_free(pkt);
	if (status != LDNS_STATUS_OK)
		return wrong(error, "ldns", ldns_get_errorstr_by_id(status));
	*wire = bytes;
	*len = n;
	return 0;
}

int
records_query(uint16_t id, const char *name, const char *type, const struct records_flags *flags,
    uint8_t **wire, size_t *len, char error[RECORDS_ERROR_MAX])
{
	ldns_rr *question = question_new(name, type, error);
	ldns_pkt *pkt;

	if (!question)
		return -EINVAL;
	pkt = ldns_pkt_new();
	ldns_pkt_set_id(pkt, id);
	ldns_pkt_set_rd(pkt, !flags->no_rd);
	ldns_pkt_set_cd(pkt, flags->cd);
	ldns_pkt_set_ad(pkt, flags->ad);
	put_edns(pkt, flags);
	ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, question);
	return pack(pkt, wire, len, error);
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* True when the line opens a section. */
static bool
opens_section(const char *line, ldns_pkt_section *section)
{
	if (!strcmp(line, "authority"))
		*section = LDNS_SECTION_AUTHORITY;
	else if (!strcmp(line, "additional"))
		*section = LDNS_SECTION_ADDITIONAL;
	else
		return false;
	return true;
}

bool
records_mentions(const struct step *step, ldns_pkt_section section)
{
	ldns_pkt_section at = LDNS_SECTION_ANSWER;

	if (section == at)
		return true;
	for (size_t i = 0; i < step->nblock; i++) {
		if (opens_section(step->block[i], &at) && at == section)
			return true;
	}
	return false;
}

static int
put_record(ldns_rr_list *list, const char *line, char error[RECORDS_ERROR_MAX])
{
	ldns_rr *rr = NULL;
	ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL);

	if (status != LDNS_STATUS_OK)
		return wrong(error, "no record", line);
	ldns_rr_list_push_rr(list, rr);
	return 0;
}

/* The block's records of a section, added to the list. */
static int
put_section(ldns_rr_list *list, const struct step *step, ldns_pkt_section section,
    char error[RECORDS_ERROR_MAX])
{
	ldns_pkt_section at = LDNS_SECTION_ANSWER;
	int err = 0;

	for (size_t i = 0; i < step->nblock && err == 0; i++) {
		const char *line = step->block[i];

		if (opens_section(line, &at) || at != section || !strncmp(line, "question ", 9))
			continue;
		err = put_record(list, line, error);
	}
	return err;
}

char *
records_text(const ldns_rr_list *list)
{
	char *text, *mine;

	if (!ldns_rr_list_rr_count(list))
		return strdup("");
	text = ldns_rr_list2str(list);
	mine = strdup(text ? text : "");
	LDNS_FREE(text);
	return mine;
}

char *
records_expected(
    const struct step *step, size_t first, ldns_pkt_section section, char error[RECORDS_ERROR_MAX])
{
	ldns_rr_list *list = ldns_rr_list_new();
	const char *here = step_rest(step, first);
	char *text = NULL;
	int err = 0;

	if (section == LDNS_SECTION_ANSWER && *here)
		err = put_record(list, here, error);
	if (err == 0)
		err = put_section(list, step, section, error);
	if (err == 0)
		text = records_text(list);
	ldns_rr_list_deep_free(list);
	return text;
}

/* --- replies ---------------------------------------------------------------------------------- */

/* The question of the query, or the one that the block puts in its place. */
static ldns_rr *
reply_question(const ldns_pkt *query, const struct step *step, char error[RECORDS_ERROR_MAX])
{
	char name[256], type[32];

	for (size_t i = 0; i < step->nblock; i++) {
		if (sscanf(step->block[i], "question %255s %31s", name, type) == 2)
			return question_new(name, type, error);
	}
	return ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(query), 0));
}

static int
fill_reply(
    ldns_pkt *pkt, const ldns_pkt *query, const struct step *step, char error[RECORDS_ERROR_MAX])
{
	static const ldns_pkt_section sections[] = { LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY,
		LDNS_SECTION_ADDITIONAL };
	ldns_rr *question = reply_question(query, step, error);

	if (!question)
		return -EINVAL;
	ldns_pkt_push_rr(pkt, LDNS_SECTION_QUESTION, question);
	for (size_t i = 0; i < 3; i++) {
		ldns_rr_list *list = ldns_rr_list_new();
		int err = put_section(list, step, sections[i], error);

		if (err == 0)
			ldns_pkt_push_rr_list(pkt, sections[i], list);
		else
			ldns_rr_list_deep_free(list);
		if (err < 0)
			return err;
		ldns_rr_list_free(list);
	}
	return 0;
}

int
records_reply(const uint8_t *bytes, size_t n, const char *rcode, const struct records_flags *flags,
    const struct step *step, uint8_t **wire, size_t *len, char error[RECORDS_ERROR_MAX])
{
	const int number = records_rcode_number(rcode);
	ldns_pkt *query = NULL, *pkt;

	if (number < 0 || number > 15)
		return wrong(error, "no RCODE", rcode);
	if (ldns_wire2pkt(&query, bytes, n) != LDNS_STATUS_OK)
		return wrong(error, "ldns", "our own query cannot be read");
	pkt = ldns_pkt_new();
	ldns_pkt_set_id(pkt, ldns_pkt_id(query));
	ldns_pkt_set_qr(pkt, true);
	ldns_pkt_set_rd(pkt, ldns_pkt_rd(query));
	ldns_pkt_set_ra(pkt, true);
	ldns_pkt_set_cd(pkt, ldns_pkt_cd(query));
	ldns_pkt_set_ad(pkt, flags->ad);
	ldns_pkt_set_aa(pkt, flags->aa);
	ldns_pkt_set_tc(pkt, flags->tc);
	ldns_pkt_set_rcode(pkt, (uint8_t)number);
	put_edns(pkt, &(struct records_flags){ .dnssec_ok = true, .ede = flags->ede });
	if (fill_reply(pkt, query, step, error) < 0) {
		ldns_pkt_free(pkt);
		ldns_pkt_free(query);
		return -EINVAL;
	}
	ldns_pkt_free(query);
	return pack(pkt, wire, len, error);
}

int
records_hex(const char *text, uint8_t **wire, size_t *len, char error[RECORDS_ERROR_MAX])
{
	uint8_t *bytes = calloc(1, strlen(text) / 2 + 1);
	size_t digits = 0;

	for (const char *p = text; *p; p++) {
		const char c = (char)tolower((unsigned char)*p);

		if (c == ' ')
			continue;
		if (!bytes || !isxdigit((unsigned char)c)) {
			free(bytes);
			return wrong(error, "no hexadecimal digits", text);
		}
		bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 |
					      (isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10));
		digits++;
	}
	*wire = bytes;
	*len = digits / 2;
	return 0;
}

int
records_ede(ldns_pkt *pkt, int wanted, char text[RECORDS_ERROR_MAX])
{
	const ldns_edns_option_list *list = ldns_pkt_edns_get_option_list(pkt);
	int first = -1, code;

	for (size_t i = 0; list && i < ldns_edns_option_list_get_count(list); i++) {
		const ldns_edns_option *option = ldns_edns_option_list_get_option(list, i);
		const size_t n = ldns_edns_get_size(option);
		const uint8_t *data = ldns_edns_get_data(option);

		if (ldns_edns_get_code(option) != LDNS_EDNS_EDE || n < 2)
			continue;
		code = data[0] << 8 | data[1];
		if (first >= 0 && code != wanted)
			continue;
		first = code;
		snprintf(text, RECORDS_ERROR_MAX, "%.*s", (int)n - 2, (const char *)data + 2);
	}
	return first;
}
