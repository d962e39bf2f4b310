/*
 * The frame of every unit test program: a table of cases, run by CUnit. Case names are sentences.
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <CUnit/CUnit.h>
#include <stddef.h>

/* What main returns when the machine does not allow the test; tests/run-units counts it as skipped. */
enum { UNIT_SKIPPED = 77 };

struct unit_case {
	const char *sentence;
	void (*run)(void);
};

/* Runs all cases as one suite; returns main's exit code. */
int unit_run(const char *suite, const struct unit_case *cases, size_t n);

#define UNIT_MAIN(suite, cases)                                                      \
	int main(void)                                                               \
	{                                                                            \
		return unit_run((suite), (cases), sizeof(cases) / sizeof(*(cases))); \
	}

#endif
