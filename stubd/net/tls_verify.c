#include "stubd/net/tls_verify.h"
#include "stubd/net/tls_time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* Writes the first name or address that the certificate is for. */
static void
certificate_name(X509 *cert, char *out, size_t cap)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	snprintf(out, cap, "nobody");
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *string = name->d.ia5; /* the same place for addresses */
		int n = 0;

		if (name->type == GEN_DNS) {
			n = ASN1_STRING_length(string);
			snprintf(out, cap, "%.*s", n, (const char *)ASN1_STRING_get0_data(string));
			break;
		}
		if (name->type == GEN_IPADD) {
			n = ASN1_STRING_length(string);
			if (n == 4 || n == 16)
				inet_ntop(n == 4 ? AF_INET : AF_INET6,
				    ASN1_STRING_get0_data(string), out, (socklen_t)cap);
			break;
		}
	}
	GENERAL_NAMES_free(names);
	/* It is shown to people: nothing but plain characters. */
	for (char *p = out; *p; p++) {
		if (*p < 0x21 || *p > 0x7e)
			*p = '?';
	}
}

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_ties *ties = SSL_get_app_data(ssl);
	struct tls_verify *verify = ties->verify;
	int error = X509_STORE_CTX_get_error(ctx);
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	char name[128], note[WALLTIME_NOTE];

	if (verify->pins_alone)
		return 1;
	if (ok || verify->text[0])
		return ok;
	if (cert &&
	    (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)) {
		certificate_name(cert, name, sizeof(name));
		snprintf(verify->text, TLS_TEXT, "%s mismatch: certificate is for %s",
		    error == X509_V_ERR_HOSTNAME_MISMATCH ? "host name" : "address", name);
		return 0;
	}
	walltime_note(tls_identity_time(ties->identity), note);
	snprintf(verify->text, TLS_TEXT, "%s%s%s", X509_verify_cert_error_string(error),
	    tls_time_is_at_fault(error) && note[0] ? "; " : "",
	    tls_time_is_at_fault(error) ? note : "");
	return 0;
}

/* The host as an address, when it is one: in text, or the address itself when there is no host.
 * Returns its length, 0 when it is a name. */
static size_t
as_address(const struct tls_params *params, uint8_t ip[16])
{
	if (!params->host) {
		memcpy(ip, params->addr->ip, 16);
		return params->addr->family == AF_INET ? 4 : 16;
	}
	if (inet_pton(AF_INET, params->host, ip) == 1)
		return 4;
	if (inet_pton(AF_INET6, params->host, ip) == 1)
		return 16;
	return 0;
}

int
tls_verify_start(struct tls_verify *verify, SSL *ssl, const struct tls_params *params)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	uint8_t ip[16];
	size_t n = as_address(params, ip);

	if (params->npins > SPEC_PINS_MAX || params->nhashes > SPEC_HASHES_MAX)
		return -EINVAL;
	if (params->npins)
		memcpy(verify->pins, params->pins, params->npins * SPEC_PIN_LEN);
	verify->npins = params->npins;
	if (params->nhashes)
		memcpy(verify->hashes, params->hashes, params->nhashes * SPEC_PIN_LEN);
	verify->nhashes = params->nhashes;
	verify->pins_alone = params->npins && !params->host && !params->ca_file;
	verify->text[0] = '\0';
	if (params->unverified) {
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
		return 0;
	}
	SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (n)
		return X509_VERIFY_PARAM_set1_ip(param, ip, n) ? 0 : -ENOMEM;
	if (!SSL_set1_host(ssl, params->host) || !SSL_set_tlsext_host_name(ssl, params->host))
		return -ENOMEM;
	return 0;
}

/* Is the digest of der, which is let go, one of the wanted? */
static bool
is_wanted(uint8_t *der, int n, const uint8_t (*wanted)[SPEC_PIN_LEN], size_t nwanted)
{
	uint8_t digest[SPEC_PIN_LEN];
	bool found = false;

	if (n > 0 && EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL)) {
		for (size_t i = 0; i < nwanted; i++)
			found |= !memcmp(wanted[i], digest, sizeof(digest));
	}
	OPENSSL_free(der);
	return found;
}

static bool
is_pinned(const struct tls_verify *verify, X509 *cert)
{
	uint8_t *der = NULL;
	const int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	return is_wanted(der, n, verify->pins, verify->npins);
}

static bool
is_hashed(const struct tls_verify *verify, X509 *cert)
{
	uint8_t *der = NULL;
	const int n = i2d_re_X509_tbs(cert, &der);

	return is_wanted(der, n, verify->hashes, verify->nhashes);
}

typedef bool certificate_test(const struct tls_verify *verify, X509 *cert);

/* Alone, a pin must be the key that the server has just proved to hold: any certificate could be put
 * into a chain that nobody verified. The same goes for hashes. */
static bool
chain_has(struct tls_verify *verify, SSL *ssl, certificate_test *test, const char *complaint)
{
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	X509 *leaf = SSL_get0_peer_certificate(ssl);
	bool found = leaf && test(verify, leaf);

	for (int i = 0; !verify->pins_alone && !found && i < sk_X509_num(chain); i++)
		found = test(verify, sk_X509_value(chain, i));
	if (!found)
		snprintf(verify->text, TLS_TEXT, "%s", complaint);
	return found;
}

bool
tls_verify_pins(struct tls_verify *verify, SSL *ssl)
{
	/* A resumption carries no chain; its session was kept only because the pins were met. */
	if (SSL_session_reused(ssl))
		return true;
	if (verify->npins &&
	    !chain_has(verify, ssl, is_pinned, "no certificate of the server is pinned"))
		return false;
	return !verify->nhashes || chain_has(verify, ssl, is_hashed,
				       "no certificate of the server has a hash of the stamp");
}
