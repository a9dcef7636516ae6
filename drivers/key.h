/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys and keyrings inside: what a key of the kernel's keyrings holds, and
 * what the core calls.
 *
 * Objects, and who keeps them alive:
 *
 *  key		names a key in the HSM; held by its keyring key (or by the
 *		preparsed payload, until that is consumed), by the job that
 *		makes it, and by the reaper. Never points to a device: it has
 *		the device's serial number and is resolved on each call
 *
 * A keyring key, of type cryptech or asymmetric, also holds a reference to
 * the module, because struct key_type has no owner.
 *
 * Locks: cryptech_key.lock orders the end of the job against the end of the
 * keyring key; a leaf. The reaper's list has one of its own, also a leaf. No
 * lock is held over a call to the HSM.
 */
#ifndef CRYPTECH_KEY_H
#define CRYPTECH_KEY_H

#include <crypto/public_key.h>
#include <linux/completion.h>
#include <linux/keyctl.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <cryptech/rpc.h>

#include "hashsig.h"

struct cryptech_call;
struct cryptech_client;
struct cryptech_device;
struct cryptech_key_info;
struct cryptech_package;
struct key;
struct key_preparsed_payload;
struct seq_file;

/* add_key() waits so long for the HSM in all; a new key then is a job. */
#define CRYPTECH_KEY_WAIT_MS	2000

/* --- what payloads say (keyverb.c) --------------------------------------- */

enum cryptech_key_verb {
	CRYPTECH_KEY_NEW,
	CRYPTECH_KEY_USE,
	CRYPTECH_KEY_LOAD,
};

/**
 * struct cryptech_key_request - a payload, parsed
 * @verb:	what is wanted
 * @type:	NEW: of CRYPTECH_KEY_TYPES
 * @flags:	NEW: CRYPTECH_KEY_FLAG_*
 * @hss:	NEW, of an HSS key: its parameters
 * @profile_given: the payload names the profile
 * @reserve_given: it says how many leaves to reserve
 * @sealed:	NEW: not to be kept in the HSM
 * @uuid:	USE: of the key
 * @package:	LOAD: what to load
 * @dev:	N of /dev/cryptechN, or -1
 * @fd:		descriptor that gives the authority, or -1
 */
struct cryptech_key_request {
	enum cryptech_key_verb verb;
	u32 type;
	u32 flags;
	struct cryptech_hashsig_set hss;
	bool profile_given;
	bool reserve_given;
	bool sealed;
	u8 uuid[CRYPTECH_UUID_SIZE];
	struct cryptech_package *package;
	int dev;
	int fd;
};

/**
 * cryptech_key_request_parse() - Parse a payload
 * @text:	`new TYPE [volatile|sealed] [exportable] [raw] [pss] [dev=N]
 *		[fd=N]`,
 *		`new hss SETS [profile=NAME] [reserve=N] [exportable] [dev=N]
 *		[fd=N]`, `use UUID [dev=N] [fd=N]` or `load HEX [dev=N]
 *		[fd=N]`; white space at the end is ignored
 * @len:	bytes of it; it needs no terminating zero
 * @req:	filled in on success; then it has to be released
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP for verbs and options that are known but
 * not there, and for HSS keys whose signatures would be too long; -ENOMEM.
 */
int cryptech_key_request_parse(const void *text, size_t len,
			       struct cryptech_key_request *req);
void cryptech_key_request_release(struct cryptech_key_request *req);

/* The name of a key type, for people; @buf is at least 16 bytes. */
const char *cryptech_key_type_name(u32 type, char *buf, size_t size);

/* --- authority (authority.c) --------------------------------------------- */

/**
 * cryptech_authority() - May this process have a key made of that?
 * @req:	the payload
 * @deadline:	jiffies until when the HSM may be asked
 *
 * The one place that decides whether the caller of add_key() may make the
 * kernel use a key of the HSM: it has CAP_SYS_ADMIN in the initial user
 * namespace, or it names a descriptor of a device whose client the HSM lets
 * use that key (create one). If it names a descriptor, that alone counts.
 *
 * Context: of the caller; may sleep.
 * Return: the device with a reference, or ERR_PTR: -EPERM if it may not,
 * before anything is asked of the HSM unless by the caller's own client;
 * -ENODEV, -ENOTUNIQ as there is no such device or several; -EINVAL if dev=
 * and fd= name different ones; -ENOKEY; or what the call gave.
 */
struct cryptech_device *
cryptech_authority(const struct cryptech_key_request *req,
		   unsigned long deadline);

/* --- keys ---------------------------------------------------------------- */

/**
 * enum cryptech_key_state - how far a key is
 * @CRYPTECH_KEY_MAKING: the HSM is at it
 * @CRYPTECH_KEY_READY:	everything about it is known and will not change
 * @CRYPTECH_KEY_FAILED: it was not made, or is undone
 */
enum cryptech_key_state {
	CRYPTECH_KEY_MAKING,
	CRYPTECH_KEY_READY,
	CRYPTECH_KEY_FAILED,
};

