// SPDX-License-Identifier: MIT
/*
 * What the security officer allows, and where backup starts and stops.
 */
#include "backup.h"

#include <stdlib.h>

#define POLICY_VERSION	1
#define POLICY_SIZE	8	/* u32 version | u32 policy */

static const uint8_t policy_name[KS_NAME_SIZE] = "policy";

/* Whatever cannot be read allows nothing. */
static int policy_start(struct hsm *hsm)
{
	uint8_t data[POLICY_SIZE];
	struct xdr_reader r;
	uint32_t version, policy;
	size_t len;
	int error;

	error = setting_read(hsm, KS_CLASS_CONFIG, policy_name, data,
			     sizeof(data), &len);
	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		return CRYPTECH_ERR_OK;
	if (error == CRYPTECH_ERR_KEYSTORE_ACCESS ||
	    error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		return error;
	xdr_reader_init(&r, data, error ? 0 : len);
	version = xdr_get_u32(&r);
	policy = xdr_get_u32(&r);
	if (xdr_reader_done(&r) && version == POLICY_VERSION &&
	    !(policy & ~CRYPTECH_POLICIES_ALL))
		hsm->backup->policy = policy;
	else
		hsm_log(hsm, "the policy record is damaged: nothing is "
			"allowed until it is set anew");
	return CRYPTECH_ERR_OK;
}

int backup_start(struct hsm *hsm)
{
	int error;

	hsm->backup = calloc(1, sizeof(*hsm->backup));
	if (!hsm->backup)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	error = policy_start(hsm);
	if (!error)
		error = device_start(hsm);
	if (!error)
		error = core_key_nobody(&hsm->backup->nobody);
	return error;
}

void backup_stop(struct hsm *hsm)
{
	if (!hsm->backup)
		return;
	core_key_put(hsm->backup->attestation);
	core_key_put(hsm->backup->nobody);
	free(hsm->backup);
	hsm->backup = NULL;
}

bool policy_allows(const struct hsm *hsm, uint32_t policy)
{
	uint32_t allowed = hsm->backup->policy;

	if (hsm->config.libhal_compat)
		allowed |= CRYPTECH_POLICY_LEGACY_EXPORT;
	return (allowed & policy) == policy;
}

int handle_POLICY_SET(struct call *call)
{
	uint32_t policy = xdr_get_u32(&call->in);
	struct hsm *hsm = call->hsm;
	uint8_t data[POLICY_SIZE];
	struct xdr_writer w;
	int error;

	if (policy & ~CRYPTECH_POLICIES_ALL)
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	xdr_writer_init(&w, data, sizeof(data));
	xdr_put_u32(&w, POLICY_VERSION);
	xdr_put_u32(&w, policy);
	error = setting_write(hsm, KS_CLASS_CONFIG, policy_name, data,
			      sizeof(data), false);
	if (!error)
		hsm->backup->policy = policy;
	return error;
}

static uint64_t count_records(struct hsm *hsm, enum ks_class class)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *previous = NULL;
	uint64_t count = 0;
	size_t len;

	while (ks_next(hsm->ks, class, previous, name, &len) == KS_OK) {
		previous = name;
		count++;
	}
	return count;
}

void backup_count(struct hsm *hsm, uint64_t *value)
{
	value[CRYPTECH_STATUS_POLICY] = hsm->backup->policy;
	value[CRYPTECH_STATUS_KEYS_PARKED] = parked_count(hsm);
	value[CRYPTECH_STATUS_OUTBOX] = count_records(hsm, KS_CLASS_OUTBOX);
	value[CRYPTECH_STATUS_KEKEKS] = count_records(hsm, KS_CLASS_KEKEK);
}
