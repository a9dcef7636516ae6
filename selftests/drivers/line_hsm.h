/* SPDX-License-Identifier: MIT */
/*
 * The firmware's end of a line, for line_test.c, which has the driver's: the
 * two have names in common. Behind it a server that does nothing but count.
 */
#ifndef LINE_HSM_H
#define LINE_HSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls are numbered by the third word of their request, below this. */
#define HSM_CALLS	4096

/* A request with this bit in its function waits for hsm_release(). */
#define HSM_HELD	0x200

void hsm_start(void);
void hsm_end(void);
/* Forget everything, as by a restart. */
void hsm_restart(void);
void hsm_take(const uint8_t *data, size_t len);
size_t hsm_give(uint8_t *data, size_t size);
void hsm_release(void);

/* How often call number @id was done; how often clients were dropped. */
unsigned int hsm_done(unsigned int id);
unsigned int hsm_resets(void);
unsigned long hsm_damaged(void);
unsigned long hsm_repeated(void);
bool hsm_in_session(void);

/* What the reply to a request is, with its length. */
size_t hsm_reply(const uint8_t *request, size_t len, uint8_t *reply);

#endif /* LINE_HSM_H */
