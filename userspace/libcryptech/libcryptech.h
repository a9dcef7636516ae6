/* SPDX-License-Identifier: MIT */
/*
 * libcryptech: a hardware security module (HSM) from C.
 *
 * A handle is one open /dev/cryptechN, a client of the HSM of its own, with
 * its own login and volatile keys. The library adds no state to what
 * <linux/cryptech.h> describes and can be left out: each function is one
 * ioctl, except where it says otherwise.
 *
 * Functions that return int return 0, or -errno as the manual at the top of
 * <linux/cryptech.h> lists them. If the HSM itself refused,
 * cryptech_hsm_error() tells its own error number (CRYPTECH_ERR_*).
 *
 * Threads: distinct handles are independent. Calls on one handle must not
 * overlap. Nothing is global. Only cryptech_open() and cryptech_use_fd()
 * allocate, only the handle, and only cryptech_close() frees it. No function
 * prints, changes signal handling or calls exit. Calls wait for the HSM:
 * milliseconds mostly, up to minutes for a new RSA key. A signal ends a
 * wait with -EINTR only if nothing has happened yet.
 *
 * Secrets (PINs, private keys to be imported) are the caller's to wipe; the
 * library makes no copies of them.
 *
 * Numbers of key types, key flags, digests and users are those of
 * <cryptech/rpc.h>.
 */
#ifndef LIBCRYPTECH_H
#define LIBCRYPTECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cryptech/rpc.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cryptech;	/* a handle */

#define CRYPTECH_DEVICE_ANY	-1	/* cryptech_open(): the only one */

/* Bytes that a UUID takes as text, with its terminating zero. */
#define CRYPTECH_UUID_TEXT	37
/* Bytes that a key type's name takes, with its terminating zero. */
#define CRYPTECH_KEY_TYPE_TEXT	32
/* The longest signature and public key (DER) of the key types there are. */
#define CRYPTECH_SIGNATURE_MAX	16384
#define CRYPTECH_SPKI_MAX	4096
/* Bytes of a token. */
#define CRYPTECH_TOKEN_BYTES	48
/* The most bytes of one cryptech_random(). */
#define CRYPTECH_RANDOM_MAX	16368

/* --- handles ------------------------------------------------------------- */

/*
 * Open /dev/cryptech@index, or the only HSM there is (CRYPTECH_DEVICE_ANY).
 * The descriptor is close-on-exec. -ENODEV: there is none; -ENOTUNIQ: there
 * are several and none was chosen; -EACCES: no permission; -ENOMEM.
 */
int cryptech_open(struct cryptech **hsm, int index);

/*
 * Make a handle of a descriptor that was inherited or received. It remains
 * the caller's: cryptech_close() does not close it. -ENOTTY, -EBADF: it is
 * no HSM's; -ENODEV: the HSM was restarted since it was opened; -ENOMEM.
 */
int cryptech_use_fd(struct cryptech **hsm, int fd);

/* Log out (by closing, if cryptech_open() opened it) and free. NULL: no-op. */
void cryptech_close(struct cryptech *hsm);

/* The descriptor, for poll, for ioctls or to pass it on with its login. */
int cryptech_fd(const struct cryptech *hsm);

/*
 * The HSM's own error number of the last call, CRYPTECH_ERR_OK if the error
 * did not come from the HSM or there was none.
 */
uint32_t cryptech_hsm_error(const struct cryptech *hsm);

/* --- the device ---------------------------------------------------------- */

struct cryptech_info {
	uint32_t index;		/* N of /dev/cryptechN */
	uint32_t kernel_user;	/* role of the kernel's own login, or 0 */
	uint64_t incarnation;	/* counts the HSM's restarts, from 1 */
	uint32_t message_max;	/* longest RPC message, bytes */
	uint8_t serial[16];	/* the device's serial number */
};

/* What the driver knows of the device; the HSM is not asked. */
int cryptech_get_info(struct cryptech *hsm, struct cryptech_info *info);

#define CRYPTECH_STATUS_VALUES	64	/* most figures taken */

struct cryptech_figure {
	uint32_t tag;		/* CRYPTECH_STATUS_* */
	uint64_t value;		/* unit: CRYPTECH_STATUS_TAGS */
};

