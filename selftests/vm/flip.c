// SPDX-License-Identifier: GPL-2.0
/*
 * An HSM that changes random words of the shared memory, of its own side, of
 * ours, of both, while every door is in use. No call may take longer than its
 * deadline, and when the flipping stops all is well by itself. What the
 * answers say meanwhile does not matter.
 *
 * 30 seconds each way on the newest kernel, 5 on the others and both ways at
 * once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/utsname.h>

#include "kselftest_harness.h"
#include "door.h"

#define THREADS		6
#define DEADLINE_MS	1000
#define SLACK_MS	9000	/* two kernels share an emulated machine */
#define LONG_KERNEL	"6.12."
#define SHORT_SECONDS	5

static atomic_bool over;
static atomic_int slowest_ms, good, bad;

static __attribute__((constructor)) void set_up(void)
{
	must_run("modprobe cryptech_pci");
	if (!eventually(is_ready()))
		die("not attached");
}

static int long_seconds(void)
{
	struct utsname u;

	uname(&u);
	return strncmp(u.release, LONG_KERNEL, strlen(LONG_KERNEL)) ?
	       SHORT_SECONDS : 30;
}

static int raw(int fd)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_reader r = { .bad = true };
	struct message m;
	int64_t error;

	xdr_put_u32(begin(&m, CRYPTECH_RPC_GET_RANDOM), 1000);
	error = call(fd, &m, reply, &r);
	return error < 0 ? -error : 0;
}

static int random_ioctl(int fd)
{
	uint8_t data[16368];
	struct cryptech_ioc_random r = {
		.size = sizeof(r), .length = sizeof(data),
		.data = (uintptr_t)data,
	};

	return ioctl(fd, CRYPTECH_IOC_RANDOM, &r) ? errno : 0;
}

static int status_ioctl(int fd)
{
	return status_value(fd, CRYPTECH_STATUS_MODE) == ~0ull ? errno : 0;
}

static int list_ioctl(int fd)
{
	struct cryptech_key_item items[8];
	struct cryptech_ioc_key_list l = {
		.size = sizeof(l), .count = 8, .items = (uintptr_t)items,
	};

	return ioctl(fd, CRYPTECH_IOC_KEY_LIST, &l) ? errno : 0;
}

static int (*const doors[])(int fd) = {
	raw, random_ioctl, status_ioctl, list_ioctl,
};

static void note_time(int64_t start)
{
	int took = now_ms() - start, slowest = slowest_ms;

	while (took > slowest &&
	       !atomic_compare_exchange_weak(&slowest_ms, &slowest, took))
		;
}

static void *load(void *data)
{
	unsigned int turn = (uintptr_t)data;
	int64_t start;
	int fd, err;

	while (!over) {
		fd = open(NODE, O_RDWR);
		if (fd < 0) {
			usleep(1000);
			continue;
		}
		do {
			start = now_ms();
			err = doors[turn++ % ARRAY_SIZE(doors)](fd);
			note_time(start);
			if (err)
				bad++;
			else
				good++;
		} while (!over && err != ENODEV && turn % 100);
		start = now_ms();
		close(fd);
		note_time(start);
	}
	return NULL;
}

static bool all_is_well(void)
{
	int fd = open(NODE, O_RDWR);
	bool well = fd >= 0;

	for (size_t i = 0; well && i < 3; i++)
		well = !doors[i](fd);
	if (fd >= 0)
		close(fd);
	return well;
}

static void flip(struct __test_metadata *_metadata, const char *side,
		 int seconds, unsigned int seed)
{
	pthread_t threads[THREADS];
	unsigned long before = incarnation();
	int64_t end;

	set_parameter("deadline_ms", DEADLINE_MS);
	set_parameter("long_deadline_ms", DEADLINE_MS);
	must_run("hsmctl hsm 0 replace fakehsm --flip %d --side %s --seed %u",
		 seconds, side, seed);
	ASSERT_TRUE(eventually(incarnation() > before));
	end = now_ms() + seconds * 1000ll;
	for (uintptr_t i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, load, (void *)i),
			  0);
	while (now_ms() < end)
		usleep(100000);
	over = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	TH_LOG("%s: %d calls, %d failed, slowest %d ms, %lu attaches",
	       side, good + bad, bad, slowest_ms, incarnation() - before);

	EXPECT_GT(good, 0);
	EXPECT_LT(slowest_ms, DEADLINE_MS + SLACK_MS);
	/* it stops by itself, and the driver comes back by itself */
	EXPECT_TRUE(eventually(all_is_well()));
}

FIXTURE(flip) {
};

FIXTURE_SETUP(flip)
{
}

FIXTURE_TEARDOWN(flip)
{
}

TEST_F_TIMEOUT(flip, words_of_the_hsm, 120)
{
	flip(_metadata, "hsm", long_seconds(), 1);
}

TEST_F_TIMEOUT(flip, words_of_the_host, 120)
{
	flip(_metadata, "host", long_seconds(), 2);
}

TEST_F_TIMEOUT(flip, words_of_both, 120)
{
	flip(_metadata, "all", SHORT_SECONDS, 3);
}

TEST_HARNESS_MAIN
