// SPDX-License-Identifier: GPL-2.0
/*
 * HSMs on a line (line.h): load with damaged bytes, deadlines, late replies,
 * the line hung up, the HSM stopped and killed, the module taken away under
 * load; and a board that knows libhal alone.
 */
#include "kselftest_harness.h"
#include "line.h"

#define STATE	"/tmp/line-state"
#define BOARD	"/tmp/line-board"
#define LIBHAL_PIN "YouReallyNeedToChangeThisPINRightNowWeAreNotKidding"

#define CLIENTS	6

static struct middle middle;

/* --- calls whose answers are known ------------------------------------------ */

/* A function of libhal's that answers with numbers of ours: its digest. */
static int64_t hash_once(int fd, uint32_t number)
{
	/* SHA-256 of "abc", FIPS 180-2 appendix B.1 */
	static const uint8_t abc[32] =
		"\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae"
		"\x22\x23\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61"
		"\xf2\x00\x15\xad";
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	const uint8_t *digest;
	struct xdr_writer *w;
	struct xdr_reader r;
	struct message m;
	uint32_t hash;
	int64_t err;
	size_t len;

	w = begin(&m, CRYPTECH_RPC_HASH_INITIALIZE);
	xdr_put_u32(w, number);		/* session: anything */
	xdr_put_u32(w, CRYPTECH_DIGEST_SHA256);
	xdr_put_opaque(w, NULL, 0);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	hash = xdr_get_u32(&r);
	w = begin(&m, CRYPTECH_RPC_HASH_UPDATE);
	xdr_put_u32(w, hash);
	xdr_put_opaque(w, "abc", 3);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	w = begin(&m, CRYPTECH_RPC_HASH_FINALIZE);
	xdr_put_u32(w, hash);
	xdr_put_u32(w, 32);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	digest = xdr_get_opaque(&r, &len);
	return digest && len == 32 && !memcmp(digest, abc, 32) ? 0 : -1;
}

static int64_t version_once(int fd)
{
	uint8_t reply[64];
	struct xdr_reader r;
	struct message m;
	int64_t err;

	begin(&m, CRYPTECH_RPC_GET_VERSION);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	return xdr_get_u32(&r) == CRYPTECH_RPC_VERSION ? 0 : -1;
}

static int64_t random_once(int fd, uint32_t n)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_reader r;
	struct message m;
	int64_t err;
	size_t len;

	xdr_put_u32(begin(&m, CRYPTECH_RPC_GET_RANDOM), n);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	return xdr_get_opaque(&r, &len) && len == n ? 0 : -1;
}

/* Generate, sign, verify, by handles. */
static int64_t signs(int fd, uint32_t flags)
{
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX], signature[64];
	const uint8_t *p;
	struct xdr_writer *w;
	struct xdr_reader r;
	struct message m;
	uint32_t pkey;
	int64_t err;
	size_t len;

	w = begin(&m, CRYPTECH_RPC_PKEY_GENERATE_EC);
	xdr_put_u32(w, 0);
	xdr_put_u32(w, 1);	/* P-256 */
	xdr_put_u32(w, flags | CRYPTECH_KEY_FLAG_DIGITALSIGNATURE);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	pkey = xdr_get_u32(&r);
	w = begin(&m, CRYPTECH_RPC_PKEY_SIGN);
	xdr_put_u32(w, pkey);
	xdr_put_u32(w, 0);
	xdr_put_opaque(w, "01234567890123456789012345678901", 32);
	xdr_put_u32(w, 64);
	err = call(fd, &m, reply, &r);
	if (err)
		return err;
	p = xdr_get_opaque(&r, &len);
	if (!p || len != 64)
		return -1;
	memcpy(signature, p, 64);
	for (int changed = 0; changed < 2; changed++) {
		signature[40] ^= changed;
		w = begin(&m, CRYPTECH_RPC_PKEY_VERIFY);
		xdr_put_u32(w, pkey);
		xdr_put_u32(w, 0);
		xdr_put_opaque(w, "01234567890123456789012345678901", 32);
		xdr_put_opaque(w, signature, 64);
		err = call(fd, &m, reply, &r);
		if (err != (changed ? CRYPTECH_ERR_INVALID_SIGNATURE : 0))
			return -1;
	}
	return 0;
}

