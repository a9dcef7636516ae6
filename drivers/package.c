// SPDX-License-Identifier: GPL-2.0
/*
 * Packages: keys that an HSM wrapped, for itself or for another one. To the
 * kernel they are bytes with a head that says whose they are: only the HSM can
 * tell whether that is true.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/hex.h"
#include "cryptech.h"
#include "key.h"
#include "sealed.h"

#define VERB		"load "
#define VERB_LEN	(sizeof(VERB) - 1)

#define RAW_MAGIC	"CRAW"
#define RAW_MAGIC_LEN	(sizeof(RAW_MAGIC) - 1)
#define RAW_VERSION	1
#define RAW_KIND_KEY	1
#define RAW_KIND_PARKED	2
#define RAW_CHECK_SIZE	8

#define ATTEST_MAGIC_LEN	(sizeof(CRYPTECH_ATTEST_MAGIC) - 1)
#define ATTEST_HEAD_LEN		(ATTEST_MAGIC_LEN + 2)	/* with two zeros */
#define ATTEST_KIND_PACKAGE	2
#define ATTEST_SIGNATURE	64

#define XDR_U32		4
#define XDR_OPAQUE(len)	(XDR_U32 + ALIGN(len, 4))

/* What fits into a call to import it. */
#define PACKAGE_MAX	(CRYPTECH_RPC_MESSAGE_MAX - CRYPTECH_RPC_REQUEST_MIN - \
			 3 * XDR_U32)
#define IMPORTED_MAX	(XDR_OPAQUE(CRYPTECH_UUID_SIZE) + 2 * XDR_U32 + \
			 XDR_OPAQUE(CRYPTECH_LABEL_MAX) + \
			 XDR_OPAQUE(CRYPTECH_ACK_SIZE))

/* --- the head ------------------------------------------------------------- */

static int parse_raw(struct cryptech_package *package, struct xdr_reader *r)
{
	const u8 *uuid;
	u32 version, kind;
	size_t len;

	xdr_get_raw(r, RAW_MAGIC_LEN);
	version = xdr_get_u32(r);
	if (!r->bad && version != RAW_VERSION)
		return -EOPNOTSUPP;
	kind = xdr_get_u32(r);
	xdr_get_raw(r, RAW_CHECK_SIZE);
	uuid = xdr_get_raw(r, CRYPTECH_UUID_SIZE);
	xdr_get_opaque(r, &len);	/* for the recovery key */
	xdr_get_opaque(r, &len);
	if (!xdr_reader_done(r) || !len)
		return -EINVAL;
	memcpy(package->uuid, uuid, CRYPTECH_UUID_SIZE);
	if (kind == RAW_KIND_KEY)
		package->kind = CRYPTECH_PACKAGE_RAW;
	else if (kind == RAW_KIND_PARKED)
		package->kind = CRYPTECH_PACKAGE_PARKED;
	else
		return -EINVAL;
	return 0;
}

static int parse_transfer(struct cryptech_package *package,
			  struct xdr_reader *r)
{
	const u8 *head, *serial, *uuid;
	size_t len;
	u32 kind;

	head = xdr_get_raw(r, ATTEST_HEAD_LEN);
	kind = xdr_get_u32(r);
	xdr_get_raw(r, CRYPTECH_SERIAL_SIZE);	/* the source */
	serial = xdr_get_raw(r, CRYPTECH_SERIAL_SIZE);
	xdr_get_raw(r, CRYPTECH_UUID_SIZE);	/* the KEKEK */
	uuid = xdr_get_raw(r, CRYPTECH_UUID_SIZE);
	xdr_get_opaque(r, &len);
	xdr_get_opaque(r, &len);
	xdr_get_raw(r, ATTEST_SIGNATURE);
	if (!xdr_reader_done(r) || kind != ATTEST_KIND_PACKAGE ||
	    head[ATTEST_MAGIC_LEN] || head[ATTEST_MAGIC_LEN + 1])
		return -EINVAL;
	package->kind = CRYPTECH_PACKAGE_TRANSFER;
	memcpy(package->serial, serial, CRYPTECH_SERIAL_SIZE);
	memcpy(package->uuid, uuid, CRYPTECH_UUID_SIZE);
	return 0;
}

static bool begins(const struct cryptech_package *package, const char *magic,
		   size_t len)
{
	return package->len >= len && !memcmp(package->bytes, magic, len);
}

static int parse(struct cryptech_package *package)
{
	struct xdr_reader r;

	xdr_reader_init(&r, package->bytes, package->len);
	if (begins(package, RAW_MAGIC, RAW_MAGIC_LEN))
		return parse_raw(package, &r);
	if (begins(package, CRYPTECH_ATTEST_MAGIC, ATTEST_MAGIC_LEN))
		return parse_transfer(package, &r);
	return -EINVAL;
}

/* --- as objects ----------------------------------------------------------- */

static struct cryptech_package *package_alloc(size_t len)
{
	struct cryptech_package *package;

	package = kzalloc(struct_size(package, bytes, len),
			  GFP_KERNEL_ACCOUNT);
	if (!package)
		return NULL;
	kref_init(&package->ref);
	package->len = len;
	return package;
}

static struct cryptech_package *package_parse(struct cryptech_package *package)
{
	int ret = parse(package);

	if (!ret)
		return package;
	cryptech_package_put(package);
	return ERR_PTR(ret);
}