/**
 * struct cryptech_key - a key of the HSM, by name
 * @pub:	its public half, once READY, if it has one. Must come first: parts of the
 *		kernel take the payload of any asymmetric key for one
 * @ref:	references
 * @state:	enum cryptech_key_state; read by cryptech_key_state()
 * @error:	-errno if FAILED
 * @serial:	of the device
 * @uuid:	of the key
 * @type:	of CRYPTECH_KEY_TYPES, or family and bits
 * @private:	it can sign
 * @pss:	of RSA: by PSS, else by PKCS #1 v1.5
 * @made:	`new` made it, or `load` of another HSM's package
 * @token:	it is kept in flash; else it is volatile and goes with the
 *		kernel's login, if it is not sealed
 * @sealed:	it is not kept in the HSM; see sealed.h
 * @incarnation: of the device, when it was made
 * @started:	jiffies when it was asked for
 * @over:	the state is final
 * @spki:	what @pub points into
 * @verify_in_hsm: this kernel has no algorithm for it
 * @hss:	what HSS keys have besides, else NULL
 * @lock:	guards what follows, but for @entry, which is the reaper's
 * @settled:	the state is final
 * @doomed:	it is to be deleted in the HSM
 * @undo:	it may be in the HSM and has to be deleted if @doomed
 * @package:	sealed, once it is made: what it is loaded from
 * @entry:	in the reaper's list
 */
struct cryptech_key {
	struct public_key pub;
	struct kref ref;
	int state;
	int error;
	u8 serial[CRYPTECH_SERIAL_SIZE];
	u8 uuid[CRYPTECH_UUID_SIZE];
	u32 type;
	bool private;
	bool pss;
	bool made;
	bool token;
	bool sealed;
	u64 incarnation;
	unsigned long started;
	struct completion over;
	u8 *spki;
	bool verify_in_hsm;
	struct cryptech_hashkey *hss;

	spinlock_t lock;	/* job against keyring key */
	bool settled;
	bool doomed;
	bool undo;
	struct cryptech_package *package;
	struct list_head entry;
};

/* --- making them (keymake.c) --------------------------------------------- */

/**
 * cryptech_key_make() - Do what a payload asks for
 * @req:	the payload
 * @name:	a description to label a new key with, or NULL
 *
 * Checks the authority, then asks the HSM; takes at most CRYPTECH_KEY_WAIT_MS.
 * A key that is not made by then is still CRYPTECH_KEY_MAKING.
 *
 * Context: of the caller of add_key(); may sleep, killable.
 * Return: a key with a reference, or ERR_PTR.
 */
struct cryptech_key *cryptech_key_make(const struct cryptech_key_request *req,
				       const char *name);

/*
 * What it and the authority ask of the HSM, until @deadline (jiffies): as
 * cryptech_call_run(), and -ETIMEDOUT. find_device: the one device whose HSM
 * shows the key to the kernel, with a reference, or ERR_PTR, -ENOTUNIQ if
 * several do.
 */
int cryptech_call_run_until(struct cryptech_call *call, unsigned long deadline);
int cryptech_key_ask_info(struct cryptech_client *client, const u8 *uuid,
			  struct cryptech_key_info *info,
			  unsigned long deadline);
struct cryptech_device *cryptech_key_find_device(const u8 *uuid,
						 unsigned long deadline);

/*
 * The one device of which @has() says 0 to the kernel's client; if there is one
 * only, it is not asked. ERR_PTR: -ENOKEY, -ENODEV, -ENOTUNIQ, or another error
 * of @has().
 */
typedef int (*cryptech_key_has_t)(struct cryptech_client *kernel,
				  const void *data, unsigned long deadline);
struct cryptech_device *cryptech_key_search(cryptech_key_has_t has,
					    const void *data,
					    unsigned long deadline);

/* What the HSM tells of the key; all of it, or the public half alone. */
int cryptech_key_learn(struct cryptech_key *key,
		       struct cryptech_client *kernel, unsigned long deadline);
int cryptech_key_learn_public(struct cryptech_key *key,
			      struct cryptech_client *kernel,
			      unsigned long deadline);

/* A key that is in the HSM: its name, and what the HSM tells; or ERR_PTR. */
struct cryptech_key *cryptech_key_use(struct cryptech_client *kernel,
				      const u8 *uuid, unsigned long deadline);

/*
 * A job's last step: the key is made, ask for its public half, then settle.
 * Does not wait. 0 or -errno, then nothing was sent.
 */
int cryptech_key_publish(struct cryptech_key *key,
			 struct cryptech_client *kernel);

/* --- keys (key.c) -------------------------------------------------------- */

/* One of the client's device and incarnation, MAKING; or NULL. */
struct cryptech_key *cryptech_key_alloc(struct cryptech_client *kernel);

void cryptech_key_put(struct cryptech_key *key);

static inline struct cryptech_key *cryptech_key_get(struct cryptech_key *key)
{
	kref_get(&key->ref);
	return key;
}

