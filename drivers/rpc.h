/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Typed calls (rpc.c): parts of cryptech.h, which includes this.
 *
 * Each makes a call, waits and decodes; may sleep; returns as
 * cryptech_call_wait(), with the HSM's error number in *@error (may be NULL).
 * Lengths are in bytes; uuid is CRYPTECH_UUID_SIZE bytes; labels need no zero.
 */
#ifndef CRYPTECH_DRIVER_RPC_H
#define CRYPTECH_DRIVER_RPC_H

struct cryptech_key_info {
	u32 type;		/* enum cryptech_key_type or family | bits */
	u32 class;		/* enum cryptech_key_class */
	u32 flags;		/* CRYPTECH_KEY_FLAG_* */
	u32 label_len;
	char label[CRYPTECH_LABEL_MAX];
};

/* Decode what KEY_INFO and KEY_LIST tell of a key; sets r->bad. */
void cryptech_get_key_info(struct xdr_reader *r,
			   struct cryptech_key_info *info);

/* function: LOGIN or SET_PIN */
int cryptech_rpc_pin(struct cryptech_client *client, u32 function, u32 user,
		     const void *pin, size_t pin_len, u32 *error);
int cryptech_rpc_logout(struct cryptech_client *client, u32 *error);
int cryptech_rpc_random(struct cryptech_client *client, void *data,
			size_t len, u32 *error);

/*
 * uuid: NULL or all zeros, and the HSM draws one; gives it in @made. key_load:
 * @der is PKCS#8 or SPKI.
 */
int cryptech_rpc_key_generate(struct cryptech_client *client, const u8 *uuid,
			      u32 type, u32 flags, const void *label,
			      size_t label_len, u8 *made, u32 *error);
int cryptech_rpc_key_load(struct cryptech_client *client, const u8 *uuid,
			  const void *der, size_t der_len, u32 flags,
			  const void *label, size_t label_len, u8 *made,
			  u32 *error);

/* @value is the key itself: AES. */
int cryptech_rpc_key_load_raw(struct cryptech_client *client, const u8 *uuid,
			      u32 type, const void *value, size_t value_len,
			      u32 flags, const void *label, size_t label_len,
			      u8 *made, u32 *error);
int cryptech_rpc_key_info(struct cryptech_client *client, const u8 *uuid,
			  struct cryptech_key_info *info, u32 *error);
int cryptech_rpc_key_delete(struct cryptech_client *client, const u8 *uuid,
			    u32 *error);
int cryptech_rpc_key_set_label(struct cryptech_client *client, const u8 *uuid,
			       const void *label, size_t label_len,
			       u32 *error);

/*
 * *len: room in, length out. -EOVERFLOW if it does not fit; for key_public
 * *len is then what is needed.
 */
int cryptech_rpc_key_public(struct cryptech_client *client, const u8 *uuid,
			    void *spki, size_t *len, u32 *error);
int cryptech_rpc_sign(struct cryptech_client *client, const u8 *uuid,
		      u32 digest, const void *input, size_t input_len,
		      void *signature, size_t *len, u32 *error);

/* 0 it verifies, -EKEYREJECTED it does not. */
int cryptech_rpc_verify(struct cryptech_client *client, const u8 *uuid,
			u32 digest, const void *input, size_t input_len,
			const void *signature, size_t signature_len,
			u32 *error);

/*
 * Run a call without results, or one that makes a key and names it, and put it.
 * NULL is -ENOMEM.
 */
int cryptech_run_and_put(struct cryptech_call *call, u32 *error);
int cryptech_run_maker(struct cryptech_call *call, u8 *made, u32 *error);

/*
 * The same, encoded but not submitted: for calls whose end nobody waits for.
 * NULL: no memory. Decode the reply to KEY_GENERATE by
 * cryptech_rpc_key_generated().
 */
struct cryptech_call *
cryptech_call_key_generate(struct cryptech_client *client, const u8 *uuid,
			   u32 type, u32 flags, const void *label,
			   size_t label_len);
int cryptech_rpc_key_generated(const struct cryptech_call *call, u8 *made,
			       u32 *error);
struct cryptech_call *cryptech_call_key_delete(struct cryptech_client *client,
					       const u8 *uuid);

#endif /* CRYPTECH_DRIVER_RPC_H */
