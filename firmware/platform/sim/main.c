// SPDX-License-Identifier: MIT
/* cryptech-hsm: the HSM as a Linux process. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "container.h"
#include "fpga.h"
#include "log.h"
#include "options.h"
#include "ports.h"
#include "state.h"

/* Calls that still run when we are told to end may take so long. */
#define LAST_CALLS_MS	2000

#define PATIENT_THREADS	4	/* for key generation, PIN checks */

struct server {
	struct options options;
	struct state state;
	struct fpga_port fpga;
	struct loop loop;
	struct source signals;
	struct pool *pool;
	struct hsm *hsm;
	struct socket_port *socket;
	struct mailbox_port mailbox;
	struct pty_port *pty;
};

/* --- hardening ----------------------------------------------------------- */

/* Locking all memory may fail, and so may every allocation later, if there is
 * a limit: then swap should be encrypted. */
static void lock_memory(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (!getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur == RLIM_INFINITY &&
	    !mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return;
	sim_log("memory cannot be locked (ulimit -l): "
		"secrets could get into swap space");
}

static void raise_open_files(void)
{
	struct rlimit limit;
	const rlim_t wanted = SOCKET_CONNECTIONS + 64;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void harden(void)
{
	const struct rlimit no_core = { 0, 0 };

	umask(077);
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	lock_memory();
	raise_open_files();
}

/* --- start and end ------------------------------------------------------- */

static void signals_ready(struct source *source, uint32_t events)
{
	struct server *server = container_of(source, struct server, signals);
	struct signalfd_siginfo info;

	(void)events;
	if (read(source->fd, &info, sizeof(info)) == sizeof(info))
		server->loop.stop = true;
}

/* Before any thread is made, for they inherit what is blocked. */
static int watch_signals(struct server *server)
{
	sigset_t end;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &end, NULL);
	server->signals.ready = signals_ready;
	server->signals.fd = signalfd(-1, &end, SFD_CLOEXEC);
	if (server->signals.fd < 0)
		return -1;
	return loop_add(&server->loop, &server->signals, EPOLLIN);
}

static unsigned int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 64 ? 64 : n;
}

/* One call that waits does not hold up all others. */
static unsigned int work_threads(void)
{
	return cores() < 2 ? 2 : cores();
}

static int start_hsm(struct server *server)
{
	const struct hsm_config config = {
		.libhal_compat = server->options.libhal_compat,
		.durable = server->options.durable,
		.slots = server->options.slots,
	};

	if (loop_init(&server->loop) || watch_signals(server)) {
		sim_log_errno("cannot set up the event loop");
		return -1;
	}
	if (state_open(&server->state, &server->options))
		return -1;
	if (fpga_port_open(&server->fpga, &server->options, &server->state)) {
		state_close(&server->state);
		return -1;
	}
	server->pool = pool_start(&server->loop, work_threads(),
				  PATIENT_THREADS);
	if (!server->pool ||
	    state_start_background(&server->state, cores())) {
		sim_log_errno("cannot start threads");
		goto fail;
	}
	server->hsm = hsm_start(&server->state.platform, &config);
	if (server->hsm)
		return 0;
	state_stop_background(&server->state);
fail:
	if (server->pool)
		pool_stop(server->pool, LAST_CALLS_MS);
	fpga_port_close(&server->fpga);
	state_close(&server->state);
	return -1;
}

static int open_ports(struct server *server)
{
	const struct options *options = &server->options;

	if (options->socket) {
		server->socket = socket_port_open(&server->loop, server->pool,
						  server->hsm,
						  options->socket);
		if (!server->socket)
			return -1;
	}
	if (options->pty) {
		server->pty = pty_port_open(&server->loop, server->pool,
					    server->hsm, options->pty_link);
		if (!server->pty)
			return -1;
	}
	if (options->mailbox &&
	    mailbox_port_open(&server->mailbox, &server->loop, server->pool,
			      server->hsm, options->mailbox))
		return -1;
	return 0;
}

/*
 * What runs may end; then everything is wiped. A call that takes longer still
 * uses its keys: then the kernel has to take the memory away with us.
 */
static void end_server(struct server *server, bool mailbox_open)
{
	if (!pool_stop(server->pool, LAST_CALLS_MS)) {
		sim_log("a call was still running; it is lost");
		if (server->socket)
			unlink(server->options.socket);
		_exit(EXIT_SUCCESS);
	}
	if (mailbox_open)
		mailbox_port_close(&server->mailbox);
	if (server->pty)
		pty_port_close(server->pty);
	if (server->socket)
		socket_port_close(server->socket);
	hsm_stop(server->hsm);
	state_stop_background(&server->state);
	fpga_port_close(&server->fpga);
	state_close(&server->state);
}

int main(int argc, char **argv)
{
	static struct server server;
	bool failed;

	keeper_main(argc, argv);
	options_parse(&server.options, argc, argv);
	sim_log("a simulator: it guards nothing against root of this machine");
	harden();
	if (start_hsm(&server))
		return EXIT_FAILURE;
	if (open_ports(&server)) {
		end_server(&server, false);
		return EXIT_FAILURE;
	}
	if (server.pty)
		printf("pty %s\n", pty_port_name(server.pty));
	puts("ready");
	fflush(stdout);
	failed = loop_run(&server.loop) || server.mailbox.link.lost;
	end_server(&server, server.options.mailbox);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
