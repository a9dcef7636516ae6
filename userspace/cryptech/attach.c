// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <linux/cryptech.h>

#include "commands.h"

#define N_TTY_DISCIPLINE	0
/* The HSM may be restarting; on a slow line ATTACH takes its time, too. */
#define WAIT_SECONDS		15

static bool foreground;
static bool end;
static const char *speed_text = "921600";

static const struct opt opts[] = {
	OPT_TEXT("speed", 's', "BAUD", &speed_text,
		 "of a serial line (default: 921600, as libhal has it)"),
	OPT_FLAG("foreground", 'f', &foreground,
		 "do not go into the background"),
	OPT_FLAG("end", 0, &end, "end it: the tty is a plain one again"),
	OPT_END
};

static const struct syntax syntax = {
	.args = "TTY",
	.about =
"Make /dev/cryptechN of a HSM that is on a serial line or pty (cryptech-hsm\n"
"--pty, or a board), print its name, and stay in the background, for the device\n"
"lasts while the line is held open; it ends with the line, by SIGTERM or by\n"
"--end. With --foreground wait for the HSM as long as it takes. A board that\n"
"knows libhal's protocol alone is served by the raw door only. Needs root and\n"
"the module cryptech_tty.",
	.opts = opts,
	.args_min = 1,
	.args_max = 1,
};

/* --- the line ------------------------------------------------------------ */

static speed_t speed_of(const char *text)
{
	static const struct { uint32_t baud; speed_t speed; } speeds[] = {
		{ 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 },
		{ 460800, B460800 }, { 500000, B500000 },
		{ 576000, B576000 }, { 921600, B921600 },
		{ 1000000, B1000000 }, { 1152000, B1152000 },
		{ 1500000, B1500000 }, { 2000000, B2000000 },
		{ 2500000, B2500000 }, { 3000000, B3000000 },
		{ 3500000, B3500000 }, { 4000000, B4000000 },
	};
	uint64_t baud = options_number("--speed", text, 1, 4000000);

	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	fail_usage("--speed %s: lines have 57600, 115200, 230400, 460800, "
		   "921600 baud and some more up to 4000000", text);
}

static int open_line(const char *path)
{
	/* not blocking: there may be no carrier */
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == EBUSY)
		fail(EXIT_FAILED, "%s is in use by another program", path);
	if (fd < 0 && errno == EACCES)
		fail(EXIT_DENIED, "%s: no permission; this needs root", path);
	if (fd < 0)
		fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	if (!isatty(fd))
		fail(EXIT_FAILED, "%s is not a tty: give the serial line or "
		     "pty that the HSM is on", path);
	return fd;
}

static int discipline(int fd)
{
	int number;

	return ioctl(fd, TIOCGETD, &number) ? -1 : number;
}

static void make_raw(int fd, const char *path, speed_t speed)
{
	struct termios raw;

	if (tcgetattr(fd, &raw))
		fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL | CREAD;
	raw.c_cflag &= ~(CSTOPB | CRTSCTS);
	raw.c_iflag &= ~(IXOFF | IXANY);
	raw.c_iflag |= INPCK;	/* damaged bytes are told of, not passed on */
	cfsetspeed(&raw, speed);
	if (tcsetattr(fd, TCSANOW, &raw) || tcgetattr(fd, &raw) ||
	    cfgetospeed(&raw) != speed)
		fail(EXIT_FAILED, "%s does not take %s baud: give a lower "
		     "--speed, as 115200, to it and the HSM", path, speed_text);
	tcflush(fd, TCIOFLUSH);
}

