// SPDX-License-Identifier: MIT
/* PINs from files and terminals, files, JSON. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../../firmware/tests/tap.h"
#include "../cryptech/common/file.h"
#include "../cryptech/common/json.h"
#include "../cryptech/common/pin.h"

/* A descriptor from which @text can be read. */
static int source_of(const void *text, size_t len)
{
	int fd = memfd_create("text", 0);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len ||
	    lseek(fd, 0, SEEK_SET))
		abort();
	return fd;
}

static bool pin_is(const struct pin *pin, const char *wanted)
{
	return pin->len == strlen(wanted) && !strcmp(pin->bytes, wanted);
}

static void pin_lines(void)
{
	static const char text[] = "first\n second \n\nlast";
	int fd = source_of(text, sizeof(text) - 1);
	struct pin pin;

	EXPECT_EQ(pin_read_line(&pin, fd), 0);
	EXPECT(pin_is(&pin, "first"));
	/* Nothing beyond the line has been taken. */
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 6);
	EXPECT_EQ(pin_read_line(&pin, fd), 0);
	EXPECT(pin_is(&pin, " second "));
	EXPECT_EQ(pin_read_line(&pin, fd), -EINVAL);
	EXPECT_EQ(pin_read_line(&pin, fd), 0);
	EXPECT(pin_is(&pin, "last"));
	EXPECT_EQ(pin_read_line(&pin, fd), -ENODATA);
	close(fd);
	EXPECT_EQ(pin_read_line(&pin, -1), -EBADF);
}

static void pin_limits(void)
{
	char text[CRYPTECH_PIN_MAX + 2];
	struct pin pin;
	int fd;

	memset(text, 'x', sizeof(text));
	text[CRYPTECH_PIN_MAX] = '\n';
	fd = source_of(text, CRYPTECH_PIN_MAX + 1);
	EXPECT_EQ(pin_read_line(&pin, fd), 0);
	EXPECT_EQ(pin.len, 4096);
	EXPECT_EQ(pin.bytes[4096], 0);
	close(fd);
	/* one byte more */
	text[CRYPTECH_PIN_MAX] = 'x';
	text[CRYPTECH_PIN_MAX + 1] = '\n';
	fd = source_of(text, sizeof(text));
	EXPECT_EQ(pin_read_line(&pin, fd), -EINVAL);
	close(fd);
}

/* In the child, at a terminal: 0 if the PIN comes out as typed. */
static int child_asks(bool twice)
{
	struct pin pin;

	if (twice)
		pin_read_new(&pin, "secret word");
	else
		pin_read(&pin, "secret word");
	return pin_is(&pin, "xyzzy-1") ? 0 : 100;
}

/* Wait until the child has turned echo off, i.e. reads. */
static void wait_silent(int terminal)
{
	struct termios t;

	do {
		sched_yield();
	} while (!tcgetattr(terminal, &t) && (t.c_lflag & ECHO));
}

/* Read until @what has come @times in all. */
static void read_until(int terminal, char *seen, size_t size, const char *what,
		       int times)
{
	size_t len = strlen(seen);

	for (;;) {
		const char *at = seen;
		int found = 0;
		ssize_t n;

		while ((at = strstr(at, what))) {
			at += strlen(what);
			found++;
		}
		if (found >= times)
			return;
		n = read(terminal, seen + len, size - 1 - len);
		if (n <= 0)
			return;
		len += n;
		seen[len] = 0;
	}
}

