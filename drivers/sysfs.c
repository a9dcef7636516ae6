// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/class/cryptech/cryptechN: see Documentation/sysfs.rst. Nothing here
 * asks the HSM.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "cryptech.h"
#include "hashsig.h"

static struct cryptech_device *to_cryptech(struct device *d)
{
	return container_of(d, struct cryptech_device, dev);
}

static ssize_t serial_show(struct device *d, struct device_attribute *attr,
			   char *buf)
{
	u8 serial[CRYPTECH_SERIAL_SIZE];

	if (!cryptech_device_serial(to_cryptech(d), serial))
		return -ENODATA;
	return sysfs_emit(buf, "%*phN\n", CRYPTECH_SERIAL_SIZE, serial);
}
static DEVICE_ATTR_RO(serial);

static ssize_t release_show(struct device *d, struct device_attribute *attr,
			    char *buf)
{
	struct cryptech_device *dev = to_cryptech(d);
	char release[CRYPTECH_RELEASE_MAX];

	spin_lock_bh(&dev->lock);
	memcpy(release, dev->release, sizeof(release));
	spin_unlock_bh(&dev->lock);
	if (!release[0])
		return -ENODATA;
	return sysfs_emit(buf, "%s\n", release);
}
static DEVICE_ATTR_RO(release);

static ssize_t incarnation_show(struct device *d,
				struct device_attribute *attr, char *buf)
{
	struct cryptech_device *dev = to_cryptech(d);
	u64 incarnation;

	spin_lock_bh(&dev->lock);
	incarnation = dev->incarnation;
	spin_unlock_bh(&dev->lock);
	return sysfs_emit(buf, "%llu\n", incarnation);
}
static DEVICE_ATTR_RO(incarnation);

static ssize_t kernel_user_show(struct device *d,
				struct device_attribute *attr, char *buf)
{
	struct cryptech_device *dev = to_cryptech(d);
	u32 role = CRYPTECH_USER_NONE;

	spin_lock_bh(&dev->lock);
	if (dev->kernel)
		role = READ_ONCE(dev->kernel->role);
	spin_unlock_bh(&dev->lock);
	return sysfs_emit(buf, "%u\n", role);
}
static DEVICE_ATTR_RO(kernel_user);

static ssize_t state_show(struct device *d, struct device_attribute *attr,
			  char *buf)
{
	static const char * const names[] = {
		[CRYPTECH_ABSENT] = "absent",
		[CRYPTECH_WAITING] = "absent",
		[CRYPTECH_ATTACHING] = "attaching",
		[CRYPTECH_READY] = "ready",
		[CRYPTECH_STOPPED] = "stopped",
		[CRYPTECH_GONE] = "gone",
	};

	return sysfs_emit(buf, "%s\n",
			  names[cryptech_device_state(to_cryptech(d))]);
}
static DEVICE_ATTR_RO(state);

static ssize_t figure_show(struct device *d, enum cryptech_figure figure,
			   char *buf)
{
	u64 value;

	if (!cryptech_figure_get(to_cryptech(d), figure, &value))
		return -ENODATA;
	return sysfs_emit(buf, "%llu\n", value);
}

#define FIGURE_ATTR(tag, name)						       \
static ssize_t name##_show(struct device *d, struct device_attribute *attr,    \
			   char *buf)					       \
{									       \
	return figure_show(d, CRYPTECH_FIGURE_##tag, buf);		       \
}									       \
static DEVICE_ATTR_RO(name)

FIGURE_ATTR(HASHSIG_KEYS, hashsig_keys);
FIGURE_ATTR(HASHSIG_LOW, hashsig_low);
FIGURE_ATTR(HASHSIG_LEAVES_MIN, hashsig_leaves_min);
FIGURE_ATTR(ANCHOR, anchor);

static struct attribute *cryptech_attrs[] = {
	&dev_attr_serial.attr,
	&dev_attr_release.attr,
	&dev_attr_incarnation.attr,
	&dev_attr_kernel_user.attr,
	&dev_attr_state.attr,
	&dev_attr_hashsig_keys.attr,
	&dev_attr_hashsig_low.attr,
	&dev_attr_hashsig_leaves_min.attr,
	&dev_attr_anchor.attr,
	NULL,
};

static const struct attribute_group cryptech_group = {
	.attrs = cryptech_attrs,
};

const struct attribute_group *cryptech_groups[] = {
	&cryptech_group,
	NULL,
};
