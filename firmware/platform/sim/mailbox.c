// SPDX-License-Identifier: MIT
#include "mailbox.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "container.h"
#include "log.h"

#define RING	CRYPTECH_MAILBOX_RING
/* Requests taken before other sources of the loop get their turn. */
#define TURN	64

/* --- shared memory ------------------------------------------------------- */

static uint32_t load32(const uint32_t *p)
{
	return le32toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

static void store32(uint32_t *p, uint32_t value)
{
	__atomic_store_n(p, htole32(value), __ATOMIC_RELAXED);
}

static void store64(uint64_t *p, uint64_t value)
{
	__atomic_store_n(p, htole64(value), __ATOMIC_RELAXED);
}

static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static struct cryptech_mailbox_hsm *hsm_page(struct mailbox *m)
{
	return (void *)(m->memory + CRYPTECH_MAILBOX_HSM);
}

static const struct cryptech_mailbox_host *host_page(struct mailbox *m)
{
	return (void *)(m->memory + CRYPTECH_MAILBOX_HOST);
}

static struct cryptech_mailbox_entry *place(struct mailbox *m, uint32_t ring,
					    uint64_t k)
{
	struct cryptech_mailbox_entry *entries = (void *)(m->memory + ring);

	return &entries[k % RING];
}

/* Copy out what the host can change: after this, only the copy is read. */
static void copy_in(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	__asm__ volatile("" ::: "memory");
}

static void interrupt(struct mailbox *m, unsigned int vector)
{
	event_raise(m->fds.host[vector]);
}

/*
 * Write our page as it has to be. It is done again at each beat: whatever
 * else wrote there, the host sees the truth soon.
 */
static void write_page(struct mailbox *m)
{
	struct cryptech_mailbox_hsm *page = hsm_page(m);

	store32(&page->version, CRYPTECH_MAILBOX_VERSION);
	store32(&page->slots, CRYPTECH_MAILBOX_SLOTS);
	store32(&page->fault, m->fault);
	for (int i = 0; i < 4; i++)
		store32(&page->busy[i], m->busy[i]);
	store64(&page->heartbeat, m->heartbeat);
	store32(&page->wake, m->asleep);
	__atomic_store_n(&page->epoch, htole32(m->epoch), __ATOMIC_RELEASE);
	store64(&page->boot, m->boot);
	__atomic_store_n(&page->magic, htole64(CRYPTECH_MAILBOX_MAGIC),
			 __ATOMIC_RELEASE);
}

/* --- faults, completions ------------------------------------------------- */

static void fault(struct mailbox *m, enum cryptech_mailbox_fault code)
{
	m->fault = code;
	store32(&hsm_page(m)->fault, code);
	interrupt(m, CRYPTECH_MAILBOX_VECTOR_ATTN);
	sim_log_few(&m->faults, "mailbox: the host broke the protocol (%d)",
		    code);
}

void mailbox_publish_as(struct mailbox *m, uint64_t k, uint64_t seq,
			uint64_t call, uint32_t slot, uint32_t length)
{
	struct cryptech_mailbox_entry *entry =
		place(m, CRYPTECH_MAILBOX_COMPLETIONS, k);

	store64(&entry->call, call);
	store32(&entry->slot, slot);
	store32(&entry->length, length);
	__atomic_store_n(&entry->seq, htole64(seq), __ATOMIC_RELEASE);
	full_barrier();		/* before its wake is looked at */
	if (load32(&host_page(m)->wake))
		interrupt(m, CRYPTECH_MAILBOX_VECTOR_RING);
}

void mailbox_publish(struct mailbox *m, uint64_t seq, uint64_t call,
		     uint32_t slot, uint32_t length)
{
	mailbox_publish_as(m, seq, seq, call, slot, length);
}

static void set_busy(struct mailbox *m, uint32_t slot, bool busy)
{
	uint32_t *word = &m->busy[slot / 32];

	if (busy)
		*word |= 1u << slot % 32;
	else
		*word &= ~(1u << slot % 32);
	store32(&hsm_page(m)->busy[slot / 32], *word);
}

bool mailbox_call_current(struct mailbox_call *call)
{
	struct mailbox *m = call->mailbox;
	bool current;

	pthread_mutex_lock(&m->lock);
	current = call->run == m->run && !m->fault;
	pthread_mutex_unlock(&m->lock);
	return current;
}

static uint8_t *reply_of(struct mailbox *m, uint32_t slot)
{
	return m->memory + CRYPTECH_MAILBOX_REPLY_SLOTS +
	       slot * CRYPTECH_MAILBOX_SLOT_SIZE;
}

void mailbox_answer(struct mailbox_call *call, const void *reply, size_t len)
{
	struct mailbox *m = call->mailbox;

	explicit_bzero(call->request, call->length);
	pthread_mutex_lock(&m->lock);
	if (call->run == m->run && !m->fault) {
		memcpy(reply_of(m, call->slot), reply, len);
		m->replied[call->slot] = len;
		/* The slot is the host's as soon as that is published. */
		mailbox_publish(m, ++m->answered, call->call, call->slot, len);
		set_busy(m, call->slot, false);
	}
	if (!--m->banks[call->bank].inflight && call->run != m->run)
		event_raise(m->drained.fd);
	pthread_mutex_unlock(&m->lock);
}

/* --- requests ------------------------------------------------------------ */

/* The next call, or NULL. Lock held. */
static struct mailbox_call *take(struct mailbox *m)
{
	uint64_t next = m->taken + 1;
	struct cryptech_mailbox_entry *entry;
	struct mailbox_call *call;
	uint32_t slot, length;
	uint64_t seq;

	if (!m->epoch || m->fault)
		return NULL;
	entry = place(m, CRYPTECH_MAILBOX_REQUESTS, next);
	seq = le64toh(__atomic_load_n(&entry->seq, __ATOMIC_ACQUIRE));
	if (seq == (next > RING ? next - RING : 0))
		return NULL;
	slot = load32(&entry->slot);
	length = load32(&entry->length);
	if (seq != next) {
		fault(m, CRYPTECH_MAILBOX_FAULT_SEQ);
		return NULL;
	}
	if (slot >= CRYPTECH_MAILBOX_SLOTS ||
	    m->busy[slot / 32] & 1u << slot % 32) {
		fault(m, CRYPTECH_MAILBOX_FAULT_SLOT);
		return NULL;
	}
	if (length < CRYPTECH_RPC_REQUEST_MIN ||
	    length > CRYPTECH_RPC_MESSAGE_MAX) {
		fault(m, CRYPTECH_MAILBOX_FAULT_LENGTH);
		return NULL;
	}
	call = &m->banks[m->bank].calls[slot];
	call->run = m->run;
	call->call = le64toh(__atomic_load_n(&entry->call, __ATOMIC_RELAXED));
	call->slot = slot;
	call->length = length;
	copy_in(call->request, m->memory + CRYPTECH_MAILBOX_REQUEST_SLOTS +
		slot * CRYPTECH_MAILBOX_SLOT_SIZE, length);
	/* the last reply, which the host has read, may be secret */
	explicit_bzero(reply_of(m, slot), m->replied[slot]);
	m->replied[slot] = 0;
	m->taken = next;
	m->banks[m->bank].inflight++;
	set_busy(m, slot, true);
	return call;
}

static void set_asleep(struct mailbox *m, bool asleep)
{
	m->asleep = asleep;
	store32(&hsm_page(m)->wake, asleep);
	full_barrier();		/* before the ring is looked at again */
}

/*
 * The next call. When there is none, ask to be woken, and look once more: the
 * host may have published before it could see that we sleep. Lock held.
 */
static struct mailbox_call *take_or_sleep(struct mailbox *m)
{
	struct mailbox_call *call = take(m);

	if (!call && !m->asleep) {
		set_asleep(m, true);
		call = take(m);
	}
	if (call && m->asleep)
		set_asleep(m, false);
	return call;
}

static void serve_ring(struct mailbox *m)
{
	struct mailbox_call *call;
	int turn;

	for (turn = 0; turn < TURN; turn++) {
		pthread_mutex_lock(&m->lock);
		if (!m->memory) {
			pthread_mutex_unlock(&m->lock);
			return;
		}
		call = take_or_sleep(m);
		pthread_mutex_unlock(&m->lock);
		if (!call)
			return;
		m->ops->request(m->data, call);
	}
	event_raise(m->ring.fd);	/* our own bell: come again */
}

static void ring_ready(struct source *source, uint32_t events)
{
	struct mailbox *m = container_of(source, struct mailbox, ring);

	(void)events;
	event_clear(source->fd);
	serve_ring(m);
}

static void beat_ready(struct source *source, uint32_t events)
{
	struct mailbox *m = container_of(source, struct mailbox, beat);

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&m->lock);
	m->heartbeat++;
	if (m->memory && !m->resetting)
		write_page(m);
	else if (m->memory)
		store64(&hsm_page(m)->heartbeat, m->heartbeat);
	pthread_mutex_unlock(&m->lock);
	/* Should a doorbell have got lost: our `wake` can have been changed
	 * by the host, for all we know. */
	serve_ring(m);
}

