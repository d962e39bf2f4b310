#include "stubd/net/tls_bio.h"

#include "stubd/net/stream.h"

#include <openssl/bio.h>
#include <string.h>

static int
read_octets(BIO *bio, char *out, int cap)
{
	struct tls_octets *o = BIO_get_data(bio);
	const size_t n = o->left < (size_t)cap ? o->left : (size_t)cap;

	BIO_clear_retry_flags(bio);
	if (!n) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(out, o->in, n);
	o->in += n;
	o->left -= n;
	return (int)n;
}

static int
write_octets(BIO *bio, const char *bytes, int n)
{
	struct tls_octets *o = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	if (stream_write(o->stream, bytes, (size_t)n) < 0) {
		o->full = true;
		return -1;
	}
	o->wrote = true;
	return n;
}

/* All that is known of is that nothing has to be flushed. */
static long
control(BIO *bio, int command, long number, void *arg)
{
	(void)bio;
	(void)number;
	(void)arg;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");

	if (method && BIO_meth_set_read(method, read_octets) &&
	    BIO_meth_set_write(method, write_octets) && BIO_meth_set_ctrl(method, control))
		return method;
	return tls_bio_method_free(method);
}

BIO_METHOD *
tls_bio_method_free(BIO_METHOD *method)
{
	BIO_meth_free(method);
	return NULL;
}

BIO *
tls_bio_new(const BIO_METHOD *method, struct tls_octets *octets)
{
	BIO *bio = BIO_new(method);

	if (!bio)
		return NULL;
	BIO_set_data(bio, octets);
	BIO_set_init(bio, 1);
	return bio;
}
