/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Zones as VTIMEZONE (RFC 5545 3.6.5), both ways. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "str.h"
#include "cal-private.h"

#define DAY CAL_DAY
/* Rules that RRULE cannot say are told until this year */
#define VTIMEZONE_LAST_YEAR 2037
#define VTIMEZONE_FIRST_YEAR 1970
/* Single changes told at most */
#define VTIMEZONE_MAX_SHIFTS 400

static const char *const weekday_names[] =
	{ "SU", "MO", "TU", "WE", "TH", "FR", "SA" };

static void add_offset(string_t *str, const char *name, int offset)
{
	int secs = abs(offset);

	str_printfa(str, "%s:%c%02d%02d", name, offset < 0 ? '-' : '+',
		    secs / 3600, secs / 60 % 60);
	if (secs % 60 != 0)
		str_printfa(str, "%02d", secs % 60);
	str_append(str, "\r\n");
}

/* One STANDARD or DAYLIGHT. rrule, rdates: NULL for none */
static void add_observance(string_t *str, const struct zone_type *type,
			   int before, int64_t at, const char *rrule)
{
	const char *kind = type->dst ? "DAYLIGHT" : "STANDARD";
	struct zone_wall wall;

	zone_secs_wall(at + before, &wall);
	str_printfa(str, "BEGIN:%s\r\n", kind);
	add_offset(str, "TZOFFSETFROM", before);
	add_offset(str, "TZOFFSETTO", type->offset);
	if (type->abbr[0] != '\0' && strchr("+-", type->abbr[0]) == NULL)
		str_printfa(str, "TZNAME:%s\r\n", type->abbr);
	str_printfa(str, "DTSTART:%04d%02u%02uT%02u%02u%02u\r\n",
		    wall.year, wall.month, wall.day,
		    wall.hour, wall.minute, wall.second);
	if (rrule != NULL)
		str_printfa(str, "RRULE:FREQ=YEARLY;%s\r\n", rrule);
	str_printfa(str, "END:%s\r\n", kind);
}

/* The date as parts of an RRULE; NULL: it cannot be said */
static const char *date_rrule(const struct zone_date *date)
{
	string_t *str = t_str_new(64);
	int shift = date->secs / DAY, first, last;
	unsigned int i, weekday;

	if (date->secs % DAY < 0)
		shift--;
	if (date->kind == ZONE_DATE_YEARDAY)
		return NULL;
	if (date->kind == ZONE_DATE_DAY) {
		first = last = date->day + shift;
	} else if (date->week < 5) {
		first = (date->week - 1) * 7 + 1 + shift;
		last = first + 6;
	} else {
		last = zone_month_days(2023, date->month) + shift;
		first = last - 6;
		if (shift != 0 && date->month == 2)
			return NULL;
	}
	if (first < 1 || last > (int)zone_month_days(2023, date->month))
		return NULL;
	str_printfa(str, "BYMONTH=%u;", date->month);
	if (date->kind == ZONE_DATE_DAY) {
		str_printfa(str, "BYMONTHDAY=%d", first);
		return str_c(str);
	}
	weekday = (date->weekday + 7 + shift % 7) % 7;
	if (shift == 0) {
		str_printfa(str, "BYDAY=%d%s", date->week == 5 ? -1 :
			    (int)date->week, weekday_names[weekday]);
		return str_c(str);
	}
	/* some days behind or before the nth weekday */
	str_append(str, "BYMONTHDAY=");
	for (i = 0; i < 7; i++)
		str_printfa(str, "%s%u", i == 0 ? "" : ",", first + i);
	str_printfa(str, ";BYDAY=%s", weekday_names[weekday]);
	return str_c(str);
}

