/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A cal_entry into its component: what differs from what the component says is
   written, all else is left alone. */

#include "lib.h"
#include "ioloop.h"
#include "cal-private.h"

#include <math.h>

/* --- lines ------------------------------------------------------------------------------ */

void cal_value_write(pool_t pool, struct ical_comp *comp, const char *name,
		     const char *value)
{
	struct ical_prop *prop = ical_find(comp, name);

	if (value == NULL || *value == '\0')
		ical_remove_all(comp, name);
	else if (prop == NULL)
		ical_add(pool, comp, name, "", value);
	else
		ical_set_value(pool, prop, value);
}

static void text_write(pool_t pool, struct ical_comp *comp, const char *name,
		       const char *text)
{
	struct ical_prop *prop = ical_find(comp, name);
	string_t *value;

	if (*text == '\0') {
		ical_remove_all(comp, name);
		return;
	}
	value = t_str_new(strlen(text) + 32);
	ical_text_append(value, text);
	if (prop == NULL) {
		ical_add(pool, comp, name, "", str_c(value));
		return;
	}
	/* what was said of the old text */
	ical_param_set(pool, prop, "ALTREP", NULL);
	ical_param_set(pool, prop, "ENCODING", NULL);
	ical_param_set(pool, prop, "CHARSET", NULL);
	ical_set_value(pool, prop, str_c(value));
}

static void text_diff(pool_t pool, struct ical_comp *comp, const char *name,
		      const char *text, const char *old)
{
	if (strcmp(text, old) != 0) T_BEGIN {
		text_write(pool, comp, name, text);
	} T_END;
}

static void value_diff(pool_t pool, struct ical_comp *comp, const char *name,
		       const char *value, const char *old)
{
	if (null_strcmp(value, old) != 0) T_BEGIN {
		cal_value_write(pool, comp, name, value);
	} T_END;
}

static void number_diff(pool_t pool, struct ical_comp *comp, const char *name,
			unsigned int num, unsigned int old)
{
	if (num != old) T_BEGIN {
		cal_value_write(pool, comp, name, num == 0 ? NULL :
				t_strdup_printf("%u", num));
	} T_END;
}

void cal_utc_write(pool_t pool, struct ical_comp *comp, const char *name,
		   time_t utc)
{
	struct cal_time time;

	if (utc == 0) {
		ical_remove_all(comp, name);
		return;
	}
	cal_time_set_utc(&time, utc);
	T_BEGIN {
		struct ical_prop *prop = ical_find(comp, name);

		if (prop != NULL) {
			ical_param_set(pool, prop, "TZID", NULL);
			ical_param_set(pool, prop, "VALUE", NULL);
		}
		cal_value_write(pool, comp, name, cal_time_value(&time));
	} T_END;
}

static void utc_diff(pool_t pool, struct ical_comp *comp, const char *name,
		     time_t utc, time_t old)
{
	if (utc != old)
		cal_utc_write(pool, comp, name, utc);
}

/* --- times ------------------------------------------------------------------------------- */

static const char *tzid_in_use(struct cal_source *source,
			       const struct zone *zone)
{
	const struct cal_tzid *known;

	/* the text may have its own name for it */
	array_foreach(&source->tzids, known) {
		if (known->zone != NULL && zone_equal(known->zone, zone))
			return known->tzid;
	}
	return NULL;
}

/* TZID for a zone in this text; it is put under it if it is new. */
static const char *tzid_need(struct cal_source *source, const struct zone *zone)
{
	const char *tzid = tzid_in_use(source, zone);
	const struct cal_tzid *known;
	struct cal_tzid *add;
	unsigned int n = 1;
	bool taken;

	if (tzid != NULL)
		return tzid;
	tzid = zone_tzid(zone);
	do {
		taken = FALSE;
		array_foreach(&source->tzids, known) {
			if (strcmp(known->tzid, tzid) == 0)
				taken = TRUE;
		}
		/* another zone has that name here */
		if (taken) {
			tzid = t_strdup_printf("%s (%u)", zone_tzid(zone),
					       ++n);
		}
	} while (taken);
	add = array_append_space(&source->tzids);
	add->tzid = p_strdup(source->pool, tzid);
	add->zone = zone;
	return add->tzid;
}

