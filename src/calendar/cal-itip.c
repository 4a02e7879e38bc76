/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* cal_object as an iTIP message (RFC 5546 3.2): the text that cal_write() makes,
   less what is no business of the receiver. */

#include "lib.h"
#include "cal-private.h"

enum itip_method_flags {
	/* all properties but personal ones; else only those listed */
	ITIP_ALL_PROPS		= 0x01,
	/* of the attendees only the one who answers */
	ITIP_ONE_ATTENDEE	= 0x02,
	/* with the exceptions of a series */
	ITIP_EXCEPTIONS		= 0x04,
	/* an occurrence goes without RECURRENCE-ID: it is a new one */
	ITIP_NO_ID		= 0x08,
	/* how the time is to be shown at the receiver's */
	ITIP_INTENDED		= 0x10,
	/* where the meeting was before */
	ITIP_ORIGINAL		= 0x20,
};

static const char *const reply_props[] = {
	"UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "DUE",
	"RECURRENCE-ID", "SEQUENCE", "SUMMARY", "LOCATION", "ORGANIZER",
	"ATTENDEE", "COMMENT", "REQUEST-STATUS", "PERCENT-COMPLETE",
	"X-MICROSOFT-CDO-OWNERAPPTID", "X-MICROSOFT-CDO-APPT-SEQUENCE",
	NULL
};
static const char *const counter_props[] = {
	"UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "DUE",
	"RECURRENCE-ID", "SEQUENCE", "SUMMARY", "LOCATION", "ORGANIZER",
	"ATTENDEE", "COMMENT", "REQUEST-STATUS", "PRIORITY",
	"X-MICROSOFT-CDO-OWNERAPPTID", "X-MICROSOFT-CDO-APPT-SEQUENCE",
	NULL
};
static const char *const cancel_props[] = {
	"UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "DUE",
	"RECURRENCE-ID", "RRULE", "RDATE", "EXDATE", "SEQUENCE", "SUMMARY",
	"LOCATION", "ORGANIZER", "ATTENDEE", "STATUS", "COMMENT", "TRANSP",
	"X-MICROSOFT-CDO-OWNERAPPTID", "X-MICROSOFT-CDO-APPT-SEQUENCE",
	NULL
};
static const char *const refresh_props[] = {
	"UID", "DTSTAMP", "RECURRENCE-ID", "ORGANIZER", "ATTENDEE", "COMMENT",
	NULL
};

static const struct itip_method {
	const char *name;
	const char *const *props;
	enum itip_method_flags flags;
} methods[] = {
	{ "REQUEST", NULL, ITIP_ALL_PROPS | ITIP_EXCEPTIONS | ITIP_INTENDED },
	{ "PUBLISH", NULL, ITIP_ALL_PROPS | ITIP_EXCEPTIONS },
	{ "ADD", NULL, ITIP_ALL_PROPS | ITIP_NO_ID | ITIP_INTENDED },
	{ "REPLY", reply_props, ITIP_ONE_ATTENDEE },
	{ "COUNTER", counter_props, ITIP_ONE_ATTENDEE | ITIP_ORIGINAL },
	{ "DECLINECOUNTER", reply_props, ITIP_ONE_ATTENDEE },
	{ "CANCEL", cancel_props, 0 },
	{ "REFRESH", refresh_props, ITIP_ONE_ATTENDEE },
};

