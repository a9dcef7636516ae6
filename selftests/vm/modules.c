// SPDX-License-Identifier: GPL-2.0
/*
 * The modules: which devices they take, how they come and go, what they tell
 * of a device in sysfs and by events.
 */
#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cryptech/mailbox.h>

#include "kselftest_harness.h"
#include "door.h"

#define PCI_DRIVER	"/sys/bus/pci/drivers/cryptech_pci/"
#define MAILBOX_BAR	"/resource2"

FIXTURE(modules) {
	char device[64];	/* its PCI address */
};

FIXTURE_SETUP(modules)
{
	FILE *f = popen("cd /sys/bus/pci/devices && "
			"grep -l 0x1110 */device | cut -d/ -f1", "r");

	read_line(f, "ivshmem", self->device, sizeof(self->device));
	pclose(f);
}

FIXTURE_TEARDOWN(modules)
{
}

#define MODULES_TEST(name)	TEST_F_TIMEOUT(modules, name, 120)

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static bool is_bound(const char *device)
{
	char path[256];

	snprintf(path, sizeof(path), PCI_DRIVER "%s", device);
	return !access(path, F_OK);
}

/*
 * Make something else of the mailbox, or a mailbox again. Mapped anew each
 * time: a driver that asks for the region takes it from us.
 */
static void xor_page(const char *device, uint64_t magic, uint32_t version)
{
	struct cryptech_mailbox_hsm *page;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s" MAILBOX_BAR,
		 device);
	fd = open(path, O_RDWR);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || page == MAP_FAILED)
		die("%s", path);
	page->magic ^= magic;
	page->version ^= version;
	munmap(page, 4096);
	close(fd);
}

/* ivshmem devices that somebody else uses are left alone. */
MODULES_TEST(foreign_devices)
{
	/* the HSM stands still, so that it does not mend its page */
	must_run("hsmctl hsm 0 stop");
	xor_page(self->device, 1, 0);
	must_run("modprobe cryptech_pci");
	EXPECT_FALSE(is_bound(self->device));
	EXPECT_NE(run("echo %s >" PCI_DRIVER "bind", self->device), 0);
	xor_page(self->device, 1, 2);
	EXPECT_NE(run("echo %s >" PCI_DRIVER "bind", self->device), 0);
	xor_page(self->device, 0, 2);
	EXPECT_NE(access(NODE, F_OK), 0);
	must_run("hsmctl hsm 0 cont");
	EXPECT_EQ(run("echo %s >" PCI_DRIVER "bind", self->device), 0);
	EXPECT_TRUE(is_bound(self->device));
	EXPECT_TRUE(eventually(is_ready()));
	EXPECT_EQ(unload("cryptech_pci"), 0);
	EXPECT_EQ(unload("cryptech"), 0);
}

MODULES_TEST(load_and_unload)
{
	for (int i = 0; i < 5; i++) {
		must_run("modprobe cryptech_pci");
		EXPECT_TRUE(is_bound(self->device));
		if (i & 1)	/* else in the middle of it */
			EXPECT_TRUE(eventually(is_ready()));
		EXPECT_EQ(unload("cryptech"), EWOULDBLOCK);
		EXPECT_EQ(unload("cryptech_pci"), 0);
		EXPECT_NE(access(NODE, F_OK), 0);
		EXPECT_EQ(unload("cryptech"), 0);
		EXPECT_NE(access("/sys/class/cryptech", F_OK), 0);
	}
}

/* The driver may come first. */
MODULES_TEST(absent_hsm)
{
	must_run("hsmctl hsm 0 kill9");
	must_run("modprobe cryptech_pci");
	EXPECT_STREQ(sysfs("state"), "absent");
	EXPECT_STREQ(sysfs("incarnation"), "0");
	EXPECT_STREQ(sysfs("kernel_user"), "0");
	EXPECT_STREQ(sysfs("serial"), "");	/* reading it fails */
	EXPECT_STREQ(sysfs("release"), "");
	EXPECT_EQ(open(NODE, O_RDWR), -1);
	EXPECT_EQ(errno, ENODEV);
	must_run("hsmctl hsm 0 start");
	EXPECT_TRUE(eventually(is_ready()));
	EXPECT_STREQ(sysfs("incarnation"), "1");
	EXPECT_EQ(strspn(sysfs("serial"), "0123456789abcdef"), 32);
	EXPECT_EQ(strlen(sysfs("serial")), 32);
	EXPECT_NE(strstr(sysfs("release"), "cryptech-hsm"), NULL);
	EXPECT_EQ(unload("cryptech_pci"), 0);
	EXPECT_EQ(unload("cryptech"), 0);
}

