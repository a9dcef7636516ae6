// SPDX-License-Identifier: MIT
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"
#include "pin.h"
#include "session.h"

struct session_options session_options;

static bool inherited;
static uint32_t login_role;	/* of the last PIN that was tried */

bool session_inherited(void)
{
	return inherited;
}

uint32_t session_role(uint32_t role)
{
	if (session_options.role &&
	    cryptech_user_parse(session_options.role, &role))
		fail_usage("no role %s: user, so or wheel",
			   session_options.role);
	return role;
}

uint32_t session_index(struct cryptech *hsm)
{
	struct cryptech_info info;
	int ret = cryptech_get_info(hsm, &info);

	if (ret)
		fail_call(hsm, ret, "cannot ask for the device's number");
	return info.index;
}

/* --device or $CRYPTECH_DEVICE */
static int wanted_index(void)
{
	const char *text = session_options.device;
	const char *what = "--device";

	if (!text) {
		text = getenv(SESSION_DEVICE_VARIABLE);
		what = "$" SESSION_DEVICE_VARIABLE;
	}
	return text && *text ? (int)options_number(what, text, 0, 0xffff) :
			       CRYPTECH_DEVICE_ANY;
}

static struct cryptech *open_inherited(const char *text)
{
	int index = wanted_index();
	struct cryptech *hsm;
	int ret, fd;

	fd = options_number("$" SESSION_FD_VARIABLE, text, 0, INT_MAX);
	inherited = true;
	ret = cryptech_use_fd(&hsm, fd);
	if (ret == -ENODEV)
		fail(EXIT_NO_DEVICE, "the HSM was restarted since this session "
		     "began: leave it and run `cryptech login` again");
	if (ret)
		fail(EXIT_NO_DEVICE, "$" SESSION_FD_VARIABLE "=%d is not an "
		     "open HSM: unset it, or run `cryptech login` again (sudo "
		     "and some programs close it)", fd);
	if (session_options.device && (uint32_t)index != session_index(hsm))
		fail_usage("this session is on cryptech%u, not cryptech%d: "
			   "unset " SESSION_FD_VARIABLE " to leave it",
			   session_index(hsm), index);
	return hsm;
}

struct cryptech *session_open(bool inherit)
{
	const char *fd = getenv(SESSION_FD_VARIABLE);
	struct cryptech *hsm;
	int index, ret;

	if (inherit && fd && *fd)
		return open_inherited(fd);
	index = wanted_index();
	ret = cryptech_open(&hsm, index);
	if (ret && index != CRYPTECH_DEVICE_ANY)
		fail_call(NULL, ret, "cannot open /dev/cryptech%d", index);
	if (ret)
		fail_call(NULL, ret, "cannot open an HSM");
	return hsm;
}

void session_authenticate(struct cryptech *hsm, uint32_t role)
{
	struct pin pin;
	char what[64];
	int ret;

	login_role = session_role(role);
	snprintf(what, sizeof(what), "PIN of %s on cryptech%u",
		 cryptech_user_name(login_role), session_index(hsm));
	pin_read(&pin, what);
	ret = cryptech_login(hsm, login_role, pin.bytes, pin.len);
	pin_wipe(&pin);
	if (ret)
		fail_call(hsm, ret, "cannot log in as %s",
			  cryptech_user_name(login_role));
}

struct cryptech *session_login(uint32_t role)
{
	struct cryptech *hsm;

	role = session_role(role);	/* complain before anything happens */
	hsm = session_open(true);
	if (!inherited)
		session_authenticate(hsm, role);
	return hsm;
}

static bool in_mode(struct cryptech *hsm, uint64_t mode)
{
	struct cryptech_status status;

	if (cryptech_get_status(hsm, &status))
		return false;
	return cryptech_figure(&status, CRYPTECH_STATUS_MODE, 0) & mode;
}

bool session_factory(struct cryptech *hsm)
{
	return in_mode(hsm, CRYPTECH_MODE_FACTORY_PIN);
}

size_t session_pin_min(struct cryptech *hsm, uint32_t user)
{
	if (user == CRYPTECH_USER_NORMAL ||
	    in_mode(hsm, CRYPTECH_MODE_LIBHAL_COMPAT))
		return PIN_MIN;
	return PIN_MIN_ADMIN;
}

uint64_t session_delay(struct cryptech *hsm)
{
	static const uint32_t tags[] = {
		[CRYPTECH_USER_NONE] = CRYPTECH_STATUS_PIN_DELAY_KERNEL,
		[CRYPTECH_USER_NORMAL] = CRYPTECH_STATUS_PIN_DELAY_USER,
		[CRYPTECH_USER_SO] = CRYPTECH_STATUS_PIN_DELAY_SO,
		[CRYPTECH_USER_WHEEL] = CRYPTECH_STATUS_PIN_DELAY_WHEEL,
	};
	struct cryptech_status status;

	if (cryptech_get_status(hsm, &status))
		return 0;
	return cryptech_figure(&status, tags[login_role], 0);
}