/* The organiser's own, whatever the method */
static const char *const personal_props[] = {
	"CATEGORIES", "X-MICROSOFT-CDO-BUSYSTATUS", "X-DOVETAIL-REGENERATE",
	"X-DOVETAIL-DEAD-OCCUR", "X-MICROSOFT-CDO-INSTTYPE",
};
static const char *const personal_prefixes[] = {
	"X-MOZ-", "X-EVOLUTION-", "X-KDE-", "X-LIC-", "X-APPLE-TRAVEL-",
	"X-CALENDARSERVER-", "X-APPLE-CREATOR-",
};
static const char *const personal_params[] = {
	"X-DOVETAIL-REPLIED", "X-DOVETAIL-PROPOSED-START",
	"X-DOVETAIL-PROPOSED-END", "SCHEDULE-AGENT", "SCHEDULE-STATUS",
	"SCHEDULE-FORCE-SEND", "X-CALENDARSERVER-DTSTAMP",
};
static const char *const calendar_props[] =
	{ "VERSION", "PRODID", "CALSCALE", "METHOD" };

/* --- what stays -------------------------------------------------------------------------- */

static bool is_one_of(const struct ical_prop *prop, const char *const *names,
		      unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (ical_is(prop, names[i]))
			return TRUE;
	}
	return FALSE;
}

static bool is_personal(const struct ical_prop *prop)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(personal_prefixes); i++) {
		if (strncasecmp(prop->line, personal_prefixes[i],
				strlen(personal_prefixes[i])) == 0)
			return TRUE;
	}
	return is_one_of(prop, personal_props, N_ELEMENTS(personal_props));
}

static bool prop_stays(const struct itip_method *method,
		       const struct ical_prop *prop)
{
	if ((method->flags & ITIP_ALL_PROPS) != 0)
		return !is_personal(prop);
	return is_one_of(prop, method->props, str_array_length(method->props));
}

/* A new list of those that stay: removing one by one would be slow for many. */
static void props_filter(struct ical_comp *comp,
			 const struct itip_method *method)
{
	struct ical_prop *prop = comp->props, *next;

	comp->props = NULL;
	comp->props_tail = &comp->props;
	for (; prop != NULL; prop = next) {
		next = prop->next;
		if (!prop_stays(method, prop))
			continue;
		prop->next = NULL;
		*comp->props_tail = prop;
		comp->props_tail = &prop->next;
	}
}

static bool is_person(const struct ical_prop *prop, const char *email)
{
	const char *is;

	is = cal_email(pool_datastack_create(), ical_value(prop));
	return strcasecmp(is, email) == 0;
}

/* Only the one who answers; without him nobody would know who does. */
static void attendee_only(pool_t pool, struct ical_comp *comp,
			  const char *email)
{
	struct ical_prop *prop, *next, *only = NULL;

	for (prop = ical_find(comp, "ATTENDEE"); prop != NULL; prop = next) {
		next = ical_again(prop, "ATTENDEE");
		if (only == NULL && is_person(prop, email)) {
			only = prop;
			/* nobody is asked any more */
			ical_param_set(pool, prop, "RSVP", NULL);
		}
	}
	if (only != NULL)
		only = ical_add_dup(pool, comp, only);
	else {
		only = ical_add(pool, comp, "ATTENDEE", "",
				t_strconcat("mailto:", email, NULL));
	}
	for (prop = ical_find(comp, "ATTENDEE"); prop != only; prop = next) {
		next = ical_again(prop, "ATTENDEE");
		ical_remove(comp, prop);
	}
}

static void people_clean(pool_t pool, struct ical_comp *comp)
{
	struct ical_prop *prop;
	unsigned int i;

	for (prop = comp->props; prop != NULL; prop = prop->next) {
		if (!ical_is(prop, "ATTENDEE") && !ical_is(prop, "ORGANIZER"))
			continue;
		for (i = 0; i < N_ELEMENTS(personal_params); i++)
			ical_param_set(pool, prop, personal_params[i], NULL);
	}
}

/* MS-OXCICAL 2.1.3.1.1.20.31, .34: tentative until it is answered, then so */
static void intended_set(pool_t pool, struct ical_comp *comp,
			 const struct cal_entry *entry)
{
	enum cal_busy intended = entry->intended >= 0 ?
		(enum cal_busy)entry->intended : entry->busy;

	if (intended > CAL_BUSY_ELSEWHERE)
		intended = CAL_BUSY_BUSY;
	cal_value_write(pool, comp, "X-MICROSOFT-CDO-BUSYSTATUS",
			intended == CAL_BUSY_FREE ? "FREE" : "TENTATIVE");
	cal_value_write(pool, comp, "X-MICROSOFT-CDO-INTENDEDSTATUS",
			cal_busy_names()[intended]);
}

