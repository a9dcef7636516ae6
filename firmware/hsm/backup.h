/* SPDX-License-Identifier: MIT */
/*
 * Keys that go to other HSMs or off this one, as the files that deal with them
 * know each other. Formats: firmware/backup/; hash signature keys on the way:
 * hashsig/backup.h; what it is all for: Documentation/backup.rst.
 *
 *	keyimage.c     keys other than HSS keys as images
 *	policy.c       what the security officer allows
 *	device.c       this HSM's attestation key, the devices that are approved
 *	kekek.c	       KEKEKs and their statements
 *	transferfn.c   TRANSFER_*: from one HSM to another, attested
 *	transfer.c     PKEY_EXPORT, PKEY_IMPORT and LEGACY_*: libhal's form
 *	rawfn.c	       RAW_*: off the HSM, under the master key; PARKED_LIST, FORGET
 *	masterkey.c    MASTER_KEY_*; rekey.c is under it
 *	recovery.c     RECOVERY_*
 *	hashsigmove.c  an HSS key as a whole on the way: state, KEY record, memory
 */
#ifndef HSM_BACKUP_H
#define HSM_BACKUP_H

#include "../backup/package.h"
#include "../backup/shares.h"
#include "../hashsig/backup.h"
#include "hashsig.h"
#include "key.h"

/* --- key images (keyrecord.c, keyimage.c) --------------------------------- */

/*
 * A key as packages carry it: the plaintext of its KEY record. Put: into
 * malloc()ed memory, secret; RESULT_TOO_LONG. Parse: as record_open, of a
 * plaintext that the caller has (record->plain is left NULL: the caller keeps
 * and wipes it); false: malformed.
 */
int record_image(const struct key *key, const uint8_t *secret,
		 size_t secret_len, uint8_t **image, size_t *len);
bool record_parse(const uint8_t *image, size_t len, const uint8_t *uuid,
		  struct key_record *record);

/*
 * A key other than an HSS one out of an image, without the flags @drop: checked
 * like a loaded one, then added with its UUID and attributes. With
 * @check_only it is not added and *key is NULL. KEYWRAP_BAD_MAGIC: not a good
 * image. The lock is dropped meanwhile.
 */
int key_add_image(struct call *call, const struct key_record *record,
		  uint32_t drop, bool check_only, struct key **key);
/* The image of such a key. The lock is dropped meanwhile. */
int key_image(struct call *call, struct key *key, uint8_t **image,
	      size_t *len);

/*
 * --- HSS keys (hashsigmove.c) -------------------------------------------------
 *
 * The lock may be dropped before anything is decided, never after; so a key
 * that the caller has is good after success.
 */

/*
 * Makes the package of an image (see root_seal; the image is secret and wiped
 * after).
 */
typedef int image_seal(void *data, const uint8_t *image, size_t len,
		       const uint8_t *kp, uint8_t **package,
		       size_t *package_len);

/*
 * root_split() with what belongs to it: a reserved run is burnt. Nodes that are
 * not in memory are computed, as before signing, or NOT_READY.
 */
int hashsig_split(struct hsm *hsm, struct key *key, const uint8_t *request,
		  image_seal *seal, void *data, uint8_t **package,
		  size_t *len);
/* root_park(): run, lower trees, remembered requests and streams go, too. */
int hashsig_park(struct hsm *hsm, struct key *key, image_seal *seal,
		 void *data, uint8_t **package, size_t *len);
bool hashsig_is_parked(const struct hashsig *h);

/*
 * Could this come? What hashsig_adopt() would say before it does anything, but
 * for a state without a KEY record that stands.
 */
int hashsig_check(struct hsm *hsm, const struct key_record *record,
		  uint32_t drop);

/*
 * root_adopt() or, if a key of this UUID is parked and deleted here,
 * root_unpark(), with KEY record and all that a key has in memory. @record is
 * of an HSS key. @kekek: as root_adopt. Leaves below @floor are burnt, which
 * may take long. KEYWRAP_BAD_MAGIC: it is not a good image of one; KEY_NOT_FOUND
 * of unpark: no such key is parked and deleted.
 */
int hashsig_adopt(struct hsm *hsm, const struct key_record *record,
		  uint32_t drop, const uint8_t *kekek, uint32_t floor,
		  struct key **key);
int hashsig_unpark(struct hsm *hsm, const struct key_record *record,
		   uint32_t drop, struct key **key);
