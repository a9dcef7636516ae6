/* SPDX-License-Identifier: GPL-2.0 */
/* An HSM with AES keys that OpenSSL knows, too. */
#ifndef SELFTESTS_ALG_KEYS_H
#define SELFTESTS_ALG_KEYS_H

#include <sys/utsname.h>

#include "alg.h"

static unsigned char serial[16];
static const unsigned char iv[16] = "an IV of 16 byte";

/* The one kernel or the other: they differ in what AF_ALG can do. */
static inline int kernel_is_new(void)
{
	struct utsname u;

	return !uname(&u) && strncmp(u.release, "6.1.", 4);
}

/* A logged-in descriptor of the HSM; the kernel is logged in, too. */
static inline int keys_session(void)
{
	struct cryptech_ioc_info info = { .size = sizeof(info) };
	int hsm;

	run("hsm-ready");
	ksft_print_header();
	hsm = hsm_session(0, CRYPTECH_USER_NORMAL, USER_PIN);
	if (ioctl(hsm, CRYPTECH_IOC_INFO, &info))
		give_up("INFO");
	memcpy(serial, info.serial, 16);
	srandom(1);
	return hsm;
}

static inline int keys_end(void)
{
	ksft_set_plan(ksft_test_num());
	ksft_print_cnts();
	return ksft_get_fail_cnt() ? 1 : 0;
}

static inline const char *name_of(int xts)
{
	return xts ? "xts(paes)" : "cbc(paes)";
}

/* The names that AF_ALG takes, and, if the kernel restricts it, does not. */
static inline void check_names(void)
{
	static const struct {
		const char *name;
		int always;
	} names[] = {
		{ "cbc(paes)", 1 }, { "cbc-paes-cryptech", 0 },
		{ "xts(paes)", 0 }, { "xts-paes-cryptech", 0 },
	};
	int restricted = alg_is_restricted(), fd;
	struct utsname u;
	size_t i;

	if (uname(&u))
		give_up("uname");
	point(restricted || strverscmp(u.release, "7.2") < 0,
	      "AF_ALG on Linux %s: %s", u.release,
	      restricted ? "restricted" : "as ever");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		fd = alg_try("skcipher", names[i].name);
		if (names[i].always || !restricted)
			point(fd >= 0, "AF_ALG takes %s (%d)", names[i].name,
			      fd);
		else
			point_is(fd, -ENOENT, "AF_ALG has no %s",
				 names[i].name);
		if (fd >= 0)
			close(fd);
	}
}

/* Keys in flash; drawn, but the same in each run. */
static struct keys {
	const char *ssl;
	int xts;
	unsigned int type;
	size_t len;
	int fd;
	unsigned char value[64], uuid[16], token[48];
} keys[] = {
	{ "AES-128-CBC", 0, CRYPTECH_KEY_AES128, 16, -1, {}, {}, {} },
	{ "AES-192-CBC", 0, CRYPTECH_KEY_AES192, 24, -1, {}, {}, {} },
	{ "AES-256-CBC", 0, CRYPTECH_KEY_AES256, 32, -1, {}, {}, {} },
	{ "AES-128-XTS", 1, CRYPTECH_KEY_AES128_XTS, 32, -1, {}, {}, {} },
	{ "AES-256-XTS", 1, CRYPTECH_KEY_AES256_XTS, 64, -1, {}, {}, {} },
};
#define CBC	(&keys[2])
#define XTS	(&keys[4])

/* Their sockets, too, as far as AF_ALG takes the algorithm. */
static inline void make_keys(int hsm)
{
	unsigned char by_hand[48];
	struct keys *k;
	size_t i;

	for (k = keys; k < keys + 5; k++) {
		for (i = 0; i < k->len; i++)
			k->value[i] = random();
		hsm_load_raw(hsm, k->type, k->value, k->len, k->uuid);
		errno = hsm_token(hsm, k->uuid, k->token);
		if (errno)
			give_up("TOKEN");
		token_make(by_hand, 1, k->type, serial, k->uuid, 16);
		point(!memcmp(by_hand, k->token, 48), "%s: its token", k->ssl);
		if (k->xts && alg_is_restricted())
			continue;
		k->fd = alg_bind(name_of(k->xts));
		point_is(alg_setkey(k->fd, k->token, 48), 0,
			 "%s: setkey by root", k->ssl);
	}
}

#endif /* SELFTESTS_ALG_KEYS_H */
