// SPDX-License-Identifier: MIT
/*
 * PINs: who may set and try them, how often, and what answers before the
 * factory PIN is replaced or without a login.
 */
#include <pthread.h>

#include "hsm_box.h"
#include "hsm_flash.h"
#include "hsm_message.h"
#include "tap.h"

#define ME	0x1234

static struct box box;
static struct message message;

static bool blank(bool libhal_compat)
{
	box_stop(&box);
	box_init(&box, hsm_flash_blank());
	box.config.libhal_compat = libhal_compat;
	return box_start(&box);
}

static bool fresh(void)
{
	return blank(false) && box_init_pins(&box);
}

static int login(uint32_t user, const char *pin)
{
	return ask(&box, ME, CRYPTECH_RPC_LOGIN, "us", user, pin);
}

static int set_pin(uint32_t user, const char *pin)
{
	return ask(&box, ME, CRYPTECH_RPC_SET_PIN, "us", user, pin);
}

static void fresh_hsm_has_a_factory_pin(void)
{
	char first[80];

	REQUIRE(blank(false));
	EXPECT_EQ(strlen(box.factory_pin), 23);
	memcpy(first, box.factory_pin, sizeof(first));
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_FACTORY_PIN, CRYPTECH_MODE_FACTORY_PIN);

	/* It is the wheel's alone, and stays over a restart. */
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, first), 24);
	EXPECT_EQ(login(CRYPTECH_USER_SO, first), 24);
	REQUIRE(box_restart(&box));
	EXPECT_MEM(box.factory_pin, first, sizeof(first));
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, first), 0);

	/* Only the wheel PIN can be set, and then it is gone. */
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "user"), 26);
	EXPECT_EQ(set_pin(CRYPTECH_USER_SO, "so-pin-so"), 26);
	EXPECT_EQ(set_pin(CRYPTECH_USER_WHEEL, "wheel-p"), 1);
	EXPECT_EQ(set_pin(CRYPTECH_USER_WHEEL, BOX_WHEEL), 0);
	EXPECT_EQ(strlen(box.factory_pin), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_MODE) &
		  CRYPTECH_MODE_FACTORY_PIN, 0);
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "user"), 0);
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, first), 24);
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, BOX_WHEEL), 0);

	REQUIRE(blank(false));
	EXPECT(memcmp(box.factory_pin, first, sizeof(first)));
}

/* What answers while the factory PIN is in force is what the table says. */
static void factory_pin_restricts(void)
{
	size_t i;
	int error;

	REQUIRE(blank(false));
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, box.factory_pin), 0);
	for (i = 0; i < rpc_function_count; i++) {
		message_build_plain(&message, &rpc_functions[i], ME);
		error = ask_raw(&box, message.data, message.len);
		if (rpc_functions[i].doors & CRYPTECH_DOOR_FACTORY)
			continue;
		if (!EXPECT_EQ(error, CRYPTECH_ERR_FORBIDDEN))
			printf("# that was %s\n", rpc_functions[i].name);
	}
	REQUIRE(blank(false));
	EXPECT_EQ(ask(&box, 0, CRYPTECH_RPC_ATTACH, "u", 1), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_VERSION, ""), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_GET_RANDOM, "u", 1), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_STATUS, ""), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_LOGOUT, ""), 0);
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_IS_LOGGED_IN, "u", 3), 26);
}

static int expected_by_rights(enum cryptech_rights rights, uint32_t user,
			      uint32_t word)
{
	bool mux = word == CRYPTECH_CLIENT_MUX;
	bool wheel = user == CRYPTECH_USER_WHEEL;

	switch (rights) {
	case CRYPTECH_RIGHTS_USER:
		return wheel || user == CRYPTECH_USER_NORMAL;
	case CRYPTECH_RIGHTS_WHEEL:
		return wheel;
	case CRYPTECH_RIGHTS_PIN:
		return wheel || user == CRYPTECH_USER_SO;
	case CRYPTECH_RIGHTS_PORT:
		return mux;
	case CRYPTECH_RIGHTS_PORTWHEEL:
		return mux || wheel;
	default:
		return -1;	/* by the key, or whoever asks */
	}
}

static void check_function(const struct rpc_function *function, uint32_t user,
			   uint32_t word)
{
	int allowed = expected_by_rights(function->rights, user, word);
	int error;

	ask(&box, word, CRYPTECH_RPC_LOGOUT, "");
	if (user != CRYPTECH_USER_NONE)
		EXPECT_EQ(box_login(&box, word, user), 0);
	message_build_plain(&message, function, word);
	error = ask_raw(&box, message.data, message.len);
	if (allowed < 0)
		return;
	if (!EXPECT_EQ(error != CRYPTECH_ERR_FORBIDDEN, allowed))
		printf("# that was %s, user %u, client %u\n", function->name,
		       user, word);
}

