// SPDX-License-Identifier: GPL-2.0
/*
 * The typed door of /dev/cryptechN, for ciphers and MACs: each struct is a
 * function of include/cryptech/rpc.h, field by field; see iocmap.h. What is
 * encrypted goes back to where it came from.
 */
#include "cryptech.h"
#include "ioctl.h"
#include "iocfields.h"

#define CIPHER(name)							       \
	MAPPED(name, ioc_cipher, 0,					       \
	       FIELDS(ZERO(ioc_cipher, reserved), BYTES(ioc_cipher, uuid),     \
		      U32(ioc_cipher, mode), UP_TO(ioc_cipher, iv),	       \
		      U32(ioc_cipher, block), BUFFER(ioc_cipher, data)),       \
	       FIELDS(UP_TO(ioc_cipher, iv), BUFFER(ioc_cipher, data)))

#define GCM_COMMON							       \
	ZERO(ioc_gcm, reserved), ZERO(ioc_gcm, reserved2), BYTES(ioc_gcm, uuid)

#define MAC_COMMON							       \
	ZERO(ioc_mac, reserved), BYTES(ioc_mac, uuid),			       \
	UNLESS_ZERO(ioc_mac, state), BUFFER(ioc_mac, data)

const struct cryptech_ioctl cryptech_cipher_ioctls[] = {
	CIPHER(ENCRYPT),
	CIPHER(DECRYPT),
	MAPPED(GCM_ENCRYPT, ioc_gcm, CRYPTECH_GCM_CALLER_IV,
	       FIELDS(GCM_COMMON, BY_FLAG(ioc_gcm, iv), BUFFER(ioc_gcm, aad),
		      BUFFER(ioc_gcm, data)),
	       FIELDS(BYTES(ioc_gcm, iv), BUFFER(ioc_gcm, data),
		      BYTES(ioc_gcm, tag))),
	MAPPED(GCM_DECRYPT, ioc_gcm, 0,
	       FIELDS(GCM_COMMON, BYTES(ioc_gcm, iv), BUFFER(ioc_gcm, aad),
		      BUFFER(ioc_gcm, data), BYTES(ioc_gcm, tag)),
	       FIELDS(BUFFER(ioc_gcm, data))),
	MAPPED(MAC, ioc_mac, 0,
	       FIELDS(MAC_COMMON),
	       FIELDS(UP_TO(ioc_mac, mac))),
	MAPPED(MAC_VERIFY, ioc_mac, 0,
	       FIELDS(MAC_COMMON, UP_TO(ioc_mac, mac)),
	       NONE),
	MAPPED(MAC_UPDATE, ioc_mac, 0,
	       FIELDS(ZERO(ioc_mac, mac_len), ZERO(ioc_mac, mac), MAC_COMMON),
	       FIELDS(BYTES(ioc_mac, state))),
};

const size_t cryptech_cipher_ioctl_count = ARRAY_SIZE(cryptech_cipher_ioctls);
