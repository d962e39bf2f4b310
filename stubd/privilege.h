/*
 * Never root after start: once the sockets are open the daemon becomes an ordinary user.
 */
#ifndef STUBD_PRIVILEGE_H
#define STUBD_PRIVILEGE_H

enum { PRIVILEGE_ERROR_MAX = 256 };

/* Called as root: makes the folder (0700) and gives it to the user that the daemon will be. Called as
 * anybody else it only makes the folder, where it may. Failure is not fatal: without a state folder
 * nothing is kept. */
void privilege_prepare_folder(const char *path);

/* Gives the control socket at path to the user that the daemon will be. */
void privilege_give_socket(const char *path);

/* Becomes the user `stubd`, or `nobody` where there is none, and forbids new privileges. Does nothing but that
 * last part when not root. Inside a user namespace that has no other user, root is nobody special: it stays.
 * Returns 0, or -errno and one line in error. */
int privilege_drop(char error[PRIVILEGE_ERROR_MAX]);

#endif
