// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "fail.h"
#include "file.h"
#include "hashsig.h"
#include "json.h"
#include "progress.h"
#include "text.h"

#define POLL_NS		50000000	/* between two looks at a job */
#define REQUEST_SIZE	CRYPTECH_HASHSIG_REQUEST_SIZE
#define REQUEST_TEXT	(2 * REQUEST_SIZE + 1)

bool hashsig_is(const struct cryptech_key *key)
{
	return key->type == CRYPTECH_KEY_HSS;
}

bool hashsig_is_private(const struct cryptech_key *key)
{
	return key->key_class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE;
}

static const char *const profiles[] = {
	[CRYPTECH_HASHSIG_PUNCTURED] = "punctured",
	[CRYPTECH_HASHSIG_SINGLE_SEED] = "single-seed",
};

static const char *const states[] = {
	[CRYPTECH_HASHSIG_READY] = "ready",
	[CRYPTECH_HASHSIG_REBUILDING] = "rebuilding",
	[CRYPTECH_HASHSIG_EXHAUSTED] = "exhausted",
	[CRYPTECH_HASHSIG_STALE] = "stale",
	[CRYPTECH_HASHSIG_IDLE] = "idle",
	[CRYPTECH_HASHSIG_PARKED] = "parked",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *hashsig_profile(uint32_t profile)
{
	return profile < COUNT(profiles) ? profiles[profile] : "?";
}

const char *hashsig_state(uint32_t state)
{
	return state < COUNT(states) ? states[state] : "?";
}

static bool in_state(struct cryptech *hsm, const struct cryptech_key *key,
		     uint32_t state)
{
	struct cryptech_hashsig info;

	return !cryptech_hashsig_info(hsm, key->uuid, &info) &&
	       info.state == state;
}

bool hashsig_is_rebuilding(struct cryptech *hsm,
			   const struct cryptech_key *key)
{
	return in_state(hsm, key, CRYPTECH_HASHSIG_REBUILDING);
}

/* --- keygen -------------------------------------------------------------- */

void hashsig_parse(const char *set_text, const char *profile_text,
		   const char *reserve_text, struct cryptech_hss *set,
		   uint32_t *profile, uint32_t *reserve)
{
	int ret = cryptech_hss_parse(set_text, set);

	if (ret == -EMSGSIZE)
		fail_usage("signatures of %s would be too long for the HSM's "
			   "messages", set_text);
	if (ret)
		fail_usage("no parameters %s: for each level HEIGHT/BITS, root "
			   "first, as in 10/4,10/4; heights 5, 10, 15, 20, 25, "
			   "bits 1, 2, 4, 8", set_text);
	*profile = CRYPTECH_HASHSIG_PUNCTURED;
	if (profile_text)
		for (*profile = 0; *profile < COUNT(profiles); (*profile)++)
			if (!strcmp(profile_text, profiles[*profile]))
				break;
	if (*profile == COUNT(profiles))
		fail_usage("no profile %s: punctured or single-seed",
			   profile_text);
	*reserve = reserve_text ?
		options_number("--reserve", reserve_text, 1,
			       CRYPTECH_HASHSIG_RESERVE_MAX) : 0;
}

/* Until the job is no longer running. */
static void wait_for(struct cryptech *hsm, const uint8_t uuid[16],
		     struct cryptech_job *job)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	int ret;

	for (;;) {
		ret = cryptech_hashsig_job(hsm, uuid, job);
		if (ret) {
			progress_stop();
			fail_call(hsm, ret, "cannot ask how far the key is");
		}
		if (job->state != CRYPTECH_JOB_RUNNING)
			return;
		progress_at(job->done, job->total);
		nanosleep(&pause, NULL);
	}
}

void hashsig_generate(struct cryptech *hsm, const struct cryptech_hss *set,
		      uint32_t profile, uint32_t reserve, struct newkey *key)
{
	char text[CRYPTECH_HSS_TEXT], what[40 + CRYPTECH_HSS_TEXT];
	struct cryptech_job job;
	int ret;

	ret = cryptech_hashsig_generate(hsm, set, profile, reserve, key->flags,
					key->label, key->uuid);
	if (cryptech_hsm_error(hsm) == CRYPTECH_ERR_FORBIDDEN &&
	    key->flags & CRYPTECH_KEY_FLAG_RECOVERABLE)
		fail(EXIT_DENIED, "cannot make the key: this role may not, or "
		     "there is no recovery key (`cryptech recovery create`)");
	if (ret)
		fail_call(hsm, ret, "cannot make the key");
	snprintf(what, sizeof(what), "making an hss key %s",
		 cryptech_hss_format(set, text));
	progress_start(what);
	wait_for(hsm, key->uuid, &job);
	progress_stop();
	if (job.state == CRYPTECH_JOB_FAILED)
		fail(EXIT_FAILED, "cannot make the key: %s",
		     cryptech_strerror(job.error));
	if (job.state != CRYPTECH_JOB_DONE)
		fail(EXIT_FAILED, "the making of the key was cancelled");
}

