// SPDX-License-Identifier: MIT
#include "package.h"

#include <cryptech/xdr.h>

#define HEAD_TEXT	(sizeof(CRYPTECH_ATTEST_MAGIC) - 1)	/* 18 */
#define HASH_SIZE	32
#define CHECK_SIZE	8	/* of a master key's fingerprint */
#define RAW_VERSION	1

static const uint8_t raw_magic[4] = "CRAW";

/* --- signed structs ------------------------------------------------------- */

/*
 * The reader stands behind the head after it, with the signature out of its
 * reach: what is signed is all that it gives, up to its end.
 */
static bool attest_enter(struct xdr_reader *r, const uint8_t *data, size_t len,
			 enum attest_kind kind, size_t *signed_len)
{
	static const uint8_t zeros[2];
	const uint8_t *head;

	if (len < ATTEST_SIGNATURE)
		return false;
	*signed_len = len - ATTEST_SIGNATURE;
	xdr_reader_init(r, data, *signed_len);
	head = xdr_get_raw(r, HEAD_TEXT + sizeof(zeros));
	return xdr_get_u32(r) == kind && head &&
	       !memcmp(head, CRYPTECH_ATTEST_MAGIC, HEAD_TEXT) &&
	       !memcmp(head + HEAD_TEXT, zeros, sizeof(zeros));
}

/* As xdr_get_opaque, but its padding has to be zeros: one struct, one form. */
static const uint8_t *get_opaque(struct xdr_reader *r, size_t *len)
{
	const uint8_t *data = xdr_get_opaque(r, len);

	for (size_t i = *len; data && i % 4; i++)
		if (data[i])
			r->bad = true;
	return data;
}

bool kekek_statement_parse(const uint8_t *data, size_t len,
			   struct kekek_statement *statement,
			   size_t *signed_len)
{
	struct xdr_reader r;

	memset(statement, 0, sizeof(*statement));
	if (!attest_enter(&r, data, len, ATTEST_KEKEK, signed_len))
		return false;
	statement->serial = xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE);
	statement->uuid = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	statement->flags = xdr_get_u32(&r);
	statement->spki = get_opaque(&r, &statement->spki_len);
	return xdr_reader_done(&r) && !(statement->flags & ~KEKEK_SINGLE_USE);
}

bool transfer_package_parse(const uint8_t *data, size_t len,
			    struct transfer_package *package,
			    size_t *signed_len)
{
	struct xdr_reader r;

	memset(package, 0, sizeof(*package));
	if (!attest_enter(&r, data, len, ATTEST_PACKAGE, signed_len))
		return false;
	package->source = xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE);
	package->destination = xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE);
	package->kekek = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	package->uuid = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	package->kek = get_opaque(&r, &package->kek_len);
	package->wrapped = get_opaque(&r, &package->wrapped_len);
	return xdr_reader_done(&r);
}

bool transfer_ack_parse(const uint8_t *data, size_t len,
			struct transfer_ack *ack, size_t *signed_len)
{
	struct xdr_reader r;

	memset(ack, 0, sizeof(*ack));
	if (!attest_enter(&r, data, len, ATTEST_ACK, signed_len))
		return false;
	ack->destination = xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE);
	ack->source = xdr_get_raw(&r, CRYPTECH_SERIAL_SIZE);
	ack->uuid = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	ack->sha256 = xdr_get_raw(&r, HASH_SIZE);
	return xdr_reader_done(&r);
}

static void put_raw(struct xdr_writer *w, const void *data, size_t len)
{
	uint8_t *p = xdr_put_raw(w, len);

	if (p)
		memcpy(p, data, len);
}

static void attest_begin(struct xdr_writer *w, uint8_t *out, size_t size,
			 enum attest_kind kind)
{
	static const uint8_t zeros[2];

