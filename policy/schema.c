#include "policy/schema.h"

#include "policy/lists.h"
#include "policy/minisig.h"
#include "policy/clients.h"
#include "policy/dns64.h"
#include "policy/doh.h"
#include "policy/network.h"
#include "policy/prefix.h"
#include "policy/rebinding.h"
#include "policy/stamp.h"
#include "policy/url.h"
#include "policy/value.h"

#include <errno.h>
#include <string.h>

enum { KEY_TEXT_MAX = 64, TEXT_MAX = 1023, CHOICES_MAX = 1024 };

/* The networks around this machine: private, link-local, unique local. */
#define ALLOW_DEFAULT                                                                   \
	"[ \"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"169.254.0.0/16\", " \
	"\"fc00::/7\", \"fe80::/10\" ]"

/* Who keeps such a file, in the order in which they know: NetworkManager, systemd-resolved, resolvconf. */
#define RESOLV_CONF_DEFAULT                                                       \
	"[ \"/run/NetworkManager/no-stub-resolv.conf\", "                         \
	"\"/run/systemd/resolve/resolv.conf\", \"/run/resolvconf/resolv.conf\", " \
	"\"/etc/resolv.conf\" ]"

static const char *const strategies[] = { "one", "spread", "shard", "fastest", "ordered", NULL };
static const char *const privacies[] = { "encrypted", "strict", "opportunistic", NULL };
static const char *const steps[] = { "providers", "network", "recurse", NULL };
static const char *const filters[] = { "A", "AAAA", NULL };
static const char *const dns64s[] = { "auto", "always", "never", NULL };
static const char *const modes[] = { "validate", "trust", "off", NULL };

static const char *const subnets[] = { "off", "zero", "pass", NULL };

static int
check_listen(const char *text, struct why *why)
{
	struct addr addr;

	return value_addr(text, 53, true, &addr, why);
}

static int
check_doh_listen(const char *text, struct why *why)
{
	struct addr addr;

	return doh_read_listen(&addr, text, why);
}

static int
check_server_address(const char *text, struct why *why)
{
	struct addr addr;

	return value_addr(text, 443, false, &addr, why);
}

static int
check_url(const char *text, struct why *why)
{
	struct url url;

	if (!strstr(text, "://"))
		return why_set(why,
		    "\"%.64s\" is not a URL; write one like \"https://dns.example/dns-query\" or "
		    "\"tls://dot.example\"",
		    text);
	return url_parse(&url, text, why);
}

static int
check_stamp(const char *text, struct why *why)
{
	struct stamp stamp;

	return stamp_parse(&stamp, text, why);
}

static int
check_list_key(const char *text, struct why *why)
{
	struct minisig_key key;

	return minisig_read_key(&key, text, why);
}

static int
check_split_server(const char *text, struct why *why)
{
	struct url url;

	if (url_parse(&url, text, why) < 0)
		return -EINVAL;
	if (url.scheme == SCHEME_HTTPS || !url.literal)
		return why_set(why,
		    "\"%.64s\" is not a server by address; write \"192.0.2.1\", \"192.0.2.1:53\" "
		    "or \"tls://192.0.2.1#dns.corp.example\"",
		    text);
	return 0;
}

static int
check_domain(const char *text, struct why *why)
{
	struct prefix prefix;
	struct name name;

	if (strchr(text, '/'))
		return prefix_from_text(&prefix, text, why);
	if (strncmp(text, "*.", 2) == 0)
		return why_set(why,
		    "\"%.64s\" has a wildcard, but a domain covers all below it; write \"%.64s\"",
		    text, text + 2);
	for (const char *p = text; *p; p++) {
		if (*p & 0x80)
			return why_set(
			    why, "\"%.64s\" is not in ASCII; write the domain's xn-- form", text);
	}
	if (name_from_text(&name, text) < 0)
		return why_set(why,
		    "\"%.64s\" is not a domain; write one like \"corp.example\" or a prefix like "
		    "\"10.7.0.0/16\"",
		    text);
	return 0;
}

static int
check_name(const char *text, struct why *why)
{
	if (strchr(text, '/'))
		return why_set(
		    why, "\"%.64s\" is not a domain; write one like \"example.net\"", text);
	return check_domain(text, why);
}

