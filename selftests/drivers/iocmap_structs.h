/* SPDX-License-Identifier: MIT */
/*
 * For iocmap_test.c: the structs of ioctls by the names of their members, and
 * such that are right, of any bytes.
 */
#ifndef IOCMAP_STRUCTS_H
#define IOCMAP_STRUCTS_H

static const struct member {
	const char *type, *name;
	size_t at, size;
} members[] = {
#define NO_STRUCT(name)
#define MEMBER(type, name) { #type, #name, offsetof(struct type, name),	       \
			     sizeof_field(struct type, name) },
#define NO_NUMBER(name)
	UAPI_FIELDS(NO_STRUCT, MEMBER, NO_NUMBER)
};

static const struct {
	const char *name, *type;
	u32 cmd;
} ioctls[] = {
#define IOCTL(name, type) { #name, "cryptech_ioc_" #type, CRYPTECH_IOC_##name }
	IOCTL(DEVICE_IDENTITY, device_identity),
	IOCTL(DEVICE_APPROVE, device_approve),
	IOCTL(DEVICE_REVOKE, device_revoke),
	IOCTL(DEVICE_LIST, device_list),
	IOCTL(POLICY_SET, policy_set),
	IOCTL(KEKEK_CREATE, kekek),
	IOCTL(KEKEK_ATTEST, kekek),
	IOCTL(KEKEK_LIST, uuid_list),
	IOCTL(KEKEK_DELETE, kekek_delete),
	IOCTL(TRANSFER_EXPORT, transfer_export),
	IOCTL(TRANSFER_IMPORT, import),
	IOCTL(TRANSFER_ACK, transfer_ack),
	IOCTL(LEGACY_EXPORT, legacy_export),
	IOCTL(LEGACY_IMPORT, legacy_import),
	IOCTL(RAW_EXPORT, raw_export),
	IOCTL(RAW_IMPORT, import),
	IOCTL(PARKED_LIST, uuid_list),
	IOCTL(FORGET, forget),
	IOCTL(MASTER_KEY_INFO, master_key),
	IOCTL(MASTER_KEY_GENERATE, master_key),
	IOCTL(MASTER_KEY_SET, master_key),
	IOCTL(MASTER_KEY_SHARES, shares),
	IOCTL(RECOVERY_CREATE, shares),
	IOCTL(RECOVERY_ARM, recovery_arm),
};

/* What is tried just now. */
static const struct cryptech_ioctl *now;
static const char *now_name, *now_type;
static u64 words[32];
static u8 *const arg = (u8 *)words;

static const struct member *member_of(const char *type, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (!strcmp(members[i].type, type) &&
		    !strcmp(members[i].name, name))
			return &members[i];
	return NULL;
}

static const struct member *member(const char *name)
{
	return member_of(now_type, name);
}

/* The member that an argument or result of a function stands in. */
static const struct member *member_for(const char *type, const char *word)
{
	static const char *const other[][2] = {
		{ "flags", "key_flags" }, { "check", "flags" },
		{ "erase", "flags" }, { "max", "count" },
		{ "share", "shares" },
	};
	const struct member *m;

	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		m = member_of(type, other[i][1]);
		if (!strcmp(word, other[i][0]) && m)
			return m;
	}
	return member_of(type, word);
}

static u32 *number(const char *name)
{
	const struct member *m = member(name);

	return m && m->size == 4 ? (u32 *)(arg + m->at) : NULL;
}

/* The length of what @name points to, or the count. */
static u32 *length_of(const char *name)
{
	char length[32];
	u32 *len;

	snprintf(length, sizeof(length), "%s_len", name);
	len = number(length);
	return len ? len : number(!strcmp(name, "shares") ? "n" : "count");
}

static size_t unit_of(const char *name)
{
	if (!strcmp(name, "uuids"))
		return 16;
	if (!strcmp(name, "items"))
		return sizeof(struct cryptech_device_item);
	return !strcmp(name, "shares") && number("n") ? 80 : 1;
}

static struct buffer *buffer_of(const char *name)
{
	for (unsigned int i = 0; i < buffer_count; i++)
		if (!strcmp(buffers[i].member, name))
			return &buffers[i];
	return NULL;
}

static u8 random_byte(void)
{
	static u32 state = 1;

	state = state * 1103515245 + 12345;
	return state >> 16;
}

static void random_bytes(u8 *p, size_t len)
{
	while (len--)
		*p++ = random_byte();
}

/* Is this member set by the caller to 0, and refused otherwise? */
static bool must_be_zero(const char *name)
{
	return !strcmp(name, "reserved") ||
	       (!strncmp(name, "shares", 6) && strstr(now_name, "MASTER_KEY") &&
		!number("n") && strcmp(now_name, "MASTER_KEY_SET")) ||
	       (!strncmp(name, "ack", 3) && !strcmp(now_name, "RAW_IMPORT"));
}

static void add_buffer(const struct member *m)
{
	struct buffer *b = &buffers[buffer_count++];
	u32 *len = length_of(m->name);

	b->missing = false;
	b->vanishes = false;
	b->member = m->name;
	*len = unit_of(m->name) > 1 ? 3 : !strcmp(m->name, "shares") ? 240 :
	       !strcmp(m->name, "ack") ? CRYPTECH_ACK_SIZE + 10 :
	       200 + random_byte();
	b->size = *len * unit_of(m->name);
	b->data = malloc(b->size);
	random_bytes(b->data, b->size);
	*(u64 *)(arg + m->at) = (uintptr_t)b->data;
}

/* A struct that is right. */
static void fill(size_t i)
{
	now = &cryptech_backup_ioctls[i];
	now_name = ioctls[i].name;
	now_type = ioctls[i].type;
	while (buffer_count)
		free(buffers[--buffer_count].data);
	random_bytes(arg, sizeof(words));
	*number("size") = _IOC_SIZE(now->cmd);
	*number("flags") = 0;
	*number("error") = 0;
	for (size_t k = 0; k < ARRAY_SIZE(members); k++) {
		const struct member *m = &members[k];

		if (strcmp(m->type, now_type))
			continue;
		if (must_be_zero(m->name))
			memset(arg + m->at, 0, m->size);
		else if (m->size == 8)
			add_buffer(m);
	}
	if (number("label_len"))
		*number("label_len") = random_byte() % 65;
}

#endif /* IOCMAP_STRUCTS_H */
