/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * /dev/cryptechN: what programs see of a hardware security module (HSM).
 *
 * MANUAL
 *
 * An open file is a client of the HSM of its own: it has its own login, its
 * own volatile keys and handles, and loses them when it is closed. A
 * descriptor that is passed on (fork, SCM_RIGHTS, exec without O_CLOEXEC)
 * carries its login with it: whoever holds it acts with it. Log out, or close
 * it, before you give it away.
 *
 * There are two doors, and a file may use both:
 *
 *  ioctl	Typed calls, below. A call with flags 0 waits until the HSM has
 *		answered. It may be interrupted only while it has not reached
 *		the HSM yet (EINTR; nothing happened). After that a fatal
 *		signal alone ends the wait, and the call may have happened.
 *
 *  write, read	One RPC message each (see Documentation/protocol.rst), as it
 *		goes over the wire; the driver puts in the client word. One
 *		request may be outstanding: write answers EBUSY until its
 *		reply has been read. read gives the whole reply, or EMSGSIZE
 *		and keeps it; ENODATA if no request is outstanding; the
 *		errno with which a request ended (see below) takes the place of
 *		its reply. O_NONBLOCK and poll work: POLLOUT, a write would
 *		be taken; POLLIN, a reply or an errno is there. ATTACH, functions that the
 *		table does not have, and LOGOUT_ALL by anybody but the wheel
 *		are EPERM.
 *
 * After an HSM restart, a guest reset, suspend or a fault of the device every
 * open file is dead for ever: ENODEV, POLLHUP | POLLERR. Open anew and log in
 * again. Keys in flash are still there.
 *
 * Every struct starts with its own size and flags. The caller sets size to
 * sizeof(struct); a larger one from a newer program is taken if what the
 * kernel does not know is zero, else E2BIG; a smaller one, reserved fields
 * that are not 0 and unknown flags are EINVAL. The layout is the same for 32-
 * and 64-bit programs: pointers are __aligned_u64.
 *
 * Each struct has `error`: the HSM's own error number (CRYPTECH_ERR_* in
 * include/cryptech/rpc.h), 0 if it did not come from the HSM. The errno of
 * each is a column of the table in Documentation/protocol.rst.
 *
 *	EINVAL, E2BIG	the struct, see above; or the HSM's BAD_ARGUMENTS
 *	EFAULT		a pointer in it
 *	EACCES		not logged in, wrong role, wrong PIN (error tells)
 *	EPERM		needs CAP_SYS_ADMIN (KERNEL_LOGIN, KERNEL_LOGOUT)
 *	ENOKEY		no such key, or not one of yours
 *	EEXIST		a key of that UUID exists
 *	EKEYREJECTED	VERIFY: the signature does not verify
 *	EOVERFLOW	the output does not fit; the needed size, where it is
 *			known, is in the length field
 *	EAGAIN		the HSM asks to try again later (PIN delay)
 *	ETIMEDOUT	no answer within the deadline; it may have happened
 *	EREMOTEIO	the HSM died meanwhile; it may have happened
 *	ENODEV		this file is of an older incarnation, or no HSM is there
 *
 * Key types, key flags, digests and users are the numbers of
 * include/cryptech/rpc.h. PINs pass the kernel and the mailbox in clear and
 * are wiped from kernel memory after use.
 *
 * The ioctl type 0xC7, numbers 0x00 to 0x5f, is not taken in
 * Documentation/userspace-api/ioctl/ioctl-number.rst as of Linux 6.12.
 */
#ifndef _UAPI_LINUX_CRYPTECH_H
#define _UAPI_LINUX_CRYPTECH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define CRYPTECH_IOC_ABI	1

/* INFO: the device, answered by the driver without asking the HSM. */
struct cryptech_ioc_info {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 abi;		/* out: CRYPTECH_IOC_ABI */
	__u32 index;		/* out: N of /dev/cryptechN */
	__u64 incarnation;	/* out: counts attaches, from 1 */
	__u8 serial[16];	/* out: the device's serial number */
	__u32 message_max;	/* out: longest RPC message, bytes */
	__u32 kernel_user;	/* out: role of the kernel's own login, or 0 */
};

