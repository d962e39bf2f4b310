#include "stubd/privilege.h"

#include "stubd/base/log.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* As it is written in the file: asking the name service switch would load libraries into every daemon that
 * starts as root, 0.5 MB for good and 1 ms of its start, and ask others for a user of this machine. */
static const struct passwd *
find_user(const char *name)
{
	FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *pw = NULL;

	while (f && (pw = fgetpwent(f)) && strcmp(pw->pw_name, name) != 0)
		;
	if (f)
		fclose(f);
	return pw;
}

static const struct passwd *
future_user(void)
{
	const struct passwd *pw = find_user("stubd");

	return pw ? pw : find_user("nobody");
}

/* True where the kernel maps this user id; in a one-user namespace only 0 is. */
static bool
user_is_mapped(uid_t uid)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count;
	bool mapped = !f;

	while (f && !mapped && fscanf(f, "%lu %lu %lu", &inside, &outside, &count) == 3)
		mapped = uid >= inside && uid - inside < count;
	if (f)
		fclose(f);
	return mapped;
}

static void
give(const char *path)
{
	const struct passwd *pw = geteuid() == 0 ? future_user() : NULL;

	if (pw && user_is_mapped(pw->pw_uid) && lchown(path, pw->pw_uid, pw->pw_gid) < 0)
		log_warn("cannot give %s to %s: %s", path, pw->pw_name, strerror(errno));
}

void
privilege_prepare_folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0) {
		if (errno != EEXIST)
			log_debug("folder %s: %s", path, strerror(errno));
		return;
	}
	if (chmod(path, mode) < 0) /* whatever the umask is */
		log_warn("folder %s: %s", path, strerror(errno));
	give(path);
}

void
privilege_prepare_parent(const char *path, mode_t mode)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash && slash > path &&
	    snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path) < PATH_MAX)
		privilege_prepare_folder(folder, mode);
}

void
privilege_give_socket(const char *path)
{
	give(path);
}

int
privilege_drop(char error[PRIVILEGE_ERROR_MAX])
{
	const struct passwd *pw;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (geteuid() != 0)
		return 0;
	pw = future_user();
	if (!pw) {
		snprintf(error, PRIVILEGE_ERROR_MAX,
		    "/etc/passwd has no user `stubd` and no `nobody` to run as; make one, or start "
		    "as an ordinary user");
		return -ENOENT;
	}
	if (!user_is_mapped(pw->pw_uid)) {
		log_debug("a user namespace with one user: staying as it is");
		return 0;
	}
	if (setgroups(0, NULL) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0 ||
	    setuid(0) == 0) {
		snprintf(error, PRIVILEGE_ERROR_MAX, "cannot become user %s: %s", pw->pw_name,
		    strerror(errno));
		return -EPERM;
	}
	log_info("running as user=%s", pw->pw_name);
	return 0;
}
