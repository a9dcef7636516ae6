// SPDX-License-Identifier: MIT
#include "ports.h"

#include <cryptech/slip.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "container.h"
#include "files.h"
#include "log.h"

#define CHUNK	4096

struct socket_port {
	struct source source;		/* of the listening socket */
	struct loop *loop;
	struct pool *pool;
	struct hsm *hsm;
	const char *path;
	int spare;			/* a descriptor to give up, see refuse() */
	uint32_t last_word;
	unsigned int connections;
	unsigned long refused;
	unsigned long too_long;
	struct connection *first;
};

/*
 * A connection does one thing at a time: it sends its reply, or a call of it
 * runs, or it reads the next request.
 */
struct connection {
	struct source source;
	struct job job;
	struct socket_port *port;
	struct connection *next;
	struct connection **link;	/* what points to us */
	uint32_t word;			/* its client */
	bool running;			/* its call is with the pool */
	bool dead;			/* hung up meanwhile */
	struct slip_decoder in;
	struct slip_encoder out;
	size_t chunk_len;		/* bytes read, not decoded yet ... */
	size_t chunk_at;		/* ... from here on */
	size_t out_len;			/* bytes encoded, not sent yet ... */
	size_t out_at;			/* ... from here on */
	size_t request_len;
	size_t reply_len;
	uint8_t chunk[CHUNK];
	uint8_t out_chunk[CHUNK];
	uint8_t request[CRYPTECH_RPC_MESSAGE_MAX];
	uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX];
};

