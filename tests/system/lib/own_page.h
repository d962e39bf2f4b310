/*
 * What a preloaded object (ld.so(8)) shares with the test: the file beside it, under its name without ".so".
 */
#ifndef SYSTEM_LIB_OWN_PAGE_H
#define SYSTEM_LIB_OWN_PAGE_H

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Maps n octets of it, to be read or written as protection says (mmap(2)); NULL: it is not there. */
static inline void *
own_page(size_t n, int protection)
{
	Dl_info own;
	char path[PATH_MAX];
	void *page;
	int fd;

	if (!dladdr((void *)own_page, &own))
		return NULL;
	snprintf(path, sizeof(path), "%.*s", (int)(strlen(own.dli_fname) - strlen(".so")),
	    own.dli_fname);
	fd = open(path, (protection & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	page = mmap(NULL, n, protection, MAP_SHARED, fd, 0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

#endif
