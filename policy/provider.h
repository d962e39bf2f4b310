/*
 * Who may be asked for public names: the custom providers, and those of the catalogue
 * (policy/providers.json) that are chosen or that match `require`. Each provider gives one upstream:
 * DoH where it has that, else DoT; with both, the second is what it falls back to (upstream_spec.other).
 * Of a custom one `url` comes first and `other_url` second. Nothing is resolved and nothing is ticked beforehand: with an
 * empty `choose` all that match are candidates and the draw decides.
 */
#ifndef POLICY_PROVIDER_H
#define POLICY_PROVIDER_H

struct config_load;

/* Appends the providers to the policy's upstreams; errors are reported. */
void provider_build(struct config_load *load);

#endif
