// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "bundle.h"
#include "fail.h"
#include "text.h"

#define FORMAT		"cryptech-backup"
#define FILE_MAX	(1u << 30)

static const struct {
	const char *kind;	/* in the file; NULL: libhal's */
	const char *name;
} kinds_names[BUNDLE_KINDS] = {
	[BUNDLE_IDENTITY] = { "identity", "a device's identity" },
	[BUNDLE_SETUP] = { "setup", "a setup file" },
	[BUNDLE_TRANSFER] = { "transfer", "a file of keys for another HSM" },
	[BUNDLE_ACK] = { "ack", "a file of acknowledgements" },
	[BUNDLE_RAW] = { "raw", "a file of keys under a master key" },
	[BUNDLE_LIBHAL_SETUP] = { NULL, "a setup file of libhal's form" },
	[BUNDLE_LIBHAL] = { NULL, "a file of keys of libhal's form" },
};

const char *bundle_name(enum bundle_kind kind)
{
	return kinds_names[kind].name;
}

static void __attribute__((noreturn)) no_memory(void)
{
	fail(EXIT_FAILED, "no memory left");
}

/* --- parsing ------------------------------------------------------------- */

static const char *parse_libhal(struct bundle *bundle)
{
	bundle->kind = BUNDLE_LIBHAL_SETUP;
	bundle->items = json_object_get(bundle->root, "keys");
	if (!bundle->items)
		return NULL;
	bundle->kind = BUNDLE_LIBHAL;
	return json_is_array(bundle->items) ? NULL : "its keys are no list";
}

static const char *parse_items(struct bundle *bundle)
{
	struct bundle_item item;
	size_t i;

	bundle->items = json_object_get(bundle->root, "items");
	if (!json_is_array(bundle->items))
		return "it has no list of items";
	for (i = 0; i < bundle_count(bundle); i++) {
		if (!bundle_item(bundle, i, &item))
			return "an item of it is damaged";
		bytes_free(&item.data);
	}
	return NULL;
}

static const char *parse_ours(struct bundle *bundle)
{
	const char *kind = json_string_value(json_object_get(bundle->root,
							     "kind"));
	json_t *version = json_object_get(bundle->root, "version");
	unsigned int i;

	if (!json_is_integer(version) || !kind)
		return "its version or kind is missing";
	if (json_integer_value(version) != BUNDLE_VERSION)
		return "it is of a version that this program does not know";
	for (i = 0; i < BUNDLE_KINDS; i++)
		if (kinds_names[i].kind && !strcmp(kind, kinds_names[i].kind))
			break;
	if (i == BUNDLE_KINDS)
		return "it is of a kind that this program does not know";
	bundle->kind = i;
	if (!bundle_hex(bundle->root, "serial", bundle->serial,
			sizeof(bundle->serial)))
		return "its serial number is damaged";
	return parse_items(bundle);
}

const char *bundle_parse(struct bundle *bundle, const void *data, size_t len)
{
	const char *format;

	memset(bundle, 0, sizeof(*bundle));
	bundle->root = json_loadb(data, len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(bundle->root))
		return "it is not a JSON object";
	format = json_string_value(json_object_get(bundle->root, "format"));
	if (format && !strcmp(format, FORMAT))
		return parse_ours(bundle);
	if (json_object_get(bundle->root, "kekek_pubkey") ||
	    json_object_get(bundle->root, "kekek_uuid"))
		return parse_libhal(bundle);
	return "it is of another format";
}

void bundle_free(struct bundle *bundle)
{
	json_decref(bundle->root);
	memset(bundle, 0, sizeof(*bundle));
}

/* What somebody wants with a file of this kind. */
static const char *use_of(enum bundle_kind kind)
{
	switch (kind) {
	case BUNDLE_IDENTITY:
		return "cryptech device approve";
	case BUNDLE_SETUP:
	case BUNDLE_LIBHAL_SETUP:
		return "cryptech backup export --to";
	case BUNDLE_ACK:
		return "cryptech backup ack";
	default:
		return "cryptech backup import";
	}
}

void bundle_read(struct bundle *bundle, const char *path, unsigned int kinds)
{
	struct bytes file;
	const char *wrong;

	file_read(path, &file, FILE_MAX);
	wrong = bundle_parse(bundle, file.data, file.len);
	bytes_free(&file);
	if (wrong)
		fail(EXIT_FAILED, "%s is no backup file: %s", path, wrong);
	if (!(kinds & 1u << bundle->kind))
		fail(EXIT_FAILED, "%s is %s: it is for `%s`", path,
		     bundle_name(bundle->kind), use_of(bundle->kind));
}

