/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sealed keys: keys that are not kept in the HSM, but wrapped by it, in the
 * payload of their keyring key; and the packages that keys come in.
 *
 *	package.c	packages: text, bytes, and the calls that take them
 *	pager.c		which of them are in the HSM at the moment; see pager.h
 *	keysealed.c	keyring keys: made, loaded, brought up to date, used
 *
 * A sealed key is used by loading its package as a volatile key of the kernel's
 * client. The HSM has slots for some only, so that a device's pager takes out
 * the one that was used longest ago when another is wanted. A key that is in use
 * by a call, or by an object of the crypto API, is pinned and stays.
 *
 * Objects, and who keeps them alive:
 *
 *  package	bytes, never changed; held by its key, and by the resident that
 *		was loaded from it
 *  resident	a key that is in the HSM, on its way there or out; held by its
 *		pager as long as it is, by each pin, and by the call that
 *		deletes it. Ends with the incarnation. Holds its device
 */
#ifndef CRYPTECH_SEALED_H
#define CRYPTECH_SEALED_H

#include <linux/kref.h>
#include <linux/types.h>

#include <cryptech/rpc.h>

struct cryptech_call;
struct cryptech_client;
struct cryptech_device;
struct cryptech_key;
struct cryptech_key_request;
struct cryptech_resident;

/* --- packages (package.c) ------------------------------------------------- */

enum cryptech_package_kind {
	CRYPTECH_PACKAGE_RAW,		/* of this HSM's master key */
	CRYPTECH_PACKAGE_PARKED,	/* likewise, of an HSS key */
	CRYPTECH_PACKAGE_TRANSFER,	/* from another HSM */
};

/**
 * struct cryptech_package - a wrapped key
 * @ref:	references
 * @kind:	what it is
 * @dropped:	the key that it was given for is gone: do not keep it loaded
 * @uuid:	of the key, as it says itself; the HSM alone knows
 * @serial:	TRANSFER: of the HSM that it is for
 * @len:	bytes
 * @bytes:	as the HSM made it
 */
struct cryptech_package {
	struct kref ref;
	enum cryptech_package_kind kind;
	bool dropped;
	u8 uuid[CRYPTECH_UUID_SIZE];
	u8 serial[CRYPTECH_SERIAL_SIZE];
	size_t len;
	u8 bytes[];
};

/*
 * Out of hexadecimal digits. ERR_PTR: -EINVAL if it cannot be a package,
 * -EOPNOTSUPP for versions that are not known, -ENOMEM.
 */
struct cryptech_package *cryptech_package_parse(const char *digits);

static inline struct cryptech_package *
cryptech_package_get(struct cryptech_package *package)
{
	kref_get(&package->ref);
	return package;
}

/* May be NULL. Any context. */
void cryptech_package_put(struct cryptech_package *package);

bool cryptech_package_equal(const struct cryptech_package *a,
			    const struct cryptech_package *b);

/* The payload that it makes, without a zero: as much as fits; its length. */
size_t cryptech_package_text(const struct cryptech_package *package,
			     char *buf, size_t size);

/*
 * RAW_IMPORT or TRANSFER_IMPORT. Encoded but not submitted, or NULL. @check:
 * only ask whether it would be done.
 */
struct cryptech_call *
cryptech_call_import(struct cryptech_client *client,
		     const struct cryptech_package *package, bool check);
/* The results of such a call that gave 0; -EPROTO. */
int cryptech_imported(const struct cryptech_call *call,
		      const struct cryptech_package *package, u32 *type);

/* Would the HSM import it for this client? Its type; or as the call gave. */
int cryptech_package_check(struct cryptech_client *client,
			   const struct cryptech_package *package, u32 *type,
			   unsigned long deadline);

/* RAW_EXPORT of a key that is not an HSS one; or ERR_PTR. */
struct cryptech_package *
cryptech_package_export(struct cryptech_client *client, const u8 *uuid,
			unsigned long deadline);

/* --- what is loaded (pager.c) --------------------------------------------- */

/**
 * cryptech_pager_pin() - Have a package loaded
 * @kernel:	the kernel's client
 * @package:	of kind RAW
 * @deadline:	jiffies
 * @lasting:	the pin may last: not for a call, but until somebody likes
 *		to end it
 * @resident:	out: what is now pinned
 *
 * Two that want the same load it once. When the HSM has no slot left, they
 * get one in the order in which they came.
 *
 * Context: may sleep, killable. No locks may be held.
 * Return: 0; -EBUSY no slot came free in time, or all are pinned to last;
 * -ENOSPC the HSM has no slot, and none is a sealed key's; -EINTR killed;
 * -EEXIST the HSM has a key of that UUID; -EBADMSG it refuses the package; or
 * what the call gave.
 */
