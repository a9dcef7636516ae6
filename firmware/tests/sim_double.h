/* SPDX-License-Identifier: MIT */
/*
 * An HSM that can do nothing, in place of the real one behind the simulator's
 * ports: for tests of the ports alone. Its functions:
 */
#ifndef TESTS_SIM_DOUBLE_H
#define TESTS_SIM_DOUBLE_H

enum {
	/* Answers port and the request's arguments. */
	DOUBLE_ECHO = 0xf00,		/* at once */
	DOUBLE_ECHO_WORK = 0xf01,	/* by the pool */
	/* The same, but not before the gate is opened the next time. */
	DOUBLE_HOLD = 0xf02,
	DOUBLE_HOLD_LONG = 0xf03,
	DOUBLE_OPEN = 0xf04,
	/* Answers how often a port was gone, how many clients were, the last
	 * of them, and how many calls are held. */
	DOUBLE_EVENTS = 0xf05,
};

#endif /* TESTS_SIM_DOUBLE_H */