static void connection_free(struct connection *c)
{
	struct socket_port *port = c->port;

	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	port->connections--;
	close(c->source.fd);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

/* The end of a connection of which no call is running. */
static void connection_end(struct connection *c)
{
	if (!c->dead)
		loop_remove(c->port->loop, &c->source);
	hsm_client_gone(c->port->hsm, HSM_PORT_SOCKET, c->word);
	connection_free(c);
}

/* --- calls --------------------------------------------------------------- */

static void call_run(struct job *job)
{
	struct connection *c = container_of(job, struct connection, job);

	c->reply_len = hsm_call(c->port->hsm, HSM_PORT_SOCKET, c->request,
				c->request_len, c->reply);
	explicit_bzero(c->request, c->request_len);
}

static void reply_begin(struct connection *c)
{
	if (c->reply_len)
		slip_encoder_init(&c->out, c->reply, c->reply_len);
}

static void connection_go_on(struct connection *c);

static void call_done(struct job *job)
{
	struct connection *c = container_of(job, struct connection, job);

	c->running = false;
	if (c->dead) {
		connection_end(c);
		return;
	}
	reply_begin(c);
	connection_go_on(c);
}

/* Serve the request that stands complete in c->request. */
static void call_begin(struct connection *c)
{
	enum cryptech_cost cost;

	c->request_len = c->in.len;
	if (c->request_len < CRYPTECH_RPC_REQUEST_MIN)
		return;		/* no reply to these */
	c->request[4] = c->word >> 24;
	c->request[5] = c->word >> 16;
	c->request[6] = c->word >> 8;
	c->request[7] = c->word;
	cost = hsm_cost(c->request, c->request_len);
	if (cost == CRYPTECH_COST_INLINE) {
		call_run(&c->job);
		reply_begin(c);
	} else {
		c->running = true;
		pool_submit(c->port->pool, cost, &c->job);
	}
}

/* --- input and output ---------------------------------------------------- */

/* The outcome of a step. */
enum step {
	STEP_DONE,		/* nothing (more) to do here */
	STEP_WAIT,		/* the socket has to become ready first */
	STEP_END,		/* the connection is over */
};

static enum step send_reply(struct connection *c)
{
	for (;;) {
		ssize_t n;

		if (c->out_at == c->out_len) {
			c->out_at = 0;
			c->out_len = slip_encode(&c->out, c->out_chunk, CHUNK);
		}
		if (!c->out_len) {
			explicit_bzero(c->reply, c->reply_len);
			c->reply_len = 0;
			return STEP_DONE;
		}
		n = send(c->source.fd, c->out_chunk + c->out_at,
			 c->out_len - c->out_at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? STEP_WAIT : STEP_END;
		c->out_at += n;
	}
}

/* Decode what was read; true: a request stands complete. */
static bool decode(struct connection *c)
{
	unsigned long dropped = c->in.dropped;
	bool complete = false;

	c->chunk_at += slip_decode(&c->in, c->chunk + c->chunk_at,
				   c->chunk_len - c->chunk_at, &complete);
	if (c->in.dropped != dropped)
		sim_log_few(&c->port->too_long,
			    "socket: dropped a frame of more than %d bytes",
			    CRYPTECH_RPC_MESSAGE_MAX);
	if (c->chunk_at == c->chunk_len) {
		explicit_bzero(c->chunk, c->chunk_len);
		c->chunk_at = 0;
		c->chunk_len = 0;
	}
	return complete;
}

static enum step read_chunk(struct connection *c)
{
	ssize_t n = recv(c->source.fd, c->chunk, CHUNK, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? STEP_WAIT : STEP_END;
	if (!n)
		return STEP_END;
	c->chunk_len = n;
	return STEP_DONE;
}

/* Serve what was read; most replies can be sent at once. */
static enum step serve(struct connection *c)
{
	if (decode(c))
		call_begin(c);
	return !c->running && c->reply_len ? send_reply(c) : STEP_DONE;
}

/*
 * Go on until something has to be waited for. After one request the others
 * get their turn: with more at hand, wait for the socket to be writable, as it
 * is right now.
 */
static void connection_go_on(struct connection *c)
{
	enum step step = c->reply_len ? send_reply(c) : STEP_DONE;
	uint32_t events = EPOLLIN;

	if (step == STEP_DONE && !c->chunk_len)
		step = read_chunk(c);
	if (step == STEP_DONE)
		step = serve(c);
	if (step == STEP_END) {
		connection_end(c);
		return;
	}
	if (c->running)
		events = 0;
	else if (c->reply_len || c->chunk_len)
		events = EPOLLOUT;
	loop_change(c->port->loop, &c->source, events);
}

static void connection_ready(struct source *source, uint32_t events)
{
	struct connection *c = container_of(source, struct connection, source);

	(void)events;
	if (!c->running) {
		connection_go_on(c);
		return;
	}
	/* A hang-up, for nothing else is watched: not to be told for ever. */
	loop_remove(c->port->loop, source);
	c->dead = true;
}

/* --- coming -------------------------------------------------------------- */

/* A word that no connection has. 0 is the multiplexer's own: ours. */
static uint32_t new_word(struct socket_port *port)
{
	struct connection *c;

	do {
		do
			port->last_word++;
		while (!port->last_word);
		for (c = port->first; c; c = c->next)
			if (c->word == port->last_word)
				break;
	} while (c);
	return port->last_word;
}

static void connection_new(struct socket_port *port, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		goto fail;
	c->source.fd = fd;
	c->source.ready = connection_ready;
	c->job.run = call_run;
	c->job.done = call_done;
	c->port = port;
	c->word = new_word(port);
	slip_decoder_init(&c->in, c->request, sizeof(c->request));
	if (loop_add(port->loop, &c->source, EPOLLIN))
		goto fail;
	c->next = port->first;
	c->link = &port->first;
	if (c->next)
		c->next->link = &c->next;
	port->first = c;
	port->connections++;
	return;
fail:
	sim_log_few(&port->refused, "no memory for a connection");
	free(c);
	close(fd);
}

/* Without a descriptor to accept with, the peer would wait for ever, and we
 * would be told of it for ever: give up the spare one for a moment. */
static void refuse(struct socket_port *port)
{
	int fd;

	close(port->spare);
	fd = accept4(port->source.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	port->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sim_log_few(&port->refused, "socket: too many open files");
}

static void listener_ready(struct source *source, uint32_t events)
{
	struct socket_port *port = container_of(source, struct socket_port,
						source);
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE)
			refuse(port);
		return;
	}
	if (port->connections < SOCKET_CONNECTIONS) {
		connection_new(port, fd);
		return;
	}
	sim_log_few(&port->refused, "socket: more than %d connections",
		    SOCKET_CONNECTIONS);
	close(fd);
}

struct socket_port *socket_port_open(struct loop *loop, struct pool *pool,
				     struct hsm *hsm, const char *path)
{
	struct socket_port *port = calloc(1, sizeof(*port));
	int lock;

	if (!port)
		return NULL;
	port->loop = loop;
	port->pool = pool;
	port->hsm = hsm;
	port->path = path;
	port->source.ready = listener_ready;
	/* As libhal's multiplexer begins: not the words of the run before. */
	port->last_word = (uint32_t)time(NULL) << 4;
	port->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	lock = folder_lock(path);
	port->source.fd = lock < 0 ? -1 : unix_listen(path, SOCK_STREAM);
	if (port->source.fd >= 0 &&
	    !loop_add(loop, &port->source, EPOLLIN)) {
		close(lock);
		return port;
	}
	sim_log_errno("cannot listen on %s", path);
	if (lock >= 0)
		close(lock);
	free(port);
	return NULL;
}

void socket_port_close(struct socket_port *port)
{
	while (port->first)
		connection_free(port->first);
	loop_remove(port->loop, &port->source);
	unlink(port->path);
	close(port->source.fd);
	close(port->spare);
	free(port);
}
