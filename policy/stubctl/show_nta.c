#include "policy/stubctl/show_nta.h"
#include "policy/stubctl/args.h"
#include "policy/stubctl/show.h"

static const char *
left(const json_t *nta, char text[32])
{
	return show_duration(show_int(nta, "left_s") * 1000, text);
}

static void
rows(FILE *out, const json_t *ntas, int indent)
{
	char text[32];
	const json_t *nta;
	size_t i;

	json_array_foreach(ntas, i, nta)
	    fprintf(out, "%*s%-40s %s left\n", indent, "", show_str(nta, "name"), left(nta, text));
}

int
show_ntas(FILE *out, const json_t *json)
{
	const json_t *ntas = json_object_get(json, "ntas");

	if (!out)
		return EXIT_OK;
	if (json_array_size(ntas) == 0)
		fputs("no name is excepted from validation\n", out);
	rows(out, ntas, 0);
	return EXIT_OK;
}

int
show_nta_added(FILE *out, const json_t *json)
{
	char text[32];

	if (out)
		fprintf(out, "%s and all below it are not validated for %s\n",
		    show_str(json, "name"), left(json, text));
	return EXIT_OK;
}

int
show_nta_removed(FILE *out, const json_t *json)
{
	if (out)
		fprintf(out, "%s is validated again\n", show_str(json, "removed"));
	return EXIT_OK;
}

void
show_nta_block(FILE *out, const json_t *ntas)
{
	if (json_array_size(ntas) == 0)
		return;
	fputs("\nexcepted from validation (negative trust anchors)\n", out);
	rows(out, ntas, 2);
}

void
show_nta_line(FILE *out, const json_t *nta)
{
	char text[32];

	if (json_is_object(nta))
		fprintf(out, "  %-8snot validated, by the person's exception for %s (%s left)\n",
		    "", show_str(nta, "name"), left(nta, text));
}
