/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_RATE_H
#define FRONT_RATE_H

/* Brake for devices that send the same request again and again. */

struct front_rate;

struct front_rate_verdict {
	/* hold the request this long before it goes on */
	unsigned int delay_msecs;
	/* refuse it: 503 with Retry-After */
	bool refuse;
	/* the first one of a burst: worth a log line */
	bool first;
};

/* More than max_requests equal ones in window_msecs are slowed down. The
   table has a fixed number of slots: it forgets, it does not grow. */
struct front_rate *front_rate_init(unsigned int max_requests,
				   unsigned int window_msecs,
				   unsigned int slots);
void front_rate_deinit(struct front_rate **rate);

/* origin: the device (bus_origin); hash: of the request. now in msecs. */
void front_rate_check(struct front_rate *rate, uint64_t origin,
		      const unsigned char hash[16], uint64_t now,
		      struct front_rate_verdict *verdict_r);

#endif