void cal_time_write(struct cal_source *source, struct ical_comp *comp,
		    const char *name, const struct cal_time *time)
{
	struct ical_prop *prop = ical_find(comp, name);

	if (time->form == CAL_TIME_NONE) {
		ical_remove_all(comp, name);
		return;
	}
	T_BEGIN {
		const char *tzid = NULL;

		if (time->form == CAL_TIME_ZONE)
			tzid = tzid_need(source, time->zone);
		if (prop == NULL)
			prop = ical_add(source->pool, comp, name, "", "");
		ical_param_set(source->pool, prop, "VALUE",
			       time->form == CAL_TIME_DATE ? "DATE" : NULL);
		ical_param_set(source->pool, prop, "TZID", tzid);
		ical_set_value(source->pool, prop, cal_time_value(time));
	} T_END;
}

static bool duration_holds(const struct ical_comp *comp,
			   const struct cal_entry *entry)
{
	const char *value = ical_get(comp, "DURATION");
	struct cal_duration duration;
	struct cal_time end = entry->start;

	if (value == NULL || end.form == CAL_TIME_NONE ||
	    !cal_duration_parse(value, &duration))
		return FALSE;
	cal_time_add(&end, &duration);
	return cal_time_equal(&end, &entry->end);
}

static void times_write(struct cal_source *source, struct ical_comp *comp,
			const struct cal_entry *entry,
			const struct cal_entry *old)
{
	const char *end = source->obj->kind == CAL_EVENT ? "DTEND" : "DUE";
	bool moved = !cal_time_equal(&entry->start, &old->start);

	if (moved)
		cal_time_write(source, comp, "DTSTART", &entry->start);
	if ((moved || !cal_time_equal(&entry->end, &old->end)) &&
	    source->obj->kind != CAL_NOTE &&
	    !duration_holds(comp, entry)) {
		ical_remove_all(comp, "DURATION");
		cal_time_write(source, comp, end, &entry->end);
	}
	if (source->obj->kind != CAL_EVENT)
		return;
	if (entry->all_day != old->all_day || moved) {
		if (entry->all_day && entry->start.form != CAL_TIME_DATE) {
			cal_value_write(source->pool, comp,
					"X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE");
		} else if (ical_find(comp, "X-MICROSOFT-CDO-ALLDAYEVENT")
			   != NULL) {
			cal_value_write(source->pool, comp,
					"X-MICROSOFT-CDO-ALLDAYEVENT",
					entry->all_day ? "TRUE" : "FALSE");
		}
	}
}

/* --- status -------------------------------------------------------------------------------- */

static void status_write(struct cal_source *source, struct ical_comp *comp,
			 const struct cal_entry *entry,
			 const struct cal_entry *old)
{
	enum cal_kind kind = source->obj->kind;
	const char *status;

	if (entry->cancelled == old->cancelled &&
	    entry->tentative == old->tentative && entry->done == old->done)
		return;
	if (entry->cancelled)
		status = "CANCELLED";
	else if (kind == CAL_TASK) {
		status = entry->done ? "COMPLETED" :
			(entry->percent > 0 && entry->percent < 100 ?
			 "IN-PROCESS" : "NEEDS-ACTION");
	} else if (kind == CAL_NOTE) {
		status = entry->tentative ? "DRAFT" : NULL;
	} else {
		status = entry->tentative ? "TENTATIVE" : "CONFIRMED";
	}
	cal_value_write(source->pool, comp, "STATUS", status);
}