static int
check_prefix(const char *text, struct why *why)
{
	struct prefix prefix;

	if (!strchr(text, '/'))
		return why_set(why,
		    "\"%.64s\" is not a prefix; write one like \"192.168.1.0/24\" or \"fd00::/8\"",
		    text);
	return prefix_from_text(&prefix, text, why);
}

static int
check_nat64(const char *text, struct why *why)
{
	struct prefix prefix;

	if (strcmp(text, NAT64_AUTO) == 0)
		return 0;
	if (!strchr(text, '/'))
		return why_set(why,
		    "\"%.64s\" is no prefix of NAT64; write \"" NAT64_AUTO
		    "\", null, or one like \"64:ff9b::/96\"",
		    text);
	return dns64_from_text(&prefix, text, why);
}

static int
check_pin(const char *text, struct why *why)
{
	uint8_t pin[SPEC_PIN_LEN];

	return value_pin(text, pin, why);
}

static int
check_socket(const char *text, struct why *why)
{
	if (strlen(text) > 107 || text[0] != '/')
		return why_set(why, "is not a path for a socket; write an absolute path of at most "
				    "107 characters");
	return 0;
}

static int
check_path(const char *text, struct why *why)
{
	if (text[0] != '/')
		return why_set(
		    why, "\"%.64s\" is not an absolute path; write one that begins with /", text);
	return 0;
}

static int
check_http_path(const char *text, struct why *why)
{
	if (text[0] != '/' || strpbrk(text, " ?#{}"))
		return why_set(why, "is not a path; write one like \"/dns-query\"");
	return 0;
}