/* STATUS: figures of the HSM. No login is needed. */
struct cryptech_status_item {
	__u32 tag;		/* CRYPTECH_STATUS_* */
	__u32 reserved;		/* 0 */
	__u64 value;
};

struct cryptech_ioc_status {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 count;		/* in: room for items; out: items there are */
	__aligned_u64 items;	/* in: struct cryptech_status_item[count] */
	__u8 serial[16];	/* out */
	char release[64];	/* out: text, zero-terminated */
};

/*
 * LOGIN, SET_PIN, KERNEL_LOGIN. For KERNEL_LOGIN user is 1 (NORMAL); it logs
 * in the kernel itself, for keyrings and the crypto API, and needs
 * CAP_SYS_ADMIN in the initial user namespace.
 */
struct cryptech_ioc_pin {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 user;		/* 1 NORMAL, 2 SO, 3 WHEEL */
	__aligned_u64 pin;	/* in: bytes, not zero-terminated */
	__u32 pin_len;		/* in: at most 4096 */
	__u32 reserved;		/* 0 */
};

/* LOGOUT, KERNEL_LOGOUT: the client also loses handles and volatile keys. */
struct cryptech_ioc_logout {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
};

/* RANDOM: bytes of the HSM's random generator. */
struct cryptech_ioc_random {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 length;		/* in: bytes wanted, 1 to 16,368 */
	__aligned_u64 data;	/* in: where to */
};

/* KEY_GENERATE */
struct cryptech_ioc_key_generate {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 type;		/* CRYPTECH_KEY_* */
	__u32 key_flags;	/* CRYPTECH_KEY_FLAG_* */
	__u32 label_len;	/* at most CRYPTECH_LABEL_MAX */
	__u8 uuid[16];		/* in: name it so, or zeros; out: its UUID */
	char label[64];		/* not zero-terminated */
};

/* KEY_LOAD: import a private (PKCS#8) or public (SPKI) key. */
struct cryptech_ioc_key_load {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 der_len;
	__aligned_u64 der;	/* in: DER */
	__u32 key_flags;
	__u32 label_len;
	__u8 uuid[16];		/* in: name it so, or zeros; out: its UUID */
	char label[64];
};

/*
 * KEY_LOAD_RAW: import an AES or HMAC key, its bytes as they are; for XTS its
 * two keys one after the other.
 */
struct cryptech_ioc_key_load_raw {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 type;		/* CRYPTECH_KEY_AES*, _HMAC* */
	__aligned_u64 value;	/* in: the key */
	__u32 value_len;
	__u32 key_flags;
	__u32 label_len;
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in: name it so, or zeros; out: its UUID */
	char label[64];
};

/* KEY_INFO */
struct cryptech_ioc_key_info {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 type;		/* out: CRYPTECH_KEY_* */
	__u32 key_class;	/* out: CRYPTECH_KEY_CLASS_* */
	__u32 key_flags;	/* out */
	__u8 uuid[16];		/* in */
	__u32 label_len;	/* out */
	__u32 reserved;		/* 0 */
	char label[64];		/* out */
};

/* KEY_PUBLIC: the public half as SubjectPublicKeyInfo. */
struct cryptech_ioc_key_public {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 spki_len;		/* in: room; out: length */
	__aligned_u64 spki;	/* in: where to */
	__u8 uuid[16];		/* in */
};

/* KEY_DELETE: for ever; the wrapped key's bytes in flash are zeroed. */
struct cryptech_ioc_key_delete {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in */
};

/* KEY_LIST: the keys this client may use, in the order of their UUIDs. */
struct cryptech_key_item {
	__u8 uuid[16];
	__u32 type;
	__u32 key_class;
	__u32 key_flags;
	__u32 label_len;
	char label[64];
};

struct cryptech_ioc_key_list {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 count;		/* in: room; out: items; 0: no more */
	__aligned_u64 items;	/* in: struct cryptech_key_item[count] */
	__u8 previous[16];	/* in: go on after this one; zeros: start */
};

/* KEY_SET_LABEL */
struct cryptech_ioc_key_set_label {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 label_len;
	__u8 uuid[16];		/* in */
	char label[64];
};

