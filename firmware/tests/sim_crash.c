// SPDX-License-Identifier: MIT
/*
 * The whole HSM as a process, killed with calls in flight again and again:
 * what it has answered as done, it still knows when it is back. And a host
 * that writes anything anywhere while it is served.
 */
#include <cryptech/xdr.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_box.h"
#include "tap.h"

#define HSM		"cryptech-hsm-san"
#define CLIENTS		4
#define CALLS		6	/* of a client, before the kill */
#define KEYS_MAX	1024

/* libhal's factory PIN, for --libhal-compat. */
static const char pin[] = "YouReallyNeedToChangeThisPINRightNowWeAreNotKidding";

static uint8_t message[CRYPTECH_RPC_MESSAGE_MAX];

static struct key {
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	bool deleted;
	bool unsure;		/* its deletion was asked for, not answered */
} keys[KEYS_MAX];
static unsigned int key_count;

static void send_words(int fd, uint32_t function, const uint32_t *words,
		       size_t n)
{
	uint8_t arguments[64];
	struct xdr_writer w;

	xdr_writer_init(&w, arguments, sizeof(arguments));
	for (size_t i = 0; i < n; i++)
		xdr_put_u32(&w, words[i]);
	socket_send(fd, message, make_request(message, function, 0, arguments,
					      4 * n));
}

/* The error of the next reply; ~0: none came. */
static uint32_t receive(int fd, struct xdr_reader *results)
{
	size_t len = socket_receive(fd, message);
	uint32_t error;

	if (len < CRYPTECH_RPC_REPLY_MIN)
		return ~0u;
	xdr_reader_init(results, message, len);
	xdr_get_u32(results);
	xdr_get_u32(results);
	error = xdr_get_u32(results);
	return error;
}

static int log_in(void)
{
	int fd = socket_connect("hsm.sock");
	uint8_t arguments[128];
	struct xdr_reader results;
	struct xdr_writer w;

	xdr_writer_init(&w, arguments, sizeof(arguments));
	xdr_put_u32(&w, CRYPTECH_USER_WHEEL);
	xdr_put_opaque(&w, pin, sizeof(pin) - 1);
	socket_send(fd, message,
		    make_request(message, CRYPTECH_RPC_LOGIN, 0, arguments,
				 xdr_written(&w)));
	EXPECT_EQ(receive(fd, &results), 0);
	return fd;
}

static pid_t start_hsm(void)
{
	int status;

	return box_start(&status, HSM, "--state", "state", "--socket",
			 "hsm.sock", "--mailbox", "mb", "--libhal-compat",
			 "--durability", "process");
}

static void ask_key(int fd)
{
	const uint32_t words[] = {
		0, CRYPTECH_CURVE_P256,
		CRYPTECH_KEY_FLAG_TOKEN | CRYPTECH_KEY_FLAG_DIGITALSIGNATURE,
	};

	send_words(fd, CRYPTECH_RPC_PKEY_GENERATE_EC, words, 3);
}

/* A new key was answered: keep it; half of them are to be deleted at once. */
static struct key *take_key(int fd, struct xdr_reader *results)
{
	struct key *key = &keys[key_count];
	uint32_t handle = xdr_get_u32(results);
	const uint8_t *uuid;
	size_t len;

	uuid = xdr_get_opaque(results, &len);
	if (!EXPECT_EQ(len, sizeof(key->uuid)) || key_count == KEYS_MAX)
		return NULL;
	memcpy(key->uuid, uuid, len);
	if (key_count++ % 2)
		return NULL;
	key->unsure = true;
	send_words(fd, CRYPTECH_RPC_PKEY_DELETE, &handle, 1);
	return key;
}

/* Take one reply of a client, and have it do something else. */
static bool take_reply(int fd, struct key **deleting)
{
	struct xdr_reader results;
	uint32_t error = receive(fd, &results);

	if (error == ~0u)
		return false;
	EXPECT_EQ(error, 0);
	if (*deleting) {
		(*deleting)->unsure = false;
		(*deleting)->deleted = true;
		*deleting = NULL;
	} else {
		*deleting = take_key(fd, &results);
	}
	if (!*deleting)
		ask_key(fd);
	return true;
}