/* What the component says now may follow from STATUS or TRANSP. */
static void busy_write(struct cal_source *source, struct ical_comp *comp,
		       const struct cal_entry *entry)
{
	struct cal_entry now;
	enum cal_busy busy = entry->busy;

	if (source->obj->kind != CAL_EVENT || busy > CAL_BUSY_ELSEWHERE)
		return;
	cal_entry_status(comp, &now);
	if (now.busy == busy)
		return;
	cal_value_write(source->pool, comp, "TRANSP",
			busy == CAL_BUSY_FREE ? "TRANSPARENT" : "OPAQUE");
	cal_entry_status(comp, &now);
	if (now.busy != busy ||
	    ical_find(comp, "X-MICROSOFT-CDO-BUSYSTATUS") != NULL) {
		cal_value_write(source->pool, comp,
				"X-MICROSOFT-CDO-BUSYSTATUS",
				cal_busy_names()[busy]);
	}
}

static void intended_write(pool_t pool, struct ical_comp *comp,
			   const struct cal_entry *entry,
			   const struct cal_entry *old)
{
	if (entry->intended == old->intended)
		return;
	cal_value_write(pool, comp, "X-MICROSOFT-CDO-INTENDEDSTATUS",
			entry->intended < 0 ||
			entry->intended > CAL_BUSY_ELSEWHERE ? NULL :
			cal_busy_names()[entry->intended]);
}

static void class_write(pool_t pool, struct ical_comp *comp,
			const struct cal_entry *entry,
			const struct cal_entry *old)
{
	static const char *const names[] =
		{ "PUBLIC", "X-PERSONAL", "PRIVATE", "CONFIDENTIAL" };

	if (entry->sensitivity != old->sensitivity &&
	    entry->sensitivity <= CAL_CONFIDENTIAL) {
		cal_value_write(pool, comp, "CLASS", names[entry->sensitivity]);
	}
}

static void priority_write(pool_t pool, struct ical_comp *comp,
			   const struct cal_entry *entry,
			   const struct cal_entry *old)
{
	if (entry->priority == old->priority)
		return;
	number_diff(pool, comp, "PRIORITY", entry->priority, 10);
	if (ical_find(comp, "X-MICROSOFT-CDO-IMPORTANCE") == NULL)
		return;
	cal_value_write(pool, comp, "X-MICROSOFT-CDO-IMPORTANCE",
			entry->priority == 0 || entry->priority == 5 ? "1" :
			(entry->priority < 5 ? "2" : "0"));
}

static void bool_diff(pool_t pool, struct ical_comp *comp, const char *name,
		      bool value, bool old)
{
	if (value != old)
		cal_value_write(pool, comp, name, value ? "TRUE" : "FALSE");
}

/* --- texts ------------------------------------------------------------------------------------ */

static void html_write(pool_t pool, struct ical_comp *comp,
		       const struct cal_entry *entry,
		       const struct cal_entry *old)
{
	struct ical_prop *prop, *next, *desc;
	string_t *value;

	if (null_strcmp(entry->html, old->html) == 0)
		return;
	for (prop = ical_find(comp, "X-ALT-DESC"); prop != NULL; prop = next) {
		next = ical_again(prop, "X-ALT-DESC");
		if (ical_param_is(prop, "FMTTYPE", "text/html"))
			ical_remove(comp, prop);
	}
	desc = ical_find(comp, "DESCRIPTION");
	if (desc != NULL)
		ical_param_set(pool, desc, "ALTREP", NULL);
	if (entry->html == NULL)
		return;
	value = str_new(default_pool, strlen(entry->html) + 256);
	ical_text_append(value, entry->html);
	ical_add(pool, comp, "X-ALT-DESC", ";FMTTYPE=text/html", str_c(value));
	str_free(&value);
}

static bool categories_equal(const struct cal_entry *a,
			     const struct cal_entry *b)
{
	const char *const *x, *const *y;
	unsigned int i, count_a, count_b;

	x = array_get(&a->categories, &count_a);
	y = array_get(&b->categories, &count_b);
	if (count_a != count_b)
		return FALSE;
	for (i = 0; i < count_a; i++) {
		if (strcmp(x[i], y[i]) != 0)
			return FALSE;
	}
	return TRUE;
}

