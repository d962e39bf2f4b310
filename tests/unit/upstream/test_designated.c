#include "tests/unit/upstream/fake.h"

#include "stubd/upstream/designated.h"
#include "tests/unit/wire/packet.h"

#define OWNER "_dns.resolver.arpa."
/* priority 1, dns.example, alpn dot */
#define DOT "\0\1\3dns\7example\0\0\1\0\4\3dot"
/* priority 2, dns.example, alpn h2, ... */
#define H2 "\0\2\3dns\7example\0\0\1\0\3\2h2"
#define PATH "\0\7\0\20/dns-query{?dns}"
#define HINT_PUBLIC "\0\4\0\4\300\0\2\13"   /* 192.0.2.11 */
#define HINT_PRIVATE "\0\4\0\4\300\250\1\1" /* 192.168.1.1 */
#define SVCB(p, rdata) \
	packet_rr((p), SECTION_ANSWER, OWNER, TYPE_SVCB, 300, (rdata), sizeof(rdata) - 1)

/* A discovery over the fake transport, and what came of it. */
struct case_of {
	struct world w;
	struct designated *designated;
	int calls;
	enum designated_how how;
	struct upstream_spec spec; /* copied; its texts are gone */
	char host[64], path[64], text[DESIGNATED_TEXT];
	uint32_t ttl;
	bool answered;
};

static void
on_result(void *arg, const struct designated_result *result)
{
	struct case_of *c = arg;

	c->calls++;
	c->designated = NULL;
	c->how = result->how;
	c->ttl = result->ttl;
	c->answered = result->answered;
	snprintf(c->text, sizeof(c->text), "%s", result->text);
	CU_ASSERT_EQUAL(result->spec == NULL, result->how == DESIGNATED_NOBODY);
	if (!result->spec)
		return;
	c->spec = *result->spec;
	CU_ASSERT_STRING_EQUAL(result->spec->name, "network");
	snprintf(c->host, sizeof(c->host), "%s", result->spec->host);
	snprintf(c->path, sizeof(c->path), "%s", result->spec->path ? result->spec->path : "");
}

static void
begin(struct case_of *c, const char *server)
{
	static const struct transport_ops *const ops[SCHEMES] = { &fake, &fake, &fake };
	struct transport_env env;
	struct addr addr;

	memset(c, 0, sizeof(*c));
	world_init(&c->w, 1);
	env = (struct transport_env){ .loop = c->w.loop };
	CU_ASSERT_EQUAL_FATAL(addr_from_text(&addr, server, 53), 0);
	c->designated = designated_start(&env, ops, "network", &addr, on_result, c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c->designated);
	CU_ASSERT_EQUAL(c->w.nopened, 1);
	CU_ASSERT_EQUAL(c->w.opened[0]->scheme, SCHEME_DNS);
	CU_ASSERT_EQUAL(c->calls, 0);
}

/* Nothing is left over; of connections neither. */
static void
end(struct case_of *c)
{
	designated_cancel(c->designated);
	world_clear(&c->w);
}

static void
answer_with(struct transport *t, const struct packet *p)
{
	struct transport_ask *ask = take(t);

	ask->done(ask, ASK_OK, NULL, p->bytes, packet_len(p));
}

/* The i-th connection, as "tls 192.0.2.11:853 as 192.0.2.53". */
static const char *
opened(const struct case_of *c, size_t i)
{
	static const char *const schemes[] = { "dns", "tls", "https" };
	static char out[256];
	char text[ADDR_TEXT_MAX];
	const struct transport *t = c->w.opened[i];

	CU_ASSERT_FATAL(i < c->w.nopened);
	snprintf(out, sizeof(out), "%s %s%s as %s%s", schemes[t->scheme],
	    addr_to_text(&t->addr, text), t->path, t->host, t->unverified ? ", unverified" : "");
	return out;
}

/* The server designates that and no more. */
#define DESIGNATE(c, rdata)                                   \
	do {                                                  \
		struct packet p_;                             \
                                                              \
		packet_begin(&p_, FLAG_QR, OWNER, TYPE_SVCB); \
		SVCB(&p_, rdata);                             \
		answer_with((c)->w.opened[0], &p_);           \
	} while (0)

