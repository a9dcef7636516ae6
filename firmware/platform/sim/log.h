/* SPDX-License-Identifier: MIT */
/* The log: lines on standard error. */
#ifndef SIM_LOG_H
#define SIM_LOG_H

/* Write one line, "cryptech-hsm: ..." and a newline, at once. Any thread.
 * Never a secret. */
void sim_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with ": " and errno's text behind it. errno stays as it was. */
void sim_log_errno(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/*
 * For what a peer can repeat at will: only the first few lines of each
 * counter are written. Start *count at 0.
 */
#define SIM_LOG_FEW	8
#define sim_log_few(count, ...) do {					\
	unsigned long n__ = __atomic_fetch_add((count), 1, __ATOMIC_RELAXED); \
	if (n__ < SIM_LOG_FEW)						\
		sim_log(__VA_ARGS__);					\
	if (n__ == SIM_LOG_FEW)						\
		sim_log("more of the same is not logged");		\
} while (0)

#endif /* SIM_LOG_H */
