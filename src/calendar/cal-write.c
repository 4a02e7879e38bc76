/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* cal_object to text: into the components of the text that it came from. */

#include "lib.h"
#include "cal-private.h"

static const char *const kind_names[] = { "VEVENT", "VTODO", "VJOURNAL" };

/* --- dates of the series --------------------------------------------------------------- */

static int cal_time_cmp(const struct cal_time *a, const struct cal_time *b)
{
	time_t x = cal_time_utc(a, NULL), y = cal_time_utc(b, NULL);

	return x < y ? -1 : (x > y ? 1 : 0);
}

static bool dates_equal(const ARRAY_TYPE(cal_time) *a,
			const ARRAY_TYPE(cal_time) *b)
{
	const struct cal_time *x, *y;
	unsigned int i, count_a, count_b;

	x = array_get(a, &count_a);
	y = array_get(b, &count_b);
	if (count_a != count_b)
		return FALSE;
	for (i = 0; i < count_a; i++) {
		if (!cal_time_equal(&x[i], &y[i]))
			return FALSE;
	}
	return TRUE;
}

/* Each once, in order; one line for each, which all can read. */
static void dates_write(struct cal_source *source, struct ical_comp *comp,
			const char *name, const ARRAY_TYPE(cal_time) *dates)
{
	ARRAY_TYPE(cal_time) sorted;
	struct ical_comp *line = ical_comp_new(source->pool, "LINE");
	const struct cal_time *time, *last = NULL;

	ical_remove_all(comp, name);
	t_array_init(&sorted, array_count(dates) + 1);
	array_append_array(&sorted, dates);
	array_sort(&sorted, cal_time_cmp);
	array_foreach(&sorted, time) {
		if (last != NULL && cal_time_cmp(last, time) == 0)
			continue;
		last = time;
		/* made apart, as there may be many of its name */
		line->props = NULL;
		line->props_tail = &line->props;
		cal_time_write(source, line, name, time);
		if (line->props != NULL)
			ical_add_dup(source->pool, comp, line->props);
	}
}

static void rule_write(struct cal_source *source, struct ical_comp *comp,
		       const struct cal_object *obj, bool reformed)
{
	const struct cal_rule *rule = &obj->rule, *old = &source->obj->rule;
	string_t *value;

	if (!cal_rule_equal(rule, old) ||
	    (reformed && rule->until.form != CAL_TIME_NONE)) {
		ical_remove_all(comp, "EXRULE");
		ical_remove_all(comp, "RRULE");
		value = t_str_new(128);
		if (rule->freq != CAL_FREQ_NONE) {
			cal_rule_append(value, rule, &obj->master.start);
			ical_add(source->pool, comp, "RRULE", "", str_c(value));
		}
	}
	if (rule->regenerate != old->regenerate)
		cal_value_write(source->pool, comp, "X-DOVETAIL-REGENERATE",
				rule->regenerate ? "TRUE" : NULL);
	if (rule->dead_occur != old->dead_occur)
		cal_value_write(source->pool, comp, "X-DOVETAIL-DEAD-OCCUR",
				rule->dead_occur ? "TRUE" : NULL);
	if (rule->calendar_type != old->calendar_type)
		cal_value_write(source->pool, comp, "X-DOVETAIL-RULE-CALENDAR",
				rule->calendar_type == 0 ? NULL :
				t_strdup_printf("%u", rule->calendar_type));
}

