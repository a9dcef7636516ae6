/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values for random calls: of their type more often than not, for what is
 * refused at the first look gets nowhere.
 */
#ifndef SELFTESTS_UAPI_RANDOM_H
#define SELFTESTS_UAPI_RANDOM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "alg_keys.h"
#include "uapi_fields.h"

#define REGION		(64 << 10)
#define NAMES		64		/* UUIDs that are remembered */
#define ARG_MAX_SIZE	8192

/* --- numbers ------------------------------------------------------------------ */

/* Each thread's own, from the seed: xorshift64*. */
struct rng {
	uint64_t state;
};

static inline uint64_t draw(struct rng *r)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * 2685821657736338717ull;
}

static inline unsigned int below(struct rng *r, unsigned int n)
{
	return (draw(r) >> 32) % n;
}

static inline bool one_in(struct rng *r, unsigned int n)
{
	return !below(r, n);
}

static inline void draw_bytes(struct rng *r, void *to, size_t len)
{
	unsigned char *p = to;

	while (len--)
		*p++ = draw(r) >> 56;
}

#define PICK(r, list)	((list)[below(r, sizeof(list) / sizeof((list)[0]))])

/* --- names of keys ------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	unsigned char uuid[NAMES][16];
	unsigned int count;
} names = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Some of them are of keys that are gone. */
static inline void remember(struct rng *r, const void *uuid)
{
	pthread_mutex_lock(&names.lock);
	memcpy(names.uuid[names.count < NAMES ? names.count++ :
			  below(r, NAMES)], uuid, 16);
	pthread_mutex_unlock(&names.lock);
}

static inline void a_name(struct rng *r, unsigned char *uuid)
{
	memset(uuid, 0, 16);
	if (one_in(r, 12))
		return;
	if (one_in(r, 12)) {
		draw_bytes(r, uuid, 16);
		return;
	}
	pthread_mutex_lock(&names.lock);
	if (names.count)
		memcpy(uuid, names.uuid[below(r, names.count)], 16);
	pthread_mutex_unlock(&names.lock);
}

/* --- memory --------------------------------------------------------------------- */

/* A thread's: what lies behind it, and after @sealed, cannot be touched. */
struct memory {
	unsigned char *good;	/* REGION bytes */
	unsigned char *sealed;	/* REGION bytes, read-only */
};

static inline void memory_make(struct memory *m)
{
	m->good = mmap(NULL, 4 * REGION, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m->good == MAP_FAILED)
		give_up("mmap");
	m->sealed = m->good + 2 * REGION;
	if (mprotect(m->good, REGION, PROT_READ | PROT_WRITE) ||
	    mprotect(m->sealed, REGION, PROT_READ))
		give_up("mprotect");
}

/* Where a call is to read or write. */
static inline void *a_place(struct rng *r, const struct memory *m)
{
	switch (below(r, 24)) {
	case 0:
		return NULL;
	case 1:
		return m->good + REGION;		/* not mapped */
	case 2:
		return m->good + REGION - below(r, 64);	/* too short */
	case 3:
		return m->sealed;
	case 4:
		return (void *)(uintptr_t)(0xffff888000000000 | draw(r) >> 30);
	case 5:
		return (void *)(uintptr_t)draw(r);
	case 6:
		return (void *)(uintptr_t)-below(r, 64);
	case 7:
	case 8:
		return m->good + below(r, REGION);	/* not aligned */
	default:
		return m->good + below(r, 8) * 4096;
	}
}

/* --- fields of structs ----------------------------------------------------------- */

static inline uint32_t a_length(struct rng *r)
{
	static const uint32_t lengths[] = {
		0, 1, 8, 15, 16, 17, 20, 28, 32, 32, 32, 48, 64, 64, 65, 128,
		132, 256, 512, 1024, 1024, 4096, 4097, 16304, 16320, 16368,
		16369, 16384, 65536, 0x7fffffff, 0x80000000, 0xfffffff8,
		0xffffffff,
	};

	return PICK(r, lengths);
}

/* Large RSA keys take the HSM too long. */
static inline uint32_t a_type(struct rng *r)
{
#define T(number, name, ...)	CRYPTECH_KEY_##name,
	static const uint32_t types[] = { CRYPTECH_KEY_TYPES(T) };
#undef T
	uint32_t type = one_in(r, 16) ? (uint32_t)draw(r) : PICK(r, types);

	return type == CRYPTECH_KEY_RSA3072 || type == CRYPTECH_KEY_RSA4096 ||
	       (type == CRYPTECH_KEY_RSA2048 && !one_in(r, 8)) ?
	       CRYPTECH_KEY_EC_P256 : type;
}