struct cryptech_status {
	char release[65];	/* version of the firmware, text */
	uint8_t serial[16];
	uint32_t count;		/* figures that follow */
	struct cryptech_figure figures[CRYPTECH_STATUS_VALUES];
};

/* Ask the HSM for its figures. Unknown tags are to be skipped. No login. */
int cryptech_get_status(struct cryptech *hsm, struct cryptech_status *status);

/* A figure of @status by its tag, @absent if the HSM did not send it. */
uint64_t cryptech_figure(const struct cryptech_status *status, uint32_t tag,
			 uint64_t absent);

/* Fill @data with @length bytes of the HSM's random generator, any length
 * (one ioctl for each CRYPTECH_RANDOM_MAX bytes). No login. */
int cryptech_random(struct cryptech *hsm, void *data, size_t length);

/* --- logins and PINs ----------------------------------------------------- */

/*
 * Log this handle in as @user (CRYPTECH_USER_*). PINs are 1 to
 * CRYPTECH_PIN_MAX bytes, not zero-terminated. -EACCES: wrong PIN; -EAGAIN:
 * the delay after failed attempts still runs, the PIN was not looked at.
 */
int cryptech_login(struct cryptech *hsm, uint32_t user, const void *pin,
		   size_t pin_len);

/* Log out: handles and volatile keys of this client are gone. */
int cryptech_logout(struct cryptech *hsm);

/* Set @user's PIN. WHEEL may set any, SO the user's; others get -EACCES. */
int cryptech_set_pin(struct cryptech *hsm, uint32_t user, const void *pin,
		     size_t pin_len);

/*
 * Log the kernel itself in, with the user PIN, so that keyrings and the
 * crypto API can use keys; or out. -EPERM without CAP_SYS_ADMIN.
 */
int cryptech_kernel_login(struct cryptech *hsm, const void *pin,
			  size_t pin_len);
int cryptech_kernel_logout(struct cryptech *hsm);

/* --- keys (login as user or wheel) --------------------------------------- */

struct cryptech_key {
	uint8_t uuid[16];
	uint32_t type;		/* CRYPTECH_KEY_FAMILY(), CRYPTECH_KEY_BITS() */
	uint32_t key_class;	/* CRYPTECH_KEY_CLASS_* */
	uint32_t flags;		/* CRYPTECH_KEY_FLAG_* */
	uint32_t label_len;
	char label[CRYPTECH_LABEL_MAX + 1];	/* UTF-8, zero-terminated */
};

/*
 * Generate a key. @label: UTF-8 without control characters, up to
 * CRYPTECH_LABEL_MAX bytes, or NULL. @uuid: in, the name wanted, or zeros;
 * out, the key's UUID. May take minutes (RSA). -EEXIST: that UUID is taken;
 * -ENOSPC: the keystore is full; -EINVAL: bad combination of flags or label.
 */
int cryptech_key_generate(struct cryptech *hsm, uint32_t type, uint32_t flags,
			  const char *label, uint8_t uuid[16]);

/* Import a PKCS#8 PrivateKeyInfo or a SubjectPublicKeyInfo in DER. */
int cryptech_key_load(struct cryptech *hsm, const void *der, size_t der_len,
		      uint32_t flags, const char *label, uint8_t uuid[16]);

/*
 * Import an AES or HMAC key: @type is one of CRYPTECH_KEY_AES* or _HMAC*, @value
 * the key's bytes, for XTS both keys one after the other, for HMAC
 * CRYPTECH_HMAC_KEY_MIN to _MAX. -EINVAL also: the length is not the type's, or
 * the two keys are equal.
 */
int cryptech_key_load_raw(struct cryptech *hsm, uint32_t type,
			  const void *value, size_t value_len, uint32_t flags,
			  const char *label, uint8_t uuid[16]);

/*
 * The token of a key, which the kernel's crypto API takes in its place. It is
 * no secret, and gives no right to the key.
 */
int cryptech_key_token(struct cryptech *hsm, const uint8_t uuid[16],
		       uint8_t token[CRYPTECH_TOKEN_BYTES]);