/* The same with a key for all, since a login takes long. */
static int64_t sign_once(int fd)
{
	return signs(fd, CRYPTECH_KEY_FLAG_PUBLIC);
}

static int ioctl_signs(int fd)
{
	uint8_t input[32] = { 0 }, signature[64];
	struct cryptech_ioc_sign i = {
		.size = sizeof(i), .digest = CRYPTECH_DIGEST_SHA256,
		.input = (uintptr_t)input, .input_len = 32,
		.signature = (uintptr_t)signature, .signature_len = 64,
	};

	return ioctl(fd, CRYPTECH_IOC_SIGN, &i) ? errno : 0;
}

/* --- clients that call all the time ------------------------------------------- */

static bool stop_clients;

struct client {
	pthread_t thread;
	int rounds;
	int64_t error;		/* the one that ended it, 0: told to stop */
	unsigned int wrong;
};

static void *client_main(void *arg)
{
	struct client *c = arg;
	int fd = open(NODE, O_RDWR | O_CLOEXEC);

	c->error = fd < 0 ? -errno : 0;
	while (!c->error && !GET(stop_clients)) {
		switch (c->rounds++ % 4) {
		case 0:
			c->error = hash_once(fd, c->rounds);
			break;
		case 1:
			c->error = version_once(fd);
			break;
		case 2:
			c->error = random_once(fd, 1 + c->rounds % 999);
			break;
		default:
			c->error = sign_once(fd);
		}
		if (c->error == -1)
			c->wrong++;
	}
	close(fd);
	return NULL;
}

static void clients_start(struct client *clients)
{
	memset(clients, 0, CLIENTS * sizeof(*clients));
	SET(stop_clients, false);
	for (int i = 0; i < CLIENTS; i++)
		if (pthread_create(&clients[i].thread, NULL, client_main,
				   &clients[i]))
			die("no thread");
}

/* Has each client done so many? */
static bool clients_did(struct client *clients, int rounds)
{
	for (int i = 0; i < CLIENTS; i++)
		if (GET(clients[i].rounds) < rounds)
			return false;
	return true;
}

static void clients_join(struct client *clients)
{
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
}

/* --- the fixture ---------------------------------------------------------------- */

static int ioctl_generates(int fd)
{
	struct cryptech_ioc_key_generate g = {
		.size = sizeof(g), .type = CRYPTECH_KEY_EC_P256,
		.key_flags = CRYPTECH_KEY_FLAG_DIGITALSIGNATURE,
	};

	return ioctl(fd, CRYPTECH_IOC_KEY_GENERATE, &g) ? errno : 0;
}

static void set_pins(int fd, const char *wheel)
{
	if (raw_login(fd, CRYPTECH_USER_WHEEL, wheel) ||
	    raw_pin(fd, CRYPTECH_RPC_SET_PIN, CRYPTECH_USER_WHEEL,
		    WHEEL_PIN) ||
	    raw_pin(fd, CRYPTECH_RPC_SET_PIN, CRYPTECH_USER_NORMAL,
		    USER_PIN) ||
	    raw_login(fd, CRYPTECH_USER_NORMAL, USER_PIN))
		die("the PINs cannot be set");
}

/* Once: an HSM with PINs; a fresh one does not do what the clients ask. */
static __attribute__((constructor)) void set_up(void)
{
	char pin[128];
	int fd;

	must_run("modprobe cryptech_tty");
	hsm_begin(STATE, NULL);
	read_line(fopen(STATE "/factory-pin", "r"), "PIN", pin, sizeof(pin));
	middle_start(&middle);
	if (!line_attach(&middle))
		die("no HSM attaches");
	fd = open_ready();
	set_pins(fd, pin);
	if (ioctl_generates(fd))
		die("no key");
	close(fd);
	if (set_discipline(middle.slave, 0))
		die("no N_TTY");
	middle_stop(&middle);
	memset(&middle, 0, sizeof(middle));
	hsm_finish(SIGTERM);
}