/* From which year on does the zone do what its rule says, every year? */
static int rule_since(const struct zone *zone)
{
	struct zone_year year_a, year_b;
	struct zone rule;
	int year;

	if (zone->rule_since != 0)
		return zone->rule_since;
	i_zero(&rule);
	rule.rule = zone->rule;
	for (year = VTIMEZONE_LAST_YEAR; year > VTIMEZONE_FIRST_YEAR; year--) {
		zone_year(zone, year - 1, &year_a);
		zone_year(&rule, year - 1, &year_b);
		if (!zone_year_equal(&year_a, &year_b))
			break;
	}
	((struct zone *)zone)->rule_since = year;
	return year;
}

/* Change by change, from that before `from` to `until` */
static void add_shifts(string_t *str, const struct zone *zone, int64_t from,
		       int64_t until)
{
	struct zone_span span;
	unsigned int count = 0;
	int before;

	zone_span(zone, from, &span);
	if (span.start == INT64_MIN) {
		/* as if it had always been so, from a date that all can read */
		add_observance(str, span.type, span.type->offset,
			       -span.type->offset, NULL);
	} else {
		before = zone_offset(zone, span.start - 1, NULL);
		add_observance(str, span.type, before, span.start, NULL);
	}
	while (span.end < until && count++ < VTIMEZONE_MAX_SHIFTS) {
		before = span.type->offset;
		zone_span(zone, span.end, &span);
		add_observance(str, span.type, before, span.start, NULL);
	}
}

static void add_rule(string_t *str, const struct zone *zone, int since)
{
	const struct zone_rule *rule = &zone->rule;

	add_observance(str, &rule->dst, rule->std.offset,
		       zone_date_secs(&rule->to_dst, since) - rule->std.offset,
		       date_rrule(&rule->to_dst));
	add_observance(str, &rule->std, rule->dst.offset,
		       zone_date_secs(&rule->to_std, since) - rule->dst.offset,
		       date_rrule(&rule->to_std));
}

static void zone_vtimezone_add(string_t *str, const struct zone *zone,
			       time_t from)
{
	struct zone_wall last = { .year = VTIMEZONE_LAST_YEAR + 1,
				  .month = 1, .day = 1 };
	int64_t to_dst, to_std, until;
	int since = 0;
	bool by_rule = zone->rule.has_dst &&
		date_rrule(&zone->rule.to_dst) != NULL &&
		date_rrule(&zone->rule.to_std) != NULL;

	str_printfa(str, "BEGIN:VTIMEZONE\r\nTZID:%s\r\n", zone->tzid);
	if (zone->olson != NULL)
		str_printfa(str, "X-LIC-LOCATION:%s\r\n", zone->olson);
	until = zone_utc_of(zone, &last);
	if (by_rule) {
		since = rule_since(zone);
		to_dst = zone_date_secs(&zone->rule.to_dst, since) -
			zone->rule.std.offset;
		to_std = zone_date_secs(&zone->rule.to_std, since) -
			zone->rule.dst.offset;
		until = I_MIN(to_dst, to_std);
	}
	if (!by_rule || from < until)
		add_shifts(str, zone, from, until);
	if (by_rule) T_BEGIN {
		add_rule(str, zone, since);
	} T_END;
	str_append(str, "END:VTIMEZONE\r\n");
}

const char *zone_vtimezone(pool_t pool, const struct zone *zone, time_t from)
{
	const char *text;
	string_t *str;

	if (zone == zone_utc())
		return NULL;
	if (zone->vtimezone != NULL)
		return p_strdup(pool, zone->vtimezone);
	str = str_new(default_pool, 1024);
	zone_vtimezone_add(str, zone, from);
	text = p_strdup(pool, str_c(str));
	str_free(&str);
	return text;
}

/* --- reading ------------------------------------------------------------------------------ */

/* Onsets of rules that have no end are computed for these years; behind them the
   rule itself goes on, if it is one of those that a zone_rule can say. */
#define ONSET_FIRST_YEAR 1950
#define ONSET_LAST_YEAR 2100
#define ONSET_RULE_YEAR 2037
#define OBSERVANCES_MAX 300
#define ONSETS_MAX 4000
/* Names and rules that were seen lately: most texts have the same few */
#define SEEN_MAX 64

