/* SPDX-License-Identifier: GPL-2.0 */
/* What the core calls of keys and keyrings. */
#ifndef CRYPTECH_KEY_H
#define CRYPTECH_KEY_H

struct cryptech_device;

/* At module load and unload. Process context. */
static inline int cryptech_keys_init(void)
{
	return 0;
}

static inline void cryptech_keys_exit(void)
{
}

/*
 * A device was made, before it can be looked up; its incarnation began; it
 * ended (once for each that began, before the next begins); the device is
 * about to be freed from lookup for ever (after the last end; its workqueue
 * still runs). Process context; may sleep, must not wait for the HSM.
 */
static inline int cryptech_keys_device_added(struct cryptech_device *dev)
{
	return 0;
}

static inline void cryptech_keys_attached(struct cryptech_device *dev)
{
}

static inline void cryptech_keys_detached(struct cryptech_device *dev)
{
}

static inline void cryptech_keys_device_removed(struct cryptech_device *dev)
{
}

#endif /* CRYPTECH_KEY_H */
