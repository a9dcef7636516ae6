/* SPDX-License-Identifier: MIT */
/*
 * Test programs that speak TAP, in one file each.
 *
 *	static void adds(void)
 *	{
 *		EXPECT(1 + 1 == 2);
 *		EXPECT_EQ(add(1, 2), 3);
 *	}
 *
 *	int main(void)
 *	{
 *		RUN(adds);
 *		return tap_done();
 *	}
 *
 * An expectation that is not met is told in a "# " line, and the test goes on;
 * REQUIRE leaves the test function.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_tests, tap_failures;
static bool tap_failed;		/* the test that is running */
static unsigned int tap_told;	/* failures told of it */
#define TAP_TOLD_MAX	20

/* Is there a failure more to tell? A loop may make thousands of them. */
static inline bool tap_tell(void)
{
	tap_failed = true;
	if (tap_told == TAP_TOLD_MAX)
		printf("# and more\n");
	return tap_told++ < TAP_TOLD_MAX;
}

static inline bool tap_expect(bool met, const char *what, const char *file,
			      int line)
{
	if (!met && tap_tell())
		printf("# %s:%d: not so: %s\n", file, line, what);
	return met;
}

static inline bool tap_expect_eq(long long got, long long wanted,
				 const char *what, const char *file, int line)
{
	if (got != wanted && tap_tell())
		printf("# %s:%d: %s is %lld, not %lld\n", file, line, what,
		       got, wanted);
	return got == wanted;
}

#define EXPECT(met) tap_expect((met), #met, __FILE__, __LINE__)
#define EXPECT_EQ(got, wanted) \
	tap_expect_eq((got), (wanted), #got, __FILE__, __LINE__)
#define EXPECT_MEM(got, wanted, len) \
	tap_expect(memcmp((got), (wanted), (len)) == 0, #got " as " #wanted, \
		   __FILE__, __LINE__)
#define REQUIRE(met) \
	do { \
		if (!EXPECT(met)) \
			return; \
	} while (0)

static inline void tap_run(void (*test)(void), const char *name)
{
	tap_failed = false;
	tap_told = 0;
	test();
	tap_failures += tap_failed;
	printf("%sok %u %s\n", tap_failed ? "not " : "", ++tap_tests, name);
	fflush(stdout);
}

#define RUN(test) tap_run(test, #test)

/* Prints the plan; main's return value. */
static inline int tap_done(void)
{
	printf("1..%u\n", tap_tests);
	return tap_failures ? 1 : 0;
}

#endif /* TESTS_TAP_H */
