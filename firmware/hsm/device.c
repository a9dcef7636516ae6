// SPDX-License-Identifier: MIT
/*
 * This device among others: its attestation key, which signs what it gives to
 * other HSMs, and those others that a security officer approved. Settings
 * hold both, so a new master key leaves them as they are:
 *
 *	CONFIG "attestation"	PKCS#8 of a P-256 key
 *	DEVICE serial number	u32 version | opaque spki | opaque label
 */
#include "backup.h"

#define DEVICE_VERSION	1
#define SPKI_P256	91	/* bytes of the one form */

static const uint8_t attestation_name[KS_NAME_SIZE] = "attestation";

/* --- the attestation key -------------------------------------------------- */

static int make_key(struct hsm *hsm, struct core_key **key)
{
	uint8_t der[SETTING_MAX];
	size_t len;
	int error;

	error = core_key_generate(CRYPTECH_KEY_EC_P256, key);
	if (error)
		return error;
	error = core_key_pkcs8(*key, der, sizeof(der), &len);
	if (!error)
		error = setting_write(hsm, KS_CLASS_CONFIG, attestation_name,
				      der, len, false);
	core_wipe(der, sizeof(der));
	if (error) {
		core_key_put(*key);
		*key = NULL;
	}
	return error;
}

static int read_key(struct hsm *hsm, struct core_key **key)
{
	uint8_t der[SETTING_MAX];
	size_t len;
	int error;

	error = setting_read(hsm, KS_CLASS_CONFIG, attestation_name, der,
			     sizeof(der), &len);
	if (!error)
		error = core_key_from_pkcs8(der, len, key);
	core_wipe(der, sizeof(der));
	if (!error && core_key_type(*key) != CRYPTECH_KEY_EC_P256) {
		core_key_put(*key);
		*key = NULL;
		error = CRYPTECH_ERR_KEYSTORE_LOST_DATA;
	}
	return error;
}

/*
 * A key that is gone is replaced: this device's keys are worth more than its
 * name among others, who take the new one only from their officers' hands.
 */
int device_start(struct hsm *hsm)
{
	struct core_key **key = &hsm->backup->attestation;
	int error = read_key(hsm, key);

	if (!error || error == CRYPTECH_ERR_KEYSTORE_ACCESS ||
	    error == CRYPTECH_ERR_ALLOCATION_FAILURE)
		return error;
	if (error != CRYPTECH_ERR_KEY_NOT_FOUND)
		hsm_log(hsm, "the attestation key is damaged (error %d) and is "
			"made anew: other HSMs have to approve this one again",
			error);
	error = make_key(hsm, key);
	/* A full flash does not keep an HSM from its other work. */
	return error == CRYPTECH_ERR_NO_KEY_INDEX_SLOTS ? CRYPTECH_ERR_OK :
							  error;
}

int device_sign(const struct hsm *hsm, uint8_t *data, size_t len)
{
	const struct core_key *key = hsm->backup->attestation;
	uint8_t hash[32];
	size_t done;
	int error;

	if (!key)
		return CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
	error = core_sha256(data, len, hash);
	if (!error)
		error = core_key_sign(key, CRYPTECH_DIGEST_SHA256, hash,
				      sizeof(hash), data + len,
				      ATTEST_SIGNATURE, &done);
	return error;
}

/* SHA-256 of serial number and public key. */
static int fingerprint_of(const uint8_t *serial, const uint8_t *spki,
			  size_t spki_len,
			  uint8_t fingerprint[CRYPTECH_FINGERPRINT_SIZE])
{
	uint8_t both[CRYPTECH_SERIAL_SIZE + SPKI_P256];

	if (spki_len != SPKI_P256)
		return CRYPTECH_ERR_IMPOSSIBLE;
	memcpy(both, serial, CRYPTECH_SERIAL_SIZE);
	memcpy(both + CRYPTECH_SERIAL_SIZE, spki, SPKI_P256);
	return core_sha256(both, sizeof(both), fingerprint);
}

