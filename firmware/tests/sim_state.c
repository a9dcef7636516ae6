// SPDX-License-Identifier: MIT
/* The state folder: flash, identity, master key, factory PIN, anchor. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cryptech/rpc.h>

#include "../platform/sim/files.h"
#include "../platform/sim/state.h"
#include "sim_box.h"
#include "tap.h"

static struct state state;
static struct options options;

/* A folder of its own for each test. */
static void fresh(void)
{
	static char name[16];
	static int n;

	snprintf(name, sizeof(name), "state%d", n++);
	options = (struct options){ .state = name, .durable = true };
}

static char *in_state(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", options.state, name);
	return path;
}

static unsigned int mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : st.st_mode & 0777;
}

static bool opens(void)
{
	if (state_open(&state, &options))
		return false;
	state_close(&state);
	return true;
}

static void new_folder(void)
{
	uint8_t data[64], key[MASTER_KEY_SIZE];
	uint64_t value;

	fresh();
	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(mode_of(options.state), 0700);
	EXPECT_EQ(mode_of(in_state("flash.img")), 0600);
	EXPECT_EQ(mode_of(in_state("identity")), 0600);
	EXPECT_EQ(mode_of(in_state("lock")), 0600);
	EXPECT_EQ(state.platform.flash->size, 16 * 1024 * 1024);
	EXPECT_EQ(state.platform.flash->ops->read(state.platform.flash,
						  12345678, data, 64), 0);
	for (int i = 0; i < 64; i++)
		EXPECT_EQ(data[i], 0xff);
	EXPECT_EQ(state.platform.mkm_read(&state, key), -1);
	EXPECT_EQ(state.platform.anchor_kind, CRYPTECH_FRESH_NONE);
	EXPECT(!state.platform.anchor_read);
	value = state.platform.now_ns(&state);
	EXPECT(state.platform.now_ns(&state) >= value);
	state_close(&state);
	EXPECT(opens());
}

static void one_process_a_folder(void)
{
	struct state second;

	fresh();
	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(state_open(&second, &options), -1);
	options.adopt = true;
	EXPECT_EQ(state_open(&second, &options), -1);
	state_close(&state);
	EXPECT(opens());
}

static void folder_open_to_others(void)
{
	fresh();
	REQUIRE(opens());
	chmod(options.state, 0750);
	EXPECT(!opens());
	chmod(options.state, 0700);
	EXPECT(opens());
	options.state = "/proc/self/exe";
	EXPECT(!opens());
}

static int copy(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cp -p %s %s", from, to);
	return system(command);
}

static void copied_image(void)
{
	char image[64];

	fresh();
	REQUIRE(opens());
	snprintf(image, sizeof(image), "%s", in_state("flash.img"));
	REQUIRE(!copy(image, "copy.img"));
	REQUIRE(!rename("copy.img", image));
	EXPECT(!opens());
	EXPECT(!opens());	/* and the refusal changes nothing */
	options.adopt = true;
	EXPECT(opens());
	options.adopt = false;
	EXPECT(opens());
	REQUIRE(!unlink(in_state("identity")));
	EXPECT(!opens());
}

static void lost_image(void)
{
	fresh();
	REQUIRE(opens());
	REQUIRE(!unlink(in_state("flash.img")));
	EXPECT(!opens());
	EXPECT(access(in_state("flash.img"), F_OK) != 0);
	options.adopt = true;
	EXPECT(opens());
}