static void categories_write(pool_t pool, struct ical_comp *comp,
			     const struct cal_entry *entry,
			     const struct cal_entry *old)
{
	struct ical_prop *prop, *next;
	const char *const *namep;
	string_t *value;

	if (categories_equal(entry, old))
		return;
	prop = ical_find(comp, "CATEGORIES");
	if (prop != NULL) {
		/* one line for all of them */
		while ((next = ical_again(prop, "CATEGORIES")) != NULL)
			ical_remove(comp, next);
	}
	value = t_str_new(128);
	array_foreach(&entry->categories, namep) {
		if (str_len(value) > 0)
			str_append_c(value, ',');
		ical_text_append(value, *namep);
	}
	cal_value_write(pool, comp, "CATEGORIES", str_c(value));
}

/* --- links ------------------------------------------------------------------------------------- */

static void links_write(pool_t pool, struct ical_comp *comp,
			const struct cal_entry *entry,
			const struct cal_entry *old)
{
	value_diff(pool, comp, "URL", entry->url, old->url);
	value_diff(pool, comp, "X-MICROSOFT-ONLINEMEETINGCONFLINK",
		   entry->online_link, old->online_link);
	if (null_strcmp(entry->online_external_link,
			old->online_external_link) == 0)
		return;
	if (entry->online_external_link == NULL) {
		ical_remove_all(comp, "X-MICROSOFT-SKYPETEAMSMEETINGURL");
		ical_remove_all(comp, "CONFERENCE");
		ical_remove_all(comp, "X-GOOGLE-CONFERENCE");
	}
	cal_value_write(pool, comp, "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
			entry->online_external_link);
}

/* --- place ------------------------------------------------------------------------------------- */

static bool double_equal(double a, double b)
{
	return (isnan(a) && isnan(b)) || a == b;
}

static bool place_equal(const struct cal_place *a, const struct cal_place *b)
{
	if (!a->set && !b->set)
		return TRUE;
	return a->set == b->set && strcmp(a->annotation, b->annotation) == 0 &&
		strcmp(a->street, b->street) == 0 &&
		strcmp(a->city, b->city) == 0 &&
		strcmp(a->state, b->state) == 0 &&
		strcmp(a->country, b->country) == 0 &&
		strcmp(a->postal_code, b->postal_code) == 0 &&
		strcmp(a->uri, b->uri) == 0 &&
		double_equal(a->latitude, b->latitude) &&
		double_equal(a->longitude, b->longitude) &&
		double_equal(a->accuracy, b->accuracy) &&
		double_equal(a->altitude, b->altitude) &&
		double_equal(a->altitude_accuracy, b->altitude_accuracy);
}

/* The shortest that reads as the same number */
static const char *double_value(double num)
{
	const char *str;
	int digits;

	if (!isfinite(num))
		return "";
	for (digits = 6; digits <= 17; digits++) {
		str = t_strdup_printf("%.*g", digits, num);
		if (strtod(str, NULL) == num)
			break;
	}
	return str;
}

static const char *place_fields(const struct cal_place *place)
{
	const char *texts[] = {
		place->annotation, place->street, place->city, place->state,
		place->country, place->postal_code, place->uri,
	};
	const char *numbers[] = {
		double_value(place->accuracy), double_value(place->altitude),
		double_value(place->altitude_accuracy),
	};
	string_t *value = t_str_new(128);
	unsigned int i;
	bool any = FALSE;

	for (i = 0; i < N_ELEMENTS(texts); i++) {
		if (i > 0)
			str_append_c(value, ';');
		ical_text_append(value, texts[i]);
		any = any || *texts[i] != '\0';
	}
	for (i = 0; i < N_ELEMENTS(numbers); i++) {
		str_printfa(value, ";%s", numbers[i]);
		any = any || *numbers[i] != '\0';
	}
	return any ? str_c(value) : NULL;
}

