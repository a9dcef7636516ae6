/* SPDX-License-Identifier: MIT */
/*
 * Which HSM, and as whom.
 *
 * A session is an open, logged-in descriptor. `cryptech login` makes one and
 * hands it down ($CRYPTECH_FD); without it each subcommand opens the device
 * and logs in by itself.
 */
#ifndef TOOL_SESSION_H
#define TOOL_SESSION_H

#include "options.h"
#include "../../libcryptech/libcryptech.h"

#define SESSION_FD_VARIABLE	"CRYPTECH_FD"
#define SESSION_DEVICE_VARIABLE	"CRYPTECH_DEVICE"

/* Set by the options below. */
extern struct session_options {
	const char *device, *role;
} session_options;

#define OPTIONS_DEVICE							\
	OPT_TEXT("device", 'd', "N", &session_options.device,		\
		 "use /dev/cryptechN")
#define OPTIONS_LOGIN							\
	OPTIONS_DEVICE,							\
	OPT_TEXT("role", 'r', "ROLE", &session_options.role,		\
		 "log in as user, so or wheel"),			\
	OPTIONS_PIN

/*
 * Open the HSM that the user means; does not log in. @inherit: take the
 * session in $CRYPTECH_FD if there is one. Ends the process on failure.
 */
struct cryptech *session_open(bool inherit);

/*
 * The inherited session, or one that is logged in as --role (@role if it was
 * not given), asking for the PIN. Ends the process on failure.
 */
struct cryptech *session_login(uint32_t role);

/* Log @hsm in, asking for the PIN of the role as session_login() does. */
void session_authenticate(struct cryptech *hsm, uint32_t role);

/* Does the open session come from $CRYPTECH_FD? */
bool session_inherited(void);

/* --role, or @role if it was not given. */
uint32_t session_role(uint32_t role);

/* Is the factory wheel PIN in force? Seconds until a PIN may be tried? */
bool session_factory(struct cryptech *hsm);
uint64_t session_delay(struct cryptech *hsm);

/* The fewest bytes that the HSM takes as a new PIN of @user. */
size_t session_pin_min(struct cryptech *hsm, uint32_t user);

/* N of /dev/cryptechN */
uint32_t session_index(struct cryptech *hsm);

#endif /* TOOL_SESSION_H */
