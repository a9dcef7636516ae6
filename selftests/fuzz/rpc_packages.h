/* SPDX-License-Identifier: MIT */
/*
 * For fuzz_rpc.c, which it is a part of: keys on the way, to and from another
 * device and off the HSM, for inputs to refer to.
 */
#ifndef FUZZ_RPC_PACKAGES_H
#define FUZZ_RPC_PACKAGES_H

static struct core_key *other_device;

/* The next opaque result of a call that has succeeded. */
static void know_next(void)
{
	const uint8_t *data;
	size_t len;

	data = xdr_get_opaque(&box.results, &len);
	CHECK(data);
	know_blob(data, len);
}

/* Another device, whose KEKEK is the RSA key that everybody has. */
static const uint8_t other_serial[CRYPTECH_SERIAL_SIZE] = "another device!";

/* With that device's signature behind it. */
static void know_signed(uint8_t *data, size_t len)
{
	uint8_t hash[32];
	size_t signature_len;

	CHECK(len && !core_sha256(data, len, hash));
	CHECK(!core_key_sign(other_device, CRYPTECH_DIGEST_NONE, hash,
			     sizeof(hash), data + len, ATTEST_SIGNATURE,
			     &signature_len));
	know_blob(data, len + ATTEST_SIGNATURE);
}

static void approve(void)
{
	uint8_t spki[512];
	size_t len;

	CHECK(!core_key_generate(CRYPTECH_KEY_EC_P256, &other_device));
	CHECK(!core_key_spki(other_device, spki, sizeof(spki), &len));
	CHECK(!ask(&box, 4, CRYPTECH_RPC_DEVICE_APPROVE, "oos", other_serial,
		   sizeof(other_serial), spki, len, ""));
	know_blob(other_serial, sizeof(other_serial));
	know_blob(spki, len);
}

/*
 * The key goes to that device, and what goes comes from there to @kekek, which
 * is the same RSA key.
 */
static void transfer(const uint8_t *uuid, uint32_t flags, const uint8_t *kekek)
{
	uint8_t spki[512], data[4096], serial[CRYPTECH_SERIAL_SIZE];
	struct kekek_statement statement = {
		.serial = other_serial, .uuid = kekek, .flags = flags,
		.spki = spki,
	};
	struct transfer_package package;
	struct bytes *last;
	size_t len;

	CHECK(!core_key_spki(rsa_key, spki, sizeof(spki),
			     &statement.spki_len));
	know_signed(data, kekek_statement_put(data, sizeof(data), &statement));
	last = &known.blobs[known.blob_count - 1];
	CHECK(!ask(&box, 2, CRYPTECH_RPC_TRANSFER_EXPORT, "oo", uuid,
		   (size_t)CRYPTECH_UUID_SIZE, last->data, last->len));
	know_next();
	last = &known.blobs[known.blob_count - 1];
	CHECK(transfer_package_parse(last->data, last->len, &package, &len));
	memcpy(serial, package.source, sizeof(serial));
	package.source = other_serial;
	package.destination = serial;
	package.kekek = kekek;
	know_signed(data, transfer_package_put(data, sizeof(data), &package));
}

/* That device has the package @blob of this key. */
static void acknowledge(const uint8_t *uuid, const struct bytes *blob)
{
	uint8_t hash[32], data[512];
	struct transfer_package package;
	struct transfer_ack ack = {
		.destination = other_serial, .uuid = uuid, .sha256 = hash,
	};
	size_t len;

	CHECK(transfer_package_parse(blob->data, blob->len, &package, &len));
	ack.source = package.source;
	CHECK(!core_sha256(blob->data, blob->len, hash));
	know_signed(data, transfer_ack_put(data, sizeof(data), &ack));
}

static void put_away(const uint8_t *uuid)
{
	CHECK(!ask(&box, 2, CRYPTECH_RPC_RAW_EXPORT, "o", uuid,
		   (size_t)CRYPTECH_UUID_SIZE));
	know_next();
}

static void shares(uint32_t who, uint32_t function)
{
	size_t len;

	CHECK(!ask(&box, who, function, "uu", 2, 2));
	if (function == CRYPTECH_RPC_RECOVERY_CREATE)
		xdr_get_opaque(&box.results, &len);
	CHECK(xdr_get_u32(&box.results) == 2);
	know_next();
	know_next();
}

/* Of each kind of package one, and what opens it. */
static void make_packages(void)
{
	static const uint8_t mover[CRYPTECH_UUID_SIZE] = "the hash mover!";
	static const uint8_t parked[CRYPTECH_UUID_SIZE] = "the hash parker";
	size_t len;

	approve();
	CHECK(!ask(&box, 4, CRYPTECH_RPC_POLICY_SET, "u",
		   CRYPTECH_POLICIES_ALL));
	transfer(known.uuids[0], 0, known.uuids[1]);
	put_away(known.uuids[0]);
	shares(3, CRYPTECH_RPC_MASTER_KEY_SHARES);
	shares(4, CRYPTECH_RPC_RECOVERY_CREATE);
	generate_hss(mover, CRYPTECH_KEY_FLAG_EXPORTABLE);
	generate_hss(parked, CRYPTECH_KEY_FLAG_EXPORTABLE |
		     CRYPTECH_KEY_FLAG_RECOVERABLE);
	CHECK(!ask(&box, 2, CRYPTECH_RPC_KEKEK_CREATE, ""));
	know_uuid(xdr_get_opaque(&box.results, &len));
	transfer(mover, KEKEK_SINGLE_USE, known.uuids[known.uuid_count - 1]);
	acknowledge(mover, &known.blobs[known.blob_count - 2]);
	put_away(parked);
	CHECK(!ask(&box, 2, CRYPTECH_RPC_KEY_DELETE, "o", parked,
		   sizeof(parked)));
}

#endif /* FUZZ_RPC_PACKAGES_H */