int handle_DEVICE_IDENTITY(struct call *call)
{
	const struct hsm *hsm = call->hsm;
	uint8_t fingerprint[CRYPTECH_FINGERPRINT_SIZE];
	uint8_t spki[SPKI_P256];
	size_t len;
	int error;

	if (!hsm->backup->attestation)
		return CRYPTECH_ERR_NO_KEY_INDEX_SLOTS;
	error = core_key_spki(hsm->backup->attestation, spki, sizeof(spki),
			      &len);
	if (!error)
		error = fingerprint_of(hsm->serial, spki, len, fingerprint);
	if (error)
		return error;
	xdr_put_opaque(&call->out, hsm->serial, sizeof(hsm->serial));
	xdr_put_opaque(&call->out, spki, len);
	xdr_put_opaque(&call->out, fingerprint, sizeof(fingerprint));
	return CRYPTECH_ERR_OK;
}

/* --- others --------------------------------------------------------------- */

struct device {
	uint8_t data[SETTING_MAX];
	const uint8_t *spki, *label;
	size_t spki_len, label_len;
};

static int device_read(struct hsm *hsm, const uint8_t *serial,
		       struct device *device)
{
	struct xdr_reader r;
	uint32_t version;
	size_t len;
	int error;

	error = setting_read(hsm, KS_CLASS_DEVICE, serial, device->data,
			     sizeof(device->data), &len);
	if (error)
		return error;
	xdr_reader_init(&r, device->data, len);
	version = xdr_get_u32(&r);
	device->spki = xdr_get_opaque(&r, &device->spki_len);
	device->label = xdr_get_opaque(&r, &device->label_len);
	return xdr_reader_done(&r) && version == DEVICE_VERSION &&
	       device->spki_len == SPKI_P256 ? CRYPTECH_ERR_OK :
	       CRYPTECH_ERR_KEYSTORE_LOST_DATA;
}

int device_verify(struct call *call, const uint8_t *serial,
		  const uint8_t *data, size_t len)
{
	struct core_key *key = NULL;
	struct device device;
	uint8_t hash[32];
	int error, gone;

	error = device_read(call->hsm, serial, &device);
	if (error == CRYPTECH_ERR_KEY_NOT_FOUND)
		return CRYPTECH_ERR_FORBIDDEN;
	if (error)
		return error;
	call_unlock(call);
	error = core_key_from_spki(device.spki, device.spki_len, &key);
	if (!error)
		error = core_sha256(data, len, hash);
	if (!error)
		error = core_key_verify(key, CRYPTECH_DIGEST_SHA256, hash,
					sizeof(hash), data + len,
					ATTEST_SIGNATURE);
	core_key_put(key);
	gone = call_relock(call);
	if (error == CRYPTECH_ERR_INVALID_SIGNATURE)
		error = CRYPTECH_ERR_BAD_ARGUMENTS;
	return error ? error : gone;
}

/* P-256, in the one form that there is. */
static int check_spki(const uint8_t *spki, size_t len)
{
	uint8_t again[SPKI_P256];
	struct core_key *key;
	size_t again_len;
	int error;

	error = core_key_from_spki(spki, len, &key);
	if (error)
		return error;
	if (core_key_type(key) != CRYPTECH_KEY_EC_P256 ||
	    core_key_spki(key, again, sizeof(again), &again_len))
		error = CRYPTECH_ERR_UNSUPPORTED_KEY;
	else if (len != again_len || memcmp(spki, again, len))
		error = CRYPTECH_ERR_ASN1_PARSE_FAILED;
	else
		error = core_key_check(key);
	core_key_put(key);
	return error;
}

static int call_serial(struct call *call, const uint8_t **serial)
{
	size_t len;

	*serial = xdr_get_opaque(&call->in, &len);
	return len == CRYPTECH_SERIAL_SIZE ? CRYPTECH_ERR_OK :
					     CRYPTECH_ERR_BAD_ARGUMENTS;
}

/* May this serial number be approved? */
static int check_serial(struct hsm *hsm, const uint8_t *serial)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *previous = NULL;
	unsigned int count = 0;
	size_t len;

	/* What one sends to oneself would be in two places. */
	if (!memcmp(serial, hsm->serial, CRYPTECH_SERIAL_SIZE))
		return CRYPTECH_ERR_BAD_ARGUMENTS;
	while (ks_next(hsm->ks, KS_CLASS_DEVICE, previous, name, &len) ==
	       KS_OK) {
		if (!memcmp(name, serial, sizeof(name)))
			return CRYPTECH_ERR_KEY_NAME_IN_USE;
		previous = name;
		count++;
	}
	return count < CRYPTECH_DEVICES_MAX ?
	       CRYPTECH_ERR_OK : CRYPTECH_ERR_NO_KEY_SLOTS_AVAILABLE;
}