/* It has a public half, and can sign or verify. */
static inline bool cryptech_key_is_asymmetric(u32 type)
{
	return CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_RSA ||
	       CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_EC ||
	       CRYPTECH_KEY_FAMILY(type) == CRYPTECH_KEY_FAMILY_HSS;
}

/* Its state; if READY, all that describes the key can be read. */
static inline int cryptech_key_state(const struct cryptech_key *key)
{
	/* pairs with cryptech_key_settle() */
	return smp_load_acquire(&key->state);
}

/* 0 if READY, -EAGAIN while it is made, the error if that failed. */
int cryptech_key_usable(const struct cryptech_key *key);

/* Take the public half as the HSM gave it: -EPROTO if it is not one. */
int cryptech_key_set_public(struct cryptech_key *key, const u8 *spki,
			    size_t len);

/*
 * The state is final: READY if @error is 0, else FAILED. @undo: the key may
 * stand in the HSM and is this one's to delete. Once for each key.
 */
void cryptech_key_settle(struct cryptech_key *key, int error, bool undo);

/*
 * The payload never became a keyring key; or the keyring key is gone: delete
 * the key in the HSM if it is ours to delete. An HSS key that is still being
 * made is, too: its generation is cancelled. Never sleeps; may be called again.
 */
void cryptech_key_unconsumed(struct cryptech_key *key);
void cryptech_key_gone(struct cryptech_key *key);

/* --- the reaper (keyreap.c) ---------------------------------------------- */

/* Have the key deleted in the HSM, some time. Takes a reference. */
void cryptech_key_reap(struct cryptech_key *key);

/* Something happened that lets it go on. */
void cryptech_reaper_wake(void);

void cryptech_reaper_exit(void);

/* --- operations (keyop.c) ------------------------------------------------ */

/* The kernel's client of the device that has the key, as it is now. */
struct cryptech_client *cryptech_key_resolve(const struct cryptech_key *key);

/*
 * For any door that has a cryptech_key: the key type, asymmetric keys, and
 * akin interfaces of the kernel's crypto API. None takes locks that a caller
 * may hold; query never sleeps, the others may.
 *
 * @encoding is "pkcs1" for RSA, or "pss" if the key is for that, "x962" (DER)
 * or "raw" (r || s) for EC; @hash the name of the hash whose value the input
 * is, or NULL: PKCS #1 v1.5 then pads the input as it is. HSS: "raw" and NULL,
 * the input is the message. Errors, besides those of the call to the HSM:
 * -EINVAL wrong encoding or length, -ENOPKG unknown hash, -EAGAIN not made yet,
 * -EOPNOTSUPP as it is a key for ciphers.
 */
int cryptech_key_query(const struct cryptech_key *key, const char *encoding,
		       const char *hash, struct kernel_pkey_query *query);

/* Return: the length of the signature, never more than @size, or -errno. */
int cryptech_key_sign(struct cryptech_key *key, const char *encoding,
		      const char *hash, const void *digest, size_t digest_len,
		      void *signature, size_t size);

/**
 * struct cryptech_key_signature - what is to be verified
 * @encoding:	as above
 * @hash:	as above
 * @digest:	the hash value
 * @digest_len:	its length in bytes
 * @bytes:	the signature
 * @len:	its length in bytes
 * @trailing:	bytes may follow the signature (DER and HSS only)
 */
struct cryptech_key_signature {
	const char *encoding;
	const char *hash;
	const void *digest;
	size_t digest_len;
	const void *bytes;
	size_t len;
	bool trailing;
};

/*
 * Return: 0, -EKEYREJECTED if it does not verify, or -errno. The HSM is asked
 * only where the kernel lacks the algorithm.
 */
int cryptech_key_verify(struct cryptech_key *key,
			const struct cryptech_key_signature *sig);

/* --- the doors (keytype.c, asymmetric.c) --------------------------------- */

/*
 * The key of type `cryptech` with that UUID in the caller's keyrings, if he
 * has Search permission; with a reference, or ERR_PTR as request_key() gives.
 * May sleep. And what such a key holds, as long as it is referenced.
 */
struct key *cryptech_keytype_find(const u8 *uuid);
struct cryptech_key *cryptech_keytype_key(const struct key *key);

int cryptech_keytype_register(void);
void cryptech_keytype_unregister(void);
int cryptech_asymmetric_register(void);
void cryptech_asymmetric_unregister(void);

/* --- what the core calls (key.c) ----------------------------------------- */

/* At module load and unload. Process context. */
int cryptech_keys_init(void);
void cryptech_keys_exit(void);

/*
 * A device's incarnation began; it ended (once for each that began, before
 * the next begins); the kernel logged in to it. Process context; do not wait
 * for the HSM.
 */
void cryptech_keys_attached(struct cryptech_device *dev);
void cryptech_keys_detached(struct cryptech_device *dev);
void cryptech_keys_login(struct cryptech_device *dev);

#endif /* CRYPTECH_KEY_H */
