#ifndef CAL_PRIVATE_H
#define CAL_PRIVATE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "str.h"
#include "dovetail-calendar.h"
#include "ical.h"
#include "zone-private.h"

#define CAL_DAY 86400
#define CAL_PRODID "-//Dovetail//Dovetail//EN"

/* Bounds of what is taken from one object */
#define CAL_MAX_ATTENDEES 5000
#define CAL_MAX_EXCEPTIONS 5000
#define CAL_MAX_DATES 10000
#define CAL_MAX_ATTACHMENTS 500
/* Steps of an expansion */
#define CAL_MAX_STEPS 10000

/* Properties the model knows: one line each, names and enum in step */
#define CAL_PROPS(X) \
	X(ATTACH, "ATTACH") \
	X(ATTENDEE, "ATTENDEE") \
	X(CATEGORIES, "CATEGORIES") \
	X(CLASS, "CLASS") \
	X(COMPLETED, "COMPLETED") \
	X(CONFERENCE, "CONFERENCE") \
	X(CREATED, "CREATED") \
	X(DESCRIPTION, "DESCRIPTION") \
	X(DTEND, "DTEND") \
	X(DTSTAMP, "DTSTAMP") \
	X(DTSTART, "DTSTART") \
	X(DUE, "DUE") \
	X(DURATION, "DURATION") \
	X(EXDATE, "EXDATE") \
	X(GEO, "GEO") \
	X(LAST_MODIFIED, "LAST-MODIFIED") \
	X(LOCATION, "LOCATION") \
	X(ORGANIZER, "ORGANIZER") \
	X(PERCENT, "PERCENT-COMPLETE") \
	X(PRIORITY, "PRIORITY") \
	X(RDATE, "RDATE") \
	X(RECURRENCE_ID, "RECURRENCE-ID") \
	X(RRULE, "RRULE") \
	X(SEQUENCE, "SEQUENCE") \
	X(STATUS, "STATUS") \
	X(SUMMARY, "SUMMARY") \
	X(TRANSP, "TRANSP") \
	X(UID, "UID") \
	X(URL, "URL") \
	X(ALT_DESC, "X-ALT-DESC") \
	X(APPLE_PLACE, "X-APPLE-STRUCTURED-LOCATION") \
	X(DEAD_OCCUR, "X-DOVETAIL-DEAD-OCCUR") \
	X(PLACE, "X-DOVETAIL-PLACE") \
	X(REGENERATE, "X-DOVETAIL-REGENERATE") \
	X(RULE_CALENDAR, "X-DOVETAIL-RULE-CALENDAR") \
	X(GOOGLE_CONFERENCE, "X-GOOGLE-CONFERENCE") \
	X(MS_ALLDAY, "X-MICROSOFT-CDO-ALLDAYEVENT") \
	X(MS_BUSY, "X-MICROSOFT-CDO-BUSYSTATUS") \
	X(MS_IMPORTANCE, "X-MICROSOFT-CDO-IMPORTANCE") \
	X(MS_INTENDED, "X-MICROSOFT-CDO-INTENDEDSTATUS") \
	X(MS_NO_COUNTER, "X-MICROSOFT-DISALLOW-COUNTER") \
	X(MS_CONF_LINK, "X-MICROSOFT-ONLINEMEETINGCONFLINK") \
	X(MS_EXTERNAL_LINK, "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK") \
	X(MS_TEAMS_URL, "X-MICROSOFT-SKYPETEAMSMEETINGURL")

#define CAL_PROP_ENUM(id, name) CAL_P_##id,
enum cal_prop { CAL_PROPS(CAL_PROP_ENUM) CAL_P_COUNT };
extern const char *const cal_prop_names[CAL_P_COUNT];

/* First property of each name in a component */
struct cal_props {
	struct ical_prop *first[CAL_P_COUNT];
};
void cal_props_find(const struct ical_comp *comp, struct cal_props *props_r);

/* --- cal-time.c ----------------------------------------------------------------------- */

/* DATE or DATE-TIME; form DATE, UTC or FLOATING. FALSE: neither. */
bool cal_time_parse(const char *value, size_t size, struct cal_time *time_r);
/* The value without parameters */
const char *cal_time_value(const struct cal_time *time);
bool cal_time_equal(const struct cal_time *a, const struct cal_time *b);
/* In the form of another one (date, zone, UTC): RECURRENCE-ID, EXDATE. A date of
   a series with times becomes that day at the series' time. */
void cal_time_as(struct cal_time *time, const struct cal_time *form,
		 const struct zone *local);