/* Every function, asked by every role, by a client and by the multiplexer. */
static void rights_are_the_tables(void)
{
	uint32_t user;
	size_t i;

	REQUIRE(fresh());
	for (i = 0; i < rpc_function_count; i++)
		for (user = 0; user <= CRYPTECH_USER_WHEEL; user++) {
			check_function(&rpc_functions[i], user, ME);
			check_function(&rpc_functions[i], user,
				       CRYPTECH_CLIENT_MUX);
			/* it may have been SET_PIN(user) */
			box_login(&box, ME, CRYPTECH_USER_WHEEL);
			set_pin(CRYPTECH_USER_NORMAL, BOX_USER);
		}
}

static void who_sets_which_pin(void)
{
	uint32_t setter;
	uint32_t user;
	int wanted;

	for (setter = 0; setter <= CRYPTECH_USER_WHEEL; setter++)
		for (user = 1; user <= CRYPTECH_USER_WHEEL; user++) {
			REQUIRE(fresh());
			if (setter)
				EXPECT_EQ(box_login(&box, ME, setter), 0);
			wanted = setter == CRYPTECH_USER_WHEEL ||
				 (setter == CRYPTECH_USER_SO &&
				  user == CRYPTECH_USER_NORMAL) ? 0 : 26;
			EXPECT_EQ(set_pin(user, "changed-it"), wanted);
			ask(&box, ME, CRYPTECH_RPC_LOGOUT, "");
			EXPECT_EQ(login(user, "changed-it"), wanted ? 24 : 0);
			EXPECT_EQ(box_login(&box, ME, user), wanted ? 0 : 24);
		}
}

static void lengths_of_pins(void)
{
	static char longest[CRYPTECH_PIN_MAX + 2];

	memset(longest, 'x', CRYPTECH_PIN_MAX + 1);
	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "123"), 1);
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "1234"), 0);
	EXPECT_EQ(set_pin(CRYPTECH_USER_SO, "1234567"), 1);
	EXPECT_EQ(set_pin(CRYPTECH_USER_SO, "12345678"), 0);
	EXPECT_EQ(set_pin(CRYPTECH_USER_WHEEL, "1234567"), 1);
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, longest), 1);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, longest), 1);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, ""), 1);
	longest[CRYPTECH_PIN_MAX] = 0;
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, longest), 0);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, longest), 0);
	EXPECT_EQ(login(0, "1234"), 1);
	EXPECT_EQ(login(4, "1234"), 1);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_WHEEL), 0);
	EXPECT_EQ(set_pin(0, "12345678"), 1);
	EXPECT_EQ(set_pin(4, "12345678"), 1);
}

static uint64_t delay_of_user(void)
{
	return box_status(&box, CRYPTECH_STATUS_PIN_DELAY_USER);
}

/* 5, 10, 20, ... 300 s from the third failure on. */
static void failures_bring_delays(void)
{
	static const unsigned int delays[] = { 5, 10, 20, 40, 80, 160, 300,
					       300, 300 };
	size_t i;

	REQUIRE(fresh());
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(delay_of_user(), 0);
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
		EXPECT_EQ(delay_of_user(), delays[i]);
		/* the right PIN helps as little as a wrong one counts */
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, BOX_USER), 49);
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 49);
		box.now += delays[i] * BOX_SECOND - 1;
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, BOX_USER), 49);
		EXPECT_EQ(delay_of_user(), 1);
		box.now += 1;
		EXPECT_EQ(delay_of_user(), 0);
	}
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, BOX_USER), 0);
	/* all is forgotten */
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(delay_of_user(), 0);
}

static void roles_have_their_own_count(void)
{
	int i;

	REQUIRE(fresh());
	EXPECT_EQ(box_login(&box, 7, CRYPTECH_USER_NORMAL), 0);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(delay_of_user(), 5);
	/* whoever is logged in stays so; other roles log in */
	EXPECT_EQ(ask(&box, 7, CRYPTECH_RPC_IS_LOGGED_IN, "u", 1), 0);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_SO), 0);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_PIN_DELAY_SO), 0);
	/* and who sets a new PIN ends the delay of the old one */
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "anew"), 0);
	EXPECT_EQ(delay_of_user(), 0);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "anew"), 0);
}

static void kernel_has_a_bucket_of_its_own(void)
{
	int i;

	REQUIRE(fresh());
	for (i = 0; i < 3; i++)
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	box.port = HSM_PORT_MAILBOX;
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 49);
	EXPECT_EQ(box_login(&box, CRYPTECH_CLIENT_KERNEL,
			    CRYPTECH_USER_NORMAL), 0);
	EXPECT_EQ(box_login(&box, CRYPTECH_CLIENT_KERNEL, CRYPTECH_USER_SO),
		  26);
	EXPECT_EQ(box_login(&box, CRYPTECH_CLIENT_KERNEL,
			    CRYPTECH_USER_WHEEL), 26);
	EXPECT_EQ(ask(&box, CRYPTECH_CLIENT_KERNEL, CRYPTECH_RPC_IS_LOGGED_IN,
		      "u", CRYPTECH_USER_NORMAL), 0);
	box.now += 5 * BOX_SECOND;
	for (i = 0; i < 3; i++)
		EXPECT_EQ(ask(&box, CRYPTECH_CLIENT_KERNEL, CRYPTECH_RPC_LOGIN,
			      "us", CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(box_status(&box, CRYPTECH_STATUS_PIN_DELAY_KERNEL), 5);
	EXPECT_EQ(box_login(&box, ME, CRYPTECH_USER_NORMAL), 0);
	/* on the socket the word means nothing */
	box.port = HSM_PORT_SOCKET;
	EXPECT_EQ(box_login(&box, CRYPTECH_CLIENT_KERNEL, CRYPTECH_USER_SO),
		  0);
}

static void count_outlives_a_restart(void)
{
	int i;

	REQUIRE(fresh());
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(delay_of_user(), 0);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
		box.now += 300 * BOX_SECOND;
	}
	/* the delay starts in full, however long ago the failure was */
	REQUIRE(box_restart(&box));
	EXPECT_EQ(delay_of_user(), 10);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, BOX_USER), 49);
	box.now += 10 * BOX_SECOND;
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, BOX_USER), 0);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(delay_of_user(), 0);
}

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