/*
 * SIGN. RSA signs with PKCS#1 v1.5: `digest` names the hash whose value the
 * input is, or 0: the input is padded as it is. EC: the input is the hash
 * value; the signature is r || s in fixed width.
 *
 * CRYPTECH_SIGN_ONCE signs with an HSS key (RFC 8554), of which each signature
 * spends a part for ever. digest is 0, the input is the message itself, of any
 * length. request_id, drawn by the caller, makes it safe to ask again: the same
 * id with the same input gives the same signature and spends nothing, as long
 * as it is among the last 8 of that key and the HSM was not restarted. After
 * EREMOTEIO, ETIMEDOUT or a signal ask again with the same id. left is the
 * number of signatures left, at most. ENOSPC: none. EAGAIN: a tree is being
 * rebuilt; nothing was spent, HASHSIG_INFO shows the progress.
 */
#define CRYPTECH_SIGN_ONCE	1

struct cryptech_ioc_sign {
	__u32 size;
	__u32 flags;		/* 0 or CRYPTECH_SIGN_ONCE */
	__u32 error;		/* out */
	__u32 digest;		/* CRYPTECH_DIGEST_* */
	__u8 uuid[16];		/* in */
	__u8 request_id[16];	/* in */
	__aligned_u64 input;	/* in */
	__aligned_u64 signature; /* in: where to */
	__u32 input_len;
	__u32 signature_len;	/* in: room; out: length */
	__u64 left;		/* out: with CRYPTECH_SIGN_ONCE */
};

/*
 * VERIFY: EKEYREJECTED if the signature does not verify. With an HSS key,
 * CRYPTECH_SIGN_ONCE in flags and digest 0: the input is the message, of any
 * length.
 */
struct cryptech_ioc_verify {
	__u32 size;
	__u32 flags;		/* 0 or CRYPTECH_SIGN_ONCE */
	__u32 error;		/* out */
	__u32 digest;		/* CRYPTECH_DIGEST_* */
	__u8 uuid[16];		/* in */
	__aligned_u64 input;	/* in */
	__aligned_u64 signature; /* in */
	__u32 input_len;
	__u32 signature_len;
};

/*
 * HASHSIG_GENERATE: start to make an HSS key (RFC 8554), a job of this file.
 * It ends with the file. Types are those of RFC 8554 and RFC 9858, root first;
 * include/cryptech/hss.h has them.
 */
struct cryptech_hss_level {
	__u32 lms;
	__u32 lmots;
};

struct cryptech_ioc_hashsig_generate {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 profile;		/* CRYPTECH_HASHSIG_PUNCTURED, _SINGLE_SEED */
	__u32 reserve;		/* root leaves taken by one commit; 0: 1 */
	__u32 levels;		/* 1 to 8 */
	struct cryptech_hss_level level[8];	/* unused ones are 0 */
	__u32 key_flags;	/* CRYPTECH_KEY_FLAG_* */
	__u32 label_len;
	__u8 uuid[16];		/* in: name it so, or zeros; out: its UUID */
	char label[64];
};

/* HASHSIG_JOB: how far a generation of this file is. ENOKEY: none of that UUID. */
struct cryptech_ioc_hashsig_job {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 state;		/* out: CRYPTECH_JOB_* */
	__u32 job_error;	/* out: CRYPTECH_ERR_* of a job that failed */
	__u32 reserved;		/* 0 */
	__u64 done;		/* out: leaves */
	__u64 total;		/* out: leaves */
	__u8 uuid[16];		/* in */
};

/* HASHSIG_CANCEL: stop a generation; nothing of it is left. */
struct cryptech_ioc_hashsig_cancel {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in */
};

/* HASHSIG_INFO: what an HSS key is and what is left of it. */
struct cryptech_ioc_hashsig_info {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 state;		/* out: CRYPTECH_HASHSIG_* */
	__u32 profile;		/* out */
	__u32 reserve;		/* out */
	__u64 root_left;	/* out: leaves of the root tree left */
	__u64 left;		/* out: signatures left, at most */
	__u64 left_max;		/* out: signatures of the fresh key */
	__u64 done;		/* out: progress of a rebuild, leaves */
	__u64 total;		/* out */
	__u32 levels;		/* out */
	__u32 reserved;		/* 0 */
	struct cryptech_hss_level level[8];	/* out */
	__u8 uuid[16];		/* in */
};

