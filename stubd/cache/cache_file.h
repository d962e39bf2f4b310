/*
 * Answers in a file, so that they outlive a restart: the format, as plain octets. Who keeps such a file
 * is stubd/persist.
 *
 *	magic, version | policy | times | checksum      the header, CACHE_FILE_HEADER octets
 *	length | checksum | record, record, ...         a block, and more of them
 *	0      | checksum                               the end
 *
 *	record: age, time left (s) | flags | length | a whole DNS message without OPT
 *
 * Numbers are in network order. What is read is hostile until it was looked at: a block counts only with
 * its checksum, and a message goes through the same normal form as a reply from the network
 * (wire/answer.h), so that nothing gets into the cache that a server could not have said. The checksum is
 * against a disk that lost something, not against who can write the file: he owns the state.
 *
 * What is neither written nor taken: answers whose chain goes on in another view, those with private
 * addresses, what somebody blocks, what the network's own resolver said and nobody proved, and anything
 * that is no NOERROR or NXDOMAIN. Of what was proved it is kept that the network's resolver gave it, not
 * which one that was: every reply says so.
 */
#ifndef CACHE_CACHE_FILE_H
#define CACHE_CACHE_FILE_H

#include "stubd/base/buf.h"
#include "stubd/wire/answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CACHE_FILE_VERSION = 1,
	CACHE_FILE_HEADER = 72,
	CACHE_FILE_BLOCK = 12,	       /* octets of what stands before a block */
	CACHE_FILE_RECORD = 11,	       /* octets of what stands before a message */
	CACHE_FILE_BLOCK_MAX = 262144, /* octets */
	CACHE_FILE_BOOT_ID = 16,
};

/* What replies say of an answer that the network's own resolver gave, and that was proved. */
#define CACHE_FILE_NETWORK "answered by the network's own resolver, before stubd was started anew"

/* When the file was written. */
struct cache_file_time {
	int64_t wall;	   /* seconds since 1970 */
	bool synchronised; /* that is what the kernel says of it */
	int64_t boot;	   /* seconds since this machine was started, its sleep included */
	uint8_t boot_id[CACHE_FILE_BOOT_ID]; /* of this start; zeros: not known */
};

struct cache_file_header {
	uint64_t policy; /* what was in force: answers of another one are not taken */
	struct cache_file_time time;
};

void cache_file_put_header(uint8_t out[CACHE_FILE_HEADER], const struct cache_file_header *header);

/* Returns 0 or -EBADMSG: it is none, or of another version. */
int cache_file_get_header(const uint8_t in[CACHE_FILE_HEADER], struct cache_file_header *header);

/* Seconds between two times, rounded up; -1: nobody knows. Within one start of the machine that is what
 * has passed since that start; else both times must be of a synchronised clock. */
int64_t cache_file_elapsed(const struct cache_file_time *then, const struct cache_file_time *now);

/* Writes what stands before a block of n octets; n 0: the end. */
void cache_file_put_block(uint8_t out[CACHE_FILE_BLOCK], const uint8_t *block, size_t n);

/* The length of the block that follows; 0: the end. Returns 0 or -EBADMSG (too long). */
int cache_file_get_block(const uint8_t in[CACHE_FILE_BLOCK], size_t *n);

/* Is that the block that was written? */
bool cache_file_is_whole(const uint8_t in[CACHE_FILE_BLOCK], const uint8_t *block, size_t n);

/* Writes a record; age and the time that is left in seconds. Returns its length, or 0: it is not for the
 * file, or does not fit. */
size_t cache_file_put_record(uint8_t *out, size_t cap, const struct question *question,
    const struct answer *answer, uint32_t age, uint32_t left);

/* Reads the record at the cursor and moves on. elapsed: seconds since it was written; follow and arg: as
 * in answer_from_reply(). Returns 0, *question, and an owned *out whose TTLs are what is left of them;
 * -ESTALE: its time is over; -EBADMSG: it is malformed (with a bad cursor all that follows is, too), or is
 * not for the file; -ENOMEM. */
int cache_file_get_record(struct rcur *cur, uint32_t elapsed, answer_follow *follow, void *arg,
    struct question *question, struct answer **out);

#endif
