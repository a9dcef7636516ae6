// SPDX-License-Identifier: MIT
/*
 * vm_bench SECONDS null FLIGHT            calls by the raw door
 * vm_bench SECONDS sign PROCESSES KEY INFO
 *                                         keyctl pkey_sign with that key
 * vm_bench SECONDS cipher PROCESSES NAME BYTES KEY-FILE
 *                                         AF_ALG encryption, one request each
 *
 * What is done in a second; bytes for ciphers; then how long a call took, p50, p90,
 * p99, p99.9 and the longest, in microseconds. An error ends it. FLIGHT calls are kept under way by FLIGHT files and one process.
 */
#include <errno.h>
#include <fcntl.h>
#include <keyutils.h>
#include <linux/if_alg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cryptech/rpc.h>
#include <cryptech/xdr.h>

#include "latency.h"

#define PROCESSES_MAX	64
#define FILES_MAX	64
#define BYTES_MAX	65536

struct job {
	char **words;
	double seconds;
	double count;		/* what a run has done */
	double took;
	struct latency latency;
};

static void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "vm_bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* --- null calls ------------------------------------------------------------ */

static void null_send(int fd)
{
	uint8_t request[8];
	struct xdr_writer w;

	xdr_writer_init(&w, request, sizeof(request));
	xdr_put_u32(&w, CRYPTECH_RPC_GET_VERSION);
	xdr_put_u32(&w, 0);
	if (write(fd, request, sizeof(request)) != sizeof(request))
		die("write");
}

static void null_receive(int fd)
{
	uint8_t reply[64];
	struct xdr_reader r;
	ssize_t len = read(fd, reply, sizeof(reply));

	if (len < 0)
		die("read");
	xdr_reader_init(&r, reply, len);
	if (xdr_get_u32(&r) != CRYPTECH_RPC_GET_VERSION)
		die("another answer");
	xdr_get_u32(&r);
	if (xdr_get_u32(&r) || r.bad)
		die("an error in answer");
}

/* Take the answers in turn; while one is waited for the others go on. */
static void null_run(struct job *job)
{
	int fds[FILES_MAX], n = atoi(job->words[0]), i;
	double start, sent[FILES_MAX];

	if (n < 1 || n > FILES_MAX)
		die("FLIGHT");
	for (i = 0; i < n; i++) {
		fds[i] = open("/dev/cryptech0", O_RDWR);
		if (fds[i] < 0)
			die("/dev/cryptech0");
	}
	start = now();
	for (i = 0; i < n; i++) {
		sent[i] = now();
		null_send(fds[i]);
	}
	while (job->took < job->seconds) {
		for (i = 0; i < n; i++) {
			null_receive(fds[i]);
			latency_add(&job->latency, now() - sent[i]);
			sent[i] = now();
			null_send(fds[i]);
		}
		job->count += n;
		job->took = now() - start;
	}
}

/* --- signatures -------------------------------------------------------------- */

static void sign_run(struct job *job)
{
	static const unsigned char digest[32] = { 1, 2, 3 };
	key_serial_t key = atoi(job->words[1]);
	const char *info = job->words[2];
	struct keyctl_pkey_query query;
	char signature[1024];
	double start, before;

	if (keyctl_pkey_query(key, info, &query) ||
	    query.max_sig_size > sizeof(signature))
		die("pkey_query");
	start = now();
	while (job->took < job->seconds) {
		before = now();
		if (keyctl_pkey_sign(key, info, digest, sizeof(digest),
				     signature, query.max_sig_size) < 0)
			die("pkey_sign");
		latency_add(&job->latency, now() - before);
		job->count++;
		job->took = now() - start;
	}
}

/* --- ciphers ------------------------------------------------------------------ */

static int cipher_open(const char *name, const char *path)
{
	struct sockaddr_alg address = {
		.salg_family = AF_ALG, .salg_type = "skcipher",
	};
	unsigned char key[128];
	FILE *f = fopen(path, "rb");
	size_t len = f ? fread(key, 1, sizeof(key), f) : 0;
	int fd = socket(AF_ALG, SOCK_SEQPACKET, 0);

	snprintf((char *)address.salg_name, sizeof(address.salg_name), "%s",
		 name);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, len))
		die(name);
	return accept(fd, NULL, NULL);
}

static void cipher_once(int fd, unsigned char *data, size_t len)
{
	union {
		char bytes[CMSG_SPACE(4) + CMSG_SPACE(20)];
		struct cmsghdr first;
	} control = { .bytes = { 0 } };
	struct iovec io = { data, len };
	struct msghdr m = {
		.msg_iov = &io, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	const unsigned int operation = ALG_OP_ENCRYPT, iv_len = 16;

	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_OP;
	c->cmsg_len = CMSG_LEN(4);
	memcpy(CMSG_DATA(c), &operation, 4);
	c = CMSG_NXTHDR(&m, c);
	c->cmsg_level = SOL_ALG;
	c->cmsg_type = ALG_SET_IV;
	c->cmsg_len = CMSG_LEN(20);
	memcpy(CMSG_DATA(c), &iv_len, 4);
	if (sendmsg(fd, &m, 0) != (ssize_t)len ||
	    read(fd, data, len) != (ssize_t)len)
		die("AF_ALG");
}

static void cipher_run(struct job *job)
{
	static unsigned char data[BYTES_MAX];
	size_t len = atoi(job->words[2]);
	int fd = cipher_open(job->words[1], job->words[3]);
	double start, before;

	if (fd < 0 || len > BYTES_MAX)
		die("BYTES");
	start = now();
	while (job->took < job->seconds) {
		before = now();
		cipher_once(fd, data, len);
		latency_add(&job->latency, now() - before);
		job->count += len;
		job->took = now() - start;
	}
}

/* --- all ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	int words;
	bool processes;		/* the first word is how many */
	void (*run)(struct job *job);
} kinds[] = {
	{ "null", 1, false, null_run },
	{ "sign", 3, true, sign_run },
	{ "cipher", 4, true, cipher_run },
};

int main(int argc, char **argv)
{
	struct job *jobs = mmap(NULL, sizeof(*jobs) * PROCESSES_MAX,
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int n = 1, i, status, bad = 0;
	size_t kind = 0;
	double sum = 0;

	while (kind < 3 && argc > 2 && strcmp(kinds[kind].name, argv[2]))
		kind++;
	if (kind == 3 || argc != 3 + kinds[kind].words || jobs == MAP_FAILED)
		die("usage: see the source");
	if (kinds[kind].processes)
		n = atoi(argv[3]);
	if (n < 1 || n > PROCESSES_MAX)
		die("PROCESSES");
	for (i = 0; i < n; i++) {
		jobs[i].words = argv + 3;
		jobs[i].seconds = atof(argv[1]);
		if (fork())
			continue;
		kinds[kind].run(&jobs[i]);
		exit(0);
	}
	while (wait(&status) > 0)
		bad |= status;
	for (i = 0; i < n; i++) {
		sum += jobs[i].count / jobs[i].took;
		if (i)
			latency_join(&jobs[0].latency, &jobs[i].latency);
	}
	if (!bad) {
		printf("%.0f", sum);
		latency_print(&jobs[0].latency);
		printf("\n");
	}
	return !!bad;
}
