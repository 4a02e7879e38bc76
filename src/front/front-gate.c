/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: who is being let in, and who waits for it. */

#include "lib.h"
#include "ioloop.h"
#include "llist.h"
#include "time-util.h"
#include "front-gate.h"

enum ticket_state {
	TICKET_WAITING,
	TICKET_COUNTED,
	/* took too long to keep others waiting */
	TICKET_LATE,
};

struct front_gate_ticket {
	struct front_gate_ticket *prev, *next;
	struct front_gate *gate;
	enum ticket_state state;
	struct timeval until;
	unsigned int count_msecs;
	front_gate_callback_t *callback;
	void *context;
};

struct front_gate {
	unsigned int max_count;
	/* as many as count: few, in no order */
	struct front_gate_ticket *counted;
	unsigned int counted_count;
	/* the first to come first */
	struct front_gate_ticket *waiting_head, *waiting_tail;
	unsigned int waiting_count;
	unsigned int late_count;
	struct timeout *to;
};

static void gate_schedule(struct front_gate *gate);

static void ticket_unlist(struct front_gate_ticket *ticket)
{
	struct front_gate *gate = ticket->gate;

	switch (ticket->state) {
	case TICKET_WAITING:
		DLLIST2_REMOVE(&gate->waiting_head, &gate->waiting_tail,
			       ticket);
		gate->waiting_count--;
		break;
	case TICKET_COUNTED:
		DLLIST_REMOVE(&gate->counted, ticket);
		gate->counted_count--;
		break;
	case TICKET_LATE:
		gate->late_count--;
		break;
	}
}

static void ticket_count(struct front_gate_ticket *ticket)
{
	struct front_gate *gate = ticket->gate;

	ticket->state = TICKET_COUNTED;
	ticket->until = ioloop_timeval;
	timeval_add_msecs(&ticket->until, ticket->count_msecs);
	DLLIST_PREPEND(&gate->counted, ticket);
	gate->counted_count++;
}

static void gate_drop_late(struct front_gate *gate)
{
	struct front_gate_ticket *ticket, *next;

	for (ticket = gate->counted; ticket != NULL; ticket = next) {
		next = ticket->next;
		if (timeval_cmp(&ticket->until, &ioloop_timeval) > 0)
			continue;
		ticket_unlist(ticket);
		ticket->state = TICKET_LATE;
		gate->late_count++;
	}
}

static void gate_run(struct front_gate *gate)
{
	struct front_gate_ticket *ticket;

	timeout_remove(&gate->to);
	gate_drop_late(gate);
	while (gate->counted_count < gate->max_count &&
	       (ticket = gate->waiting_head) != NULL) {
		ticket_unlist(ticket);
		ticket_count(ticket);
		/* it may give its ticket back, or others theirs */
		ticket->callback(ticket->context);
	}
	gate_schedule(gate);
}

static void gate_schedule(struct front_gate *gate)
{
	const struct front_gate_ticket *ticket;
	struct timeval next;
	int msecs = 0;

	timeout_remove(&gate->to);
	if (gate->waiting_head == NULL)
		return;
	if (gate->counted_count >= gate->max_count) {
		next = gate->counted->until;
		for (ticket = gate->counted; ticket != NULL;
		     ticket = ticket->next) {
			if (timeval_cmp(&ticket->until, &next) < 0)
				next = ticket->until;
		}
		msecs = I_MAX(timeval_diff_msecs(&next, &ioloop_timeval), 0) +
			1;
	}
	gate->to = timeout_add_short(msecs, gate_run, gate);
}

struct front_gate *front_gate_init(unsigned int max_count)
{
	struct front_gate *gate = i_new(struct front_gate, 1);

	i_assert(max_count > 0);
	gate->max_count = max_count;
	return gate;
}

void front_gate_deinit(struct front_gate **_gate)
{
	struct front_gate *gate = *_gate;

	*_gate = NULL;
	i_assert(gate->counted_count == 0 && gate->waiting_count == 0 &&
		 gate->late_count == 0);
	timeout_remove(&gate->to);
	i_free(gate);
}

bool front_gate_enter(struct front_gate *gate, unsigned int count_msecs,
		      front_gate_callback_t *callback, void *context,
		      struct front_gate_ticket **ticket_r)
{
	struct front_gate_ticket *ticket = i_new(struct front_gate_ticket, 1);

	ticket->gate = gate;
	ticket->count_msecs = count_msecs;
	ticket->callback = callback;
	ticket->context = context;
	*ticket_r = ticket;
	if (gate->counted_count >= gate->max_count)
		gate_drop_late(gate);
	if (gate->waiting_head == NULL &&
	    gate->counted_count < gate->max_count) {
		ticket_count(ticket);
		return TRUE;
	}
	ticket->state = TICKET_WAITING;
	DLLIST2_APPEND(&gate->waiting_head, &gate->waiting_tail, ticket);
	gate->waiting_count++;
	if (gate->to == NULL)
		gate_schedule(gate);
	return FALSE;
}

void front_gate_extend(struct front_gate_ticket *ticket,
		       unsigned int count_msecs)
{
	i_assert(ticket->state != TICKET_WAITING);
	ticket_unlist(ticket);
	ticket->count_msecs = count_msecs;
	ticket_count(ticket);
}

void front_gate_leave(struct front_gate_ticket **_ticket)
{
	struct front_gate_ticket *ticket = *_ticket;
	struct front_gate *gate;

	if (ticket == NULL)
		return;
	*_ticket = NULL;
	gate = ticket->gate;
	ticket_unlist(ticket);
	i_free(ticket);
	/* not from here: the next one's steps are for the ioloop */
	gate_schedule(gate);
}

unsigned int front_gate_busy(const struct front_gate *gate)
{
	return gate->counted_count;
}

unsigned int front_gate_waiting(const struct front_gate *gate)
{
	return gate->waiting_count;
}
