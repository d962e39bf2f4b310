/* Retry-After and Date of a hostile server: the first octet is the length of Date, then Retry-After. */
#include "stubd/net/http_time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Years 1 to 9999, and 50 on: whatever the date, sums stay far from their limits. */
	const int64_t least = -62135596800, most = 256000000000;
	const char *text = (const char *)data + 1;
	int64_t now = 1790000000, date;
	size_t n;

	if (!size)
		return 0;
	n = data[0] < size - 1 ? data[0] : size - 1;
	if (http_date(text, n, now, &date) == 0) {
		if (date < least || date > most)
			abort();
		now = date;
	}
	if (http_retry_after(text + n, size - 1 - n, now) > HTTP_RETRY_MOST)
		abort();
	return 0;
}
