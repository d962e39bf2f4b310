#include "stubd/front/report_doh.h"

#include "policy/config.h"
#include "stubd/front/doh.h"
#include "stubd/front/report_parts.h"

json_t *
report_doh(const struct doh_front *front, const struct policy *policy)
{
	const int64_t until = front ? doh_certificate_until(front) : 0;
	json_t *urls = json_array(), *json;
	struct doh_counters c = { 0 };
	char text[ADDR_TEXT_MAX];

	if (front)
		doh_counters(front, &c);
	json = report_counts((const struct report_count[]){
	    { "clients", c.clients },
	    { "accepted", c.accepted },
	    { "prohibited", c.prohibited },
	    { "refused", c.refused },
	    { "displaced", c.displaced },
	    { "closed_idle", c.idle },
	    { "closed_flood", c.flooding },
	    { "requests", c.requests },
	    { "answered", c.answered },
	    { "bad", c.bad },
	    { "gone", c.gone },
	    { "waiting", c.waiting },
	    { NULL, 0 },
	});
	for (size_t i = 0; front && i < policy->doh.nlisten; i++)
		json_array_append_new(
		    urls, json_sprintf("%s://%s%s", until ? "https" : "http",
			      addr_to_text(&policy->doh.listen[i], text), policy->doh.path));
	json_object_set_new(json, "listen", urls);
	json_object_set_new(
	    json, "certificate_until", until ? json_integer((json_int_t)until) : json_null());
	return json;
}