/* Describe a key. -ENOKEY: no such key, or not one of yours. */
int cryptech_key_info(struct cryptech *hsm, const uint8_t uuid[16],
		      struct cryptech_key *key);

/*
 * The keys this handle may use, in the order of their UUIDs after @previous
 * (NULL: from the first). @count: in, room in @keys; out, keys written, 0
 * when there are no more.
 */
int cryptech_key_list(struct cryptech *hsm, const uint8_t *previous,
		      struct cryptech_key *keys, size_t *count);

/*
 * The public half as SubjectPublicKeyInfo in DER. @spki_len: in, room; out,
 * length. -EOVERFLOW: it does not fit.
 */
int cryptech_key_public(struct cryptech *hsm, const uint8_t uuid[16],
			void *spki, size_t *spki_len);

/* Change the label, as in cryptech_key_generate(). */
int cryptech_key_set_label(struct cryptech *hsm, const uint8_t uuid[16],
			   const char *label);

/* Delete a key, for ever. */
int cryptech_key_delete(struct cryptech *hsm, const uint8_t uuid[16]);

/*
 * Sign. @digest (CRYPTECH_DIGEST_*) names the hash whose value @input is.
 * RSA: PKCS#1 v1.5; with CRYPTECH_DIGEST_NONE the input is padded as it is.
 * EC: the signature is r || s, each as wide as the curve's order. @sig_len:
 * in, room; out, length. HSS keys need cryptech_sign_once().
 */
int cryptech_sign(struct cryptech *hsm, const uint8_t uuid[16],
		  uint32_t digest, const void *input, size_t input_len,
		  void *sig, size_t *sig_len);

/* Verify inside the HSM. -EKEYREJECTED: the signature does not verify. */
int cryptech_verify(struct cryptech *hsm, const uint8_t uuid[16],
		    uint32_t digest, const void *input, size_t input_len,
		    const void *sig, size_t sig_len);

/* --- secret keys: ciphers and MACs -------------------------------------------- */

/*
 * Encrypt or decrypt @data in place, with an AES key of mode CBC or ECB (whole
 * blocks; there is no padding), or CTR. @iv: in, the IV or first counter block;
 * out, the one for what follows; not looked at for ECB. XTS keys are for the
 * kernel's crypto API (-EOPNOTSUPP here). After an error @data is undefined.
 */
int cryptech_cipher(struct cryptech *hsm, const uint8_t uuid[16], bool encrypt,
		    uint32_t mode, uint8_t iv[16], void *data, size_t len);

/* @data and @aad of AES-GCM together have at most so many bytes (-EMSGSIZE). */
#define CRYPTECH_GCM_MAX	16304

/*
 * AES-GCM, in place. The HSM draws the IV and gives it in @iv; with @caller_iv it
 * takes that from there, if the key is made for it (-EACCES): never use one
 * twice. -EKEYREJECTED: the tag is wrong; @data is as it was.
 */
int cryptech_gcm_encrypt(struct cryptech *hsm, const uint8_t uuid[16],
			 bool caller_iv, uint8_t iv[12], const void *aad,
			 size_t aad_len, void *data, size_t len,
			 uint8_t tag[16]);
int cryptech_gcm_decrypt(struct cryptech *hsm, const uint8_t uuid[16],
			 const uint8_t iv[12], const void *aad, size_t aad_len,
			 void *data, size_t len, const uint8_t tag[16]);

#define CRYPTECH_MAC_MAX	64	/* bytes of the longest */

/* The message authentication code of an AES-CMAC or HMAC key; any length. */
int cryptech_mac(struct cryptech *hsm, const uint8_t uuid[16],
		 const void *data, size_t len,
		 uint8_t mac[CRYPTECH_MAC_MAX], size_t *mac_len);
/* -EKEYREJECTED: @mac is not the whole of the right one. */
int cryptech_mac_verify(struct cryptech *hsm, const uint8_t uuid[16],
			const void *data, size_t len, const void *mac,
			size_t mac_len);

/* --- HSS keys (RFC 8554), whose signatures spend them ---------------------- */

#define CRYPTECH_HSS_LEVELS	8
/* Bytes that the sets of a key take as text, with its terminating zero. */
#define CRYPTECH_HSS_TEXT	96