/* --- sign, verify ---------------------------------------------------------- */

static void parse_request(const char *text, uint8_t id[REQUEST_SIZE])
{
	if (!text_bytes(text, id, REQUEST_SIZE))
		fail_usage("--request has to be %d hexadecimal digits",
			   2 * REQUEST_SIZE);
}

static void draw_request(uint8_t id[REQUEST_SIZE])
{
	if (getrandom(id, REQUEST_SIZE, 0) != REQUEST_SIZE)
		fail(EXIT_FAILED, "cannot draw random bytes: %s",
		     strerror(errno));
}

void hashsig_sign(struct cryptech *hsm, const struct cryptech_key *key,
		  const char *path, const char *request, const char *out)
{
	uint8_t sig[CRYPTECH_SIGNATURE_MAX], id[REQUEST_SIZE];
	size_t len = sizeof(sig);
	char text[REQUEST_TEXT];
	struct bytes message;
	uint64_t left;
	int ret;

	if (request)
		parse_request(request, id);
	else
		draw_request(id);
	if (in_state(hsm, key, CRYPTECH_HASHSIG_PARKED))
		fail(EXIT_DENIED, "cannot sign: the key was exported and is "
		     "parked: delete it, then `cryptech backup import` the "
		     "file");
	file_read(path, &message, UINT32_MAX);
	ret = cryptech_sign_once(hsm, key->uuid, id, message.data, message.len,
				 sig, &len, &left);
	bytes_free(&message);
	if (exit_code_of(ret) == EXIT_UNCERTAIN)
		warn("to ask for the same signature again, and spend no other: "
		     "--request %s", text_hex(id, sizeof(id), text));
	if (ret)
		fail_call(hsm, ret, "cannot sign");
	file_write_binary(out, sig, len);
}

int hashsig_verify(struct cryptech *hsm, const struct cryptech_key *key,
		   const char *path, const uint8_t *sig, size_t sig_len)
{
	struct bytes message;
	int ret;

	file_read(path, &message, UINT32_MAX);
	ret = cryptech_verify_message(hsm, key->uuid, message.data,
				      message.len, sig, sig_len);
	bytes_free(&message);
	return ret;
}

/* --- show ------------------------------------------------------------------- */

static void get_info(struct cryptech *hsm, const struct cryptech_key *key,
		     struct cryptech_hashsig *info)
{
	int ret = cryptech_hashsig_info(hsm, key->uuid, info);

	if (ret)
		fail_call(hsm, ret, "cannot ask what is left of the key");
}

void hashsig_print(struct cryptech *hsm, const struct cryptech_key *key)
{
	struct cryptech_hashsig info;
	char set[CRYPTECH_HSS_TEXT];

	if (!hashsig_is_private(key))
		return;
	get_info(hsm, key, &info);
	printf("%-12s %s\n", "parameters", cryptech_hss_format(&info.set, set));
	printf("%-12s %s, reserve %u\n", "profile",
	       hashsig_profile(info.profile), info.reserve);
	printf("%-12s %s", "state", hashsig_state(info.state));
	if (info.state == CRYPTECH_HASHSIG_REBUILDING)
		printf(", %llu of %llu leaves", (unsigned long long)info.done,
		       (unsigned long long)info.total);
	printf("\n%-12s %llu leaves of the root, up to %llu of %llu "
	       "signatures\n", "left", (unsigned long long)info.root_left,
	       (unsigned long long)info.left,
	       (unsigned long long)info.left_max);
}

void hashsig_json(struct cryptech *hsm, const struct cryptech_key *key)
{
	struct cryptech_hashsig info;
	char set[CRYPTECH_HSS_TEXT];

	if (!hashsig_is_private(key))
		return;
	if (cryptech_hashsig_info(hsm, key->uuid, &info)) {
		json_text("state", "damaged");
		return;
	}
	json_text("parameters", cryptech_hss_format(&info.set, set));
	json_text("profile", hashsig_profile(info.profile));
	json_number("reserve", info.reserve);
	json_text("state", hashsig_state(info.state));
	json_number("root_left", info.root_left);
	json_number("left", info.left);
	json_number("left_max", info.left_max);
}

void hashsig_left(struct cryptech *hsm, const struct cryptech_key *key)
{
	struct cryptech_hashsig info;
	char set[CRYPTECH_HSS_TEXT];

	if (!hashsig_is_private(key))
		return;
	/* A key that is damaged is listed, too. */
	if (cryptech_hashsig_info(hsm, key->uuid, &info)) {
		printf("  (damaged)");
		return;
	}
	printf("  (%s, %llu signatures left)",
	       cryptech_hss_format(&info.set, set),
	       (unsigned long long)info.left);
}