struct observance {
	struct zone_type type;
	int before;
	int64_t start;		/* DTSTART, local */
	/* has a rule without end */
	bool endless, by_date;
	struct zone_date date;
};

struct vtimezone {
	pool_t pool;
	ARRAY_TYPE(zone_shift) shifts;
	ARRAY(struct zone_type) types;
	/* the endless ones, latest of each kind */
	struct observance std, dst;
	unsigned int endless;
};

static bool local_time(const char *value, size_t size, int before,
		       int64_t *local_r)
{
	struct cal_time time;

	if (!cal_time_parse(value, size, &time))
		return FALSE;
	*local_r = zone_wall_secs(&time.wall);
	if (time.form == CAL_TIME_UTC)
		*local_r += before;
	return TRUE;
}

static void add_onset(struct vtimezone *tz, const struct observance *obs,
		      int64_t local)
{
	struct zone_shift shift;

	if (array_count(&tz->shifts) >= ONSETS_MAX)
		return;
	shift.at = local - obs->before;
	shift.type = array_count(&tz->types) - 1;
	array_push_back(&tz->shifts, &shift);
}

/* A rule of every year as a date; FALSE: it is none */
static bool rule_date(const struct cal_rule *rule, int64_t start,
		      struct zone_date *date_r)
{
	unsigned int days = rule->days;

	i_zero(date_r);
	if (rule->freq != CAL_FREQ_YEARLY || rule->interval != 1 ||
	    rule->clamp || rule->calendar_type != 0)
		return FALSE;
	date_r->month = rule->month;
	date_r->secs = ((start % DAY) + DAY) % DAY;
	if (rule->week == 0) {
		date_r->kind = ZONE_DATE_DAY;
		date_r->day = rule->month_day;
		return rule->month_day >= 1 && rule->month_day <= 28;
	}
	date_r->kind = ZONE_DATE_NTH;
	date_r->week = rule->week;
	for (; (days & 1) == 0; days >>= 1)
		date_r->weekday++;
	return days == 1;
}

static void add_rule_onsets(struct vtimezone *tz, struct observance *obs,
			    const char *rrule)
{
	struct cal_time start;
	struct cal_rule rule;
	struct cal_rule_parts parts;
	struct cal_recur *recur;
	int64_t until, first, local;

	i_zero(&start);
	start.form = CAL_TIME_FLOATING;
	zone_secs_wall(obs->start, &start.wall);
	if (!cal_rule_parse(tz->pool, rrule, &start, &rule) ||
	    !cal_rule_parts_parse(rrule, &parts) ||
	    parts.freq < CAL_EVERY_MONTH) {
		add_onset(tz, obs, obs->start);
		return;
	}
	until = zone_days(ONSET_LAST_YEAR, 12, 31) * DAY;
	first = zone_days(ONSET_FIRST_YEAR, 1, 1) * DAY;
	obs->endless = rule.count == 0 && rule.until.form == CAL_TIME_NONE;
	if (obs->endless && rule_date(&rule, obs->start, &obs->date)) {
		obs->by_date = TRUE;
		until = zone_days(ONSET_RULE_YEAR, 12, 31) * DAY;
	} else if (rule.until.form == CAL_TIME_UTC) {
		until = zone_wall_secs(&rule.until.wall) + obs->before;
	} else if (rule.until.form != CAL_TIME_NONE) {
		until = zone_wall_secs(&rule.until.wall) +
			(rule.until.form == CAL_TIME_DATE ? DAY - 1 : 0);
	}
	/* Outlook begins in 1601 */
	recur = cal_recur_init(&rule, obs->start, FALSE, until);
	cal_recur_seek(recur, first);
	while (cal_recur_next(recur, &local) &&
	       array_count(&tz->shifts) < ONSETS_MAX) {
		if (local >= first || local == obs->start)
			add_onset(tz, obs, local);
	}
	cal_recur_deinit(&recur);
}