/* MS-OXCICAL 2.1.3.1.1.20.49, .50: the time that is to be changed */
static void original_set(struct cal_source *source, struct ical_comp *comp,
			 const struct cal_entry *old)
{
	if (old == NULL || old->start.form == CAL_TIME_NONE)
		return;
	cal_time_write(source, comp, "X-MS-OLK-ORIGINALSTART", &old->start);
	cal_time_write(source, comp, "X-MS-OLK-ORIGINALEND", &old->end);
}

/* --- a component ---------------------------------------------------------------------------- */

static void comp_filter(struct cal_source *source, struct ical_comp *comp,
			const struct itip_method *method,
			const struct cal_entry *entry,
			const struct cal_entry *old, const char *attendee)
{
	pool_t pool = source->pool;

	props_filter(comp, method);
	/* alarms; guests of RFC 9073 are not in any method's table */
	comp->comps = NULL;
	comp->comps_tail = &comp->comps;
	if ((method->flags & ITIP_ONE_ATTENDEE) != 0 && attendee != NULL)
		attendee_only(pool, comp, attendee);
	people_clean(pool, comp);
	if ((method->flags & ITIP_INTENDED) != 0 &&
	    strcmp(comp->name, "VEVENT") == 0)
		intended_set(pool, comp, entry);
	if ((method->flags & ITIP_ORIGINAL) != 0)
		original_set(source, comp, old);
	if ((method->flags & ITIP_NO_ID) != 0)
		ical_remove_all(comp, "RECURRENCE-ID");
	if (strcmp(method->name, "CANCEL") == 0)
		cal_value_write(pool, comp, "STATUS", "CANCELLED");
	if (ical_find(comp, "SEQUENCE") == NULL &&
	    strcmp(method->name, "REFRESH") != 0 &&
	    strcmp(method->name, "PUBLISH") != 0)
		ical_add(pool, comp, "SEQUENCE", "", "0");
}

static void calendar_filter(struct cal_source *source,
			    const struct itip_method *method)
{
	struct ical_prop *prop, *next;
	struct ical_comp *root = source->root;

	for (prop = root->props; prop != NULL; prop = next) {
		next = prop->next;
		if (!is_one_of(prop, calendar_props,
			       N_ELEMENTS(calendar_props)))
			ical_remove(root, prop);
	}
	cal_value_write(source->pool, root, "PRODID", CAL_PRODID);
	cal_value_write(source->pool, root, "METHOD", method->name);
}

/* --- which components ------------------------------------------------------------------------- */

static bool same_id(const struct cal_time *a, const struct cal_time *b)
{
	return cal_time_utc(a, NULL) == cal_time_utc(b, NULL);
}

static const struct cal_entry *
find_entry(const struct cal_object *obj, const struct cal_time *id)
{
	const struct cal_entry *entry;

	array_foreach(&obj->exceptions, entry) {
		if (same_id(&entry->recurrence_id, id))
			return entry;
	}
	return NULL;
}

/* RECURRENCE-ID of a component as the model has it */
static bool comp_id(struct cal_source *source, const struct ical_comp *comp,
		    const struct cal_object *obj, struct cal_time *id_r)
{
	const struct ical_prop *prop = ical_find(comp, "RECURRENCE-ID");

	if (prop == NULL || !cal_source_time(source, prop, id_r))
		return FALSE;
	if (obj->have_master)
		cal_time_as(id_r, &obj->master.start, obj->zone);
	return TRUE;
}

