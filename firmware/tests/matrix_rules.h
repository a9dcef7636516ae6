/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with which key, as Documentation/protocol.rst and
 * Documentation/backup.rst say it and not as the HSM is written: a line for each function of
 * cryptech/rpc.h. key_matrix.c tries them all.
 *
 *	R(FUNCTION, who, how the key is named, kinds of key, flags it needs,
 *	  policy it needs, what else says that it is allowed)
 *
 * The last column is for functions that find nothing to do in the matrix, or are
 * given what cannot be right (a package of zeros): 0: they must succeed.
 */
#ifndef TESTS_MATRIX_RULES_H
#define TESTS_MATRIX_RULES_H

#include <cryptech/rpc.h>

enum who {
	BY_ANY,
	BY_USER,	/* NORMAL or WHEEL */
	BY_SO,
	BY_WHEEL,
	BY_LOGIN,	/* whoever is logged in */
	BY_PIN,		/* SO or WHEEL */
	BY_MUX,		/* client 0 of the port */
	BY_MUX_WHEEL,
	BY_READER,	/* BY_USER, or the key is PUBLIC */
	BY_WRITER,	/* BY_USER, or the key is PUBLIC and volatile */
};

enum naming { NO_KEY, HANDLE, UUID };

/* Kinds of key */
enum kind {
	K_RSA = 1, K_RSA_PUB = 2, K_EC = 4, K_EC_PUB = 8, K_AES = 0x10, K_XTS = 0x20,
	K_HSS = 0x40, K_HSS_PUB = 0x80,
	K_CTR = 0x1000, K_GCM = 0x2000, K_CMAC = 0x4000, K_HMAC = 0x8000,
	K_PUBLICS = K_RSA_PUB | K_EC_PUB | K_HSS_PUB,
	K_PRIVATES = K_RSA | K_EC | K_HSS,
	K_CIPHERS = K_AES | K_XTS | K_CTR,
	K_MACS = K_CMAC | K_HMAC,
	K_AES_KEYS = K_CIPHERS | K_GCM | K_CMAC,
	K_SECRETS = K_AES_KEYS | K_HMAC,
	K_ALL = K_PRIVATES | K_PUBLICS | K_SECRETS,
	/* others: FORBIDDEN, not UNSUPPORTED_KEY */
	K_FORBIDDEN = 0x100,
	/* HSS keys: FORBIDDEN, for these are no single-seed keys */
	K_NO_HALVES = 0x200,
	/* EXPORTABLE ones: FORBIDDEN */
	K_STAYS = 0x400,
	/* AES keys of another mode: FORBIDDEN */
	K_ONE_MODE = 0x800,
};

#define F_SIGN	CRYPTECH_KEY_FLAG_DIGITALSIGNATURE
#define F_KEK	CRYPTECH_KEY_FLAG_KEYENCIPHERMENT
#define F_DATA	CRYPTECH_KEY_FLAG_DATAENCIPHERMENT
#define F_TOKEN	CRYPTECH_KEY_FLAG_TOKEN
#define F_PUB	CRYPTECH_KEY_FLAG_PUBLIC
#define F_EXP	CRYPTECH_KEY_FLAG_EXPORTABLE
#define F_RAW	CRYPTECH_KEY_FLAG_RAW
#define F_IV	CRYPTECH_KEY_FLAG_CALLER_IV
#define F_PSS	CRYPTECH_KEY_FLAG_PSS
#define LEGACY	CRYPTECH_POLICY_LEGACY_EXPORT

#define E_BAD	CRYPTECH_ERR_BAD_ARGUMENTS
#define E_NONE	CRYPTECH_ERR_KEY_NOT_FOUND
#define E_USED	CRYPTECH_ERR_KEY_NAME_IN_USE
#define E_WRAP	CRYPTECH_ERR_KEYWRAP_BAD_MAGIC
#define E_SIG	CRYPTECH_ERR_INVALID_SIGNATURE
#define E_ASN	CRYPTECH_ERR_ASN1_PARSE_FAILED