FIXTURE(line) {
	int fd;
	unsigned long before;
};

FIXTURE_SETUP(line)
{
	set_parameter("deadline_ms", 20000);
	hsm_begin(STATE, NULL);
	middle_start(&middle);
	ASSERT_TRUE(line_attach(&middle));
	self->fd = open_ready();
	self->before = incarnation();
}

FIXTURE_TEARDOWN(line)
{
	close(self->fd);
	kill(hsm_pid, SIGCONT);
	middle_stop(&middle);
	hsm_finish(SIGTERM);
	EXPECT_NE(access(NODE, F_OK), 0);
}

#define LINE_TEST(name)	TEST_F_TIMEOUT(line, name, 120)

LINE_TEST(clients_share_it)
{
	struct client clients[CLIENTS];

	clients_start(clients);
	EXPECT_TRUE(eventually(clients_did(clients, 40)));
	SET(stop_clients, true);
	clients_join(clients);
	for (int i = 0; i < CLIENTS; i++)
		EXPECT_EQ(clients[i].error, 0);
	EXPECT_EQ(random_once(self->fd, CRYPTECH_RPC_MESSAGE_MAX - 16), 0);
	EXPECT_EQ(incarnation(), self->before);
}

/* One byte of 2,000 is lost, doubled or changed: nobody notices. */
LINE_TEST(damage_is_repaired)
{
	struct client clients[CLIENTS];

	SET(middle.chance, 2000);
	clients_start(clients);
	EXPECT_TRUE(eventually(clients_did(clients, 25)));
	SET(stop_clients, true);
	clients_join(clients);
	SET(middle.chance, 0);
	for (int i = 0; i < CLIENTS; i++) {
		EXPECT_EQ(clients[i].error, 0);
		EXPECT_EQ(clients[i].wrong, 0);
	}
	EXPECT_GT(middle.damaged, 10);
	EXPECT_EQ(incarnation(), self->before);
	EXPECT_EQ(sign_once(self->fd), 0);
}

/* Nothing but rubbish: every call ends, and when it ends, all is well. */
LINE_TEST(rubbish_ends)
{
	set_parameter("deadline_ms", 3000);
	SET(middle.chance, 3);
	EXPECT_NE(version_once(self->fd), 0);
	EXPECT_TRUE(eventually(!is_ready()));
	SET(middle.chance, 0);
	EXPECT_TRUE(eventually(incarnation() > self->before && is_ready()));
	EXPECT_EQ(version_once(self->fd), -ENODEV);
	close(self->fd);
	self->fd = open_ready();
	EXPECT_EQ(version_once(self->fd), 0);
	EXPECT_EQ(sign_once(self->fd), 0);
}

/* Replies come after the deadline: nobody's, and the session goes on. */
LINE_TEST(late_replies)
{
	int64_t start;

	set_parameter("deadline_ms", 2000);
	SET(middle.keep, true);
	start = now_ms();
	EXPECT_EQ(version_once(self->fd), -ETIMEDOUT);
	EXPECT_LT(now_ms() - start, 10000);
	SET(middle.keep, false);
	set_parameter("deadline_ms", 20000);
	EXPECT_EQ(hash_once(self->fd, 1), 0);
	EXPECT_EQ(sign_once(self->fd), 0);
	EXPECT_EQ(incarnation(), self->before);
}

/* Requests go nowhere; then the HSM hears them again. */
LINE_TEST(deaf_line)
{
	set_parameter("deadline_ms", 2000);
	SET(middle.deaf, true);
	EXPECT_EQ(version_once(self->fd), -ETIMEDOUT);
	EXPECT_TRUE(eventually(!is_ready()));
	SET(middle.deaf, false);
	EXPECT_TRUE(eventually(incarnation() > self->before && is_ready()));
}

LINE_TEST(hsm_stops)
{
	set_parameter("deadline_ms", 2000);
	kill(hsm_pid, SIGSTOP);
	EXPECT_EQ(version_once(self->fd), -ETIMEDOUT);
	EXPECT_TRUE(eventually(!is_ready()));
	EXPECT_EQ(version_once(self->fd), -ENODEV);
	kill(hsm_pid, SIGCONT);
	EXPECT_TRUE(eventually(incarnation() > self->before && is_ready()));
}

