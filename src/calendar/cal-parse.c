/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text to cal_object. */

#include "lib.h"
#include "hex-binary.h"
#include "sha2.h"
#include "cal-private.h"

/* --- zones and times ------------------------------------------------------------------ */

static const struct ical_comp *
find_vtimezone(const struct cal_source *source, const char *tzid)
{
	const struct ical_comp *comp;
	const char *value;

	for (comp = ical_comp_find(source->root, "VTIMEZONE"); comp != NULL;
	     comp = ical_comp_again(comp)) {
		value = ical_get(comp, "TZID");
		if (value != NULL && strcmp(value, tzid) == 0)
			return comp;
	}
	return NULL;
}

const struct zone *cal_source_zone(struct cal_source *source, const char *tzid)
{
	const struct cal_tzid *known;
	const struct ical_comp *comp;
	struct cal_tzid *add;
	const struct zone *zone = NULL;

	array_foreach(&source->tzids, known) {
		if (strcmp(known->tzid, tzid) == 0)
			return known->zone;
	}
	comp = find_vtimezone(source, tzid);
	if (comp != NULL)
		zone = zone_by_comp(source->pool, comp);
	if (zone == NULL)
		zone = zone_by_name(tzid);
	if (zone == NULL)
		ical_warn(source->warnings, "unknown zone \"%.60s\"", tzid);
	add = array_append_space(&source->tzids);
	add->tzid = p_strdup(source->pool, tzid);
	add->zone = zone;
	return zone;
}

bool cal_source_time_value(struct cal_source *source,
			   const struct ical_prop *prop, const char *value,
			   size_t size, struct cal_time *time_r)
{
	const char *tzid;
	const struct zone *zone;

	if (!cal_time_parse(value, size, time_r))
		return FALSE;
	if (time_r->form != CAL_TIME_FLOATING)
		return TRUE;
	tzid = ical_param(prop, "TZID");
	if (tzid == NULL || *tzid == '\0')
		return TRUE;
	zone = cal_source_zone(source, tzid);
	/* an unknown one: the calendar's, or whose clock it may be */
	if (zone == NULL)
		zone = source->zone;
	if (zone == zone_utc())
		time_r->form = CAL_TIME_UTC;
	else if (zone != NULL) {
		time_r->form = CAL_TIME_ZONE;
		time_r->zone = zone;
	}
	return TRUE;
}

bool cal_source_time(struct cal_source *source, const struct ical_prop *prop,
		     struct cal_time *time_r)
{
	const char *value = ical_value(prop);
	bool ret;

	T_BEGIN {
		ret = cal_source_time_value(source, prop, value, strlen(value),
					    time_r);
	} T_END;
	return ret;
}

/* Zone of the whole calendar */
static void calendar_zone(struct cal_source *source)
{
	const struct ical_comp *comp;
	const char *name = ical_get(source->root, "X-WR-TIMEZONE");

	if (name != NULL && *name != '\0')
		source->zone = cal_source_zone(source, name);
	comp = ical_comp_find(source->root, "VTIMEZONE");
	if (source->zone == NULL && comp != NULL &&
	    ical_comp_again(comp) == NULL &&
	    (name = ical_get(comp, "TZID")) != NULL)
		source->zone = cal_source_zone(source, name);
}

/* --- components ------------------------------------------------------------------------- */

bool cal_comp_is_item(const struct ical_comp *comp)
{
	return strcmp(comp->name, "VEVENT") == 0 ||
		strcmp(comp->name, "VTODO") == 0 ||
		strcmp(comp->name, "VJOURNAL") == 0;
}

enum cal_kind cal_comp_kind(const struct ical_comp *comp)
{
	switch (comp->name[1]) {
	case 'T':
		return CAL_TASK;
	case 'J':
		return CAL_NOTE;
	default:
		return CAL_EVENT;
	}
}

const char *cal_comp_uid(pool_t pool, const struct ical_comp *comp,
			 bool *made_r)
{
	const char *uid = ical_get(comp, "UID");
	unsigned char digest[SHA256_RESULTLEN];

	*made_r = FALSE;
	if (uid != NULL)
		uid = t_str_trim(uid, " \t");
	if (uid != NULL && *uid != '\0')
		return ical_text_decode(pool, uid, strlen(uid));
	*made_r = TRUE;
	T_BEGIN {
		string_t *text = t_str_new(1024);

		ical_write(text, comp);
		sha256_get_digest(str_data(text), str_len(text), digest);
	} T_END;
	return p_strdup(pool, binary_to_hex(digest, 16));
}

int cal_entry_cmp(const struct cal_entry *a, const struct cal_entry *b)
{
	time_t x = cal_time_utc(&a->recurrence_id, NULL);
	time_t y = cal_time_utc(&b->recurrence_id, NULL);

	return x < y ? -1 : (x > y ? 1 : 0);
}

/* --- dates of a series --------------------------------------------------------------------- */

