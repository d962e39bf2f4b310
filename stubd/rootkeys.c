#include "stubd/rootkeys.h"

#include "policy/config.h"
#include "stubd/base/log.h"
#include "stubd/engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Without a validator or its trust anchors every answer would be refused: better not to start. Read as whom we
 * are now, since the validator reads them again later. */
int
rootkeys_check(
    const struct engine *engine, const struct policy *policy, char error[ROOTKEYS_ERROR_MAX])
{
	const char *lack = engine_lack(engine);
	char why[ENGINE_WHY_MAX];

	if (policy_validates(policy) && lack) {
		snprintf(error, ROOTKEYS_ERROR_MAX,
		    "the program that validates is not there: %s; install it, or write another "
		    "\"dnssec\" than \"validate\"",
		    lack);
		return -ENOENT;
	}
	if (!policy_validates(policy) || engine_check_anchors(engine, why) == 0)
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
	const char *seed =
	    policy->trust_anchors ? policy->trust_anchors : STUBD_DATA_DIR "/root.key";
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
	rootstate_open(seed, folder, &root->file, root->why);
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