/* --- epochs -------------------------------------------------------------- */

/* Every call so far is void; drop_bank(), reset_further() have to follow. Lock
 * held. */
static void void_calls(struct mailbox *m)
{
	m->run++;
	m->resetting = true;
	m->epoch = 0;
	m->fault = 0;
	memset(m->busy, 0, sizeof(m->busy));
	m->taken = 0;
	m->answered = 0;
}

/*
 * The host zeroes its request ring before it asks for an epoch. Were that not
 * checked, requests of an old epoch could be served twice.
 */
static bool ring_is_blank(struct mailbox *m)
{
	for (uint64_t k = 0; k < RING; k++)
		if (__atomic_load_n(&place(m, CRYPTECH_MAILBOX_REQUESTS,
					   k)->seq, __ATOMIC_RELAXED))
			return false;
	return true;
}

/* Nor do replies stay, to whomever they were. */
static void blank_completions(struct mailbox *m)
{
	explicit_bzero(reply_of(m, 0), CRYPTECH_MAILBOX_SLOTS *
		       CRYPTECH_MAILBOX_SLOT_SIZE);
	memset(m->replied, 0, sizeof(m->replied));
	memset(m->memory + CRYPTECH_MAILBOX_COMPLETIONS, 0,
	       RING * sizeof(struct cryptech_mailbox_entry));
}

