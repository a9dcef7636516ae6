/* SPDX-License-Identifier: MIT */
/* The verbs of `cryptech backup`. */
#ifndef TOOL_BACKUP_H
#define TOOL_BACKUP_H

int backup_setup(int argc, char **argv);
int backup_export(int argc, char **argv);
int backup_import(int argc, char **argv);
int backup_verify(int argc, char **argv);
int backup_ack(int argc, char **argv);
int backup_status(int argc, char **argv);
int backup_forget(int argc, char **argv);
int backup_policy(int argc, char **argv);

#endif /* TOOL_BACKUP_H */
