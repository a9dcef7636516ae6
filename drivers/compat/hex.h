/* SPDX-License-Identifier: GPL-2.0 */
/* hex2bin() and its kin: they have a header of their own only in new kernels. */
#ifndef CRYPTECH_COMPAT_HEX_H
#define CRYPTECH_COMPAT_HEX_H

#include <linux/kernel.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/hex.h>
#endif

#endif /* CRYPTECH_COMPAT_HEX_H */