/* --- items --------------------------------------------------------------- */

size_t bundle_count(const struct bundle *bundle)
{
	return json_array_size(bundle->items);
}

bool bundle_item(const struct bundle *bundle, size_t i,
		 struct bundle_item *item)
{
	const char *uuid;

	item->data = (struct bytes){ NULL, 0 };
	item->json = json_array_get(bundle->items, i);
	uuid = json_string_value(json_object_get(item->json, "uuid"));
	return uuid && !cryptech_uuid_parse(uuid, item->uuid) &&
	       base64_bytes(json_object_get(item->json, "data"), &item->data,
			    BUNDLE_DATA_MAX);
}

void bundle_item_key(const struct bundle_item *item, struct cryptech_key *key)
{
	const json_t *label = json_object_get(item->json, "label");

	memset(key, 0, sizeof(*key));
	memcpy(key->uuid, item->uuid, sizeof(key->uuid));
	if (!json_is_string(label) ||
	    json_string_length(label) > CRYPTECH_LABEL_MAX)
		return;
	key->label_len = json_string_length(label);
	memcpy(key->label, json_string_value(label), key->label_len);
}

json_t *bundle_add(struct bundle *bundle, const uint8_t uuid[16],
		   const void *data, size_t len)
{
	char text[CRYPTECH_UUID_TEXT];
	json_t *item = json_object();

	if (json_array_append_new(bundle->items, item))
		no_memory();
	bundle_put(item, "uuid",
		   json_string(cryptech_uuid_format(uuid, text)));
	bundle_put(item, "data", base64_lines(data, len));
	return item;
}

void bundle_put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value))
		no_memory();
}

void bundle_put_hex(json_t *object, const char *name, const void *data,
		    size_t len)
{
	char text[2 * 64 + 1];

	if (len > 64)
		abort();
	bundle_put(object, name, json_string(text_hex(data, len, text)));
}

bool bundle_hex(const json_t *object, const char *name, void *data, size_t len)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text && text_bytes(text, data, len);
}

/* --- writing ------------------------------------------------------------- */

void bundle_new(struct bundle *bundle, enum bundle_kind kind,
		const uint8_t serial[16], const char *name, const void *data,
		size_t len)
{
	memset(bundle, 0, sizeof(*bundle));
	bundle->kind = kind;
	memcpy(bundle->serial, serial, sizeof(bundle->serial));
	bundle->root = json_object();
	bundle->items = json_array();
	bundle_put(bundle->root, "format", json_string(FORMAT));
	bundle_put(bundle->root, "version", json_integer(BUNDLE_VERSION));
	bundle_put(bundle->root, "kind", json_string(kinds_names[kind].kind));
	bundle_put_hex(bundle->root, "serial", serial, 16);
	if (name)
		bundle_put_hex(bundle->root, name, data, len);
	bundle_put(bundle->root, "items", bundle->items);
}

int bundle_save(const struct bundle *bundle, const char *path, bool force)
{
	/* libhal's files have their members in alphabetical order. */
	size_t order = kinds_names[bundle->kind].kind ? 0 : JSON_SORT_KEYS;
	char *text = json_dumps(bundle->root, JSON_INDENT(4) | order);
	size_t len;
	int ret;

	if (!text)
		return -ENOMEM;
	len = strlen(text);
	text[len] = '\n';	/* in place of the terminating zero */
	ret = file_save_private(path, text, len + 1, force);
	free(text);
	return ret;
}

static void __attribute__((noreturn)) fail_out(const char *path, int ret)
{
	if (ret == -EEXIST)
		fail(EXIT_FAILED, "%s exists: --force overwrites it, and what "
		     "is in it is lost", path);
	if (ret == -EINVAL)
		fail(EXIT_FAILED, "%s is no ordinary file: keys go to files of "
		     "their own", path);
	fail(EXIT_FAILED, "cannot write %s: %s", path, strerror(-ret));
}

void bundle_write(const struct bundle *bundle, const char *path, bool force)
{
	int ret = bundle_save(bundle, path, force);

	if (ret)
		fail_out(path, ret);
}

void bundle_check_out(const char *path, bool force)
{
	int ret = file_can_save_private(path, force);

	if (ret)
		fail_out(path, ret);
}
