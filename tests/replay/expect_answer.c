#include "tests/replay/expect_answer.h"

#include "tests/replay/records.h"
#include "tests/replay/script.h"
#include "tests/replay/words.h"
#include "tests/replay/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The client of that word, which was answered. */
static struct client *
answered(struct world *w, const char *word)
{
	struct client *client;
	unsigned id;

	if (words_number(w, word, &id) < 0)
		return NULL;
	client = world_client(w, id);
	if (client && client->replies)
		return client;
	world_fail(w, "client %u was not answered", id);
	return NULL;
}

/* Sections as one text, for comparing and for showing. */
static int
check_section(struct world *w, const struct step *step, size_t first, ldns_pkt_section section,
    const ldns_rr_list *list)
{
	char error[RECORDS_ERROR_MAX] = "";
	char *expected, *seen;
	int err = 0;

	if (!records_mentions(step, section))
		return 0;
	expected = records_expected(step, first, section, error);
	if (!expected)
		return world_fail(w, "%s", error);
	seen = records_text(list);
	if (strcmp(expected, seen))
		err = world_fail(w, "expected in the %s section\n%sseen\n%s",
		    section == LDNS_SECTION_ANSWER ? "answer" : "authority",
		    *expected ? expected : "(nothing)\n", *seen ? seen : "(nothing)\n");
	free(expected);
	free(seen);
	return err;
}

static bool
has_dnssec(const ldns_rr_list *list, ldns_rr_type asked)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr_type type = ldns_rr_get_type(ldns_rr_list_rr(list, i));

		if (type != asked && (type == LDNS_RR_TYPE_RRSIG || type == LDNS_RR_TYPE_NSEC ||
					 type == LDNS_RR_TYPE_NSEC3))
			return true;
	}
	return false;
}

/* What holds between any query and its reply. */
static const char *
check_envelope(const struct client *client, const ldns_pkt *query, const ldns_pkt *reply)
{
	const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
	const size_t limit = ldns_pkt_edns(query) && ldns_pkt_edns_udp_size(query) > 512
				 ? ldns_pkt_edns_udp_size(query)
				 : 512;
	const size_t head = MSG_HEADER + ldns_rdf_size(ldns_rr_owner(question)) + 4;

	if (client->reply_len < head ||
	    memcmp(client->reply + MSG_HEADER, client->wire + MSG_HEADER, head - MSG_HEADER))
		return "the question does not come back as it was spelled";
	if (!ldns_pkt_ra(reply) || ldns_pkt_rd(reply) != ldns_pkt_rd(query) ||
	    ldns_pkt_cd(reply) != ldns_pkt_cd(query))
		return "RA is not set, or RD or CD is not the client's";
	if (ldns_pkt_edns(reply) != ldns_pkt_edns(query))
		return "OPT must be there if, and only if, the client sent one";
	if (ldns_pkt_edns_do(reply) != ldns_pkt_edns_do(query))
		return "DO is not the client's";
	if (!ldns_pkt_edns_do(query) &&
	    (has_dnssec(ldns_pkt_answer(reply), ldns_rr_get_type(question)) ||
		has_dnssec(ldns_pkt_authority(reply), ldns_rr_get_type(question))))
		return "DNSSEC records for a client without DO";
	if (!client->stream && client->reply_len > limit)
		return "the reply is longer than the client takes";
	return NULL;
}

static int
check_header(struct world *w, const struct client *client, const ldns_pkt *reply,
    const struct step *step, const struct records_flags *flags)
{
	const int rcode = records_rcode_number(step->words[3]);
	const char *wrong = NULL;
	ldns_pkt *query = NULL;

	if (memcmp(client->reply, client->wire, 2) || !ldns_pkt_qr(reply))
		return world_fail(w, "the ID is not the client's, or QR is not set");
	if (records_rcode(reply) != rcode)
		return world_fail(w, "expected %s, seen %s", step->words[3],
		    records_rcode_name(records_rcode(reply)));
	if (ldns_pkt_ad(reply) != flags->ad || ldns_pkt_tc(reply) != flags->tc)
		return world_fail(w, "expected AD %d TC %d, seen AD %d TC %d", flags->ad, flags->tc,
		    ldns_pkt_ad(reply), ldns_pkt_tc(reply));
	if (client->raw)
		return 0;
	if (ldns_wire2pkt(&query, client->wire, client->len) != LDNS_STATUS_OK)
		return world_fail(w, "the client's query cannot be read");
	wrong = check_envelope(client, query, reply);
	ldns_pkt_free(query);
	return wrong ? world_fail(w, "%s", wrong) : 0;
}