/* The entry that a component of the written text is; NULL: it does not go out. */
static const struct cal_entry *
comp_entry(struct cal_source *source, const struct ical_comp *comp,
	   const struct cal_object *obj, const struct itip_method *method,
	   const struct cal_time *only)
{
	struct cal_time id;

	if (!cal_comp_is_item(comp))
		return NULL;
	if (comp == source->master)
		return only == NULL ? &obj->master : NULL;
	if (!comp_id(source, comp, obj, &id))
		return NULL;
	if (only != NULL)
		return same_id(&id, only) ? find_entry(obj, &id) : NULL;
	/* of a series all is said by the series; or there is none */
	if (obj->have_master && (method->flags & ITIP_EXCEPTIONS) == 0)
		return NULL;
	return find_entry(obj, &id);
}

static const struct itip_method *method_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(methods); i++) {
		if (strcasecmp(methods[i].name, name) == 0)
			return &methods[i];
	}
	return NULL;
}

static void components_filter(struct cal_source *source,
			      const struct cal_object *obj,
			      const struct itip_method *method,
			      const char *attendee, const struct cal_time *only)
{
	struct ical_comp *comp = source->root->comps, *next;
	const struct cal_entry *entry, *old;

	/* what stays is put back in its order */
	source->root->comps = NULL;
	source->root->comps_tail = &source->root->comps;
	for (; comp != NULL; comp = next) {
		next = comp->next;
		if (strcmp(comp->name, "VTIMEZONE") == 0) {
			ical_comp_append(source->root, comp);
			continue;
		}
		entry = comp_entry(source, comp, obj, method, only);
		if (entry == NULL)
			continue;
		old = entry == &obj->master ? &source->obj->master :
			find_entry(source->obj, &entry->recurrence_id);
		if (old == NULL && source->obj->have_master &&
		    cal_time_equal(&entry->recurrence_id, &entry->start))
			old = entry;
		comp_filter(source, comp, method, entry, old, attendee);
		ical_comp_append(source->root, comp);
	}
}

/* Only zones that are in use */
static void zones_filter(struct cal_source *source)
{
	struct ical_comp *comp, *next;
	const char *tzid;

	for (comp = ical_comp_find(source->root, "VTIMEZONE"); comp != NULL;
	     comp = next) {
		next = ical_comp_again(comp);
		tzid = ical_get(comp, "TZID");
		if (tzid == NULL || !cal_tzid_used(source->root, tzid))
			ical_comp_remove(source->root, comp);
	}
}

const char *cal_write_itip(pool_t pool, const struct cal_object *obj,
			   const char *previous, const char *method_name,
			   const char *attendee, const struct cal_time *only)
{
	const struct itip_method *method = method_find(method_name);
	pool_t temp = pool_alloconly_create(MEMPOOL_GROWING"cal_itip", 16384);
	string_t *str = str_new(default_pool, 4096);
	struct cal_source source;
	struct cal_object copy = *obj;
	const char *text;

	i_assert(method != NULL);
	if (only != NULL && only->form == CAL_TIME_NONE)
		only = NULL;
	if (only != NULL) {
		/* an occurrence that has no entry of its own gets one here */
		p_array_init(&copy.exceptions, temp,
			     array_count(&obj->exceptions) + 1);
		array_append_array(&copy.exceptions, &obj->exceptions);
		p_array_init(&copy.deleted, temp, 1);
		(void)cal_exception_need(temp, &copy, obj->zone,
					 cal_time_utc(only, obj->zone));
	}
	T_BEGIN {
		cal_write_begin(&source, temp, obj, previous);
		cal_write_object(&source, &copy);
		components_filter(&source, &copy, method, attendee, only);
		calendar_filter(&source, method);
		zones_filter(&source);
		ical_write(str, source.root);
	} T_END;
	text = p_strdup(pool, str_c(str));
	str_free(&str);
	pool_unref(&temp);
	return text;
}