static void add_rdates(struct vtimezone *tz, const struct observance *obs,
		       const struct ical_comp *comp)
{
	const struct ical_prop *prop;
	const char *list, *item;
	int64_t local;
	size_t size;

	for (prop = ical_find(comp, "RDATE"); prop != NULL;
	     prop = ical_again(prop, "RDATE")) {
		list = ical_value(prop);
		while ((item = ical_list_next(&list, ',', &size)) != NULL) {
			if (local_time(item, size, obs->before, &local))
				add_onset(tz, obs, local);
		}
	}
}

static bool read_observance(struct vtimezone *tz, const struct ical_comp *comp)
{
	const char *from = ical_get(comp, "TZOFFSETFROM");
	const char *to = ical_get(comp, "TZOFFSETTO");
	const char *start = ical_get(comp, "DTSTART");
	const char *rrule = ical_get(comp, "RRULE");
	const char *name = ical_get(comp, "TZNAME");
	struct observance obs;

	i_zero(&obs);
	if (to == NULL || cal_offset_parse(to, &obs.type.offset) < 0)
		return FALSE;
	if (from == NULL || cal_offset_parse(from, &obs.before) < 0)
		obs.before = obs.type.offset;
	obs.type.dst = strcmp(comp->name, "DAYLIGHT") == 0;
	if (name != NULL)
		i_strocpy(obs.type.abbr, t_strndup(name, 11),
			  sizeof(obs.type.abbr));
	if (start == NULL || !local_time(start, strlen(start), obs.before,
					 &obs.start))
		obs.start = zone_days(1970, 1, 1) * DAY;
	array_push_back(&tz->types, &obs.type);
	if (rrule != NULL)
		add_rule_onsets(tz, &obs, rrule);
	else
		add_onset(tz, &obs, obs.start);
	add_rdates(tz, &obs, comp);
	if (obs.endless) {
		struct observance *last = obs.type.dst ? &tz->dst : &tz->std;

		tz->endless++;
		if (!last->endless || last->start < obs.start)
			*last = obs;
	}
	return TRUE;
}

static int shift_cmp(const struct zone_shift *a, const struct zone_shift *b)
{
	return a->at < b->at ? -1 : (a->at > b->at ? 1 : 0);
}

/* In order, each instant once; what was before the first. */
static void set_shifts(struct vtimezone *tz, struct zone *zone)
{
	struct zone_shift *shifts;
	unsigned int i, n = 0, count, first;
	const struct zone_type *types;

	array_sort(&tz->shifts, shift_cmp);
	shifts = array_get_modifiable(&tz->shifts, &count);
	for (i = 0; i < count; i++) {
		if (n > 0 && shifts[n - 1].at == shifts[i].at)
			n--;
		shifts[n++] = shifts[i];
	}
	types = array_get(&tz->types, &zone->types_count);
	zone->types = types;
	zone->shifts = shifts;
	zone->shifts_count = n;
	/* standard time, of the first that has it */
	for (first = 0; first < zone->types_count; first++) {
		if (!types[first].dst)
			break;
	}
	zone->first_type = first == zone->types_count ? 0 : first;
}

static void set_rule(struct vtimezone *tz, struct zone *zone)
{
	int64_t end = zone_days(ONSET_RULE_YEAR, 12, 31) * DAY;

	if (tz->endless < 2 || !tz->std.by_date || !tz->dst.by_date ||
	    tz->std.start > end || tz->dst.start > end ||
	    tz->std.before != tz->dst.type.offset ||
	    tz->dst.before != tz->std.type.offset)
		return;
	/* nothing else may happen later */
	if (zone->shifts[zone->shifts_count - 1].at > end + DAY)
		return;
	zone->rule.set = TRUE;
	zone->rule.has_dst = TRUE;
	zone->rule.std = tz->std.type;
	zone->rule.dst = tz->dst.type;
	zone->rule.to_std = tz->std.date;
	zone->rule.to_dst = tz->dst.date;
}

/* By its own rules; NULL: there are none */
static struct zone *zone_own(pool_t pool, const struct ical_comp *comp)
{
	struct vtimezone tz;
	struct zone *zone;
	const struct ical_comp *child;
	unsigned int count = 0;