struct attempt {
	const char *pin;
	uint32_t word;
	int error;
};

static void *try_login(void *data)
{
	struct attempt *attempt = data;
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	uint8_t request[64];
	struct xdr_writer w;
	struct xdr_reader r;

	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, CRYPTECH_RPC_LOGIN);
	xdr_put_u32(&w, attempt->word);
	xdr_put_u32(&w, CRYPTECH_USER_NORMAL);
	xdr_put_opaque(&w, attempt->pin, strlen(attempt->pin));
	xdr_reader_init(&r, reply, hsm_call(box.hsm, HSM_PORT_SOCKET, request,
					    xdr_written(&w), reply));
	xdr_get_raw(&r, 8);
	attempt->error = xdr_get_u32(&r);
	return NULL;
}

static void all_at_once(struct attempt *attempts, unsigned int n)
{
	pthread_t threads[16];
	unsigned int i;

	for (i = 0; i < n; i++) {
		attempts[i].word = 0x1000 + i;
		pthread_create(&threads[i], NULL, try_login, &attempts[i]);
	}
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void tries_at_once_give_none_for_free(void)
{
	struct attempt attempts[16];
	unsigned int looked_at = 0;
	int i;

	REQUIRE(blank(false));
	box.config.pin_iterations = 20000;
	REQUIRE(box_restart(&box) && box_init_pins(&box));
	for (i = 0; i < 16; i++)
		attempts[i].pin = "wrong";
	all_at_once(attempts, 16);
	for (i = 0; i < 16; i++) {
		EXPECT(attempts[i].error == 24 || attempts[i].error == 49);
		looked_at += attempts[i].error == 24;
	}
	EXPECT_EQ(looked_at, 3);
	box.now += 5 * BOX_SECOND;

	/* while those who know the PIN all get in */
	for (i = 0; i < 16; i++)
		attempts[i].pin = BOX_USER;
	all_at_once(attempts, 16);
	for (i = 0; i < 16; i++)
		EXPECT_EQ(attempts[i].error, 0);
}

static void libhals_ways(void)
{
	int i;

	REQUIRE(blank(true));
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, "YouReallyNeedToChangeThisPIN"
			"RightNowWeAreNotKidding"), 0);
	/* no restriction, short PINs, no delay */
	EXPECT_EQ(ask(&box, ME, CRYPTECH_RPC_HASH_GET_DIGEST_LEN, "u",
		      CRYPTECH_DIGEST_SHA256), 0);
	EXPECT_EQ(set_pin(CRYPTECH_USER_SO, "1234"), 0);
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "123"), 1);
	EXPECT_EQ(set_pin(CRYPTECH_USER_NORMAL, "fnord"), 0);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "wrong"), 24);
	EXPECT_EQ(delay_of_user(), 0);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "fnord"), 0);
	REQUIRE(box_restart(&box));
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "fnord"), 0);
	/* Started without libhal's ways, its factory PIN is no good any more;
	 * PINs that somebody set are. */
	box.config.libhal_compat = false;
	REQUIRE(box_restart(&box));
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, "YouReallyNeedToChangeThisPIN"
			"RightNowWeAreNotKidding"), 24);
	EXPECT_EQ(login(CRYPTECH_USER_WHEEL, box.factory_pin), 0);
	EXPECT_EQ(login(CRYPTECH_USER_NORMAL, "fnord"), 0);
}

int main(void)
{
	RUN(fresh_hsm_has_a_factory_pin);
	RUN(factory_pin_restricts);
	RUN(rights_are_the_tables);
	RUN(who_sets_which_pin);
	RUN(lengths_of_pins);
	RUN(failures_bring_delays);
	RUN(roles_have_their_own_count);
	RUN(kernel_has_a_bucket_of_its_own);
	RUN(count_outlives_a_restart);
	RUN(counted_before_it_is_looked_at);
	RUN(power_cut_in_wrong_login);
	RUN(power_cut_in_right_login);
	RUN(power_cut_in_set_pin);
	RUN(power_cut_in_first_start);
	RUN(tries_at_once_give_none_for_free);
	RUN(libhals_ways);
	box_stop(&box);
	return tap_done();
}
