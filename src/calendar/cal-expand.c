/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The occurrences of an object: its rule, what was added to it, taken out of it,
   and moved. */

#include "lib.h"
#include "cal-private.h"

/* No two offsets of one zone are further apart */
#define SLACK (2 * CAL_DAY)

ARRAY_DEFINE_TYPE(cal_utc, time_t);

struct override {
	time_t original;
	const struct cal_entry *entry;
};

struct expand {
	const struct cal_object *obj;
	const struct zone *local;
	ARRAY_TYPE(cal_utc) deleted;
	ARRAY(struct override) overrides;
	/* RANGE=THISANDFUTURE */
	ARRAY(struct override) futures;
	/* of whole-day ones in days, else in seconds */
	int64_t duration;
	/* widest move of a THISANDFUTURE */
	int64_t shift;
};

/* --- times of one ---------------------------------------------------------------------- */

static bool has_start(const struct cal_entry *entry)
{
	return entry->start.form != CAL_TIME_NONE;
}

/* Tasks may have a due time only, or nothing. */
static const struct cal_time *entry_start(const struct cal_entry *entry)
{
	return has_start(entry) ? &entry->start : &entry->end;
}

static const struct cal_time *entry_end(const struct cal_entry *entry)
{
	return entry->end.form != CAL_TIME_NONE ? &entry->end : &entry->start;
}

static int64_t wall_secs(const struct cal_time *time)
{
	return zone_wall_secs(&time->wall);
}

/* Whole days last by the calendar, others by the clock. */
static int64_t
entry_duration(const struct cal_entry *entry, const struct zone *local)
{
	const struct cal_time *start = entry_start(entry);
	const struct cal_time *end = entry_end(entry);
	int64_t secs;

	if (start->form == CAL_TIME_NONE)
		return 0;
	if (start->form == CAL_TIME_DATE && end->form == CAL_TIME_DATE)
		secs = wall_secs(end) - wall_secs(start);
	else
		secs = (int64_t)cal_time_utc(end, local) -
			cal_time_utc(start, local);
	return I_MAX(secs, 0);
}

/* The form of `form`, at another wall clock */
static time_t
local_utc(const struct cal_time *form, int64_t local_secs,
	  const struct zone *local)
{
	struct cal_time time = *form;

	zone_secs_wall(local_secs, &time.wall);
	return cal_time_utc(&time, local);
}

static time_t
local_end(const struct cal_entry *entry, int64_t local_secs, int64_t duration,
	  const struct zone *local)
{
	const struct cal_time *start = entry_start(entry);

	if (start->form == CAL_TIME_DATE)
		return local_utc(start, local_secs + duration, local);
	return local_utc(start, local_secs, local) + duration;
}

/* Wall clock of an instant in the form that the series has */
static int64_t utc_local(const struct cal_time *form, time_t utc,
			 const struct zone *local)
{
	struct zone_wall wall;

	if (form->form == CAL_TIME_ZONE)
		local = form->zone;
	else if (form->form == CAL_TIME_UTC || local == NULL)
		return utc;
	zone_wall(local, utc, &wall);
	return zone_wall_secs(&wall);
}

/* --- what is not as the rule has it ------------------------------------------------------ */

static int utc_cmp(const time_t *a, const time_t *b)
{
	return *a < *b ? -1 : (*a > *b ? 1 : 0);
}

static int override_cmp(const struct override *a, const struct override *b)
{
	return utc_cmp(&a->original, &b->original);
}