/* Put the epoch that the host asks for in force. Lock held. */
static void grant_epoch(struct mailbox *m)
{
	uint32_t epoch = load32(&host_page(m)->epoch);

	m->asked = false;
	if (!epoch)
		return;
	blank_completions(m);
	if (!ring_is_blank(m))
		fault(m, CRYPTECH_MAILBOX_FAULT_SEQ);
	m->asleep = true;
	m->epoch = epoch;
	write_page(m);
	interrupt(m, CRYPTECH_MAILBOX_VECTOR_ATTN);
}

/* The bank of this epoch is void: its logins end now, whatever is running. */
static void drop_bank(struct mailbox *m)
{
	struct mailbox_bank *bank = &m->banks[m->bank];

	pthread_mutex_lock(&m->lock);
	bank->stale = bank->inflight;
	pthread_mutex_unlock(&m->lock);
	m->ops->reset(m->data, m->bank);
}

/* Drop what void banks have left, now that their calls have ended. */
static void clean_banks(struct mailbox *m)
{
	for (unsigned int i = 0; i < MAILBOX_BANKS; i++) {
		struct mailbox_bank *bank = &m->banks[i];
		bool ended;

		pthread_mutex_lock(&m->lock);
		ended = bank->stale && !bank->inflight;
		if (ended)
			bank->stale = false;
		pthread_mutex_unlock(&m->lock);
		if (ended)
			m->ops->reset(m->data, i);
	}
}

/* Go on with a reset, if a bank is free. Only this thread takes calls. */
static void reset_further(struct mailbox *m)
{
	unsigned int next = (m->bank + 1) % MAILBOX_BANKS;
	bool reset;

	clean_banks(m);
	pthread_mutex_lock(&m->lock);
	reset = m->resetting && !m->banks[next].stale;
	if (reset) {
		m->bank = next;
		m->resetting = false;
		if (m->asked)
			grant_epoch(m);
	}
	pthread_mutex_unlock(&m->lock);
	if (reset)
		serve_ring(m);
}

static void drained_ready(struct source *source, uint32_t events)
{
	struct mailbox *m = container_of(source, struct mailbox, drained);

	(void)events;
	event_clear(source->fd);
	reset_further(m);
}

static void attention_ready(struct source *source, uint32_t events)
{
	struct mailbox *m = container_of(source, struct mailbox, attention);
	bool begins = false;
	uint32_t epoch;

	(void)events;
	event_clear(source->fd);
	pthread_mutex_lock(&m->lock);
	epoch = load32(&host_page(m)->epoch);
	if (epoch && epoch != m->epoch) {
		m->asked = true;
		begins = !m->resetting;
		if (begins)
			void_calls(m);
	}
	pthread_mutex_unlock(&m->lock);
	if (begins)
		drop_bank(m);
	reset_further(m);
}

/* --- start and end ------------------------------------------------------- */

void mailbox_fds_close(const struct mailbox_fds *fds)
{
	close(fds->memory);
	for (int i = 0; i < CRYPTECH_MAILBOX_VECTORS; i++) {
		close(fds->hsm[i]);
		close(fds->host[i]);
	}
}