/* Cut in the middle of the very first start. */
static void first_start_interrupted(void)
{
	int fd;

	fresh();
	REQUIRE(!mkdir(options.state, 0700));
	fd = open(in_state("flash.img.new"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	EXPECT(opens());

	fresh();
	REQUIRE(opens());
	REQUIRE(!copy(in_state("flash.img"), "x"));
	REQUIRE(!rename("x", in_state("flash.img.new")));
	REQUIRE(!unlink(in_state("flash.img")));
	EXPECT(opens());
	EXPECT(access(in_state("flash.img.new"), F_OK) != 0);
}

static void image_of_another_size(void)
{
	fresh();
	REQUIRE(opens());
	EXPECT(!truncate(in_state("flash.img"), 16 * 1024 * 1024 - 1));
	EXPECT(!opens());
}

static void master_key(void)
{
	static const uint8_t key[MASTER_KEY_SIZE] = "0123456789abcdef";
	uint8_t got[MASTER_KEY_SIZE];

	fresh();
	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(state.platform.mkm_write(&state, key), 0);
	EXPECT_EQ(state.platform.mkm_read(&state, got), 0);
	EXPECT_MEM(got, key, sizeof(key));
	EXPECT_EQ(mode_of(in_state("mkm")), 0600);
	state_close(&state);
	chmod(in_state("mkm"), 0640);
	EXPECT(!opens());
	chmod(in_state("mkm"), 0600);
	EXPECT(opens());
	EXPECT(!truncate(in_state("mkm"), 31));
	EXPECT(!opens());

	fresh();
	options.mkm = "elsewhere";
	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(state.platform.mkm_write(&state, key), 0);
	EXPECT_EQ(mode_of("elsewhere"), 0600);
	EXPECT(access(in_state("mkm"), F_OK) != 0);
	state_close(&state);
}

static void factory_pin(void)
{
	char line[32];

	fresh();
	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(state.platform.factory_pin(&state, "secret"), 0);
	EXPECT_EQ(mode_of(in_state("factory-pin")), 0600);
	EXPECT_EQ(file_read(in_state("factory-pin"), line, sizeof(line)), 7);
	EXPECT_MEM(line, "secret\n", 7);
	EXPECT_EQ(state.platform.factory_pin(&state, NULL), 0);
	EXPECT(access(in_state("factory-pin"), F_OK) != 0);
	EXPECT_EQ(state.platform.factory_pin(&state, NULL), 0);
	state_close(&state);
}

static void flash_is_nor(void)
{
	static uint8_t page[4096 + 100], got[4096 + 100];
	const struct flash_ops *ops;
	struct flash *flash;

	fresh();
	REQUIRE(!state_open(&state, &options));
	flash = state.platform.flash;
	ops = flash->ops;
	EXPECT_EQ(flash->sector_size, 4096);
	EXPECT_EQ(flash->program_unit, 1);
	EXPECT(flash->zero_allowed);
	memset(page, 0x5a, sizeof(page));
	EXPECT_EQ(ops->program(flash, 4000, page, sizeof(page)), 0);
	EXPECT_EQ(ops->read(flash, 4000, got, sizeof(got)), 0);
	EXPECT_MEM(got, page, sizeof(page));
	/* Bits are only cleared, and a program that wants more does nothing
	 * (each piece up to a sector is one). */
	EXPECT_EQ(ops->program(flash, 4000, "\x5b", 1), -1);
	EXPECT_EQ(ops->program(flash, 4000, "\x50\xff", 2), -1);
	EXPECT_EQ(ops->read(flash, 4000, got, 2), 0);
	EXPECT_MEM(got, "\x5a\x5a", 2);
	EXPECT_EQ(ops->program(flash, 4000, "\x50\x00", 2), 0);
	EXPECT_EQ(ops->read(flash, 4000, got, 2), 0);
	EXPECT_MEM(got, "\x50\x00", 2);
	/* Erase is of one whole sector. */
	EXPECT_EQ(ops->erase(flash, 4097), -1);
	EXPECT_EQ(ops->erase(flash, 4096), 0);
	EXPECT_EQ(ops->read(flash, 4094, got, 3), 0);
	EXPECT_MEM(got, "\x5a\x5a\xff", 3);
	EXPECT_EQ(ops->read(flash, 8191, got, 2), 0);
	EXPECT_MEM(got, "\xff\x5a", 2);
	/* Nothing beyond the end. */
	EXPECT_EQ(ops->read(flash, flash->size - 1, got, 2), -1);
	EXPECT_EQ(ops->read(flash, 0xffffffff, got, 2), -1);
	EXPECT_EQ(ops->program(flash, flash->size - 1, "\0\0", 2), -1);
	EXPECT_EQ(ops->erase(flash, flash->size), -1);
	EXPECT_EQ(ops->sync(flash), 0);
	state_close(&state);
	/* It is there at the next start. */
	REQUIRE(!state_open(&state, &options));
	flash = state.platform.flash;
	EXPECT_EQ(flash->ops->read(flash, 4000, got, 2), 0);
	EXPECT_MEM(got, "\x50\x00", 2);
	state_close(&state);
}

static void anchor_has(uint64_t want)
{
	uint64_t value = 99;

	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(state.platform.anchor_read(&state, &value), 0);
	EXPECT_EQ(value, want);
	state_close(&state);
}

static void put_byte(const char *path, long at, uint8_t value)
{
	int fd = open(path, O_WRONLY);

	EXPECT_EQ(file_write(fd, &value, 1, at), 0);
	close(fd);
}

static void anchor(void)
{
	static const uint8_t want[32] = {
		0, 0, 0, 0, 0, 0, 1, 2,
		255, 255, 255, 255, 255, 255, 254, 253,
		0, 0, 0, 0, 0, 0, 1, 3,
		255, 255, 255, 255, 255, 255, 254, 252,
	};
	struct state second;
	struct options other = { .state = "other", .anchor = "anchor" };
	uint8_t bytes[33];

	fresh();
	options.anchor = "anchor";
	anchor_has(0);
	REQUIRE(!state_open(&state, &options));
	EXPECT_EQ(state.platform.anchor_kind, CRYPTECH_FRESH_FILE);
	EXPECT_EQ(state.platform.anchor_advance(&state, 0x0102), 0);
	EXPECT_EQ(state.platform.anchor_advance(&state, 0x0103), 0);
	EXPECT_EQ(state.platform.anchor_advance(&state, 0x0103), -1);
	EXPECT_EQ(state.platform.anchor_advance(&state, 1), -1);
	/* It counts for one. */
	EXPECT_EQ(state_open(&second, &other), -1);
	state_close(&state);
	EXPECT_EQ(file_read("anchor", bytes, sizeof(bytes)), 32);
	EXPECT_MEM(bytes, want, 32);
	EXPECT_EQ(mode_of("anchor"), 0600);
	anchor_has(0x0103);
	/* The last write was cut: the value before is there. */
	put_byte("anchor", 23, 0);
	anchor_has(0x0102);
	/* Each in its place, and right. */
	put_byte("anchor", 7, 0);
	EXPECT(!opens());
	put_byte("anchor", 7, 3);
	put_byte("anchor", 15, 0xfc);
	EXPECT(!opens());
	EXPECT(!truncate("anchor", 31));
	EXPECT(!opens());
	EXPECT(!truncate("anchor", 33));
	EXPECT(!opens());
	EXPECT(!unlink("anchor"));
	anchor_has(0);
}

int main(void)
{
	box_open();
	umask(077);
	/* The refusals below are told there. */
	if (!freopen("log", "w", stderr))
		return 1;
	RUN(new_folder);
	RUN(one_process_a_folder);
	RUN(folder_open_to_others);
	RUN(copied_image);
	RUN(lost_image);
	RUN(first_start_interrupted);
	RUN(image_of_another_size);
	RUN(master_key);
	RUN(factory_pin);
	RUN(flash_is_nor);
	RUN(anchor);
	box_close();
	return tap_done();
}
