/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's SHA-256 as a library. Up to 6.16 the state of a hash had
 * another name.
 */
#ifndef CRYPTECH_COMPAT_SHA256_H
#define CRYPTECH_COMPAT_SHA256_H

#include <crypto/sha2.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define sha256_ctx	sha256_state
#endif

#endif /* CRYPTECH_COMPAT_SHA256_H */