/* Give the line to the driver; returns N of /dev/cryptechN. */
static int set_discipline(int fd, const char *path)
{
	int number = CRYPTECH_LINE_DISCIPLINE, index;

	if (discipline(fd) == number)
		fail(EXIT_FAILED, "%s is attached already; `cryptech attach "
		     "--end %s` ends that", path, path);
	if (ioctl(fd, TIOCSETD, &number)) {
		if (errno == EINVAL || errno == ENOENT || errno == EIO)
			fail(EXIT_FAILED, "the module is not loaded: "
			     "modprobe cryptech_tty");
		if (errno == EPERM)
			fail(EXIT_DENIED, "%s: this needs root "
			     "(CAP_SYS_ADMIN)", path);
		fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	if (ioctl(fd, CRYPTECH_IOC_LINE, &index))
		fail(EXIT_FAILED, "%s: another line discipline has the number "
		     "%d", path, CRYPTECH_LINE_DISCIPLINE);
	return index;
}

static void set_plain(int fd)
{
	int number = N_TTY_DISCIPLINE;

	ioctl(fd, TIOCSETD, &number);
}

static int end_it(const char *path)
{
	int fd = open_line(path);

	if (discipline(fd) != CRYPTECH_LINE_DISCIPLINE)
		fail(EXIT_FAILED, "%s is not attached", path);
	set_plain(fd);
	if (discipline(fd) == CRYPTECH_LINE_DISCIPLINE)
		fail(EXIT_DENIED, "%s: %s", path, strerror(errno));
	close(fd);
	return EXIT_OK;
}

/* --- waiting ------------------------------------------------------------- */

static bool is_ready(int index)
{
	char path[64], state[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/cryptech/cryptech%d/state",
		 index);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(state, sizeof(state), f))
		state[0] = 0;
	fclose(f);
	return !strcmp(state, "ready\n");
}

static int watch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		fail(EXIT_FAILED, "signalfd: %s", strerror(errno));
	return fd;
}

enum why { STILL, TOLD, HUNG_UP, TAKEN };

/* Wait for what ends an attachment, at most @ms. */
static enum why wait_for_end(int fd, int signals, int ms)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = fd },
	};

	if (poll(fds, 2, ms) > 0 && fds[0].revents)
		return TOLD;
	if (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		return HUNG_UP;
	/* nobody is woken by that */
	return discipline(fd) == CRYPTECH_LINE_DISCIPLINE ? STILL : TAKEN;
}

static enum why wait_until_ready(int fd, int signals, int index,
				 const char *path)
{
	enum why why = STILL;

	for (int i = 0; why == STILL && !is_ready(index); i++) {
		why = wait_for_end(fd, signals, 100);
		if (foreground || why != STILL || i < WAIT_SECONDS * 10)
			continue;
		set_plain(fd);
		fail(EXIT_NO_DEVICE, "no HSM answers on %s: is it the right "
		     "line, is --speed %s its speed?", path, speed_text);
	}
	return why;
}

static void go_into_background(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid = fork();

	if (null < 0 || pid < 0)
		fail(EXIT_FAILED, "cannot go into the background: %s",
		     strerror(errno));
	if (pid)
		_exit(EXIT_OK);
	setsid();
	if (chdir("/"))
		warn("cannot go to /");
	for (int i = 0; i < 3; i++)
		dup2(null, i);
}

int cmd_attach(int argc, char **argv)
{
	int fd, index, signals;
	speed_t speed;
	enum why why;

	options_parse(&syntax, &argc, &argv);
	if (end)
		return end_it(argv[0]);
	speed = speed_of(speed_text);
	fd = open_line(argv[0]);
	make_raw(fd, argv[0], speed);
	signals = watch_signals();
	index = set_discipline(fd, argv[0]);
	why = wait_until_ready(fd, signals, index, argv[0]);
	if (why == STILL) {
		printf("/dev/cryptech%d\n", index);
		fflush(stdout);
		if (!foreground)
			go_into_background();
	}
	while (why == STILL)
		why = wait_for_end(fd, signals, 1000);
	if (why == HUNG_UP)
		fail(EXIT_NO_DEVICE, "%s was hung up", argv[0]);
	if (why == TOLD)
		set_plain(fd);
	close(fd);
	return EXIT_OK;
}
