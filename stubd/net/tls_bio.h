/*
 * The octets between OpenSSL and a stream (a BIO): it reads what came where it lies, and what it
 * writes goes into the stream's queue. OpenSSL's own, in memory, copy once more and clear what they
 * have grown.
 *
 * Contract: what is given to be read has been read, all of it, before its owner takes it back.
 */
#ifndef NET_TLS_BIO_H
#define NET_TLS_BIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream;
struct bio_st;	      /* OpenSSL's BIO */
struct bio_method_st; /* and its BIO_METHOD */

/* One end; embedded in the connection, which outlives the BIO. */
struct tls_octets {
	struct stream *stream; /* borrowed; NULL: not there yet */
	const uint8_t *in;     /* borrowed: came, and not read yet */
	size_t left;
	bool wrote; /* into the stream, since its owner cleared it */
	bool full;  /* the stream did not take it */
};

/* What all of them are made by; owned. NULL: out of memory. */
struct bio_method_st *tls_bio_method(void);
struct bio_method_st *tls_bio_method_free(struct bio_method_st *method);

/* Makes one; whoever takes it frees it, with the SSL. NULL: out of memory. */
struct bio_st *tls_bio_new(const struct bio_method_st *method, struct tls_octets *octets);

#endif
