#include "stubd/net/tls_time.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stddef.h>
#include <string.h>

static const int errors[] = { X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID };

bool
tls_time_is_at_fault(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		if (error == errors[i])
			return true;
	}
	return false;
}

bool
tls_time_is_blamed(const char *text)
{
	for (size_t i = 0; text && i < sizeof(errors) / sizeof(*errors); i++) {
		const char *said = X509_verify_cert_error_string(errors[i]);

		if (strncmp(text, said, strlen(said)) == 0)
			return true;
	}
	return false;
}
