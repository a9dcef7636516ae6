// SPDX-License-Identifier: MIT
#include "loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
	loop->stop = false;
	loop->next = 0;
	loop->count = 0;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -1 : 0;
}

void loop_close(struct loop *loop)
{
	close(loop->epoll);
	loop->epoll = -1;
}

static int control(struct loop *loop, int what, struct source *source,
		   uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	source->events = events;
	return epoll_ctl(loop->epoll, what, source->fd, &event);
}

int loop_add(struct loop *loop, struct source *source, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, source, events);
}

/* These two cannot fail for a descriptor that was added. */
void loop_change(struct loop *loop, struct source *source, uint32_t events)
{
	if (source->events != events)
		control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_remove(struct loop *loop, struct source *source)
{
	control(loop, EPOLL_CTL_DEL, source, 0);
	/* it may be freed next: what was fetched for it is void */
	for (int i = loop->next; i < loop->count; i++)
		if (loop->batch[i].data.ptr == source)
			loop->batch[i].data.ptr = NULL;
}

/*
 * Tell a source what was fetched for it, unless another one's ready() has
 * removed it meanwhile, or no longer wants it to be told this.
 */
static void tell(const struct epoll_event *event)
{
	struct source *source = event->data.ptr;
	uint32_t events;

	if (!source)
		return;
	events = event->events & (source->events | EPOLLERR | EPOLLHUP);
	if (events)
		source->ready(source, events);
}

/*
 * Each descriptor that is ready gets one turn in each round, and none starves:
 * the kernel, too, takes them in turn when a round is too small for all.
 */
int loop_run(struct loop *loop)
{
	while (!loop->stop) {
		loop->next = 0;
		loop->count = epoll_wait(loop->epoll, loop->batch, LOOP_BATCH,
					 -1);
		if (loop->count < 0 && errno != EINTR)
			return -1;
		while (loop->next < loop->count && !loop->stop) {
			struct epoll_event event = loop->batch[loop->next++];

			tell(&event);
		}
	}
	loop->count = 0;
	return 0;
}

int event_new(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void event_raise(int fd)
{
	uint64_t one = 1;
	/* It fails only if the counter is full, thus raised already. */
	ssize_t done = write(fd, &one, sizeof(one));

	(void)done;
}

bool event_clear(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}
