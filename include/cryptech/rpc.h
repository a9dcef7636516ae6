/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The RPC protocol of the HSM: every number of it, in one place.
 *
 * Driver, firmware, userspace and the tables in Documentation/ are made from
 * the lists below and in errors.h and keys.h, which are parts of this; nothing
 * else names a function, an error or a key flag.
 * Functions 0 to 31 and 66, the errors, the users, the digests and the low
 * key flags are those of the Cryptech project's libhal and are fixed for ever.
 * Ours start at 0x100.
 *
 * A message is XDR (RFC 4506; see xdr.h), at most CRYPTECH_RPC_MESSAGE_MAX
 * bytes:
 *
 *	request:  u32 function | u32 client | arguments
 *	reply:    u32 function | u32 client | u32 error | results if error == 0
 *
 * A request shorter than 8 bytes gets no reply. A client word is scoped by
 * the port (socket, mailbox, serial line) on which it arrives. Client 0 of a
 * port is whoever multiplexes it.
 */
#ifndef CRYPTECH_RPC_H
#define CRYPTECH_RPC_H

#define CRYPTECH_RPC_MESSAGE_MAX	16384
#define CRYPTECH_RPC_REQUEST_MIN	8
#define CRYPTECH_RPC_REPLY_MIN		12
#define CRYPTECH_RPC_VERSION		0x01010100	/* libhal's, GET_VERSION */
#define CRYPTECH_ATTACH_VERSION		1		/* ours, ATTACH */

#define CRYPTECH_UUID_SIZE		16
#define CRYPTECH_SERIAL_SIZE		16
#define CRYPTECH_LABEL_MAX		64	/* bytes, no terminating zero */
#define CRYPTECH_PIN_MAX		4096	/* bytes; the least: rpc text */

/* Client words that are special on a mailbox or serial port. */
#define CRYPTECH_CLIENT_MUX		0	/* the driver itself: ATTACH */
#define CRYPTECH_CLIENT_KERNEL		1	/* what the kernel does */
#define CRYPTECH_CLIENT_FIRST		2	/* first open file */

/*
 * The functions: F(number, NAME, class, rights, doors, cost, args, results)
 *
 * class	IDEMPOTENT  may be sent again by the driver (its own calls only)
 *		MUTATING    never sent again once submitted
 *		ONCE        spends a one-time key; never sent again
 * rights	ANY    no login needed
 *		USER   logged in as NORMAL or WHEEL
 *		KEY    decided by the key: see "Access" in protocol.rst
 *		WHEEL  logged in as WHEEL
 *		SO     logged in as SO
 *		LOGIN  logged in, as anybody
 *		PIN    SET_PIN's own rule: WHEEL any PIN, SO the user's
 *		PORT   only CRYPTECH_CLIENT_MUX of the port
 *		PORTWHEEL  CRYPTECH_CLIENT_MUX of the port, or WHEEL
 * doors	RAW      may be written to the raw door of /dev/cryptechN
 *		FACTORY  answers also while the factory wheel PIN is in force
 *		RAW_FACTORY  both
 * cost		INLINE answered by the thread that read it
 *		WORK   microseconds to milliseconds of computing
 *		LONG   may take seconds; must not hold up WORK
 * args, results: name:letter, u = u32, U = u64 (XDR hyper), o = opaque<>,
 *		a = opaque<> or the word CRYPTECH_ATTRIBUTE_NIL alone,
 *		n*(...) = the group repeated as often as the u32 n before it says
 */
enum cryptech_door {
	CRYPTECH_DOOR_RAW = 1, CRYPTECH_DOOR_FACTORY = 2,
	CRYPTECH_DOOR_RAW_FACTORY = 3,
};

#define CRYPTECH_FUNCTIONS(F)						       \
F(0x000, GET_VERSION,       IDEMPOTENT, ANY,  RAW_FACTORY, INLINE,             \
  "", "version:u")							       \
F(0x001, GET_RANDOM,        IDEMPOTENT, ANY,  RAW_FACTORY, INLINE,             \
  "length:u", "data:o")							       \
F(0x002, SET_PIN,           MUTATING, PIN,  RAW_FACTORY, LONG,                 \
  "user:u pin:o", "")							       \
F(0x003, LOGIN,             MUTATING, ANY,  RAW_FACTORY, LONG,                 \
  "user:u pin:o", "")							       \
F(0x004, LOGOUT,            MUTATING, ANY,  RAW_FACTORY, INLINE,               \
  "", "")								       \
F(0x005, LOGOUT_ALL,        MUTATING, PORTWHEEL, RAW, INLINE, "", "")	       \
F(0x006, IS_LOGGED_IN,      IDEMPOTENT, ANY,  RAW_FACTORY, INLINE,             \
  "user:u", "")								       \
F(0x007, HASH_GET_DIGEST_LEN, IDEMPOTENT, ANY, RAW, INLINE,		       \
  "digest:u", "length:u")						       \
F(0x008, HASH_GET_DIGEST_ALGORITHM_ID, IDEMPOTENT, ANY, RAW, INLINE,	       \
  "digest:u max:u", "id:o")						       \
