// SPDX-License-Identifier: MIT
/*
 * The event loop fetches many events at once: what happens to those that were
 * fetched when a source is removed, freed, replaced or changed.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../platform/sim/container.h"
#include "../platform/sim/loop.h"
#include "tap.h"

#define SOURCES	(2 * LOOP_BATCH + 10)

struct thing {
	struct source source;
	unsigned int told;
};

static struct loop loop;
static struct thing *things[SOURCES];
static unsigned int told, first;

static struct thing *thing_new(void (*ready)(struct source *, uint32_t))
{
	struct thing *thing = calloc(1, sizeof(*thing));

	thing->source.fd = event_new();
	thing->source.ready = ready;
	event_raise(thing->source.fd);
	return thing;
}

static void thing_free(struct thing *thing)
{
	loop_remove(&loop, &thing->source);
	close(thing->source.fd);
	free(thing);
}

static unsigned int index_of(struct source *source)
{
	for (unsigned int i = 0; i < SOURCES; i++)
		if (things[i] && &things[i]->source == source)
			return i;
	return SOURCES;
}

static void start(unsigned int n, void (*ready)(struct source *, uint32_t))
{
	EXPECT(!loop_init(&loop));
	told = 0;
	for (unsigned int i = 0; i < n; i++) {
		things[i] = thing_new(ready);
		EXPECT(!loop_add(&loop, &things[i]->source, EPOLLIN));
	}
}

static void end(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (things[i])
			thing_free(things[i]);
	loop_close(&loop);
}

/* --- each gets its turn --------------------------------------------------- */

static void count_ready(struct source *source, uint32_t events)
{
	struct thing *thing = container_of(source, struct thing, source);

	EXPECT_EQ(events, EPOLLIN);
	thing->told++;
	loop.stop |= ++told >= 3 * SOURCES;	/* they stay raised */
}

static void more_than_a_batch(void)
{
	start(SOURCES, count_ready);
	EXPECT(!loop_run(&loop));
	/* none starves: in three rounds each had at least one turn */
	for (unsigned int i = 0; i < SOURCES; i++)
		EXPECT(things[i]->told >= 2 && things[i]->told <= 4);
	end(SOURCES);
}

/* --- the first one told removes the others --------------------------------- */

static void free_others(struct source *source, uint32_t events)
{
	unsigned int me = index_of(source);

	(void)events;
	told++;
	for (unsigned int i = 0; i < LOOP_BATCH; i++) {
		if (i == me || !things[i])
			continue;
		thing_free(things[i]);
		things[i] = NULL;
	}
	loop.stop |= told >= 2;
}

static void the_freed_are_not_told(void)
{
	start(LOOP_BATCH, free_others);
	EXPECT(!loop_run(&loop));
	EXPECT_EQ(told, 2);	/* twice the one that is left */
	end(LOOP_BATCH);
}

/* It removes the other and puts it back, with an event counter at zero. */
static void replace_other(struct source *source, uint32_t events)
{
	unsigned int me = index_of(source);
	struct thing *other = things[!me];

	(void)events;
	if (!told++) {
		first = me;
		loop_remove(&loop, &other->source);
		close(other->source.fd);
		other->source.fd = event_new();
		EXPECT(!loop_add(&loop, &other->source, EPOLLIN));
	}
	EXPECT_EQ(me, first);
	loop.stop |= told >= 3;
}

static void the_replaced_are_not_told(void)
{
	start(2, replace_other);
	EXPECT(!loop_run(&loop));
	EXPECT_EQ(told, 3);
	end(2);
}

/* It no longer wants the other to be told. */
static void silence_other(struct source *source, uint32_t events)
{
	unsigned int me = index_of(source);

	(void)events;
	if (!told++) {
		first = me;
		loop_change(&loop, &things[!me]->source, 0);
	}
	EXPECT_EQ(me, first);
	loop.stop |= told >= 3;
}

static void the_silenced_are_not_told(void)
{
	start(2, silence_other);
	EXPECT(!loop_run(&loop));
	EXPECT_EQ(told, 3);
	end(2);
}

/* --- the end ----------------------------------------------------------------- */

static void stop_at_once(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	told++;
	loop.stop = true;
}

static void stop_is_at_once(void)
{
	start(10, stop_at_once);
	EXPECT(!loop_run(&loop));
	EXPECT_EQ(told, 1);
	end(10);
}

int main(void)
{
	RUN(more_than_a_batch);
	RUN(the_freed_are_not_told);
	RUN(the_replaced_are_not_told);
	RUN(the_silenced_are_not_told);
	RUN(stop_is_at_once);
	return tap_done();
}