/* HASHSIG_ACCEPT: by the security officer; see Documentation/hashsig.rst. */
struct cryptech_ioc_hashsig_accept {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 decision;		/* CRYPTECH_ACCEPT_* */
};

/*
 * TOKEN: what the kernel's crypto API takes in place of the key, for keys that
 * this client may use. Format 1, all numbers big endian:
 *
 *	offset	bytes
 *	0	4	"CHSM"
 *	4	1	version, 1
 *	5	1	kind: CRYPTECH_TOKEN_REFERENCE or _CLEAR
 *	6	2	length of the token in bytes
 *	8	4	key type, CRYPTECH_KEY_*
 *	12	4	zero
 *	16	16	serial number of the device; zero: any
 *	32	16	UUID of the key; in a clear token the key itself, which
 *			may be longer
 *
 * A token holds no secret (but for clear ones, which are for tests alone) and
 * gives no right to the key.
 */
#define CRYPTECH_TOKEN_SIZE		48	/* of references */
#define CRYPTECH_TOKEN_HEAD		32	/* what precedes UUID or key */
#define CRYPTECH_TOKEN_VERSION		1
#define CRYPTECH_TOKEN_REFERENCE	1
#define CRYPTECH_TOKEN_CLEAR		2

struct cryptech_ioc_token {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in */
	__u8 token[48];		/* out */
};

/*
 * ENCRYPT, DECRYPT: one chunk, in place, with an AES key of mode CBC, XTS, ECB or
 * CTR; what may be in a chunk: Documentation/ciphers.rst. Longer than a message
 * of the protocol holds: EMSGSIZE; 16,320 bytes always go.
 */
struct cryptech_ioc_cipher {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 mode;		/* CRYPTECH_MODE_*, the key's */
	__u8 uuid[16];		/* in */
	__u8 iv[16];		/* in: this chunk's; out: the next one's */
	__u32 iv_len;		/* 16; ECB: 0 */
	__u32 block;		/* XTS: blocks before it in the unit; else 0 */
	__aligned_u64 data;	/* in and out */
	__u32 data_len;
	__u32 reserved;		/* 0 */
};

/*
 * GCM_ENCRYPT, GCM_DECRYPT: a whole message, in place; aad and data together
 * have up to 16,304 bytes, or EMSGSIZE. The HSM draws the IV. With
 * CRYPTECH_GCM_CALLER_IV it takes the caller's, from keys made for that: never
 * use one twice. EKEYREJECTED: the tag is wrong; data is as it was.
 */
#define CRYPTECH_GCM_CALLER_IV	1

struct cryptech_ioc_gcm {
	__u32 size;
	__u32 flags;		/* 0; GCM_ENCRYPT: or CRYPTECH_GCM_CALLER_IV */
	__u32 error;		/* out */
	__u32 reserved;		/* 0 */
	__u8 uuid[16];		/* in */
	__u8 iv[12];		/* GCM_ENCRYPT: out, or in; GCM_DECRYPT: in */
	__u32 aad_len;
	__aligned_u64 aad;	/* in */
	__aligned_u64 data;	/* in and out */
	__u32 data_len;
	__u32 reserved2;	/* 0 */
	__u8 tag[16];		/* GCM_ENCRYPT: out; GCM_DECRYPT: in */
};

/*
 * MAC, MAC_VERIFY: the message authentication code of data, with an AES-CMAC or
 * HMAC key. EKEYREJECTED: mac is not it. MAC_UPDATE: of a longer message,
 * 128 bytes or a multiple first; it gives the state for what follows, which has
 * to be 128 bytes or more. The state is of use to the HSM alone, for that key,
 * until it is restarted.
 */
struct cryptech_ioc_mac {
	__u32 size;
	__u32 flags;		/* 0 */
	__u32 error;		/* out */
	__u32 mac_len;		/* MAC: out; MAC_VERIFY: in; MAC_UPDATE: 0 */
	__u8 uuid[16];		/* in */
	__u8 state[88];		/* in: zeros at the start; MAC_UPDATE: out */
	__aligned_u64 data;	/* in */
	__u32 data_len;
	__u32 reserved;		/* 0 */
	__u8 mac[64];		/* MAC: out; MAC_VERIFY: in; MAC_UPDATE: 0 */
};