/* The line is hung up with calls under way. */
LINE_TEST(hung_up)
{
	struct client clients[CLIENTS];
	int number = -1;

	clients_start(clients);
	EXPECT_TRUE(eventually(clients_did(clients, 3)));
	middle_hang_up(&middle);
	clients_join(clients);
	for (int i = 0; i < CLIENTS; i++) {
		EXPECT_TRUE(clients[i].error == -EREMOTEIO ||
			    clients[i].error == -ENODEV);
		EXPECT_EQ(clients[i].wrong, 0);
	}
	EXPECT_EQ(version_once(self->fd), -ENODEV);
	EXPECT_TRUE(eventually(access(NODE, F_OK)));
	EXPECT_EQ(ioctl(middle.slave, TIOCGETD, &number), -1);
	EXPECT_EQ(errno, EIO);
}

/* N_TTY again, and what it is for works. */
LINE_TEST(ended_under_load)
{
	struct client clients[CLIENTS];
	int number = -1;
	char text[8] = "";

	clients_start(clients);
	EXPECT_TRUE(eventually(clients_did(clients, 3)));
	EXPECT_EQ(set_discipline(middle.slave, 0), 0);
	clients_join(clients);
	for (int i = 0; i < CLIENTS; i++)
		EXPECT_TRUE(clients[i].error == -EREMOTEIO ||
			    clients[i].error == -ENODEV);
	EXPECT_EQ(ioctl(middle.slave, TIOCGETD, &number), 0);
	EXPECT_EQ(number, 0);
	EXPECT_NE(access(NODE, F_OK), 0);
	/* of both directions nothing is left over */
	SET(middle.deaf, true);
	usleep(100000);
	tcflush(middle.slave, TCIOFLUSH);
	EXPECT_EQ(write(middle.master, "hello\n", 6), 6);
	EXPECT_EQ(read(middle.slave, text, 6), 6);
	EXPECT_STREQ(text, "hello\n");
	SET(middle.deaf, false);
	EXPECT_TRUE(line_attach(&middle));
}

/* A module that a line uses stays; the lines go first. */
LINE_TEST(rmmod_under_load)
{
	struct client clients[CLIENTS];

	clients_start(clients);
	EXPECT_TRUE(eventually(clients_did(clients, 3)));
	EXPECT_NE(run("rmmod cryptech_tty 2>/dev/null"), 0);
	EXPECT_NE(run("rmmod cryptech 2>/dev/null"), 0);
	EXPECT_EQ(version_once(self->fd), 0);
	EXPECT_EQ(set_discipline(middle.slave, 0), 0);
	clients_join(clients);
	EXPECT_EQ(run("rmmod cryptech_tty"), 0);
	EXPECT_EQ(run("modprobe cryptech_tty"), 0);
	EXPECT_TRUE(line_attach(&middle));
}

LINE_TEST(hsm_dies)
{
	hsm_finish(SIGKILL);
	/* the middle's line to it is dead: a line anew */
	middle_stop(&middle);
	memset(&middle, 0, sizeof(middle));
	EXPECT_EQ(version_once(self->fd), -ENODEV);
	hsm_begin(STATE, NULL);
	middle_start(&middle);
	ASSERT_TRUE(line_attach(&middle));
	close(self->fd);
	self->fd = open_ready();
	EXPECT_EQ(sign_once(self->fd), 0);
}