/* Few that stay in flash. */
static inline uint32_t a_key_flags(struct rng *r)
{
	uint32_t flags = 1u << below(r, 3);

	if (one_in(r, 4))
		flags |= CRYPTECH_KEY_FLAG_EXPORTABLE;
	if (one_in(r, 10))
		flags |= CRYPTECH_KEY_FLAG_TOKEN;
	if (one_in(r, 10))
		flags |= 1u << below(r, 32);
	return flags;
}

static inline bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && !strcmp(name + n - k, end);
}

static inline uint64_t a_number(struct rng *r, const char *name)
{
	if (!strcmp(name, "flags"))
		return one_in(r, 6) ? 1 : one_in(r, 20) ? draw(r) : 0;
	if (!strncmp(name, "reserved", 8))
		return one_in(r, 30) ? draw(r) : 0;
	if (!strcmp(name, "type"))
		return a_type(r);
	if (!strcmp(name, "key_flags") || !strcmp(name, "drop"))
		return a_key_flags(r);
	/* a wrong PIN would make the right one wait: its length is right or bad */
	if (!strcmp(name, "pin_len"))
		return one_in(r, 16) ? 4097 : strlen(USER_PIN);
	if (!strcmp(name, "user"))
		return CRYPTECH_USER_NORMAL;
	if (!strcmp(name, "iv_len"))
		return one_in(r, 8) ? a_length(r) : 16;
	if (!strcmp(name, "label_len"))
		return one_in(r, 8) ? a_length(r) : below(r, 65);
	if (ends_with(name, "len") || !strcmp(name, "length"))
		return a_length(r);
	if (!strcmp(name, "count"))
		return one_in(r, 8) ? a_length(r) : below(r, 40);
	return one_in(r, 20) ? draw(r) : below(r, 12);
}

/* The array of levels: one small tree. */
static inline void small_tree(void *to)
{
	static const struct cryptech_hss_level level = { 5, 4 };

	memcpy(to, &level, sizeof(level));
}

struct field {
	const char *name;
	unsigned int at, size;
	bool pointer;
};

static inline void a_field(struct rng *r, const struct memory *m,
			   const struct field *f, unsigned char *arg)
{
	uint64_t value;

	if (f->pointer) {
		value = (uintptr_t)a_place(r, m);
		/* the PIN, where there is one to be had */
		if (!strcmp(f->name, "pin") && !one_in(r, 8))
			value = (uintptr_t)USER_PIN;
		memcpy(arg + f->at, &value, 8);
	} else if (f->size <= 8) {
		value = a_number(r, f->name);
		memcpy(arg + f->at, &value, f->size);
	} else if (!strcmp(f->name, "level")) {
		small_tree(arg + f->at);
	} else if (f->size == 16 && strcmp(f->name, "iv")) {
		a_name(r, arg + f->at);
	} else if (one_in(r, 3)) {
		draw_bytes(r, arg + f->at, f->size);
	}
}

/* --- ioctls ------------------------------------------------------------------------ */

/* Number, then fields; the struct's size is in the number. */
static const struct {
	unsigned int number;
	const char *name;
	struct field field;
} uapi[] = {
#define CALL(name_)	{ CRYPTECH_IOC_##name_, #name_, {} },
#define FIELD(type, name_) { 0, NULL, { #name_, offsetof(struct type, name_),  \
			     sizeof(((struct type *)0)->name_), false } },
#define POINTER(type, name_) { 0, NULL, { #name_, offsetof(struct type, name_), \
			       8, true } },
	UAPI_CALLS(CALL, FIELD, POINTER)
#undef CALL
#undef FIELD
#undef POINTER
};
#define UAPI_COUNT	(sizeof(uapi) / sizeof(uapi[0]))

/* Fill @arg for the ioctl at @i; what it says of its size. */
static inline size_t an_argument(struct rng *r, const struct memory *m,
				 size_t i, unsigned char *arg)
{
	size_t size = _IOC_SIZE(uapi[i].number), k;
	uint32_t told = size;

	memset(arg, 0, ARG_MAX_SIZE);
	for (k = i + 1; k < UAPI_COUNT && !uapi[k].name; k++)
		a_field(r, m, &uapi[k].field, arg);
	switch (below(r, 40)) {
	case 0:
		told = below(r, size);
		break;
	case 1:
		told = size + 8 * below(r, 600);	/* zeros follow */
		break;
	case 2:
		arg[size + below(r, 64)] = 1;
		told = size + 64;
		break;
	case 3:
		told = draw(r);
		break;
	}
	memcpy(arg, &told, 4);
	return told;
}

#endif /* SELFTESTS_UAPI_RANDOM_H */