static void place_write(pool_t pool, struct ical_comp *comp,
			const struct cal_entry *entry,
			const struct cal_entry *old)
{
	const struct cal_place *place = &entry->place;
	const char *geo = NULL;

	text_diff(pool, comp, "LOCATION", entry->location, old->location);
	if (place_equal(place, &old->place)) {
		/* its title would be another place */
		if (strcmp(entry->location, old->location) != 0)
			ical_remove_all(comp, "X-APPLE-STRUCTURED-LOCATION");
		return;
	}
	ical_remove_all(comp, "X-APPLE-STRUCTURED-LOCATION");
	T_BEGIN {
		if (place->set && isfinite(place->latitude) &&
		    isfinite(place->longitude)) {
			geo = t_strconcat(double_value(place->latitude), ";",
					  double_value(place->longitude), NULL);
		}
		cal_value_write(pool, comp, "GEO", geo);
		cal_value_write(pool, comp, "X-DOVETAIL-PLACE",
				place->set ? place_fields(place) : NULL);
	} T_END;
}

/* --- all ------------------------------------------------------------------------------------------ */

static bool attachments_equal(const struct cal_entry *a,
			      const struct cal_entry *b)
{
	const struct cal_attachment *x, *y;
	unsigned int i, count_a, count_b;

	x = array_get(&a->attachments, &count_a);
	y = array_get(&b->attachments, &count_b);
	if (count_a != count_b)
		return FALSE;
	for (i = 0; i < count_a; i++) {
		if (x[i].id != y[i].id || x[i].id == 0)
			return FALSE;
	}
	return TRUE;
}

/* DTSTAMP has to be there (RFC 5545 3.6.1). */
static void stamp_write(pool_t pool, struct ical_comp *comp,
			const struct cal_entry *entry,
			const struct cal_entry *old)
{
	time_t stamp = entry->stamp;

	if (stamp != old->stamp)
		cal_utc_write(pool, comp, "DTSTAMP", stamp);
	if (ical_find(comp, "DTSTAMP") != NULL)
		return;
	if (stamp == 0)
		stamp = entry->modified != 0 ? entry->modified :
			(entry->created != 0 ? entry->created : ioloop_time);
	cal_utc_write(pool, comp, "DTSTAMP", stamp == 0 ? 1 : stamp);
}

static void entry_write(struct cal_source *source, struct ical_comp *comp,
			const struct cal_entry *entry,
			const struct cal_entry *old)
{
	pool_t pool = source->pool;

	stamp_write(pool, comp, entry, old);
	times_write(source, comp, entry, old);
	text_diff(pool, comp, "SUMMARY", entry->summary, old->summary);
	text_diff(pool, comp, "DESCRIPTION", entry->description,
		  old->description);
	html_write(pool, comp, entry, old);
	place_write(pool, comp, entry, old);
	utc_diff(pool, comp, "CREATED", entry->created, old->created);
	utc_diff(pool, comp, "LAST-MODIFIED", entry->modified, old->modified);
	number_diff(pool, comp, "SEQUENCE", entry->sequence, old->sequence);
	status_write(source, comp, entry, old);
	busy_write(source, comp, entry);
	intended_write(pool, comp, entry, old);
	class_write(pool, comp, entry, old);
	priority_write(pool, comp, entry, old);
	categories_write(pool, comp, entry, old);
	bool_diff(pool, comp, "X-MICROSOFT-DISALLOW-COUNTER",
		  entry->no_proposals, old->no_proposals);
	links_write(pool, comp, entry, old);
	cal_people_write(source, comp, entry, old);
	if (!attachments_equal(entry, old))
		cal_attach_write(pool, comp, entry);
	if (source->obj->kind == CAL_TASK) {
		utc_diff(pool, comp, "COMPLETED", entry->completed,
			 old->completed);
		number_diff(pool, comp, "PERCENT-COMPLETE", entry->percent,
			    old->percent);
	}
	cal_alarm_write(source, comp, entry, old);
}

void cal_entry_write(struct cal_source *source, struct ical_comp *comp,
		     const struct cal_entry *entry, const struct cal_entry *old)
{
	T_BEGIN {
		entry_write(source, comp, entry, old);
	} T_END;
}