/* clang-format off */
const struct schema_key schema[] = {
	{ "listen", SCHEMA_ARRAY, SCHEMA_RESTART, 1, 64, "[ \"127.0.0.53:53\" ]", NULL, NULL, NULL,
	    "Addresses and ports to listen at, each over UDP and TCP; port 53 where none is named." },
	{ "listen/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_listen, NULL },

	{ "allow", SCHEMA_ARRAY, 0, 0, CLIENTS_ALLOW_MAX, ALLOW_DEFAULT, NULL, NULL, NULL,
	    "Address prefixes that may ask, beside the loopback ones." },
	{ "allow/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_prefix, NULL },
	{ "limits", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL, "How much clients beyond this machine may use." },
	{ "limits/udp_size", SCHEMA_COUNT, 0, 512, 4096, "1232", NULL, NULL, NULL,
	    "Octets of a reply over UDP at most; what is longer comes over TCP." },
	{ "limits/client_queries", SCHEMA_COUNT, 0, 1, 20000, "200", NULL, NULL, NULL,
	    "Questions of one client that may wait for an answer." },
	{ "limits/client_rate", SCHEMA_COUNT, 0, 0, 100000, "200", NULL, NULL, NULL,
	    "Questions of one client over UDP in a second; 0: any." },

	{ "providers", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL,
	    "The encrypted resolvers that public names are asked at." },
	{ "providers/catalogue", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, NULL, NULL, NULL, NULL,
	    "File with the known providers; the shipped one where it is not written; null: only custom ones." },
	{ "providers/choose", SCHEMA_ARRAY, 0, 0, CHOICES_MAX, "[]", NULL, NULL, NULL,
	    "Names of providers, of the catalogue or custom ones; empty: all that match require, and the custom ones." },
	{ "providers/choose/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, value_label, NULL },
	{ "providers/require", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL,
	    "What an entry of the catalogue must claim to be taken when choose is empty; null: it does not matter." },
	{ "providers/require/logs", SCHEMA_BOOL, SCHEMA_NULL, 0, 0, "false", NULL, NULL, NULL,
	    "Whether the provider keeps records of who asked what." },
	{ "providers/require/filters", SCHEMA_BOOL, SCHEMA_NULL, 0, 0, "false", NULL, NULL, NULL,
	    "Whether the provider blocks names." },
	{ "providers/strategy", SCHEMA_STRING, 0, 1, TEXT_MAX, "\"one\"", strategies, NULL, NULL,
	    "one, spread, shard, fastest: of the draw; ordered: the first that works, as listed." },
	{ "providers/draw", SCHEMA_COUNT, 0, 1, 8, "3", NULL, NULL, NULL,
	    "How many providers the strategies that use several draw." },
	{ "providers/reshuffle", SCHEMA_TIME, SCHEMA_NULL, 3600000, INT64_C(315360000000), "null", NULL, NULL, NULL,
	    "Time after which providers are drawn anew; null: never." },
	{ "providers/prewarm", SCHEMA_BOOL, 0, 0, 0, "false", NULL, NULL, NULL,
	    "Whether a connection is made before the first question, at the start and in a new network." },
	{ "providers/keep_exposure", SCHEMA_BOOL, 0, 0, 0, "false", NULL, NULL, NULL,
	    "Whether the account of what each provider was told outlives a restart." },
	{ "providers/lists", SCHEMA_ARRAY, 0, 0, LISTS_MAX, "[]", NULL, NULL, NULL,
	    "Signed lists of resolvers, whose entries stand behind the catalogue's." },
	{ "providers/lists/*", SCHEMA_OBJECT, 0, 0, 0, NULL, NULL, NULL, NULL, NULL },
	{ "providers/lists/*/file", SCHEMA_STRING, SCHEMA_REQUIRED, 1, TEXT_MAX, NULL, NULL, NULL, NULL,
	    "The list; its signature is beside it, with .minisig behind the name." },
	{ "providers/lists/*/key", SCHEMA_STRING, SCHEMA_REQUIRED, 1, TEXT_MAX, NULL, NULL, NULL, check_list_key,
	    "The minisign key of whoever publishes the list." },
	{ "providers/custom", SCHEMA_ARRAY, 0, 0, 256, "[]", NULL, NULL, NULL,
	    "Providers of one's own; one with the name of a catalogue entry takes its place." },
	{ "providers/custom/*", SCHEMA_OBJECT, 0, 0, 0, NULL, NULL, NULL, NULL, NULL },
	{ "providers/custom/*/name", SCHEMA_STRING, SCHEMA_REQUIRED, 1, TEXT_MAX, NULL, NULL, NULL, value_label,
	    "A name for status and choose." },
	{ "providers/custom/*/url", SCHEMA_STRING, SCHEMA_ONE_OF, 1, TEXT_MAX, NULL, NULL, NULL, check_url,
	    "https://HOST/PATH (DoH), tls://HOST (DoT), or dns://ADDRESS (plain, privacy opportunistic only)." },
	{ "providers/custom/*/other_url", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_url,
	    "The same provider by the other encrypted transport, tls:// or https://, for networks that block url." },
	{ "providers/custom/*/addresses", SCHEMA_ARRAY, 0, 0, SPEC_ADDRESSES_MAX, NULL, NULL, NULL, NULL,
	    "Where the host is; needed unless the URL's host is an address. Nothing is resolved." },
	{ "providers/custom/*/addresses/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_server_address, NULL },
	{ "providers/custom/*/pins", SCHEMA_ARRAY, 0, 0, SPEC_PINS_MAX, NULL, NULL, NULL, NULL,
	    "SHA-256 of public keys in base64; with any, the server must show one of them." },
	{ "providers/custom/*/pins/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_pin, NULL },
	{ "providers/custom/*/ca_file", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, NULL, NULL, NULL, NULL,
	    "PEM file with the private CA that signed the server's certificate." },
	{ "providers/custom/*/tickets", SCHEMA_BOOL, 0, 0, 0, NULL, NULL, NULL, NULL,
	    "Whether TLS sessions are resumed; false: none is kept or offered, each connection is a full handshake." },
	{ "providers/custom/*/ecs", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, subnets, NULL, NULL,
	    "off: no word of a client subnet; zero: asks an encrypted provider to tell nobody of one; pass: what programs say." },
	{ "providers/custom/*/stamp", SCHEMA_STRING, SCHEMA_ONE_OF, 1, TEXT_MAX, NULL, NULL, NULL, check_stamp,
	    "A DNS stamp (sdns://) in place of url and addresses." },

	{ "public_suffix_list", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, "null", NULL, NULL, NULL,
	    "File with the public suffix list; null: the system's, or libpsl's own." },
	{ "privacy", SCHEMA_STRING, 0, 1, TEXT_MAX, "\"encrypted\"", privacies, NULL, NULL,
	    "encrypted: providers only encrypted; strict: public names never in plaintext; opportunistic: plain providers and the network's own resolver are allowed." },
	{ "on_miss", SCHEMA_ARRAY, 0, 1, 3, NULL, NULL, NULL, NULL,
	    "Whom to ask for public names, in order: providers, network (opportunistic only), recurse. Default: all that privacy allows." },
	{ "on_miss/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, steps, NULL, NULL, NULL },
	{ "dnssec", SCHEMA_STRING, 0, 1, TEXT_MAX, "\"validate\"", modes, NULL, NULL,
	    "validate: check signatures here; trust: the provider's word; off." },

	{ "ntp_names", SCHEMA_ARRAY, 0, 0, NETWORK_TIME_MAX, NULL, NULL, NULL, NULL,
	    "Names of time servers that the network's own resolver may be asked for while the clock is not synchronised." },
	{ "ntp_names/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_name, NULL },

	{ "network", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL, "The network around this machine, and its own resolvers." },
	{ "network/resolv_conf", SCHEMA_ARRAY, 0, 0, NETWORK_FILES_MAX, RESOLV_CONF_DEFAULT, NULL, NULL, NULL,
	    "Files in which others write whom the network names as its resolvers; the first one that exists counts." },
	{ "network/resolv_conf/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_path, NULL },

	{ "split", SCHEMA_ARRAY, 0, 0, 256, "[]", NULL, NULL, NULL,
	    "Split-horizon rules: names with servers of their own. The longest suffix wins over all rules." },
	{ "split/*", SCHEMA_OBJECT, 0, 0, 0, NULL, NULL, NULL, NULL, NULL },
	{ "split/*/domains", SCHEMA_ARRAY, SCHEMA_REQUIRED, 1, 1024, NULL, NULL, NULL, NULL,
	    "Domains, each with all below it, and address prefixes for their reverse zones." },
	{ "split/*/domains/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_domain, NULL },
	{ "split/*/servers", SCHEMA_ARRAY, SCHEMA_REQUIRED, 0, 16, NULL, NULL, NULL, NULL,
	    "ADDRESS, ADDRESS:PORT or tls://ADDRESS#NAME, best first; empty: these names are never answered." },
	{ "split/*/servers/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_split_server, NULL },
	{ "split/*/link", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, NULL, NULL, NULL, value_link,
	    "Network interface that the servers are asked through; while it is absent these names fail." },
	{ "split/*/ca_file", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, NULL, NULL, NULL, NULL,
	    "PEM file with the private CA that signed the certificates of the tls:// servers." },
	{ "split/*/timeout", SCHEMA_TIME, 0, 50, 4000, NULL, NULL, NULL, NULL,
	    "Silence until the next server is asked; default 1s." },
	{ "split/*/dnssec", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, modes, NULL, NULL,
	    "validate: check signatures, from the rule's own trust_anchors; trust: the servers' word; off." },
	{ "split/*/trust_anchors", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, NULL, NULL, NULL, NULL,
	    "File with DS or DNSKEY records of the rule's own zones; with one, its names are validated from there." },

	{ "filter", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, "null", filters, NULL, NULL,
	    "A or AAAA: names have no such addresses; null: all that they have." },
	{ "nat64", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, "\"auto\"", NULL, NULL, check_nat64,
	    "The prefix of the network's NAT64; auto: as its routers announce it, or its resolvers know it; null: it is not used." },
	{ "dns64", SCHEMA_STRING, 0, 1, TEXT_MAX, "\"auto\"", dns64s, NULL, NULL,
	    "When names get IPv6 addresses in that prefix: auto: while there is no IPv4; always; never." },
	{ "rebinding", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL, "Public names with addresses of private networks." },
	{ "rebinding/block", SCHEMA_BOOL, 0, 0, 0, "false", NULL, NULL, NULL,
	    "Whether such answers are blocked; those of split rules never are." },
	{ "rebinding/except", SCHEMA_ARRAY, 0, 0, REBINDING_EXCEPT_MAX, "[]", NULL, NULL, NULL,
	    "Domains, each with all below it, that may have such addresses." },
	{ "rebinding/except/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_name, NULL },

	{ "engine", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL, "The local recursive resolver." },
	{ "engine/root_hints", SCHEMA_STRING, SCHEMA_NULL | SCHEMA_RESTART, 1, TEXT_MAX, "null", NULL, NULL, NULL,
	    "File with the root servers; null: the shipped one." },
	{ "engine/trust_anchors", SCHEMA_STRING, SCHEMA_NULL | SCHEMA_RESTART, 1, TEXT_MAX, "null", NULL, NULL, NULL,
	    "File with trust anchors; null: the shipped root key." },

	{ "cache", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL, "The cache of answers." },
	{ "cache/size", SCHEMA_SIZE, SCHEMA_RESTART, 0, (int64_t)4 << 30, "\"16M\"", NULL, NULL, NULL,
	    "Octets; 0: no cache." },
	{ "cache/stale", SCHEMA_TIME, 0, 0, 604800000, "\"1d\"", NULL, NULL, NULL,
	    "How long answers past their TTL may be used when nobody can be reached, or not soon; 0: never." },
	{ "cache/prefetch", SCHEMA_BOOL, 0, 0, 0, "true", NULL, NULL, NULL,
	    "Whether an answer that is asked for again and again is asked for anew in the last tenth of its time." },
	{ "cache/persist", SCHEMA_BOOL, 0, 0, 0, "false", NULL, NULL, NULL,
	    "Whether public answers are kept in the state folder and outlive a restart: then names that were asked for stand on the disk." },

	{ "control", SCHEMA_STRING, SCHEMA_RESTART, 1, TEXT_MAX, "\"/run/stubd/control.sock\"", NULL, NULL, check_socket,
	    "Path of the control socket." },
	{ "state", SCHEMA_STRING, SCHEMA_RESTART, 1, TEXT_MAX, "\"/var/lib/stubd\"", NULL, NULL, NULL,
	    "Folder for what outlives a restart." },

	{ "doh", SCHEMA_OBJECT, 0, 0, 0, "{}", NULL, NULL, NULL, "DoH for browsers on this machine." },
	{ "doh/listen", SCHEMA_ARRAY, 0, 0, DOH_LISTEN_MAX, "[]", NULL, NULL, NULL,
	    "Addresses and ports to serve DoH at, loopback or private ones; port 443 where none is named; empty: none." },
	{ "doh/listen/*", SCHEMA_STRING, 0, 1, TEXT_MAX, NULL, NULL, NULL, check_doh_listen, NULL },
	{ "doh/path", SCHEMA_STRING, 0, 1, TEXT_MAX, "\"/dns-query\"", NULL, NULL, check_http_path,
	    "Path that is served." },
	{ "doh/certificate", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, "null", NULL, NULL, NULL,
	    "PEM file with the certificate, and those between it and its CA; null: plain HTTP, on loopback only." },
	{ "doh/key", SCHEMA_STRING, SCHEMA_NULL, 1, TEXT_MAX, "null", NULL, NULL, NULL,
	    "PEM file with the certificate's private key." },

	{ "workers", SCHEMA_COUNT, SCHEMA_RESTART, 1, 64, "1", NULL, NULL, NULL,
	    "Threads that answer." },
};
/* clang-format on */

const size_t schema_keys = sizeof(schema) / sizeof(*schema);

const struct schema_key *
schema_find(const char *path)
{
	for (size_t i = 0; i < schema_keys; i++) {
		if (strcmp(schema[i].path, path) == 0)
			return &schema[i];
	}
	return NULL;
}

/* Levenshtein's distance over the first KEY_TEXT_MAX - 1 characters. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[KEY_TEXT_MAX], na = strlen(a), nb = strlen(b);

	na = na < KEY_TEXT_MAX ? na : KEY_TEXT_MAX - 1;
	nb = nb < KEY_TEXT_MAX ? nb : KEY_TEXT_MAX - 1;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t cost = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = row[j] < row[j - 1] ? row[j] : row[j - 1];
			row[j] = cost < row[j] + 1 ? cost : row[j] + 1;
		}
	}
	return row[nb];
}

/* The last part of a path. */
static const char *
leaf(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_child(const char *path, const char *parent)
{
	size_t n = strlen(parent);

	if (n == 0)
		return !strchr(path, '/');
	return strncmp(path, parent, n) == 0 && path[n] == '/' && leaf(path) == path + n + 1;
}

const char *
schema_nearest(const char *parent, const char *key)
{
	const struct schema_key *best = NULL;
	size_t least = 0;

	for (size_t i = 0; i < schema_keys; i++) {
		size_t d;

		if (strcmp(leaf(schema[i].path), key) == 0)
			return schema[i].path;
		if (!is_child(schema[i].path, parent))
			continue;
		d = distance(key, leaf(schema[i].path));
		if (!best || d < least) {
			best = &schema[i];
			least = d;
		}
	}
	return best ? best->path : "";
}
