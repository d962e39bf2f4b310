/*
 * A number that tells one configuration from another: what was learnt under one may mean something else
 * under the next (whose name is whose, who is asked, what is validated or filtered).
 */
#ifndef POLICY_FINGERPRINT_H
#define POLICY_FINGERPRINT_H

#include "policy/config.h"

#include <jansson.h>
#include <stdint.h>

/* Of all files laid over the defaults, of the providers that the catalogue and lists made of that, and of
 * this program's version. 0: out of memory; never 0 otherwise. */
uint64_t fingerprint_of(const json_t *merged, const struct policy *policy);

#endif
