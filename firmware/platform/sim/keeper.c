// SPDX-License-Identifier: MIT
#include "keeper.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "files.h"
#include "keeper_fds.h"

#define IVSHMEM_VERSION	0

struct keeper {
	int folder;		/* of the sockets */
	char *name;		/* of QEMU's socket in it */
	char *hsm_name;		/* of the HSM's */
	int host_listener;
	int hsm_listener;
	int host;		/* QEMU, or -1 */
	int hsm;		/* or -1 */
	struct mailbox_fds fds;
};

/* --- memory and doorbells ------------------------------------------------ */

/* So that a driver which is there before any HSM knows its device. */
static int write_page(int memory)
{
	const struct cryptech_mailbox_hsm page = {
		.magic = htole64(CRYPTECH_MAILBOX_MAGIC),
		.version = htole32(CRYPTECH_MAILBOX_VERSION),
		.slots = htole32(CRYPTECH_MAILBOX_SLOTS),
	};

	return file_write(memory, &page, sizeof(page), CRYPTECH_MAILBOX_HSM);
}

static int mailbox_new(struct mailbox_fds *fds)
{
	fds->memory = memfd_create("cryptech-mailbox",
				   MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fds->memory < 0 || ftruncate(fds->memory, CRYPTECH_MAILBOX_SIZE) ||
	    /* Else QEMU could cut it, and we would die of SIGBUS. */
	    fcntl(fds->memory, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ||
	    write_page(fds->memory))
		return -1;
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++) {
		fds->hsm[i] = event_new();
		fds->host[i] = event_new();
		if (fds->hsm[i] < 0 || fds->host[i] < 0)
			return -1;
	}
	return 0;
}

/* --- talking ------------------------------------------------------------- */

/* Send @data with @n descriptors. Never waits: who does not read what it asked
 * for is cut off by the caller. */
static int send_fds(int fd, const void *data, size_t len, const int *fds,
		    size_t n)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	union {
		char bytes[CMSG_SPACE(KEEPER_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n) {
		struct cmsghdr *c = &control.align;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) ==
		(ssize_t)len ? 0 : -1;
}

/* One word of ivshmem's protocol; @fd -1: none goes with it. */
static int tell_host(int host, int64_t word, int fd)
{
	int64_t little_endian = htole64(word);

	return send_fds(host, &little_endian, sizeof(little_endian), &fd,
			fd >= 0);
}

static int greet_host(struct keeper *k, int host)
{
	if (tell_host(host, IVSHMEM_VERSION, -1) ||
	    tell_host(host, CRYPTECH_MAILBOX_PEER_HOST, -1) ||
	    tell_host(host, -1, k->fds.memory))
		return -1;
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++)
		if (tell_host(host, CRYPTECH_MAILBOX_PEER_HSM, k->fds.hsm[i]))
			return -1;
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++)
		if (tell_host(host, CRYPTECH_MAILBOX_PEER_HOST,
			      k->fds.host[i]))
			return -1;
	return 0;
}

static void tell_hsm(struct keeper *k, enum keeper_news news)
{
	const struct keeper_message message = {
		.magic = KEEPER_MAGIC, .news = news,
	};
	int fds[KEEPER_FDS];

	keeper_fds_pack(&k->fds, fds);
	if (k->hsm < 0 ||
	    !send_fds(k->hsm, &message, sizeof(message), fds,
		      news == KEEPER_MAILBOX ? KEEPER_FDS : 0))
		return;
	close(k->hsm);		/* it will come back, if it is well */
	k->hsm = -1;
}

/* --- who comes and goes -------------------------------------------------- */