static void expand_init(struct expand *expand_r, const struct cal_object *obj,
			const struct zone *local, pool_t pool)
{
	const struct cal_time *time;
	const struct cal_entry *entry;
	struct override over;
	time_t utc;

	i_zero(expand_r);
	expand_r->obj = obj;
	expand_r->local = local;
	expand_r->duration = entry_duration(&obj->master, local);
	p_array_init(&expand_r->deleted, pool,
		     array_count(&obj->deleted) + 1);
	p_array_init(&expand_r->overrides, pool,
		     array_count(&obj->exceptions) + 1);
	p_array_init(&expand_r->futures, pool, 1);
	array_foreach(&obj->deleted, time) {
		utc = cal_time_utc(time, local);
		array_push_back(&expand_r->deleted, &utc);
	}
	array_foreach(&obj->exceptions, entry) {
		over.original = cal_time_utc(&entry->recurrence_id, local);
		over.entry = entry;
		array_push_back(&expand_r->overrides, &over);
		if (entry->this_and_future && has_start(entry)) {
			int64_t shift = wall_secs(&entry->start) -
				wall_secs(&entry->recurrence_id);

			array_push_back(&expand_r->futures, &over);
			expand_r->shift = I_MAX(expand_r->shift, llabs(shift));
		}
	}
	array_sort(&expand_r->deleted, utc_cmp);
	array_sort(&expand_r->overrides, override_cmp);
	array_sort(&expand_r->futures, override_cmp);
}

static bool is_deleted(struct expand *expand, time_t original)
{
	return array_bsearch(&expand->deleted, &original, utc_cmp) != NULL;
}

static const struct cal_entry *
find_override(struct expand *expand, time_t original)
{
	struct override key = { .original = original };
	const struct override *over;

	over = array_bsearch(&expand->overrides, &key, override_cmp);
	return over == NULL ? NULL : over->entry;
}

/* The last THISANDFUTURE at or before it */
static const struct cal_entry *
find_future(struct expand *expand, time_t original)
{
	const struct override *over;
	const struct cal_entry *entry = NULL;

	array_foreach(&expand->futures, over) {
		if (over->original > original)
			break;
		entry = over->entry;
	}
	return entry;
}

/* --- instances ------------------------------------------------------------------------------- */

struct window {
	time_t from, to;
	unsigned int max;
	ARRAY_TYPE(cal_instance) *instances;
};

static bool touches(const struct window *window,
		    const struct cal_instance *instance)
{
	/* without length: at a point of it */
	if (instance->end <= instance->start) {
		return instance->start >= window->from &&
			instance->start < window->to;
	}
	return instance->end > window->from && instance->start < window->to;
}

static void instance_add(struct window *window,
			 const struct cal_instance *instance)
{
	if (touches(window, instance))
		array_push_back(window->instances, instance);
}

/* Of the series, unless it was deleted or has an entry of its own */
static void series_instance(struct expand *expand, struct window *window,
			    int64_t local_secs)
{
	const struct cal_entry *entry = &expand->obj->master, *future;
	const struct cal_time *start = entry_start(entry);
	struct cal_instance instance;

	instance.original = local_utc(start, local_secs, expand->local);
	if (is_deleted(expand, instance.original) ||
	    find_override(expand, instance.original) != NULL)
		return;
	instance.entry = entry;
	instance.start = instance.original;
	instance.end = local_end(entry, local_secs, expand->duration,
				 expand->local);
	future = find_future(expand, instance.original);
	if (future != NULL) {
		local_secs += wall_secs(&future->start) -
			wall_secs(&future->recurrence_id);
		instance.entry = future;
		instance.start = local_utc(&future->start, local_secs,
					   expand->local);
		instance.end = local_end(future, local_secs,
					 entry_duration(future, expand->local),
					 expand->local);
	}
	instance_add(window, &instance);
}

/* Last start that the rule's UNTIL lets be, as wall clock of the series */
static int64_t rule_until(const struct cal_object *obj,
			  const struct zone *local)
{
	const struct cal_time *until = &obj->rule.until;
	const struct cal_time *start = entry_start(&obj->master);

	if (until->form == CAL_TIME_NONE)
		return INT64_MAX;
	if (until->form == CAL_TIME_DATE)
		return wall_secs(until) + CAL_DAY - 1;
	if (until->form == CAL_TIME_FLOATING)
		return wall_secs(until);
	/* of whole days the date counts, whichever way it is said */
	if (start->form == CAL_TIME_DATE && until->form == CAL_TIME_UTC &&
	    wall_secs(until) % CAL_DAY == 0)
		return wall_secs(until);
	return utc_local(start, cal_time_utc(until, local), local);
}

