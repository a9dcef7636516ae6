// SPDX-License-Identifier: MIT
/*
 * Lists of attributes, and labels.
 */
#include "key.h"

#include <stdlib.h>

/* One attribute read off a list; false at its end, or if it is malformed. */
static bool next(struct xdr_reader *r, uint32_t *type, const uint8_t **value,
		 size_t *len)
{
	*type = xdr_get_u32(r);
	*value = xdr_get_opaque(r, len);
	return !r->bad;
}

/* Where @type stands: its first byte and the one after it. */
static bool locate(const struct attributes *list, uint32_t type,
		   size_t *start, size_t *end)
{
	const uint8_t *value;
	struct xdr_reader r;
	uint32_t found;
	size_t len;

	xdr_reader_init(&r, list->data, list->len);
	for (unsigned int i = 0; i < list->count; i++) {
		*start = r.next - list->data;
		if (!next(&r, &found, &value, &len))
			return false;
		*end = r.next - list->data;
		if (found == type)
			return true;
	}
	return false;
}

const uint8_t *attributes_find(const struct attributes *list, uint32_t type,
			       size_t *len)
{
	struct xdr_reader r;
	size_t start, end;

	*len = 0;
	if (!locate(list, type, &start, &end))
		return NULL;
	xdr_reader_init(&r, list->data + start + 4, end - start - 4);
	return xdr_get_opaque(&r, len);
}

void attributes_remove(struct attributes *list, uint32_t type)
{
	size_t start, end;

	if (!locate(list, type, &start, &end))
		return;
	memmove(list->data + start, list->data + end, list->len - end);
	list->len -= end - start;
	list->count--;
}

int attributes_set(struct attributes *list, uint32_t type,
		   const uint8_t *value, size_t len)
{
	size_t size = 4 + xdr_size_opaque(len);
	struct xdr_writer w;
	size_t start, end;
	uint8_t *data;

	if (len > KS_RECORD_MAX)
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	if (list->count >= KEY_ATTRIBUTES_MAX &&
	    !locate(list, type, &start, &end))
		return CRYPTECH_ERR_RESULT_TOO_LONG;
	data = realloc(list->data, list->len + size);
	if (!data)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	list->data = data;
	attributes_remove(list, type);
	xdr_writer_init(&w, list->data + list->len, size);
	xdr_put_u32(&w, type);
	xdr_put_opaque(&w, value, len);
	list->len += size;
	list->count++;
	return CRYPTECH_ERR_OK;
}

int attributes_copy(struct attributes *to, const struct attributes *from)
{
	memset(to, 0, sizeof(*to));
	if (!from->len)
		return CRYPTECH_ERR_OK;
	to->data = malloc(from->len);
	if (!to->data)
		return CRYPTECH_ERR_ALLOCATION_FAILURE;
	memcpy(to->data, from->data, from->len);
	to->len = from->len;
	to->count = from->count;
	return CRYPTECH_ERR_OK;
}

bool attributes_parse(struct attributes *list, const uint8_t *data, size_t len)
{
	struct attributes seen = { 0 };
	const uint8_t *value;
	struct xdr_reader r;
	size_t value_len;
	uint32_t type;

	xdr_reader_init(&r, data, len);
	while (xdr_left(&r)) {
		if (!next(&r, &type, &value, &value_len) ||
		    attributes_set(&seen, type, value, value_len)) {
			attributes_free(&seen);
			return false;
		}
	}
	*list = seen;
	return true;
}

void attributes_free(struct attributes *list)
{
	if (list->data)
		core_wipe(list->data, list->len);
	free(list->data);
	memset(list, 0, sizeof(*list));
}

/*
 * Bytes of the UTF-8 character at the front (RFC 3629, section 4); 0: none.
 * Overlong forms, surrogates and numbers above 10FFFF are none.
 */
static size_t utf8_character(const uint8_t *text, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = text[0] < 0x80 ? 1 : text[0] < 0xc0 ? 0 :
		      text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 :
		      text[0] < 0xf8 ? 4 : 0;

	if (!size || size > len)
		return 0;
	*code = size == 1 ? text[0] : text[0] & (0x7f >> size);
	for (size_t i = 1; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (text[i] & 0x3f);
	}
	if (*code < least[size] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return size;
}

size_t label_prefix(const uint8_t *text, size_t len)
{
	size_t done = 0, size;
	uint32_t code;

	while (done < len) {
		size = utf8_character(text + done, len - done, &code);
		if (!size || done + size > CRYPTECH_LABEL_MAX)
			break;
		/* C0, delete, C1: they would steer a terminal */
		if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			break;
		done += size;
	}
	return done;
}

const uint8_t *attributes_label(const struct attributes *list, size_t *len)
{
	const uint8_t *value = attributes_find(list, CRYPTECH_ATTRIBUTE_LABEL,
					       len);

	if (!value)
		return (const uint8_t *)"";
	*len = label_prefix(value, *len);
	return value;
}
