/* SPDX-License-Identifier: MIT */
/*
 * For iocmap_test.c: the kernel's words, the user's memory, and calls that end
 * at once with the reply that stands ready.
 */
#ifndef IOCMAP_KERNEL_H
#define IOCMAP_KERNEL_H

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define __user
#define fallthrough		__attribute__((fallthrough))
#define static_assert(condition) _Static_assert(condition, #condition)
#define BUILD_BUG_ON_ZERO(e)	((int)sizeof(struct { int : (-!!(e)); }))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(type, f)	sizeof(((type *)0)->f)
#define WARN_ON_ONCE(condition)	(condition)
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define u64_to_user_ptr(x)	((void *)(uintptr_t)(x))

static void *memchr_inv(const void *data, int c, size_t len)
{
	const u8 *p = data;

	for (; len; p++, len--)
		if (*p != c)
			return (void *)(uintptr_t)p;
	return NULL;
}

/* The user's memory: buffers of just their size, that ASan sees the end. */
#define BUFFERS_MAX	4

static struct buffer {
	u8 *data;
	u8 before[2048];	/* the call */
	size_t size;
	const char *member;
	bool missing;		/* reading and writing it faults */
	bool vanishes;		/* likewise, but writing seems possible before */
} buffers[BUFFERS_MAX];

static unsigned int buffer_count;

static struct buffer *buffer_at(const void *at, size_t len)
{
	for (unsigned int i = 0; i < buffer_count; i++) {
		struct buffer *b = &buffers[i];

		if ((u8 *)at >= b->data && (u8 *)at + len <= b->data + b->size)
			return b->missing ? NULL : b;
	}
	return NULL;
}

static unsigned long copy_from_user(void *to, const void *from, size_t len)
{
	if (len && !buffer_at(from, len))
		return len;
	if (len)
		memcpy(to, from, len);
	return 0;
}

static unsigned long copy_to_user(void *to, const void *from, size_t len)
{
	struct buffer *b = buffer_at(to, len);

	if (len && (!b || b->vanishes))
		return len;
	if (len)
		memcpy(to, from, len);
	return 0;
}

static size_t fault_in_safe_writeable(const void *at, size_t len)
{
	return len && !buffer_at(at, len) ? len : 0;
}

/* The driver's, as far as it is needed. */
#define CRYPTECH_DRIVER_H

struct cryptech_client;

struct cryptech_function_info {
	u8 class;
};

struct cryptech_call {
	struct xdr_writer args;
	u32 function;
};

static struct cryptech_call the_call;
static u8 *request, *reply;		/* of just their size */
static size_t request_len, reply_len;
static u32 hsm_error;
static int calls;

static struct cryptech_call *cryptech_call_new(struct cryptech_client *client,
					       u32 function, size_t args_max,
					       size_t results_max)
{
	(void)client;
	(void)results_max;
	the_call.function = function;
	xdr_writer_init(&the_call.args, malloc(args_max), args_max);
	return &the_call;
}

static int cryptech_call_run(struct cryptech_call *call, u32 *error)
{
	if (call->args.bad)
		return -EMSGSIZE;
	calls++;
	free(request);
	request_len = xdr_written(&call->args);
	request = malloc(request_len ? request_len : 1);
	memcpy(request, call->args.start, request_len);
	*error = hsm_error;
	return hsm_error ? -EACCES : 0;
}

static void cryptech_call_results(const struct cryptech_call *call,
				  struct xdr_reader *r)
{
	(void)call;
	xdr_reader_init(r, reply, reply_len);
}

static void cryptech_call_put(struct cryptech_call *call)
{
	free(call->args.start);
}

static const struct {
	u32 number;
	struct cryptech_function_info info;
	const char *name, *args, *results;
} functions[] = {
#define FUNCTION(number, name, class, rights, doors, cost, args, results)      \
	{ number, { CRYPTECH_CLASS_##class }, #name, args, results },
	CRYPTECH_FUNCTIONS(FUNCTION)
};

static size_t function_index(u32 number)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].number == number)
			return i;
	abort();
}

static const struct cryptech_function_info *cryptech_function(u32 number)
{
	return &functions[function_index(number)].info;
}

#endif /* IOCMAP_KERNEL_H */
