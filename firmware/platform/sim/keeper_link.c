// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "container.h"
#include "files.h"
#include "keeper.h"
#include "keeper_fds.h"
#include "log.h"

/* A keeper that says nothing for so long (seconds) is broken. */
#define PATIENCE	10
#define ATTEMPTS	5

/* --- starting a keeper --------------------------------------------------- */

static int add_fd(posix_spawn_file_actions_t *actions, int fd, int as)
{
	return posix_spawn_file_actions_adddup2(actions, fd, as);
}

/*
 * It is a program started anew, not a fork of this process: so it has nothing
 * of our memory, whenever it is started.
 */
static int spawn(const char *path, int host_listener, int hsm_listener,
		 int link)
{
	char *argv[] = { "cryptech-keeper", KEEPER_OPTION, (char *)path, NULL };
	char *envp[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, pipe;
	int err;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID |
				 POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &pipe);
	posix_spawn_file_actions_init(&actions);
	err = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
					       O_RDWR, 0);
	err = err ?: add_fd(&actions, 0, 1);
	err = err ?: add_fd(&actions, 0, 2);
	err = err ?: add_fd(&actions, host_listener, KEEPER_FD_HOST_LISTENER);
	err = err ?: add_fd(&actions, hsm_listener, KEEPER_FD_HSM_LISTENER);
	err = err ?: add_fd(&actions, link, KEEPER_FD_HSM);
	err = err ?: posix_spawn(&(pid_t){ 0 }, "/proc/self/exe", &actions,
				 &attr, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	errno = err;
	return err ? -1 : 0;
}

/* Above all numbers that the keeper gets, lest one overwrites another. */
static int move_up(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, KEEPER_FD_END);

	if (fd >= 0)
		close(fd);
	return high;
}

