/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a subtype of asymmetric keys is asked to verify the signature of: a
 * digest by its name up to 6.19, a message or a digest from 7.0 on.
 */
#ifndef CRYPTECH_COMPAT_PUBLIC_KEY_H
#define CRYPTECH_COMPAT_PUBLIC_KEY_H

#include <crypto/public_key.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define cryptech_sig_message(sig)	((sig)->digest)
#define cryptech_sig_message_len(sig)	((sig)->digest_size)
#else
#define cryptech_sig_message(sig)	((sig)->m)
#define cryptech_sig_message_len(sig)	((sig)->m_size)
#endif

#endif /* CRYPTECH_COMPAT_PUBLIC_KEY_H */
