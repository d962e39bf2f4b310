/*
 * Never root after start: once the sockets are open the daemon becomes an ordinary user.
 */
#ifndef STUBD_PRIVILEGE_H
#define STUBD_PRIVILEGE_H

#include <sys/types.h>

enum { PRIVILEGE_ERROR_MAX = 256 };

/* Makes a folder that is not there and, called as root, gives it to the user that the daemon will
 * be. A folder that is there stays as it is. Failure shows when the folder is used. */
void privilege_prepare_folder(const char *path, mode_t mode);

/* The same for the folder that the file at path is in. */
void privilege_prepare_parent(const char *path, mode_t mode);

/* Gives the control socket at path to the user that the daemon will be. */
void privilege_give_socket(const char *path);

/* Becomes the user `stubd` of /etc/passwd, or `nobody` where it has none, and forbids new privileges. Does nothing but that
 * last part when not root. Inside a user namespace that has no other user, root is nobody special: it stays.
 * Returns 0, or -errno and one line in error. */
int privilege_drop(char error[PRIVILEGE_ERROR_MAX]);

#endif
