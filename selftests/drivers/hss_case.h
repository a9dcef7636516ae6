/* SPDX-License-Identifier: MIT */
/*
 * HSS signatures of others, for tests: hss_cases.h, made by hss_cases.py, is
 * a list of these.
 */
#ifndef SELFTESTS_HSS_CASE_H
#define SELFTESTS_HSS_CASE_H

#include <stddef.h>

struct hss_case {
	const char *name;
	int known;			/* else its hash is not SHA-256 */
	const unsigned char *public;	/* as in RFC 8554, 6.1 */
	size_t public_len;
	const unsigned char *message;
	size_t message_len;
	const unsigned char *signature;
	size_t signature_len;
};

#include <hss_cases.h>

#define HSS_CASES	(sizeof(hss_cases) / sizeof(hss_cases[0]))

#endif /* SELFTESTS_HSS_CASE_H */
