/* SPDX-License-Identifier: MIT */
/*
 * Keys, as the files that deal with them know them.
 *
 *	key.c	     the index of all keys, and what becomes of them
 *	keyrecord.c  the record that a key has in flash
 *	keynew.c     make, change, delete
 *	keyuse.c     the decoded key: cache, sign, verify
 *	attribute.c  lists of attributes, labels
 *	pkey.c	     libhal's functions 13 to 26, by handle
 *	pkeyattr.c   libhal's functions 25, 27, 28: match, attributes
 *	transfer.c   libhal's functions 29 and 30: export, import
 *	keyfn.c	     our functions 0x110 to 0x11a, by UUID
 *	cipher.c     our functions 0x11b and 0x120 to 0x123, by UUID
 *	mac.c	     ... 0x124 to 0x126
 *	hashsig*.c   hash signature keys: see hashsig.h
 *
 * Everything here wants the lock held, but for the functions that say that
 * they do not need it: those touch only what they are given.
 */
#ifndef HSM_KEY_H
#define HSM_KEY_H

#include "internal.h"

#define KEY_ATTRIBUTES_MAX	128
#define KEY_CACHE_MAX		1024	/* decoded token keys */
#define KEY_RSA_BITS_MIN	2048
#define KEY_RSA_BITS_MIN_LIBHAL	1024
#define KEY_RSA_BITS_MAX	4096

/* --- attributes (attribute.c) ------------------------------------------------ */

/*
 * Types and values as XDR, one after the other (u32 type, opaque value), each
 * type at most once. Zeros are an empty list. No function here needs the lock.
 */
struct attributes {
	uint8_t *data;
	size_t len;
	unsigned int count;
};

/* The value of @type, or NULL. */
const uint8_t *attributes_find(const struct attributes *list, uint32_t type,
			       size_t *len);
/* Put in or replace. ALLOCATION_FAILURE; RESULT_TOO_LONG: list is full. */
int attributes_set(struct attributes *list, uint32_t type,
		   const uint8_t *value, size_t len);
void attributes_remove(struct attributes *list, uint32_t type);
int attributes_copy(struct attributes *to, const struct attributes *from);
/* Take in @len bytes of XDR that stand in a record; false if malformed. */
bool attributes_parse(struct attributes *list, const uint8_t *data,
		      size_t len);
void attributes_free(struct attributes *list);

/*
 * How many bytes from the front make a label: whole UTF-8 characters (RFC
 * 3629), no control characters, at most CRYPTECH_LABEL_MAX bytes.
 */
size_t label_prefix(const uint8_t *text, size_t len);
/* The part of attribute CRYPTECH_ATTRIBUTE_LABEL that is a label; not NULL. */
const uint8_t *attributes_label(const struct attributes *list, size_t *len);

/* --- the key (key.c) --------------------------------------------------------- */

struct key {
	unsigned int references;
	uint8_t uuid[CRYPTECH_UUID_SIZE];
	uint32_t type;			/* CRYPTECH_KEY_* */
	enum cryptech_key_class class;
	uint32_t flags;
	bool dead;			/* deleted: exists for nobody */
	int damage;	/* what whoever names it is told; 0: it is sound */
	struct client *owner;		/* of a volatile key */
	struct key *owner_next;
	struct attributes attributes;
	uint64_t number;		/* no other key ever has it, until the
					 * HSM stops; from 1 */
	uint8_t *spki;			/* of a secret key: none */
	size_t spki_len;
	/* The decoded key: always there in a volatile key, else the cache's. */
	struct core_key *core;
	struct key *newer, *older;	/* in the cache */
	/* An HSS private key's; it has no core. */
	struct hashsig *hashsig;
};

struct keys {
	struct key **list;		/* by UUID */
	size_t count;
	size_t room;
	size_t token;
	size_t in_memory;
	size_t lost;
	uint64_t numbers;		/* given to keys */
	struct key *newest, *oldest;	/* the cache */
	size_t cached;
};

static inline bool key_is_token(const struct key *key)
{
	return key->flags & CRYPTECH_KEY_FLAG_TOKEN;
}

