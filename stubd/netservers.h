/*
 * Whom the network names as its own resolvers (`servers` of the netview): joins what those who know
 * say, leaves out this very machine, and tells whoever depends on it. Today one file says so
 * (watch/resolv_file); another source would fill the same value.
 */
#ifndef STUBD_NETSERVERS_H
#define STUBD_NETSERVERS_H

struct loop;
struct nat64;
struct netservers;
struct resolver;

/* Keeps the resolver's netview up to date until freed, and has nat64 look when it changes; resolver and
 * nat64 are borrowed. NULL: out of memory. */
struct netservers *netservers_new(
    struct loop *loop, struct resolver *resolver, struct nat64 *nat64);
struct netservers *netservers_free(struct netservers *servers);

/* A new policy may name other files. */
void netservers_set_policy(struct netservers *servers);

/* Links came or went: with them scopes of addresses, and addresses of our own. */
void netservers_look(struct netservers *servers);

#endif