LINE_TEST(who_may)
{
	int pid, status = -1, master, slave;

	master = posix_openpt(O_RDWR | O_NOCTTY);
	ASSERT_GE(master, 0);
	ASSERT_EQ(grantpt(master), 0);
	ASSERT_EQ(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ASSERT_GE(slave, 0);
	pid = fork();
	if (!pid) {
		if (setgid(1000) || setuid(1000))
			_exit(99);
		_exit(set_discipline(slave, CRYPTECH_LINE_DISCIPLINE));
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(WEXITSTATUS(status), EPERM);
	close(slave);
	close(master);
}

/* --- a board with libhal -------------------------------------------------------- */

FIXTURE(board) {
	int fd;
	unsigned long before;
};

FIXTURE_SETUP(board)
{
	set_parameter("deadline_ms", 20000);
	run("rm -rf " BOARD);
	hsm_begin(BOARD, "--libhal-compat");
	middle.board = true;
	middle_start(&middle);
	ASSERT_TRUE(line_attach(&middle));
	self->fd = open_ready();
	self->before = incarnation();
}

FIXTURE_TEARDOWN(board)
{
	close(self->fd);
	middle_stop(&middle);
	hsm_finish(SIGTERM);
}

#define BOARD_TEST(name) TEST_F_TIMEOUT(board, name, 120)

BOARD_TEST(functions_of_libhal)
{
	int fds[CLIENTS];

	EXPECT_STREQ(sysfs("release"), "libhal 1.1.1.0");
	EXPECT_STREQ(sysfs("serial"), "");
	EXPECT_STREQ(sysfs("state"), "ready");
	EXPECT_EQ(middle.refused, 1);	/* HELLO */
	EXPECT_EQ(raw_login(self->fd, CRYPTECH_USER_WHEEL, LIBHAL_PIN), 0);
	EXPECT_EQ(signs(self->fd, 0), 0);
	EXPECT_EQ(version_once(self->fd), 0);
	EXPECT_EQ(random_once(self->fd, 5000), 0);
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = open_ready();
		EXPECT_EQ(hash_once(fds[i], i), 0);
		/* a login is its client's */
		EXPECT_EQ(signs(fds[i], 0), CRYPTECH_ERR_FORBIDDEN);
	}
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	EXPECT_EQ(middle.refused, 1);
}

/* What is not libhal's does not even reach it. */
BOARD_TEST(refused)
{
	struct cryptech_ioc_status s = { .size = sizeof(s) };
	struct cryptech_ioc_key_list l = { .size = sizeof(l) };
	struct message m;
	uint8_t byte[16];
	int fd;

	EXPECT_EQ(ioctl(self->fd, CRYPTECH_IOC_STATUS, &s), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	EXPECT_EQ(ioctl(self->fd, CRYPTECH_IOC_KEY_LIST, &l), -1);
	EXPECT_TRUE(errno == EOPNOTSUPP || errno == EINVAL);
	EXPECT_EQ(ioctl_generates(self->fd), EOPNOTSUPP);
	EXPECT_EQ(ioctl_signs(self->fd), EOPNOTSUPP);
	begin(&m, CRYPTECH_RPC_STATUS);
	EXPECT_EQ(send_message(self->fd, &m), -1);
	EXPECT_EQ(errno, EOPNOTSUPP);
	begin(&m, CRYPTECH_RPC_ATTACH);
	EXPECT_EQ(send_message(self->fd, &m), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_NE(run("keyctl add cryptech x 'new ec-p256' @s 2>/dev/null"),
		  0);
	EXPECT_EQ(middle.refused, 1);
	/* the board's random numbers are the kernel's, too */
	fd = open("/dev/hwrng", O_RDONLY);
	EXPECT_EQ(read(fd, byte, sizeof(byte)), sizeof(byte));
	close(fd);
}

/* A reply that comes when its client has given up is never another's. */
BOARD_TEST(late_replies)
{
	int64_t err;

	set_parameter("deadline_ms", 2000);
	SET(middle.keep, true);
	EXPECT_EQ(version_once(self->fd), -ETIMEDOUT);
	/* of this client nothing is sent until the board has answered; it may
	 * be given up meanwhile */
	err = version_once(self->fd);
	EXPECT_TRUE(err == -ETIMEDOUT || err == -EREMOTEIO || err == -ENODEV);
	EXPECT_TRUE(eventually(!is_ready()));
	SET(middle.keep, false);
	EXPECT_TRUE(eventually(incarnation() > self->before && is_ready()));
	close(self->fd);
	self->fd = open_ready();
	EXPECT_EQ(hash_once(self->fd, 1), 0);
	EXPECT_EQ(sign_once(self->fd), 0);
}

TEST_HARNESS_MAIN
