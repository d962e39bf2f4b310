#include "policy/stubctl/show.h"
#include "policy/stubctl/args.h"
#include "policy/stubctl/show_nta.h"
#include "policy/stubctl/show_standing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *
show_str(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

long long
show_int(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

/* C0, DEL, and C1 as it is written in UTF-8: all that could move a terminal's cursor. */
static void
clean_string(json_t *json)
{
	char *copy = strdup(json_string_value(json));
	bool changed = false;

	for (char *p = copy; p && *p; p++) {
		unsigned char c = (unsigned char)*p, next = (unsigned char)p[1];

		if (c >= 0x20 && c != 0x7f && !(c == 0xc2 && next >= 0x80 && next <= 0x9f))
			continue;
		if (c == 0xc2)
			*p++ = '?';
		*p = '?';
		changed = true;
	}
	if (changed)
		json_string_set(json, copy);
	free(copy);
}

void
show_clean(json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_string(json))
		clean_string(json);
	json_object_foreach(json, key, value) show_clean(value);
	json_array_foreach(json, i, value) show_clean(value);
}

void
show_json(FILE *out, const json_t *json)
{
	json_dumpf(json, out, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	fputc('\n', out);
}

int
show_error(FILE *out, const json_t *json, long status)
{
	const json_t *errors = json_object_get(json, "errors"), *line;
	size_t i;

	if (out) {
		json_array_foreach(errors, i, line)
		    fprintf(out, "%s\n", json_string_value(line) ? json_string_value(line) : "");
		fprintf(out, "stubctl: %s\n",
		    *show_str(json, "error") ? show_str(json, "error") : "stubd gave no reason");
	}
	return status == 400 ? EXIT_USAGE : EXIT_NO;
}

char *
show_duration(long long ms, char text[32])
{
	long long s = ms / 1000;

	if (s < 60)
		snprintf(text, 32, "%lld s", s);
	else if (s < 3600)
		snprintf(text, 32, "%lld min", s / 60);
	else if (s < 86400)
		snprintf(text, 32, "%lld h %lld min", s / 3600, s / 60 % 60);
	else
		snprintf(text, 32, "%lld d %lld h", s / 86400, s / 3600 % 24);
	return text;
}

static void
show_upstream(FILE *out, const json_t *u, int indent, int width)
{
	const json_t *rtt = json_object_get(u, "rtt_ms");
	const char *error = show_str(u, "last_error");
	long long retry = show_int(u, "retry_in_ms"), connections = show_int(u, "connections");
	char text[32] = "-";

	if (rtt)
		snprintf(text, sizeof(text), "%.1f ms", json_number_value(rtt));
	fprintf(out, "%*s%-*s  %-4s  %-8s%10s", indent, "", width, show_str(u, "name"),
	    show_str(u, "transport"), show_str(u, "standing"), text);
	if (json_is_false(json_object_get(u, "encrypted")))
		fputs("  plaintext", out);
	else if (json_is_false(json_object_get(u, "proved")))
		fputs("  encrypted, but nobody proved who it is", out);
	if (*show_str(u, "designation") && !json_is_true(json_object_get(u, "proved")))
		fprintf(out, " (%s)", show_str(u, "designation"));
	if (*show_str(u, "fallback"))
		fprintf(out, "  blocked, reached by %s", show_str(u, "fallback"));
	if (connections)
		fprintf(out, "  %lld connection%s", connections, connections == 1 ? "" : "s");
	if (show_int(u, "blocked"))
		fprintf(out, "  %lld blocked by it", show_int(u, "blocked"));
	if (show_int(u, "held_ms"))
		fprintf(
		    out, "  asks us to wait %s", show_duration(show_int(u, "held_ms") + 999, text));
	if (retry)
		fprintf(out, "  tried again in %s", show_duration(retry + 999, text));
	if (*error && strcmp(show_str(u, "standing"), "up") != 0)
		fprintf(out, "  (%s)", error);
	fputc('\n', out);
}

enum { DETAILS = 4 }; /* columns that they are indented by */

static void
show_table(FILE *out, const json_t *upstreams, int indent, bool details)
{
	int width = 8;
	const json_t *u;
	size_t i;

	json_array_foreach(upstreams, i, u)
	{
		int n = (int)strlen(show_str(u, "name"));

		width = n > width && n <= 40 ? n : width;
	}
	json_array_foreach(upstreams, i, u)
	{
		show_upstream(out, u, indent, width);
		if (details)
			show_standing(out, u, indent + DETAILS);
	}
}

void
show_upstreams(FILE *out, const json_t *upstreams, int indent)
{
	show_table(out, upstreams, indent, false);
}

/* "a, b, c" of an array of strings. */
static void
show_list(FILE *out, const json_t *array, const char *none)
{
	const json_t *v;
	size_t i;

	json_array_foreach(array, i, v)
	    fprintf(out, "%s%s", i ? ", " : "", json_string_value(v) ? json_string_value(v) : "");
	if (json_array_size(array) == 0)
		fputs(none, out);
	fputc('\n', out);
}

static void
show_listen(FILE *out, const json_t *listen)
{
	const json_t *l;
	size_t i;

	json_array_foreach(listen, i, l) fprintf(out, "  %-15s%s %s%s\n", i ? "" : "listens on",
	    show_str(l, "address"), show_str(l, "transport"),
	    json_is_true(json_object_get(l, "inherited")) ? " (inherited)" : "");
}

static void
show_doh(FILE *out, const json_t *urls)
{
	if (json_array_size(urls) == 0)
		return;
	fprintf(out, "  %-15s", "DoH");
	show_list(out, urls, "");
}

/* Says nothing while the network is the one of the start. */
static void
show_epoch(FILE *out, const json_t *epoch)
{
	long long n = show_int(epoch, "number");
	char text[32];

	if (n)
		fprintf(out, "  %-15schanged %lld time%s, last %s ago: %s\n", "network", n,
		    n == 1 ? "" : "s", show_duration(show_int(epoch, "since_ms"), text),
		    show_str(epoch, "reason"));
}

/* Says nothing where no NAT64 is known. */
static void
show_nat64(FILE *out, const json_t *network)
{
	const char *prefix = json_string_value(json_object_get(network, "nat64"));

	if (prefix)
		fprintf(out, "  %-15s%s%s%s\n", "NAT64", prefix,
		    json_is_true(json_object_get(network, "ipv4")) ? "" : ", no IPv4",
		    json_is_true(json_object_get(network, "dns64")) ? ", names get addresses in it"
								    : "");
}

/* Says nothing where nobody knows of any. */
static void
show_servers(FILE *out, const json_t *network)
{
	const json_t *servers = json_object_get(network, "servers"), *v;
	size_t i;

	json_array_foreach(servers, i, v) fprintf(out, "%s%s", i ? ", " : "  network's own  ",
	    json_string_value(v) ? json_string_value(v) : "");
	if (json_array_size(servers))
		fprintf(out, " (%s)\n", show_str(network, "servers_from"));
}

static void
show_clock(FILE *out, const json_t *clock)
{
	const char *using = show_str(clock, "using");

	fprintf(out, "  %-15s", "clock");
	if (json_is_true(json_object_get(clock, "synchronised")))
		fputs("synchronised\n", out);
	else if (strcmp(using, "clock") == 0)
		fputs("not synchronised, used as it is\n", out);
	else
		fprintf(out, "not synchronised, using %s: %s\n",
		    strcmp(using, "kept") == 0 ? "the last good time" : "the time of the build",
		    show_str(clock, "time"));
}

/* "a, b, c; 3 d 2 h ago, for 30 d 0 h" */
static void
show_draw(FILE *out, const json_t *draw)
{
	const json_t *members = json_object_get(draw, "members"), *v;
	const long long age = (long long)time(NULL) - show_int(draw, "drawn_at");
	const long long period = show_int(draw, "reshuffle_s");
	char text[32];
	size_t i;

	json_array_foreach(members, i, v)
	    fprintf(out, "%s%s", i ? ", " : "", json_string_value(v) ? json_string_value(v) : "");
	fprintf(out, "; %s ago", show_duration(age > 0 ? age * 1000 : 0, text));
	if (period)
		fprintf(out, ", every %s anew", show_duration(period * 1000, text));
	fputc('\n', out);
}

int
show_shuffle(FILE *out, const json_t *json)
{
	const json_t *members = json_object_get(json, "members");

	if (!out)
		return EXIT_OK;
	if (json_array_size(members)) {
		fputs("drawn: ", out);
		show_list(out, members, "");
	} else {
		fputs("drawn anew; but the strategy is ordered, which asks as listed\n", out);
	}
	if (json_is_false(json_object_get(json, "kept")))
		fputs("the state folder cannot be written: the draw is of this run only\n", out);
	return EXIT_OK;
}

int
show_stamp(FILE *out, const json_t *json)
{
	const json_t *left_out = json_object_get(json, "left_out"), *v;
	size_t i;

	if (!out)
		return EXIT_OK;
	json_array_foreach(json_object_get(json, "stamps"), i, v)
	    fprintf(out, "%s\n", json_string_value(v) ? json_string_value(v) : "");
	if (json_array_size(left_out)) {
		fputs("a stamp cannot say: ", out);
		show_list(out, left_out, "");
	}
	return EXIT_OK;
}

static void
show_head(FILE *out, const json_t *json)
{
	char text[32];

	fprintf(out, "stubd %s, pid %lld, up %s\n\n", show_str(json, "version"),
	    show_int(json, "pid"), show_duration(show_int(json, "uptime_ms"), text));
	show_listen(out, json_object_get(json, "listen"));
	show_doh(out, json_object_get(json_object_get(json, "doh"), "listen"));
	fprintf(out, "  %-15s%lld\n", "workers", show_int(json, "workers"));
	fprintf(out, "  %-15s%s\n", "privacy", show_str(json, "privacy"));
	fprintf(out, "  %-15s", "on a miss");
	show_list(out, json_object_get(json, "on_miss"), "nobody");
	fprintf(out, "  %-15s%s\n", "DNSSEC", show_str(json, "dnssec"));
	fprintf(out, "  %-15s%s, of %lld known\n", "strategy", show_str(json, "strategy"),
	    show_int(json, "providers_known"));
	show_clock(out, json_object_get(json, "clock"));
	show_epoch(out, json_object_get(json, "epoch"));
	show_nat64(out, json_object_get(json, "network"));
	show_servers(out, json_object_get(json, "network"));
	if (json_array_size(json_object_get(json_object_get(json, "draw"), "members"))) {
		fprintf(out, "  %-15s", "drawn");
		show_draw(out, json_object_get(json, "draw"));
	}
	fprintf(out, "  %-15s", "configuration");
	show_list(out, json_object_get(json, "files"), "built in");
}

static void
show_split(FILE *out, const json_t *split)
{
	const json_t *rule, *domain;
	size_t i, k;

	if (json_array_size(split) == 0)
		return;
	fputs("\nsplit rules (their names go to these servers only)\n", out);
	json_array_foreach(split, i, rule)
	{
		fprintf(out, "  %lld ", show_int(rule, "rule"));
		json_array_foreach(json_object_get(rule, "domains"), k, domain)
		    fprintf(out, " %s", json_string_value(domain));
		if (*show_str(rule, "link"))
			fprintf(out, "  on %s", show_str(rule, "link"));
		if (strcmp(show_str(rule, "dnssec"), "validate") == 0)
			fputs("  validated from its own trust anchors", out);
		else if (strcmp(show_str(rule, "dnssec"), "trust") == 0)
			fputs("  its servers' AD is believed", out);
		fputc('\n', out);
		if (json_array_size(json_object_get(rule, "servers")) == 0)
			fputs("     no server: these names are not answered\n", out);
		show_upstreams(out, json_object_get(rule, "servers"), 5);
	}
}

/* Says nothing while they may be asked for nothing. */
static void
show_asked(FILE *out, const json_t *network)
{
	const char *asked_for = show_str(network, "asked_for");
	const bool all = strcmp(asked_for, "public names") == 0;

	if (json_array_size(json_object_get(network, "asked")) == 0 ||
	    (!all && strcmp(asked_for, "time servers") != 0))
		return;
	fprintf(out, "\nthe network's own resolvers (%s)\n",
	    all ? "asked for public names"
		: "asked for time servers only, until the clock is synchronised");
	show_upstreams(out, json_object_get(network, "asked"), 2);
}

static void
show_cache(FILE *out, const json_t *c)
{
	fprintf(out, "  %-15s%lld entries, %lld of them without data, %lld of %lld KB\n", "cache",
	    show_int(c, "entries"), show_int(c, "negative"), (show_int(c, "used") + 1023) / 1024,
	    show_int(c, "size") / 1024);
	fprintf(out,
	    "  %-15s%lld hits, %lld misses, %lld past their time, %lld denied by a name, %lld gone "
	    "for room\n",
	    "", show_int(c, "hits"), show_int(c, "misses"), show_int(c, "stale"),
	    show_int(c, "cuts") + show_int(c, "gaps"), show_int(c, "evictions"));
	fprintf(out, "  %-15s%lld kept, given again %lld times\n", "failures",
	    show_int(c, "failures"), show_int(c, "failure_hits"));
}

static void
show_numbers(FILE *out, const json_t *json)
{
	const json_t *q = json_object_get(json, "counters"), *c = json_object_get(json, "cache");
	const json_t *udp = json_object_get(json, "udp"), *tcp = json_object_get(json, "tcp");
	long long asked = show_int(q, "queries"), cached = show_int(q, "cached");

	fprintf(out, "\nqueries\n  %-15s%lld", "asked", asked);
	if (asked)
		fprintf(out, ", %lld %% from the cache", cached * 100 / asked);
	fprintf(out, "\n  %-15s%lld cached, %lld upstream, %lld local; %lld blocked\n", "answered",
	    cached, show_int(q, "answered"), show_int(q, "local"), show_int(q, "blocked"));
	fprintf(out,
	    "  %-15s%lld failed, %lld overloaded (%lld capped), %lld malformed, %lld dropped, "
	    "%lld not allowed, %lld limited, %lld abandoned\n",
	    "not answered", show_int(q, "failed"), show_int(q, "overloaded"), show_int(q, "capped"),
	    show_int(q, "errors"), show_int(q, "dropped"), show_int(q, "prohibited"),
	    show_int(q, "limited"), show_int(q, "abandoned"));
	fprintf(out,
	    "  %-15s%lld waiting, %lld flights, %lld hedges, %lld failovers, "
	    "%lld recursions, %lld asked ahead\n",
	    "on their way", show_int(q, "waiting"), show_int(q, "flights"), show_int(q, "hedges"),
	    show_int(q, "failovers"), show_int(q, "recursions"), show_int(q, "prefetches"));
	fprintf(out,
	    "  %-15s%lld answers, %lld of them bogus; %lld keys and delegations asked for\n",
	    "validated", show_int(q, "validations"), show_int(q, "bogus"), show_int(q, "chain"));
	fprintf(out, "  %-15s%lld UDP questions, %lld TCP questions, %lld TCP clients\n", "came by",
	    show_int(udp, "received"), show_int(tcp, "received"), show_int(tcp, "clients"));
	show_cache(out, c);
}

int
show_status(FILE *out, const json_t *json)
{
	const json_t *warnings = json_object_get(json, "warnings"), *w;
	size_t i;

	if (!out)
		return EXIT_OK;
	show_head(out, json);
	fputs("\nproviders in use\n", out);
	if (json_array_size(json_object_get(json, "providers")) == 0)
		fputs("  none\n", out);
	show_upstreams(out, json_object_get(json, "providers"), 2);
	show_asked(out, json_object_get(json, "network"));
	show_split(out, json_object_get(json, "split"));
	show_nta_block(out, json_object_get(json, "ntas"));
	show_numbers(out, json);
	if (json_array_size(warnings))
		fputs("\nwarnings\n", out);
	json_array_foreach(warnings, i, w)
	    fprintf(out, "  %s\n", json_string_value(w) ? json_string_value(w) : "");
	return EXIT_OK;
}

int
show_providers(FILE *out, const json_t *json)
{
	if (!out)
		return EXIT_OK;
	if (json_array_size(json_object_get(json, "providers")) == 0)
		fputs("no providers\n", out);
	show_table(out, json_object_get(json, "providers"), 0, true);
	show_asked(out, json_object_get(json, "network"));
	return EXIT_OK;
}

int
show_reload(FILE *out, const json_t *json)
{
	const json_t *restart = json_object_get(json, "restart");

	if (!out)
		return EXIT_OK;
	fputs("the configuration was read again\n", out);
	if (json_array_size(restart)) {
		fputs("these wait for a restart: ", out);
		show_list(out, restart, "");
	}
	return EXIT_OK;
}

int
show_flush(FILE *out, const json_t *json)
{
	long long n = show_int(json, "flushed");

	if (out)
		fprintf(out, "%lld cached answer%s forgotten\n", n, n == 1 ? "" : "s");
	return EXIT_OK;
}
