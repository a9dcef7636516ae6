/* SPDX-License-Identifier: MIT */
/*
 * Files of `cryptech backup` and `cryptech device`: JSON, described to the byte
 * in Documentation/backup.rst. What the HSMs go by is signed or wrapped and
 * stands in `data`; all else is for people and for finding the right one, and
 * whoever changes it can mislead but not forge.
 */
#ifndef TOOL_BUNDLE_H
#define TOOL_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "file.h"
#include "../../libcryptech/libcryptech.h"

enum bundle_kind {
	BUNDLE_IDENTITY,	/* a device, to be approved */
	BUNDLE_SETUP,		/* KEKEKs of a destination */
	BUNDLE_TRANSFER,	/* keys for a destination */
	BUNDLE_ACK,		/* they have arrived */
	BUNDLE_RAW,		/* keys under a master key */
	BUNDLE_LIBHAL_SETUP,	/* libhal's: a KEKEK without attestation */
	BUNDLE_LIBHAL,		/* libhal's: keys for it */
	BUNDLE_KINDS
};

/* For bundle_read(): which kinds will do. */
#define BUNDLE(kind)	(1u << BUNDLE_##kind)

#define BUNDLE_VERSION	1
#define BUNDLE_DATA_MAX	65536	/* bytes in `data` of an item */

struct bundle {
	enum bundle_kind kind;
	json_t *root;		/* the object that the file is */
	json_t *items;		/* an array in it; libhal's: `keys` */
	uint8_t serial[16];	/* of the device that wrote it; libhal's: zeros */
};

struct bundle_item {
	json_t *json;		/* the bundle's */
	uint8_t uuid[16];
	struct bytes data;	/* to be freed by bytes_free() */
};

/*
 * Parse. NULL, or what is wrong with it; @bundle is to be freed either way. The
 * items have been looked at: bundle_item() of each will succeed.
 */
const char *bundle_parse(struct bundle *bundle, const void *data, size_t len);
void bundle_free(struct bundle *bundle);

/* "setup file" and the like, for messages. */
const char *bundle_name(enum bundle_kind kind);

/* Read a file of one of @kinds (BUNDLE(x) | ...); failure ends the process. */
void bundle_read(struct bundle *bundle, const char *path, unsigned int kinds);

/*
 * A new one of ours, without items. No memory ends the process. @name: one more
 * member, @len bytes in hexadecimal digits; or NULL.
 */
void bundle_new(struct bundle *bundle, enum bundle_kind kind,
		const uint8_t serial[16], const char *name, const void *data,
		size_t len);

size_t bundle_count(const struct bundle *bundle);
/* The i-th item of a file of ours. False: malformed. */
bool bundle_item(const struct bundle *bundle, size_t i,
		 struct bundle_item *item);
/* Name and label of an item as the file tells them, for find_match(). */
void bundle_item_key(const struct bundle_item *item, struct cryptech_key *key);
/* Add one; returns its object, which is the bundle's. */
json_t *bundle_add(struct bundle *bundle, const uint8_t uuid[16],
		   const void *data, size_t len);

/* A member, put or replaced; no memory ends the process. */
void bundle_put(json_t *object, const char *name, json_t *value);
void bundle_put_hex(json_t *object, const char *name, const void *data,
		    size_t len);
/* Exactly @len bytes of hexadecimal digits; false: it is not that. */
bool bundle_hex(const json_t *object, const char *name, void *data,
		size_t len);

/*
 * Write it, mode 0600, and make sure that it is on disk; without @force no file
 * is replaced. 0 or -errno; or failure ends the process with words.
 */
int bundle_save(const struct bundle *bundle, const char *path, bool force);
void bundle_write(const struct bundle *bundle, const char *path, bool force);

/* End the process now if bundle_write() could not succeed. */
void bundle_check_out(const char *path, bool force);

#endif /* TOOL_BUNDLE_H */
