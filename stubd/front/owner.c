#include "stubd/front/owner.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INODES_MAX = 16, TCP_LISTEN = 10 };

struct inodes {
	unsigned long ino[INODES_MAX];
	size_t n;
};

/* The kernel prints each 32-bit word of an address in host order, eight hex digits a word. */
static bool
read_address(const char *hex, uint8_t ip[16], size_t words)
{
	for (size_t i = 0; i < words; i++) {
		char word[9] = { 0 };
		char *end;
		uint32_t v;

		memcpy(word, hex + 8 * i, 8);
		v = (uint32_t)strtoul(word, &end, 16);
		if (end != word + 8)
			return false;
		memcpy(ip + 4 * i, &v, 4);
	}
	return true;
}

static bool
is_zero(const uint8_t *ip, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ip[i])
			return false;
	return true;
}

/* Does a socket bound to ip (of family) stand in the way of addr? */
static bool
blocks(const struct addr *addr, int family, const uint8_t ip[16])
{
	size_t n = addr->family == AF_INET ? 4 : 16;

	if (family != addr->family) /* a dual-stack wildcard takes the IPv4 port too */
		return family == AF_INET6 && is_zero(ip, 16);
	return is_zero(ip, n) || is_zero(addr->ip, n) || memcmp(ip, addr->ip, n) == 0;
}

static void
read_line(const char *line, const struct addr *addr, int family, bool stream, struct inodes *out)
{
	size_t words = family == AF_INET ? 1 : 4;
	char hex[40];
	uint8_t ip[16] = { 0 };
	unsigned port, state;
	unsigned long ino;

	if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*u %*d %lu",
		hex, &port, &state, &ino) != 4)
		return;
	if (strlen(hex) != 8 * words || !read_address(hex, ip, words))
		return;
	if (port != addr->port || (stream && state != TCP_LISTEN) || !blocks(addr, family, ip))
		return;
	if (ino && out->n < INODES_MAX)
		out->ino[out->n++] = ino;
}

static void
read_table(const char *path, const struct addr *addr, int family, bool stream, struct inodes *out)
{
	char line[512];
	FILE *f = fopen(path, "re");

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		read_line(line, addr, family, stream, out);
	fclose(f);
}

static bool
holds_one(const char *pid, const struct inodes *inodes)
{
	char path[300], target[64];
	struct dirent *e;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;
	while (!found && (e = readdir(dir)) != NULL) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, target, sizeof(target) - 1);
		unsigned long ino;

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (sscanf(target, "socket:[%lu]", &ino) != 1)
			continue;
		for (size_t i = 0; i < inodes->n; i++)
			found |= inodes->ino[i] == ino;
	}
	closedir(dir);
	return found;
}

static void
read_name(const char *pid, char name[OWNER_NAME_MAX])
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (!f || !fgets(name, OWNER_NAME_MAX, f))
		snprintf(name, OWNER_NAME_MAX, "a process");
	if (f)
		fclose(f);
	name[strcspn(name, "\n")] = '\0';
	for (char *p = name; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = '?';
}

int
owner_find(const struct addr *addr, bool stream, struct owner *out)
{
	struct inodes inodes = { .n = 0 };
	struct dirent *e;
	int r = -EACCES;
	DIR *proc;

	read_table(stream ? "/proc/net/tcp" : "/proc/net/udp", addr, AF_INET, stream, &inodes);
	read_table(stream ? "/proc/net/tcp6" : "/proc/net/udp6", addr, AF_INET6, stream, &inodes);
	if (inodes.n == 0)
		return -ENOENT;
	proc = opendir("/proc");
	if (!proc)
		return -EACCES;
	while (r && (e = readdir(proc)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]) || !holds_one(e->d_name, &inodes))
			continue;
		out->pid = (pid_t)atol(e->d_name);
		read_name(e->d_name, out->name);
		r = 0;
	}
	closedir(proc);
	return r;
}
