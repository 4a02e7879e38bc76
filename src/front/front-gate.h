/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_GATE_H
#define FRONT_GATE_H

/* How many users are let in at the same time: from the question to auth until
   the worker is up. Each of them costs auth, the master and the stats process
   memory that they hardly give back, and more at a time are not faster than the
   processors. So that one slow step does not keep everybody waiting, a ticket
   counts for a limited time only. */

struct front_gate;
struct front_gate_ticket;

typedef void front_gate_callback_t(void *context);

struct front_gate *front_gate_init(unsigned int max_count);
/* All tickets must have been given back. */
void front_gate_deinit(struct front_gate **gate);

/* Take a ticket. TRUE: go on at once. FALSE: wait for the callback; it comes
   from the ioloop, in the order of arrival. */
bool front_gate_enter(struct front_gate *gate, unsigned int count_msecs,
		      front_gate_callback_t *callback, void *context,
		      struct front_gate_ticket **ticket_r);
/* The next step: it counts for so long from now on. */
void front_gate_extend(struct front_gate_ticket *ticket,
		       unsigned int count_msecs);
/* Give it back, in whatever state. NULL: nothing to do. */
void front_gate_leave(struct front_gate_ticket **ticket);

/* Those that count, those that wait */
unsigned int front_gate_busy(const struct front_gate *gate);
unsigned int front_gate_waiting(const struct front_gate *gate);

#endif