static void check_keys(void)
{
	int fd = log_in();
	unsigned int there = 0;

	for (unsigned int i = 0; i < key_count; i++) {
		uint8_t arguments[24] = { 0, 0, 0, 0, 0, 0, 0, 16 };
		struct xdr_reader results;
		uint32_t error;

		memcpy(arguments + 8, keys[i].uuid, 16);
		socket_send(fd, message,
			    make_request(message, CRYPTECH_RPC_PKEY_OPEN, 0,
					 arguments, sizeof(arguments)));
		error = receive(fd, &results);
		if (keys[i].unsure)	/* wholly or not at all, and for ever */
			keys[i].deleted = error == CRYPTECH_ERR_KEY_NOT_FOUND;
		keys[i].unsure = false;
		EXPECT_EQ(error, keys[i].deleted ?
			  CRYPTECH_ERR_KEY_NOT_FOUND : CRYPTECH_ERR_OK);
		there += !error;
		if (!error) {
			uint32_t handle = xdr_get_u32(&results);

			send_words(fd, CRYPTECH_RPC_PKEY_CLOSE, &handle, 1);
			EXPECT_EQ(receive(fd, &results), 0);
		}
	}
	printf("# %u keys answered, %u of them not deleted\n", key_count,
	       there);
	close(fd);
}

static void killed_with_calls_in_flight(void)
{
	int rounds = getenv("CRYPTECH_FULL") ? 200 : 8;

	srandom(4);
	for (int round = 0; round < rounds; round++) {
		struct key *deleting[CLIENTS] = { NULL };
		int fds[CLIENTS];
		pid_t hsm = start_hsm();
		int n = random() % (CLIENTS * CALLS);

		REQUIRE(hsm);
		if (key_count > KEYS_MAX - 2 * CLIENTS * CALLS)
			key_count = 0;
		for (int i = 0; i < CLIENTS; i++) {
			fds[i] = log_in();
			ask_key(fds[i]);
		}
		while (n--)
			REQUIRE(take_reply(fds[n % CLIENTS],
					   &deleting[n % CLIENTS]));
		box_end(hsm, SIGKILL);
		/* What it had still answered counts as well. */
		for (int i = 0; i < CLIENTS; i++) {
			while (take_reply(fds[i], &deleting[i]))
				;
			close(fds[i]);
		}
		hsm = start_hsm();
		REQUIRE(hsm);
		check_keys();
		EXPECT(WIFEXITED(box_end(hsm, SIGTERM)));
	}
}

/* --- a hostile host ------------------------------------------------------ */

static bool attach(struct host *h, uint32_t epoch)
{
	static uint64_t calls;
	const uint8_t version[] = { 0, 0, 0, CRYPTECH_ATTACH_VERSION };
	struct completion c;
	size_t len = make_request(message, CRYPTECH_RPC_ATTACH, 0, version, 4);

	if (!EXPECT(host_epoch(h, epoch)))
		return false;
	host_submit(h, 0, ++calls, message, len);
	return EXPECT(host_wait(h, &c)) && EXPECT_EQ(c.call, calls) &&
	       EXPECT_EQ(word_at(host_reply(h, 0), 8), 0);
}

static void random_call(struct host *h)
{
	static const uint32_t functions[] = {
#define NUMBER(number, ...) number,
		CRYPTECH_FUNCTIONS(NUMBER)
#undef NUMBER
	};
	const size_t n = sizeof(functions) / sizeof(*functions);
	uint32_t function = functions[random() % n], client = random() % 4;
	uint8_t data[64];

	/* These two may take long, and do not have to here. */
	if (function == CRYPTECH_RPC_PKEY_GENERATE_RSA ||
	    function == CRYPTECH_RPC_KEY_GENERATE)
		return;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = random() % 4 ? 0 : random();
	host_submit(h, random() % 80, random(), message,
		    make_request(message, function, client, data,
				 random() % sizeof(data)));
}

static void hostile_host(void)
{
	int rounds = getenv("CRYPTECH_FULL") ? 5000 : 100;
	uint32_t epoch = 0;
	struct host h;
	pid_t hsm = start_hsm();
	int fd;

	REQUIRE(hsm && host_connect(&h, "mb"));
	srandom(5);
	for (int round = 0; round < rounds; round++) {
		uint32_t *words = (uint32_t *)h.memory;

		if (!attach(&h, ++epoch))
			break;
		for (int i = 0; i < 200; i++) {
			uint32_t at = random() % 2 ? random() % 0x1000 :
				random() % (CRYPTECH_MAILBOX_SIZE / 4);

			words[at] ^= 1u << random() % 32;
			if (i % 4 == 0)
				random_call(&h);
		}
	}
	/* The other port was not harmed. */
	fd = log_in();
	close(fd);
	host_leave(&h);
	EXPECT_EQ(box_end(hsm, SIGTERM), 0);
}

int main(void)
{
	box_open();
	RUN(killed_with_calls_in_flight);
	RUN(hostile_host);
	box_close();
	return tap_done();
}
