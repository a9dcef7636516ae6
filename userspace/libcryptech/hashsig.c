// SPDX-License-Identifier: MIT
/* HSS keys, whose signatures spend them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cryptech/hss.h>

#include "internal.h"

_Static_assert(CRYPTECH_HSS_LEVELS == CRYPTECH_HSS_LEVELS_MAX &&
	       CRYPTECH_SIGNATURE_MAX >= CRYPTECH_HSS_SIGNATURE_MAX,
	       "the library's limits are the protocol's");

int cryptech_hss_parse(const char *text, struct cryptech_hss *set)
{
	struct lms_params params[CRYPTECH_HSS_LEVELS_MAX];
	unsigned int i, levels;

	memset(set, 0, sizeof(*set));
	if (!hss_parse(text, &levels, params))
		return -EINVAL;
	for (i = 0; i < levels; i++) {
		set->level[i].lms = params[i].lms;
		set->level[i].lmots = params[i].lmots;
	}
	set->levels = levels;
	if (hss_signature_size(params, levels) > CRYPTECH_HSS_SIGNATURE_MAX)
		return -EMSGSIZE;
	return 0;
}

const char *cryptech_hss_format(const struct cryptech_hss *set,
				char text[CRYPTECH_HSS_TEXT])
{
	struct lms_params params;
	unsigned int i;
	size_t at = 0;

	text[0] = 0;
	for (i = 0; i < set->levels && i < CRYPTECH_HSS_LEVELS; i++) {
		if (!lms_params(&params, set->level[i].lms,
				set->level[i].lmots))
			return strcpy(text, "?");
		at += snprintf(text + at, CRYPTECH_HSS_TEXT - at,
			       "%s%u/%u%s", i ? "," : "", params.h, params.w,
			       params.n == 24 ? "/24" : "");
	}
	return text;
}

int cryptech_hashsig_generate(struct cryptech *hsm,
			      const struct cryptech_hss *set, uint32_t profile,
			      uint32_t reserve, uint32_t flags,
			      const char *label, uint8_t uuid[16])
{
	struct cryptech_ioc_hashsig_generate arg = {
		.size = sizeof(arg),
		.profile = profile,
		.reserve = reserve,
		.levels = set->levels,
		.key_flags = flags,
	};
	unsigned int i;
	int ret;

	hsm->error = CRYPTECH_ERR_OK;
	ret = lib_label(label, arg.label, &arg.label_len);
	if (ret)
		return ret;
	if (set->levels > CRYPTECH_HSS_LEVELS)
		return -EINVAL;
	for (i = 0; i < set->levels; i++) {
		arg.level[i].lms = set->level[i].lms;
		arg.level[i].lmots = set->level[i].lmots;
	}
	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_HASHSIG_GENERATE, &arg, &arg.error);
	if (!ret)
		memcpy(uuid, arg.uuid, sizeof(arg.uuid));
	return ret;
}

int cryptech_hashsig_job(struct cryptech *hsm, const uint8_t uuid[16],
			 struct cryptech_job *job)
{
	struct cryptech_ioc_hashsig_job arg = { .size = sizeof(arg) };
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_HASHSIG_JOB, &arg, &arg.error);
	if (ret)
		return ret;
	job->state = arg.state;
	job->error = arg.job_error;
	job->done = arg.done;
	job->total = arg.total;
	return 0;
}

int cryptech_hashsig_cancel(struct cryptech *hsm, const uint8_t uuid[16])
{
	struct cryptech_ioc_hashsig_cancel arg = { .size = sizeof(arg) };

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	return lib_call(hsm, CRYPTECH_IOC_HASHSIG_CANCEL, &arg, &arg.error);
}

int cryptech_hashsig_info(struct cryptech *hsm, const uint8_t uuid[16],
			  struct cryptech_hashsig *info)
{
	struct cryptech_ioc_hashsig_info arg = { .size = sizeof(arg) };
	unsigned int i;
	int ret;

	memcpy(arg.uuid, uuid, sizeof(arg.uuid));
	ret = lib_call(hsm, CRYPTECH_IOC_HASHSIG_INFO, &arg, &arg.error);
	if (ret)
		return ret;
	if (arg.levels > CRYPTECH_HSS_LEVELS)
		return -EPROTO;
	memset(info, 0, sizeof(*info));
	info->state = arg.state;
	info->profile = arg.profile;
	info->reserve = arg.reserve;
	info->root_left = arg.root_left;
	info->left = arg.left;
	info->left_max = arg.left_max;
	info->done = arg.done;
	info->total = arg.total;
	info->set.levels = arg.levels;
	for (i = 0; i < arg.levels; i++) {
		info->set.level[i].lms = arg.level[i].lms;
		info->set.level[i].lmots = arg.level[i].lmots;
	}
	return 0;
}

int cryptech_hashsig_accept(struct cryptech *hsm, uint32_t decision)
{
	struct cryptech_ioc_hashsig_accept arg = {
		.size = sizeof(arg),
		.decision = decision,
	};

	return lib_call(hsm, CRYPTECH_IOC_HASHSIG_ACCEPT, &arg, &arg.error);
}