static struct cal_recur *
recur_init(const struct cal_object *obj, const struct zone *local,
	   int64_t last)
{
	const struct cal_time *start = entry_start(&obj->master);

	return cal_recur_init(&obj->rule, wall_secs(start),
			      start->form == CAL_TIME_DATE,
			      I_MIN(rule_until(obj, local), last));
}

/* Returns TRUE if there may be more than were looked at. */
static bool series_expand(struct expand *expand, struct window *window)
{
	const struct cal_object *obj = expand->obj;
	const struct cal_time *start = entry_start(&obj->master);
	struct cal_recur *recur;
	int64_t local_secs, first, last = INT64_MAX;
	unsigned int steps = 0;
	bool more;

	if (start->form == CAL_TIME_NONE)
		return FALSE;
	if (obj->rule.freq == CAL_FREQ_NONE) {
		series_instance(expand, window, wall_secs(start));
		return FALSE;
	}
	first = utc_local(start, window->from, expand->local) -
		expand->duration - expand->shift - SLACK;
	if (window->to < INT64_MAX / 2) {
		last = utc_local(start, window->to, expand->local) +
			expand->shift + SLACK;
	}
	recur = recur_init(obj, expand->local, last);
	cal_recur_seek(recur, first);
	while ((more = cal_recur_next(recur, &local_secs))) {
		if (++steps > CAL_MAX_STEPS)
			break;
		if (local_secs >= first)
			series_instance(expand, window, local_secs);
		/* what comes is later, but for moved ones */
		if (array_count(&expand->futures) == 0 &&
		    array_count(window->instances) > window->max)
			break;
	}
	more = more || cal_recur_exhausted(recur);
	cal_recur_deinit(&recur);
	return more;
}

static void added_expand(struct expand *expand, struct window *window)
{
	const struct cal_object *obj = expand->obj;
	const struct cal_time *time;
	const struct cal_instance *instance;
	time_t original;
	bool known;

	array_foreach(&obj->added, time) {
		original = cal_time_utc(time, expand->local);
		known = FALSE;
		if (array_count(&obj->added) < 100) {
			array_foreach(window->instances, instance) {
				if (instance->original == original)
					known = TRUE;
			}
		} else {
			known = cal_is_occurrence_by_rule(obj, expand->local,
							  original);
		}
		if (!known)
			series_instance(expand, window, wall_secs(time));
	}
}

static void exceptions_expand(struct expand *expand,
			      struct window *window)
{
	const struct override *over;
	struct cal_instance instance;

	array_foreach(&expand->overrides, over) {
		if (is_deleted(expand, over->original) ||
		    entry_start(over->entry)->form == CAL_TIME_NONE)
			continue;
		instance.entry = over->entry;
		instance.original = over->original;
		instance.start = cal_time_utc(entry_start(over->entry),
					      expand->local);
		instance.end = cal_time_utc(entry_end(over->entry),
					    expand->local);
		instance_add(window, &instance);
	}
}

static int instance_cmp(const struct cal_instance *a,
			const struct cal_instance *b)
{
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return utc_cmp(&a->original, &b->original);
}

int cal_expand(const struct cal_object *obj, const struct zone *local,
	       time_t from, time_t to, unsigned int max, pool_t pool,
	       ARRAY_TYPE(cal_instance) *instances_r)
{
	struct window window = { from, to, max, instances_r };
	struct expand expand;
	pool_t temp = pool_alloconly_create("cal_expand", 1024);
	bool more = FALSE;

	if (!array_is_created(instances_r))
		p_array_init(instances_r, pool, 16);
	else
		array_clear(instances_r);
	expand_init(&expand, obj, local, temp);
	if (obj->have_master) {
		more = series_expand(&expand, &window);
		added_expand(&expand, &window);
	}
	exceptions_expand(&expand, &window);
	pool_unref(&temp);
	array_sort(instances_r, instance_cmp);
	if (array_count(instances_r) > max) {
		array_delete(instances_r, max,
			     array_count(instances_r) - max);
		more = TRUE;
	}
	return more ? 1 : 0;
}

/* --- whole range --------------------------------------------------------------------------------- */

