/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys of the crypto API: what setkey gets, and what an object of it (a tfm)
 * keeps of that.
 *
 * A tfm holds names, like everything else here: the serial number of a device
 * and the UUID of a key. It holds the keyring key that gave it the right to
 * use them, so that revoking the one stops the other.
 */
#ifndef CRYPTECH_TOKEN_H
#define CRYPTECH_TOKEN_H

#include <linux/types.h>

#include <linux/cryptech.h>

#include <cryptech/rpc.h>

#define CRYPTECH_TOKEN_MAX	(CRYPTECH_TOKEN_HEAD + CRYPTECH_HMAC_KEY_MAX)

struct cryptech_device;
struct cryptech_key;
struct cryptech_resident;
struct key;

/**
 * struct cryptech_token - a token, parsed
 * @kind:	CRYPTECH_TOKEN_REFERENCE or CRYPTECH_TOKEN_CLEAR
 * @type:	key type
 * @serial:	of the device, or zeros
 * @value:	in the token: the UUID, or the key itself
 * @value_len:	its length in bytes
 */
struct cryptech_token {
	u8 kind;
	u32 type;
	const u8 *serial;
	const u8 *value;
	size_t value_len;
};

/**
 * cryptech_token_parse() - Parse a token
 * @data:	the token
 * @len:	its length in bytes
 * @token:	filled in on success; points into @data
 *
 * Return: 0, or -EINVAL if it is not one, to the last bit. Whether a clear one
 * is allowed is not asked here.
 */
int cryptech_token_parse(const void *data, size_t len,
			 struct cryptech_token *token);

/* Write a reference, CRYPTECH_TOKEN_SIZE bytes. */
void cryptech_token_make(u8 *to, u32 type, const u8 *serial, const u8 *uuid);

/**
 * struct cryptech_tfm_key - the key of a tfm
 * @type:	of CRYPTECH_KEY_TYPES; 0: it has none
 * @serial:	of the device
 * @uuid:	of the key
 * @right:	the keyring key that lets it be used, or NULL: a privileged
 *		setkey
 * @clear:	the volatile key that was made of a clear token, or NULL
 * @pinned:	a sealed key's stay in the HSM, or NULL
 */
struct cryptech_tfm_key {
	u32 type;
	u8 serial[CRYPTECH_SERIAL_SIZE];
	u8 uuid[CRYPTECH_UUID_SIZE];
	struct key *right;
	struct cryptech_key *clear;
	struct cryptech_resident *pinned;
};

/**
 * cryptech_tfm_setkey() - Take a token as a tfm's key
 * @key:	of the tfm; what it held is dropped first, whatever comes
 * @data:	the token
 * @len:	its length in bytes
 * @type:	CRYPTECH_KEY_* that the algorithm is for; of any length if the
 *		bits of it are 0
 *
 * The caller must be a kernel thread, or have CAP_SYS_ADMIN in the initial
 * user namespace, or find a key of type `cryptech` with that UUID in its
 * keyrings, with Search permission. A sealed key of that UUID, in the keyrings of
 * either of the last two, is loaded and stays so as long as the tfm has it.
 *
 * Context: of the caller; may sleep. The HSM is asked only where several could
 * be meant, for clear tokens and for sealed keys.
 * Return: 0; -EINVAL no token, or one for something else; -EPERM; -ENODEV or
 * -ENOTUNIQ as the device is not known; -EBUSY or -ENOSPC as there is no slot
 * for a sealed key; or what a call to the HSM gave.
 */
int cryptech_tfm_setkey(struct cryptech_tfm_key *key, const void *data,
			size_t len, u32 type);

/* Drop what it holds. May be called again. */
void cryptech_tfm_clear(struct cryptech_tfm_key *key);

/*
 * The device that has the key, with a reference, if it may still be used.
 * ERR_PTR: -ENOKEY, -EKEYREVOKED, -EKEYEXPIRED, -ENODEV. Never sleeps.
 */
struct cryptech_device *
cryptech_tfm_device(const struct cryptech_tfm_key *key);

#endif /* CRYPTECH_TOKEN_H */