F(0x009, HASH_GET_ALGORITHM, IDEMPOTENT, ANY, RAW, INLINE,		       \
  "hash:u", "digest:u")							       \
F(0x00a, HASH_INITIALIZE,   MUTATING, ANY, RAW, INLINE,			       \
  "session:u digest:u key:o", "hash:u")					       \
F(0x00b, HASH_UPDATE,       MUTATING, ANY, RAW, INLINE, "hash:u data:o", "")   \
F(0x00c, HASH_FINALIZE,     MUTATING, ANY, RAW, INLINE,			       \
  "hash:u length:u", "digest:o")					       \
F(0x00d, PKEY_LOAD,         MUTATING, KEY, RAW, WORK,			       \
  "session:u der:o flags:u", "pkey:u uuid:o")				       \
F(0x00e, PKEY_OPEN,         MUTATING, USER, RAW, INLINE,		       \
  "session:u uuid:o", "pkey:u")						       \
F(0x00f, PKEY_GENERATE_RSA, MUTATING, KEY, RAW, LONG,			       \
  "session:u bits:u exponent:o flags:u", "pkey:u uuid:o")		       \
F(0x010, PKEY_GENERATE_EC,  MUTATING, KEY, RAW, WORK,			       \
  "session:u curve:u flags:u", "pkey:u uuid:o")				       \
F(0x011, PKEY_CLOSE,        MUTATING, ANY, RAW, INLINE, "pkey:u", "")	       \
F(0x012, PKEY_DELETE,       MUTATING, KEY, RAW, WORK, "pkey:u", "")	       \
F(0x013, PKEY_GET_KEY_TYPE, IDEMPOTENT, KEY, RAW, INLINE, "pkey:u", "type:u")  \
F(0x014, PKEY_GET_KEY_FLAGS, IDEMPOTENT, KEY, RAW, INLINE,		       \
  "pkey:u", "flags:u")							       \
F(0x015, PKEY_GET_PUBLIC_KEY_LEN, IDEMPOTENT, KEY, RAW, INLINE,		       \
  "pkey:u", "length:u")							       \
F(0x016, PKEY_GET_PUBLIC_KEY, IDEMPOTENT, KEY, RAW, INLINE,		       \
  "pkey:u max:u", "spki:o")						       \
F(0x017, PKEY_SIGN,         MUTATING, KEY, RAW, WORK,			       \
  "pkey:u hash:u input:o max:u", "signature:o")				       \
F(0x018, PKEY_VERIFY,       IDEMPOTENT, KEY, RAW, WORK,			       \
  "pkey:u hash:u input:o signature:o", "")				       \
F(0x019, PKEY_MATCH,        IDEMPOTENT, ANY, RAW, WORK,			       \
  "session:u type:u curve:u mask:u flags:u n:u n*(attribute:u value:o) "      \
  "state:u max:u previous:o", "state:u n:u n*(uuid:o)")			       \
F(0x01a, PKEY_GET_KEY_CURVE, IDEMPOTENT, KEY, RAW, INLINE,		       \
  "pkey:u", "curve:u")							       \
F(0x01b, PKEY_SET_ATTRIBUTES, MUTATING, KEY, RAW, WORK,		       \
  "pkey:u n:u n*(attribute:u value:a)", "")				       \
F(0x01c, PKEY_GET_ATTRIBUTES, IDEMPOTENT, KEY, RAW, INLINE,		       \
  "pkey:u n:u n*(attribute:u) max:u", "n:u n*(attribute:u value:o)")	       \
F(0x01d, PKEY_EXPORT,       MUTATING, KEY, RAW, WORK,			       \
  "pkey:u kekek:u pkcs8max:u kekmax:u", "pkcs8:o kek:o")		       \
F(0x01e, PKEY_IMPORT,       MUTATING, KEY, RAW, WORK,			       \
  "session:u kekek:u pkcs8:o kek:o flags:u", "pkey:u uuid:o")		       \
F(0x01f, PKEY_GENERATE_HASHSIG, MUTATING, KEY, RAW, LONG,		       \
  "session:u levels:u lms:u lmots:u flags:u", "pkey:u uuid:o")		       \
F(0x042, CHECK_TAMPER,      IDEMPOTENT, ANY, RAW, INLINE, "", "")	       \
/* From here on ours. Keys are named by UUID, never by handle. */	       \
F(0x100, ATTACH,            IDEMPOTENT, PORT, FACTORY, INLINE,		       \
  "version:u", "version:u serial:o clients:u handles:u message:u")	       \
F(0x101, STATUS,            IDEMPOTENT, ANY,  RAW_FACTORY, INLINE,             \
  "", "release:o serial:o n:u n*(tag:u value:U)")			       \
F(0x110, KEY_GENERATE,      MUTATING, USER, RAW, LONG,			       \
  "uuid:o type:u flags:u label:o", "uuid:o")				       \
F(0x111, KEY_LOAD,          MUTATING, USER, RAW, WORK,			       \
  "uuid:o der:o flags:u label:o", "uuid:o")				       \
