/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: counting equal requests of a device. Pure: no I/O, no clock. */

#include "lib.h"
#include "front-rate.h"

#define RATE_MIN_DELAY_MSECS 1000
#define RATE_MAX_DELAY_MSECS 8000
/* Beyond this many delayed ones in a window the rest is refused: a device
   that does not wait for its answers. */
#define RATE_MAX_DELAYED 16

struct rate_slot {
	uint64_t key;
	uint64_t window_start;
	unsigned int count;
	/* windows in a row that were too full */
	unsigned int level;
};

struct front_rate {
	unsigned int max_requests, window_msecs, slots_count;
	struct rate_slot *slots;
};

struct front_rate *front_rate_init(unsigned int max_requests,
				   unsigned int window_msecs,
				   unsigned int slots)
{
	struct front_rate *rate = i_new(struct front_rate, 1);

	rate->max_requests = max_requests;
	rate->window_msecs = window_msecs;
	rate->slots_count = slots;
	rate->slots = i_new(struct rate_slot, slots);
	return rate;
}

void front_rate_deinit(struct front_rate **_rate)
{
	struct front_rate *rate = *_rate;

	*_rate = NULL;
	i_free(rate->slots);
	i_free(rate);
}

static void slot_advance(struct front_rate *rate, struct rate_slot *slot,
			 uint64_t key, uint64_t now)
{
	uint64_t age = now - slot->window_start;

	if (slot->key != key) {
		/* a collision or a new one: the newer takes the slot */
		i_zero(slot);
		slot->key = key;
		slot->window_start = now;
	} else if (age >= 2 * (uint64_t)rate->window_msecs) {
		slot->window_start = now;
		slot->count = 0;
		slot->level = 0;
	} else if (age >= rate->window_msecs) {
		/* it goes on: do not let it start from nothing */
		if (slot->level < 3 && slot->count > rate->max_requests)
			slot->level++;
		slot->window_start = now;
		slot->count = slot->level > 0 ? rate->max_requests : 0;
	}
}

void front_rate_check(struct front_rate *rate, uint64_t origin,
		      const unsigned char hash[16], uint64_t now,
		      struct front_rate_verdict *verdict_r)
{
	struct rate_slot *slot;
	unsigned int over, delay;
	uint64_t key;

	i_zero(verdict_r);
	memcpy(&key, hash, sizeof(key));
	key ^= origin;
	slot = &rate->slots[key % rate->slots_count];
	slot_advance(rate, slot, key, now);
	if (++slot->count <= rate->max_requests)
		return;
	over = slot->count - rate->max_requests;
	verdict_r->first = over == 1 && slot->level == 0;
	if (over > RATE_MAX_DELAYED) {
		verdict_r->refuse = TRUE;
		return;
	}
	delay = RATE_MIN_DELAY_MSECS << slot->level;
	verdict_r->delay_msecs = I_MIN(delay, RATE_MAX_DELAY_MSECS);
}