/* A set for each level, root first; typecodes of RFC 8554 and RFC 9858. */
struct cryptech_hss {
	uint32_t levels;
	struct {
		uint32_t lms, lmots;
	} level[CRYPTECH_HSS_LEVELS];
};

/*
 * From text: "H/W" (height of the tree, bits of a digit) or "H/W/24" (hashes
 * of 24 bytes), levels separated by commas, as in "10/4,10/4". -EINVAL:
 * malformed, or no such set; -EMSGSIZE: the signature would be too long.
 */
int cryptech_hss_parse(const char *text, struct cryptech_hss *set);
/* The reverse; "?" for sets not known here. Returns @text. */
const char *cryptech_hss_format(const struct cryptech_hss *set,
				char text[CRYPTECH_HSS_TEXT]);

/*
 * Start to make an HSS key; label and UUID as in cryptech_key_generate().
 * Returns at once: the key exists when its job is done. The job ends with this
 * handle. @profile: CRYPTECH_HASHSIG_*; @reserve: leaves of the root that are
 * taken at once, 0 for 1; @flags: TOKEN and DIGITALSIGNATURE at least.
 */
int cryptech_hashsig_generate(struct cryptech *hsm,
			      const struct cryptech_hss *set, uint32_t profile,
			      uint32_t reserve, uint32_t flags,
			      const char *label, uint8_t uuid[16]);

struct cryptech_job {
	uint32_t state;		/* CRYPTECH_JOB_* */
	uint32_t error;		/* CRYPTECH_ERR_* of a job that failed */
	uint64_t done, total;	/* leaves */
};

/* How far that is. -ENOKEY: this handle has no such job. */
int cryptech_hashsig_job(struct cryptech *hsm, const uint8_t uuid[16],
			 struct cryptech_job *job);
/* Stop it; nothing of it is left. -ENOKEY: no such job is running. */
int cryptech_hashsig_cancel(struct cryptech *hsm, const uint8_t uuid[16]);

struct cryptech_hashsig {
	struct cryptech_hss set;
	uint32_t state;		/* CRYPTECH_HASHSIG_READY, ... */
	uint32_t profile;	/* CRYPTECH_HASHSIG_PUNCTURED, ... */
	uint32_t reserve;	/* leaves of the root that are taken at once */
	uint64_t root_left;	/* leaves of the root that are left */
	uint64_t left;		/* signatures left, at most */
	uint64_t left_max;	/* signatures of the fresh key */
	uint64_t done, total;	/* progress of a rebuild, leaves */
};

/* What an HSS private key is, and what is left of it. */
int cryptech_hashsig_info(struct cryptech *hsm, const uint8_t uuid[16],
			  struct cryptech_hashsig *info);

/* The security officer's decision, CRYPTECH_ACCEPT_*, on flash that is not
 * the newest. -EINVAL: there is nothing to decide. */
int cryptech_hashsig_accept(struct cryptech *hsm, uint32_t decision);

/*
 * Sign a message, of any length below 4 GiB, with an HSS key. Draw @request_id
 * anew for each message. After -EREMOTEIO, -ETIMEDOUT or -EOVERFLOW ask again
 * with the same @request_id and message: if the HSM was not restarted, the
 * same signature comes back, and nothing more is spent. @left (may be NULL):
 * signatures left, at most. -ENOSPC: the key is used up. -EAGAIN: a tree is
 * being rebuilt; nothing was spent.
 */
int cryptech_sign_once(struct cryptech *hsm, const uint8_t uuid[16],
		       const uint8_t request_id[16], const void *message,
		       size_t message_len, void *sig, size_t *sig_len,
		       uint64_t *left);

/* Verify a signature over a message with an HSS key, private or public. */
int cryptech_verify_message(struct cryptech *hsm, const uint8_t uuid[16],
			    const void *message, size_t message_len,
			    const void *sig, size_t sig_len);

/* --- backup: to other HSMs, off this one, and back --------------------------- */

/*
 * Documentation/backup.rst says how these go together. Packages, statements and
 * shares are bytes to be kept or sent as they are. Where the length of an
 * output is a size_t *, it is the room there is, all of it writable, and then
 * the length; -EOVERFLOW: not enough room, and the length is what is needed.
 */