static int device_write(struct hsm *hsm, const uint8_t *serial,
			const uint8_t *spki, size_t spki_len,
			const uint8_t *label, size_t label_len)
{
	uint8_t data[SETTING_MAX];
	struct xdr_writer w;

	xdr_writer_init(&w, data, sizeof(data));
	xdr_put_u32(&w, DEVICE_VERSION);
	xdr_put_opaque(&w, spki, spki_len);
	xdr_put_opaque(&w, label, label_len);
	return setting_write(hsm, KS_CLASS_DEVICE, serial, data,
			     xdr_written(&w), true);
}

int handle_DEVICE_APPROVE(struct call *call)
{
	const uint8_t *serial, *spki, *label;
	uint8_t fingerprint[CRYPTECH_FINGERPRINT_SIZE];
	size_t spki_len, label_len;
	int error;

	error = call_serial(call, &serial);
	spki = xdr_get_opaque(&call->in, &spki_len);
	if (!error)
		error = call_label(call, &label, &label_len);
	if (!error)
		error = check_spki(spki, spki_len);
	if (!error)
		error = check_serial(call->hsm, serial);
	if (!error)
		error = fingerprint_of(serial, spki, spki_len, fingerprint);
	if (!error)
		error = device_write(call->hsm, serial, spki, spki_len, label,
				     label_len);
	if (!error)
		xdr_put_opaque(&call->out, fingerprint, sizeof(fingerprint));
	return error;
}

/* A record that cannot be read can be revoked all the same. */
int handle_DEVICE_REVOKE(struct call *call)
{
	const uint8_t *serial;
	int error = call_serial(call, &serial);

	return error ? error : store_error(ks_delete(call->hsm->ks,
						     KS_CLASS_DEVICE, serial));
}

static int put_device(struct call *call, const uint8_t *serial,
		      const struct device *device)
{
	uint8_t fingerprint[CRYPTECH_FINGERPRINT_SIZE];
	int error = fingerprint_of(serial, device->spki, device->spki_len,
				   fingerprint);

	if (error)
		return error;
	xdr_put_opaque(&call->out, serial, CRYPTECH_SERIAL_SIZE);
	xdr_put_opaque(&call->out, fingerprint, sizeof(fingerprint));
	xdr_put_opaque(&call->out, device->label, device->label_len);
	return CRYPTECH_ERR_OK;
}

/*
 * One whose record cannot be read is approved no more, but is told, so that it
 * can be revoked: without a fingerprint.
 */
static int list_device(struct call *call, const uint8_t *serial)
{
	struct device device;
	int error = device_read(call->hsm, serial, &device);

	if (!error)
		return put_device(call, serial, &device);
	xdr_put_opaque(&call->out, serial, CRYPTECH_SERIAL_SIZE);
	xdr_put_opaque(&call->out, NULL, 0);
	xdr_put_opaque(&call->out, NULL, 0);
	return CRYPTECH_ERR_OK;
}

#define ITEM_MAX	(4 + CRYPTECH_SERIAL_SIZE + 4 +			       \
			 CRYPTECH_FINGERPRINT_SIZE + 4 + CRYPTECH_LABEL_MAX)

int handle_DEVICE_LIST(struct call *call)
{
	uint8_t name[KS_NAME_SIZE];
	const uint8_t *previous;
	struct xdr_writer head;
	uint32_t max, n = 0;
	size_t len;
	int error;

	error = call_list(call, &previous, &max);
	if (error)
		return error;
	xdr_writer_init(&head, xdr_put_raw(&call->out, 4), 4);
	while (!error && n < max && xdr_room(&call->out) >= ITEM_MAX &&
	       ks_next(call->hsm->ks, KS_CLASS_DEVICE, previous, name,
		       &len) == KS_OK) {
		error = list_device(call, name);
		previous = name;
		n++;
	}
	xdr_put_u32(&head, n);
	return error;
}
