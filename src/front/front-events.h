/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_EVENTS_H
#define FRONT_EVENTS_H

#include "guid.h"

/* What changed last, and when: the guard against lost wakes. The time is a
   generation, one for each record of the bus. */

struct front_events;

/* max_count: mailboxes remembered; the oldest are forgotten first, and what
   is forgotten counts as changed for those who ask with an older generation */
struct front_events *front_events_init(unsigned int max_count);
void front_events_deinit(struct front_events **events);

/* Name of a mailbox (or, with a zero GUID, of an owner's hierarchy) in tables.
   pvt_user: the changes that only this user sees; NULL: everybody's. */
uint64_t front_events_key(struct front_events *events, const char *owner,
			  const guid_128_t guid, const char *pvt_user);

/* The generation now; a request that starts now has seen all up to it. */
uint64_t front_events_generation(const struct front_events *events);
/* Something changed. origin: the device that did it, 0: none. */
void front_events_note(struct front_events *events, uint64_t key,
		       uint64_t origin);
/* Nobody will ask with an older generation any more: what changed up to this one
   may be forgotten. */
void front_events_expire(struct front_events *events, uint64_t generation);
/* Records were lost: everything changed. */
void front_events_overflow(struct front_events *events);
/* Did anyone but origin change it after this generation? */
bool front_events_changed(struct front_events *events, uint64_t key,
			  uint64_t generation, uint64_t origin);

#endif
