// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#include "../cores/cores.h"
#include "hs_tap.h"

int __real_core_random(void *data, size_t len);
int __real_core_wrap(const uint8_t kek[32], const void *plain, size_t len,
		     uint8_t *wrapped);
int __wrap_core_random(void *data, size_t len);
int __wrap_core_wrap(const uint8_t kek[32], const void *plain, size_t len,
		     uint8_t *wrapped);

/* From where it is, in one call: the tap keeps no copy of its own. */
static void tell(enum hs_tap_kind kind, const void *first, size_t first_len,
		 const void *second, size_t second_len)
{
	static int fd = -1;
	struct hs_tap head = { kind, first_len, second_len };
	const struct iovec parts[] = {
		{ &head, sizeof(head) },
		{ (void *)first, first_len },
		{ (void *)second, second_len },
	};

	if (fd < 0)
		fd = open(getenv("HS_TAP"), O_WRONLY | O_APPEND | O_CREAT,
			  0600);
	if (writev(fd, parts, 3) < 0)
		abort();
	/* The test that started it may look into it. */
	prctl(PR_SET_DUMPABLE, 1);
}

int __wrap_core_random(void *data, size_t len)
{
	int error = __real_core_random(data, len);

	if (!error)
		tell(HS_TAP_RANDOM, data, len, NULL, 0);
	return error;
}

int __wrap_core_wrap(const uint8_t kek[32], const void *plain, size_t len,
		     uint8_t *wrapped)
{
	int error = __real_core_wrap(kek, plain, len, wrapped);

	if (!error)
		tell(HS_TAP_WRAP, plain, len, wrapped, core_wrap_size(len));
	return error;
}
