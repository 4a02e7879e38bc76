/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sets of ids and change numbers (MS-OXCFXICS 2.2.2.4 to 2.2.2.6, 3.1.5.4). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "oxcdata-private.h"

#define GLOBCNT_SIZE 6
#define GLOBCNT_MAX ((1ULL << 48) - 1)

/* GLOBSET's commands; 0x01 to 0x06 push so many bytes */
enum {
	CMD_END		= 0x00,
	CMD_PUSH_MAX	= 0x06,
	CMD_BITMASK	= 0x42,
	CMD_POP		= 0x50,
	CMD_RANGE	= 0x52,
};

void mapi_idset_init(struct mapi_idset *set_r, pool_t pool, bool by_guid)
{
	i_zero(set_r);
	set_r->pool = pool;
	set_r->by_guid = by_guid;
	p_array_init(&set_r->replicas, pool, 2);
}

static struct mapi_idset_replica *
replica_find(const struct mapi_idset *set, const guid_128_t guid,
	     uint16_t replid)
{
	struct mapi_idset_replica *replica;

	array_foreach_modifiable(&set->replicas, replica) {
		if (set->by_guid ?
		    memcmp(replica->guid, guid, GUID_128_SIZE) == 0 :
		    replica->replid == replid)
			return replica;
	}
	return NULL;
}

static struct mapi_idset_replica *
replica_get(struct mapi_idset *set, const guid_128_t guid, uint16_t replid)
{
	struct mapi_idset_replica *replica = replica_find(set, guid, replid);

	if (replica != NULL)
		return replica;
	replica = array_append_space(&set->replicas);
	if (set->by_guid)
		memcpy(replica->guid, guid, GUID_128_SIZE);
	replica->replid = replid;
	p_array_init(&replica->ranges, set->pool, 4);
	return replica;
}

/* --- ranges -------------------------------------------------------------------------- */