static int at_terminal(bool twice, const char *first, const char *second,
		       char *seen, size_t size)
{
	int terminal, status;
	pid_t pid;

	fflush(stdout);
	alarm(60);	/* a hang is a failure */
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (!pid)
		_exit(child_asks(twice));
	seen[0] = 0;
	read_until(terminal, seen, size, "secret word", 1);
	wait_silent(terminal);
	if (write(terminal, first, strlen(first)) < 0)
		return -1;
	if (second) {
		read_until(terminal, seen, size, "secret word", 2);
		wait_silent(terminal);
		if (write(terminal, second, strlen(second)) < 0)
			return -1;
	}
	read_until(terminal, seen, size, "never", 1);
	waitpid(pid, &status, 0);
	close(terminal);
	alarm(0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void pin_terminal(void)
{
	char seen[4096];

	EXPECT_EQ(at_terminal(false, "xyzzy-1\n", NULL, seen, sizeof(seen)),
		  0);
	EXPECT(strstr(seen, "secret word: "));
	EXPECT(!strstr(seen, "xyzzy"));
	EXPECT_EQ(at_terminal(true, "xyzzy-1\n", "xyzzy-1\n", seen,
			      sizeof(seen)), 0);
	EXPECT(strstr(seen, "again"));
	EXPECT(!strstr(seen, "xyzzy"));
	/* Typed differently: refused (exit code 4). */
	EXPECT_EQ(at_terminal(true, "xyzzy-1\n", "xyzzy-2\n", seen,
			      sizeof(seen)), 4);
	EXPECT(!strstr(seen, "xyzzy"));
	/* Interrupted by ^C. */
	EXPECT(at_terminal(false, "xyz\003", NULL, seen, sizeof(seen)) != 0);
}

static char folder[] = "/tmp/cryptech-test-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void files(void)
{
	struct bytes bytes;
	struct stat st;

	umask(022);
	REQUIRE(mkdtemp(folder));
	EXPECT_EQ(file_save(in_folder("a"), "hello", 5), 0);
	EXPECT(!stat(in_folder("a"), &st) && (st.st_mode & 0777) == 0644);
	EXPECT(!chmod(in_folder("a"), 0600));
	EXPECT_EQ(file_save(in_folder("a"), "hallo!", 6), 0);
	EXPECT(!stat(in_folder("a"), &st) && (st.st_mode & 0777) == 0600);
	EXPECT_EQ(file_load(in_folder("a"), &bytes, 6), 0);
	EXPECT_EQ(bytes.len, 6);
	EXPECT_MEM(bytes.data, "hallo!", 6);
	bytes_free(&bytes);
	EXPECT_EQ(file_load(in_folder("a"), &bytes, 5), -EFBIG);
	EXPECT(!bytes.data);
	EXPECT_EQ(file_load(in_folder("b"), &bytes, 5), -ENOENT);
	EXPECT_EQ(file_save(in_folder("no/b"), "x", 1), -ENOENT);
	/* A device is written to and stays one. */
	EXPECT_EQ(file_save("/dev/null", "x", 1), 0);
	EXPECT(!stat("/dev/null", &st) && S_ISCHR(st.st_mode));
	EXPECT(!unlink(in_folder("a")));
	/* No temporary file is left. */
	EXPECT(!rmdir(folder));
}

static void large_file(void)
{
	static uint8_t data[300000];
	struct bytes bytes;
	char path[32];
	int fd;

	memset(data, 0xa5, sizeof(data));
	data[sizeof(data) - 1] = 1;
	fd = source_of(data, sizeof(data));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(file_load(path, &bytes, sizeof(data)), 0);
	EXPECT_EQ(bytes.len, sizeof(data));
	EXPECT_MEM(bytes.data, data, sizeof(data));
	bytes_free(&bytes);
	close(fd);
}

static void json(void)
{
	static const char wanted[] =
		"[\n"
		"  {\n"
		"    \"a\": 18446744073709551615,\n"
		"    \"b\": \"q\\\"\\\\\\u0007\\ufffd\xc3\xbc\",\n"
		"    \"c\": null,\n"
		"    \"d\": [],\n"
		"    \"e\": [\n"
		"      true,\n"
		"      \"\"\n"
		"    ]\n"
		"  },\n"
		"  {}\n"
		"]\n";
	char got[1024] = "";
	int memory = memfd_create("json", 0), saved = dup(1);

	fflush(stdout);
	dup2(memory, 1);
	json_open(NULL, '[');
	json_open(NULL, '{');
	json_number("a", UINT64_MAX);
	json_bytes("b", "q\"\\\a\xff\xc3\xbc", 7);
	json_text("c", NULL);
	json_open("d", '[');
	json_close(']');
	json_open("e", '[');
	json_bool(NULL, true);
	json_text(NULL, "");
	json_close(']');
	json_close('}');
	json_open(NULL, '{');
	json_close('}');
	json_close(']');
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	EXPECT(pread(memory, got, sizeof(got) - 1, 0) > 0);
	EXPECT(!strcmp(got, wanted));
	close(memory);
}

int main(void)
{
	RUN(pin_lines);
	RUN(pin_limits);
	RUN(pin_terminal);
	RUN(files);
	RUN(large_file);
	RUN(json);
	return tap_done();
}