static void master_write(struct cal_source *source, const struct cal_object *obj)
{
	struct ical_comp *comp = source->master;
	struct cal_entry empty;
	const struct cal_entry *old = &source->obj->master;
	bool reformed;

	if (!obj->have_master) {
		if (comp != NULL)
			ical_comp_remove(source->root, comp);
		source->master = NULL;
		return;
	}
	if (comp == NULL) {
		comp = ical_comp_new(source->pool, kind_names[obj->kind]);
		ical_add(source->pool, comp, "UID", "", "");
		ical_comp_append(source->root, comp);
		cal_entry_init(source->pool, &empty);
		old = &empty;
		source->master = comp;
	}
	reformed = old->start.form != obj->master.start.form ||
		!zone_equal(old->start.zone, obj->master.start.zone);
	cal_entry_write(source, comp, &obj->master, old);
	rule_write(source, comp, obj, reformed);
	if (!dates_equal(&obj->deleted, &source->obj->deleted))
		dates_write(source, comp, "EXDATE", &obj->deleted);
	if (!dates_equal(&obj->added, &source->obj->added))
		dates_write(source, comp, "RDATE", &obj->added);
}

/* --- exceptions ---------------------------------------------------------------------------- */

static bool is_deleted(const struct cal_object *obj,
		       const struct cal_entry *entry)
{
	const struct cal_time *time;

	array_foreach(&obj->deleted, time) {
		if (cal_time_cmp(time, &entry->recurrence_id) == 0)
			return TRUE;
	}
	return FALSE;
}

static void uid_write(struct cal_source *source, struct ical_comp *comp,
		      const char *uid)
{
	const char *is = ical_get(comp, "UID");
	string_t *value;

	if (is != NULL && strcmp(is, uid) == 0)
		return;
	value = t_str_new(128);
	ical_text_append(value, uid);
	if (is == NULL || strcmp(t_str_trim(is, " \t"), str_c(value)) != 0)
		cal_value_write(source->pool, comp, "UID", str_c(value));
}

/* One that is new begins as the series' component. */
static struct ical_comp *
exception_new(struct cal_source *source, const struct cal_object *obj)
{
	static const char *const of_series[] = {
		"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID",
		"X-DOVETAIL-REGENERATE", "X-DOVETAIL-DEAD-OCCUR",
		"X-DOVETAIL-RULE-CALENDAR",
	};
	struct ical_comp *comp;
	unsigned int i;

	if (source->master == NULL) {
		comp = ical_comp_new(source->pool, kind_names[obj->kind]);
		ical_add(source->pool, comp, "UID", "", "");
	} else {
		comp = ical_comp_dup(source->pool, source->master);
		for (i = 0; i < N_ELEMENTS(of_series); i++)
			ical_remove_all(comp, of_series[i]);
	}
	ical_comp_append(source->root, comp);
	return comp;
}

static void exception_write(struct cal_source *source,
			    const struct cal_object *obj,
			    const struct cal_entry *entry, unsigned int idx)
{
	struct ical_comp *comp;
	struct cal_entry empty;
	const struct cal_entry *old;

	if (idx != UINT_MAX) {
		comp = array_idx_elem(&source->exceptions, idx);
		old = array_idx(&source->obj->exceptions, idx);
	} else {
		comp = exception_new(source, obj);
		cal_entry_init(source->pool, &empty);
		old = source->master == NULL ? &empty : &obj->master;
	}
	if (idx == UINT_MAX ||
	    !cal_time_equal(&entry->recurrence_id, &old->recurrence_id)) {
		cal_time_write(source, comp, "RECURRENCE-ID",
			       &entry->recurrence_id);
	}
	if (entry->this_and_future != old->this_and_future) {
		ical_param_set(source->pool, ical_find(comp, "RECURRENCE-ID"),
			       "RANGE", entry->this_and_future ?
			       "THISANDFUTURE" : NULL);
	}
	cal_entry_write(source, comp, entry, old);
	uid_write(source, comp, obj->uid);
}

/* Index of the exception in the text before, UINT_MAX: it is new */
static unsigned int
exception_find(const struct cal_source *source, const struct cal_entry *entry)
{
	const struct cal_entry *entries;
	unsigned int left = 0, right, mid;
	int ret;

	entries = array_get(&source->obj->exceptions, &right);
	while (left < right) {
		mid = (left + right) / 2;
		ret = cal_entry_cmp(&entries[mid], entry);
		if (ret == 0)
			return mid;
		if (ret < 0)
			left = mid + 1;
		else
			right = mid;
	}
	return UINT_MAX;
}

