// SPDX-License-Identifier: MIT
/* Until those are there whose they are: nothing moves. */
#include "backup.h"

#define WEAK __attribute__((weak))

WEAK int kekek_add(struct roots *roots, const uint8_t *uuid, const void *sealed,
		   size_t len)
{
	(void)roots, (void)uuid, (void)sealed, (void)len;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

WEAK int kekek_read(struct roots *roots, const uint8_t *uuid, void *sealed,
		    size_t size, size_t *len)
{
	(void)roots, (void)uuid, (void)sealed, (void)len, (void)size;
	return CRYPTECH_ERR_KEY_NOT_FOUND;
}

WEAK int kekek_drop(struct roots *roots, const uint8_t *uuid)
{
	(void)roots, (void)uuid;
	return CRYPTECH_ERR_KEY_NOT_FOUND;
}

WEAK bool kekek_next(struct roots *roots, const uint8_t *previous, uint8_t *uuid)
{
	(void)roots, (void)previous, (void)uuid;
	return false;
}

WEAK unsigned int kekek_count(struct roots *roots)
{
	(void)roots;
	return 0;
}

WEAK bool root_came_by(const struct root *root, const uint8_t *kekek)
{
	(void)root, (void)kekek;
	return false;
}

WEAK int root_outbox(struct roots *roots, const struct root *root,
		     uint8_t *request, uint8_t **package, size_t *len)
{
	(void)roots, (void)root, (void)request, (void)package, (void)len;
	return CRYPTECH_ERR_KEY_NOT_FOUND;
}

WEAK int root_outbox_drop(struct roots *roots, struct root *root)
{
	(void)roots, (void)root;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

WEAK int root_body_look(const uint8_t *body, size_t len, struct root_body *look)
{
	(void)body, (void)len, (void)look;
	return CRYPTECH_ERR_BAD_ARGUMENTS;
}

WEAK int hashsig_split(struct hsm *hsm, struct key *key, const uint8_t *request,
		       image_seal *seal, void *data, uint8_t **package,
		       size_t *len)
{
	(void)hsm, (void)key, (void)request, (void)seal, (void)data;
	(void)package, (void)len;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

WEAK int hashsig_adopt(struct hsm *hsm, const struct key_record *record,
		       uint32_t drop, const uint8_t *kekek, uint32_t floor,
		       struct key **key)
{
	(void)hsm, (void)record, (void)drop, (void)kekek, (void)floor, (void)key;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

WEAK int hashsig_park(struct hsm *hsm, struct key *key, image_seal *seal,
		      void *data, uint8_t **package, size_t *len)
{
	(void)hsm, (void)key, (void)seal, (void)data, (void)package, (void)len;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

WEAK int hashsig_unpark(struct hsm *hsm, const struct key_record *record,
			uint32_t drop, struct key **key)
{
	(void)hsm, (void)record, (void)drop, (void)key;
	return CRYPTECH_ERR_NOT_IMPLEMENTED;
}

WEAK struct root *hashsig_parked(struct hsm *hsm, const uint8_t *uuid)
{
	(void)hsm, (void)uuid;
	return NULL;
}
