/* SPDX-License-Identifier: GPL-2.0 */
/* hex2bin() and its kin: they have a header of their own only in new kernels. */
#ifndef CRYPTECH_COMPAT_HEX_H
#define CRYPTECH_COMPAT_HEX_H

#include <linux/kernel.h>

#if __has_include(<linux/hex.h>)
#include <linux/hex.h>
#endif

#endif /* CRYPTECH_COMPAT_HEX_H */
