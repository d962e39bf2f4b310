#include "stubd/wire/svcb.h"

#include "stubd/base/buf.h"

#include <errno.h>
#include <string.h>

enum { IPV4 = 4, IPV6 = 16, KEY = 2, NO_KEY = -1 };

/* --- parameters ------------------------------------------------------------------------------- */

/* Section 7.1.1: at least one protocol, none of them empty. */
static bool
alpn_is_sound(const struct svcb_value *value)
{
	struct rcur cur = rcur_make(value->octets, value->n);

	while (rcur_left(&cur) && !cur.bad) {
		const uint8_t len = rcur_u8(&cur);

		rcur_skip(&cur, len);
		cur.bad |= len == 0;
	}
	return !cur.bad && value->n;
}

/* Section 7.3: one address or some. */
static bool
hints_are_sound(const struct svcb_value *value, size_t size)
{
	return value->n && value->n % size == 0;
}

/* Takes one parameter; false: it breaks its format. Those of unknown keys have none. */
static bool
take(struct svcb *svcb, int key, const struct svcb_value *value)
{
	switch (key) {
	case SVCB_ALPN:
		svcb->alpn = *value;
		return alpn_is_sound(value);
	case SVCB_NO_DEFAULT_ALPN:
		svcb->no_default_alpn = true;
		return value->n == 0;
	case SVCB_PORT:
		if (value->n != sizeof(svcb->port))
			return false;
		svcb->port = load_u16(value->octets);
		return true;
	case SVCB_IPV4HINT:
		svcb->ipv4hint = *value;
		return hints_are_sound(value, IPV4);
	case SVCB_IPV6HINT:
		svcb->ipv6hint = *value;
		return hints_are_sound(value, IPV6);
	case SVCB_DOHPATH:
		svcb->dohpath = *value;
		return true;
	default:
		return true;
	}
}

static bool
is_known(int key)
{
	switch (key) {
	case SVCB_ALPN:
	case SVCB_NO_DEFAULT_ALPN:
	case SVCB_PORT:
	case SVCB_IPV4HINT:
	case SVCB_IPV6HINT:
	case SVCB_DOHPATH:
		return true;
	default:
		return false;
	}
}

/* Section 8: keys in ascending order, without its own, each of a parameter that is there. Both lists
 * ascend, so that one walk along them is enough. False: malformed. */
static bool
check_mandatory(const struct svcb_value *mandatory, struct rcur params, bool *understood)
{
	struct rcur keys = rcur_make(mandatory->octets, mandatory->n);
	int last = SVCB_MANDATORY;

	if (!mandatory->n || mandatory->n % KEY)
		return false;
	while (rcur_left(&keys)) {
		const int wanted = rcur_u16(&keys);
		int key = NO_KEY;

		if (wanted <= last)
			return false;
		last = wanted;
		while (key < wanted && rcur_left(&params)) {
			key = rcur_u16(&params);
			rcur_skip(&params, rcur_u16(&params));
		}
		if (key != wanted)
			return false;
		*understood = *understood && is_known(wanted);
	}
	return true;
}

/* Section 2.2: keys in strictly ascending order, so that each is there once. */
static bool
read_params(struct rcur cur, struct svcb *svcb)
{
	const struct rcur params = cur;
	struct svcb_value mandatory = { 0 };
	int last = NO_KEY;

	while (rcur_left(&cur) && !cur.bad) {
		struct svcb_value value;
		const int key = rcur_u16(&cur);

		value.n = rcur_u16(&cur);
		value.octets = rcur_skip(&cur, value.n);
		if (cur.bad || key <= last)
			return false;
		last = key;
		if (key == SVCB_MANDATORY)
			mandatory = value;
		else if (!take(svcb, key, &value))
			return false;
	}
	/* Section 7.1.1: without alpn there is nothing that could stand in for the default. */
	if (cur.bad || (svcb->no_default_alpn && !svcb->alpn.octets))
		return false;
	return !mandatory.octets || check_mandatory(&mandatory, params, &svcb->understood);
}

int
svcb_read(const uint8_t *rdata, size_t n, struct svcb *out)
{
	struct rcur cur = rcur_make(rdata, n);
	struct svcb svcb = { .understood = true };
	int len;

	svcb.priority = rcur_u16(&cur);
	/* The name is never compressed (section 2.2). */
	len = cur.bad ? -EINVAL : name_from_wire(&svcb.target, cur.p, rcur_left(&cur));
	if (len < 0)
		return -EBADMSG;
	rcur_skip(&cur, (size_t)len);
	/* Section 2.4.2: whatever parameters there are in AliasMode are ignored. */
	if (svcb.priority && !read_params(cur, &svcb))
		return -EBADMSG;
	*out = svcb;
	return 0;
}

/* --- use -------------------------------------------------------------------------------------- */

bool
svcb_speaks(const struct svcb *svcb, const char *protocol)
{
	struct rcur cur;
	const size_t wanted = strlen(protocol);

	if (!svcb->alpn.octets)
		return false;
	cur = rcur_make(svcb->alpn.octets, svcb->alpn.n);
	while (rcur_left(&cur)) {
		const uint8_t len = rcur_u8(&cur);
		const uint8_t *at = rcur_skip(&cur, len);

		if (at && len == wanted && memcmp(at, protocol, len) == 0)
			return true;
	}
	return false;
}

/* Characters that may stand in a path or query as they are (RFC 3986 sections 3.3 and 3.4). */
static bool
is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("/-._~!$&'()*+,;=:@%?", c));
}

/* The length of the expression at the beginning of text whose only variable is "dns", which is nothing
 * without a value; 0: it is none. */
static size_t
expression(const uint8_t *text, size_t n)
{
	static const char *const known[] = { "{?dns}", "{&dns}", "{dns}" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const size_t len = strlen(known[i]);

		if (n >= len && memcmp(text, known[i], len) == 0)
			return len;
	}
	return 0;
}

int
svcb_doh_path(const struct svcb *svcb, char path[SVCB_PATH_MAX])
{
	const uint8_t *text = svcb->dohpath.octets;
	const size_t n = svcb->dohpath.n;
	unsigned variables = 0;
	size_t len = 0;
	char out[SVCB_PATH_MAX];

	if (!text)
		return -ENOENT;
	if (n == 0 || text[0] != '/')
		return -EINVAL;
	for (size_t i = 0; i < n;) {
		const size_t skip = expression(text + i, n - i);

		variables += skip > 0;
		if (!skip && (!is_plain(text[i]) || len + 1 == sizeof(out)))
			return -EINVAL;
		if (!skip)
			out[len++] = (char)text[i];
		i += skip ? skip : 1;
	}
	if (!variables)
		return -EINVAL;
	out[len] = '\0';
	memcpy(path, out, len + 1);
	return 0;
}
