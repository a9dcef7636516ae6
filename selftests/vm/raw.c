// SPDX-License-Identifier: GPL-2.0
/*
 * The raw door of /dev/cryptechN: one message by write, its reply by read.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "door.h"

static __attribute__((constructor)) void set_up(void)
{
	load_modules();
	initialise();
}

FIXTURE(raw) {
	int fd;
	struct message m;
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
	struct xdr_reader r;
};

FIXTURE_SETUP(raw)
{
	self->fd = open_ready();
}

FIXTURE_TEARDOWN(raw)
{
	close(self->fd);
}

static short poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static bool poll_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, PATIENCE_MS) == 1 && (p.revents & events);
}

TEST_F(raw, node_is_roots)
{
	struct stat st;

	ASSERT_EQ(stat(NODE, &st), 0);
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(st.st_mode & 0777, 0600);
	EXPECT_EQ(st.st_uid, 0);
	EXPECT_EQ(lseek(self->fd, 0, SEEK_SET), -1);
	EXPECT_EQ(errno, ESPIPE);
}

TEST_F(raw, reply_is_whole)
{
	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	ASSERT_EQ(send_message(self->fd, &self->m), 8);
	ASSERT_EQ(read(self->fd, self->reply, sizeof(self->reply)), 16);
	xdr_reader_init(&self->r, self->reply, 16);
	EXPECT_EQ(xdr_get_u32(&self->r), CRYPTECH_RPC_GET_VERSION);
	/* the driver's word, not ours, and none that is special */
	EXPECT_NE(xdr_get_u32(&self->r), 0xdeadbeef);
	EXPECT_EQ(xdr_get_u32(&self->r), CRYPTECH_ERR_OK);
	EXPECT_EQ(xdr_get_u32(&self->r), CRYPTECH_RPC_VERSION);
}

TEST_F(raw, words_differ)
{
	uint32_t word[2];
	int fd[2] = { self->fd, open_ready() };

	for (int i = 0; i < 2; i++) {
		begin(&self->m, CRYPTECH_RPC_GET_VERSION);
		ASSERT_EQ(call(fd[i], &self->m, self->reply, &self->r), 0);
		word[i] = self->reply[4] << 24 | self->reply[5] << 16 |
			  self->reply[6] << 8 | self->reply[7];
		EXPECT_GE(word[i], CRYPTECH_CLIENT_FIRST);
	}
	EXPECT_NE(word[0], word[1]);
	close(fd[1]);
}

TEST_F(raw, short_messages)
{
	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	for (size_t len = 0; len < CRYPTECH_RPC_REQUEST_MIN; len++) {
		EXPECT_EQ(write(self->fd, self->m.bytes, len), -1);
		EXPECT_EQ(errno, EINVAL);
	}
	EXPECT_EQ(poll_now(self->fd), POLLOUT);
}

TEST_F(raw, long_messages)
{
	static uint8_t big[CRYPTECH_RPC_MESSAGE_MAX + 1];

	EXPECT_EQ(write(self->fd, big, sizeof(big)), -1);
	EXPECT_EQ(errno, EMSGSIZE);
	EXPECT_EQ(poll_now(self->fd), POLLOUT);

	/* the longest that goes: the HSM does not take what trails */
	EXPECT_EQ(write(self->fd, big, sizeof(big) - 1),
		  (ssize_t)sizeof(big) - 1);
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)),
		  CRYPTECH_RPC_REPLY_MIN);
	EXPECT_GT(reply_error(self->reply, CRYPTECH_RPC_REPLY_MIN,
			      CRYPTECH_RPC_GET_VERSION, &self->r), 0);
}

TEST_F(raw, one_outstanding)
{
	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	ASSERT_EQ(send_message(self->fd, &self->m), 8);
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EBUSY);
	ASSERT_TRUE(poll_for(self->fd, POLLIN));
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EBUSY);
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), 16);
	EXPECT_EQ(send_message(self->fd, &self->m), 8);
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), 16);
}

TEST_F(raw, small_buffers_keep_the_reply)
{
	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	ASSERT_EQ(send_message(self->fd, &self->m), 8);
	for (size_t len = 0; len < 16; len++) {
		EXPECT_EQ(read(self->fd, self->reply, len), -1);
		EXPECT_EQ(errno, EMSGSIZE);
	}
	EXPECT_EQ(read(self->fd, self->reply, 16), 16);
}

TEST_F(raw, faults_keep_the_reply)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(page, MAP_FAILED);
	ASSERT_EQ(mprotect(page + 4096, 4096, PROT_NONE), 0);

	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	memcpy(page + 4096 - 4, self->m.bytes, 4);
	EXPECT_EQ(write(self->fd, page + 4096 - 4, 8), -1);
	EXPECT_EQ(errno, EFAULT);
	memcpy(page + 4096 - 8, self->m.bytes, 8);
	EXPECT_EQ(write(self->fd, page + 4096 - 8, 12), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(poll_now(self->fd), POLLOUT);

	ASSERT_EQ(send_message(self->fd, &self->m), 8);
	EXPECT_EQ(read(self->fd, page + 4096 - 8, 16), -1);
	EXPECT_EQ(errno, EFAULT);
	EXPECT_EQ(read(self->fd, page, 4096), 16);
}