#define MATRIX_RULES(R)							       \
R(GET_VERSION, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(GET_RANDOM, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(SET_PIN, BY_PIN, NO_KEY, 0, 0, 0, 0)					       \
R(LOGIN, BY_ANY, NO_KEY, 0, 0, 0, 0)					       \
R(LOGOUT, BY_ANY, NO_KEY, 0, 0, 0, 0)					       \
R(LOGOUT_ALL, BY_MUX_WHEEL, NO_KEY, 0, 0, 0, 0)				       \
R(IS_LOGGED_IN, BY_LOGIN, NO_KEY, 0, 0, 0, 0)				       \
R(HASH_GET_DIGEST_LEN, BY_ANY, NO_KEY, 0, 0, 0, 0)			       \
R(HASH_GET_DIGEST_ALGORITHM_ID, BY_ANY, NO_KEY, 0, 0, 0, 0)		       \
R(HASH_GET_ALGORITHM, BY_ANY, NO_KEY, 0, 0, 0, E_BAD)			       \
R(HASH_INITIALIZE, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(HASH_UPDATE, BY_ANY, NO_KEY, 0, 0, 0, E_BAD)				       \
R(HASH_FINALIZE, BY_ANY, NO_KEY, 0, 0, 0, E_BAD)			       \
/* BY_WRITER: of the flags of the key-to-be; here PUBLIC and volatile */	       \
R(PKEY_LOAD, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(PKEY_OPEN, BY_USER, UUID, K_ALL, 0, 0, 0)				       \
R(PKEY_GENERATE_RSA, BY_ANY, NO_KEY, 0, 0, 0, 0)			       \
R(PKEY_GENERATE_EC, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(PKEY_CLOSE, BY_ANY, HANDLE, K_ALL, 0, 0, 0)				       \
R(PKEY_DELETE, BY_WRITER, HANDLE, K_ALL, 0, 0, 0)				       \
R(PKEY_GET_KEY_TYPE, BY_READER, HANDLE, K_ALL, 0, 0, 0)			       \
R(PKEY_GET_KEY_FLAGS, BY_READER, HANDLE, K_ALL, 0, 0, 0)			       \
/* of what there is not it answers 0, as libhal does */			       \
R(PKEY_GET_PUBLIC_KEY_LEN, BY_ANY, NO_KEY, 0, 0, 0, 0)			       \
R(PKEY_GET_PUBLIC_KEY, BY_READER, HANDLE, K_PRIVATES | K_PUBLICS, 0, 0, 0)	       \
R(PKEY_SIGN, BY_READER, HANDLE, K_PRIVATES, F_SIGN, 0, 0)			       \
R(PKEY_VERIFY, BY_READER, HANDLE, K_PRIVATES | K_PUBLICS, F_SIGN, 0, E_SIG)	       \
R(PKEY_MATCH, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(PKEY_GET_KEY_CURVE, BY_READER, HANDLE, K_ALL, 0, 0, 0)			       \
R(PKEY_SET_ATTRIBUTES, BY_WRITER, HANDLE, K_ALL, 0, 0, 0)			       \
R(PKEY_GET_ATTRIBUTES, BY_READER, HANDLE, K_ALL, 0, 0, 0)			       \
R(PKEY_EXPORT, BY_READER, HANDLE, K_RSA | K_EC | K_NO_HALVES, F_EXP, LEGACY, 0)\
R(PKEY_IMPORT, BY_ANY, NO_KEY, 0, 0, LEGACY, E_ASN)				       \
R(PKEY_GENERATE_HASHSIG, BY_USER, NO_KEY, 0, 0, 0, 0)			       \
R(CHECK_TAMPER, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(ATTACH, BY_MUX, NO_KEY, 0, 0, 0, 0)					       \
R(STATUS, BY_ANY, NO_KEY, 0, 0, 0, 0)					       \
R(KEY_GENERATE, BY_USER, NO_KEY, 0, 0, 0, 0)				       \
R(KEY_LOAD, BY_USER, NO_KEY, 0, 0, 0, 0)				       \
R(KEY_INFO, BY_USER, UUID, K_ALL, 0, 0, 0)				       \
R(KEY_PUBLIC, BY_USER, UUID, K_PRIVATES | K_PUBLICS, 0, 0, 0)		       \
R(KEY_DELETE, BY_USER, UUID, K_ALL, 0, 0, 0)				       \
R(KEY_LIST, BY_USER, NO_KEY, 0, 0, 0, 0)				       \
R(KEY_SET_LABEL, BY_USER, UUID, K_ALL, 0, 0, 0)				       \
R(SIGN, BY_USER, UUID, K_RSA | K_EC, F_SIGN, 0, 0)				       \
R(VERIFY, BY_USER, UUID, K_PRIVATES | K_PUBLICS, F_SIGN, 0, E_SIG)		       \
R(KEY_LOAD_RAW, BY_USER, NO_KEY, 0, 0, 0, 0)				       \
R(RSA_PRIVATE, BY_USER, UUID, K_RSA, F_RAW, 0, 0)				       \
R(OAEP_ENCRYPT, BY_USER, UUID, K_RSA | K_RSA_PUB, F_DATA, 0, 0)		       \
R(OAEP_DECRYPT, BY_USER, UUID, K_RSA, F_DATA, 0, E_SIG)			       \
R(ENCRYPT, BY_USER, UUID, K_CIPHERS | K_ONE_MODE, F_DATA, 0, 0)		       \
R(DECRYPT, BY_USER, UUID, K_CIPHERS | K_ONE_MODE, F_DATA, 0, 0)		       \
/* with an IV of the caller's */						       \
R(GCM_ENCRYPT, BY_USER, UUID, K_GCM | K_ONE_MODE, F_DATA | F_IV, 0, 0)	       \
R(GCM_DECRYPT, BY_USER, UUID, K_GCM | K_ONE_MODE, F_DATA, 0, E_SIG)	       \
R(MAC, BY_USER, UUID, K_MACS, F_SIGN, 0, 0)				       \
R(MAC_VERIFY, BY_USER, UUID, K_MACS, F_SIGN, 0, E_SIG)			       \
R(MAC_UPDATE, BY_USER, UUID, K_MACS, F_SIGN, 0, 0)			       \
R(HASHSIG_GENERATE, BY_USER, NO_KEY, 0, 0, 0, 0)			       \
R(HASHSIG_JOB, BY_USER, NO_KEY, 0, 0, 0, E_NONE)			       \
R(HASHSIG_CANCEL, BY_USER, NO_KEY, 0, 0, 0, E_NONE)			       \
R(HASHSIG_INFO, BY_USER, UUID, K_HSS, 0, 0, 0)				       \
R(HASHSIG_ACCEPT, BY_SO, NO_KEY, 0, 0, 0, E_BAD)			       \
R(SIGN_ONCE, BY_USER, UUID, K_HSS, F_SIGN, 0, 0)				       \
R(SIGN_INIT, BY_USER, UUID, K_HSS, F_SIGN, 0, 0)				       \
R(SIGN_UPDATE, BY_USER, NO_KEY, 0, 0, 0, E_BAD)				       \
R(SIGN_FINAL, BY_USER, NO_KEY, 0, 0, 0, E_BAD)				       \
R(VERIFY_INIT, BY_USER, UUID, K_HSS | K_HSS_PUB, F_SIGN, 0, E_SIG)		       \
R(VERIFY_UPDATE, BY_USER, NO_KEY, 0, 0, 0, E_BAD)			       \
R(VERIFY_FINAL, BY_USER, NO_KEY, 0, 0, 0, E_BAD)			       \
R(STREAM_ABORT, BY_USER, NO_KEY, 0, 0, 0, E_BAD)			       \
R(DEVICE_IDENTITY, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(DEVICE_APPROVE, BY_SO, NO_KEY, 0, 0, 0, E_USED)				       \
R(DEVICE_REVOKE, BY_SO, NO_KEY, 0, 0, 0, E_NONE)			       \
R(DEVICE_LIST, BY_LOGIN, NO_KEY, 0, 0, 0, 0)				       \
R(POLICY_SET, BY_SO, NO_KEY, 0, 0, 0, 0)				       \
R(KEKEK_CREATE, BY_USER, NO_KEY, 0, 0, 0, 0)				       \
R(KEKEK_ATTEST, BY_USER, UUID, K_RSA | K_FORBIDDEN | K_STAYS, F_KEK | F_TOKEN, \
  0, 0)									       \
R(KEKEK_LIST, BY_USER, NO_KEY, 0, 0, 0, 0)				       \
R(KEKEK_DELETE, BY_USER, NO_KEY, 0, 0, 0, E_NONE)			       \
R(TRANSFER_EXPORT, BY_USER, UUID, K_ALL, F_EXP, 0, 0)			       \
R(TRANSFER_IMPORT, BY_USER, NO_KEY, 0, 0, 0, E_WRAP)			       \
R(TRANSFER_ACK, BY_USER, NO_KEY, 0, 0, 0, E_BAD)			       \
R(LEGACY_EXPORT, BY_USER, UUID, K_RSA | K_EC | K_NO_HALVES, F_EXP, LEGACY, 0) \
R(LEGACY_IMPORT, BY_USER, NO_KEY, 0, 0, LEGACY, E_ASN)				       \
R(RAW_EXPORT, BY_USER, UUID, K_ALL, F_EXP, 0, 0)				       \
R(RAW_IMPORT, BY_USER, NO_KEY, 0, 0, 0, E_WRAP)				       \
R(PARKED_LIST, BY_LOGIN, NO_KEY, 0, 0, 0, 0)				       \
R(FORGET, BY_SO, NO_KEY, 0, 0, 0, E_NONE)				       \
R(MASTER_KEY_INFO, BY_ANY, NO_KEY, 0, 0, 0, 0)				       \
R(MASTER_KEY_GENERATE, BY_WHEEL, NO_KEY, 0, 0, 0, 0)			       \
R(MASTER_KEY_SET, BY_WHEEL, NO_KEY, 0, 0, 0, 0)				       \
R(MASTER_KEY_SHARES, BY_WHEEL, NO_KEY, 0, 0, 0, 0)			       \
R(RECOVERY_CREATE, BY_SO, NO_KEY, 0, 0, 0, 0)				       \
R(RECOVERY_ARM, BY_SO, NO_KEY, 0, 0, 0, E_BAD)

#endif /* TESTS_MATRIX_RULES_H */