/* Values of EXDATE, RDATE */
static void dates_parse(struct cal_source *source, const struct ical_comp *comp,
			const char *name, ARRAY_TYPE(cal_time) *dates)
{
	const struct cal_time *start = &source->obj->master.start;
	const struct ical_prop *prop;
	struct cal_time time;
	const char *list, *item, *slash;
	size_t size;

	for (prop = ical_find(comp, name); prop != NULL;
	     prop = ical_again(prop, name)) {
		list = ical_value(prop);
		while ((item = ical_list_next(&list, ',', &size)) != NULL) {
			if (array_count(dates) >= CAL_MAX_DATES) {
				ical_warn(source->warnings, "too many %s", name);
				return;
			}
			/* a period: its start */
			slash = memchr(item, '/', size);
			if (slash != NULL)
				size = slash - item;
			if (size == 0)
				continue;
			if (!cal_source_time_value(source, prop, item, size,
						   &time)) {
				ical_warn(source->warnings, "bad %s", name);
				continue;
			}
			cal_time_as(&time, start, source->obj->zone);
			array_push_back(dates, &time);
		}
	}
}

static void rule_parse(struct cal_source *source, const struct ical_comp *comp)
{
	struct cal_object *obj = source->obj;
	const struct ical_prop *prop = ical_find(comp, "RRULE");
	const char *value;
	unsigned int num;

	if (prop == NULL)
		return;
	if (!cal_rule_parse(source->pool, ical_value(prop), &obj->master.start,
			    &obj->rule)) {
		ical_warn(source->warnings, "bad rule: %.100s", prop->line);
		return;
	}
	if (ical_again(prop, "RRULE") != NULL)
		ical_warn(source->warnings, "more than one RRULE");
	if (ical_find(comp, "EXRULE") != NULL)
		ical_warn(source->warnings, "EXRULE is not applied");
	value = ical_get(comp, "X-DOVETAIL-REGENERATE");
	obj->rule.regenerate = value != NULL && strcasecmp(value, "TRUE") == 0;
	value = ical_get(comp, "X-DOVETAIL-DEAD-OCCUR");
	obj->rule.dead_occur = value != NULL && strcasecmp(value, "TRUE") == 0;
	value = ical_get(comp, "X-DOVETAIL-RULE-CALENDAR");
	if (value != NULL && str_to_uint(value, &num) == 0 && num <= 100)
		obj->rule.calendar_type = num;
}

/* --- object ------------------------------------------------------------------------------------ */

struct found {
	struct cal_entry entry;
	struct ical_comp *comp;
	unsigned int idx;
};

ARRAY_DEFINE_TYPE(cal_found, struct found);

static int found_cmp(const struct found *a, const struct found *b)
{
	int ret = cal_entry_cmp(&a->entry, &b->entry);

	return ret != 0 ? ret : (int)a->idx - (int)b->idx;
}

static void master_parse(struct cal_source *source, struct ical_comp *comp)
{
	struct cal_object *obj = source->obj;

	source->master = comp;
	obj->have_master = TRUE;
	cal_entry_parse(source, comp, &obj->master);
	if (obj->master.start.form == CAL_TIME_ZONE)
		obj->zone = obj->master.start.zone;
	T_BEGIN {
		rule_parse(source, comp);
		dates_parse(source, comp, "EXDATE", &obj->deleted);
		dates_parse(source, comp, "RDATE", &obj->added);
	} T_END;
}

static bool exception_parse(struct cal_source *source, struct ical_comp *comp,
			    struct ical_prop *prop, struct found *found_r)
{
	struct cal_entry *entry = &found_r->entry;
	struct cal_time id;

	if (!cal_source_time(source, prop, &id)) {
		ical_warn(source->warnings, "bad time: %.60s", prop->line);
		return FALSE;
	}
	cal_entry_parse(source, comp, entry);
	if (source->obj->have_master)
		cal_time_as(&id, &source->obj->master.start, source->obj->zone);
	else if (source->obj->zone == NULL && entry->start.form == CAL_TIME_ZONE)
		source->obj->zone = entry->start.zone;
	entry->recurrence_id = id;
	entry->this_and_future = ical_param_is(prop, "RANGE", "THISANDFUTURE");
	found_r->comp = comp;
	return TRUE;
}

static bool is_ours(struct cal_source *source, const struct ical_comp *comp)
{
	bool made, ours = FALSE;

	if (cal_comp_is_item(comp) &&
	    cal_comp_kind(comp) == source->obj->kind) T_BEGIN {
		ours = strcmp(cal_comp_uid(pool_datastack_create(), comp,
					   &made), source->obj->uid) == 0;
	} T_END;
	return ours;
}

