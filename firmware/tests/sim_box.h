/* SPDX-License-Identifier: MIT */
/* For tests of the simulator: a folder of their own, processes in it, and
 * their other side: a client of the socket, a host of the mailbox. */
#ifndef TESTS_SIM_BOX_H
#define TESTS_SIM_BOX_H

#include <cryptech/mailbox.h>
#include <cryptech/rpc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Nothing here takes that long; whoever waits longer has failed. */
#define BOX_DEADLINE_MS	20000

/* --- the folder ---------------------------------------------------------- */

/* Make a folder and go there; it is removed by box_close(). */
void box_open(void);
void box_close(void);
/* Print, if asked to, what the programs have logged since the last time. */
void box_show_log(bool print);
/* End all of this process's descendants, however deep. */
void box_kill_all(void);
/* A child of a process; -1: it has none. */
pid_t box_child_of(pid_t pid);

/*
 * box_start(status, program, argument...): start a program from the folder of
 * this test, with arguments up to the first NULL, and wait for its line
 * "ready". 0: it ended before that; *status is how.
 */
#define box_start(status, ...) \
	box_start_argv((status), (const char *[]){ __VA_ARGS__, NULL })
pid_t box_start_argv(int *status, const char *const *words);
/* Send a signal and wait for the end: the exit status as of waitpid(). */
int box_end(pid_t pid, int signal);

/* --- the socket ---------------------------------------------------------- */

int socket_connect(const char *path);
void socket_write(int fd, const void *data, size_t len);
/* Send a request in a SLIP frame. */
void socket_send(int fd, const void *request, size_t len);
/* The next frame's bytes; its length, 0 at the end of the stream or after
 * the deadline. */
size_t socket_receive(int fd, uint8_t reply[CRYPTECH_RPC_MESSAGE_MAX]);

/* A request: function, client word, @len bytes of arguments. Returns its
 * length. */
size_t make_request(uint8_t *request, uint32_t function, uint32_t client,
		    const void *arguments, size_t len);
uint32_t word_at(const uint8_t *message, size_t offset);

/* --- the mailbox --------------------------------------------------------- */

struct host {
	int fd;			/* to the ivshmem server */
	uint8_t *memory;
	int memory_fd;
	int hsm_bell[CRYPTECH_MAILBOX_VECTORS];
	int bell[CRYPTECH_MAILBOX_VECTORS];
	int64_t greeting[3 + 2 * CRYPTECH_MAILBOX_VECTORS];
	struct cryptech_mailbox_hsm *hsm;
	struct cryptech_mailbox_host *page;
	struct cryptech_mailbox_entry *requests;
	struct cryptech_mailbox_entry *completions;
	uint64_t submitted;	/* entries of this epoch */
	uint64_t completed;
	unsigned long bells;	/* times we rang for requests */
};

struct completion {
	uint64_t call;
	uint32_t slot;
	uint32_t length;
};

/* Connect as QEMU does. False: the server let us go. */
bool host_connect(struct host *h, const char *path);
void host_leave(struct host *h);
/* Ask for an epoch, as the protocol has it, and do not wait. */
void host_ask_epoch(struct host *h, uint32_t epoch);
/* The same and wait until it is in force. */
bool host_epoch(struct host *h, uint32_t epoch);
/* Wait until an event of a vector (then it is cleared). */
bool host_wait_bell(struct host *h, unsigned int vector);
void host_clear_bell(struct host *h, unsigned int vector);
/* Write a request and publish it, ringing if the HSM sleeps. */
void host_submit(struct host *h, uint32_t slot, uint64_t call,
		 const void *request, size_t len);
/* Publish an entry as it is given; rings always. */
void host_publish(struct host *h, uint64_t seq, uint64_t call, uint32_t slot,
		  uint32_t length);
/* The next completion if it is there. */
bool host_poll(struct host *h, struct completion *c);
/* Sleep for it by the rules. */
bool host_wait(struct host *h, struct completion *c);
const uint8_t *host_reply(struct host *h, uint32_t slot);

uint64_t box_now_ms(void);

#endif /* TESTS_SIM_BOX_H */