static void detach(struct mailbox *m)
{
	if (!m->memory)
		return;
	loop_remove(m->loop, &m->ring);
	loop_remove(m->loop, &m->attention);
	munmap(m->memory, CRYPTECH_MAILBOX_SIZE);
	m->memory = NULL;
	mailbox_fds_close(&m->fds);
}

static void *map_memory(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return MAP_FAILED;
	if (st.st_size != CRYPTECH_MAILBOX_SIZE) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	return mmap(NULL, CRYPTECH_MAILBOX_SIZE, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
}

/*
 * Say that a new HSM is here. The host's `epoch` is not looked at before its
 * next doorbell: what stands there may be that of an HSM before us, with the
 * requests of then.
 */
static void introduce(struct mailbox *m)
{
	struct cryptech_mailbox_hsm *page = hsm_page(m);

	event_clear(m->fds.hsm[CRYPTECH_MAILBOX_VECTOR_RING]);
	event_clear(m->fds.hsm[CRYPTECH_MAILBOX_VECTOR_ATTN]);
	__atomic_store_n(&page->epoch, 0, __ATOMIC_RELEASE);
	full_barrier();
	blank_completions(m);
	m->asleep = true;
	m->heartbeat++;
	write_page(m);
	interrupt(m, CRYPTECH_MAILBOX_VECTOR_ATTN);
}

int mailbox_attach(struct mailbox *m, const struct mailbox_fds *fds)
{
	void *memory = map_memory(fds->memory);
	int saved;

	if (memory == MAP_FAILED)
		goto fail;
	pthread_mutex_lock(&m->lock);
	detach(m);
	m->memory = memory;
	m->fds = *fds;
	m->ring.fd = fds->hsm[CRYPTECH_MAILBOX_VECTOR_RING];
	m->attention.fd = fds->hsm[CRYPTECH_MAILBOX_VECTOR_ATTN];
	m->asked = false;
	void_calls(m);
	introduce(m);
	pthread_mutex_unlock(&m->lock);
	if (loop_add(m->loop, &m->ring, EPOLLIN) ||
	    loop_add(m->loop, &m->attention, EPOLLIN))
		return -1;
	drop_bank(m);
	reset_further(m);
	return 0;
fail:
	saved = errno;
	mailbox_fds_close(fds);
	errno = saved;
	return -1;
}

static int start_heart(struct mailbox *m)
{
	const struct timespec period = {
		.tv_nsec = CRYPTECH_MAILBOX_BEAT_MS / 2 * 1000000,
	};
	const struct itimerspec beat = {
		.it_interval = period, .it_value = period,
	};

	m->beat.ready = beat_ready;
	m->beat.fd = timerfd_create(CLOCK_MONOTONIC,
				    TFD_CLOEXEC | TFD_NONBLOCK);
	return m->beat.fd < 0 || timerfd_settime(m->beat.fd, 0, &beat, NULL) ||
	       loop_add(m->loop, &m->beat, EPOLLIN) ? -1 : 0;
}

struct mailbox *mailbox_start(struct loop *loop,
			      const struct mailbox_ops *ops, void *data)
{
	struct mailbox *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->loop = loop;
	m->ops = ops;
	m->data = data;
	pthread_mutex_init(&m->lock, NULL);
	for (int i = 0; i < MAILBOX_BANKS * CRYPTECH_MAILBOX_SLOTS; i++) {
		struct mailbox_bank *bank =
			&m->banks[i / CRYPTECH_MAILBOX_SLOTS];
		struct mailbox_call *call =
			&bank->calls[i % CRYPTECH_MAILBOX_SLOTS];

		call->mailbox = m;
		call->bank = i / CRYPTECH_MAILBOX_SLOTS;
	}
	m->ring.ready = ring_ready;
	m->attention.ready = attention_ready;
	m->drained.ready = drained_ready;
	m->drained.fd = event_new();
	while (!m->boot)
		if (getrandom(&m->boot, sizeof(m->boot), 0) < 0)
			goto fail;
	if (m->drained.fd < 0 || loop_add(loop, &m->drained, EPOLLIN) ||
	    start_heart(m))
		goto fail;
	return m;
fail:
	free(m);	/* start-up failed: the process ends */
	return NULL;
}

void mailbox_stop(struct mailbox *m)
{
	detach(m);
	loop_remove(m->loop, &m->drained);
	close(m->drained.fd);
	loop_remove(m->loop, &m->beat);
	close(m->beat.fd);
	pthread_mutex_destroy(&m->lock);
	explicit_bzero(m, sizeof(*m));
	free(m);
}
