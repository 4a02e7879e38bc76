/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* One component as a cal_entry: RFC 5545, RFC 7986, and what Outlook writes
   (MS-OXCICAL 2.1.3.1.1.20). */

#include "lib.h"
#include "unichar.h"
#include "cal-private.h"

#include <ctype.h>
#include <math.h>

#define CAL_PROP_NAME(id, name) name,
const char *const cal_prop_names[CAL_P_COUNT] = { CAL_PROPS(CAL_PROP_NAME) };

/* --- properties by name -------------------------------------------------------------- */

static int prop_cmp(const char *name, const struct ical_prop *prop)
{
	int ret = strncasecmp(name, prop->line, prop->name_size);

	return ret != 0 ? ret : (int)name[prop->name_size];
}

/* The names are sorted. */
static int prop_lookup(const struct ical_prop *prop)
{
	unsigned int left = 0, right = CAL_P_COUNT, mid;
	int ret;

	while (left < right) {
		mid = (left + right) / 2;
		ret = prop_cmp(cal_prop_names[mid], prop);
		if (ret == 0)
			return mid;
		if (ret < 0)
			left = mid + 1;
		else
			right = mid;
	}
	return -1;
}

void cal_props_find(const struct ical_comp *comp, struct cal_props *props_r)
{
	struct ical_prop *prop;
	int id;

	i_zero(props_r);
	for (prop = comp->props; prop != NULL; prop = prop->next) {
		id = prop_lookup(prop);
		if (id >= 0 && props_r->first[id] == NULL)
			props_r->first[id] = prop;
	}
}

/* --- entries ---------------------------------------------------------------------------- */

void cal_entry_init(pool_t pool, struct cal_entry *entry_r)
{
	i_zero(entry_r);
	entry_r->summary = entry_r->location = entry_r->description = "";
	entry_r->place.annotation = entry_r->place.street = "";
	entry_r->place.city = entry_r->place.state = "";
	entry_r->place.country = entry_r->place.postal_code = "";
	entry_r->place.uri = "";
	entry_r->place.latitude = entry_r->place.longitude = NAN;
	entry_r->place.accuracy = entry_r->place.altitude = NAN;
	entry_r->place.altitude_accuracy = NAN;
	entry_r->organizer.email = entry_r->organizer.name = "";
	entry_r->busy = CAL_BUSY_BUSY;
	entry_r->intended = -1;
	entry_r->reminder = -1;
	p_array_init(&entry_r->categories, pool, 2);
	p_array_init(&entry_r->attendees, pool, 2);
	p_array_init(&entry_r->attachments, pool, 1);
}

void cal_entry_dup(pool_t pool, const struct cal_entry *src,
		   struct cal_entry *dest_r)
{
	*dest_r = *src;
	p_array_init(&dest_r->categories, pool,
		     array_count(&src->categories) + 1);
	array_append_array(&dest_r->categories, &src->categories);
	p_array_init(&dest_r->attendees, pool,
		     array_count(&src->attendees) + 1);
	array_append_array(&dest_r->attendees, &src->attendees);
	p_array_init(&dest_r->attachments, pool,
		     array_count(&src->attachments) + 1);
	array_append_array(&dest_r->attachments, &src->attachments);
}

/* --- simple values ------------------------------------------------------------------------ */

static const char *
get_text(struct cal_source *source, const struct ical_prop *prop)
{
	return prop == NULL ? "" : ical_text(source->pool, prop);
}

/* A value that is no TEXT (URIs); NULL: none */
static const char *get_raw(const struct ical_prop *prop)
{
	/* lines are in the same pool */
	return prop == NULL || *ical_value(prop) == '\0' ? NULL :
		ical_value(prop);
}

static bool value_is(const struct ical_prop *prop, const char *value)
{
	const char *is = ical_value(prop);
	size_t len = strlen(value);

	return is != NULL && strncasecmp(is, value, len) == 0 &&
		(is[len] == '\0' || is[len] == ' ');
}