struct cryptech_package *cryptech_package_parse(const char *digits)
{
	size_t len = strlen(digits);
	struct cryptech_package *package;

	if (!len || len % 2 || len / 2 > PACKAGE_MAX)
		return ERR_PTR(-EINVAL);
	package = package_alloc(len / 2);
	if (!package)
		return ERR_PTR(-ENOMEM);
	if (hex2bin(package->bytes, digits, package->len)) {
		cryptech_package_put(package);
		return ERR_PTR(-EINVAL);
	}
	return package_parse(package);
}

static void package_release(struct kref *ref)
{
	kfree(container_of(ref, struct cryptech_package, ref));
}

void cryptech_package_put(struct cryptech_package *package)
{
	if (package)
		kref_put(&package->ref, package_release);
}

bool cryptech_package_equal(const struct cryptech_package *a,
			    const struct cryptech_package *b)
{
	return a == b ||
	       (a->len == b->len && !memcmp(a->bytes, b->bytes, a->len));
}

size_t cryptech_package_text(const struct cryptech_package *package,
			     char *buf, size_t size)
{
	size_t i;

	memcpy(buf, VERB, min_t(size_t, size, VERB_LEN));
	for (i = VERB_LEN; i < size && i < VERB_LEN + 2 * package->len; i++) {
		u8 byte = package->bytes[(i - VERB_LEN) / 2];

		buf[i] = (i - VERB_LEN) % 2 ? hex_asc_lo(byte) :
					      hex_asc_hi(byte);
	}
	return VERB_LEN + 2 * package->len;
}

/* --- the calls ------------------------------------------------------------ */

struct cryptech_call *
cryptech_call_import(struct cryptech_client *client,
		     const struct cryptech_package *package, bool check)
{
	bool transfer = package->kind == CRYPTECH_PACKAGE_TRANSFER;
	struct cryptech_call *call;

	call = cryptech_call_new(client, transfer ?
				 CRYPTECH_RPC_TRANSFER_IMPORT :
				 CRYPTECH_RPC_RAW_IMPORT,
				 XDR_OPAQUE(package->len) + 2 * XDR_U32,
				 IMPORTED_MAX);
	if (!call)
		return NULL;
	xdr_put_opaque(&call->args, package->bytes, package->len);
	/* a sealed key must not come to stand in flash */
	xdr_put_u32(&call->args, transfer ? 0 : CRYPTECH_KEY_FLAG_TOKEN);
	xdr_put_u32(&call->args, check);
	return call;
}

int cryptech_imported(const struct cryptech_call *call,
		      const struct cryptech_package *package, u32 *type)
{
	struct xdr_reader r;
	const u8 *uuid;
	size_t len, rest;

	cryptech_call_results(call, &r);
	uuid = xdr_get_opaque(&r, &len);
	*type = xdr_get_u32(&r);
	xdr_get_u32(&r);		/* flags */
	xdr_get_opaque(&r, &rest);	/* label */
	if (package->kind == CRYPTECH_PACKAGE_TRANSFER)
		xdr_get_opaque(&r, &rest);	/* for the source */
	if (!xdr_reader_done(&r) || len != CRYPTECH_UUID_SIZE ||
	    memcmp(uuid, package->uuid, CRYPTECH_UUID_SIZE))
		return -EPROTO;
	return 0;
}

int cryptech_package_check(struct cryptech_client *client,
			   const struct cryptech_package *package, u32 *type,
			   unsigned long deadline)
{
	struct cryptech_call *call = cryptech_call_import(client, package,
							  true);
	int ret;

	if (!call)
		return -ENOMEM;
	ret = cryptech_call_run_until(call, deadline);
	if (!ret)
		ret = cryptech_imported(call, package, type);
	cryptech_call_put(call);
	return ret;
}

static struct cryptech_package *exported(const struct cryptech_call *call,
					 const u8 *uuid)
{
	struct cryptech_package *package;
	struct xdr_reader r;
	const u8 *bytes;
	size_t len;

	cryptech_call_results(call, &r);
	bytes = xdr_get_opaque(&r, &len);
	if (!xdr_reader_done(&r) || len > PACKAGE_MAX)
		return ERR_PTR(-EPROTO);
	package = package_alloc(len);
	if (!package)
		return ERR_PTR(-ENOMEM);
	memcpy(package->bytes, bytes, len);
	package = package_parse(package);
	if (IS_ERR(package))
		return ERR_PTR(-EPROTO);
	if (package->kind == CRYPTECH_PACKAGE_RAW &&
	    !memcmp(package->uuid, uuid, CRYPTECH_UUID_SIZE))
		return package;
	cryptech_package_put(package);
	return ERR_PTR(-EPROTO);
}

struct cryptech_package *
cryptech_package_export(struct cryptech_client *client, const u8 *uuid,
			unsigned long deadline)
{
	struct cryptech_package *package;
	struct cryptech_call *call;
	int ret;

	call = cryptech_call_new(client, CRYPTECH_RPC_RAW_EXPORT,
				 XDR_OPAQUE(CRYPTECH_UUID_SIZE),
				 XDR_OPAQUE(PACKAGE_MAX));
	if (!call)
		return ERR_PTR(-ENOMEM);
	xdr_put_opaque(&call->args, uuid, CRYPTECH_UUID_SIZE);
	ret = cryptech_call_run_until(call, deadline);
	package = ret ? ERR_PTR(ret) : exported(call, uuid);
	cryptech_call_put(call);
	return package;
}
