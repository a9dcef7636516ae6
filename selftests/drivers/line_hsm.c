// SPDX-License-Identifier: MIT
#include "line_hsm.h"

#include <string.h>

#include "../../firmware/platform/sim/line.h"

#define HELD_MAX	(LINE_SLOTS + LINE_BARE_MAX)

static struct line line;
static unsigned int done[HSM_CALLS];
static unsigned int resets;
static struct line_call *held[HELD_MAX];
static unsigned int held_count;

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

size_t hsm_reply(const uint8_t *request, size_t len, uint8_t *reply)
{
	memcpy(reply, request, 8);
	memset(reply + 8, 0, 4);	/* no error */
	/* as long as the request, every byte another */
	for (size_t i = 8; i < len && i + 4 < CRYPTECH_RPC_MESSAGE_MAX; i++)
		reply[i + 4] = request[i] ^ 0x5a;
	len = len < 8 ? 8 : len;
	return len + 4 < CRYPTECH_RPC_MESSAGE_MAX ? len + 4 :
	       CRYPTECH_RPC_MESSAGE_MAX;
}

static void answer(struct line_call *call)
{
	/* a thread that had begun goes on to the end */
	call->reply_len = hsm_reply(call->request, call->request_len,
				    call->reply);
	if (line_call_current(&line, call) && call->request_len >= 12)
		done[word(call->request + 8) % HSM_CALLS]++;
	line_answer(&line, call);
}

static void request(void *data, struct line_call *call)
{
	(void)data;
	if (word(call->request) & HSM_HELD)
		held[held_count++] = call;
	else
		answer(call);
}

static void reset(void *data, unsigned int bank)
{
	(void)data;
	(void)bank;
	resets++;
}

static const struct line_ops ops = { .request = request, .reset = reset };

void hsm_start(void)
{
	memset(done, 0, sizeof(done));
	resets = 0;
	line_open(&line, &ops, NULL);
}

void hsm_release(void)
{
	unsigned int n = held_count;

	held_count = 0;
	for (unsigned int i = 0; i < n; i++)
		answer(held[i]);
}

void hsm_end(void)
{
	hsm_release();
	line_close(&line);
}

void hsm_restart(void)
{
	hsm_end();
	line_open(&line, &ops, NULL);
}

void hsm_take(const uint8_t *data, size_t len)
{
	line_take(&line, data, len);
}

size_t hsm_give(uint8_t *data, size_t size)
{
	return line_give(&line, data, size);
}

unsigned int hsm_done(unsigned int id)
{
	return done[id];
}

unsigned int hsm_resets(void)
{
	return resets;
}

unsigned long hsm_damaged(void)
{
	return line.damaged;
}

unsigned long hsm_repeated(void)
{
	return line.repeated;
}

bool hsm_in_session(void)
{
	return line.session;
}
