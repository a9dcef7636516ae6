/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A HSM on a line, with a man in the middle:
 *
 *	driver --- slave [pty] master --- middle --- [pty of cryptech-hsm]
 *
 * The middle is a thread. It passes bytes on, or damages them, keeps those of
 * one way back, hangs up, or stands in front of the HSM as a board that knows
 * libhal's functions 0 to 31 and nothing else.
 */
#ifndef LINE_TEST_H
#define LINE_TEST_H

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>

#include <cryptech/line.h>
#include <cryptech/slip.h>

#include "door.h"

#define LINK	"/tmp/line-hsm"

struct middle {
	pthread_t thread;
	int master;		/* to the driver */
	int slave;
	int hsm;
	unsigned int chance;	/* one byte of so many is damaged; 0: none */
	bool keep;		/* replies are kept back */
	bool deaf;		/* requests are dropped */
	bool board;		/* functions 0 to 31 alone, no frames */
	bool hang_up;
	unsigned long refused;	/* messages that the board does not know */
	unsigned long damaged;
	unsigned int seed;
	struct slip_decoder in;
	uint8_t packet[LINE_PACKET_MAX];
	size_t kept_len;
	uint8_t kept[1 << 20];
};

#define SET(member, value) \
	__atomic_store_n(&(member), (value), __ATOMIC_SEQ_CST)
#define GET(member) __atomic_load_n(&(member), __ATOMIC_SEQ_CST)

static inline void write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			data += n;
			len -= n;
		}
	}
}

/* Pass bytes on with one of m->chance lost, doubled or changed. */
static inline void pass(struct middle *m, int fd, const uint8_t *data,
			size_t len)
{
	unsigned int chance = GET(m->chance);
	uint8_t out[2 * 4096];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		out[n++] = data[i];
		if (!chance || rand_r(&m->seed) % chance)
			continue;
		m->damaged++;
		switch (rand_r(&m->seed) % 3) {
		case 0:
			n--;
			break;
		case 1:
			out[n++] = data[i];
			break;
		default:
			out[n - 1] ^= 1 << rand_r(&m->seed) % 8;
		}
	}
	write_all(fd, out, n);
}

static inline void write_packet(int fd, const uint8_t *packet, size_t len)
{
	uint8_t stream[2 * LINE_PACKET_MAX + 2];
	struct slip_encoder e;

	slip_encoder_init(&e, packet, len);
	write_all(fd, stream, slip_encode(&e, stream, sizeof(stream)));
}

/* What a board does with a function that it does not know. */
static inline void board_refuse(struct middle *m, size_t len)
{
	static const uint8_t error[4] = {
		0, 0, 0, CRYPTECH_ERR_RPC_BAD_FUNCTION
	};

	if (len < CRYPTECH_RPC_REQUEST_MIN)
		return;
	m->refused++;
	memcpy(m->packet + 8, error, 4);
	write_packet(m->master, m->packet, CRYPTECH_RPC_REPLY_MIN);
}

static inline void board_take(struct middle *m, const uint8_t *data,
			      size_t len)
{
	bool complete;

	while (len) {
		size_t n = slip_decode(&m->in, data, len, &complete);

		data += n;
		len -= n;
		if (!complete)
			continue;
		if (m->in.len > 4 && !m->packet[0] && !m->packet[1] &&
		    !m->packet[2] && m->packet[3] < 32)
			write_packet(m->hsm, m->packet, m->in.len);
		else
			board_refuse(m, m->in.len);
	}
}

/* Bytes of the driver. */
static inline void from_driver(struct middle *m)
{
	uint8_t data[4096];
	ssize_t n = read(m->master, data, sizeof(data));

	if (n <= 0 || GET(m->deaf))
		return;
	if (GET(m->board))
		board_take(m, data, n);
	else
		pass(m, m->hsm, data, n);
}

static inline void from_hsm(struct middle *m)
{
	uint8_t data[4096];
	ssize_t n = read(m->hsm, data, sizeof(data));

	if (n <= 0)
		return;
	if (!GET(m->keep)) {
		pass(m, m->master, data, n);
	} else if (m->kept_len + n <= sizeof(m->kept)) {
		memcpy(m->kept + m->kept_len, data, n);
		m->kept_len += n;
	}
}

static inline void *middle_main(void *arg)
{
	struct middle *m = arg;

	while (!GET(m->hang_up)) {
		struct pollfd p[2] = {
			{ .fd = m->master, .events = POLLIN },
			{ .fd = m->hsm, .events = POLLIN },
		};

		if (!GET(m->keep) && m->kept_len) {
			write_all(m->master, m->kept, m->kept_len);
			m->kept_len = 0;
		}
		if (poll(p, 2, 20) <= 0)
			continue;
		if (p[0].revents & POLLIN)
			from_driver(m);
		if (p[1].revents & POLLIN)
			from_hsm(m);
	}
	close(m->master);
	return NULL;
}

static inline void raw_tty(int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &raw))
		die("no tty");
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	tcflush(fd, TCIOFLUSH);
}

/* Stand between a new pty and the HSM. */
static inline void middle_start(struct middle *m)
{
	m->seed = 1;
	slip_decoder_init(&m->in, m->packet, sizeof(m->packet));
	m->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (m->master < 0 || grantpt(m->master) || unlockpt(m->master))
		die("no pty");
	m->slave = open(ptsname(m->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	m->hsm = open(LINK, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (m->slave < 0 || m->hsm < 0)
		die("no line");
	raw_tty(m->slave);
	raw_tty(m->hsm);
	if (pthread_create(&m->thread, NULL, middle_main, m))
		die("no thread");
}

static inline void middle_hang_up(struct middle *m)
{
	if (GET(m->hang_up))
		return;
	SET(m->hang_up, true);
	pthread_join(m->thread, NULL);
}

static inline void middle_stop(struct middle *m)
{
	middle_hang_up(m);
	close(m->slave);
	close(m->hsm);
}

static inline int set_discipline(int fd, int number)
{
	return ioctl(fd, TIOCSETD, &number) ? errno : 0;
}

/* Hand the line to the driver; true once an HSM is attached. */
static inline bool line_attach(struct middle *m)
{
	return !set_discipline(m->slave, CRYPTECH_LINE_DISCIPLINE) &&
	       eventually(is_ready());
}

/* --- the HSM ---------------------------------------------------------------- */

static pid_t hsm_pid;
static char hsm_state[64];

static inline void hsm_begin(const char *state, const char *option)
{
	char out[96];

	snprintf(hsm_state, sizeof(hsm_state), "%s", state);
	snprintf(out, sizeof(out), "%s.out", state);
	unlink(out);
	hsm_pid = fork();
	if (!hsm_pid) {
		if (!freopen(out, "w", stdout))
			_exit(1);
		execlp("cryptech-hsm", "cryptech-hsm", "--state", state,
		       "--pty-link", LINK, "--durability", "process", option,
		       NULL);
		_exit(1);
	}
	if (!eventually(!run("grep -q ready %s 2>/dev/null", out)))
		die("no HSM");
}

static inline void hsm_finish(int with)
{
	kill(hsm_pid, with);
	waitpid(hsm_pid, NULL, 0);
}

#endif /* LINE_TEST_H */