int
expect_answer(struct world *w, const struct step *step)
{
	struct client *client = answered(w, step->words[2]);
	struct records_flags flags = { 0 };
	ldns_pkt *reply = NULL;
	size_t i = 4;
	int err;

	if (!client)
		return -1;
	words_flags(step, &i, &flags);
	if (!client->reply)
		return world_fail(w, "expected an answer, seen that it was dropped");
	if (ldns_wire2pkt(&reply, client->reply, client->reply_len) != LDNS_STATUS_OK)
		return world_fail(w, "the answer is no DNS message");
	client->seen = true;
	err = check_header(w, client, reply, step, &flags);
	if (err == 0)
		err = check_section(w, step, i, LDNS_SECTION_ANSWER, ldns_pkt_answer(reply));
	if (err == 0)
		err = check_section(w, step, i, LDNS_SECTION_AUTHORITY, ldns_pkt_authority(reply));
	ldns_pkt_free(reply);
	return err;
}

int
expect_answers(struct world *w, const struct step *step)
{
	const int rcode = records_rcode_number(step->words[4]);
	unsigned from, count;

	if (words_number(w, step->words[2], &from) < 0 ||
	    words_number(w, step->words[3], &count) < 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		struct client *client = world_client(w, from + i);

		if (!client || !client->reply)
			return world_fail(w, "client %u was not answered", from + i);
		if ((client->reply[3] & 0xf) != rcode)
			return world_fail(w, "client %u: expected %s, seen %s", from + i,
			    step->words[4], records_rcode_name(client->reply[3] & 0xf));
		client->seen = true;
	}
	return 0;
}

int
expect_ede(struct world *w, const struct step *step)
{
	const struct client *client = answered(w, step->words[2]);
	const char *text = step->nwords > 4 ? step->words[4] : "";
	char seen[RECORDS_ERROR_MAX] = "";
	ldns_pkt *reply = NULL;
	unsigned code = 0;
	int ede;

	if (!client)
		return -1;
	if (strcmp(step->words[3], "none") && words_number(w, step->words[3], &code) < 0)
		return -1;
	if (!client->reply ||
	    ldns_wire2pkt(&reply, client->reply, client->reply_len) != LDNS_STATUS_OK)
		return world_fail(w, "the answer is no DNS message");
	ede = records_ede(reply, (int)code, seen);
	ldns_pkt_free(reply);
	if (!strcmp(step->words[3], "none"))
		return ede < 0 ? 0 : world_fail(w, "expected no EDE, seen %d \"%s\"", ede, seen);
	if (ede == (int)code && strstr(seen, text))
		return 0;
	return world_fail(w, "expected EDE %u \"%s\", seen %d \"%s\"", code, text, ede, seen);
}

int
expect_ttl(struct world *w, const struct step *step)
{
	const struct client *client = answered(w, step->words[2]);
	ldns_pkt *reply = NULL;
	unsigned ttl;
	int err = 0;

	if (!client || words_number(w, step->words[3], &ttl) < 0)
		return -1;
	if (!client->reply ||
	    ldns_wire2pkt(&reply, client->reply, client->reply_len) != LDNS_STATUS_OK)
		return world_fail(w, "the answer is no DNS message");
	for (size_t i = 0; i < ldns_pkt_ancount(reply) && err == 0; i++) {
		const uint32_t seen = ldns_rr_ttl(ldns_rr_list_rr(ldns_pkt_answer(reply), i));

		if (seen != ttl)
			err = world_fail(w, "expected a TTL of %u, seen %u", ttl, seen);
	}
	ldns_pkt_free(reply);
	return err;
}

int
expect_via(struct world *w, const struct step *step)
{
	const struct client *client = answered(w, step->words[2]);
	const char *seen;

	if (!client)
		return -1;
	seen = client->trace.flight.upstream;
	if (client->trace.cached)
		seen = "cache";
	else if (!client->trace.has_flight)
		seen = "nobody";
	else if (!seen[0])
		seen = client->trace.flight.transport;
	if (!strcmp(seen, step->words[3]))
		return 0;
	return world_fail(w, "expected it to come via %s, seen %s", step->words[3], seen);
}

int
expect_drop(struct world *w, const struct step *step)
{
	struct client *client = answered(w, step->words[2]);

	if (!client)
		return -1;
	client->seen = true;
	return client->reply ? world_fail(w, "expected silence, seen an answer") : 0;
}

int
expect_waiting(struct world *w, const struct step *step)
{
	const struct client *client;
	unsigned id;

	if (words_number(w, step->words[2], &id) < 0)
		return -1;
	client = world_client(w, id);
	return client && client->query ? 0 : world_fail(w, "client %u does not wait", id);
}