static void hsm_comes(struct keeper *k)
{
	const struct keeper_message busy = {
		.magic = KEEPER_MAGIC, .news = KEEPER_BUSY,
	};
	int fd = accept4(k->hsm_listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (!unix_peer_allowed(fd)) {
		close(fd);
		return;
	}
	if (k->hsm >= 0) {
		send_fds(fd, &busy, sizeof(busy), NULL, 0);
		close(fd);
		return;
	}
	k->hsm = fd;
	tell_hsm(k, KEEPER_MAILBOX);
	if (k->host >= 0)
		tell_hsm(k, KEEPER_HOST_CAME);
}

static void host_comes(struct keeper *k)
{
	int fd = accept4(k->host_listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (k->host >= 0 || greet_host(k, fd)) {
		close(fd);
		return;
	}
	k->host = fd;
	tell_hsm(k, KEEPER_HOST_CAME);
}

/* Nobody says anything to us: what can be read is the end, or ignored. */
static bool has_left(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void host_leaves(struct keeper *k)
{
	close(k->host);
	k->host = -1;
	mailbox_fds_close(&k->fds);
	if (mailbox_new(&k->fds))
		exit(EXIT_FAILURE);	/* an HSM that is there starts another */
	tell_hsm(k, KEEPER_MAILBOX);
}

/*
 * Both are gone: take the sockets away and end. An HSM connects under the
 * folder's lock, so none can come between the last look and the removal.
 */
static void end_if_unwanted(struct keeper *k)
{
	struct pollfd waiting[2] = {
		{ .fd = k->hsm_listener, .events = POLLIN },
		{ .fd = k->host_listener, .events = POLLIN },
	};

	while (flock(k->folder, LOCK_EX) && errno == EINTR)
		;
	if (poll(waiting, 2, 0) == 0) {
		unlinkat(k->folder, k->name, 0);
		unlinkat(k->folder, k->hsm_name, 0);
		exit(EXIT_SUCCESS);
	}
	flock(k->folder, LOCK_UN);
}

static void serve(struct keeper *k)
{
	/* poll() ignores descriptors that are -1. Leaving is served before
	 * coming, so that who starts again is not in its own way. */
	struct pollfd fds[4] = {
		{ .fd = k->hsm, .events = POLLIN },
		{ .fd = k->host, .events = POLLIN },
		{ .fd = k->hsm_listener, .events = POLLIN },
		{ .fd = k->host_listener, .events = POLLIN },
	};

	if (poll(fds, 4, -1) < 0)
		return;
	if (fds[0].revents && has_left(k->hsm)) {
		close(k->hsm);
		k->hsm = -1;
	}
	if (fds[1].revents && has_left(k->host))
		host_leaves(k);
	if (fds[2].revents)
		hsm_comes(k);
	if (fds[3].revents)
		host_comes(k);
	if (k->hsm < 0 && k->host < 0)
		end_if_unwanted(k);
}

static int keeper_init(struct keeper *k, const char *path)
{
	char *copy = strdup(path);

	*k = (struct keeper){
		.host_listener = KEEPER_FD_HOST_LISTENER,
		.hsm_listener = KEEPER_FD_HSM_LISTENER,
		.hsm = KEEPER_FD_HSM,
		.host = -1,
	};
	if (!copy)
		return -1;
	k->folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	k->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : (char *)path;
	k->hsm_name = malloc(strlen(k->name) + sizeof(KEEPER_SUFFIX));
	if (k->folder < 0 || !k->hsm_name)
		return -1;
	strcpy(k->hsm_name, k->name);
	strcat(k->hsm_name, KEEPER_SUFFIX);
	return mailbox_new(&k->fds);
}

void keeper_main(int argc, char **argv)
{
	struct keeper k;

	if (argc != 3 || strcmp(argv[1], KEEPER_OPTION))
		return;
	prctl(PR_SET_DUMPABLE, 0);	/* PINs pass through the memory */
	close_range(KEEPER_FD_END, ~0u, 0);
	if (keeper_init(&k, argv[2]) || chdir("/"))
		exit(EXIT_FAILURE);
	tell_hsm(&k, KEEPER_MAILBOX);
	for (;;)
		serve(&k);
}
