// SPDX-License-Identifier: MIT
/*
 * Entries of the log: records and tombstones.
 *
 *  0  "KR"            2  type           3  class
 *  4  generation (8)  12 name (16)      28 length of the data
 *  32 CRC of the data                   36 CRC of the position and 0..35
 *  40 commit word                       44 settled word
 *  48 body: data, blank, and in the last 4 bytes before the next multiple of
 *     16 the seal
 *
 * The order of programming is: bytes 0 to 39, data, seal, commit word,
 * settled word; each is done before the next begins. So if there is any data,
 * the header is whole; and once the settled word is not blank, everything
 * before it is firm.
 *
 * Zeroing goes the other way, body first: as long as any of it may read as
 * before, the header tells the next mount where it is. Then the header, which
 * a cut may leave torn: zeros now, good at a later boot. It will be known by
 * its body, which is firmly zero; the seal is there so that no body is zero
 * by nature.
 */
#include "internal.h"

static void entry_encode(const struct entry *e, uint8_t h[RECORD_FIXED])
{
	uint8_t pos[4];

	h[0] = RECORD_MAGIC & 0xff;
	h[1] = RECORD_MAGIC >> 8;
	h[2] = e->type;
	h[3] = e->class;
	put_le32(h + 4, e->generation);
	put_le32(h + 8, e->generation >> 32);
	memcpy(h + 12, e->name, KS_NAME_SIZE);
	put_le32(h + 28, e->len);
	put_le32(h + 32, e->data_crc);
	put_le32(pos, e->pos);
	put_le32(h + 36, ks_crc(ks_crc(0, pos, sizeof(pos)), h, 36));
}

static uint32_t seal_pos(const struct entry *e)
{
	return e->pos + record_size(e->len) - SEAL_SIZE;
}

bool entry_parse(const struct keystore *ks, uint32_t pos, const uint8_t *h,
		 struct entry *e)
{
	uint32_t room = ks->seg_size - pos % ks->seg_size;
	uint8_t check[RECORD_FIXED];

	if ((h[0] | h[1] << 8) != RECORD_MAGIC || room < RECORD_HEADER)
		return false;
	e->pos = pos;
	e->type = h[2];
	e->class = h[3];
	e->generation = get_le32(h + 4) | (uint64_t)get_le32(h + 8) << 32;
	memcpy(e->name, h + 12, KS_NAME_SIZE);
	e->len = get_le32(h + 28);
	e->data_crc = get_le32(h + 32);
	e->committed = get_le32(h + RECORD_COMMIT) == 0;
	e->settled = get_le32(h + RECORD_SETTLED) != UINT32_MAX;

	entry_encode(e, check);
	if (memcmp(check, h, RECORD_FIXED))
		return false;
	if (e->type != ENTRY_RECORD && e->type != ENTRY_TOMBSTONE)
		return false;
	if (e->type == ENTRY_TOMBSTONE && e->len)
		return false;
	return e->class && e->generation < GENERATION_MAX &&
	       e->len <= ks->record_max && record_size(e->len) <= room;
}

int entry_read(struct keystore *ks, uint32_t pos, struct entry *e)
{
	uint8_t header[RECORD_HEADER];
	int ret = dev_read(ks, pos, header, sizeof(header));

	if (ret)
		return ret;
	return entry_parse(ks, pos, header, e) ? KS_OK : KS_CORRUPT;
}

int entry_data(struct keystore *ks, const struct entry *e, void *data)
{
	int ret = dev_read(ks, e->pos + RECORD_HEADER, data, e->len);

	if (ret)
		return ret;
	return ks_crc(0, data, e->len) == e->data_crc ? KS_OK : KS_CORRUPT;
}

int entry_write(struct keystore *ks, const struct entry *e, const void *data)
{
	uint8_t header[RECORD_FIXED], seal[SEAL_SIZE];
	int ret;

	entry_encode(e, header);
	ret = dev_program(ks, e->pos, header, sizeof(header));
	if (!ret && MUTATED(MUT_COMMIT_EARLY))
		ret = dev_zero(ks, e->pos + RECORD_COMMIT, 4);
	if (!ret)
		ret = dev_program(ks, e->pos + RECORD_HEADER, data, e->len);
	put_le32(seal, RECORD_SEAL);
	if (!ret)
		ret = dev_program(ks, seal_pos(e), seal, SEAL_SIZE);
	return ret ? ret : dev_sync(ks);
}

int entry_commit(struct keystore *ks, uint32_t pos)
{
	int ret = KS_OK;

	if (MUTATED(MUT_SETTLE_FIRST))
		ret = dev_zero(ks, pos + RECORD_SETTLED, 4);
	if (!ret)
		ret = dev_zero(ks, pos + RECORD_COMMIT, 4);
	if (!ret)
		ret = dev_sync(ks);
	if (!ret)
		ret = dev_zero(ks, pos + RECORD_SETTLED, 4);
	return ret;
}

int entry_zero(struct keystore *ks, const struct entry *e)
{
	uint32_t body = record_size(e->len) - RECORD_HEADER;
	int ret = KS_OK;

	if (MUTATED(MUT_HEADER_ZERO_FIRST))
		ret = dev_zero(ks, e->pos, RECORD_HEADER);
	if (!ret)
		ret = dev_zero(ks, e->pos + RECORD_HEADER, body);
	if (!ret)
		ret = dev_sync(ks);
	if (!ret)
		ret = dev_zero(ks, e->pos, RECORD_HEADER);
	return ret ? ret : dev_sync(ks);
}

/* One bit of the seal may have rotted; torn, it would not be that near. */
static bool is_seal(uint32_t seal)
{
	uint32_t wrong = seal ^ RECORD_SEAL;

	return (wrong & (wrong - 1)) == 0;
}

enum body entry_body(struct keystore *ks, const struct entry *e)
{
	uint32_t pos = e->pos + RECORD_HEADER;
	uint32_t len = record_size(e->len) - RECORD_HEADER;
	uint8_t seal[SEAL_SIZE];

	if (MUTATED(MUT_NO_SEAL) ||
	    dev_read(ks, seal_pos(e), seal, SEAL_SIZE) ||
	    is_seal(get_le32(seal)))
		return BODY_WHOLE;
	return get_le32(seal) == UINT32_MAX &&
	       dev_is_all(ks, pos, len, 0xff) ? BODY_BLANK : BODY_BROKEN;
}