struct cal_duration {
	/* nominal days, exact seconds */
	int64_t days, secs;
};
bool cal_duration_parse(const char *value, struct cal_duration *duration_r);
void cal_time_add(struct cal_time *time, const struct cal_duration *duration);
int cal_offset_parse(const char *value, int *offset_r);

/* --- cal-rule.c ------------------------------------------------------------------------- */

enum cal_rule_freq {
	CAL_EVERY_SECOND, CAL_EVERY_MINUTE, CAL_EVERY_HOUR, CAL_EVERY_DAY,
	CAL_EVERY_WEEK, CAL_EVERY_MONTH, CAL_EVERY_YEAR,
};

#define CAL_RULE_NTH_MAX 64
#define CAL_RULE_SETPOS_MAX 64

/* All that RFC 5545 3.3.10 has, as sets. An empty set: the part is not there. */
struct cal_rule_parts {
	enum cal_rule_freq freq;
	unsigned int interval, count;
	struct cal_time until;
	unsigned int week_start;		/* 0 = Sunday */
	uint64_t seconds, minutes;		/* bits 0..59 */
	uint32_t hours;				/* bits 0..23 */
	uint32_t months;			/* bits 1..12 */
	uint32_t month_days, month_days_back;	/* bits 1..31; from the end */
	unsigned int weekdays;			/* without number: bits 0..6 */
	unsigned int nths_count;
	struct {
		int nth;
		unsigned int weekday;
	} nths[CAL_RULE_NTH_MAX];
	uint64_t weeks, weeks_back;		/* bits 1..53 */
	uint64_t year_days[6], year_days_back[6];	/* bits 1..366 */
	unsigned int setpos_count;
	int setpos[CAL_RULE_SETPOS_MAX];
	/* RFC 7529: "" or upper case; SKIP=BACKWARD */
	char rscale[24];
	bool skip_backward, leap_month;
	unsigned int rscale_month;
};
#define CAL_BIT(n) (1ULL << (n))

bool cal_rule_parts_parse(const char *value, struct cal_rule_parts *parts_r);
/* start: for what the rule leaves to it */
void cal_rule_to_parts(const struct cal_rule *rule,
		       struct cal_rule_parts *parts_r);
/* RRULE; start: of the series (NONE if there is none). FALSE: no rule. */
bool cal_rule_parse(pool_t pool, const char *value,
		    const struct cal_time *start, struct cal_rule *rule_r);
/* RRULE of it; start: for the form of UNTIL */
void cal_rule_append(string_t *dest, const struct cal_rule *rule,
		     const struct cal_time *start);
bool cal_rule_equal(const struct cal_rule *a, const struct cal_rule *b);
/* RSCALE of MS-ASCAL CalendarType; NULL: Gregorian arithmetic */
const char *cal_rule_rscale(unsigned int calendar_type);

/* --- cal-recur.c ------------------------------------------------------------------------- */

/* Starts of a rule as wall clocks (seconds since 1970 as if they were UTC), in
   order, without regard to zones. The first is the series' start itself, whether
   the rule has it or not; it counts for COUNT. */
struct cal_recur;
/* until: last possible start, INT64_MAX: none; dates: whole days. */
struct cal_recur *cal_recur_init(const struct cal_rule *rule, int64_t start,
				 bool dates, int64_t until);
void cal_recur_deinit(struct cal_recur **recur);
/* Skips what is before; cheaper than to step there. */
void cal_recur_seek(struct cal_recur *recur, int64_t from);
/* FALSE: no more, or more steps than allowed were needed. */
bool cal_recur_next(struct cal_recur *recur, int64_t *local_r);
/* It ended because of the number of steps */
bool cal_recur_exhausted(const struct cal_recur *recur);

/* --- cal-parse.c --------------------------------------------------------------------------- */

struct cal_tzid {
	const char *tzid;
	/* NULL: unknown */
	const struct zone *zone;
};

/* A parsed text with its components, to be changed. */
struct cal_source {
	pool_t pool;
	struct ical_comp *root;
	struct cal_object *obj;
	/* of the series; NULL */
	struct ical_comp *master;
	/* of obj->exceptions, in their order (which is that of recurrence_id) */
	ARRAY(struct ical_comp *) exceptions;
	ARRAY(struct cal_tzid) tzids;
	/* when writing: TZIDs that were in use before */
	ARRAY_TYPE(const_string) tzids_before;
	/* X-WR-TIMEZONE, or the only VTIMEZONE; NULL */
	const struct zone *zone;
	string_t *warnings;
};
/* All in the pool. 0, -1 */
int cal_source_parse(struct cal_source *source_r, pool_t pool,
		     const void *text, size_t size, string_t *warnings,
		     const char **error_r);
