/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Signatures have a type of their own in the crypto API that others can
 * provide, and that says how long they are, in what we support from 7.0 on.
 */
#ifndef CRYPTECH_COMPAT_SIG_H
#define CRYPTECH_COMPAT_SIG_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define CRYPTECH_HAVE_SIG_ALG
#include <crypto/internal/sig.h>
#endif

#endif /* CRYPTECH_COMPAT_SIG_H */
