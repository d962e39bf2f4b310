#include "stubd/rootkeys.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/engine/engine.h"
#include "stubd/engine/program.h"
#include "stubd/engine/rootfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
anchors(const struct policy *policy)
{
	return policy->trust_anchors ? policy->trust_anchors : STUBD_DATA_DIR "/root.key";
}

/* Is there a program for an engine that is to be made? */
static int
find_program(char lack[PROGRAM_WHY_MAX])
{
	const int fd = program_open(lack);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* Without a validator or its trust anchors every answer would be refused: better not to start. Read as whom we
 * are now, since the validator reads them again later. */
int
rootkeys_check(
    const struct engine *engine, const struct policy *policy, char error[ROOTKEYS_ERROR_MAX])
{
	char why[ENGINE_WHY_MAX], looked[PROGRAM_WHY_MAX];
	const char *lack = NULL;
	int bad;

	if (!policy_validates(policy))
		return 0;
	if (engine && engine_stranger(engine)) {
		snprintf(error, ROOTKEYS_ERROR_MAX, "%s", engine_stranger(engine));
		return -ENOEXEC;
	}
	if (engine)
		lack = engine_lack(engine);
	else if (find_program(looked) < 0)
		lack = looked;
	if (lack) {
		snprintf(error, ROOTKEYS_ERROR_MAX,
		    "the program that validates is not there: %s; install it, or write another "
		    "\"dnssec\" than \"validate\"",
		    lack);
		return -ENOENT;
	}
	bad = engine ? engine_check_anchors(engine, why)
		     : rootfile_check(anchors(policy), ROOTFILE_ANCHORS, why, sizeof(why));
	if (!bad)
		return 0;
	snprintf(error, ROOTKEYS_ERROR_MAX,
	    "%s; write the file with the root's keys in \"engine\"/\"trust_anchors\", or another "
	    "\"dnssec\" than \"validate\"",
	    why);
	return -EINVAL;
}

void
rootkeys_follow(struct rootkeys *root, const struct policy *policy)
{
	char *folder;

	if (root->file || root->why[0] ||
	    (!policy_validates(policy) && !policy_has_step(policy, MISS_RECURSE)))
		return;
	if (asprintf(&folder, "%s/root", policy->state) < 0) {
		snprintf(root->why, sizeof(root->why), "out of memory");
		return;
	}
	/* What is wrong with the folder is wrong with the file. */
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		log_debug("root keys: %s: %s", folder, strerror(errno));
	rootstate_open(anchors(policy), folder, &root->file, root->why);
	free(folder);
	if (root->why[0])
		log_warn("root keys: %s", root->why);
}

void
rootkeys_close(struct rootkeys *root)
{
	free(root->file);
	root->file = NULL;
}

void
rootkeys_warn(const struct rootkeys *root, json_t *array)
{
	if (!root->file && root->why[0])
		json_array_append_new(array,
		    json_sprintf("the root's keys are not followed when they roll: %s", root->why));
}
