// SPDX-License-Identifier: MIT
/*
 * The layout of the UAPI as a 64-bit program sees it is the one in
 * uapi_layout.h; that it is the same for 32 bits was checked when uapi_32.c
 * was compiled. Nor is anything left between the fields.
 */
#include <stddef.h>

#include <linux/cryptech.h>

#include "../../firmware/tests/tap.h"
#include "uapi_layout.h"

static const struct {
	const char *name;
	size_t is, must_be;
} numbers[] = {
#define SIZE(name, size) { "size of " #name, sizeof(struct name), size },
#define OFFSET(name, field, offset) \
	{ #field " of " #name, offsetof(struct name, field), offset },
	UAPI_LAYOUT(SIZE, OFFSET)
#undef SIZE
#undef OFFSET
};

/* Fields end where the next begins, and the last where the struct does. */
static const struct {
	const char *name;
	size_t size, fields;
} sums[] = {
#define SIZE(struct_name, bytes) { .name = #struct_name, .size = bytes },
#define OFFSET(struct_name, field, offset) \
	{ .fields = sizeof(((struct struct_name *)0)->field) },
	UAPI_LAYOUT(SIZE, OFFSET)
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

int main(void)
{
	RUN(layout_is_as_ever);
	RUN(structs_have_no_holes);
	return tap_done();
}
