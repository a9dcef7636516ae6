// SPDX-License-Identifier: MIT
#include "sim_box.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char box[4096];
static char programs[4096];	/* folder of this program */

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	box_kill_all();
	exit(1);
}

uint64_t box_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

void box_open(void)
{
	ssize_t n = readlink("/proc/self/exe", programs, sizeof(programs) - 1);

	if (n < 0)
		die("readlink");
	programs[n] = 0;
	*strrchr(programs, '/') = 0;
	/* A keeper whose HSM has died becomes our child, to be waited for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	snprintf(box, sizeof(box), "%s/cryptech-sim.XXXXXX",
		 getenv("TMPDIR") ?: "/tmp");
	if (!mkdtemp(box) || chdir(box))
		die("mkdtemp");
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void box_close(void)
{
	box_kill_all();
	if (chdir("/") || nftw(box, remove_one, 8, FTW_DEPTH | FTW_PHYS))
		die("rm");
}

void box_show_log(bool print)
{
	FILE *log = fopen("log", "r");
	char line[512];

	while (log && print && fgets(line, sizeof(line), log))
		printf("# log: %s", line);
	if (log)
		fclose(log);
	if (truncate("log", 0) && print)
		printf("# no log\n");
}

pid_t box_child_of(pid_t pid)
{
	char path[64], list[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (!fgets(list, sizeof(list), f))
		list[0] = 0;
	fclose(f);
	return list[0] ? strtol(list, NULL, 10) : -1;
}

/* Our children, one after the other; theirs become ours as they die. */
void box_kill_all(void)
{
	pid_t pid;

	while ((pid = box_child_of(getpid())) > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

enum outcome { READY, ENDED, HANGS };

/* Until the program says "ready", or nothing more. */
static enum outcome wait_ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[8192];
	size_t len = 0;

	for (;;) {
		ssize_t n;

		if (poll(&p, 1, BOX_DEADLINE_MS) != 1)
			return HANGS;
		n = read(fd, text + len, sizeof(text) - len);
		if (n <= 0)
			return ENDED;
		len += n;
		if (len == 6 && !memcmp(text, "ready\n", 6))
			return READY;
	}
}

pid_t box_start_argv(int *status, const char *const *words)
{
	char path[sizeof(programs) + 64];
	char *argv[32] = { path };
	enum outcome outcome;
	int out[2], n = 1;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", programs, words[0]);
	for (; n < 31 && words[n]; n++)
		argv[n] = (char *)words[n];
	if (pipe2(out, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (!pid) {
		int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);

		dup2(out[1], 1);
		dup2(log, 2);
		/* It may not be traced, and so not be searched for leaks. */
		setenv("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=1", 1);
		execv(path, argv);
		_exit(127);
	}
	close(out[1]);
	if (pid < 0)
		die("fork");
	outcome = wait_ready(out[0]);
	close(out[0]);
	if (outcome == READY)
		return pid;
	if (outcome == HANGS)
		kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return 0;
}

int box_end(pid_t pid, int number)
{
	int status = -1;

	kill(pid, number);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}
