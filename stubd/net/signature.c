#include "stubd/net/signature.h"

#include <openssl/evp.h>

static bool
verify(const uint8_t key[MINISIG_KEY], const uint8_t *message, size_t n,
    const uint8_t signature[MINISIG_SIGNATURE])
{
	EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, MINISIG_KEY);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	const bool good = public && md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, public) == 1 &&
			  EVP_DigestVerify(md, signature, MINISIG_SIGNATURE, message, n) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(public);
	return good;
}

static bool
hash(const uint8_t *message, size_t n, uint8_t out[MINISIG_HASH])
{
	return EVP_Digest(message, n, out, NULL, EVP_blake2b512(), NULL) == 1;
}

const struct minisig_crypto signature_crypto = { .verify = verify, .hash = hash };