static void
who_has_the_servers_address_in_its_certificate_is_proved(void)
{
	struct case_of c;

	begin(&c, "192.0.2.53");
	DESIGNATE(&c, DOT HINT_PUBLIC);
	CU_ASSERT_STRING_EQUAL(opened(&c, 1), "tls 192.0.2.11:853 as 192.0.2.53");
	ready(c.w.opened[1]);
	CU_ASSERT_EQUAL(c.calls, 1);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_PROVED);
	CU_ASSERT_EQUAL(c.ttl, 300);
	CU_ASSERT_EQUAL(c.spec.scheme, SCHEME_TLS);
	CU_ASSERT_FALSE(c.spec.unverified);
	CU_ASSERT_STRING_EQUAL(c.host, "192.0.2.53");
	end(&c);
}

static void
the_next_way_is_tried_when_one_does_not_lead_there(void)
{
	struct case_of c;
	struct packet p;

	begin(&c, "192.0.2.53");
	packet_begin(&p, FLAG_QR, OWNER, TYPE_SVCB);
	SVCB(&p, DOT HINT_PUBLIC);
	SVCB(&p, H2 HINT_PUBLIC PATH);
	answer_with(c.w.opened[0], &p);
	gone(c.w.opened[1], ASK_REFUSED, "connection refused");
	pass(&c.w, 5);
	CU_ASSERT_STRING_EQUAL(opened(&c, 2), "https 192.0.2.11:443/dns-query as 192.0.2.53");
	ready(c.w.opened[2]);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_PROVED);
	CU_ASSERT_STRING_EQUAL(c.path, "/dns-query");
	end(&c);
}

static void
a_public_server_that_cannot_prove_itself_is_nobody(void)
{
	struct case_of c;

	begin(&c, "192.0.2.11");
	DESIGNATE(&c, DOT HINT_PUBLIC); /* its very own address */
	gone(c.w.opened[1], ASK_TLS, "certificate has expired");
	pass(&c.w, 5);
	CU_ASSERT_EQUAL(c.calls, 1);
	CU_ASSERT_EQUAL(c.w.nopened, 2);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	CU_ASSERT(c.answered);
	CU_ASSERT_EQUAL(c.ttl, 300);
	CU_ASSERT_STRING_EQUAL(c.text, "fake 192.0.2.11:853: certificate has expired");
	end(&c);
}

static void
a_private_server_is_used_unproved_at_its_own_address(void)
{
	struct case_of c;

	begin(&c, "192.168.1.1");
	DESIGNATE(&c, DOT HINT_PRIVATE);
	CU_ASSERT_STRING_EQUAL(opened(&c, 1), "tls 192.168.1.1:853 as 192.168.1.1");
	gone(c.w.opened[1], ASK_TLS, "self-signed certificate");
	pass(&c.w, 5);
	CU_ASSERT_STRING_EQUAL(opened(&c, 2), "tls 192.168.1.1:853 as 192.168.1.1, unverified");
	ready(c.w.opened[2]);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_UNPROVED);
	CU_ASSERT(c.spec.unverified);
	CU_ASSERT_EQUAL(c.spec.naddresses, 1);
	end(&c);
}

static void
a_private_server_that_can_prove_itself_is_proved(void)
{
	struct case_of c;

	begin(&c, "192.168.1.1");
	DESIGNATE(&c, DOT HINT_PRIVATE);
	ready(c.w.opened[1]);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_PROVED);
	end(&c);
}

static void
unproved_is_nobody_elsewhere_or_where_nobody_listens(void)
{
	struct case_of c;

	begin(&c, "192.168.1.1");
	DESIGNATE(&c, DOT HINT_PUBLIC);
	gone(c.w.opened[1], ASK_TLS, "self-signed certificate");
	pass(&c.w, 5);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	CU_ASSERT_EQUAL(c.w.nopened, 2);
	end(&c);

	begin(&c, "192.168.1.1");
	DESIGNATE(&c, DOT HINT_PRIVATE);
	gone(c.w.opened[1], ASK_REFUSED, "connection refused");
	pass(&c.w, 5);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	CU_ASSERT_EQUAL(c.w.nopened, 2);
	end(&c);
}

static void
a_target_without_address_is_looked_up_with_the_server(void)
{
	struct case_of c;
	struct packet p;

	begin(&c, "192.0.2.53");
	DESIGNATE(&c, DOT);
	CU_ASSERT_EQUAL_FATAL(c.w.nopened, 2);
	CU_ASSERT_EQUAL(c.w.opened[1]->scheme, SCHEME_DNS);
	packet_begin(&p, FLAG_QR, "dns.example.", TYPE_A);
	packet_a(&p, "dns.example.", 300, 12);
	answer_with(c.w.opened[1], &p);
	CU_ASSERT_STRING_EQUAL(opened(&c, 2), "tls 192.0.2.12:853 as 192.0.2.53");
	end(&c);

	/* section 6.4: names below resolver.arpa have no addresses */
	begin(&c, "2001:db8::53");
	DESIGNATE(&c, "\0\1\10resolver\4arpa\0\0\1\0\4\3dot");
	CU_ASSERT_STRING_EQUAL(opened(&c, 1), "tls [2001:db8::53]:853 as 2001:db8::53");
	end(&c);
}

