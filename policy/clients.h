/*
 * Who may ask beyond this machine, and how much. Loopback may always, as much as the resolver bears:
 * these limits keep one neighbour from using up everybody's share, and strangers from using stubd at
 * all, or to flood somebody else.
 */
#ifndef POLICY_CLIENTS_H
#define POLICY_CLIENTS_H

#include "policy/addr.h"
#include "policy/prefix.h"

#include <stdbool.h>
#include <stddef.h>

struct config_load;

enum { CLIENTS_ALLOW_MAX = 64 };

/* What is written under "allow" and "limits". */
struct clients {
	struct prefix *allow; /* owned */
	size_t nallow;
	unsigned udp_size; /* octets of a UDP reply, at most */
	unsigned queries;  /* of one client that wait for answers */
	unsigned rate;	   /* of one client's over UDP, a second; 0: any */
};

/* Fills the policy's; without memory it says so in the load's report. */
void clients_build(struct config_load *load);
void clients_clear(struct clients *clients);

/* May that address, which is not loopback, ask? */
bool clients_admit(const struct clients *clients, const struct addr *addr);

#endif
