// SPDX-License-Identifier: MIT
#include "ports.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "container.h"
#include "line.h"
#include "log.h"

#define CHUNK	4096

_Static_assert(HSM_PORT_LINE + LINE_BANKS <= HSM_PORTS,
	       "a port for each bank");

struct pty_port {
	struct source source;		/* of the master */
	struct loop *loop;
	struct pool *pool;
	struct hsm *hsm;
	/*
	 * The other end: kept open, so that the pty outlives whoever opens
	 * and closes it, with its settings.
	 */
	int slave;
	const char *link;		/* NULL: none */
	char name[64];
	struct line line;
	size_t in_len, in_at;		/* read, not taken yet */
	size_t out_len, out_at;		/* to be written */
	uint8_t in[CHUNK];
	uint8_t out[CHUNK];
};

struct pty_job {
	struct job job;
	struct pty_port *port;
	struct line_call *call;
};

/* --- calls --------------------------------------------------------------- */

static void call_run(struct job *job)
{
	struct pty_job *mine = container_of(job, struct pty_job, job);
	struct line_call *call = mine->call;
	struct pty_port *port = mine->port;

	if (line_call_current(&port->line, call))
		call->reply_len = hsm_call(port->hsm,
					   HSM_PORT_LINE + call->bank,
					   call->request, call->request_len,
					   call->reply);
}

static void pty_go_on(struct pty_port *port);

static void call_done(struct job *job)
{
	struct pty_job *mine = container_of(job, struct pty_job, job);
	struct pty_port *port = mine->port;

	line_answer(&port->line, mine->call);
	free(mine);
	pty_go_on(port);
}

static void request(void *data, struct line_call *call)
{
	enum cryptech_cost cost = hsm_cost(call->request, call->request_len);
	struct pty_port *port = data;
	struct pty_job here = { .port = port, .call = call };
	struct pty_job *job = NULL;

	if (cost != CRYPTECH_COST_INLINE)
		job = malloc(sizeof(*job));
	if (!job) {	/* or there is no memory: then it has to wait */
		call_run(&here.job);
		line_answer(&port->line, call);
		return;
	}
	*job = here;
	job->job.run = call_run;
	job->job.done = call_done;
	pool_submit(port->pool, cost, &job->job);
}

static void reset(void *data, unsigned int bank)
{
	struct pty_port *port = data;

	hsm_port_gone(port->hsm, HSM_PORT_LINE + bank);
}

static const struct line_ops ops = { .request = request, .reset = reset };

/* --- input and output ---------------------------------------------------- */

/* Write what there is; true if the line takes no more for now. */
static bool write_out(struct pty_port *port)
{
	for (;;) {
		ssize_t n;

		if (port->out_at == port->out_len) {
			explicit_bzero(port->out, port->out_len);
			port->out_at = 0;
			port->out_len = line_give(&port->line, port->out,
						  CHUNK);
		}
		if (!port->out_len)
			return false;
		n = write(port->source.fd, port->out + port->out_at,
			  port->out_len - port->out_at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return true;
		port->out_at += n;
	}
}

/* Take what was read; true if all of it was. */
static bool take_in(struct pty_port *port)
{
	port->in_at += line_take(&port->line, port->in + port->in_at,
				 port->in_len - port->in_at);
	if (port->in_at < port->in_len)
		return false;
	explicit_bzero(port->in, port->in_len);
	port->in_at = 0;
	port->in_len = 0;
	return true;
}

/* Serve what is at hand, write answers, and wait for what there is to wait
 * for. */
static void pty_go_on(struct pty_port *port)
{
	uint32_t events = 0;

	if (take_in(port))
		events |= EPOLLIN;
	if (write_out(port))
		events |= EPOLLOUT;
	/* writing may have made room for bare calls */
	if (!(events & EPOLLIN) && line_open_for_more(&port->line))
		events |= EPOLLOUT;
	loop_change(port->loop, &port->source, events);
}

static void pty_ready(struct source *source, uint32_t events)
{
	struct pty_port *port = container_of(source, struct pty_port, source);

	if (events & EPOLLIN && !port->in_len) {
		ssize_t n = read(source->fd, port->in, CHUNK);

		port->in_len = n > 0 ? n : 0;
	}
	pty_go_on(port);
}

/* --- open and close ------------------------------------------------------ */

/* A pty of which both ends are open. The other one is raw: nothing echoes. */
static int open_pty(struct pty_port *port)
{
	struct termios raw;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	port->source.fd = fd;
	if (fd < 0 || grantpt(fd) || unlockpt(fd) ||
	    ptsname_r(fd, port->name, sizeof(port->name)) ||
	    fcntl(fd, F_SETFL, O_NONBLOCK))
		return -1;
	port->slave = open(port->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (port->slave < 0 || fchmod(port->slave, 0600) ||
	    tcgetattr(port->slave, &raw))
		return -1;
	cfmakeraw(&raw);
	raw.c_cflag |= CLOCAL;
	return tcsetattr(port->slave, TCSANOW, &raw);
}

/* Put a link to the pty at @path, at once in the place of one that is there. */
static int make_link(const char *name, const char *path)
{
	char new[PATH_MAX];
	struct stat st;

	if (!lstat(path, &st) && !S_ISLNK(st.st_mode)) {
		errno = EEXIST;
		return -1;
	}
	if (snprintf(new, sizeof(new), "%s.%d", path, (int)getpid()) >=
	    (int)sizeof(new)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (symlink(name, new))
		return -1;
	if (!rename(new, path))
		return 0;
	unlink(new);
	return -1;
}

/* Take our link away; it may be another's by now. */
static void remove_link(const struct pty_port *port)
{
	char name[sizeof(port->name) + 1];
	ssize_t n;

	if (!port->link)
		return;
	n = readlink(port->link, name, sizeof(name) - 1);
	if (n < 0)
		return;
	name[n] = 0;
	if (!strcmp(name, port->name))
		unlink(port->link);
}

static void pty_free(struct pty_port *port)
{
	if (port->slave >= 0)
		close(port->slave);
	if (port->source.fd >= 0)
		close(port->source.fd);
	explicit_bzero(port, sizeof(*port));
	free(port);
}

struct pty_port *pty_port_open(struct loop *loop, struct pool *pool,
			       struct hsm *hsm, const char *link)
{
	struct pty_port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->loop = loop;
	port->pool = pool;
	port->hsm = hsm;
	port->slave = -1;
	port->source.ready = pty_ready;
	line_open(&port->line, &ops, port);
	if (open_pty(port)) {
		sim_log_errno("cannot make a pty");
		goto fail;
	}
	if (link && make_link(port->name, link)) {
		sim_log_errno("cannot make the link %s", link);
		goto fail;
	}
	port->link = link;
	if (loop_add(loop, &port->source, EPOLLIN)) {
		sim_log_errno("cannot watch the pty");
		remove_link(port);
		goto fail;
	}
	return port;
fail:
	pty_free(port);
	return NULL;
}

const char *pty_port_name(const struct pty_port *port)
{
	return port->name;
}

void pty_port_close(struct pty_port *port)
{
	loop_remove(port->loop, &port->source);
	line_close(&port->line);
	remove_link(port);
	pty_free(port);
}