static void
who_designates_nobody_is_told_from_who_does_not_answer(void)
{
	struct case_of c;
	struct packet p;

	begin(&c, "192.0.2.53");
	packet_begin(&p, FLAG_QR | RCODE_NXDOMAIN, OWNER, TYPE_SVCB);
	answer_with(c.w.opened[0], &p);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	CU_ASSERT(c.answered);
	CU_ASSERT_STRING_EQUAL(c.text, "it designates nobody");
	end(&c);

	begin(&c, "192.0.2.53");
	fail_one(c.w.opened[0], ASK_REFUSED, "connection refused");
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	CU_ASSERT_FALSE(c.answered);
	CU_ASSERT_STRING_EQUAL(c.text, "not answered: connection refused");
	end(&c);

	begin(&c, "192.0.2.53");
	DESIGNATE(&c, "\0\1\0\0\1\0\0");
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	CU_ASSERT_STRING_EQUAL(c.text, "what it designates is malformed");
	end(&c);
}

static void
a_link_local_address_is_of_the_servers_link(void)
{
	struct case_of c;

	begin(&c, "fe80::53%lo");
	DESIGNATE(&c, DOT "\0\6\0\20\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\123");
	CU_ASSERT_EQUAL_FATAL(c.w.nopened, 2);
	CU_ASSERT(c.w.opened[1]->addr.scope != 0);
	gone(c.w.opened[1], ASK_TLS, "self-signed certificate");
	pass(&c.w, 5);
	CU_ASSERT_EQUAL_FATAL(c.w.nopened, 3);
	ready(c.w.opened[2]);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_UNPROVED);
	CU_ASSERT_STRING_EQUAL(c.host, "fe80::53");
	end(&c);
}

static void
connections_are_bounded(void)
{
	struct case_of c;
	size_t tries = 0;

	begin(&c, "192.0.2.53");
	DESIGNATE(&c,
	    DOT "\0\4\0\40\300\0\2\1\300\0\2\2\300\0\2\3\300\0\2\4\300\0\2\5\300\0\2\6\300\0\2\7"
		"\300\0\2\10");
	while (!c.calls && tries < 2 * DESIGNATED_TRIES) {
		gone(c.w.opened[++tries], ASK_REFUSED, "connection refused");
		pass(&c.w, 5);
	}
	CU_ASSERT_EQUAL(tries, DESIGNATED_TRIES);
	CU_ASSERT_EQUAL(c.how, DESIGNATED_NOBODY);
	end(&c);
}

static void
who_is_no_longer_interested_hears_nothing(void)
{
	struct case_of c;

	begin(&c, "192.0.2.53");
	c.designated = designated_cancel(c.designated);
	CU_ASSERT_EQUAL(c.calls, 0);
	end(&c);

	begin(&c, "192.0.2.53");
	DESIGNATE(&c, DOT HINT_PUBLIC);
	c.designated = designated_cancel(c.designated);
	pass(&c.w, 5);
	CU_ASSERT_EQUAL(c.calls, 0);
	end(&c);
}

static const struct unit_case cases[] = {
	{ "who has the server's address in its certificate is proved",
	    who_has_the_servers_address_in_its_certificate_is_proved },
	{ "the next way is tried when one does not lead there",
	    the_next_way_is_tried_when_one_does_not_lead_there },
	{ "a public server that cannot prove itself is nobody",
	    a_public_server_that_cannot_prove_itself_is_nobody },
	{ "a private server is used unproved at its own address",
	    a_private_server_is_used_unproved_at_its_own_address },
	{ "a private server that can prove itself is proved",
	    a_private_server_that_can_prove_itself_is_proved },
	{ "unproved is nobody elsewhere, or where nobody listens",
	    unproved_is_nobody_elsewhere_or_where_nobody_listens },
	{ "a target without address is looked up with the server",
	    a_target_without_address_is_looked_up_with_the_server },
	{ "who designates nobody is told from who does not answer",
	    who_designates_nobody_is_told_from_who_does_not_answer },
	{ "a link-local address is of the server's link",
	    a_link_local_address_is_of_the_servers_link },
	{ "connections are bounded", connections_are_bounded },
	{ "who is no longer interested hears nothing", who_is_no_longer_interested_hears_nothing },
};

UNIT_MAIN("upstream/designated", cases)
