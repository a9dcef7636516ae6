// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "fail.h"
#include "session.h"

const char *fail_command;

static void message(const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "cryptech: ");
	vfprintf(stderr, format, args);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	fprintf(stderr, "\n");
}

void fail(enum exit_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(code);
}

void fail_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	fprintf(stderr, "; see `cryptech %s%s--help`\n",
		fail_command ? fail_command : "", fail_command ? " " : "");
	exit(EXIT_USAGE);
}

void fail_openssl(const char *format, ...)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", reason ? reason : "libcrypto failed");
	exit(EXIT_FAILED);
}

enum exit_code exit_code_of(int ret)
{
	switch (-ret) {
	case 0:
		return EXIT_OK;
	case ENODEV:
	case ENOTUNIQ:
		return EXIT_NO_DEVICE;
	case EACCES:
	case EPERM:
		return EXIT_DENIED;
	case ENOKEY:
		return EXIT_NO_KEY;
	case EKEYREJECTED:
		return EXIT_BAD_SIGNATURE;
	case EAGAIN:
		return EXIT_LATER;
	case ETIMEDOUT:
	case EREMOTEIO:
		return EXIT_UNCERTAIN;
	default:
		return EXIT_FAILED;
	}
}

/* What to do about a failure of opening the device. */
static const char *open_hint(int ret)
{
	switch (-ret) {
	case ENODEV:
		return "there is none: a HSM on a serial line or pty needs "
		       "`cryptech attach`, one on PCI module cryptech_pci";
	case ENOTUNIQ:
		return "there are several: choose one with --device N or "
		       "$CRYPTECH_DEVICE";
	case EACCES:
		return "permission denied: ask to be put into group cryptech";
	default:
		return strerror(-ret);
	}
}

/* What to do about a call that failed, if we know better than strerror(). */
static const char *call_hint(struct cryptech *hsm, int ret)
{
	uint32_t error = cryptech_hsm_error(hsm);

	switch (-ret) {
	case ENODEV:
		return session_inherited() ?
			"the HSM was restarted: leave this session and run "
			"`cryptech login` again" :
			"the HSM is gone or was restarted: try again";
	case EACCES:
		if (error != CRYPTECH_ERR_FORBIDDEN)
			break;
		if (session_factory(hsm))
			return "the HSM is new: run `cryptech init` first";
		return session_inherited() ?
			"this session is logged out or its role may not do "
			"this (run `cryptech login [--role ROLE]`), or the "
			"key is not for this use" :
			"this role may not do this (try another --role), or "
			"the key is not for this use";
	case EPERM:
		return "only root may do this (CAP_SYS_ADMIN)";
	case ETIMEDOUT:
		return "the HSM did not answer in time; it may have happened";
	case EREMOTEIO:
		return "the HSM died meanwhile; it may have happened";
	case EINTR:
		return "interrupted; nothing has happened";
	}
	return error ? cryptech_strerror(error) : strerror(-ret);
}

static void call_message(struct cryptech *hsm, int ret, const char *format,
			 va_list args)
{
	/* What follows may call the HSM again, which forgets the error. */
	const char *hint = hsm ? call_hint(hsm, ret) : open_hint(ret);
	uint64_t delay = hsm && ret == -EAGAIN ? session_delay(hsm) : 0;

	message(format, args);
	fprintf(stderr, ": %s", hint);
	if (delay)
		fprintf(stderr, " (in %llu s)", (unsigned long long)delay);
	fprintf(stderr, "\n");
}

void fail_call(struct cryptech *hsm, int ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	call_message(hsm, ret, format, args);
	va_end(args);
	exit(exit_code_of(ret));
}

void warn_call(struct cryptech *hsm, int ret, const char *format, ...)
{
	enum exit_code code = exit_code_of(ret);
	va_list args;

	va_start(args, format);
	call_message(hsm, ret, format, args);
	va_end(args);
	if (code == EXIT_NO_DEVICE || code == EXIT_UNCERTAIN)
		exit(code);
}
