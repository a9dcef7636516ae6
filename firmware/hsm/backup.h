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
 *	masterkey.c    MASTER_KEY_*
 *	recovery.c     RECOVERY_*
 *	hashsigmove.c  an HSS key as a whole on the way: state, KEY record, memory
 */
#ifndef HSM_BACKUP_H
#define HSM_BACKUP_H

#include "../backup/package.h"
#include "../hashsig/backup.h"
#include "hashsig.h"
#include "key.h"

/* --- key images (keyrecord.c, keyimage.c) --------------------------------------- */

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

/* --- HSS keys (hashsigmove.c); the lock is held throughout --------------------- */

/*
 * Makes the package of an image (see root_seal; the image is secret and wiped
 * after).
 */
typedef int image_seal(void *data, const uint8_t *image, size_t len,
		       const uint8_t *kp, uint8_t **package,
		       size_t *package_len);

/* root_split() with what belongs to it: a reserved run is burnt. */
int hashsig_split(struct hsm *hsm, struct key *key, const uint8_t *request,
		  image_seal *seal, void *data, uint8_t **package,
		  size_t *len);
/* root_park(): run, lower trees, remembered requests and streams go, too. */
int hashsig_park(struct hsm *hsm, struct key *key, image_seal *seal,
		 void *data, uint8_t **package, size_t *len);
bool hashsig_is_parked(const struct hashsig *h);

/*
 * root_adopt() or, if a key of this UUID is parked and deleted here,
 * root_unpark(), with KEY record and all that a key has in memory. @record is
 * of an HSS key. @kekek, @floor: as root_adopt (unpark: NULL and 0).
 */
int hashsig_adopt(struct hsm *hsm, const struct key_record *record,
		  uint32_t drop, const uint8_t *kekek, uint32_t floor,
		  struct key **key);
int hashsig_unpark(struct hsm *hsm, const struct key_record *record,
		   uint32_t drop, struct key **key);
/* The state of a key that is parked and deleted; NULL: none. */
struct root *hashsig_parked(struct hsm *hsm, const uint8_t *uuid);

/* --- policy, devices, KEKEKs ------------------------------------------------------ */

int backup_start(struct hsm *hsm);	/* after the keys; 0 or error */
void backup_stop(struct hsm *hsm);
bool policy_allows(const struct hsm *hsm, uint32_t policy);

/* The attestation key's signature behind the @len bytes at @data. Lock not
 * needed. */
int device_sign(const struct hsm *hsm, uint8_t *data, size_t len);
/* Is it an approved device's? FORBIDDEN: it is not approved;
 * BAD_ARGUMENTS: the signature is not right. */
int device_verify(struct hsm *hsm, const uint8_t *serial, const uint8_t *data,
		  size_t len);

/* --- wrapping keys of the master key (masterkey.c) ------------------------------- */

/* hsm->k_raw and hsm->k_raw_hashsig are derived without the serial number, so
 * that an HSM with the same master key can take its place. */

#endif /* HSM_BACKUP_H */
