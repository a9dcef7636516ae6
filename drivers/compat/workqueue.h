/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's workqueue for what may run anywhere. Up to 6.16 it had another
 * name.
 */
#ifndef CRYPTECH_COMPAT_WORKQUEUE_H
#define CRYPTECH_COMPAT_WORKQUEUE_H

#include <linux/version.h>
#include <linux/workqueue.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_dfl_wq	system_unbound_wq
#endif

#endif /* CRYPTECH_COMPAT_WORKQUEUE_H */