static inline bool key_is_private(const struct key *key)
{
	return key->class == CRYPTECH_KEY_CLASS_RSA_PRIVATE ||
	       key->class == CRYPTECH_KEY_CLASS_EC_PRIVATE ||
	       key->class == CRYPTECH_KEY_CLASS_HASHSIG_PRIVATE;
}

/* Of either half. It has no core_key: see hashsig.h. */
static inline bool key_is_hashsig(const struct key *key)
{
	return CRYPTECH_KEY_FAMILY(key->type) == CRYPTECH_KEY_FAMILY_HSS;
}

/* Of AES or HMAC: bytes, and no public half. */
static inline bool class_is_secret(enum cryptech_key_class class)
{
	return class == CRYPTECH_KEY_CLASS_AES ||
	       class == CRYPTECH_KEY_CLASS_HMAC;
}

/* Its value is in the FPGA's vault alone. */
static inline bool key_is_vault(const struct key *key)
{
	return key->flags & CRYPTECH_KEY_FLAG_VAULT;
}

static inline bool key_is_secret(const struct key *key)
{
	return class_is_secret(key->class);
}

/* A secret key that makes MACs; the others encrypt. */
static inline bool key_is_mac(const struct key *key)
{
	return core_mac_size(key->type) != 0;
}

/* CRYPTECH_CURVE_NONE for all but EC. */
static inline enum cryptech_curve key_curve(const struct key *key)
{
	switch (key->type) {
	case CRYPTECH_KEY_EC_P256:
		return CRYPTECH_CURVE_P256;
	case CRYPTECH_KEY_EC_P384:
		return CRYPTECH_CURVE_P384;
	case CRYPTECH_KEY_EC_P521:
		return CRYPTECH_CURVE_P521;
	default:
		return CRYPTECH_CURVE_NONE;
	}
}

/* A key-to-be. Lock not needed; everything is copied. */
struct key_request {
	const uint8_t *uuid;		/* NULL: draw one */
	uint32_t flags;
	const uint8_t *label;		/* a valid one */
	size_t label_len;
	/* Of a key that comes as an image, in place of the label: as records
	 * have them. NULL: none. */
	const uint8_t *attributes;
	size_t attributes_len;
};

/* An object with one reference. Lock not needed. */
struct key *key_alloc(void);
/* Where @uuid stands in the list, or would stand. */
size_t keys_position(const struct keys *keys, const uint8_t *uuid,
		     bool *found);
/* Takes a reference. ALLOCATION_FAILURE; KEY_NAME_IN_USE */
int keys_insert(struct keys *keys, struct key *key);
/* Out of list and cache, dead; gives the list's reference back. */
void keys_remove(struct keys *keys, struct key *key);
/* Make room for one more so that keys_insert does not fail for lack of it. */
int keys_reserve(struct keys *keys);
/* Is there a slot for a key of these flags? NO_KEY_INDEX_SLOTS (in flash),
 * NO_KEY_SLOTS_AVAILABLE (in memory): --slots are taken. */
int keys_check_slots(const struct hsm *hsm, uint32_t flags);

/* May this client know that the key exists? */
bool key_visible(const struct client *client, const struct key *key);

/*
 * The key that the call names, which the client may read. No reference is
 * taken. KEY_NOT_FOUND, FORBIDDEN, KEYSTORE_* for a damaged one.
 */
int call_key_by_handle(struct call *call, uint32_t handle, struct key **key);
int call_key_by_uuid(struct call *call, const uint8_t *uuid,
		     struct key **key);
/* The same with the next argument for a UUID. KEY_NAME_TOO_LONG */
int call_key(struct call *call, struct key **key);
/*
 * The next argument as the UUID of a key-to-be: empty (NULL) for one that the
 * HSM draws, or 16 bytes, but not zeros, which mean "none" to drivers.
 */
int call_new_uuid(struct call *call, const uint8_t **uuid);
/* The next arguments as "previous:o max:u" of a list, which begins behind
 * @previous (NULL: at the start). */
int call_list(struct call *call, const uint8_t **previous, uint32_t *max);
/* A label that may be a key's. BAD_ARGUMENTS */
int call_label(struct call *call, const uint8_t **label, size_t *len);
/* ... as flags, then label, for a key-to-be; @made: which the vault may make. */
int call_request(struct call *call, struct key_request *request, bool made);