struct bounds {
	int64_t first, last;
	bool any;
};

static void bounds_add(struct bounds *bounds, int64_t start, int64_t end)
{
	if (!bounds->any || start < bounds->first)
		bounds->first = start;
	if (!bounds->any || end > bounds->last)
		bounds->last = I_MAX(start, end);
	bounds->any = TRUE;
}

/* Last start of a rule that ends; FALSE: none, or too far to look */
static bool rule_last(const struct cal_object *obj, const struct zone *local,
		      int64_t *last_r)
{
	static const int64_t back[] = {
		40 * CAL_DAY, 800 * CAL_DAY, 9000 * (int64_t)CAL_DAY, 0,
	};
	int64_t until = rule_until(obj, local), local_secs;
	unsigned int i, interval = I_MAX(obj->rule.interval, 1);
	struct cal_recur *recur;
	bool found = FALSE, exhausted = FALSE;

	/* without COUNT only the end has to be looked at */
	for (i = 0; i < N_ELEMENTS(back) && !found && !exhausted; i++) {
		recur = recur_init(obj, local, INT64_MAX);
		if (obj->rule.count == 0 && back[i] != 0 &&
		    until != INT64_MAX)
			cal_recur_seek(recur, until - back[i] * interval);
		while (cal_recur_next(recur, &local_secs)) {
			*last_r = local_secs;
			found = TRUE;
		}
		exhausted = cal_recur_exhausted(recur);
		cal_recur_deinit(&recur);
	}
	return found && !exhausted;
}

static void series_bounds(const struct cal_object *obj,
			  const struct zone *local, struct bounds *bounds)
{
	const struct cal_entry *master = &obj->master;
	const struct cal_time *start = entry_start(master), *time;
	int64_t duration = entry_duration(master, local), last = 0;

	if (start->form == CAL_TIME_NONE)
		return;
	bounds_add(bounds, cal_time_utc(start, local),
		   cal_time_utc(entry_end(master), local));
	array_foreach(&obj->added, time) {
		bounds_add(bounds, cal_time_utc(time, local),
			   local_end(master, wall_secs(time), duration, local));
	}
	if (obj->rule.freq == CAL_FREQ_NONE)
		return;
	if (obj->rule.count == 0 && obj->rule.until.form == CAL_TIME_NONE)
		bounds->last = INT64_MAX;
	else if (rule_last(obj, local, &last)) {
		bounds_add(bounds, bounds->first,
			   local_end(master, last, duration, local));
	} else {
		bounds->last = INT64_MAX;
	}
}

void cal_bounds(const struct cal_object *obj, const struct zone *local,
		int64_t *first_r, int64_t *last_r)
{
	struct bounds bounds = { 0, 0, FALSE };
	const struct cal_entry *entry;

	if (obj->have_master)
		series_bounds(obj, local, &bounds);
	array_foreach(&obj->exceptions, entry) {
		if (entry_start(entry)->form == CAL_TIME_NONE)
			continue;
		bounds_add(&bounds, cal_time_utc(entry_start(entry), local),
			   cal_time_utc(entry_end(entry), local));
		/* all that come later move with it */
		if (entry->this_and_future && obj->have_master &&
		    obj->rule.freq != CAL_FREQ_NONE)
			bounds.last = INT64_MAX;
	}
	*first_r = bounds.any ? bounds.first : INT64_MIN;
	*last_r = bounds.any ? bounds.last : INT64_MAX;
}

/* --- one occurrence ------------------------------------------------------------------------------------ */

bool cal_is_occurrence_by_rule(const struct cal_object *obj,
			       const struct zone *local, time_t original)
{
	const struct cal_time *start = entry_start(&obj->master);
	struct cal_recur *recur;
	int64_t local_secs, want;
	unsigned int steps = 0;
	bool found = FALSE;

	if (!obj->have_master || start->form == CAL_TIME_NONE)
		return FALSE;
	if (cal_time_utc(start, local) == original)
		return TRUE;
	if (obj->rule.freq == CAL_FREQ_NONE)
		return FALSE;
	want = utc_local(start, original, local);
	/* a clock that was put forward gives another wall than the rule's */
	recur = recur_init(obj, local, want + SLACK);
	cal_recur_seek(recur, want - SLACK);
	while (!found && steps < 10 * CAL_MAX_STEPS &&
	       cal_recur_next(recur, &local_secs)) {
		steps++;
		found = local_secs >= want - SLACK &&
			local_utc(start, local_secs, local) == original;
	}
	cal_recur_deinit(&recur);
	return found;
}

