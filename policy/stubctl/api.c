#include "policy/stubctl/api.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct body {
	char *bytes; /* owned */
	size_t n;
};

static size_t
take(char *bytes, size_t size, size_t n, void *arg)
{
	struct body *body = arg;
	char *grown;

	n *= size;
	if (n > CTL_ANSWER_MAX - body->n)
		return 0;
	grown = realloc(body->bytes, body->n + n + 1);
	if (!grown)
		return 0;
	memcpy(grown + body->n, bytes, n);
	body->bytes = grown;
	body->n += n;
	return n;
}

char *
ctl_target(const char *path, const char *const *pairs)
{
	char *target = NULL, *escaped;
	size_t n;
	FILE *f = open_memstream(&target, &n);
	char separator = '?';

	if (!f)
		return NULL;
	fputs(path, f);
	for (; pairs[0]; pairs += 2) {
		if (!pairs[1])
			continue;
		escaped = curl_easy_escape(NULL, pairs[1], 0);
		fprintf(f, "%c%s=%s", separator, pairs[0], escaped ? escaped : "");
		separator = '&';
		curl_free(escaped);
	}
	if (fclose(f) != 0) {
		free(target);
		return NULL;
	}
	return target;
}

static int
explain_failure(CURL *curl, CURLcode code, const char *socket, char *error)
{
	long os = 0;

	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os);
	if (code == CURLE_OPERATION_TIMEDOUT) {
		snprintf(error, CTL_ERROR_MAX,
		    "stubd does not answer at %s; `journalctl -u stubd` may say why", socket);
		return -ETIMEDOUT;
	}
	if (code == CURLE_COULDNT_CONNECT && (os == EACCES || os == EPERM)) {
		snprintf(error, CTL_ERROR_MAX,
		    "%s may be used by root and the group stubd only: try sudo", socket);
		return -EACCES;
	}
	if (code == CURLE_COULDNT_CONNECT) {
		snprintf(error, CTL_ERROR_MAX,
		    "stubd cannot be reached at %s: start it with `systemctl start stubd`, or name "
		    "its socket by --socket or STUBD_CONTROL",
		    socket);
		return -ECONNREFUSED;
	}
	snprintf(error, CTL_ERROR_MAX, "talking to stubd at %s failed: %s", socket,
	    curl_easy_strerror(code));
	return -EPROTO;
}

static int
prepare(CURL *curl, const char *socket, const char *method, const char *url, struct body *body)
{
	int bad = 0;

	bad |= curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket) != CURLE_OK;
	bad |= curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK;
	bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK; /* not by http_proxy */
	bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CTL_TIMEOUT) != CURLE_OK;
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) != CURLE_OK;
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) != CURLE_OK;
	if (strcmp(method, "POST") == 0) {
		bad |= curl_easy_setopt(curl, CURLOPT_POST, 1L) != CURLE_OK;
		bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "") != CURLE_OK;
	}
	return bad ? -EINVAL : 0;
}

static int
parse(const struct body *body, json_t **json, const char *socket, char *error)
{
	json_t *parsed = body->n ? json_loadb(body->bytes, body->n, 0, NULL) : NULL;

	if (!json_is_object(parsed)) {
		json_decref(parsed);
		snprintf(error, CTL_ERROR_MAX, "what answers at %s is not stubd", socket);
		return -EPROTO;
	}
	*json = parsed;
	return 0;
}

int
ctl_call(const char *socket, const char *method, const char *target, json_t **json, long *status,
    char error[CTL_ERROR_MAX])
{
	struct body body = { 0 };
	char *url = NULL;
	CURL *curl = curl_easy_init();
	CURLcode code;
	int r = -ENOMEM;

	snprintf(error, CTL_ERROR_MAX, "out of memory");
	if (!curl || asprintf(&url, "http://stubd%s", target) < 0) {
		url = NULL;
		goto out;
	}
	r = prepare(curl, socket, method, url, &body);
	if (r) {
		snprintf(error, CTL_ERROR_MAX, "%s is no usable socket path", socket);
		goto out;
	}
	code = curl_easy_perform(curl);
	r = code == CURLE_OK ? parse(&body, json, socket, error)
			     : explain_failure(curl, code, socket, error);
	if (r == 0)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
out:
	curl_easy_cleanup(curl);
	free(url);
	free(body.bytes);
	return r;
}