F(0x112, KEY_INFO,          IDEMPOTENT, USER, RAW, INLINE,		       \
  "uuid:o", "type:u class:u flags:u label:o")				       \
F(0x113, KEY_PUBLIC,        IDEMPOTENT, USER, RAW, INLINE,		       \
  "uuid:o max:u", "spki:o")						       \
F(0x114, KEY_DELETE,        MUTATING, USER, RAW, WORK, "uuid:o", "")	       \
F(0x115, KEY_LIST,          IDEMPOTENT, USER, RAW, INLINE,		       \
  "previous:o max:u",							       \
  "n:u n*(uuid:o type:u class:u flags:u label:o)")			       \
F(0x116, KEY_SET_LABEL,     MUTATING, USER, RAW, WORK,		       \
  "uuid:o label:o", "")							       \
F(0x118, SIGN,              MUTATING, USER, RAW, WORK,			       \
  "uuid:o digest:u input:o max:u", "signature:o")			       \
F(0x119, VERIFY,            IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o digest:u input:o signature:o", "")		       \
F(0x11a, KEY_LOAD_RAW,      MUTATING, USER, RAW, WORK,			       \
  "uuid:o type:u value:o flags:u label:o", "uuid:o")			       \
F(0x11b, RSA_PRIVATE,       IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o input:o", "output:o")						       \
F(0x120, ENCRYPT,           IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o mode:u iv:o block:u data:o", "iv:o data:o")			       \
F(0x121, DECRYPT,           IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o mode:u iv:o block:u data:o", "iv:o data:o")			       \
F(0x122, GCM_ENCRYPT,       IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o iv:o aad:o data:o", "iv:o data:o tag:o")			       \
F(0x123, GCM_DECRYPT,       IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o iv:o aad:o data:o tag:o", "data:o")				       \
F(0x124, MAC,               IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o state:o data:o", "mac:o")					       \
F(0x125, MAC_VERIFY,        IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o state:o data:o mac:o", "")					       \
F(0x126, MAC_UPDATE,        IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o state:o data:o", "state:o")					       \
F(0x130, HASHSIG_GENERATE,  MUTATING, USER, RAW, WORK,			       \
  "uuid:o flags:u label:o profile:u reserve:u n:u n*(lms:u lmots:u)",	       \
  "uuid:o")								       \
F(0x131, HASHSIG_JOB,       IDEMPOTENT, USER, RAW, INLINE,		       \
  "uuid:o", "state:u error:u done:U total:U")				       \
F(0x132, HASHSIG_CANCEL,    MUTATING, USER, RAW, INLINE, "uuid:o", "")	       \
F(0x133, HASHSIG_INFO,      IDEMPOTENT, USER, RAW, INLINE,		       \
  "uuid:o", "profile:u reserve:u state:u rootleft:U left:U leftmax:U "	       \
  "done:U total:U n:u n*(lms:u lmots:u)")				       \
F(0x134, HASHSIG_ACCEPT,    MUTATING, SO, RAW, WORK, "decision:u", "")	       \
F(0x138, SIGN_ONCE,         ONCE, USER, RAW, WORK,			       \
  "uuid:o request:o input:o max:u", "signature:o left:U")		       \
F(0x139, SIGN_INIT,         ONCE, USER, RAW, WORK,			       \
  "uuid:o request:o", "stream:u")					       \
F(0x13a, SIGN_UPDATE,       MUTATING, USER, RAW, INLINE,		       \
  "stream:u data:o", "")						       \
F(0x13b, SIGN_FINAL,        ONCE, USER, RAW, WORK,			       \
  "stream:u max:u", "signature:o left:U")				       \
F(0x13c, VERIFY_INIT,       MUTATING, USER, RAW, WORK,			       \
  "uuid:o signature:o", "stream:u")					       \
F(0x13d, VERIFY_UPDATE,     MUTATING, USER, RAW, INLINE,		       \
  "stream:u data:o", "")						       \
F(0x13e, VERIFY_FINAL,      MUTATING, USER, RAW, WORK, "stream:u", "")	       \
F(0x13f, STREAM_ABORT,      MUTATING, USER, RAW, INLINE, "stream:u", "")       \
/* Backup: from one HSM to another, and off the HSM; see backup.rst. */	       \
F(0x140, DEVICE_IDENTITY,   IDEMPOTENT, ANY, RAW, INLINE,		       \
  "", "serial:o spki:o fingerprint:o")					       \
F(0x141, DEVICE_APPROVE,    MUTATING, SO, RAW, WORK,			       \
  "serial:o spki:o label:o", "fingerprint:o")				       \
F(0x142, DEVICE_REVOKE,     MUTATING, SO, RAW, WORK, "serial:o", "")	       \
F(0x143, DEVICE_LIST,       IDEMPOTENT, LOGIN, RAW, INLINE,		       \
  "previous:o max:u", "n:u n*(serial:o fingerprint:o label:o)")		       \
F(0x144, POLICY_SET,        MUTATING, SO, RAW, WORK, "policy:u", "")	       \
F(0x148, KEKEK_CREATE,      MUTATING, USER, RAW, LONG, "", "uuid:o statement:o") \
F(0x149, KEKEK_ATTEST,      IDEMPOTENT, USER, RAW, WORK,		       \
  "uuid:o", "statement:o")						       \
F(0x14a, KEKEK_LIST,        IDEMPOTENT, USER, RAW, INLINE,		       \
  "previous:o max:u", "n:u n*(uuid:o)")					       \
F(0x14b, KEKEK_DELETE,      MUTATING, USER, RAW, WORK, "uuid:o", "")	       \
F(0x14c, TRANSFER_EXPORT,   MUTATING, USER, RAW, WORK,			       \
  "uuid:o statement:o", "package:o")					       \
F(0x14d, TRANSFER_IMPORT,   MUTATING, USER, RAW, WORK,			       \
  "package:o drop:u check:u", "uuid:o type:u flags:u label:o ack:o")	       \
F(0x14e, TRANSFER_ACK,      MUTATING, USER, RAW, WORK, "ack:o", "uuid:o")      \
F(0x14f, LEGACY_EXPORT,     MUTATING, USER, RAW, WORK,			       \
  "uuid:o kekek:o", "pkcs8:o kek:o")					       \
F(0x150, LEGACY_IMPORT,     MUTATING, USER, RAW, WORK,			       \
  "kekek:o pkcs8:o kek:o flags:u label:o", "uuid:o")			       \
F(0x154, RAW_EXPORT,        MUTATING, USER, RAW, WORK, "uuid:o", "package:o")  \
F(0x155, RAW_IMPORT,        MUTATING, USER, RAW, WORK,			       \
  "package:o drop:u check:u", "uuid:o type:u flags:u label:o")		       \
F(0x156, PARKED_LIST,       IDEMPOTENT, LOGIN, RAW, INLINE,		       \
  "previous:o max:u", "n:u n*(uuid:o)")					       \
F(0x157, FORGET,            MUTATING, SO, RAW, WORK, "what:u uuid:o", "")      \
F(0x158, MASTER_KEY_INFO,   IDEMPOTENT, ANY, RAW_FACTORY, INLINE,	       \
  "", "fingerprint:o")							       \
F(0x159, MASTER_KEY_GENERATE, MUTATING, WHEEL, RAW, WORK,		       \
  "erase:u", "fingerprint:o")						       \
F(0x15a, MASTER_KEY_SET,    MUTATING, WHEEL, RAW, WORK,			       \
  "erase:u n:u n*(share:o)", "fingerprint:o")				       \
F(0x15b, MASTER_KEY_SHARES, MUTATING, WHEEL, RAW, WORK,			       \
  "m:u n:u", "n:u n*(share:o)")						       \
F(0x15c, RECOVERY_CREATE,   MUTATING, SO, RAW, WORK,			       \
  "m:u n:u", "fingerprint:o n:u n*(share:o)")				       \
F(0x15d, RECOVERY_ARM,      MUTATING, SO, RAW, WORK,			       \
  "package:o floor:u n:u n*(share:o)", "")

#define CRYPTECH_F(number, name, ...) CRYPTECH_RPC_##name = number,
enum cryptech_function { CRYPTECH_FUNCTIONS(CRYPTECH_F) };
#undef CRYPTECH_F

enum cryptech_class {
	CRYPTECH_CLASS_IDEMPOTENT, CRYPTECH_CLASS_MUTATING, CRYPTECH_CLASS_ONCE,
};

enum cryptech_rights {
	CRYPTECH_RIGHTS_ANY, CRYPTECH_RIGHTS_USER, CRYPTECH_RIGHTS_KEY,
	CRYPTECH_RIGHTS_WHEEL, CRYPTECH_RIGHTS_PIN, CRYPTECH_RIGHTS_PORT,
	CRYPTECH_RIGHTS_PORTWHEEL, CRYPTECH_RIGHTS_SO,
	CRYPTECH_RIGHTS_LOGIN,
};

enum cryptech_cost {
	CRYPTECH_COST_INLINE, CRYPTECH_COST_WORK, CRYPTECH_COST_LONG,
};

/*
 * The functions in words, where the table is not enough.
 *
 * ATTACH	The port starts a new incarnation: every client, login,
 *		handle, hash state and volatile key of this port (and of no
 *		other) is gone. Answers the protocol version that will be
 *		spoken (the lower of both), the device's serial number and its
 *		limits: clients a port, handles a port, bytes a message.
 * STATUS	release is a text; then tags of CRYPTECH_STATUS_TAGS. Unknown
 *		tags are to be skipped.
 * KEY_GENERATE	uuid is empty (the HSM draws one) or 16 bytes that name the
 *		key-to-be (KEY_NAME_IN_USE if it stands). type is of
 *		CRYPTECH_KEY_TYPES. Without flag TOKEN the key is volatile: it
 *		belongs to this client and goes with its logout. With flag
 *		VAULT it is made in the FPGA's vault: see keys.rst. The label is
 *		0 to CRYPTECH_LABEL_MAX bytes of UTF-8 without control
 *		characters.
 * KEY_LOAD	der is a PKCS#8 PrivateKeyInfo or a SubjectPublicKeyInfo.
 * KEY_INFO	type is of CRYPTECH_KEY_TYPES, class is libhal's key type
 *		(private or public, RSA or EC), KEY_CLASS_AES or _HMAC.
 * KEY_PUBLIC	UNSUPPORTED_KEY for AES and HMAC keys, which have no public half.
 * KEY_LIST	Keys that the client may use, in UUID order after `previous`
 *		(empty: from the start), token and volatile alike, at most
 *		`max` of them and as many as fit; n = 0: no more.
 * SIGN		RSA: PKCS#1 v1.5; digest names the hash whose value input is
 *		(the HSM puts the DigestInfo around it), or NONE: input is
 *		padded as given. EC: input is the hash value, signature is
 *		r || s in fixed width. max: the longest signature wanted, else
 *		RESULT_TOO_LONG.
 * VERIFY	The reverse; INVALID_SIGNATURE if it does not verify.
 * KEY_LOAD_RAW	value is the key itself: 16, 24 or 32 bytes for AES, both keys
 *		one after the other (32 or 64 bytes) for AES-XTS, whose halves
 *		must differ (BAD_ARGUMENTS); CRYPTECH_HMAC_KEY_MIN to _MAX bytes
 *		for HMAC.
 * RSA_PRIVATE	input to the power of the private exponent, both of the
 *		modulus' length, input below the modulus (BAD_ARGUMENTS). Only
 *		keys made with flag RAW, else FORBIDDEN.
 * ENCRYPT	One chunk, with a key that has flag DATAENCIPHERMENT and this
 *		mode (else FORBIDDEN). iv is 16 bytes, data 1 or more blocks.
 *		CBC (SP 800-38A): block is 0; the iv that comes back is the
 *		next chunk's. XTS (SP 800-38E): iv is the tweak of the data
 *		unit, block the number of 16-byte blocks of the unit before
 *		this chunk, which has to end within 2^20; the last chunk may
 *		end in a partial block after at least one whole (ciphertext
 *		stealing); the iv comes back as it was. CTR (SP 800-38A): block
 *		is 0, iv the first counter block, the one that comes back the
 *		next, counted modulo 2^128; data is 1 byte or more, whole blocks
 *		unless nothing follows. ECB: iv is empty, block 0. Nothing is
 *		kept between chunks. UNSUPPORTED_KEY: not an AES key.
 * DECRYPT	The reverse.
 * GCM_ENCRYPT	AES-GCM (SP 800-38D) of one message that fits the call. The HSM
 *		draws the iv, CRYPTECH_GCM_IV_SIZE bytes, when it is given none;
 *		else the key has to have flag CALLER_IV (FORBIDDEN), and whoever
 *		gives one twice has given the key away. aad is authenticated,
 *		not encrypted. The tag has CRYPTECH_GCM_TAG_SIZE bytes. Flag
 *		DATAENCIPHERMENT (FORBIDDEN); UNSUPPORTED_KEY: not an AES key,
 *		FORBIDDEN: one of another mode.
 * GCM_DECRYPT	The reverse. INVALID_SIGNATURE, and no data, unless the tag is
 *		right for all of it.
 * MAC		The message authentication code of data: AES-CMAC (SP 800-38B, 16
 *		bytes) or HMAC (FIPS 198-1, as long as the hash value), with a
 *		key of that kind (UNSUPPORTED_KEY, FORBIDDEN) that has flag
 *		DIGITALSIGNATURE (FORBIDDEN). state is empty, or what MAC_UPDATE
 *		gave for all that precedes data, which then has
 *		CRYPTECH_MAC_BLOCK bytes or more.
 * MAC_VERIFY	INVALID_SIGNATURE unless mac is the whole of the right one.
 * MAC_UPDATE	Takes in the next part of a message, one or more times
 *		CRYPTECH_MAC_BLOCK bytes. The HSM keeps nothing: the state that
 *		comes back has it all, sealed, for this key and until a restart
 *		(BAD_ARGUMENTS). It may be used any number of times.
 * HASHSIG_GENERATE  Starts the generation of an HSS key (RFC 8554) as a job
 *		of this client and answers at once. uuid and label as for
 *		KEY_GENERATE; flags: DIGITALSIGNATURE and TOKEN, both needed
 *		(BAD_ARGUMENTS), PUBLIC, EXPORTABLE, and with that RECOVERABLE
 *		(FORBIDDEN while no recovery key is set); or VAULT, for one
 *		level of H5 to H15, punctured, reserve 1. profile: CRYPTECH_HASHSIG_; reserve: leaves of
 *		the root that one commit takes, 1 to
 *		CRYPTECH_HASHSIG_RESERVE_MAX, 0: 1. Then the parameters of
 *		each of the 1 to 8 levels, root first: typecodes of RFC 8554
 *		and RFC 9858, SHA-256, n the same in both. UNSUPPORTED_KEY:
 *		a set that is unknown, or whose signature would be longer than
 *		CRYPTECH_HSS_SIGNATURE_MAX. NO_KEY_SLOTS_AVAILABLE: too many
 *		jobs, of this client or all. The job ends with its client; until
 *		it is done there is no key, and nothing stays of a job that
 *		fails or is cancelled.
 * HASHSIG_JOB	A generation of this client, running, or ended less than 16
 *		jobs ago. state: CRYPTECH_JOB_; error: why it failed; done and
 *		total: leaves. KEY_NOT_FOUND: no such job.
 * HASHSIG_CANCEL  Stops a running job of this client; KEY_NOT_FOUND: none.
 * HASHSIG_INFO	Of an HSS private key. state: CRYPTECH_HASHSIG_; rootleft: leaves
 *		of the root tree that were never spent; left: signatures left,
 *		at most (a restart costs what its lower trees had left);
 *		leftmax: of the fresh key; done, total: progress, in leaves, of
 *		the rebuilding that NOT_READY waits for. Both counts stop at
 *		2^64 - 1.
 * HASHSIG_ACCEPT  The security officer decides what becomes of hash signature
 *		keys when the flash is not the newest (KEYSTORE_LOST_DATA):
 *		CRYPTECH_ACCEPT_. BAD_ARGUMENTS when there is nothing to decide.
 * SIGN_ONCE	Signs input, the message itself, with an HSS key. request is 16
 *		bytes that the caller draws for this message: the last 8
 *		requests of a key are remembered (until a restart), and the same
 *		request with the same input gives the same signature and
 *		spends nothing; with another input it is FORBIDDEN. left: as in
 *		HASHSIG_INFO. HASHSIG_KEY_EXHAUSTED for ever once no leaf is
 *		left. NOT_READY: a tree is being rebuilt, see HASHSIG_INFO;
 *		nothing was spent. UNSUPPORTED_KEY for other kinds of key.
 * SIGN_INIT	The same for a message that comes in pieces. A leaf is spent
 *		now, unless the request is a remembered one. At most 2 streams
 *		of either kind a client (NO_KEY_SLOTS_AVAILABLE). Stream numbers
 *		are never 0; one that is not an open stream of this client, and
 *		of this kind, is BAD_ARGUMENTS. While a stream is open for a
 *		request, the same request is NOT_READY elsewhere. KEY_NOT_FOUND
 *		on a stream: its key was deleted.
 * SIGN_UPDATE	The next piece, of any length.
 * SIGN_FINAL	The signature; the stream is closed, whatever the result. A
 *		RESULT_TOO_LONG here can be mended: the request is remembered.
 * VERIFY_INIT	Verifies with an HSS key a message that comes in pieces.
 *		INVALID_SIGNATURE at once when it is malformed.
 * VERIFY_FINAL	INVALID_SIGNATURE, or fine. The stream is closed.
 * STREAM_ABORT	Closes a stream of either kind; a leaf that it took stays spent.
 * DEVICE_IDENTITY  Of this HSM: serial number, public half of its attestation
 *		key (P-256; it signs only what begins with
 *		CRYPTECH_ATTEST_MAGIC), and the fingerprint of both, SHA-256
 *		of serial (16 bytes) and spki one after the other: what two
 *		officers compare before they approve each other's device.
 * DEVICE_APPROVE  That device may give KEKEKs to this one and send it keys.
 *		KEY_NAME_IN_USE: the serial number is approved already, with
 *		whatever key; at most CRYPTECH_DEVICES_MAX
 *		(NO_KEY_SLOTS_AVAILABLE). The label is as a key's.
 * DEVICE_REVOKE  KEY_NOT_FOUND: it is not approved.
 * DEVICE_LIST	In the order of the serial numbers, as KEY_LIST.
 * POLICY_SET	CRYPTECH_POLICY_ bits, all of them; others: BAD_ARGUMENTS.
 * KEKEK_CREATE	A single-use KEKEK, for one hash signature key: an RSA key of
 *		3,072 bits that only the import of that key can use, which
 *		destroys it. At most CRYPTECH_KEKEKS_MAX outstanding
 *		(NO_KEY_SLOTS_AVAILABLE). The statement is its public half,
 *		signed by this device: see backup.rst.
 * KEKEK_ATTEST	The statement for an outstanding single-use KEKEK, or for an RSA
 *		private key in flash that has flag LOCAL: made here, for
 *		KEYENCIPHERMENT alone, not EXPORTABLE (else FORBIDDEN). That may
 *		serve any number of transfers of keys other than for hash
 *		signatures.
 * KEKEK_LIST	The outstanding single-use ones; as KEY_LIST.
 * KEKEK_DELETE	Destroys one of these; packages made for it open nowhere.
 * TRANSFER_EXPORT  The key, wrapped for the KEKEK of the statement, signed by
 *		this device. The statement's device has to be approved
 *		(FORBIDDEN), the key EXPORTABLE (FORBIDDEN). A statement that is
 *		not well-formed or whose signature is wrong: BAD_ARGUMENTS. Of an HSS
 *		key (single-use KEKEK, else FORBIDDEN) the upper half of the
 *		leaves left goes for ever: HASHSIG_KEY_EXHAUSTED with fewer
 *		than two. Until the acknowledgement comes, the same statement
 *		(signed anew or not) gives the same package, and another one is
 *		NOT_READY; after it, FORBIDDEN, for this key and all others:
 *		the KEKEK is no more, nobody could open another package. A
 *		single-seed key: FORBIDDEN without POLICY_SHARED_SEED.
 * TRANSFER_IMPORT  `drop`: flags that the key is not to have. check 1: nothing
 *		happens, the results say what would (ack is empty); 0: the
 *		key comes to be, with its UUID. Whatever is wrong with a package or
 *		its KEKEK is KEYWRAP_BAD_MAGIC; a source that is not
 *		approved is FORBIDDEN, KEY_NAME_IN_USE a UUID that stands. ack
 *		is for the source, signed by this device. The package by which
 *		an HSS key that stands here came is acknowledged again, and
 *		nothing happens: the first answer may have been lost.
 * TRANSFER_ACK	The package that this acknowledges has arrived: it leaves the
 *		outbox. BAD_ARGUMENTS: not well-formed, not of a device that
 *		is approved, or no package of ours. Twice is fine.
 * LEGACY_EXPORT  As PKEY_EXPORT, by UUID: FORBIDDEN without POLICY_LEGACY_EXPORT.
 * LEGACY_IMPORT  As PKEY_IMPORT; the key gets a new UUID. FORBIDDEN without
 *		POLICY_LEGACY_EXPORT here, too.
 * RAW_EXPORT	The key, wrapped under this HSM's master key; it has to be
 *		EXPORTABLE (FORBIDDEN). An HSS key is *parked* by it: it signs no
 *		more (FORBIDDEN), asking again gives the same package, and
 *		once deleted it comes back by RAW_IMPORT of its newest package
 *		only. At most CRYPTECH_PARKED_MAX (NO_KEY_SLOTS_AVAILABLE). One
 *		with flag RECOVERABLE: FORBIDDEN while no recovery key is set.
 * RAW_IMPORT	As TRANSFER_IMPORT; KEY_NAME_IN_USE comes before the package is
 *		opened. Without flag TOKEN (dropped) the key is
 *		volatile; HSS keys need TOKEN (BAD_ARGUMENTS).
 * PARKED_LIST	HSS keys that were parked and deleted; as KEY_LIST.
 * FORGET	The officer gives up what waits for somebody: CRYPTECH_FORGET_.
 *		FORGET_PARKED: no package of that key opens any more, for ever.
 *		FORGET_OUTBOX: the package of that key is not needed again (it may
 *		open elsewhere all the same). KEY_NOT_FOUND: there is none.
 * MASTER_KEY_INFO  fingerprint: 32 bytes that follow from the master key and
 *		say nothing of it.
 * MASTER_KEY_GENERATE  A new one, drawn by the HSM. FORBIDDEN while keys stand
 *		in flash, parked ones, packages that wait and KEKEKs included,
 *		but with erase 1: all of them are destroyed first. What is in
 *		memory alone stays, and so do PINs, serial number, attestation
 *		key, approved devices, policy and recovery key. Until it is
 *		done, calls that take computing wait. KEYSTORE_LOST_DATA while
 *		HASHSIG_ACCEPT is awaited. MASTERKEY_FAIL: the memory failed;
 *		MASTER_KEY_INFO tells which key it has.
 * MASTER_KEY_SET  The same, to a given one: one share of 32 bytes, which is the
 *		key itself, or at least m shares of one set
 *		(MASTERKEY_BAD_LENGTH, BAD_ARGUMENTS: not well-formed, not of one
 *		set, too few, or they give another key than their set was made
 *		of).
 * MASTER_KEY_SHARES  2 <= m <= n <= CRYPTECH_SHARES_MAX shares (Shamir) of which
 *		any m give the master key, and fewer say nothing of it.
 * RECOVERY_CREATE  A new recovery key, of which this HSM keeps the public half:
 *		HSS keys made with flag RECOVERABLE from now on can be had back
 *		from a package of theirs when the HSM is lost. What was exported
 *		before opens with the shares of the one before. fingerprint:
 *		SHA-256 of the public point.
 * RECOVERY_ARM	Lets one RAW_IMPORT, until a restart, import this package of an HSS
 *		key without the state that this HSM should have of it, from
 *		leaf `floor` of its root tree on. The officer answers for it
 *		that no other HSM has the key, nor signed with it beyond floor.
 *		It takes the place of one that was armed before. BAD_ARGUMENTS:
 *		the shares are not m good ones of a recovery key;
 *		KEYWRAP_BAD_MAGIC: the package does not open with them, or is of
 *		another master key. While a state of the key is parked here it
 *		is that which opens packages, armed or not.
 * LOGIN	PIN_INCORRECT, or NOT_READY without a check of the PIN while
 *		the role's delay after failures runs (STATUS tells the rest).
 *		CRYPTECH_CLIENT_KERNEL of a mailbox or serial port may log in
 *		as NORMAL only and has a failure counter of its own.
 */

/* Roles, "users" in libhal's words. */
enum cryptech_user {
	CRYPTECH_USER_NONE = 0,
	CRYPTECH_USER_NORMAL = 1,	/* "user" */
	CRYPTECH_USER_SO = 2,		/* security officer */
	CRYPTECH_USER_WHEEL = 3,	/* administrator */
};

#include <cryptech/errors.h>
#include <cryptech/keys.h>

/* STATUS: S(tag, NAME, unit, text); every value is 64 bits wide. */
#define CRYPTECH_STATUS_TAGS(S)						       \
S(1,  UPTIME, "s", "time since the HSM started")			       \
S(2,  MODE, "bits", "see CRYPTECH_MODE_")				       \
S(3,  FRESHNESS, "enum", "what guards against old flash: CRYPTECH_FRESH_")     \
S(4,  DURABILITY, "enum", "0 process, 1 storage")			       \
S(5,  FLASH_SIZE, "bytes", "flash in all")				       \
S(6,  FLASH_LIVE, "bytes", "flash that live records take")		       \
S(7,  FLASH_FREE, "bytes", "flash that new records can take")		       \
S(8,  FLASH_ERASES_MAX, "count", "erases of the most worn sector")	       \
S(9,  FLASH_ERASES_TOTAL, "count", "erases of all sectors together")	       \
S(10, KEYS_TOKEN, "count", "keys in flash")				       \
S(11, KEYS_VOLATILE, "count", "keys in memory only, of all clients")	       \
S(12, CLIENTS, "count", "clients that hold anything")			       \
S(13, CLIENTS_MAX, "count", "clients a port may have")			       \
S(14, HANDLES, "count", "key and hash handles in use")			       \
S(15, HANDLES_MAX, "count", "handles a port may have")			       \
S(16, MESSAGE_MAX, "bytes", "longest message")				       \
S(17, CALLS, "count", "requests answered")				       \
S(18, ERRORS, "count", "requests answered with an error")		       \
S(19, PIN_DELAY_USER, "s", "until the user PIN may be tried again")	       \
S(20, PIN_DELAY_SO, "s", "until the security officer's may")		       \
S(21, PIN_DELAY_WHEEL, "s", "until the wheel PIN may")			       \
S(22, PIN_DELAY_KERNEL, "s", "until the kernel may log in again")	       \
S(23, RECORDS_LOST, "count", "flash records found damaged since the start")  \
S(24, HASHSIG_KEYS, "count", "hash signature keys")			       \
S(25, HASHSIG_LOW, "count", "of these, keys that are nearly used up")	       \
S(26, HASHSIG_LEAVES_MIN, "count", "fewest root leaves left of any of them")   \
S(27, ANCHOR, "count", "commits of hash signature keys so far")		       \
S(28, POLICY, "bits", "see CRYPTECH_POLICY_")				       \
S(29, KEYS_PARKED, "count", "hash signature keys off the HSM, deleted here")   \
S(30, OUTBOX, "count", "packages not acknowledged yet")			       \
S(31, KEKEKS, "count", "single-use KEKEKs outstanding")			       \
S(32, SLOTS, "count", "keys there may be in flash, and in memory; 0: no limit") \
S(33, FPGA, "enum", "the FPGA: CRYPTECH_FPGA_")				       \
S(34, FPGA_ERROR, "error", "why it is not used; 0: it is")		       \
S(35, FPGA_VERSION, "count", "version of its design")			       \
S(36, FPGA_STATUS, "bits", "its register STATUS: see fpga-registers.rst")      \
S(37, FPGA_FRAMES, "count", "messages on the line to it")		       \
S(38, FPGA_DAMAGED, "count", "of these, damaged ones")

#define CRYPTECH_S(tag, name, ...) CRYPTECH_STATUS_##name = tag,
enum cryptech_status_tag { CRYPTECH_STATUS_TAGS(CRYPTECH_S) };
#undef CRYPTECH_S

#define CRYPTECH_MODE_LIBHAL_COMPAT	0x1	/* --libhal-compat */
#define CRYPTECH_MODE_FACTORY_PIN	0x2	/* not initialised yet */
#define CRYPTECH_MODE_LEGACY_EXPORT	0x4	/* unattested KEKEKs taken */
#define CRYPTECH_MODE_SIMULATOR		0x8	/* guards nothing against root */
#define CRYPTECH_MODE_STALE		0x10	/* HASHSIG_ACCEPT is awaited */

#define CRYPTECH_FPGA_NONE		0	/* this HSM has none */
#define CRYPTECH_FPGA_WORKS		1
#define CRYPTECH_FPGA_REFUSED		2	/* lost; so is most of the HSM */
#define CRYPTECH_FPGA_SERVED		3	/* lost; software goes on */

#define CRYPTECH_FRESH_NONE		0
#define CRYPTECH_FRESH_FILE		1
#define CRYPTECH_FRESH_TPM		2
#define CRYPTECH_FRESH_BATTERY		3

#endif /* CRYPTECH_RPC_H */