static unsigned int
get_number(const struct ical_prop *prop, unsigned int max)
{
	const char *p = ical_value(prop);
	unsigned int num = 0;

	if (p == NULL)
		return 0;
	for (; i_isdigit(*p); p++) {
		if (num > INT_MAX / 10 - 10)
			break;
		num = num * 10 + *p - '0';
	}
	return I_MIN(num, max);
}

static time_t
get_utc(struct cal_source *source, const struct ical_prop *prop)
{
	struct cal_time time;

	if (prop == NULL || !cal_source_time(source, prop, &time))
		return 0;
	return cal_time_utc(&time, source->zone);
}

/* --- people ---------------------------------------------------------------------------------- */

const char *cal_email(pool_t pool, const char *uri)
{
	const char *end;

	while (*uri == ' ' || *uri == '<' || *uri == '"')
		uri++;
	if (strncasecmp(uri, "mailto:", 7) == 0)
		uri += 7;
	else if (strchr(uri, '@') == NULL || strchr(uri, ':') != NULL ||
		 strchr(uri, '/') != NULL)
		return "";
	while (*uri == ' ' || *uri == '<')
		uri++;
	end = uri + strcspn(uri, " <>\"?");
	/* "invalid:nomail" and others that are none */
	if (memchr(uri, '@', end - uri) == NULL)
		return "";
	return p_strdup_until(pool, uri, end);
}

void cal_person_parse(pool_t pool, const struct ical_prop *prop,
		      struct cal_person *person_r)
{
	const char *value;

	person_r->email = cal_email(pool, ical_value(prop));
	if (*person_r->email == '\0' &&
	    ((value = ical_param(prop, "EMAIL")) != NULL ||
	     (value = ical_param(prop, "X-EMAIL")) != NULL))
		person_r->email = strchr(value, ':') != NULL ?
			cal_email(pool, value) : p_strdup(pool, value);
	value = ical_param(prop, "CN");
	person_r->name = value == NULL ? "" : p_strdup(pool, value);
}

static enum cal_partstat get_partstat(const struct ical_prop *prop)
{
	static const struct {
		const char *name;
		enum cal_partstat partstat;
	} names[] = {
		{ "ACCEPTED", CAL_PARTSTAT_ACCEPTED },
		{ "DECLINED", CAL_PARTSTAT_DECLINED },
		{ "TENTATIVE", CAL_PARTSTAT_TENTATIVE },
		{ "DELEGATED", CAL_PARTSTAT_DELEGATED },
		/* of tasks: who works on it has said yes */
		{ "COMPLETED", CAL_PARTSTAT_ACCEPTED },
		{ "IN-PROCESS", CAL_PARTSTAT_ACCEPTED },
	};
	const char *value = ical_param(prop, "PARTSTAT");
	unsigned int i;

	for (i = 0; value != NULL && i < N_ELEMENTS(names); i++) {
		if (strcasecmp(value, names[i].name) == 0)
			return names[i].partstat;
	}
	return CAL_PARTSTAT_NEEDS_ACTION;
}

static enum cal_role get_role(const struct ical_prop *prop)
{
	if (ical_param_is(prop, "CUTYPE", "RESOURCE") ||
	    ical_param_is(prop, "CUTYPE", "ROOM") ||
	    ical_param_is(prop, "ROLE", "NON-PARTICIPANT"))
		return CAL_ROLE_RESOURCE;
	if (ical_param_is(prop, "ROLE", "OPT-PARTICIPANT"))
		return CAL_ROLE_OPTIONAL;
	if (ical_param_is(prop, "ROLE", "CHAIR"))
		return CAL_ROLE_CHAIR;
	return CAL_ROLE_REQUIRED;
}

static void
get_param_time(const struct ical_prop *prop, const char *name,
	       struct cal_time *time_r)
{
	const char *value = ical_param(prop, name);