static void exceptions_write(struct cal_source *source,
			     const struct cal_object *obj)
{
	unsigned int i, idx, count = array_count(&source->obj->exceptions);
	bool *keep = p_new(source->pool, bool, count + 1);
	const struct cal_entry *entry;

	array_foreach(&obj->exceptions, entry) {
		if (entry->recurrence_id.form == CAL_TIME_NONE ||
		    is_deleted(obj, entry))
			continue;
		idx = exception_find(source, entry);
		if (idx != UINT_MAX) {
			if (keep[idx])
				continue;
			keep[idx] = TRUE;
		}
		T_BEGIN {
			exception_write(source, obj, entry, idx);
		} T_END;
	}
	for (i = 0; i < count; i++) {
		if (!keep[i]) {
			ical_comp_remove(source->root,
				array_idx_elem(&source->exceptions, i));
		}
	}
}

/* --- zones ------------------------------------------------------------------------------------ */

static void tzids_add(ARRAY_TYPE(const_string) *tzids, const char *tzid)
{
	const char *const *namep;

	array_foreach(tzids, namep) {
		if (strcmp(*namep, tzid) == 0)
			return;
	}
	array_push_back(tzids, &tzid);
}

/* TZIDs that the components use, those below them too */
static void tzids_used(pool_t pool, const struct ical_comp *comp,
		       ARRAY_TYPE(const_string) *tzids)
{
	const struct ical_comp *child;
	const struct ical_prop *prop;
	const char *tzid;

	for (prop = comp->props; prop != NULL; prop = prop->next) T_BEGIN {
		if (prop->line[prop->name_size] == ';' &&
		    (tzid = ical_param(prop, "TZID")) != NULL &&
		    *tzid != '\0')
			tzids_add(tzids, p_strdup(pool, tzid));
	} T_END;
	for (child = comp->comps; child != NULL; child = child->next) {
		if (strcmp(child->name, "VTIMEZONE") != 0)
			tzids_used(pool, child, tzids);
	}
}

bool cal_tzid_used(const struct ical_comp *comp, const char *tzid)
{
	const struct ical_comp *child;
	const struct ical_prop *prop;
	const char *is;
	bool used = FALSE;

	for (prop = comp->props; prop != NULL && !used; prop = prop->next) T_BEGIN {
		used = prop->line[prop->name_size] == ';' &&
			(is = ical_param(prop, "TZID")) != NULL &&
			strcmp(is, tzid) == 0;
	} T_END;
	for (child = comp->comps; child != NULL && !used; child = child->next) {
		if (strcmp(child->name, "VTIMEZONE") != 0)
			used = cal_tzid_used(child, tzid);
	}
	return used;
}

static struct ical_comp *
vtimezone_find(const struct cal_source *source, const char *tzid)
{
	struct ical_comp *comp;
	const char *value;

	for (comp = ical_comp_find(source->root, "VTIMEZONE"); comp != NULL;
	     comp = ical_comp_again(comp)) {
		value = ical_get(comp, "TZID");
		if (value != NULL && strcmp(value, tzid) == 0)
			return comp;
	}
	return NULL;
}

/* From when on do the times go? */
static time_t object_from(const struct cal_object *obj)
{
	const struct cal_entry *entry;
	time_t from = 0, start;

	if (obj->have_master)
		from = cal_time_utc(&obj->master.start, NULL);
	array_foreach(&obj->exceptions, entry) {
		start = cal_time_utc(&entry->start, NULL);
		if (start != 0 && (from == 0 || start < from))
			from = start;
	}
	return from;
}