TEST_F(raw, nothing_outstanding)
{
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), -1);
	EXPECT_EQ(errno, ENODATA);
	ASSERT_EQ(fcntl(self->fd, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), -1);
	EXPECT_EQ(errno, ENODATA);
}

/* Every number up to a bound and a few more: sent only if in the table. */
TEST_F(raw, only_what_the_table_lets_in)
{
	static const uint32_t more[] = {
		0x1000, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
		0x01000000 /* GET_RANDOM, bytes swapped */,
	};
	int refused = 0, open = 0;

	for (uint32_t i = 0; i < 0x200 + ARRAY_SIZE(more); i++) {
		uint32_t function = i < 0x200 ? i : more[i - 0x200];
		bool raw = false;

#define IS_RAW(number, name, class, rights, doors, ...) \
		raw |= function == number && \
		       (CRYPTECH_DOOR_##doors & CRYPTECH_DOOR_RAW);
		CRYPTECH_FUNCTIONS(IS_RAW)
		if (function == CRYPTECH_RPC_LOGOUT_ALL)
			raw = false;	/* nobody is logged in here */
		begin(&self->m, function);
		if (!raw) {
			refused++;
			EXPECT_EQ(send_message(self->fd, &self->m), -1);
			EXPECT_EQ(errno, EPERM);
			continue;
		}
		open++;
		EXPECT_EQ(send_message(self->fd, &self->m), 8);
		EXPECT_GE(read(self->fd, self->reply, sizeof(self->reply)),
			  CRYPTECH_RPC_REPLY_MIN);
	}
	EXPECT_GT(refused, 400);
	EXPECT_GT(open, 30);
	begin(&self->m, CRYPTECH_RPC_ATTACH);
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EPERM);
}

TEST_F(raw, logout_all_is_the_wheels)
{
	int other = open_ready();

	begin(&self->m, CRYPTECH_RPC_LOGOUT_ALL);
	ASSERT_EQ(raw_login(other, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	EXPECT_EQ(send_message(other, &self->m), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(raw_login(self->fd, CRYPTECH_USER_SO, SO_PIN), 0);
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EPERM);
	/* a failed login gives nothing */
	ASSERT_EQ(raw_login(self->fd, CRYPTECH_USER_WHEEL, "wrong-pin"),
		  CRYPTECH_ERR_PIN_INCORRECT);
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EPERM);

	ASSERT_EQ(raw_login(self->fd, CRYPTECH_USER_WHEEL, WHEEL_PIN), 0);
	EXPECT_EQ(call(self->fd, &self->m, self->reply, &self->r), 0);
	/* all are out, and the driver knows */
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EPERM);
	xdr_put_u32(begin(&self->m, CRYPTECH_RPC_IS_LOGGED_IN),
		    CRYPTECH_USER_NORMAL);
	EXPECT_EQ(call(other, &self->m, self->reply, &self->r),
		  CRYPTECH_ERR_FORBIDDEN);
	close(other);
}

TEST_F(raw, logout_ends_the_role)
{
	ASSERT_EQ(raw_login(self->fd, CRYPTECH_USER_WHEEL, WHEEL_PIN), 0);
	begin(&self->m, CRYPTECH_RPC_LOGOUT);
	ASSERT_EQ(call(self->fd, &self->m, self->reply, &self->r), 0);
	begin(&self->m, CRYPTECH_RPC_LOGOUT_ALL);
	EXPECT_EQ(send_message(self->fd, &self->m), -1);
	EXPECT_EQ(errno, EPERM);
}

TEST_F(raw, login_is_the_files)
{
	int other = open_ready(), status;
	pid_t pid;

	ASSERT_EQ(raw_login(self->fd, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	xdr_put_u32(begin(&self->m, CRYPTECH_RPC_IS_LOGGED_IN),
		    CRYPTECH_USER_NORMAL);
	EXPECT_EQ(simple_call(self->fd, &self->m), 0);
	EXPECT_EQ(simple_call(other, &self->m), CRYPTECH_ERR_FORBIDDEN);

	/* whoever holds the descriptor acts with it */
	pid = fork();
	if (!pid)
		_exit(setresuid(1000, 1000, 1000) ||
		      simple_call(self->fd, &self->m));
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	close(other);
}

TEST_F(raw, poll_follows)
{
	EXPECT_EQ(poll_now(self->fd), POLLOUT);
	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	must_run("hsmctl hsm 0 stop");
	ASSERT_EQ(send_message(self->fd, &self->m), 8);
	EXPECT_EQ(poll_now(self->fd), 0);
	ASSERT_EQ(fcntl(self->fd, F_SETFL, O_NONBLOCK), 0);
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), -1);
	EXPECT_EQ(errno, EAGAIN);
	must_run("hsmctl hsm 0 cont");
	EXPECT_TRUE(poll_for(self->fd, POLLIN));
	EXPECT_EQ(poll_now(self->fd), POLLIN);
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), 16);
	EXPECT_EQ(poll_now(self->fd), POLLOUT);
}

