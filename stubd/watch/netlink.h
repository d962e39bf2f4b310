/*
 * What rtnetlink tells of, as mere news that something changed (rtnetlink(7)): what it is now is
 * read anew as a whole, so that an overrun loses nothing.
 */
#ifndef WATCH_NETLINK_H
#define WATCH_NETLINK_H

#include <stdint.h>

/* A socket that hears of these groups (RTMGRP_*). Returns it, or -errno. */
int netlink_open(uint32_t groups);

/* Reads away all that waits. */
void netlink_drain(int fd);

#endif
