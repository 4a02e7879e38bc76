/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: reading the FIFO, cutting it into records, noticing that it was full. */

#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "lib.h"
#include "ioloop.h"
#include "str.h"
#include "str-sanitize.h"
#include "front-bus.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* the most an unprivileged process may have by default */
#define BUS_PIPE_SIZE (1024 * 1024)
/* so much at a time, then others get their turn */
#define BUS_MAX_READS 16
#define BUS_MAX_COMPLAINTS 10

struct front_bus {
	int fd;
	struct io *io;
	struct event *event;
	struct front_bus_callbacks callbacks;
	void *context;
	struct front_bus_lines lines;
	int pipe_size;
	unsigned int complaints;
	time_t complaints_since;
};

static void bus_complain(struct front_bus *bus, const char *error,
			 const unsigned char *line, size_t size)
{
	if (bus->complaints_since + 60 < ioloop_time) {
		bus->complaints_since = ioloop_time;
		bus->complaints = 0;
	}
	if (bus->complaints++ >= BUS_MAX_COMPLAINTS)
		return;
	e_warning(bus->event, "bus: %s: %s", error,
		  str_sanitize(t_strndup(line, size), 80));
}

static void bus_line(void *context, const unsigned char *line, size_t size)
{
	struct front_bus *bus = context;
	struct bus_record record;
	const char *error;

	T_BEGIN {
		if (bus_record_parse(line, size, &record, &error) < 0)
			bus_complain(bus, error, line, size);
		else
			bus->callbacks.record(bus->context, &record);
	} T_END;
}

/* Keep the start of an unfinished line for the next time. */
static void lines_keep(struct front_bus_lines *lines,
		       const unsigned char *data, size_t size)
{
	if (lines->skipping)
		return;
	if (size > sizeof(lines->buffer) - lines->used) {
		/* no record is so long: up to the next newline */
		lines->skipping = TRUE;
		lines->used = 0;
		return;
	}
	memcpy(lines->buffer + lines->used, data, size);
	lines->used += size;
}

void front_bus_lines_feed(struct front_bus_lines *lines,
			  const unsigned char *data, size_t size,
			  front_bus_line_t *callback, void *context)
{
	const unsigned char *newline;
	size_t len;

	while ((newline = memchr(data, '\n', size)) != NULL) {
		len = newline - data;
		if (lines->used == 0 && !lines->skipping) {
			callback(context, data, len);
		} else {
			lines_keep(lines, data, len);
			if (!lines->skipping)
				callback(context, lines->buffer, lines->used);
		}
		lines->used = 0;
		lines->skipping = FALSE;
		data += len + 1;
		size -= len + 1;
	}
	lines_keep(lines, data, size);
}

/* Nearly full means that a writer may have found it full. Each page of the
   pipe may lack almost a record, so a quarter is left out of the count. */
static void bus_check_full(struct front_bus *bus)
{
	int pending;

	if (ioctl(bus->fd, FIONREAD, &pending) < 0 ||
	    pending < bus->pipe_size / 4 * 3)
		return;
	e_warning(bus->event, "bus: %d bytes waited, events may be lost: "
		  "waking everybody", pending);
	bus->callbacks.overflow(bus->context);
}

static void bus_input(struct front_bus *bus)
{
	unsigned char buf[16 * 1024];
	unsigned int reads = 0;
	ssize_t ret;

	bus_check_full(bus);
	while (reads++ < BUS_MAX_READS &&
	       (ret = read(bus->fd, buf, sizeof(buf))) > 0) {
		front_bus_lines_feed(&bus->lines, buf, ret, bus_line, bus);
		if (ret < (ssize_t)sizeof(buf))
			return;
	}
	if (reads > BUS_MAX_READS)
		return;
	if (ret == 0) {
		/* the master holds a writing end: it is gone, too */
		e_debug(bus->event, "bus: end of file");
		io_remove(&bus->io);
	} else if (errno != EAGAIN && errno != EINTR) {
		e_error(bus->event, "bus: read() failed: %m");
		io_remove(&bus->io);
	}
}

struct front_bus *front_bus_init(int fd, struct event *event,
				 const struct front_bus_callbacks *callbacks,
				 void *context)
{
	struct front_bus *bus = i_new(struct front_bus, 1);

	bus->fd = fd;
	bus->event = event;
	event_ref(event);
	bus->callbacks = *callbacks;
	bus->context = context;
	(void)fcntl(fd, F_SETPIPE_SZ, BUS_PIPE_SIZE);
	bus->pipe_size = fcntl(fd, F_GETPIPE_SZ);
	if (bus->pipe_size <= 0)
		bus->pipe_size = 64 * 1024;
	bus->io = io_add(fd, IO_READ, bus_input, bus);
	bus_input(bus);
	return bus;
}

void front_bus_deinit(struct front_bus **_bus)
{
	struct front_bus *bus = *_bus;

	*_bus = NULL;
	io_remove(&bus->io);
	i_close_fd(&bus->fd);
	event_unref(&bus->event);
	i_free(bus);
}