/* close() returns at once, the logout follows the answer. */
TEST_F(raw, close_with_a_call_in_flight)
{
	int fd = open_ready();
	uint64_t before;
	int64_t start;

	ASSERT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_CLIENTS) == 0));
	ASSERT_EQ(raw_login(fd, CRYPTECH_USER_NORMAL, USER_PIN), 0);
	before = status_value(self->fd, CRYPTECH_STATUS_CLIENTS);
	EXPECT_EQ(before, 1);

	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	must_run("hsmctl hsm 0 stop");
	ASSERT_EQ(send_message(fd, &self->m), 8);
	start = now_ms();
	EXPECT_EQ(close(fd), 0);
	EXPECT_LT(now_ms() - start, 1000);
	must_run("hsmctl hsm 0 cont");
	EXPECT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_CLIENTS) == 0));
}

TEST_F(raw, reader_can_be_interrupted)
{
	pid_t pid;
	int status;

	begin(&self->m, CRYPTECH_RPC_GET_VERSION);
	must_run("hsmctl hsm 0 stop");
	ASSERT_EQ(send_message(self->fd, &self->m), 8);
	pid = fork();
	if (!pid) {
		read(self->fd, self->reply, sizeof(self->reply));
		_exit(0);
	}
	kill(pid, SIGTERM);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	must_run("hsmctl hsm 0 cont");
	/* the reply is still there for us */
	EXPECT_EQ(read(self->fd, self->reply, sizeof(self->reply)), 16);
}

TEST_F(raw, longest_reply)
{
	uint32_t most = CRYPTECH_RPC_MESSAGE_MAX - CRYPTECH_RPC_REPLY_MIN - 4;
	const uint8_t *data;
	size_t len;

	xdr_put_u32(begin(&self->m, CRYPTECH_RPC_GET_RANDOM), most);
	ASSERT_EQ(call(self->fd, &self->m, self->reply, &self->r), 0);
	data = xdr_get_opaque(&self->r, &len);
	EXPECT_TRUE(data && xdr_reader_done(&self->r));
	EXPECT_EQ(len, most);
	xdr_put_u32(begin(&self->m, CRYPTECH_RPC_GET_RANDOM), most + 1);
	EXPECT_EQ(call(self->fd, &self->m, self->reply, &self->r),
		  CRYPTECH_ERR_RPC_PACKET_OVERFLOW);
}

/* More files, one after the other, than the HSM has room for clients. */
TEST_F(raw, files_leave_nothing)
{
	for (int i = 0; i < 1100; i++) {
		int fd = open(NODE, O_RDWR);

		ASSERT_GE(fd, 0);
		xdr_put_u32(begin(&self->m, CRYPTECH_RPC_HASH_INITIALIZE), 0);
		xdr_put_u32(&self->m.w, CRYPTECH_DIGEST_SHA256);
		xdr_put_opaque(&self->m.w, NULL, 0);
		ASSERT_EQ(call(fd, &self->m, self->reply, &self->r), 0);
		close(fd);
	}
	EXPECT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_HANDLES) == 0));
	EXPECT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_CLIENTS) == 0));
}

/* More calls at once than there are slots; none of their clients stays. */
TEST_F(raw, queue_leaves_nothing)
{
	int fd[100];

	must_run("hsmctl hsm 0 stop");
	for (int i = 0; i < 100; i++) {
		fd[i] = open(NODE, O_RDWR);
		ASSERT_GE(fd[i], 0);
		xdr_put_u32(begin(&self->m, CRYPTECH_RPC_HASH_INITIALIZE), 0);
		xdr_put_u32(&self->m.w, CRYPTECH_DIGEST_SHA256);
		xdr_put_opaque(&self->m.w, NULL, 0);
		ASSERT_GT(send_message(fd[i], &self->m), 0);
	}
	must_run("hsmctl hsm 0 cont");
	for (int i = 0; i < 100; i++) {
		EXPECT_EQ(read(fd[i], self->reply, sizeof(self->reply)), 16);
		if (i % 2)
			close(fd[i]);
	}
	EXPECT_EQ(status_value(self->fd, CRYPTECH_STATUS_HANDLES_MAX), 4096);
	EXPECT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_HANDLES) == 50));
	for (int i = 0; i < 100; i += 2)
		close(fd[i]);
	EXPECT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_HANDLES) == 0));
	EXPECT_TRUE(eventually(status_value(self->fd,
					    CRYPTECH_STATUS_CLIENTS) == 0));
}

TEST_HARNESS_MAIN
