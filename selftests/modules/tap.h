/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What modules that test share: TAP, to be read from the parameter `results`,
 * and numbers in hexadecimal.
 */
#ifndef SELFTESTS_MODULES_TAP_H
#define SELFTESTS_MODULES_TAP_H

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../drivers/compat/hex.h"

static char results[4000];
module_param_string(results, results, sizeof(results), 0444);
MODULE_PARM_DESC(results, "TAP");

static unsigned int count;
static size_t written;

static void point(bool passed, const char *what)
{
	written += scnprintf(results + written, sizeof(results) - written,
			     "%sok %u %s\n", passed ? "" : "not ", ++count,
			     what);
}

/* A point that passes if @got is @wanted. */
static void point_is(int got, int wanted, const char *what)
{
	if (got != wanted)
		written += scnprintf(results + written,
				     sizeof(results) - written,
				     "# got %d, wanted %d\n", got, wanted);
	point(got == wanted, what);
}

static void points_end(void)
{
	written += scnprintf(results + written, sizeof(results) - written,
			     "1..%u\n", count);
}

static inline int from_hex(u8 *to, const char *hex, size_t max)
{
	size_t len = strlen(hex) / 2;

	if (len > max || hex2bin(to, hex, len))
		return -EINVAL;
	return len;
}

#endif /* SELFTESTS_MODULES_TAP_H */
