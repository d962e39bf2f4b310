/*
 * Runs scenarios: `replay FILE.rpl ...`. One line a scenario, then "N passed, N failed"; exit 1 when
 * any failed. Each runs in a process of its own, so that a crash or a leak is that scenario's.
 */
#include "stubd/base/log.h"
#include "tests/replay/script.h"
#include "tests/replay/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The child's whole life. Returns its exit code; the title is printed with the verdict. */
static int
run_here(const char *path)
{
	char error[SCRIPT_ERROR_MAX], *failure = calloc(1, WORLD_FAILURE_MAX);
	struct script *script;
	bool passed;

	if (!failure)
		return 2;
	if (script_read(path, &script, error) < 0) {
		printf("FAILED %s\n\t%s\n", path, error);
		free(failure);
		return 1;
	}
	passed = world_run(script, failure);
	printf("%s %s: %s\n", passed ? "ok    " : "FAILED", path, script->title);
	for (char *line = strtok(failure, "\n"); line; line = strtok(NULL, "\n"))
		printf("\t%s\n", line);
	script_free(script);
	free(failure);
	return passed ? 0 : 1;
}

static bool
run(const char *path)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		return false;
	}
	if (pid == 0)
		exit(run_here(path));
	if (waitpid(pid, &status, 0) < 0)
		return false;
	if (WIFSIGNALED(status))
		printf(
		    "FAILED %s: it was ended by a signal: %s\n", path, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) > 1)
		printf("FAILED %s: a sanitizer has something to say above\n", path);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int
main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;

	log_set_level(LOG_LEVEL_ERROR);
	for (int i = 1; i < argc; i++) {
		if (run(argv[i]))
			passed++;
		else
			failed++;
	}
	printf("replay: %u passed, %u failed\n", passed, failed);
	return failed || !passed ? 1 : 0;
}
