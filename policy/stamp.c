#include "policy/stamp.h"

#include "policy/base64.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "sdns://";

enum {
	STAMP_BYTES_MAX = (STAMP_TEXT_MAX - sizeof(prefix)) / 4 * 3,
	PROPS_LEN = 8,
	FIELD_MAX = 255,
	MORE = 0x80,

	KIND_PLAIN = 0x00,
	KIND_DOH = 0x02,
	KIND_DOT = 0x03,
};

struct reader {
	const uint8_t *at, *end;
	bool bad;
	struct why *why;
};

/* The next n octets, or NULL. */
static const uint8_t *
take(struct reader *r, size_t n)
{
	const uint8_t *p = r->at;

	if (r->bad || (size_t)(r->end - r->at) < n) {
		if (!r->bad)
			why_set(r->why, "is a stamp that is cut off; copy all of it");
		r->bad = true;
		return NULL;
	}
	r->at += n;
	return p;
}

/* A field as text; what is not printable is an error. */
static void
take_text(struct reader *r, char out[FIELD_MAX + 1])
{
	const uint8_t *length = take(r, 1);
	const uint8_t *text = length ? take(r, *length) : NULL;

	out[0] = '\0';
	if (!text)
		return;
	for (size_t i = 0; i < *length; i++) {
		if (text[i] > ' ' && text[i] < 0x7f)
			continue;
		why_set(r->why, "is a stamp with a character that no host or path has");
		r->bad = true;
		return;
	}
	memcpy(out, text, *length);
	out[*length] = '\0';
}

static void
take_hashes(struct reader *r, struct stamp *stamp)
{
	const uint8_t *length;

	do {
		const uint8_t *hash;
		size_t n;

		length = take(r, 1);
		n = length ? *length & ~MORE : 0;
		hash = take(r, n);
		if (!hash || n == 0)
			continue;
		if (n != SPEC_PIN_LEN || stamp->nhashes == SPEC_HASHES_MAX) {
			why_set(r->why,
			    n != SPEC_PIN_LEN ? "is a stamp with a hash that is no SHA-256"
					      : "is a stamp with more than %d hashes",
			    SPEC_HASHES_MAX);
			r->bad = true;
			return;
		}
		memcpy(stamp->hashes[stamp->nhashes++], hash, n);
	} while (length && *length & MORE);
}

static void
take_bootstrap(struct reader *r)
{
	const uint8_t *length;

	if (r->bad || r->at == r->end)
		return;
	do {
		length = take(r, 1);
		if (length)
			take(r, *length & ~MORE);
	} while (length && *length & MORE);
}

/* "", ":443", "192.0.2.1", "[2001:db8::1]:443": the port is the host's unless that has one. */
static int
read_address(struct stamp *stamp, const char *text, bool port_given, struct why *why)
{
	char url[FIELD_MAX + 24];
	struct url parsed;

	if (!text[0])
		return 0;
	if (text[0] == ':') {
		snprintf(url, sizeof(url), "tls://x%s", text);
		if (url_parse(&parsed, url, why) < 0)
			return -EINVAL;
		if (!port_given)
			stamp->url.port = parsed.port;
		return 0;
	}
	if (value_addr(text, stamp->url.port, false, &stamp->address, why) < 0)
		return -EINVAL;
	if (port_given)
		stamp->address.port = stamp->url.port;
	stamp->has_address = true;
	return 0;
}

/* Does the host have a port of its own? */
static bool
has_port(const char *host)
{
	const char *bracket = strrchr(host, ']'), *colon = strchr(bracket ? bracket : host, ':');

	return colon && colon == strrchr(host, ':');
}

/* What a stamp says as a URL, which is then checked as one that a person writes. */
static int
read_url(struct stamp *stamp, int kind, const char *address, const char *host, const char *path,
    struct why *why)
{
	char text[3 * FIELD_MAX];

	if (kind == KIND_PLAIN)
		snprintf(text, sizeof(text), "dns://%s", address);
	else if (kind == KIND_DOT)
		snprintf(text, sizeof(text), "tls://%s", host[0] ? host : address);
	else
		snprintf(text, sizeof(text), "https://%s%s", host, path);
	if (kind == KIND_DOH && (!host[0] || (path[0] && path[0] != '/')))
		return why_set(why, "is a stamp of DoH without a host, or whose path has no '/'");
	if (url_parse(&stamp->url, text, why) < 0)
		return -EINVAL;
	if (read_address(stamp, address, has_port(host), why) < 0)
		return -EINVAL;
	if (!stamp->has_address && stamp->url.literal) {
		stamp->address = stamp->url.addr;
		stamp->has_address = true;
	}
	return 0;
}

static int
refuse_kind(uint8_t kind, struct why *why)
{
	static const struct {
		uint8_t kind;
		const char *name;
	} known[] = {
		{ 0x01, "DNSCrypt" },
		{ 0x04, "DNS over QUIC" },
		{ 0x05, "oblivious DoH" },
		{ 0x81, "a DNSCrypt relay" },
		{ 0x85, "an oblivious DoH relay" },
	};
	const char *name = "a protocol that is not known";

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].kind == kind)
			name = known[i].name;
	why_set(why, "is a stamp of %s; write one of DoH, DoT or plain DNS", name);
	return -EPROTONOSUPPORT;
}

