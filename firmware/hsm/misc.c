// SPDX-License-Identifier: MIT
/*
 * What is neither key nor PIN nor hash.
 */
#include "backup.h"

int handle_GET_VERSION(struct call *call)
{
	xdr_put_u32(&call->out, CRYPTECH_RPC_VERSION);
	return CRYPTECH_ERR_OK;
}

int handle_GET_RANDOM(struct call *call)
{
	uint32_t length = xdr_get_u32(&call->in);

	if (!length || call_fits(call, xdr_size_opaque(length)))
		return CRYPTECH_ERR_RPC_PACKET_OVERFLOW;
	return core_random(xdr_put_opaque_room(&call->out, length), length);
}

/* The tamper circuit of boards that have one would be asked here. */
int handle_CHECK_TAMPER(struct call *call)
{
	(void)call;
	return CRYPTECH_ERR_OK;
}

static uint64_t mode_bits(const struct hsm *hsm)
{
	uint64_t mode = 0;

	if (hsm->config.libhal_compat)
		mode |= CRYPTECH_MODE_LIBHAL_COMPAT;
	if (policy_allows(hsm, CRYPTECH_POLICY_LEGACY_EXPORT))
		mode |= CRYPTECH_MODE_LEGACY_EXPORT;
	if (hsm->pins.factory != PIN_FACTORY_NONE)
		mode |= CRYPTECH_MODE_FACTORY_PIN;
	if (hsm->platform->simulator)
		mode |= CRYPTECH_MODE_SIMULATOR;
	if (hashsigs_stale(hsm))
		mode |= CRYPTECH_MODE_STALE;
	return mode;
}

#define TAG_MAX 38

static void status_of_ports(struct hsm *hsm, uint64_t value[TAG_MAX + 1])
{
	int i;

	for (i = 0; i < HSM_PORTS; i++) {
		value[CRYPTECH_STATUS_CLIENTS] += hsm->ports[i].holders;
		value[CRYPTECH_STATUS_HANDLES] +=
			hsm->ports[i].handles[HANDLE_KEY].used +
			hsm->ports[i].handles[HANDLE_HASH].used;
	}
	value[CRYPTECH_STATUS_CLIENTS_MAX] = hsm->config.clients;
	value[CRYPTECH_STATUS_HANDLES_MAX] = hsm->config.handles;
}

static void status_of_store(struct hsm *hsm, uint64_t value[TAG_MAX + 1])
{
	struct ks_stats stats;
	uint64_t lost;

	ks_stats(hsm->ks, &stats);
	value[CRYPTECH_STATUS_FLASH_SIZE] = stats.size;
	value[CRYPTECH_STATUS_FLASH_LIVE] = stats.live;
	value[CRYPTECH_STATUS_FLASH_FREE] = stats.free;
	value[CRYPTECH_STATUS_FLASH_ERASES_MAX] = stats.erases_max;
	value[CRYPTECH_STATUS_FLASH_ERASES_TOTAL] = stats.erases_total;
	keys_count(hsm, &value[CRYPTECH_STATUS_KEYS_TOKEN],
		   &value[CRYPTECH_STATUS_KEYS_VOLATILE], &lost);
	value[CRYPTECH_STATUS_RECORDS_LOST] = stats.lost + lost;
}

int handle_STATUS(struct call *call)
{
	struct hsm *hsm = call->hsm;
	uint64_t value[TAG_MAX + 1] = { 0 };
	uint64_t now = hsm->platform->now_ns(hsm->platform->data);
	unsigned int tag;

	value[CRYPTECH_STATUS_UPTIME] = (now - hsm->started_ns) / 1000000000;
	value[CRYPTECH_STATUS_MODE] = mode_bits(hsm);
	value[CRYPTECH_STATUS_FRESHNESS] = hsm->platform->anchor_kind;
	value[CRYPTECH_STATUS_DURABILITY] = hsm->config.durable;
	status_of_store(hsm, value);
	status_of_ports(hsm, value);
	hashsigs_count(hsm, &value[CRYPTECH_STATUS_HASHSIG_KEYS],
		       &value[CRYPTECH_STATUS_HASHSIG_LOW],
		       &value[CRYPTECH_STATUS_HASHSIG_LEAVES_MIN]);
	value[CRYPTECH_STATUS_ANCHOR] = hashsigs_anchor(hsm);
	backup_count(hsm, value);
	value[CRYPTECH_STATUS_SLOTS] = hsm->config.slots;
	fpga_status(hsm, value);
	value[CRYPTECH_STATUS_MESSAGE_MAX] = CRYPTECH_RPC_MESSAGE_MAX;
	value[CRYPTECH_STATUS_CALLS] = hsm->calls;
	value[CRYPTECH_STATUS_ERRORS] = hsm->errors;
	value[CRYPTECH_STATUS_PIN_DELAY_USER] = pins_delay(hsm, PIN_USER);
	value[CRYPTECH_STATUS_PIN_DELAY_SO] = pins_delay(hsm, PIN_SO);
	value[CRYPTECH_STATUS_PIN_DELAY_WHEEL] = pins_delay(hsm, PIN_WHEEL);
	value[CRYPTECH_STATUS_PIN_DELAY_KERNEL] = pins_delay(hsm, PIN_KERNEL);

	xdr_put_opaque(&call->out, HSM_RELEASE, strlen(HSM_RELEASE));
	xdr_put_opaque(&call->out, hsm->serial, CRYPTECH_SERIAL_SIZE);
	xdr_put_u32(&call->out, TAG_MAX);
	for (tag = 1; tag <= TAG_MAX; tag++) {
		xdr_put_u32(&call->out, tag);
		xdr_put_u64(&call->out, value[tag]);
	}
	return CRYPTECH_ERR_OK;
}

/* Every tag of the table has a place in the array above. */
#define CHECK_TAG(tag, name, ...)					       \
	_Static_assert((tag) >= 1 && (tag) <= TAG_MAX, #name);
CRYPTECH_STATUS_TAGS(CHECK_TAG)
#undef CHECK_TAG