/* No package, nor a part of one, is longer. */
#define CRYPTECH_PACKAGE_MAX	16384

/*
 * Serial number and attestation key of this HSM (SubjectPublicKeyInfo in DER),
 * and the fingerprint of both, which people compare. No login.
 */
int cryptech_device_identity(struct cryptech *hsm, uint8_t serial[16],
			     uint8_t fingerprint[32], void *spki,
			     size_t *spki_len);

/*
 * By the security officer: keys may go to and come from that device.
 * @fingerprint, which is given, is what has to be compared. -EEXIST: it is
 * approved already, with this key or another; -ENOSPC: too many.
 */
int cryptech_device_approve(struct cryptech *hsm, const uint8_t serial[16],
			    const void *spki, size_t spki_len,
			    const char *label, uint8_t fingerprint[32]);
/* -ENOKEY: it is not approved. */
int cryptech_device_revoke(struct cryptech *hsm, const uint8_t serial[16]);

struct cryptech_approved {
	uint8_t serial[16];
	uint8_t fingerprint[32];
	uint32_t label_len;
	char label[CRYPTECH_LABEL_MAX + 1];	/* UTF-8, zero-terminated */
};

/* Approved devices in the order of serial numbers; as cryptech_key_list(). */
int cryptech_device_list(struct cryptech *hsm, const uint8_t *previous,
			 struct cryptech_approved *devices, size_t *count);

/* By the security officer: CRYPTECH_POLICY_*, all that shall be in force. */
int cryptech_policy_set(struct cryptech *hsm, uint32_t policy);

/*
 * A KEKEK for one HSS key, and its statement, which the source needs. May take
 * minutes. After -EOVERFLOW it was made: cryptech_kekek_attest().
 */
int cryptech_kekek_create(struct cryptech *hsm, uint8_t uuid[16],
			  void *statement, size_t *statement_len);
/* The statement of such a one again, or of an RSA key that serves transfers. */
int cryptech_kekek_attest(struct cryptech *hsm, const uint8_t uuid[16],
			  void *statement, size_t *statement_len);
/* Those that wait for their key; as cryptech_key_list(). */
int cryptech_kekek_list(struct cryptech *hsm, const uint8_t *previous,
			uint8_t (*uuids)[16], size_t *count);
int cryptech_kekek_delete(struct cryptech *hsm, const uint8_t uuid[16]);

/*
 * A key for the device that made @statement. Of an HSS key half of the leaves
 * left goes, once: the same statement gives the same package until
 * cryptech_transfer_ack(), so ask again after any error.
 */
int cryptech_transfer_export(struct cryptech *hsm, const uint8_t uuid[16],
			     const void *statement, size_t statement_len,
			     void *package, size_t *package_len);
/*
 * @drop: flags that the key is not to have here. @check: only say what would
 * be; @ack is not written. @key: all but its class, which is 0. @ack goes back to
 * the source. -EBADMSG: the package does not open, whatever is wrong with it.
 */
int cryptech_transfer_import(struct cryptech *hsm, const void *package,
			     size_t package_len, uint32_t drop, bool check,
			     struct cryptech_key *key,
			     uint8_t ack[CRYPTECH_ACK_SIZE]);
/* Tell the source that it has arrived: which key, in @uuid. */
int cryptech_transfer_ack(struct cryptech *hsm, const void *ack,
			  size_t ack_len, uint8_t uuid[16]);

/*
 * libhal's form, unattested; -EACCES without CRYPTECH_POLICY_LEGACY_EXPORT, on
 * either side. @kekek: the UUID there; its public half is enough to export.
 */
int cryptech_legacy_export(struct cryptech *hsm, const uint8_t uuid[16],
			   const uint8_t kekek[16], void *pkcs8,
			   size_t *pkcs8_len, void *kek, size_t *kek_len);
/* The key gets a new UUID. */
int cryptech_legacy_import(struct cryptech *hsm, const uint8_t kekek[16],
			   const void *pkcs8, size_t pkcs8_len,
			   const void *kek, size_t kek_len, uint32_t flags,
			   const char *label, uint8_t uuid[16]);

