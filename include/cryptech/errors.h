/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* The errors of the protocol. A part of <cryptech/rpc.h>, which includes it. */
#ifndef CRYPTECH_ERRORS_H
#define CRYPTECH_ERRORS_H

/*
 * The errors: E(number, NAME, errno, text). The text is what a person sees.
 * A driver answers -errno; the number itself is in the `error` field of each
 * ioctl's struct.
 */
#define CRYPTECH_ERRORS(E)						       \
E(0,  OK, 0, "no error")						       \
E(1,  BAD_ARGUMENTS, EINVAL, "the HSM refused the arguments")		       \
E(2,  UNSUPPORTED_KEY, EOPNOTSUPP, "this kind of key is not supported")	       \
E(3,  IO_SETUP_FAILED, EIO, "the HSM could not set up its input and output")   \
E(4,  IO_TIMEOUT, ETIMEDOUT, "time ran out inside the HSM")		       \
E(5,  IO_UNEXPECTED, EIO, "unexpected data inside the HSM")		       \
E(6,  IO_OS_ERROR, EIO, "the HSM's operating system failed a call")	       \
E(7,  IO_BAD_COUNT, EIO, "a transfer inside the HSM was cut short")	       \
E(8,  CSPRNG_BROKEN, EIO, "the HSM's random generator is broken")	       \
E(9,  KEYWRAP_BAD_MAGIC, EBADMSG, "the wrapped key does not unwrap")	       \
E(10, KEYWRAP_BAD_LENGTH, EBADMSG, "the wrapped key's length is wrong")	       \
E(11, KEYWRAP_BAD_PADDING, EBADMSG, "the wrapped key's padding is wrong")      \
E(12, IMPOSSIBLE, EIO, "the HSM met a case that cannot be")		       \
E(13, ALLOCATION_FAILURE, ENOMEM, "the HSM has no memory or state left")       \
E(14, RESULT_TOO_LONG, EOVERFLOW, "the result is longer than was allowed")     \
E(15, ASN1_PARSE_FAILED, EBADMSG, "the key is not well-formed DER")	       \
E(16, KEY_NOT_ON_CURVE, EBADMSG, "the public key is not on its curve")	       \
E(17, INVALID_SIGNATURE, EKEYREJECTED, "the signature does not verify")	       \
E(18, CORE_NOT_FOUND, ENXIO, "the HSM lacks the core for this")		       \
E(19, CORE_BUSY, EBUSY, "the HSM's core is busy")			       \
E(20, KEYSTORE_ACCESS, EIO, "the HSM cannot access its keystore")	       \
E(21, KEY_NOT_FOUND, ENOKEY, "no such key, or not one of yours")	       \
E(22, KEY_NAME_IN_USE, EEXIST, "a key of that UUID exists already")	       \
E(23, NO_KEY_SLOTS_AVAILABLE, ENOSPC, "no key handle or keystore room left")   \
E(24, PIN_INCORRECT, EACCES, "the PIN is wrong")			       \
E(25, NO_CLIENT_SLOTS_AVAILABLE, EUSERS, "the HSM serves too many clients")    \
E(26, FORBIDDEN, EACCES, "not allowed: not logged in, or not by this role")    \
E(27, XDR_BUFFER_OVERFLOW, EPROTO, "the message ends too early")	       \
E(28, RPC_TRANSPORT, EIO, "the transport to the HSM failed")		       \
E(29, RPC_PACKET_OVERFLOW, EMSGSIZE, "the reply would not fit a message")      \
E(30, RPC_BAD_FUNCTION, EOPNOTSUPP, "the HSM does not know this function")     \
E(31, KEY_NAME_TOO_LONG, EINVAL, "a UUID has to be 16 bytes long")	       \
E(32, MASTERKEY_NOT_SET, ENODATA, "the HSM has no master key")		       \
E(33, MASTERKEY_FAIL, EIO, "the HSM's master key memory failed")	       \
E(34, MASTERKEY_BAD_LENGTH, EINVAL, "a master key has to be 32 bytes long")    \
E(35, KS_DRIVER_NOT_FOUND, EIO, "the HSM lacks that keystore")		       \
E(36, KEYSTORE_BAD_CRC, EIO, "a keystore record fails its checksum")	       \
E(37, KEYSTORE_BAD_BLOCK_TYPE, EIO, "a keystore record has an unknown type")   \
E(38, KEYSTORE_LOST_DATA, EUCLEAN, "the keystore is not fresh or lost data")   \
E(39, BAD_ATTRIBUTE_LENGTH, EINVAL, "an attribute's length is wrong")	       \
E(40, ATTRIBUTE_NOT_FOUND, ENODATA, "the key has no such attribute")	       \
E(41, NO_KEY_INDEX_SLOTS, ENOSPC, "the keystore is full")		       \
E(42, KS_INDEX_UUID_MISORDERED, EIO, "the keystore's index is damaged")	       \
E(43, KEYSTORE_WRONG_BLOCK_TYPE, EIO, "a keystore record has the wrong type")  \
E(44, RPC_PROTOCOL_ERROR, EPROTO, "the message breaks the protocol")	       \
E(45, NOT_IMPLEMENTED, EOPNOTSUPP, "the HSM does not implement this")	       \
E(46, CORE_REASSIGNED, EBUSY, "the HSM's core was given to another call")      \
E(47, ASSERTION_FAILED, EIO, "a check inside the HSM failed")		       \
E(48, HASHSIG_KEY_EXHAUSTED, ENOSPC, "the hash signature key is used up")      \
E(49, NOT_READY, EAGAIN, "not now: try again later")			       \
E(50, TAMPER, EIO, "the HSM was tampered with")

#define CRYPTECH_E(number, name, ...) CRYPTECH_ERR_##name = number,
enum cryptech_error { CRYPTECH_ERRORS(CRYPTECH_E) };
#undef CRYPTECH_E

#endif /* CRYPTECH_ERRORS_H */