bool cal_is_occurrence(const struct cal_object *obj, const struct zone *local,
		       time_t original)
{
	const struct cal_time *time;

	if (cal_is_occurrence_by_rule(obj, local, original))
		return TRUE;
	array_foreach(&obj->added, time) {
		if (cal_time_utc(time, local) == original)
			return TRUE;
	}
	return FALSE;
}

static struct cal_entry *
find_exception(const struct cal_object *obj, const struct zone *local,
	       time_t original)
{
	const struct cal_entry *entry;

	array_foreach(&obj->exceptions, entry) {
		if (cal_time_utc(&entry->recurrence_id, local) == original)
			return (struct cal_entry *)entry;
	}
	return NULL;
}

static bool is_deleted_at(const struct cal_object *obj,
			  const struct zone *local, time_t original)
{
	const struct cal_time *time;

	array_foreach(&obj->deleted, time) {
		if (cal_time_utc(time, local) == original)
			return TRUE;
	}
	return FALSE;
}

const struct cal_entry *
cal_occurrence(const struct cal_object *obj, const struct zone *local,
	       time_t original)
{
	const struct cal_entry *entry;
	struct expand expand;

	if (is_deleted_at(obj, local, original))
		return NULL;
	entry = find_exception(obj, local, original);
	if (entry != NULL)
		return entry;
	if (!cal_is_occurrence(obj, local, original))
		return NULL;
	T_BEGIN {
		expand_init(&expand, obj, local, pool_datastack_create());
		entry = find_future(&expand, original);
	} T_END;
	return entry != NULL ? entry : &obj->master;
}

static void undelete(struct cal_object *obj, const struct zone *local,
		     time_t original)
{
	unsigned int i;

	for (i = array_count(&obj->deleted); i > 0; i--) {
		if (cal_time_utc(array_idx(&obj->deleted, i - 1), local) ==
		    original)
			array_delete(&obj->deleted, i - 1, 1);
	}
}

/* A time of the series (its start, its end) for another occurrence */
static void time_at(struct cal_time *time, const struct cal_time *form,
		    int64_t local_secs)
{
	*time = *form;
	zone_secs_wall(local_secs, &time->wall);
}

struct cal_entry *cal_exception_need(pool_t pool, struct cal_object *obj,
				     const struct zone *local, time_t original)
{
	const struct cal_entry *base;
	struct cal_entry *entry, copy;
	const struct cal_time *start;
	int64_t duration, id;
	time_t utc;

	entry = find_exception(obj, local, original);
	if (entry == NULL && !cal_is_occurrence(obj, local, original))
		return NULL;
	undelete(obj, local, original);
	if (entry != NULL)
		return entry;
	base = cal_occurrence(obj, local, original);
	cal_entry_dup(pool, base, &copy);
	copy.this_and_future = FALSE;
	start = entry_start(&obj->master);
	id = utc_local(start, original, local);
	time_at(&copy.recurrence_id, start, id);
	if (base != &obj->master) {
		id += wall_secs(&base->start) - wall_secs(&base->recurrence_id);
	}
	start = entry_start(base);
	duration = entry_duration(base, local);
	if (has_start(base))
		time_at(&copy.start, start, id);
	if (copy.end.form == CAL_TIME_DATE)
		time_at(&copy.end, start, id + duration);
	else if (copy.end.form != CAL_TIME_NONE) {
		utc = local_end(base, id, duration, local);
		time_at(&copy.end, &base->end,
			utc_local(&base->end, utc, local));
	}
	array_push_back(&obj->exceptions, &copy);
	return array_back_modifiable(&obj->exceptions);
}
