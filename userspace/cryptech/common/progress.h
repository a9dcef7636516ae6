/* SPDX-License-Identifier: MIT */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdint.h>

/*
 * Show on a terminal (standard error) that something takes its time, and how
 * long it has taken; silent elsewhere. @what as in "making an rsa4096 key".
 */
void progress_start(const char *what);
/* How far it is, for a bar; @total 0: nobody knows. */
void progress_at(uint64_t done, uint64_t total);
void progress_stop(void);

#endif /* TOOL_PROGRESS_H */
