// SPDX-License-Identifier: MIT
/* `cryptech backup` itself; each of its verbs has a file. */
#include "backup.h"
#include "commands.h"
#include "common/verbs.h"

static const struct command verbs[] = {
	{ "setup", "let another HSM send keys to this one", backup_setup },
	{ "export", "write keys to a file, for an HSM alone", backup_export },
	{ "import", "bring keys from such a file into this HSM",
	  backup_import },
	{ "verify", "tell whether that would work, without doing it",
	  backup_verify },
	{ "ack", "tell this HSM that its keys have arrived", backup_ack },
	{ "status", "tell what waits, and for whom", backup_status },
	{ "forget", "give up what waits, for ever", backup_forget },
	{ "policy", "show or set what the security officer allows",
	  backup_policy },
};

static const char about[] =
"Keys to another HSM, or off this one and back. They leave only if they were\n"
"made with --exportable, and in a file they can be read by an HSM alone: one\n"
"that gave out a setup file, or one that has the same master key.";

int cmd_backup(int argc, char **argv)
{
	return verbs_run(about, verbs, sizeof(verbs) / sizeof(verbs[0]), argc,
			 argv);
}
