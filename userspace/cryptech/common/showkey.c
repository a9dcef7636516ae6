// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "showkey.h"
#include "text.h"

void showkey_line(const struct cryptech_key *key)
{
	char uuid[CRYPTECH_UUID_TEXT], type[CRYPTECH_KEY_TYPE_TEXT];
	char flags[TEXT_FLAGS], label[TEXT_LABEL];

	printf("%s  %-10s  %-22s  %s", cryptech_uuid_format(key->uuid, uuid),
	       cryptech_key_type_name(key->type, type),
	       text_flags(key->flags, flags), text_label(key, label));
}

void showkey_json(const struct cryptech_key *key)
{
	char uuid[CRYPTECH_UUID_TEXT], type[CRYPTECH_KEY_TYPE_TEXT];
	char mode[TEXT_MODE];
	const char *name;
	unsigned int i;
	uint32_t flag;

	json_text("uuid", cryptech_uuid_format(key->uuid, uuid));
	json_text("type", cryptech_key_type_name(key->type, type));
	json_text("class", text_class(key->key_class));
	json_open("flags", '[');
	for (i = 0; (name = text_flag(i, &flag)); i++)
		if (key->flags & flag)
			json_text(NULL, name);
	json_close(']');
	if (CRYPTECH_KEY_MODE(key->flags))
		json_text("mode", text_mode(key->flags, mode));
	json_bytes("label", key->label, key->label_len);
}
