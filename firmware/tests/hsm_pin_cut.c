// SPDX-License-Identifier: MIT
/*
 * PINs and their counts of failures, when the power is cut.
 */
#include "hsm_fresh.h"

/*
 * core_pbkdf2 is where the PIN is looked at; the linker puts this before it.
 * What is in the flash at that moment is what a cut of the power leaves.
 */
static struct nor *at_check;

int __real_core_pbkdf2(const void *password, size_t password_len,
		       const void *salt, size_t salt_len,
		       unsigned int iterations, uint8_t *out, size_t out_len);
int __wrap_core_pbkdf2(const void *password, size_t password_len,
		       const void *salt, size_t salt_len,
		       unsigned int iterations, uint8_t *out, size_t out_len);

int __wrap_core_pbkdf2(const void *password, size_t password_len,
		       const void *salt, size_t salt_len,
		       unsigned int iterations, uint8_t *out, size_t out_len)
{
	if (at_check)
		nor_copy(at_check, hsm_flash_nor());
	return __real_core_pbkdf2(password, password_len, salt, salt_len,
				  iterations, out, out_len);
}

/* Go on with the flash as @image has it, after a cut. */
static bool boot_from(const struct nor *image, uint64_t seed)
{
	box_stop(&box);
	nor_copy(hsm_flash_nor(), image);
	nor_boot(hsm_flash_nor(), seed);
	return box_start(&box);
}

static void counted_before_it_is_looked_at(void)
{
	const struct nor *nor;
	struct nor *image;

	REQUIRE(fresh());
	nor = hsm_flash_nor();
	image = nor_new(nor->flash.size, nor->flash.sector_size);
	REQUIRE(image);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	at_check = image;
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, BOX_USER), 0);
	at_check = NULL;
	EXPECT_EQ(delay_of_user(), 0);
	if (EXPECT(boot_from(image, 1)))
		EXPECT_EQ(delay_of_user(), 5);
	nor_free(image);
}

/* A fresh HSM of few clients, whose start is cheap, two failures ago. */
static struct nor *base_for_cuts(void)
{
	const struct nor *nor;
	struct nor *base;

	box_stop(&box);
	box_init(&box, hsm_flash_blank_of(64 << 10));
	box.config.clients = 16;
	box.config.handles = 16;
	if (!box_start(&box) || !box_init_pins(&box) ||
	    login(CRYPTECH_USER_NORMAL, "wrong") != 24 ||
	    login(CRYPTECH_USER_NORMAL, "wrong") != 24)
		return NULL;
	nor = hsm_flash_nor();
	base = nor_new(nor->flash.size, nor->flash.sector_size);
	if (base)
		nor_copy(base, nor);
	return base;
}

static int wrong_login(void)
{
	return login(CRYPTECH_USER_NORMAL, "wrong");
}

static int right_login(void)
{
	return login(CRYPTECH_USER_NORMAL, BOX_USER);
}

static int new_pin(void)
{
	int error = box_login(&box, ME, CRYPTECH_USER_SO);

	return error ? error : set_pin(CRYPTECH_USER_NORMAL, "new-pin");
}

/* Count and PIN are the old or the new ones, whole, and stay so. */
static void check_after_cut(int (*act)(void), int error)
{
	uint64_t delay = delay_of_user();
	bool old;
	bool new;

	EXPECT(delay == 0 || delay == 5);
	if (act == wrong_login && error == CRYPTECH_ERR_PIN_INCORRECT)
		EXPECT_EQ(delay, 5);
	if (act == right_login && !error)
		EXPECT_EQ(delay, 0);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(delay_of_user(), delay);
	box.now += 10 * BOX_SECOND;
	old = login(CRYPTECH_USER_NORMAL, BOX_USER) == 0;
	box.now += 10 * BOX_SECOND;
	new = login(CRYPTECH_USER_NORMAL, "new-pin") == 0;
	EXPECT(old != new);
	if (act != new_pin || error == CRYPTECH_ERR_OK)
		EXPECT_EQ(new, act == new_pin);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_WHEEL), 0);
}

/* Cut every program and erase of @act, in each way. */
static void cut_everywhere(int (*act)(void))
{
	struct nor *base = base_for_cuts();
	unsigned int cuts = 0;
	uint64_t step;
	int way;
	int error;

	REQUIRE(base);
	for (way = NOR_NOT_DONE; way <= NOR_DONE; way++) {
		for (step = 1; ; step++) {
			REQUIRE(boot_from(base, step));
			nor_cut_at(hsm_flash_nor(), step, way, 3 * step + way);
			error = act();
			if (!hsm_flash_nor()->off)
				break;
			cuts++;
			box_stop(&box);
			nor_boot(hsm_flash_nor(), 7 * step);
			REQUIRE(box_start(&box));
			check_after_cut(act, error);
			if (tap_failed) {
				printf("# step %d, way %d\n", (int)step, way);
				goto out;
			}
		}
		EXPECT(step > 3);
	}
	printf("# %u cuts\n", cuts);
	EXPECT_EQ(hsm_flash_nor()->misuse, 0);
out:
	nor_free(base);
}

static void power_cut_in_wrong_login(void)
{
	cut_everywhere(wrong_login);
}

static void power_cut_in_right_login(void)
{
	cut_everywhere(right_login);
}

static void power_cut_in_set_pin(void)
{
	cut_everywhere(new_pin);
}

/* An HSM that never got through its first start does it once more. */
static void power_cut_in_first_start(void)
{
	uint64_t step;
	bool started;

	for (step = 1; ; step++) {
		box_stop(&box);
		box_init(&box, hsm_flash_blank_of(64 << 10));
		nor_cut_at(hsm_flash_nor(), step, step % 3, step);
		started = box_start(&box);
		if (!hsm_flash_nor()->off)
			break;
		EXPECT(!started);
		box_stop(&box);
		nor_boot(hsm_flash_nor(), step);
		REQUIRE(box_start(&box));
		EXPECT_EQ(login(CRYPTECH_USER_WHEEL, box.factory_pin), 0);
		REQUIRE(box_init_pins(&box));
		REQUIRE(box_restart(&box));
		EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_WHEEL), 0);
	}
	EXPECT(step > 3);
}

int main(void)
{
	RUN(counted_before_it_is_looked_at);
	RUN(power_cut_in_wrong_login);
	RUN(power_cut_in_right_login);
	RUN(power_cut_in_set_pin);
	RUN(power_cut_in_first_start);
	box_stop(&box);
	return tap_done();
}