/*
 * A key under the master key of this HSM. An HSS key is parked by it: it signs
 * no more, and comes back, once deleted, by its newest package only.
 */
int cryptech_raw_export(struct cryptech *hsm, const uint8_t uuid[16],
			void *package, size_t *package_len);
/* As cryptech_transfer_import(), without an acknowledgement. */
int cryptech_raw_import(struct cryptech *hsm, const void *package,
			size_t package_len, uint32_t drop, bool check,
			struct cryptech_key *key);
/* HSS keys that were parked and deleted; as cryptech_key_list(). */
int cryptech_parked_list(struct cryptech *hsm, const uint8_t *previous,
			 uint8_t (*uuids)[16], size_t *count);
/* By the security officer: CRYPTECH_FORGET_*. */
int cryptech_forget(struct cryptech *hsm, uint32_t what,
		    const uint8_t uuid[16]);

/* Each gives the fingerprint of the master key that is in force then. */
int cryptech_master_key_info(struct cryptech *hsm, uint8_t fingerprint[32]);
/* By the wheel. -EACCES: keys stand; @erase: they are destroyed. */
int cryptech_master_key_generate(struct cryptech *hsm, bool erase,
				 uint8_t fingerprint[32]);
/* @shares: the key itself, 32 bytes, or shares one behind the other. */
int cryptech_master_key_set(struct cryptech *hsm, bool erase,
			    const void *shares, size_t shares_len,
			    uint8_t fingerprint[32]);
/* @n shares, of which any @m give the master key. Secret: wipe them. */
int cryptech_master_key_shares(struct cryptech *hsm, unsigned int m,
			       unsigned int n,
			       uint8_t (*shares)[CRYPTECH_SHARE_SIZE]);

/* By the security officer: a new recovery key, as shares; likewise. */
int cryptech_recovery_create(struct cryptech *hsm, unsigned int m,
			     unsigned int n,
			     uint8_t (*shares)[CRYPTECH_SHARE_SIZE],
			     uint8_t fingerprint[32]);
/*
 * By the security officer: let one cryptech_raw_import() take this package of
 * an HSS key, from leaf @floor of its root tree on. The officer answers for it
 * that nobody signed with it at or beyond.
 */
int cryptech_recovery_arm(struct cryptech *hsm, const void *package,
			  size_t package_len, uint32_t floor,
			  const void *shares, size_t shares_len);

/* --- names (no handle needed) -------------------------------------------- */

/* What an error number of the HSM means, in words. Never NULL. */
const char *cryptech_strerror(uint32_t hsm_error);

/* "rsa2048", "ec-p256", ... of a key type. Returns @text. */
const char *cryptech_key_type_name(uint32_t type,
				   char text[CRYPTECH_KEY_TYPE_TEXT]);
/* The reverse; those that can be generated only. -EINVAL: no such name. */
int cryptech_key_type_parse(const char *name, uint32_t *type);
/* Names that can be generated: the @i-th from 0, NULL behind the last. */
const char *cryptech_key_type_list(unsigned int i);

/* "sha256", ...; NULL: no such number. */
const char *cryptech_digest_name(uint32_t digest);
/* Bytes that a digest's value has; 0: no such number. */
size_t cryptech_digest_size(uint32_t digest);
int cryptech_digest_parse(const char *name, uint32_t *digest);

/* "user", "so", "wheel"; NULL: no such number. */
const char *cryptech_user_name(uint32_t user);
int cryptech_user_parse(const char *name, uint32_t *user);

/* Name, unit and meaning of a status tag; false: not known here. */
bool cryptech_status_text(uint32_t tag, const char **name, const char **unit,
			  const char **text);

/* RFC 9562 text form. Returns @text. */
const char *cryptech_uuid_format(const uint8_t uuid[16],
				 char text[CRYPTECH_UUID_TEXT]);
/* The reverse: 8-4-4-4-12 hexadecimal digits, nothing else, or -EINVAL. */
int cryptech_uuid_parse(const char *text, uint8_t uuid[16]);

#ifdef __cplusplus
}
#endif

#endif /* LIBCRYPTECH_H */