/* Zone of a TZID in this text; NULL: unknown */
const struct zone *cal_source_zone(struct cal_source *source, const char *tzid);
/* Time of a property that may have VALUE and TZID. FALSE: unreadable. */
bool cal_source_time(struct cal_source *source, const struct ical_prop *prop,
		     struct cal_time *time_r);
/* One value of it; tz: of its TZID, or NULL */
bool cal_source_time_value(struct cal_source *source,
			   const struct ical_prop *prop, const char *value,
			   size_t size, struct cal_time *time_r);
/* UID of a component; one made of its text if it has none (*made_r) */
const char *cal_comp_uid(pool_t pool, const struct ical_comp *comp,
			 bool *made_r);
enum cal_kind cal_comp_kind(const struct ical_comp *comp);
bool cal_comp_is_item(const struct ical_comp *comp);
/* By time of recurrence_id, for bsearch */
int cal_entry_cmp(const struct cal_entry *a, const struct cal_entry *b);

/* --- cal-entry.c ------------------------------------------------------------------------------ */

/* Of a series' component, or an exception's */
void cal_entry_parse(struct cal_source *source, const struct ical_comp *comp,
		     struct cal_entry *entry_r);
/* Only the status fields */
void cal_entry_status(const struct ical_comp *comp, struct cal_entry *entry_r);
void cal_entry_init(pool_t pool, struct cal_entry *entry_r);
void cal_entry_dup(pool_t pool, const struct cal_entry *src,
		   struct cal_entry *dest_r);
/* "mailto:a@example.org" and what stands for it; "": no address */
const char *cal_email(pool_t pool, const char *uri);
void cal_person_parse(pool_t pool, const struct ical_prop *prop,
		      struct cal_person *person_r);
const char *const *cal_busy_names(void);

/* --- cal-alarm.c ------------------------------------------------------------------------------- */

/* What the model shows of the alarms of a component */
void cal_alarm_parse(const struct cal_source *source,
		     const struct ical_comp *comp, struct cal_entry *entry);
/* Puts it back, if it is another one than `old` has. */
void cal_alarm_write(struct cal_source *source, struct ical_comp *comp,
		     const struct cal_entry *entry, const struct cal_entry *old);

/* --- cal-attach.c ------------------------------------------------------------------------------- */

void cal_attach_parse(struct cal_source *source, const struct ical_comp *comp,
		      struct cal_entry *entry);
void cal_attach_write(pool_t pool, struct ical_comp *comp,
		      const struct cal_entry *entry);

/* --- cal-write.c, cal-write-entry.c, cal-write-people.c ------------------------------------------- */

/* Puts into the component what `entry` has otherwise than `old`. */
void cal_entry_write(struct cal_source *source, struct ical_comp *comp,
		     const struct cal_entry *entry, const struct cal_entry *old);
void cal_people_write(struct cal_source *source, struct ical_comp *comp,
		      const struct cal_entry *entry, const struct cal_entry *old);
/* Sets a time, NONE removes it. Other parameters stay. */
void cal_time_write(struct cal_source *source, struct ical_comp *comp,
		    const char *name, const struct cal_time *time);
/* Sets an instant in UTC, 0 removes it. */
void cal_utc_write(pool_t pool, struct ical_comp *comp, const char *name,
		   time_t utc);
/* Sets a value as it is, NULL or "" removes it. */
void cal_value_write(pool_t pool, struct ical_comp *comp, const char *name,
		     const char *value);
/* The source of a text that is to be written: parsed from `previous`, or empty */
void cal_write_begin(struct cal_source *source_r, pool_t pool,
		     const struct cal_object *obj, const char *previous);
/* The model into its components */
void cal_write_object(struct cal_source *source, const struct cal_object *obj);
/* VTIMEZONEs that are missing come in, those that nobody uses any more go. */
void cal_write_zones(struct cal_source *source, const struct cal_object *obj);

/* Does a component below use it? */
bool cal_tzid_used(const struct ical_comp *root, const char *tzid);

/* --- cal-expand.c --------------------------------------------------------------------------------- */

/* Start of the series or of its rule (not an added one) */
bool cal_is_occurrence_by_rule(const struct cal_object *obj,
			       const struct zone *local, time_t original);

/* --- zone-vtimezone.c ------------------------------------------------------------------------ */

const struct zone *zone_by_comp(pool_t pool, const struct ical_comp *comp);

#endif
