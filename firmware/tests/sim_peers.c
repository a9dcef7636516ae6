// SPDX-License-Identifier: MIT
/* The other side of socket and mailbox; see sim_box.h. */
#include <cryptech/slip.h>
#include <cryptech/xdr.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sim_box.h"

/* --- the socket ---------------------------------------------------------- */

int socket_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

void socket_write(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return;
		p += n;
		len -= n;
	}
}

void socket_send(int fd, const void *request, size_t len)
{
	uint8_t frame[2 * 65536 + 2];
	struct slip_encoder e;

	slip_encoder_init(&e, request, len);
	len = slip_encode(&e, frame, sizeof(frame));
	socket_write(fd, frame, len);
}

size_t socket_receive(int fd, uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX])
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct slip_decoder d;
	bool complete = false;
	uint8_t byte;

	slip_decoder_init(&d, reply, CRYPTECH_RPC_MESSAGE_MAX);
	while (!complete) {
		if (poll(&p, 1, BOX_DEADLINE_MS) != 1 ||
		    recv(fd, &byte, 1, 0) != 1)
			return 0;
		slip_decode(&d, &byte, 1, &complete);
	}
	return d.len;
}

size_t make_request(uint8_t *request, uint32_t function, uint32_t client,
		    const void *arguments, size_t len)
{
	struct xdr_writer w;
	uint8_t *rest;

	xdr_writer_init(&w, request, CRYPTECH_RPC_MESSAGE_MAX);
	xdr_put_u32(&w, function);
	xdr_put_u32(&w, client);
	rest = xdr_put_raw(&w, len);
	if (rest && len)
		memcpy(rest, arguments, len);
	return xdr_written(&w);
}

uint32_t word_at(const uint8_t *message, size_t offset)
{
	struct xdr_reader r;

	xdr_reader_init(&r, message + offset, 4);
	return xdr_get_u32(&r);
}

/* --- the mailbox --------------------------------------------------------- */

static bool receive_word(int s, int64_t *word, int *fd)
{
	struct pollfd p = { .fd = s, .events = POLLIN };
	struct iovec iov = { word, sizeof(*word) };
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;

	*fd = -1;
	if (poll(&p, 1, BOX_DEADLINE_MS) != 1 ||
	    recvmsg(s, &msg, MSG_CMSG_CLOEXEC) != sizeof(*word))
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (c)
		memcpy(fd, CMSG_DATA(c), sizeof(int));
	return true;
}

bool host_connect(struct host *h, const char *path)
{
	int fds[3 + 2 * CRYPTECH_MAILBOX_VECTORS];

	*h = (struct host){ .fd = socket_connect(path) };
	if (h->fd < 0)
		return false;
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (!receive_word(h->fd, &h->greeting[i], &fds[i])) {
			close(h->fd);
			return false;
		}
	}
	h->memory_fd = fds[2];
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++) {
		h->hsm_bell[i] = fds[3 + i];
		h->bell[i] = fds[3 + CRYPTECH_MAILBOX_VECTORS + i];
	}
	h->memory = mmap(NULL, CRYPTECH_MAILBOX_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, h->memory_fd, 0);
	h->hsm = (void *)(h->memory + CRYPTECH_MAILBOX_HSM);
	h->page = (void *)(h->memory + CRYPTECH_MAILBOX_HOST);
	h->requests = (void *)(h->memory + CRYPTECH_MAILBOX_REQUESTS);
	h->completions = (void *)(h->memory + CRYPTECH_MAILBOX_COMPLETIONS);
	return true;
}

void host_leave(struct host *h)
{
	munmap(h->memory, CRYPTECH_MAILBOX_SIZE);
	close(h->memory_fd);
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++) {
		close(h->hsm_bell[i]);
		close(h->bell[i]);
	}
	close(h->fd);
}

static void ring(struct host *h, unsigned int vector)
{
	uint64_t one = 1;

	if (write(h->hsm_bell[vector], &one, 8) != 8)
		abort();
}

void host_ask_epoch(struct host *h, uint32_t epoch)
{
	memset(h->requests, 0,
	       CRYPTECH_MAILBOX_RING * sizeof(*h->requests));
	h->submitted = 0;
	h->completed = 0;
	__atomic_store_n(&h->page->epoch, epoch, __ATOMIC_RELEASE);
	ring(h, CRYPTECH_MAILBOX_VECTOR_ATTN);
}

bool host_wait_bell(struct host *h, unsigned int vector)
{
	struct pollfd p = { .fd = h->bell[vector], .events = POLLIN };
	uint64_t count;

	return poll(&p, 1, BOX_DEADLINE_MS) == 1 &&
	       read(h->bell[vector], &count, 8) == 8;
}

void host_clear_bell(struct host *h, unsigned int vector)
{
	uint64_t count;

	while (read(h->bell[vector], &count, 8) == 8)
		;
}

bool host_epoch(struct host *h, uint32_t epoch)
{
	host_ask_epoch(h, epoch);
	while (__atomic_load_n(&h->hsm->epoch, __ATOMIC_ACQUIRE) != epoch) {
		if (!host_wait_bell(h, CRYPTECH_MAILBOX_VECTOR_ATTN))
			return false;
		/* An HSM has come meanwhile, and has not heard us. */
		if (!h->hsm->epoch)
			ring(h, CRYPTECH_MAILBOX_VECTOR_ATTN);
	}
	return true;
}

static void publish(struct host *h, uint64_t seq, uint64_t call, uint32_t slot,
		    uint32_t length)
{
	struct cryptech_mailbox_entry *e =
		&h->requests[++h->submitted % CRYPTECH_MAILBOX_RING];

	e->call = call;
	e->slot = slot;
	e->length = length;
	__atomic_store_n(&e->seq, seq, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void host_publish(struct host *h, uint64_t seq, uint64_t call, uint32_t slot,
		  uint32_t length)
{
	publish(h, seq, call, slot, length);
	ring(h, CRYPTECH_MAILBOX_VECTOR_RING);
}

void host_submit(struct host *h, uint32_t slot, uint64_t call,
		 const void *request, size_t len)
{
	memcpy(h->memory + CRYPTECH_MAILBOX_REQUEST_SLOTS +
	       slot * CRYPTECH_MAILBOX_SLOT_SIZE, request, len);
	publish(h, h->submitted + 1, call, slot, len);
	if (__atomic_load_n(&h->hsm->wake, __ATOMIC_RELAXED)) {
		h->bells++;
		ring(h, CRYPTECH_MAILBOX_VECTOR_RING);
	}
}

bool host_poll(struct host *h, struct completion *c)
{
	uint64_t next = h->completed + 1;
	struct cryptech_mailbox_entry *e =
		&h->completions[next % CRYPTECH_MAILBOX_RING];

	if (__atomic_load_n(&e->seq, __ATOMIC_ACQUIRE) != next)
		return false;
	h->completed = next;
	*c = (struct completion){ e->call, e->slot, e->length };
	return true;
}

bool host_wait(struct host *h, struct completion *c)
{
	while (!host_poll(h, c)) {
		__atomic_store_n(&h->page->wake, 1, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (host_poll(h, c))
			break;
		if (!host_wait_bell(h, CRYPTECH_MAILBOX_VECTOR_RING))
			return false;
	}
	__atomic_store_n(&h->page->wake, 0, __ATOMIC_RELAXED);
	return true;
}

const uint8_t *host_reply(struct host *h, uint32_t slot)
{
	return h->memory + CRYPTECH_MAILBOX_REPLY_SLOTS +
	       slot * CRYPTECH_MAILBOX_SLOT_SIZE;
}