	if (value == NULL || !cal_time_parse(value, strlen(value), time_r))
		i_zero(time_r);
}

static void attendees_parse(struct cal_source *source, struct cal_entry *entry,
			    struct ical_prop *prop)
{
	struct cal_attendee *att;
	struct cal_time replied;

	for (; prop != NULL; prop = ical_again(prop, "ATTENDEE")) {
		if (array_count(&entry->attendees) >= CAL_MAX_ATTENDEES) {
			ical_warn(source->warnings, "too many attendees");
			break;
		}
		T_BEGIN {
			att = array_append_space(&entry->attendees);
			cal_person_parse(source->pool, prop, &att->person);
			att->partstat = get_partstat(prop);
			att->role = get_role(prop);
			att->rsvp = ical_param_is(prop, "RSVP", "TRUE");
			get_param_time(prop, "X-DOVETAIL-REPLIED", &replied);
			if (replied.form == CAL_TIME_NONE) {
				get_param_time(prop, "X-CALENDARSERVER-DTSTAMP",
					       &replied);
			}
			att->replied = cal_time_utc(&replied, NULL);
			get_param_time(prop, "X-DOVETAIL-PROPOSED-START",
				       &att->proposed_start);
			get_param_time(prop, "X-DOVETAIL-PROPOSED-END",
				       &att->proposed_end);
			if (att->rsvp)
				entry->response_requested = TRUE;
		} T_END;
	}
}

/* --- status ------------------------------------------------------------------------------------ */

static const char *const busy_names[] =
	{ "FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE", NULL };

const char *const *cal_busy_names(void)
{
	return busy_names;
}

static int get_busy(const struct ical_prop *prop)
{
	unsigned int i;

	for (i = 0; busy_names[i] != NULL; i++) {
		if (value_is(prop, busy_names[i]))
			return i;
	}
	return -1;
}

static void status_parse(struct cal_entry *entry, const struct cal_props *props)
{
	const struct ical_prop *status = props->first[CAL_P_STATUS];
	int busy = get_busy(props->first[CAL_P_MS_BUSY]);

	entry->cancelled = value_is(status, "CANCELLED");
	entry->tentative = value_is(status, "TENTATIVE");
	entry->done = value_is(status, "COMPLETED") ||
		(status == NULL && entry->completed != 0);
	entry->intended = get_busy(props->first[CAL_P_MS_INTENDED]);
	if (busy >= 0)
		entry->busy = (enum cal_busy)busy;
	else if (value_is(props->first[CAL_P_TRANSP], "TRANSPARENT"))
		entry->busy = CAL_BUSY_FREE;
	else if (entry->tentative)
		entry->busy = CAL_BUSY_TENTATIVE;
	else
		entry->busy = CAL_BUSY_BUSY;
}

static enum cal_sensitivity get_sensitivity(const struct ical_prop *prop)
{
	if (prop == NULL || value_is(prop, "PUBLIC"))
		return CAL_NORMAL;
	if (value_is(prop, "CONFIDENTIAL"))
		return CAL_CONFIDENTIAL;
	if (value_is(prop, "X-PERSONAL"))
		return CAL_PERSONAL;
	/* PRIVATE; unknown ones are to be taken as that (RFC 5545 3.8.1.3) */
	return CAL_PRIVATE;
}

static void priority_parse(struct cal_entry *entry,
			   const struct cal_props *props)
{
	static const unsigned int importance[] = { 9, 5, 1 };
	const struct ical_prop *ms = props->first[CAL_P_MS_IMPORTANCE];

	if (props->first[CAL_P_PRIORITY] != NULL)
		entry->priority = get_number(props->first[CAL_P_PRIORITY], 9);
	else if (ms != NULL)
		entry->priority = importance[get_number(ms, 2)];
}

/* --- texts -------------------------------------------------------------------------------------- */

