// SPDX-License-Identifier: MIT
/*
 * The layout of the UAPI as a 64-bit program sees it is the one in
 * uapi_layout.h; that it is the same for 32 bits was checked when uapi_32.c
 * was compiled. Nor is anything left between the fields, and none of them is
 * left out.
 */
#include <stddef.h>
#include <string.h>

#include <linux/cryptech.h>

#include "../../firmware/tests/tap.h"
#include "uapi_fields.h"
#include "uapi_layout.h"

static const struct {
	const char *name;
	size_t is, must_be;
} numbers[] = {
#define SIZE(name, size) { "size of " #name, sizeof(struct name), size },
#define OFFSET(name, field, offset) \
	{ #field " of " #name, offsetof(struct name, field), offset },
#define NUMBER(name, number) { "number of " #name, CRYPTECH_IOC_##name, number },
	UAPI_LAYOUT(SIZE, OFFSET, NUMBER)
#undef SIZE
#undef OFFSET
#undef NUMBER
};

/* All that the header has, as uapi_fields.py reads it. */
static const char *const names[] = {
#define SIZE(name) "size of " #name,
#define OFFSET(name, field) #field " of " #name,
#define NUMBER(name) "number of " #name,
	UAPI_FIELDS(SIZE, OFFSET, NUMBER)
#undef SIZE
#undef OFFSET
#undef NUMBER
};

/* Fields end where the next begins, and the last where the struct does. */
static const struct {
	const char *name;
	size_t size, fields;
} sums[] = {
#define SIZE(struct_name, bytes) { .name = #struct_name, .size = bytes },
#define OFFSET(struct_name, field, offset) \
	{ .fields = sizeof(((struct struct_name *)0)->field) },
#define NUMBER(ioctl_name, number) { .name = #ioctl_name },
	UAPI_LAYOUT(SIZE, OFFSET, NUMBER)
};

#define COUNT	(sizeof(numbers) / sizeof(numbers[0]))

static void layout_is_as_ever(void)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!EXPECT_EQ(numbers[i].is, numbers[i].must_be))
			printf("# %s\n", numbers[i].name);
}

static void structs_have_no_holes(void)
{
	size_t i, k, sum;

	for (i = 0; i < COUNT; i = k) {
		sum = 0;
		for (k = i + 1; k < COUNT && !sums[k].name; k++)
			sum += sums[k].fields;
		if (!EXPECT_EQ(sum, sums[i].size))
			printf("# %s\n", sums[i].name);
	}
}

static void all_is_in_the_list(void)
{
	EXPECT_EQ(sizeof(names) / sizeof(names[0]), COUNT);
	for (size_t i = 0; i < COUNT && i < sizeof(names) / sizeof(names[0]); i++)
		if (!EXPECT(!strcmp(names[i], numbers[i].name)))
			printf("# %s, not %s\n", numbers[i].name, names[i]);
}

int main(void)
{
	RUN(layout_is_as_ever);
	RUN(all_is_in_the_list);
	RUN(structs_have_no_holes);
	return tap_done();
}