static void vtimezone_add(struct cal_source *source, const char *tzid,
			  time_t from)
{
	const struct zone *zone = cal_source_zone(source, tzid);
	struct ical_comp *root, *comp;
	const char *text, *error;

	if (zone == NULL)
		return;
	text = zone_vtimezone(source->pool, zone, from);
	if (text == NULL)
		return;
	root = ical_parse(source->pool, text, strlen(text), NULL, &error);
	comp = root == NULL ? NULL : ical_comp_find(root, "VTIMEZONE");
	if (comp == NULL)
		return;
	cal_value_write(source->pool, comp, "TZID", tzid);
	ical_comp_prepend(source->root, comp);
}

static bool strings_have(const ARRAY_TYPE(const_string) *array, const char *str)
{
	const char *const *strp;

	array_foreach(array, strp) {
		if (strcmp(*strp, str) == 0)
			return TRUE;
	}
	return FALSE;
}

void cal_write_zones(struct cal_source *source, const struct cal_object *obj)
{
	ARRAY_TYPE(const_string) used;
	const char *const *tzidp;
	struct ical_comp *comp;

	p_array_init(&used, source->pool, 4);
	tzids_used(source->pool, source->root, &used);
	array_foreach(&used, tzidp) {
		if (vtimezone_find(source, *tzidp) == NULL)
			vtimezone_add(source, *tzidp, object_from(obj));
	}
	array_foreach(&source->tzids_before, tzidp) {
		if (strings_have(&used, *tzidp))
			continue;
		comp = vtimezone_find(source, *tzidp);
		if (comp != NULL)
			ical_comp_remove(source->root, comp);
	}
}

/* --- all ----------------------------------------------------------------------------------------- */

static void source_new(struct cal_source *source_r, pool_t pool,
		       const struct cal_object *obj)
{
	i_zero(source_r);
	source_r->pool = pool;
	source_r->root = ical_comp_new(pool, "VCALENDAR");
	ical_add(pool, source_r->root, "VERSION", "", "2.0");
	ical_add(pool, source_r->root, "PRODID", "", CAL_PRODID);
	source_r->obj = cal_object_new(pool, obj->kind, obj->uid);
	source_r->obj->have_master = FALSE;
	p_array_init(&source_r->exceptions, pool, 1);
	p_array_init(&source_r->tzids, pool, 2);
}

void cal_write_begin(struct cal_source *source_r, pool_t pool,
		     const struct cal_object *obj, const char *previous)
{
	const char *error;

	if (previous == NULL ||
	    cal_source_parse(source_r, pool, previous, strlen(previous), NULL,
			     &error) < 0 ||
	    source_r->obj->kind != obj->kind)
		source_new(source_r, pool, obj);
	p_array_init(&source_r->tzids_before, pool, 4);
	tzids_used(pool, source_r->root, &source_r->tzids_before);
}

void cal_write_object(struct cal_source *source, const struct cal_object *obj)
{
	cal_value_write(source->pool, source->root, "METHOD", obj->method);
	/* RFC 5545 3.6: both have to be there */
	if (ical_find(source->root, "VERSION") == NULL)
		ical_add(source->pool, source->root, "VERSION", "", "2.0");
	if (ical_find(source->root, "PRODID") == NULL)
		ical_add(source->pool, source->root, "PRODID", "", CAL_PRODID);
	master_write(source, obj);
	if (source->master != NULL)
		uid_write(source, source->master, obj->uid);
	exceptions_write(source, obj);
	cal_write_zones(source, obj);
}

const char *cal_write(pool_t pool, const struct cal_object *obj,
		      const char *previous)
{
	struct cal_source source;
	pool_t temp = pool_alloconly_create(MEMPOOL_GROWING"cal_write", 16384);
	string_t *str = str_new(default_pool, 4096);
	const char *text;

	T_BEGIN {
		cal_write_begin(&source, temp, obj, previous);
		cal_write_object(&source, obj);
		ical_write(str, source.root);
	} T_END;
	text = p_strdup(pool, str_c(str));
	str_free(&str);
	pool_unref(&temp);
	return text;
}