/* Index of the first range that ends at or behind the number */
static unsigned int
range_search(const ARRAY_TYPE(mapi_idset_range) *ranges, uint64_t num)
{
	unsigned int lo = 0, count, hi, mid;
	const struct mapi_idset_range *range = array_get(ranges, &count);

	for (hi = count; lo < hi; ) {
		mid = lo + (hi - lo) / 2;
		if (range[mid].high < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
ranges_add(ARRAY_TYPE(mapi_idset_range) *ranges, uint64_t low, uint64_t high)
{
	struct mapi_idset_range *range, add = { .low = low, .high = high };
	unsigned int first, last, count;

	/* those that touch it, or stand beside it, become one with it */
	first = range_search(ranges, low == 0 ? 0 : low - 1);
	range = array_get_modifiable(ranges, &count);
	for (last = first; last < count && range[last].low <= high + 1; last++) {
		add.low = I_MIN(add.low, range[last].low);
		add.high = I_MAX(add.high, range[last].high);
	}
	if (last == first) {
		array_insert(ranges, first, &add, 1);
		return;
	}
	range[first] = add;
	array_delete(ranges, first + 1, last - first - 1);
}

static void
ranges_remove(ARRAY_TYPE(mapi_idset_range) *ranges, uint64_t num)
{
	unsigned int i = range_search(ranges, num);
	struct mapi_idset_range *range, rest;

	if (i == array_count(ranges))
		return;
	range = array_idx_modifiable(ranges, i);
	if (num < range->low)
		return;
	if (range->low == range->high) {
		array_delete(ranges, i, 1);
	} else if (num == range->low) {
		range->low++;
	} else if (num == range->high) {
		range->high--;
	} else {
		rest.low = num + 1;
		rest.high = range->high;
		range->high = num - 1;
		array_insert(ranges, i + 1, &rest, 1);
	}
}

static bool
ranges_contain(const ARRAY_TYPE(mapi_idset_range) *ranges, uint64_t num)
{
	unsigned int i = range_search(ranges, num);

	const struct mapi_idset_range *range;

	if (i == array_count(ranges))
		return FALSE;
	range = array_idx(ranges, i);
	return range->low <= num;
}

static int range_cmp(const struct mapi_idset_range *a,
		     const struct mapi_idset_range *b)
{
	return a->low < b->low ? -1 : a->low > b->low ? 1 : 0;
}

/* What was appended in any order becomes sorted and disjoint. */
static void ranges_normalise(ARRAY_TYPE(mapi_idset_range) *ranges)
{
	struct mapi_idset_range *range;
	unsigned int i, count, n = 0;

	array_sort(ranges, range_cmp);
	range = array_get_modifiable(ranges, &count);
	for (i = 1; i < count; i++) {
		if (range[i].low <= range[n].high + 1)
			range[n].high = I_MAX(range[n].high, range[i].high);
		else
			range[++n] = range[i];
	}
	if (count > 0)
		array_delete(ranges, n + 1, count - n - 1);
}

/* --- as a set --------------------------------------------------------------------------- */

void mapi_idset_add_range(struct mapi_idset *set, const guid_128_t guid,
			  uint64_t low, uint64_t high)
{
	i_assert(set->by_guid && low <= high && high <= GLOBCNT_MAX);
	ranges_add(&replica_get(set, guid, 0)->ranges, low, high);
}

void mapi_idset_add(struct mapi_idset *set, const guid_128_t guid,
		    uint64_t globcnt)
{
	mapi_idset_add_range(set, guid, globcnt, globcnt);
}

void mapi_idset_remove(struct mapi_idset *set, const guid_128_t guid,
		       uint64_t globcnt)
{
	struct mapi_idset_replica *replica = replica_find(set, guid, 0);

	if (replica != NULL)
		ranges_remove(&replica->ranges, globcnt);
}

const struct mapi_idset_replica *
mapi_idset_find(const struct mapi_idset *set, const guid_128_t guid)
{
	i_assert(set->by_guid);
	return replica_find(set, guid, 0);
}

bool mapi_idset_contains(const struct mapi_idset *set, const guid_128_t guid,
			 uint64_t globcnt)
{
	const struct mapi_idset_replica *replica = mapi_idset_find(set, guid);

	return replica != NULL && ranges_contain(&replica->ranges, globcnt);
}

void mapi_idset_add_id(struct mapi_idset *set, mapi_id_t id)
{
	uint64_t globcnt = mapi_id_globcnt(id);

	i_assert(!set->by_guid);
	ranges_add(&replica_get(set, NULL, mapi_id_replid(id))->ranges,
		   globcnt, globcnt);
}

void mapi_idset_add_id_range(struct mapi_idset *set, uint16_t replid,
			     uint64_t low, uint64_t high)
{
	i_assert(!set->by_guid && low <= high && high <= GLOBCNT_MAX);
	ranges_add(&replica_get(set, NULL, replid)->ranges, low, high);
}

bool mapi_idset_contains_id(const struct mapi_idset *set, mapi_id_t id)
{
	const struct mapi_idset_replica *replica =
		replica_find(set, NULL, mapi_id_replid(id));

	i_assert(!set->by_guid);
	return replica != NULL &&
		ranges_contain(&replica->ranges, mapi_id_globcnt(id));
}

void mapi_idset_merge(struct mapi_idset *dest, const struct mapi_idset *src)
{
	const struct mapi_idset_replica *from;
	struct mapi_idset_replica *to;

	i_assert(dest->by_guid == src->by_guid);
	array_foreach(&src->replicas, from) {
		to = replica_get(dest, from->guid, from->replid);
		array_append_array(&to->ranges, &from->ranges);
		ranges_normalise(&to->ranges);
	}
}

/* a without b, both sorted; into dest, which is empty */
static void ranges_subtract(const ARRAY_TYPE(mapi_idset_range) *a,
			    const ARRAY_TYPE(mapi_idset_range) *b,
			    ARRAY_TYPE(mapi_idset_range) *dest)
{
	const struct mapi_idset_range *from, *minus;
	struct mapi_idset_range rest;
	unsigned int i, count;

	minus = array_get(b, &count);
	array_foreach(a, from) {
		rest = *from;
		for (i = range_search(b, rest.low);
		     i < count && minus[i].low <= rest.high; i++) {
			if (minus[i].low > rest.low) {
				struct mapi_idset_range part = {
					rest.low, minus[i].low - 1
				};
				array_push_back(dest, &part);
			}
			rest.low = minus[i].high + 1;
			if (rest.low > rest.high)
				break;
		}
		if (rest.low <= rest.high)
			array_push_back(dest, &rest);
	}
}

void mapi_idset_subtract(struct mapi_idset *set,
			 const struct mapi_idset *minus)
{
	ARRAY_TYPE(mapi_idset_range) rest;
	struct mapi_idset_replica *replica;
	const struct mapi_idset_replica *other;

	i_assert(set->by_guid == minus->by_guid);
	array_foreach_modifiable(&set->replicas, replica) {
		other = replica_find(minus, replica->guid, replica->replid);
		if (other == NULL)
			continue;
		p_array_init(&rest, set->pool, array_count(&replica->ranges));
		ranges_subtract(&replica->ranges, &other->ranges, &rest);
		replica->ranges = rest;
	}
}

void mapi_idset_missing(const struct mapi_idset *set, const guid_128_t guid,
			uint64_t low, uint64_t high,
			ARRAY_TYPE(mapi_idset_range) *ranges_r)
{
	const struct mapi_idset_replica *replica = mapi_idset_find(set, guid);
	struct mapi_idset_range range = { low, high };
	ARRAY_TYPE(mapi_idset_range) one;

	if (replica == NULL) {
		array_push_back(ranges_r, &range);
		return;
	}
	t_array_init(&one, 1);
	array_push_back(&one, &range);
	ranges_subtract(&one, &replica->ranges, ranges_r);
}

bool mapi_idset_is_empty(const struct mapi_idset *set)
{
	const struct mapi_idset_replica *replica;

	array_foreach(&set->replicas, replica) {
		if (array_count(&replica->ranges) > 0)
			return FALSE;
	}
	return TRUE;
}

/* --- reading ------------------------------------------------------------------------------- */

/* The bytes that all that follows has in common, and how many each push gave */
struct stack {
	unsigned char bytes[GLOBCNT_SIZE];
	unsigned int used;
	unsigned char pushes[GLOBCNT_SIZE];
	unsigned int pushes_count;
};

struct globset_reader {
	struct mapi_in *in;
	struct stack stack;
	ARRAY_TYPE(mapi_idset_range) *ranges;
	/* of the whole set */
	unsigned int *ranges_left;
};

/* The stack's bytes and as many more as are missing, highest first */
static uint64_t stack_number(const struct stack *stack,
			     const unsigned char *rest)
{
	uint64_t num = 0;
	unsigned int i;

	for (i = 0; i < GLOBCNT_SIZE; i++) {
		num = (num << 8) | (i < stack->used ? stack->bytes[i] :
				    rest[i - stack->used]);
	}
	return num;
}

static int
reader_add(struct globset_reader *r, uint64_t low, uint64_t high)
{
	struct mapi_idset_range range;

	if (low > high || *r->ranges_left == 0)
		return -1;
	(*r->ranges_left)--;
	/* sorted at the end: no order of the input may make it slow */
	range.low = low;
	range.high = high;
	array_push_back(r->ranges, &range);
	return 0;
}

static int read_push(struct globset_reader *r, unsigned int count)
{
	struct stack *stack = &r->stack;
	const unsigned char *data = mapi_in_bytes(r->in, count);
	uint64_t num;

	if (data == NULL || count > GLOBCNT_SIZE - stack->used)
		return -1;
	memcpy(stack->bytes + stack->used, data, count);
	if (stack->used + count < GLOBCNT_SIZE) {
		stack->used += count;
		stack->pushes[stack->pushes_count++] = count;
		return 0;
	}
	/* a whole number: it is one of the set, and goes again by itself */
	stack->used = GLOBCNT_SIZE;
	num = stack_number(stack, NULL);
	stack->used -= count;
	return reader_add(r, num, num);
}

static int read_pop(struct globset_reader *r)
{
	struct stack *stack = &r->stack;

	if (stack->pushes_count == 0)
		return -1;
	stack->used -= stack->pushes[--stack->pushes_count];
	return 0;
}

static int read_range(struct globset_reader *r)
{
	unsigned int count = GLOBCNT_SIZE - r->stack.used;
	const unsigned char *low = mapi_in_bytes(r->in, count);
	const unsigned char *high = mapi_in_bytes(r->in, count);

	if (low == NULL || high == NULL)
		return -1;
	return reader_add(r, stack_number(&r->stack, low),
			  stack_number(&r->stack, high));
}

/* Bit n stands for the number n + 1 behind the first. */
static int read_bitmask(struct globset_reader *r)
{
	unsigned char start = mapi_in_u8(r->in), bits = mapi_in_u8(r->in);
	unsigned int i, first = start, last = start;
	uint64_t base;

	if (r->in->broken || r->stack.used != GLOBCNT_SIZE - 1)
		return -1;
	base = stack_number(&r->stack, &uchar_nul);
	for (i = 0; i < 8; i++) {
		if ((bits & (1 << i)) == 0)
			continue;
		if (start + i + 1 > 0xff)
			return -1;
		if (start + i != last) {
			if (reader_add(r, base + first, base + last) < 0)
				return -1;
			first = start + i + 1;
		}
		last = start + i + 1;
	}
	return reader_add(r, base + first, base + last);
}

static int read_globset(struct globset_reader *r)
{
	unsigned int cmd;
	int ret;

	for (;;) {
		cmd = mapi_in_u8(r->in);
		if (r->in->broken)
			return -1;
		if (cmd == CMD_END)
			return r->stack.used == 0 ? 0 : -1;
		if (cmd <= CMD_PUSH_MAX)
			ret = read_push(r, cmd);
		else if (cmd == CMD_POP)
			ret = read_pop(r);
		else if (cmd == CMD_RANGE)
			ret = read_range(r);
		else if (cmd == CMD_BITMASK)
			ret = read_bitmask(r);
		else
			ret = -1;
		if (ret < 0)
			return -1;
	}
}

static int parse_replicas(struct mapi_idset *set, const void *data, size_t size)
{
	unsigned int ranges_left = MAPI_IDSET_MAX_RANGES;
	struct mapi_idset_replica *replica;
	struct mapi_in in;
	guid_128_t guid;
	uint16_t replid;

	mapi_in_init(&in, MAPI_FORM_FX, set->pool, data, size);
	while (mapi_in_left(&in) > 0) {
		struct globset_reader r = {
			.in = &in, .ranges_left = &ranges_left
		};

		i_zero(&guid);
		replid = 0;
		if (set->by_guid)
			mapi_in_guid(&in, guid);
		else
			replid = mapi_in_u16(&in);
		if (in.broken)
			return -1;
		replica = replica_get(set, guid, replid);
		r.ranges = &replica->ranges;
		if (read_globset(&r) < 0)
			return -1;
	}
	return 0;
}

int mapi_idset_parse(struct mapi_idset *set, const void *data, size_t size)
{
	struct mapi_idset_replica *replica;
	int ret = parse_replicas(set, data, size);

	array_foreach_modifiable(&set->replicas, replica)
		ranges_normalise(&replica->ranges);
	return ret;
}

/* --- writing --------------------------------------------------------------------------------- */

/* Pushes are made in two steps at most: what all numbers have in common, then what
   those in a row have. */
struct globset_writer {
	buffer_t *out;
	unsigned char stack[GLOBCNT_SIZE];
	unsigned int used;
};

static void globcnt_bytes(uint64_t num, unsigned char bytes_r[GLOBCNT_SIZE])
{
	unsigned int i;

	for (i = 0; i < GLOBCNT_SIZE; i++)
		bytes_r[i] = num >> (8 * (GLOBCNT_SIZE - 1 - i));
}

static unsigned int common_bytes(uint64_t a, uint64_t b)
{
	unsigned char x[GLOBCNT_SIZE], y[GLOBCNT_SIZE];
	unsigned int i;

	globcnt_bytes(a, x);
	globcnt_bytes(b, y);
	for (i = 0; i < GLOBCNT_SIZE && x[i] == y[i]; i++) ;
	return i;
}

/* The bytes of a number behind what the stack has, up to so many of its own */
static void
write_push(struct globset_writer *w, uint64_t num, unsigned int upto)
{
	unsigned char bytes[GLOBCNT_SIZE];

	globcnt_bytes(num, bytes);
	mapi_out_u8(w->out, upto - w->used);
	buffer_append(w->out, bytes + w->used, upto - w->used);
	if (upto < GLOBCNT_SIZE)
		w->used = upto;
}

static void
write_range(struct globset_writer *w, const struct mapi_idset_range *range)
{
	unsigned char low[GLOBCNT_SIZE], high[GLOBCNT_SIZE];

	if (range->low == range->high) {
		write_push(w, range->low, GLOBCNT_SIZE);
		return;
	}
	globcnt_bytes(range->low, low);
	globcnt_bytes(range->high, high);
	mapi_out_u8(w->out, CMD_RANGE);
	buffer_append(w->out, low + w->used, GLOBCNT_SIZE - w->used);
	buffer_append(w->out, high + w->used, GLOBCNT_SIZE - w->used);
}

/* With five bytes on the stack: how many ranges from this one on lie within eight
   numbers behind its first? */
static unsigned int
bitmask_count(const struct mapi_idset_range *range, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (range[i].high - range[0].low > 8)
			break;
	}
	return i;
}

static void
write_bitmask(struct globset_writer *w, const struct mapi_idset_range *range,
	      unsigned int count)
{
	unsigned int i, bits = 0;
	uint64_t num;

	for (i = 0; i < count; i++) {
		for (num = range[i].low; num <= range[i].high; num++) {
			if (num > range[0].low)
				bits |= 1 << (num - range[0].low - 1);
		}
	}
	mapi_out_u8(w->out, CMD_BITMASK);
	mapi_out_u8(w->out, range[0].low & 0xff);
	mapi_out_u8(w->out, bits);
}

/* Ranges that share their first five bytes */
static void
write_block(struct globset_writer *w, const struct mapi_idset_range *range,
	    unsigned int count)
{
	unsigned int outer = w->used, n;

	write_push(w, range[0].low, GLOBCNT_SIZE - 1);
	while (count > 0) {
		n = bitmask_count(range, count);
		if (n > 1)
			write_bitmask(w, range, n);
		else
			write_range(w, range);
		n = I_MAX(n, 1);
		range += n;
		count -= n;
	}
	mapi_out_u8(w->out, CMD_POP);
	w->used = outer;
}

/* How many from this one on share five bytes? */
static unsigned int
block_count(const struct mapi_idset_range *range, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (common_bytes(range[0].low, range[i].high) <
		    GLOBCNT_SIZE - 1)
			break;
	}
	return i;
}

static void
write_globset(buffer_t *out, const ARRAY_TYPE(mapi_idset_range) *ranges)
{
	struct globset_writer w = { .out = out };
	unsigned int i, n, count, common;
	const struct mapi_idset_range *range = array_get(ranges, &count);

	common = common_bytes(range[0].low, range[count - 1].high);
	if (common > 0 && common < GLOBCNT_SIZE)
		write_push(&w, range[0].low, common);
	for (i = 0; i < count; i += n) {
		n = w.used >= GLOBCNT_SIZE - 1 ? 0 :
			block_count(range + i, count - i);
		if (n > 1) {
			write_block(&w, range + i, n);
			continue;
		}
		n = w.used < GLOBCNT_SIZE - 1 ? 0 :
			bitmask_count(range + i, count - i);
		if (n > 1)
			write_bitmask(&w, range + i, n);
		else
			write_range(&w, range + i);
		n = I_MAX(n, 1);
	}
	if (w.used > 0)
		mapi_out_u8(out, CMD_POP);
	mapi_out_u8(out, CMD_END);
}

static int replica_cmp_guid(const struct mapi_idset_replica *const *a,
			    const struct mapi_idset_replica *const *b)
{
	return memcmp((*a)->guid, (*b)->guid, GUID_128_SIZE);
}

static int replica_cmp_replid(const struct mapi_idset_replica *const *a,
			      const struct mapi_idset_replica *const *b)
{
	return (int)(*a)->replid - (int)(*b)->replid;
}

void mapi_idset_write(buffer_t *out, const struct mapi_idset *set)
{
	ARRAY(const struct mapi_idset_replica *) sorted;
	const struct mapi_idset_replica *replica;

	t_array_init(&sorted, 4);
	array_foreach(&set->replicas, replica)
		array_push_back(&sorted, &replica);
	if (set->by_guid)
		array_sort(&sorted, replica_cmp_guid);
	else
		array_sort(&sorted, replica_cmp_replid);
	array_foreach_elem(&sorted, replica) {
		if (array_count(&replica->ranges) == 0)
			continue;
		if (set->by_guid)
			buffer_append(out, replica->guid,
				      GUID_128_SIZE);
		else
			mapi_out_u16(out, replica->replid);
		write_globset(out, &replica->ranges);
	}
}