	i_zero(&tz);
	tz.pool = pool;
	p_array_init(&tz.shifts, pool, 180);
	p_array_init(&tz.types, pool, 4);
	for (child = comp->comps; child != NULL; child = child->next) {
		if (strcmp(child->name, "STANDARD") != 0 &&
		    strcmp(child->name, "DAYLIGHT") != 0)
			continue;
		if (++count > OBSERVANCES_MAX)
			break;
		(void)read_observance(&tz, child);
	}
	if (array_count(&tz.shifts) == 0)
		return NULL;
	zone = p_new(pool, struct zone, 1);
	zone->windows = "";
	set_shifts(&tz, zone);
	set_rule(&tz, zone);
	return zone;
}

/* --- what was seen ---------------------------------------------------------------------------- */

/* Texts of VTIMEZONE that turned out to be zones of tzdata: the work is done once.
   A cache of pure results; compared whole. */
static struct {
	pool_t pool;
	struct {
		const char *text;
		unsigned int hash;
		const struct zone *zone;
	} seen[SEEN_MAX];
	unsigned int count;
} cache;

void zones_forget(void)
{
	if (cache.pool != NULL)
		pool_unref(&cache.pool);
	i_zero(&cache);
}

static const struct zone *seen_find(const string_t *text)
{
	unsigned int i, hash = str_hash(str_c((string_t *)text));

	for (i = 0; i < cache.count; i++) {
		if (cache.seen[i].hash == hash &&
		    strcmp(cache.seen[i].text, str_c((string_t *)text)) == 0)
			return cache.seen[i].zone;
	}
	return NULL;
}

static void seen_add(const string_t *text, const struct zone *zone)
{
	if (str_len(text) > 16384)
		return;
	if (cache.pool == NULL || cache.count == SEEN_MAX) {
		zones_forget();
		cache.pool = pool_alloconly_create(MEMPOOL_GROWING"seen zones",
						   8192);
	}
	cache.seen[cache.count].text =
		p_strdup(cache.pool, str_c((string_t *)text));
	cache.seen[cache.count].hash = str_hash(str_c((string_t *)text));
	cache.seen[cache.count++].zone = zone;
}

static const struct zone *
zone_known_as(const char *name, const struct zone *own)
{
	const struct zone *zone = name == NULL ? NULL : zone_by_name(name);

	return zone != NULL && zone_similar(zone, own) ? zone : NULL;
}

static const struct zone *
zone_by_comp_real(pool_t pool, const struct ical_comp *comp,
		  const string_t *text)
{
	const char *tzid = ical_get(comp, "TZID");
	const struct zone *zone;
	struct zone *own;

	own = zone_own(pool, comp);
	if (own == NULL)
		return NULL;
	zone = zone_known_as(tzid, own);
	if (zone == NULL)
		zone = zone_known_as(ical_get(comp, "X-LIC-LOCATION"), own);
	if (zone != NULL) {
		seen_add(text, zone);
		return zone;
	}
	own->tzid = p_strdup(pool, tzid == NULL || *tzid == '\0' ?
			     "unnamed" : tzid);
	own->vtimezone = p_strdup(pool, str_c((string_t *)text));
	return own;
}

const struct zone *zone_by_comp(pool_t pool, const struct ical_comp *comp)
{
	const struct zone *zone;

	T_BEGIN {
		string_t *text = t_str_new(1024);

		ical_write(text, comp);
		zone = seen_find(text);
		if (zone == NULL)
			zone = zone_by_comp_real(pool, comp, text);
	} T_END;
	return zone;
}

const struct zone *zone_by_vtimezone(pool_t pool, const char *text,
				     size_t size)
{
	const struct ical_comp *root, *comp;
	const char *error;

	root = ical_parse(pool, text, size, NULL, &error);
	if (root == NULL)
		return NULL;
	comp = ical_comp_find(root, "VTIMEZONE");
	return comp == NULL ? NULL : zone_by_comp(pool, comp);
}
