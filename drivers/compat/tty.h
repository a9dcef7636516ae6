/* SPDX-License-Identifier: GPL-2.0 */
/* What a line discipline is given: other integers up to 6.5. */
#ifndef CRYPTECH_COMPAT_TTY_H
#define CRYPTECH_COMPAT_TTY_H

#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define cryptech_tty_flag	char
#define cryptech_tty_count	int
#else
#define cryptech_tty_flag	u8
#define cryptech_tty_count	size_t
#endif

#endif /* CRYPTECH_COMPAT_TTY_H */