MODULES_TEST(attributes_cannot_be_written)
{
	static const char *const names[] = {
		"serial", "release", "incarnation", "kernel_user", "state",
	};
	struct stat st;
	char path[256];

	load_modules();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), SYSFS "%s", names[i]);
		ASSERT_EQ(stat(path, &st), 0);
		EXPECT_EQ(st.st_mode & 0777, 0444);
	}
	EXPECT_EQ(unload("cryptech_pci"), 0);
	EXPECT_EQ(unload("cryptech"), 0);
}

/* --- secrets ---------------------------------------------------------------- */

static bool mailbox_has(const uint8_t *memory, const char *text)
{
	return memmem(memory, CRYPTECH_MAILBOX_SIZE, text, strlen(text));
}

/* PINs pass the mailbox in clear; nothing of them may stay there. */
MODULES_TEST(pins_do_not_stay_in_the_mailbox)
{
	char path[256];
	uint8_t *memory;
	int fd, file;

	must_run("hsmctl hsm 0 fresh");
	load_modules();
	initialise();
	file = open_ready();
	EXPECT_EQ(raw_login(file, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	EXPECT_EQ(raw_login(file, CRYPTECH_USER_NORMAL, "not-" WHEEL_PIN),
		  CRYPTECH_ERR_PIN_INCORRECT);
	EXPECT_EQ(unload("cryptech_pci"), 0);

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s" MAILBOX_BAR,
		 self->device);
	fd = open(path, O_RDWR);
	memory = mmap(NULL, CRYPTECH_MAILBOX_SIZE, PROT_READ, MAP_SHARED, fd,
		      0);
	ASSERT_NE(memory, MAP_FAILED);
	/* the mailbox's magic: so it is seen that we look rightly */
	EXPECT_TRUE(mailbox_has(memory, "CHSMBOX1"));
	EXPECT_FALSE(mailbox_has(memory, "pin-of-the-tests"));
	munmap(memory, CRYPTECH_MAILBOX_SIZE);
	close(fd);
	close(file);
	EXPECT_EQ(unload("cryptech"), 0);
}

/* --- events ----------------------------------------------------------------- */

static int listen_to_events(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)))
		die("events");
	return fd;
}

/* Does this event, strings one after the other, hold that string? */
static bool holds(const char *event, ssize_t len, const char *text)
{
	for (const char *s = event; s < event + len; s += strlen(s) + 1)
		if (!strcmp(s, text))
			return true;
	return false;
}

static bool event_comes(int fd, const char *state, int number)
{
	char event[4096], wanted[64];
	ssize_t len;

	snprintf(wanted, sizeof(wanted), "CRYPTECH_INCARNATION=%d", number);
	while ((len = recv(fd, event, sizeof(event) - 1, 0)) > 0) {
		event[len] = 0;
		if (holds(event, len, "ACTION=change") &&
		    holds(event, len, "SUBSYSTEM=cryptech") &&
		    holds(event, len, "DEVNAME=cryptech0") &&
		    holds(event, len, state) && holds(event, len, wanted))
			return true;
	}
	return false;
}

MODULES_TEST(events)
{
	int fd = listen_to_events();

	must_run("modprobe cryptech_pci");
	EXPECT_TRUE(event_comes(fd, "CRYPTECH_STATE=ready", 1));
	must_run("hsmctl hsm 0 kill9");
	EXPECT_TRUE(event_comes(fd, "CRYPTECH_STATE=absent", 1));
	must_run("hsmctl hsm 0 start");
	EXPECT_TRUE(event_comes(fd, "CRYPTECH_STATE=ready", 2));
	EXPECT_EQ(unload("cryptech_pci"), 0);
	EXPECT_TRUE(event_comes(fd, "CRYPTECH_STATE=absent", 2));
	EXPECT_EQ(unload("cryptech"), 0);
	close(fd);
}

TEST_HARNESS_MAIN
