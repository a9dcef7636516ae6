// SPDX-License-Identifier: MIT
/*
 * Who may call what: every function of the table, by its columns rights and
 * doors.
 */
#include "hsm_fresh.h"
#include "hsm_message.h"

static struct message message;

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
	case CRYPTECH_RIGHTS_SO:
		return user == CRYPTECH_USER_SO;
	case CRYPTECH_RIGHTS_LOGIN:
		return user != CRYPTECH_USER_NONE;
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

int main(void)
{
	RUN(factory_pin_restricts);
	RUN(rights_are_the_tables);
	box_stop(&box);
	return tap_done();
}
