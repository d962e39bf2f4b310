/*
 * Who may be asked for public names: the custom providers, and those of the catalogue
 * (policy/providers.json) that are chosen or that match `require`. Each provider gives one upstream:
 * DoH where it has that, else DoT. Nothing is resolved and nothing is ticked beforehand: with an
 * empty `choose` all that match are candidates and the draw decides.
 */
#ifndef POLICY_PROVIDER_H
#define POLICY_PROVIDER_H

struct config_load;

/* Appends the providers to the policy's upstreams; errors are reported. */
void provider_build(struct config_load *load);

#endif
