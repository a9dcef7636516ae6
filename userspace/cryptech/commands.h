/* SPDX-License-Identifier: MIT */
/* The subcommands, each in a file of its name. */
#ifndef TOOL_COMMANDS_H
#define TOOL_COMMANDS_H

#include "common/fail.h"
#include "common/options.h"
#include "common/session.h"

#define COMMANDS(C)							\
	C(status, "status", "tell how the HSM is")			\
	C(attach, "attach", "make a device of a HSM on a serial line")	\
	C(init, "init", "give a new HSM its PINs")			\
	C(pin, "pin", "change a PIN")					\
	C(login, "login", "run a program or a shell that is logged in")	\
	C(kernel_login, "kernel-login", "let the kernel use keys")	\
	C(kernel_logout, "kernel-logout", "end that")			\
	C(keygen, "keygen", "make a key in the HSM")			\
	C(import, "import", "bring a key into the HSM")			\
	C(list, "list", "list keys")					\
	C(show, "show", "tell all about a key")				\
	C(label, "label", "name a key anew")				\
	C(pubkey, "pubkey", "give the public half of a key")		\
	C(token, "token", "name a key to the kernel's crypto API")	\
	C(sign, "sign", "sign a file")					\
	C(verify, "verify", "verify a signature")			\
	C(mac, "mac", "make or check a message authentication code")	\
	C(encrypt, "encrypt", "encrypt a file with an AES key")		\
	C(decrypt, "decrypt", "decrypt it")				\
	C(delete, "delete", "delete a key, for ever")			\
	C(accept, "accept", "decide about hash signature keys on old flash") \
	C(backup, "backup", "keys to other HSMs, or off this one and back") \
	C(device, "device", "other HSMs that may exchange keys with this one") \
	C(master_key, "master-key", "what all keys in the HSM are wrapped under") \
	C(recovery, "recovery", "hash signature keys of an HSM that is lost") \
	C(fpga, "fpga", "tell how the FPGA is that keeps keys")		\
	C(random, "random", "give random bytes")			\
	C(cert, "cert", "make a self-signed certificate")		\
	C(sign_module, "sign-module", "sign kernel modules")

#define COMMAND_DECLARE(function, name, about) \
	int cmd_##function(int argc, char **argv);
COMMANDS(COMMAND_DECLARE)
#undef COMMAND_DECLARE

#endif /* TOOL_COMMANDS_H */