#define CRYPTECH_IOC_MAGIC	0xC7

#define CRYPTECH_IOC_INFO \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x00, struct cryptech_ioc_info)
#define CRYPTECH_IOC_STATUS \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x01, struct cryptech_ioc_status)
#define CRYPTECH_IOC_LOGIN \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x02, struct cryptech_ioc_pin)
#define CRYPTECH_IOC_LOGOUT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x03, struct cryptech_ioc_logout)
#define CRYPTECH_IOC_SET_PIN \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x04, struct cryptech_ioc_pin)
#define CRYPTECH_IOC_KERNEL_LOGIN \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x05, struct cryptech_ioc_pin)
#define CRYPTECH_IOC_KERNEL_LOGOUT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x06, struct cryptech_ioc_logout)
#define CRYPTECH_IOC_RANDOM \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x07, struct cryptech_ioc_random)
#define CRYPTECH_IOC_KEY_GENERATE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x10, struct cryptech_ioc_key_generate)
#define CRYPTECH_IOC_KEY_LOAD \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x11, struct cryptech_ioc_key_load)
#define CRYPTECH_IOC_KEY_INFO \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x12, struct cryptech_ioc_key_info)
#define CRYPTECH_IOC_KEY_PUBLIC \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x13, struct cryptech_ioc_key_public)
#define CRYPTECH_IOC_KEY_DELETE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x14, struct cryptech_ioc_key_delete)
#define CRYPTECH_IOC_KEY_LIST \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x15, struct cryptech_ioc_key_list)
#define CRYPTECH_IOC_KEY_SET_LABEL \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x16, struct cryptech_ioc_key_set_label)
#define CRYPTECH_IOC_SIGN \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x18, struct cryptech_ioc_sign)
#define CRYPTECH_IOC_VERIFY \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x19, struct cryptech_ioc_verify)
#define CRYPTECH_IOC_KEY_LOAD_RAW \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x1a, struct cryptech_ioc_key_load_raw)
#define CRYPTECH_IOC_TOKEN \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x1b, struct cryptech_ioc_token)
#define CRYPTECH_IOC_HASHSIG_GENERATE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x20, struct cryptech_ioc_hashsig_generate)
#define CRYPTECH_IOC_HASHSIG_JOB \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x21, struct cryptech_ioc_hashsig_job)
#define CRYPTECH_IOC_HASHSIG_CANCEL \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x22, struct cryptech_ioc_hashsig_cancel)
#define CRYPTECH_IOC_HASHSIG_INFO \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x23, struct cryptech_ioc_hashsig_info)
#define CRYPTECH_IOC_HASHSIG_ACCEPT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x24, struct cryptech_ioc_hashsig_accept)
#define CRYPTECH_IOC_ENCRYPT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x40, struct cryptech_ioc_cipher)
#define CRYPTECH_IOC_DECRYPT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x41, struct cryptech_ioc_cipher)
#define CRYPTECH_IOC_GCM_ENCRYPT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x42, struct cryptech_ioc_gcm)
#define CRYPTECH_IOC_GCM_DECRYPT \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x43, struct cryptech_ioc_gcm)
#define CRYPTECH_IOC_MAC \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x44, struct cryptech_ioc_mac)
#define CRYPTECH_IOC_MAC_VERIFY \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x45, struct cryptech_ioc_mac)
#define CRYPTECH_IOC_MAC_UPDATE \
	_IOWR(CRYPTECH_IOC_MAGIC, 0x46, struct cryptech_ioc_mac)

/*
 * A HSM on a serial line or pty: TIOCSETD with this number (CAP_SYS_ADMIN) on a
 * raw tty makes /dev/cryptechN, until the tty is closed, hung up or given
 * another discipline. LINE, on the tty's descriptor, tells N. It is the
 * number that the kernel keeps for disciplines out of its tree, N_DEVELOPMENT.
 */
#define CRYPTECH_LINE_DISCIPLINE	29
#define CRYPTECH_IOC_LINE \
	_IOR(CRYPTECH_IOC_MAGIC, 0x58, int)

#include <linux/cryptech_backup.h>

#endif /* _UAPI_LINUX_CRYPTECH_H */
