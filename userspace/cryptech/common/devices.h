/* SPDX-License-Identifier: MIT */
/* Other HSMs: what people compare, and whether they are approved. */
#ifndef TOOL_DEVICES_H
#define TOOL_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../libcryptech/libcryptech.h"

struct identity {
	uint8_t serial[16];
	uint8_t fingerprint[32];
	size_t spki_len;
	uint8_t spki[512];	/* of its attestation key */
};

/* Of the HSM that is open. Failure ends the process. */
void identity_get(struct cryptech *hsm, struct identity *id);

/* The fingerprint from the rest. False: libcrypto failed. */
bool identity_fingerprint(struct identity *id);

/* In groups that can be read out: "0123 4567 ...". Static memory. */
const char *fingerprint_text(const uint8_t fingerprint[32]);

/*
 * Call @each for all approved devices until it answers false. Failure ends the
 * process.
 */
void devices_each(struct cryptech *hsm,
		  bool (*each)(const struct cryptech_approved *device,
			       void *context),
		  void *context);

/* End the process with words unless this device is approved here. */
void devices_check(struct cryptech *hsm, const uint8_t serial[16]);

#endif /* TOOL_DEVICES_H */
