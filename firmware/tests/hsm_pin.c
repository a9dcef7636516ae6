// SPDX-License-Identifier: MIT
/*
 * PINs: who may set and try them, and how often.
 */
#include <pthread.h>

#include "hsm_fresh.h"

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
	RUN(who_sets_which_pin);
	RUN(lengths_of_pins);
	RUN(failures_bring_delays);
	RUN(roles_have_their_own_count);
	RUN(kernel_has_a_bucket_of_its_own);
	RUN(count_outlives_a_restart);
	RUN(tries_at_once_give_none_for_free);
	RUN(libhals_ways);
	box_stop(&box);
	return tap_done();
}