int cryptech_pager_pin(struct cryptech_client *kernel,
		       struct cryptech_package *package,
		       unsigned long deadline, bool lasting,
		       struct cryptech_resident **resident);

/* Any context but hard interrupt. */
void cryptech_pager_unpin(struct cryptech_resident *resident, bool lasting);

/* A pinned key turned out not to be in the HSM any more. */
void cryptech_pager_lost(struct cryptech_resident *resident);

/*
 * Have a new volatile key made by a call, @make()d as often as it takes to find
 * a slot; the call that succeeded is in *@call and has to be put. Until
 * cryptech_pager_keep() the key goes with its last pin.
 */
typedef struct cryptech_call *(*cryptech_make_t)(struct cryptech_client *kernel,
						 void *data);

int cryptech_pager_generate(struct cryptech_client *kernel, const u8 *uuid,
			    cryptech_make_t make, void *data,
			    unsigned long deadline,
			    struct cryptech_call **call,
			    struct cryptech_resident **resident);
void cryptech_pager_keep(struct cryptech_resident *resident,
			 struct cryptech_package *package);

/*
 * The key that the package was for is gone: take it out, soon. Any context but
 * hard interrupt.
 */
void cryptech_pager_drop(struct cryptech_package *package, const u8 *serial);

/* For the core: with the device; its incarnation is over; now and then. */
bool cryptech_pager_init(struct cryptech_device *dev);
void cryptech_pager_exit(struct cryptech_device *dev);
void cryptech_pager_forget(struct cryptech_device *dev);
void cryptech_pager_sweep(struct cryptech_device *dev);

/* --- keyring keys (keysealed.c) ------------------------------------------- */

/*
 * Behind cryptech_key_make(). start: the job that makes a new one. load: one of
 * a package. receive: a key in flash, of a TRANSFER package.
 */
int cryptech_sealed_start(struct cryptech_key *key,
			  struct cryptech_client *kernel, u32 flags,
			  const char *label, size_t label_len);
struct cryptech_key *
cryptech_sealed_load(struct cryptech_client *kernel,
		     const struct cryptech_key_request *req,
		     unsigned long deadline);
struct cryptech_key *
cryptech_sealed_receive(struct cryptech_client *kernel,
			const struct cryptech_key_request *req,
			unsigned long deadline);

/* A reference to its package; NULL: it has none, yet or any more. */
struct cryptech_package *cryptech_sealed_package(struct cryptech_key *key);

/* Its key is gone: take it out of the HSM. Never sleeps. */
void cryptech_sealed_drop(struct cryptech_key *key);

/*
 * @key takes the package of @newer, and gives its own for it. 0; -EOPNOTSUPP one
 * of them is not sealed; -EINVAL they are different keys; -EKEYREJECTED they say
 * to be the same and are not; -EAGAIN. Does not sleep.
 */
int cryptech_sealed_update(struct cryptech_key *key,
			   struct cryptech_key *newer);

/**
 * struct cryptech_hold - a key that can be used, for the time of a call
 * @kernel:	the client to call by
 * @resident:	if it is sealed, else NULL
 * @tries:	how often it was found lost
 */
struct cryptech_hold {
	struct cryptech_client *kernel;
	struct cryptech_resident *resident;
	unsigned int tries;
};

/*
 * Around a call with any key of the HSM; @hold starts as zeros. release: true
 * if the call's result @ret says that the HSM had lost a sealed key meanwhile,
 * so that nothing happened: do it again.
 */
int cryptech_key_hold(struct cryptech_key *key, struct cryptech_hold *hold,
		      unsigned long deadline);
bool cryptech_key_release(struct cryptech_hold *hold, int ret);

/* A lasting pin of a sealed key; end it with cryptech_pager_unpin(). */
int cryptech_key_pin(struct cryptech_key *key, unsigned long deadline,
		     struct cryptech_resident **resident);

/* At module load and unload. */
int cryptech_sealed_init(void);
void cryptech_sealed_exit(void);

#endif /* CRYPTECH_SEALED_H */
