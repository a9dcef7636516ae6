/* SPDX-License-Identifier: MIT */
/*
 * Shares of a master or recovery key in files, each for another person: PEM
 * (RFC 7468 armour, RFC 1421 headers), the headers for people:
 *
 *	-----BEGIN CRYPTECH SHARE-----
 *	Of: master key
 *	Share: 2 of 5, any 3 give the key
 *	Set: 8 digits, the same in all shares of one set
 *	Checksum: the first 16 digits of the SHA-256 of the share
 *
 *	the share, CRYPTECH_SHARE_SIZE bytes, in base64
 *	-----END CRYPTECH SHARE-----
 */
#ifndef TOOL_SHARE_H
#define TOOL_SHARE_H

#include <stdbool.h>

#include <cryptech/rpc.h>

#include "file.h"

/* What a share says of itself; see firmware/backup/shares.h. */
struct share {
	uint32_t kind, m, n, x;
	const uint8_t *set;	/* 16 bytes, in the share */
};

#define SHARE_MASTER_KEY	1
#define SHARE_RECOVERY_KEY	2

/* False: these are not the bytes of a share of a version known here. */
bool share_look(const uint8_t bytes[CRYPTECH_SHARE_SIZE], struct share *share);

/* As a text. False: not a share, or no memory. */
bool share_text(const uint8_t bytes[CRYPTECH_SHARE_SIZE], struct bytes *text);

/* From a text; NULL or what is wrong with it. */
const char *share_parse(const struct bytes *text,
			uint8_t bytes[CRYPTECH_SHARE_SIZE]);

/*
 * Shares from @count files, one after the other; they have to be of one set of
 * @kind, no two the same, and enough. To be freed by bytes_free(); failure ends
 * the process.
 */
void shares_read(char *const *paths, unsigned int count, uint32_t kind,
		 struct bytes *shares);

/*
 * Write @n shares to new files share-X-of-N.pem in the folder @dir, all of them
 * or none; check: end the process now if that could not be done.
 */
void shares_check_dir(const char *dir, unsigned int n);
void shares_write(const char *dir, const uint8_t *shares, unsigned int n);

/* --threshold and --count as numbers, else a usage error. */
void shares_options(const char *threshold, const char *count, unsigned int *m,
		    unsigned int *n);

#endif /* TOOL_SHARE_H */