/* --- records (keyrecord.c); none needs the lock ------------------------------- */

/* A record opened: pointers into a buffer that holds secrets. */
struct key_record {
	uint8_t *plain;
	size_t plain_size;
	const uint8_t *uuid;
	uint32_t type, class, flags;
	const uint8_t *attributes, *spki, *secret;
	size_t attributes_len, spki_len, secret_len;
};

struct sealed {
	uint8_t *data;
	size_t len;
};

/* Would a record with these parts be longer than one may be? */
bool record_too_long(size_t attributes_len, size_t spki_len,
		     size_t secret_len);
/* RESULT_TOO_LONG, ALLOCATION_FAILURE. The caller frees sealed->data. */
int record_seal(const struct hsm *hsm, const struct key *key,
		const uint8_t *secret, size_t secret_len,
		struct sealed *sealed);
/* KEYSTORE_LOST_DATA: does not unwrap, or is another key's, or malformed. */
int record_open(const struct hsm *hsm, const uint8_t *uuid,
		const uint8_t *data, size_t len, struct key_record *record);
void record_close(struct key_record *record);

/* --- make, change, delete (keynew.c) ------------------------------------------- */

/* Flags that stand together, and none but those of @allowed. */
int key_check_flags(uint32_t flags, uint32_t allowed);
/* ... and with this type and class. A mode that is left open is filled in. */
int key_settle_flags(struct key *key);
/* Is this type one that this HSM serves? UNSUPPORTED_KEY */
int key_check_type(const struct hsm *hsm, uint32_t type);
/* Is the name free (NULL: drawn later), is there room? To be asked before
 * anything is computed, and once more after it. */
int key_check_room(struct call *call, const uint8_t *uuid, uint32_t flags);
/* A random UUID (RFC 9562, version 4). */
int key_draw_uuid(uint8_t uuid[CRYPTECH_UUID_SIZE]);
/* The UUID and label that were asked for, or drawn. Lock not needed. */
int key_name(struct key *key, const struct key_request *request);

/*
 * Add @core, a key that was loaded or generated, to the client's or the HSM's
 * keys; with @handle, open a handle too. The lock is dropped meanwhile. On
 * failure nothing has changed: BAD_ARGUMENTS, KEY_NAME_IN_USE,
 * NO_KEY_SLOTS_AVAILABLE (quota), NO_KEY_INDEX_SLOTS (flash), ... The key is
 * good until the lock is dropped.
 */
int key_add(struct call *call, struct core_key *core,
	    const struct key_request *request, uint32_t *handle,
	    struct key **key);
/*
 * Decode PKCS#8 or SPKI from outside and check it, then key_add. The lock is
 * dropped meanwhile.
 */
int key_load(struct call *call, const uint8_t *der, size_t len,
	     const struct key_request *request, uint32_t *handle,
	     struct key **key);
int key_generate(struct call *call, uint32_t type,
		 const struct key_request *request, uint32_t *handle,
		 struct key **key);
/* The bytes of a secret key. */
int key_load_raw(struct call *call, uint32_t type, const uint8_t *value,
		 size_t len, const struct key_request *request,
		 struct key **key);
/* Replace the attributes; on success they are moved out of @list. */
int key_set_attributes(struct hsm *hsm, struct key *key,
		       struct attributes *list);
int key_delete(struct hsm *hsm, struct key *key);

/* --- use (keyuse.c) ------------------------------------------------------------ */

/*
 * The decoded key, with a reference. The lock may be dropped meanwhile, so a
 * key whose reference the caller does not hold must not be touched after.
 */
int key_core(struct call *call, struct key *key, struct core_key **core);
void key_uncache(struct keys *keys, struct key *key);

/* The same rules for functions by handle and by UUID. Lock dropped meanwhile. */
int key_sign(struct call *call, struct key *key, enum cryptech_digest digest,
	     const uint8_t *input, size_t len, size_t max);
int key_verify(struct call *call, struct key *key,
	       enum cryptech_digest digest, const uint8_t *input, size_t len,
	       const uint8_t *signature, size_t signature_len);
/* May the key be used so at all? To be asked before a hash is taken. */
int key_may_sign(const struct key *key, size_t max);
int key_may_verify(const struct key *key);

#endif /* HSM_KEY_H */
