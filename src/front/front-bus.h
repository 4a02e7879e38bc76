/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_BUS_H
#define FRONT_BUS_H

#include "dovetail-bus.h"

/* The reading end of the change bus. */

struct front_bus;

struct front_bus_callbacks {
	void (*record)(void *context, const struct bus_record *record);
	/* more came than the pipe holds, perhaps */
	void (*overflow)(void *context);
};

/* Takes the FIFO's descriptor. */
struct front_bus *front_bus_init(int fd, struct event *event,
				 const struct front_bus_callbacks *callbacks,
				 void *context);
void front_bus_deinit(struct front_bus **bus);

/* Cuts lines out of what was read; for tests, too. */
struct front_bus_lines {
	unsigned char buffer[DT_BUS_MAX_LINE];
	size_t used;
	/* in the middle of a line that is too long */
	bool skipping;
};
typedef void front_bus_line_t(void *context, const unsigned char *line,
			      size_t size);
void front_bus_lines_feed(struct front_bus_lines *lines,
			  const unsigned char *data, size_t size,
			  front_bus_line_t *callback, void *context);

#endif
