/* SPDX-License-Identifier: MIT */
/* What keeper.c and keeper_link.c have to agree on. */
#ifndef SIM_KEEPER_FDS_H
#define SIM_KEEPER_FDS_H

#include "keeper.h"

/* Descriptors with which the keeper is started. */
enum {
	KEEPER_FD_HOST_LISTENER = 3,
	KEEPER_FD_HSM_LISTENER = 4,
	KEEPER_FD_HSM = 5,		/* link to the HSM that started it */
	KEEPER_FD_END
};

/* The order in which a mailbox's descriptors travel. */
static inline void keeper_fds_pack(const struct mailbox_fds *fds,
				   int packed[KEEPER_FDS])
{
	int *p = packed;

	*p++ = fds->memory;
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++)
		*p++ = fds->hsm[i];
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++)
		*p++ = fds->host[i];
}

static inline void keeper_fds_unpack(struct mailbox_fds *fds,
				     const int packed[KEEPER_FDS])
{
	const int *p = packed;

	fds->memory = *p++;
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++)
		fds->hsm[i] = *p++;
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++)
		fds->host[i] = *p++;
}

#endif /* SIM_KEEPER_FDS_H */
