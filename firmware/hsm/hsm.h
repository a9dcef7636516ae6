/* SPDX-License-Identifier: MIT */
/*
 * The HSM as its platform sees it: bytes of a request in, bytes of a reply
 * out.
 */
#ifndef HSM_HSM_H
#define HSM_HSM_H

#include <cryptech/rpc.h>

#include "../platform/platform.h"

#define HSM_PORTS	7	/* ports 0 to HSM_PORTS - 1 */
#define HSM_PORT_SOCKET	0
#define HSM_PORT_MAILBOX 1	/* to 3: a mailbox's epochs use them in turn */
#define HSM_PORT_LINE	4	/* to 6: a line's sessions likewise */

struct hsm;

struct hsm_config {
	bool libhal_compat;	/* see security rules in threat-model.rst */
	bool durable;		/* status only: DURABILITY storage */
	unsigned int clients;	/* a port; 0: the default, 1,024 */
	unsigned int handles;	/* a port; 0: the default, 4,096 */
	unsigned int pin_iterations; /* PBKDF2; 0: the default */
	unsigned int slots;	/* keys there may be in flash, and as many in
				 * memory; 0: no limit but those of the parts */
};

/*
 * Start: mounts the keystore, makes a master key, a serial number and a
 * factory wheel PIN where there are none, reads every key's record once.
 * @platform must outlive the HSM. NULL on failure, with a line in the log that
 * says why and what to do.
 */
struct hsm *hsm_start(const struct platform *platform,
		      const struct hsm_config *config);
/* Wipe all secrets and free. No call may be running. */
void hsm_stop(struct hsm *hsm);

/*
 * Serve one request of @len bytes and write its reply, at most
 * CRYPTECH_RPC_MESSAGE_MAX bytes, to @reply. Returns the reply's length; 0:
 * none (the request is shorter than 8 bytes). The client word is taken from
 * the request; whoever calls has put the right one in.
 *
 * May be called by many threads at once; may sleep; takes seconds for LONG
 * functions (hsm_cost), during which other calls go on. @request must not
 * change meanwhile.
 */
size_t hsm_call(struct hsm *hsm, unsigned int port, const uint8_t *request,
		size_t len, uint8_t *reply);

/* The cost class of a request, for choosing a thread; short ones: INLINE. */
enum cryptech_cost hsm_cost(const uint8_t *request, size_t len);

/* A client is gone: logged out, its handles and volatile keys dropped. */
void hsm_client_gone(struct hsm *hsm, unsigned int port, uint32_t client);

/* All clients of a port are gone. */
void hsm_port_gone(struct hsm *hsm, unsigned int port);

#endif /* HSM_HSM_H */