/* Returns our end of the link. The folder is locked. */
static int start_keeper(const char *path, const char *hsm_path)
{
	int host = move_up(unix_listen(path, SOCK_STREAM));
	int hsm = -1;
	int pair[2] = { -1, -1 };
	int ret = -1;

	if (host < 0) {
		sim_log_errno("cannot listen on %s", path);
		return -1;
	}
	hsm = move_up(unix_listen(hsm_path, SOCK_SEQPACKET));
	if (hsm < 0) {
		sim_log_errno("cannot listen on %s", hsm_path);
		goto out;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		goto out;
	pair[0] = move_up(pair[0]);
	pair[1] = move_up(pair[1]);
	if (pair[0] < 0 || pair[1] < 0)
		goto out;
	ret = spawn(path, host, hsm, pair[1]);
	if (ret)
		sim_log_errno("cannot start the mailbox's keeper");
out:
	close(host);
	if (hsm >= 0)
		close(hsm);
	if (pair[1] >= 0)
		close(pair[1]);
	if (ret && pair[0] >= 0)
		close(pair[0]);
	if (ret)
		unlink(path);
	return ret ? -1 : pair[0];
}

/* A keeper that ended has this process as its parent, or nobody. */
static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int connect_keeper(const char *path)
{
	char *hsm_path;
	int lock, fd;

	reap();
	if (asprintf(&hsm_path, "%s" KEEPER_SUFFIX, path) < 0)
		return -1;
	lock = folder_lock(path);
	if (lock < 0) {
		sim_log_errno("cannot lock the folder of %s", path);
		free(hsm_path);
		return -1;
	}
	fd = unix_connect(hsm_path, SOCK_SEQPACKET);
	if (fd < 0 && (errno == ECONNREFUSED || errno == ENOENT))
		fd = start_keeper(path, hsm_path);
	else if (fd < 0)
		sim_log_errno("cannot connect to %s", hsm_path);
	close(lock);
	free(hsm_path);
	if (fd >= 0 && !unix_peer_allowed(fd)) {
		sim_log("the keeper of %s is another user's", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* --- news ---------------------------------------------------------------- */

/* The descriptors of a message; returns how many. */
static size_t take_fds(struct msghdr *msg, int fds[KEEPER_FDS])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	size_t n;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	return n;
}

/* The next news: an enum keeper_news; 0: none yet; -1: the link is dead. */
static int receive(int fd, int flags, struct mailbox_fds *mailbox)
{
	struct keeper_message message;
	struct iovec iov = { .iov_base = &message, .iov_len = sizeof(message) };
	union {
		char bytes[CMSG_SPACE(KEEPER_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	int fds[KEEPER_FDS];
	ssize_t len = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
	size_t n;

	if (len < 0 && (errno == EINTR || errno == EAGAIN) &&
	    flags & MSG_DONTWAIT)
		return 0;
	if (!len)
		errno = ECONNRESET;
	if (len <= 0)
		return -1;
	n = take_fds(&msg, fds);
	if (len == sizeof(message) && message.magic == KEEPER_MAGIC &&
	    n == (message.news == KEEPER_MAILBOX ? KEEPER_FDS : 0) &&
	    !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (n)
			keeper_fds_unpack(mailbox, fds);
		return message.news;
	}
	while (n)
		close(fds[--n]);
	errno = EPROTO;
	return -1;
}

static int serve_news(struct keeper_link *link, int news,
		      const struct mailbox_fds *fds)
{
	switch (news) {
	case KEEPER_MAILBOX:
		if (!mailbox_attach(link->mailbox, fds))
			return 0;
		sim_log_errno("cannot use the memory of mailbox %s",
			      link->path);
		return -1;
	case KEEPER_HOST_CAME:
		sim_log("a virtual machine is at mailbox %s", link->path);
		return 0;
	case KEEPER_BUSY:
		sim_log("another HSM serves mailbox %s; end that one, or take "
			"another path", link->path);
		return -1;
	default:
		return news;
	}
}

static void news_ready(struct source *source, uint32_t events);

/* The first news of a new link, or -1. */
static int open_once(struct keeper_link *link, struct mailbox_fds *fds)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	int news;

	link->source.fd = connect_keeper(link->path);
	if (link->source.fd < 0)
		return -1;
	setsockopt(link->source.fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	news = receive(link->source.fd, 0, fds);
	if (news == -1)
		close(link->source.fd);
	return news;
}

int keeper_link_open(struct keeper_link *link, struct loop *loop,
		     const char *path, struct mailbox *mailbox)
{
	struct mailbox_fds fds;
	int news = -1;

	*link = (struct keeper_link){
		.source.ready = news_ready,
		.loop = loop, .path = path, .mailbox = mailbox,
	};
	/* A keeper that is dying may still take us up, and hang up then. */
	for (int i = 0; i < ATTEMPTS && news == -1; i++) {
		news = open_once(link, &fds);
		if (news == -1 && (link->source.fd < 0 || errno == EAGAIN))
			break;
	}
	if (news == -1) {
		sim_log("no keeper for mailbox %s", path);
		return -1;
	}
	if (!serve_news(link, news, &fds) &&
	    !loop_add(loop, &link->source, EPOLLIN))
		return 0;
	close(link->source.fd);
	return -1;
}

void keeper_link_close(struct keeper_link *link)
{
	loop_remove(link->loop, &link->source);
	close(link->source.fd);
}

static void news_ready(struct source *source, uint32_t events)
{
	struct keeper_link *link = container_of(source, struct keeper_link,
						source);
	struct mailbox_fds fds;
	int news = receive(source->fd, MSG_DONTWAIT, &fds);

	(void)events;
	if (news != -1 && !serve_news(link, news, &fds))
		return;
	keeper_link_close(link);
	if (news == -1) {
		sim_log("lost the keeper of mailbox %s: a virtual machine that "
			"used it has to be started again", link->path);
		if (!keeper_link_open(link, link->loop, link->path,
				      link->mailbox))
			return;
	}
	link->lost = true;
	link->loop->stop = true;
}