	xdr_writer_init(w, out, size);
	put_raw(w, CRYPTECH_ATTEST_MAGIC, HEAD_TEXT);
	put_raw(w, zeros, sizeof(zeros));
	xdr_put_u32(w, kind);
}

static size_t attest_end(const struct xdr_writer *w)
{
	return xdr_room(w) < ATTEST_SIGNATURE ? 0 : xdr_written(w);
}

size_t kekek_statement_put(uint8_t *out, size_t size,
			   const struct kekek_statement *statement)
{
	struct xdr_writer w;

	attest_begin(&w, out, size, ATTEST_KEKEK);
	put_raw(&w, statement->serial, CRYPTECH_SERIAL_SIZE);
	put_raw(&w, statement->uuid, CRYPTECH_UUID_SIZE);
	xdr_put_u32(&w, statement->flags);
	xdr_put_opaque(&w, statement->spki, statement->spki_len);
	return attest_end(&w);
}

size_t transfer_package_put(uint8_t *out, size_t size,
			    const struct transfer_package *package)
{
	struct xdr_writer w;

	attest_begin(&w, out, size, ATTEST_PACKAGE);
	put_raw(&w, package->source, CRYPTECH_SERIAL_SIZE);
	put_raw(&w, package->destination, CRYPTECH_SERIAL_SIZE);
	put_raw(&w, package->kekek, CRYPTECH_UUID_SIZE);
	put_raw(&w, package->uuid, CRYPTECH_UUID_SIZE);
	xdr_put_opaque(&w, package->kek, package->kek_len);
	xdr_put_opaque(&w, package->wrapped, package->wrapped_len);
	return attest_end(&w);
}

size_t transfer_ack_put(uint8_t *out, size_t size,
			const struct transfer_ack *ack)
{
	struct xdr_writer w;

	attest_begin(&w, out, size, ATTEST_ACK);
	put_raw(&w, ack->destination, CRYPTECH_SERIAL_SIZE);
	put_raw(&w, ack->source, CRYPTECH_SERIAL_SIZE);
	put_raw(&w, ack->uuid, CRYPTECH_UUID_SIZE);
	put_raw(&w, ack->sha256, HASH_SIZE);
	return attest_end(&w);
}

/* --- raw packages --------------------------------------------------------- */

bool raw_package_parse(const uint8_t *data, size_t len,
		       struct raw_package *package)
{
	const uint8_t *magic;
	struct xdr_reader r;
	uint32_t version, kind;

	memset(package, 0, sizeof(*package));
	xdr_reader_init(&r, data, len);
	magic = xdr_get_raw(&r, sizeof(raw_magic));
	version = xdr_get_u32(&r);
	kind = xdr_get_u32(&r);
	package->kind = kind;
	package->check = xdr_get_raw(&r, CHECK_SIZE);
	package->uuid = xdr_get_raw(&r, CRYPTECH_UUID_SIZE);
	package->recovery = get_opaque(&r, &package->recovery_len);
	package->head_len = len - xdr_left(&r);
	package->wrapped = get_opaque(&r, &package->wrapped_len);
	return xdr_reader_done(&r) &&
	       !memcmp(magic, raw_magic, sizeof(raw_magic)) &&
	       version == RAW_VERSION &&
	       (kind == RAW_KEY || kind == RAW_PARKED);
}

size_t raw_package_head_put(uint8_t *out, size_t size,
			    struct raw_package *package)
{
	struct xdr_writer w;

	xdr_writer_init(&w, out, size);
	put_raw(&w, raw_magic, sizeof(raw_magic));
	xdr_put_u32(&w, RAW_VERSION);
	xdr_put_u32(&w, package->kind);
	put_raw(&w, package->check, CHECK_SIZE);
	put_raw(&w, package->uuid, CRYPTECH_UUID_SIZE);
	xdr_put_opaque(&w, package->recovery, package->recovery_len);
	package->head_len = w.bad ? 0 : xdr_written(&w);
	return package->head_len;
}