static void categories_parse(struct cal_source *source,
			     struct cal_entry *entry, struct ical_prop *prop)
{
	const char *list, *item, *text;
	size_t size;

	for (; prop != NULL; prop = ical_again(prop, "CATEGORIES")) {
		list = ical_value(prop);
		while ((item = ical_list_next(&list, ',', &size)) != NULL) {
			while (size > 0 && *item == ' ') {
				item++;
				size--;
			}
			if (size == 0)
				continue;
			text = ical_text_decode(source->pool, item, size);
			array_push_back(&entry->categories, &text);
		}
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = i_toupper(c);
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "data:text/html,%3Cb%3E..." as Thunderbird has it in ALTREP; NULL: no HTML */
static const char *html_of_data_uri(pool_t pool, const char *uri)
{
	string_t *str;
	const char *p;

	if (uri == NULL || strncasecmp(uri, "data:text/html", 14) != 0 ||
	    (p = strchr(uri, ',')) == NULL || strstr(uri, ";base64,") != NULL)
		return NULL;
	str = t_str_new(strlen(p));
	for (p++; *p != '\0'; p++) {
		if (*p == '%' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
			str_append_c(str, hex_digit(p[1]) << 4 |
				     hex_digit(p[2]));
			p += 2;
		} else {
			str_append_c(str, *p);
		}
	}
	if (memchr(str_data(str), '\0', str_len(str)) != NULL ||
	    !uni_utf8_str_is_valid(str_c(str)))
		return NULL;
	return p_strdup(pool, str_c(str));
}

static void texts_parse(struct cal_source *source, struct cal_entry *entry,
			const struct cal_props *props)
{
	const struct ical_prop *desc = props->first[CAL_P_DESCRIPTION];
	const struct ical_prop *html = props->first[CAL_P_ALT_DESC];

	entry->summary = get_text(source, props->first[CAL_P_SUMMARY]);
	entry->location = get_text(source, props->first[CAL_P_LOCATION]);
	entry->description = get_text(source, desc);
	while (html != NULL && !ical_param_is(html, "FMTTYPE", "text/html"))
		html = ical_again(html, "X-ALT-DESC");
	if (html != NULL)
		entry->html = get_text(source, html);
	else if (desc != NULL) {
		entry->html = html_of_data_uri(source->pool,
					       ical_param(desc, "ALTREP"));
	}
	categories_parse(source, entry, props->first[CAL_P_CATEGORIES]);
	entry->url = get_raw(props->first[CAL_P_URL]);
	entry->online_link = get_raw(props->first[CAL_P_MS_CONF_LINK]);
	entry->online_external_link =
		get_raw(props->first[CAL_P_MS_EXTERNAL_LINK]);
	if (entry->online_external_link == NULL) {
		entry->online_external_link =
			get_raw(props->first[CAL_P_MS_TEAMS_URL]);
	}
	if (entry->online_external_link == NULL) {
		entry->online_external_link =
			get_raw(props->first[CAL_P_CONFERENCE]);
	}
	if (entry->online_external_link == NULL) {
		entry->online_external_link =
			get_raw(props->first[CAL_P_GOOGLE_CONFERENCE]);
	}
}

/* --- place ----------------------------------------------------------------------------------------- */

static double parse_double(const char *str, const char **end_r)
{
	char *end;
	double num;

	/* no "inf", no hex, and the locale is C in all our processes */
	if (str[strspn(str, " +-0123456789.")] != *str &&
	    strchr("+-.0123456789 ", *str) == NULL) {
		*end_r = str;
		return NAN;
	}
	num = strtod(str, &end);
	*end_r = end;
	return end == str || !isfinite(num) ? NAN : num;
}

static bool parse_geo(const char *value, char separator, struct cal_place *place)
{
	const char *p = value;
	double latitude, longitude;

	latitude = parse_double(p, &p);
	if (*p != separator)
		return FALSE;
	longitude = parse_double(p + 1, &p);
	if (!(latitude >= -90 && latitude <= 90) ||
	    !(longitude >= -180 && longitude <= 180))
		return FALSE;
	place->latitude = latitude;
	place->longitude = longitude;
	return TRUE;
}

/* X-DOVETAIL-PLACE: texts and numbers by position, as vCard's ADR */
static void place_fields(struct cal_source *source, struct cal_place *place,
			 const char *list)
{
	const char **texts[] = {
		&place->annotation, &place->street, &place->city,
		&place->state, &place->country, &place->postal_code,
		&place->uri,
	};
	double *numbers[] = {
		&place->accuracy, &place->altitude, &place->altitude_accuracy,
	};
	const char *item, *end;
	unsigned int i;
	size_t size;

	for (i = 0; i < N_ELEMENTS(texts) + N_ELEMENTS(numbers); i++) {
		item = ical_list_next(&list, ';', &size);
		if (item == NULL)
			break;
		if (i < N_ELEMENTS(texts)) {
			*texts[i] = ical_text_decode(source->pool, item, size);
		} else {
			*numbers[i - N_ELEMENTS(texts)] =
				parse_double(t_strndup(item, size), &end);
		}
	}
}

static void place_parse(struct cal_source *source, struct cal_entry *entry,
			const struct cal_props *props)
{
	struct cal_place *place = &entry->place;
	const struct ical_prop *geo = props->first[CAL_P_GEO];
	const struct ical_prop *own = props->first[CAL_P_PLACE];
	const struct ical_prop *apple = props->first[CAL_P_APPLE_PLACE];
	const char *value;

	if (own != NULL) {
		place->set = TRUE;
		place_fields(source, place, ical_value(own));
	}
	if (geo != NULL && parse_geo(ical_value(geo), ';', place))
		place->set = TRUE;
	else if (apple != NULL &&
		 strncasecmp(ical_value(apple), "geo:", 4) == 0 &&
		 parse_geo(ical_value(apple) + 4, ',', place))
		place->set = TRUE;
	if (own == NULL && apple != NULL &&
	    (value = ical_param(apple, "X-ADDRESS")) != NULL) {
		place->street = ical_text_decode(source->pool, value,
						 strlen(value));
		place->set = TRUE;
	}
}

/* --- times ------------------------------------------------------------------------------------------ */

static bool is_midnight(const struct cal_time *time)
{
	return time->wall.hour == 0 && time->wall.minute == 0 &&
		time->wall.second == 0;
}

static void get_time(struct cal_source *source, const struct ical_prop *prop,
		     struct cal_time *time_r)
{
	i_zero(time_r);
	if (prop == NULL)
		return;
	if (!cal_source_time(source, prop, time_r)) {
		ical_warn(source->warnings, "bad time: %.60s", prop->line);
		i_zero(time_r);
	}
}

/* DTEND or DUE in the form that DTSTART has */
static void end_like_start(struct cal_entry *entry)
{
	struct cal_time *start = &entry->start, *end = &entry->end;
	bool partial = !is_midnight(end);

	if (start->form == CAL_TIME_NONE || end->form == CAL_TIME_NONE ||
	    (start->form == CAL_TIME_DATE) == (end->form == CAL_TIME_DATE))
		return;
	if (end->form == CAL_TIME_DATE) {
		end->form = start->form;
		end->zone = start->zone;
		return;
	}
	cal_time_set_date(end, end->wall.year, end->wall.month, end->wall.day);
	if (partial) {
		struct cal_duration day = { .days = 1 };

		cal_time_add(end, &day);
	}
}

/* RFC 5545 3.6.1: what there is without an end */
static void end_default(struct cal_entry *entry)
{
	struct cal_duration day = { .days = 1 };

	entry->end = entry->start;
	if (entry->end.form == CAL_TIME_DATE)
		cal_time_add(&entry->end, &day);
}

static void times_parse(struct cal_source *source, struct cal_entry *entry,
			const struct cal_props *props)
{
	bool event = source->obj->kind == CAL_EVENT;
	const struct ical_prop *duration = props->first[CAL_P_DURATION];
	struct cal_duration dur;

	get_time(source, props->first[CAL_P_DTSTART], &entry->start);
	get_time(source, props->first[event ? CAL_P_DTEND : CAL_P_DUE],
		 &entry->end);
	if (entry->end.form == CAL_TIME_NONE && duration != NULL &&
	    entry->start.form != CAL_TIME_NONE) {
		if (cal_duration_parse(ical_value(duration), &dur)) {
			entry->end = entry->start;
			cal_time_add(&entry->end, &dur);
		} else {
			ical_warn(source->warnings, "bad duration: %.60s",
				  duration->line);
		}
	}
	end_like_start(entry);
	if (!event) {
		entry->all_day = entry->start.form == CAL_TIME_DATE ||
			entry->end.form == CAL_TIME_DATE;
		return;
	}
	if (entry->start.form == CAL_TIME_NONE && entry->end.form != CAL_TIME_NONE)
		entry->start = entry->end;
	if (entry->end.form == CAL_TIME_NONE)
		end_default(entry);
	else if (cal_time_utc(&entry->end, source->zone) <
		 cal_time_utc(&entry->start, source->zone)) {
		ical_warn(source->warnings, "end before start");
		end_default(entry);
	} else if (entry->start.form == CAL_TIME_DATE &&
		   cal_time_equal(&entry->start, &entry->end)) {
		/* some take it as inclusive */
		end_default(entry);
	}
	entry->all_day = entry->start.form == CAL_TIME_DATE ||
		(value_is(props->first[CAL_P_MS_ALLDAY], "TRUE") &&
		 entry->start.form != CAL_TIME_NONE &&
		 is_midnight(&entry->start) && is_midnight(&entry->end) &&
		 !cal_time_equal(&entry->start, &entry->end));
}

void cal_entry_status(const struct ical_comp *comp, struct cal_entry *entry_r)
{
	struct cal_props props;

	i_zero(entry_r);
	cal_props_find(comp, &props);
	status_parse(entry_r, &props);
}

/* --- all -------------------------------------------------------------------------------------------- */

void cal_entry_parse(struct cal_source *source, const struct ical_comp *comp,
		     struct cal_entry *entry_r)
{
	struct cal_props props;

	cal_entry_init(source->pool, entry_r);
	cal_props_find(comp, &props);
	T_BEGIN {
		times_parse(source, entry_r, &props);
		texts_parse(source, entry_r, &props);
		place_parse(source, entry_r, &props);
	} T_END;
	entry_r->stamp = get_utc(source, props.first[CAL_P_DTSTAMP]);
	entry_r->created = get_utc(source, props.first[CAL_P_CREATED]);
	entry_r->modified = get_utc(source, props.first[CAL_P_LAST_MODIFIED]);
	entry_r->completed = get_utc(source, props.first[CAL_P_COMPLETED]);
	entry_r->sequence = get_number(props.first[CAL_P_SEQUENCE], INT_MAX);
	entry_r->percent = get_number(props.first[CAL_P_PERCENT], 100);
	entry_r->sensitivity = get_sensitivity(props.first[CAL_P_CLASS]);
	priority_parse(entry_r, &props);
	status_parse(entry_r, &props);
	if (props.first[CAL_P_ORGANIZER] != NULL) T_BEGIN {
		cal_person_parse(source->pool, props.first[CAL_P_ORGANIZER],
				 &entry_r->organizer);
	} T_END;
	attendees_parse(source, entry_r, props.first[CAL_P_ATTENDEE]);
	entry_r->no_proposals =
		value_is(props.first[CAL_P_MS_NO_COUNTER], "TRUE");
	cal_attach_parse(source, comp, entry_r);
	cal_alarm_parse(source, comp, entry_r);
}