static int
read_stamp(struct reader *r, uint8_t kind, struct stamp *stamp)
{
	char address[FIELD_MAX + 1], host[FIELD_MAX + 1] = "", path[FIELD_MAX + 1] = "";
	const uint8_t *props = take(r, PROPS_LEN);

	if (props)
		stamp->claims = props[0] & (SPEC_DNSSEC | SPEC_NO_LOGS | SPEC_NO_FILTER);
	take_text(r, address);
	if (kind != KIND_PLAIN) {
		take_hashes(r, stamp);
		take_text(r, host);
	}
	if (kind == KIND_DOH)
		take_text(r, path);
	if (kind != KIND_PLAIN)
		take_bootstrap(r);
	if (!r->bad && r->at != r->end) {
		why_set(r->why, "is a stamp with something behind its end");
		r->bad = true;
	}
	return r->bad ? -EINVAL : read_url(stamp, kind, address, host, path, r->why);
}

int
stamp_parse(struct stamp *out, const char *text, struct why *why)
{
	uint8_t bytes[STAMP_BYTES_MAX];
	struct stamp stamp = { .claims = 0 };
	struct reader r = { .at = bytes, .why = why };
	const uint8_t *kind;
	ssize_t n;
	int err;

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return why_set(why, "is no stamp; write one that begins with \"sdns://\"");
	text += strlen(prefix);
	n = base64_decode(BASE64_URL, text, strlen(text), bytes, sizeof(bytes));
	if (n < 0)
		return why_set(
		    why, "is a stamp that is not base64url, or too long; copy it as it was given");
	r.end = bytes + n;
	kind = take(&r, 1);
	if (!kind)
		return -EINVAL;
	if (*kind != KIND_PLAIN && *kind != KIND_DOH && *kind != KIND_DOT)
		return refuse_kind(*kind, why);
	err = read_stamp(&r, *kind, &stamp);
	if (err < 0)
		return err;
	*out = stamp;
	return 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

struct writer {
	uint8_t bytes[STAMP_BYTES_MAX];
	size_t n;
	bool full;
};

static void
put(struct writer *w, const void *bytes, size_t n)
{
	if (w->full || n > sizeof(w->bytes) - w->n) {
		w->full = true;
		return;
	}
	memcpy(w->bytes + w->n, bytes, n);
	w->n += n;
}

static void
put_octet(struct writer *w, uint8_t octet)
{
	put(w, &octet, 1);
}

static void
put_text(struct writer *w, const char *text)
{
	const size_t n = strlen(text);

	w->full |= n > FIELD_MAX;
	put_octet(w, (uint8_t)n);
	put(w, text, n);
}

/* The address as stamps have it: the port left out where it is the usual one. */
static const char *
address_text(const struct addr *addr, uint16_t usual, char text[ADDR_TEXT_MAX])
{
	char *end;

	addr_to_text(addr, text);
	end = strrchr(text, ':');
	if (addr->port == usual && end)
		*end = '\0';
	return text;
}

int
stamp_write(const struct upstream_spec *spec, size_t i, char text[STAMP_TEXT_MAX])
{
	static const uint8_t kinds[] = { KIND_PLAIN, KIND_DOT, KIND_DOH };
	static const uint16_t ports[] = { 53, 853, 443 };
	const struct addr *addr = &spec->addresses[i];
	char address[ADDR_TEXT_MAX], host[FIELD_MAX + 8];
	struct writer w = { .n = 0 };

	address_text(addr, ports[spec->scheme], address);
	put_octet(&w, kinds[spec->scheme]);
	put_octet(&w, spec->claims);
	put(&w, (const uint8_t[PROPS_LEN - 1]){ 0 }, PROPS_LEN - 1);
	put_text(&w, address);
	if (spec->scheme != SCHEME_DNS) {
		for (size_t k = 0; k < spec->nhashes; k++) {
			put_octet(&w, SPEC_PIN_LEN | (k + 1 < spec->nhashes ? MORE : 0));
			put(&w, spec->hashes[k], SPEC_PIN_LEN);
		}
		if (spec->nhashes == 0)
			put_octet(&w, 0);
		snprintf(host, sizeof(host), "%s", spec->host ? spec->host : address);
		if (spec->host && addr->port != ports[spec->scheme])
			snprintf(host, sizeof(host), "%s:%u", spec->host, addr->port);
		put_text(&w, host);
	}
	if (spec->scheme == SCHEME_HTTPS)
		put_text(&w, spec->path);
	if (w.full)
		return -EINVAL;
	memcpy(text, prefix, strlen(prefix));
	base64_encode(BASE64_URL, w.bytes, w.n, text + strlen(prefix));
	return 0;
}
