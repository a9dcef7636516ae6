/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The typed door inside. A handler works on the copy of the struct, which goes
 * back whatever it returns; the struct's size and flags were checked, reserved
 * fields are for the handler. May sleep.
 */
#ifndef CRYPTECH_IOCTL_H
#define CRYPTECH_IOCTL_H

#include <linux/types.h>

#include <linux/cryptech.h>

struct cryptech_client;
struct cryptech_iocmap;

/* Every struct begins so. */
struct cryptech_ioc_head {
	__u32 size;
	__u32 flags;
};

/**
 * struct cryptech_ioctl - an entry of the table
 * @cmd:	its number, with the size of its struct
 * @error:	where `error` stands in the struct, 0 if it has none
 * @handle:	does it; the struct is checked but for its reserved fields
 * @flags:	that it knows
 * @first:	the size of the struct's first version, if it has grown since
 * @map:	does it if @handle is NULL, see iocmap.h
 */
struct cryptech_ioctl {
	unsigned int cmd;
	size_t error;
	int (*handle)(struct cryptech_client *client, void *arg);
	u32 flags;
	size_t first;
	const struct cryptech_iocmap *map;
};

/*
 * A user's buffer, copied, or ERR_PTR. Buffers longer than any message are
 * refused before they are copied: -EINVAL. Free it by kvfree_sensitive().
 */
void *cryptech_copy_in(u64 from, u32 len);
int cryptech_copy_out(u64 to, const void *data, size_t len);

/* ioctlkey.c */
int cryptech_ioc_key_generate(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_load(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_load_raw(struct cryptech_client *client, void *arg);
int cryptech_ioc_token(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_info(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_public(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_delete(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_list(struct cryptech_client *client, void *arg);
int cryptech_ioc_key_set_label(struct cryptech_client *client, void *arg);
int cryptech_ioc_sign(struct cryptech_client *client, void *arg);
int cryptech_ioc_verify(struct cryptech_client *client, void *arg);

/* hashioc.c; the first two are SIGN and VERIFY with CRYPTECH_SIGN_ONCE */
int cryptech_ioc_sign_once(struct cryptech_client *client,
			   struct cryptech_ioc_sign *sign);
int cryptech_ioc_verify_hss(struct cryptech_client *client,
			    struct cryptech_ioc_verify *verify);
int cryptech_ioc_hashsig_generate(struct cryptech_client *client, void *arg);
int cryptech_ioc_hashsig_job(struct cryptech_client *client, void *arg);
int cryptech_ioc_hashsig_cancel(struct cryptech_client *client, void *arg);
int cryptech_ioc_hashsig_info(struct cryptech_client *client, void *arg);
int cryptech_ioc_hashsig_accept(struct cryptech_client *client, void *arg);

/* cipherioc.c */
extern const struct cryptech_ioctl cryptech_cipher_ioctls[];
extern const size_t cryptech_cipher_ioctl_count;

/* backupioc.c */
extern const struct cryptech_ioctl cryptech_backup_ioctls[];
extern const size_t cryptech_backup_ioctl_count;

#endif /* CRYPTECH_IOCTL_H */
