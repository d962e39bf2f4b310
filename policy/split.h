/*
 * Split-horizon rules: whose names they own, and the servers that are asked for them. Over all
 * rules the longest suffix wins; a suffix that two rules name is an error.
 */
#ifndef POLICY_SPLIT_H
#define POLICY_SPLIT_H

struct config_load;

enum { SPLIT_TIMEOUT_DEFAULT = 1000 /* ms */ };

/* Fills the policy's rules and suffixes, and appends the rules' servers to its upstreams; errors
 * are reported. The providers come before. */
void split_build(struct config_load *load);

#endif
