/* SPDX-License-Identifier: MIT */
/*
 * How much memory a key takes, every byte that is allocated counted: an H20 key
 * has to sign within 2 MB, H25 within 4. Without sanitizers, as they take
 * memory themselves, and time; with one-time keys for tests, which cost little,
 * and n = 24: so three quarters of these.
 */
#include <malloc.h>

#include "hss_box.h"

enum { H10 = 0x0b, H15 = 0x0c, H20 = 0x0d, H25 = 0x0e };
#define OTS		0xf1
#define KIB		1024

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *data, size_t size);
void __real_free(void *data);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *data, size_t size);
void __wrap_free(void *data);

static size_t memory, peak;	/* bytes */

static void *count(void *data)
{
	memory += malloc_usable_size(data);
	if (memory > peak)
		peak = memory;
	return data;
}

void *__wrap_calloc(size_t number, size_t size)
{
	return count(__real_calloc(number, size));
}

void *__wrap_malloc(size_t size)
{
	return count(__real_malloc(size));
}

void *__wrap_realloc(void *data, size_t size)
{
	memory -= malloc_usable_size(data);
	return count(__real_realloc(data, size));
}

void __wrap_free(void *data)
{
	memory -= malloc_usable_size(data);
	__real_free(data);
}

static struct box box;

static void use(struct hss *hss, uint32_t signatures)
{
	uint32_t i;
	size_t len;

	for (i = 0; i < signatures; i++) {
		/* Also what is computed beside it takes memory. */
		EXPECT_EQ(work_all(hss, HSS_AHEAD), 0);
		if (!EXPECT_EQ(sign(hss, &i, sizeof(i), &len), 0))
			break;
		if (i % 512 == 0)
			EXPECT(verifies(hss, &i, sizeof(i), len, true));
	}
}

/* Made, used over the ends of windows, started again and used. */
static void memory_of(uint32_t lms, unsigned int h, uint32_t flash,
		      size_t most)
{
	const uint32_t sets[][2] = { { lms, OTS } };
	struct root_facts facts;
	struct hss *hss;
	size_t before, made;

	facts_of(&facts, CRYPTECH_HASHSIG_PUNCTURED, 64, sets, 1);
	REQUIRE(box_start(&box, flash));
	before = peak = memory;
	hss = key_new(&box, &facts);
	use(hss, (2u << hss_window_height(h)) > 1u << h ? 100 :
	    (2u << hss_window_height(h)) + 100);
	made = peak - before;
	hss_free(hss);
	box_down(&box);
	nor_boot(box.nor, 1);
	REQUIRE(box_up(&box));
	before = peak = memory;
	REQUIRE(!hss_open(&hss, box.roots, roots_first(box.roots)));
	use(hss, h == 10 ? 100 : (1u << hss_window_height(h)) + 100);
	printf("# h = %u: made and used in %zu bytes, started and used in %zu\n",
	       h, made, peak - before);
	EXPECT(made < most);
	EXPECT(peak - before < most);
	hss_free(hss);
	box_stop(&box);
}

static void h10(void)
{
	memory_of(H10, 10, 1 << 20, 512 * KIB * 3 / 4);
}

static void h15(void)
{
	memory_of(H15, 15, 1 << 20, 2048 * KIB * 3 / 4);
}

static void h20(void)
{
	memory_of(H20, 20, 1 << 20, 2048 * KIB * 3 / 4);
}

static void h25(void)
{
	memory_of(H25, 25, 2 << 20, 4096 * KIB * 3 / 4);
}

int main(void)
{
	RUN(h10);
	RUN(h15);
	RUN(h20);
	if (getenv("CRYPTECH_FULL"))
		RUN(h25);
	plain_ledger_free(&ledger);
	return tap_done();
}
