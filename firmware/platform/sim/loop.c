// SPDX-License-Identifier: MIT
#include "loop.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

int loop_init(struct loop *loop)
{
	loop->stop = false;
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
}

int loop_run(struct loop *loop)
{
	/*
	 * One event at a time: so a source that another one's ready() has
	 * freed is never called. The kernel takes ready descriptors in turn,
	 * so none starves.
	 */
	struct epoll_event event;

	while (!loop->stop) {
		int n = epoll_wait(loop->epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 1) {
			struct source *source = event.data.ptr;

			source->ready(source, event.events);
		}
	}
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