/* The state of a key that is parked and deleted; NULL: none. */
struct root *hashsig_parked(struct hsm *hsm, const uint8_t *uuid);

/* --- policy, devices, KEKEKs ---------------------------------------------- */

struct backup {
	uint32_t policy;
	struct core_key *attestation;	/* P-256, this device's */
	struct core_key *nobody;	/* for a KEKEK that is not there */
};

int backup_start(struct hsm *hsm);	/* after the keys; 0 or error */
void backup_stop(struct hsm *hsm);	/* NULL hsm->backup is fine */
/* LEGACY_EXPORT is allowed in --libhal-compat, too. */
bool policy_allows(const struct hsm *hsm, uint32_t policy);

/* Read the attestation key, or make one. */
int device_start(struct hsm *hsm);
/* The attestation key's signature, ATTEST_SIGNATURE bytes, behind the @len
 * bytes at @data. Lock not needed. */
int device_sign(const struct hsm *hsm, uint8_t *data, size_t len);
/*
 * Is the signature behind the @len bytes at @data that of an approved device?
 * FORBIDDEN: it is not approved; BAD_ARGUMENTS: the signature is not right. The
 * lock is dropped meanwhile.
 */
int device_verify(struct call *call, const uint8_t *serial,
		  const uint8_t *data, size_t len);

/*
 * The private half of a KEKEK. KEY_NOT_FOUND: there is none of this name that
 * serves transfers. The lock is dropped meanwhile.
 */
struct kekek {
	struct core_key *core;
	bool single_use;
};
int kekek_open(struct call *call, const uint8_t *uuid, struct kekek *kekek);

/* --- shares (masterkey.c) ------------------------------------------------- */

/*
 * The next arguments as shares: "n:u n*(share:o)". BAD_ARGUMENTS: none, or too
 * many; MASTERKEY_BAD_LENGTH. All arguments are read in any case but the first.
 */
int call_shares(struct call *call, const uint8_t *shares[CRYPTECH_SHARES_MAX],
		uint32_t *count);
/* The secret as results of that form. BAD_ARGUMENTS as shares_make. */
int put_shares(struct call *call, const uint8_t secret[SHARE_SECRET_SIZE],
	       enum share_kind kind, uint32_t m, uint32_t n);

/* --- recovery (recovery.c) ------------------------------------------------ */

/* FORBIDDEN: no recovery key is set. */
int recovery_check(struct hsm *hsm);
/* Kp for the recovery key. FORBIDDEN */
#define RECOVERY_POINT	65
#define RECOVERY_SIZE	(RECOVERY_POINT + PACKAGE_KEY_SIZE + 8)
int recovery_seal(struct hsm *hsm, const uint8_t uuid[CRYPTECH_UUID_SIZE],
		  const uint8_t kp[PACKAGE_KEY_SIZE],
		  uint8_t sealed[RECOVERY_SIZE]);
/* Is this the armed package? Then its Kp and floor. */
bool recovery_armed(const struct hsm *hsm, const uint8_t *package, size_t len,
		    uint8_t kp[PACKAGE_KEY_SIZE], uint32_t *floor);
/*
 * Who imports it takes it before he drops the lock, for it is good for one
 * import; and gives it back if he fails, or frees it.
 */
struct recovery *recovery_take(struct hsm *hsm);
void recovery_give_back(struct hsm *hsm, struct recovery *recovery);
void recovery_free(struct recovery *recovery);	/* wipes; NULL is fine */
/* Nothing is armed any more. */
void recovery_disarm(struct hsm *hsm);

/* --- raw packages (rawfn.c) ----------------------------------------------- */

/*
 * Open the package in @data: a parked key's with this Kp, others with NULL.
 * @plain is malloc()ed memory, secret; the image is in it. KEYWRAP_BAD_MAGIC.
 * Lock not needed.
 */
struct raw_plain {
	uint8_t *plain;
	size_t plain_len;
	const uint8_t *image;
	size_t image_len;
};
int raw_open(const struct hsm *hsm, const uint8_t *data,
	     const struct raw_package *package, const uint8_t *kp,
	     struct raw_plain *opened);
void raw_plain_free(struct raw_plain *opened);
/* Keys that were parked and deleted. */
uint64_t parked_count(struct hsm *hsm);

#endif /* HSM_BACKUP_H */
