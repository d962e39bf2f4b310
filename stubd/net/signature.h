/*
 * Ed25519 (RFC 8032) and BLAKE2b-512 (RFC 7693) for policy/minisig: OpenSSL is this room's.
 */
#ifndef NET_SIGNATURE_H
#define NET_SIGNATURE_H

#include "policy/minisig.h"

extern const struct minisig_crypto signature_crypto;

#endif