/* Of two for the same occurrence: the later version */
static void exceptions_take(struct cal_source *source,
			    ARRAY_TYPE(cal_found) *all)
{
	struct cal_object *obj = source->obj;
	const struct found *found;
	unsigned int i, count;

	found = array_get(all, &count);
	for (i = 0; i < count; i++) {
		if (i + 1 < count &&
		    cal_entry_cmp(&found[i].entry, &found[i + 1].entry) == 0 &&
		    found[i].entry.sequence <= found[i + 1].entry.sequence) {
			ical_warn(source->warnings, "an exception twice");
			continue;
		}
		if (array_count(&obj->exceptions) > 0 &&
		    cal_entry_cmp(array_back(&obj->exceptions),
				  &found[i].entry) == 0)
			continue;
		array_push_back(&obj->exceptions, &found[i].entry);
		array_push_back(&source->exceptions, &found[i].comp);
	}
}

static void exceptions_parse(struct cal_source *source)
{
	ARRAY_TYPE(cal_found) all;
	struct ical_comp *comp;
	struct ical_prop *prop;
	struct found found;

	p_array_init(&all, source->pool, 4);
	for (comp = source->root->comps; comp != NULL; comp = comp->next) {
		if (!cal_comp_is_item(comp) || comp == source->master ||
		    (prop = ical_find(comp, "RECURRENCE-ID")) == NULL ||
		    !is_ours(source, comp))
			continue;
		if (array_count(&all) >= CAL_MAX_EXCEPTIONS) {
			ical_warn(source->warnings, "too many exceptions");
			break;
		}
		i_zero(&found);
		if (!exception_parse(source, comp, prop, &found))
			continue;
		found.idx = array_count(&all);
		array_push_back(&all, &found);
	}
	array_sort(&all, found_cmp);
	exceptions_take(source, &all);
}

static int object_begin(struct cal_source *source, const char **error_r)
{
	struct ical_comp *comp;
	const char *method;
	bool made;

	for (comp = source->root->comps; comp != NULL; comp = comp->next) {
		if (cal_comp_is_item(comp))
			break;
	}
	if (comp == NULL) {
		*error_r = "no appointment, task or note in it";
		return -1;
	}
	source->obj = cal_object_new(source->pool, cal_comp_kind(comp),
				     cal_comp_uid(source->pool, comp, &made));
	source->obj->have_master = FALSE;
	if (made)
		ical_warn(source->warnings, "no UID");
	method = ical_get(source->root, "METHOD");
	if (method != NULL && *method != '\0') {
		source->obj->method = p_strdup(source->pool,
					       t_str_ucase(method));
	}
	return 0;
}

static void masters_find(struct cal_source *source)
{
	struct ical_comp *comp;

	for (comp = source->root->comps; comp != NULL; comp = comp->next) {
		if (!cal_comp_is_item(comp) ||
		    ical_find(comp, "RECURRENCE-ID") != NULL ||
		    !is_ours(source, comp))
			continue;
		if (source->master == NULL)
			master_parse(source, comp);
		else
			ical_warn(source->warnings, "the same UID again");
	}
}

int cal_source_parse(struct cal_source *source_r, pool_t pool,
		     const void *text, size_t size, string_t *warnings,
		     const char **error_r)
{
	struct cal_source *source = source_r;

	i_zero(source);
	source->pool = pool;
	source->warnings = warnings;
	source->root = ical_parse(pool, text, size, warnings, error_r);
	if (source->root == NULL)
		return -1;
	p_array_init(&source->tzids, pool, 4);
	p_array_init(&source->exceptions, pool, 1);
	if (object_begin(source, error_r) < 0)
		return -1;
	calendar_zone(source);
	source->obj->zone = source->zone;
	masters_find(source);
	exceptions_parse(source);
	if (source->obj->have_master &&
	    source->obj->master.start.form == CAL_TIME_NONE &&
	    source->obj->kind == CAL_EVENT)
		ical_warn(warnings, "no start");
	if (!source->obj->have_master &&
	    array_count(&source->obj->exceptions) == 0) {
		*error_r = "nothing readable of it";
		return -1;
	}
	return 0;
}

struct cal_object *cal_object_new(pool_t pool, enum cal_kind kind,
				  const char *uid)
{
	struct cal_object *obj = p_new(pool, struct cal_object, 1);

	obj->kind = kind;
	obj->uid = p_strdup(pool, uid);
	obj->have_master = TRUE;
	obj->rule.week_start = 1;
	cal_entry_init(pool, &obj->master);
	p_array_init(&obj->deleted, pool, 1);
	p_array_init(&obj->added, pool, 1);
	p_array_init(&obj->exceptions, pool, 1);
	return obj;
}

int cal_parse(pool_t pool, const char *text, size_t size,
	      struct cal_object **obj_r, const char **warnings_r,
	      const char **error_r)
{
	struct cal_source source;
	int ret;

	if (warnings_r != NULL)
		*warnings_r = NULL;
	T_BEGIN {
		string_t *warnings = str_new(default_pool, 64);

		ret = cal_source_parse(&source, pool, text, size, warnings,
				       error_r);
		if (ret == 0)
			*obj_r = source.obj;
		if (warnings_r != NULL && str_len(warnings) > 0)
			*warnings_r = p_strdup(pool, str_c(warnings));
		str_free(&warnings);
	} T_END;
	return ret;
}
