/* SPDX-License-Identifier: GPL-2.0 */
/* What a module that tests found (selftests/modules/tap.h). */
#ifndef SELFTESTS_RESULTS_H
#define SELFTESTS_RESULTS_H

#include "keys.h"

/* Its points become ours. */
static inline void take_results(const char *module)
{
	char path[128], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/results",
		 module);
	f = fopen(path, "r");
	if (!f)
		give_up("no results");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "ok ", 3))
			point(1, "%s", strchr(line + 3, ' ') + 1);
		else if (!strncmp(line, "not ok ", 7))
			point(0, "%s", strchr(line + 7, ' ') + 1);
		else
			printf("# %s\n", line);
	}
	fclose(f);
}

#endif /* SELFTESTS_RESULTS_H */
