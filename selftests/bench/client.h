/* SPDX-License-Identifier: MIT */
/*
 * What the programs that measure calls share: connections to an HSM's socket,
 * and what time it took of the clock and of the HSM's processor.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cryptech/rpc.h>
#include <cryptech/slip.h>
#include <cryptech/xdr.h>

#define PIN "YouReallyNeedToChangeThisPINRightNowWeAreNotKidding"

struct connection {
	int fd;
	uint32_t key;
	double sent;		/* when its request went */
	struct slip_decoder decoder;
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
};

static inline void __attribute__((noreturn)) die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Seconds of processor time that a process has used. */
static inline double used(int pid)
{
	unsigned long user, system;
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u "
			 "%*u %*u %lu %lu", &user, &system) != 2)
		die(path);
	fclose(f);
	return (double)(user + system) / sysconf(_SC_CLK_TCK);
}

static inline void begin(struct xdr_writer *w, uint8_t *request, size_t size,
		  uint32_t function)
{
	xdr_writer_init(w, request, size);
	xdr_put_u32(w, function);
	xdr_put_u32(w, 0);
}

static inline void send_request(struct connection *c, const struct xdr_writer *w)
{
	static uint8_t frame[2 * CRYPTECH_RPC_MESSAGE_MAX + 2];
	struct slip_encoder e;
	size_t len;

	slip_encoder_init(&e, w->start, xdr_written(w));
	len = slip_encode(&e, frame, sizeof(frame));
	if (write(c->fd, frame, len) != (ssize_t)len)
		die("write");
}

/* Reads what is there; true once a whole reply is. */
static inline bool receive(struct connection *c, struct xdr_reader *r)
{
	uint8_t data[4096];
	ssize_t len = read(c->fd, data, sizeof(data));
	size_t at = 0;
	bool complete = false;

	if (len <= 0)
		die("read");
	while (at < (size_t)len && !complete)
		at += slip_decode(&c->decoder, data + at, len - at, &complete);
	if (!complete)
		return false;
	xdr_reader_init(r, c->decoder.packet, c->decoder.len);
	xdr_get_u32(r);
	xdr_get_u32(r);
	if (xdr_get_u32(r) || r->bad) {
		fprintf(stderr, "bench: the HSM answered an error\n");
		exit(1);
	}
	return true;
}

static inline void call(struct connection *c, const struct xdr_writer *w,
		 struct xdr_reader *r)
{
	send_request(c, w);
	while (!receive(c, r))
		;
}

static inline void log_in(struct connection *c)
{
	uint8_t request[256];
	struct xdr_writer w;
	struct xdr_reader r;

	begin(&w, request, sizeof(request), CRYPTECH_RPC_LOGIN);
	xdr_put_u32(&w, CRYPTECH_USER_WHEEL);
	xdr_put_opaque(&w, PIN, strlen(PIN));
	call(c, &w, &r);
}

static inline void open_connection(struct connection *c, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (void *)&address, sizeof(address)))
		die(path);
	slip_decoder_init(&c->decoder, c->reply, sizeof(c->reply));
}

#endif /* BENCH_CLIENT_H */
