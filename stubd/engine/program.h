/*
 * Where the helper's program is: stubd-engine, a program of its own, so that the stub, which nobody may
 * ever ask for recursion or validation, does not carry libunbound and what that brings with it.
 *
 * It is looked for in the folder of this program, as it is in a build tree, and then in STUBD_LIBEXEC_DIR.
 */
#ifndef ENGINE_PROGRAM_H
#define ENGINE_PROGRAM_H

enum { PROGRAM_WHY_MAX = 256 };

/* Opens its file (O_PATH), to be executed later whatever became of its name and of our rights. Returns the
 * descriptor, or -errno and where it should be. */
int program_open(char why[PROGRAM_WHY_MAX]);

#endif
