/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* A stream of many objects into one text for each UID. One pass finds where the
   components are and what they are called, a second writes each out: time and
   memory are linear, and no model is made. */

#include "lib.h"
#include "hash.h"
#include "cal-private.h"

#include <ctype.h>

/* Components of one UID, zones used by one component */
#define SPLIT_MAX_COMPS CAL_MAX_EXCEPTIONS
#define SPLIT_MAX_ZONES 16
#define SPLIT_MAX_CALENDAR_ZONES 600
#define SPLIT_MAX_ITEM (64 * 1024 * 1024)

struct split_calendar {
	/* PRODID, X-WR-TIMEZONE; NULL */
	const char *prodid, *zone;
	/* VTIMEZONEs */
	struct split_span *zones;
	unsigned int zones_count;
};

/* One component in the stream */
struct split_span {
	struct split_span *next;
	struct split_calendar *calendar;
	const char *start;
	size_t size;
	/* of a VTIMEZONE */
	const char *tzid;
};

struct split_item {
	struct split_item *next;
	const char *uid;
	/* the UID stands in no component */
	bool made;
	struct split_span *spans, **tail;
	unsigned int count;
};

struct split {
	pool_t pool;
	const char *pos, *end;
	struct split_calendar *calendar;
	HASH_TABLE(char *, struct split_item *) by_uid;
	struct split_item *items, **tail;
	string_t *line;
};

/* --- where the components are ------------------------------------------------------------- */

static const char *eol(const char *pos, const char *end)
{
	const char *p = memchr(pos, '\n', end - pos);

	return p == NULL ? end : p + 1;
}

/* "BEGIN:VEVENT" at pos: the name, upper case */
static bool line_is(const char *pos, const char *end, const char *key,
		    char name_r[24])
{
	size_t len = strlen(key), i;

	if ((size_t)(end - pos) <= len || strncasecmp(pos, key, len) != 0)
		return FALSE;
	pos += len;
	while (pos < end && *pos == ' ')
		pos++;
	for (i = 0; i < 23 && pos + i < end &&
	     (i_isalnum(pos[i]) || pos[i] == '-'); i++)
		name_r[i] = i_toupper(pos[i]);
	name_r[i] = '\0';
	return TRUE;
}

static bool is_component(const char *name)
{
	return strcmp(name, "VEVENT") == 0 || strcmp(name, "VTODO") == 0 ||
		strcmp(name, "VJOURNAL") == 0 || strcmp(name, "VTIMEZONE") == 0;
}

/* End of the component that begins at pos: behind its END, or before whatever
   cannot be inside of it. */
static const char *component_end(const char *pos, const char *end,
				 const char *name)
{
	const char *next;
	char other[24];

	for (pos = eol(pos, end); pos < end; pos = next) {
		next = eol(pos, end);
		if (*pos != 'B' && *pos != 'b' && *pos != 'E' && *pos != 'e')
			continue;
		if (line_is(pos, next, "END:", other)) {
			if (strcmp(other, name) == 0)
				return next;
			if (strcmp(other, "VCALENDAR") == 0)
				return pos;
		} else if (line_is(pos, next, "BEGIN:", other)) {
			if (is_component(other) ||
			    strcmp(other, "VCALENDAR") == 0)
				return pos;
		}
	}
	return end;
}

static struct split_span *
span_new(struct split *split, const char *start, const char *end)
{
	struct split_span *span = p_new(split->pool, struct split_span, 1);

	if (split->calendar == NULL) {
		split->calendar = p_new(split->pool, struct split_calendar, 1);
	}
	span->calendar = split->calendar;
	span->start = start;
	span->size = end - start;
	return span;
}

/* --- what they are called -------------------------------------------------------------------- */

/* Value of a property of the component itself, not of one inside; NULL */
static const char *span_value(struct split *split,
			      const struct split_span *span, const char *name)
{
	struct ical_input input;
	struct ical_comp *comp = ical_comp_new(pool_datastack_create(), "LINE");
	unsigned int depth = 0;
	const char *line;
	size_t len = strlen(name);

	ical_input_init(&input, span->start, span->size);
	while (ical_input_line(&input, split->line)) {
		line = str_c(split->line);
		if (strncasecmp(line, "BEGIN:", 6) == 0)
			depth++;
		else if (strncasecmp(line, "END:", 4) == 0)
			depth--;
		else if (depth == 1 && strncasecmp(line, name, len) == 0 &&
			 (line[len] == ':' || line[len] == ';')) {
			ical_add_line(pool_datastack_create(), comp, line,
				      str_len(split->line));
			return t_str_trim(ical_value(comp->props), " \t");
		}
	}
	return NULL;
}

/* The same as cal_parse() would give it */
static const char *made_uid(const struct split_span *span)
{
	pool_t pool = pool_alloconly_create("cal_split uid", 4096);
	struct ical_comp *root;
	const char *error, *uid = NULL;
	bool made;

	root = ical_parse(pool, span->start, span->size, NULL, &error);
	if (root != NULL)
		uid = t_strdup(cal_comp_uid(pool, root->comps, &made));
	pool_unref(&pool);
	return uid;
}

static void item_add(struct split *split, struct split_span *span)
{
	struct split_item *item;
	const char *uid = span_value(split, span, "UID");
	bool made = uid == NULL || *uid == '\0';

	if (made) {
		uid = made_uid(span);
		if (uid == NULL)
			return;
	} else {
		uid = ical_text_decode(pool_datastack_create(), uid,
				       strlen(uid));
	}
	item = hash_table_lookup(split->by_uid, uid);
	if (item == NULL) {
		item = p_new(split->pool, struct split_item, 1);
		item->uid = p_strdup(split->pool, uid);
		item->made = made;
		item->tail = &item->spans;
		hash_table_insert(split->by_uid, (char *)item->uid, item);
		*split->tail = item;
		split->tail = &item->next;
	}
	item->count++;
	*item->tail = span;
	item->tail = &span->next;
}

static struct split_span *
zone_find(const struct split_calendar *calendar, const char *tzid)
{
	struct split_span *span;

	for (span = calendar->zones; span != NULL; span = span->next) {
		if (strcmp(span->tzid, tzid) == 0)
			return span;
	}
	return NULL;
}

static void zone_add(struct split *split, struct split_span *span)
{
	struct split_calendar *calendar = span->calendar;
	const char *tzid = span_value(split, span, "TZID");

	if (tzid == NULL || calendar->zones_count >= SPLIT_MAX_CALENDAR_ZONES ||
	    zone_find(calendar, tzid) != NULL)
		return;
	span->tzid = p_strdup(split->pool, tzid);
	span->next = calendar->zones;
	calendar->zones = span;
	calendar->zones_count++;
}

/* A line of the calendar itself */
static void calendar_line(struct split *split, const char *pos,
			  const char *next)
{
	const char *value = memchr(pos, ':', next - pos), *end = next;

	if (split->calendar == NULL || value == NULL)
		return;
	while (end > value && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	if (strncasecmp(pos, "PRODID", 6) == 0) {
		split->calendar->prodid =
			p_strdup_until(split->pool, value + 1, end);
	} else if (strncasecmp(pos, "X-WR-TIMEZONE", 13) == 0) {
		split->calendar->zone =
			p_strdup_until(split->pool, value + 1, end);
	}
}

static void split_find(struct split *split)
{
	const char *next;
	char name[24];

	for (; split->pos < split->end; split->pos = next) {
		next = eol(split->pos, split->end);
		if (!line_is(split->pos, next, "BEGIN:", name)) {
			calendar_line(split, split->pos, next);
		} else if (strcmp(name, "VCALENDAR") == 0) {
			split->calendar = p_new(split->pool,
						struct split_calendar, 1);
		} else if (is_component(name)) T_BEGIN {
			struct split_span *span;

			next = component_end(split->pos, split->end, name);
			span = span_new(split, split->pos, next);
			if (strcmp(name, "VTIMEZONE") == 0)
				zone_add(split, span);
			else
				item_add(split, span);
		} T_END;
	}
}

/* --- each for itself --------------------------------------------------------------------------- */

struct writer {
	struct split *split;
	/* both outside of the data stack */
	string_t *body, *text;
	ARRAY(struct split_span *) zones;
};

/* The zone that this line uses goes with it. */
static void zone_need(struct writer *writer, const struct split_span *span,
		      const char *line, size_t size)
{
	pool_t pool = pool_datastack_create();
	struct ical_comp *comp = ical_comp_new(pool, "LINE");
	struct split_span *zone, *const *spanp;
	const char *tzid;

	ical_add_line(pool, comp, line, size);
	tzid = ical_param(comp->props, "TZID");
	if (tzid == NULL)
		return;
	zone = zone_find(span->calendar, tzid);
	if (zone == NULL || array_count(&writer->zones) >= SPLIT_MAX_ZONES)
		return;
	array_foreach(&writer->zones, spanp) {
		if (*spanp == zone)
			return;
	}
	array_push_back(&writer->zones, &zone);
}

/* The component's lines, cleaned and folded anew; made: UID that it gets */
static void span_write(struct writer *writer, string_t *dest,
		       const struct split_span *span, const char *made)
{
	string_t *line = writer->split->line;
	struct ical_input input;
	char stack[ICAL_MAX_DEPTH][24];
	unsigned int depth = 0;
	const char *str;

	ical_input_init(&input, span->start, span->size);
	while (ical_input_line(&input, line)) {
		str = str_c(line);
		if (depth < ICAL_MAX_DEPTH &&
		    line_is(str, str + str_len(line), "BEGIN:", stack[depth]))
			depth++;
		else if (depth > 0 && strncasecmp(str, "END:", 4) == 0)
			depth--;
		else if (depth == 0)
			break;
		else if (strstr(str, ";TZID=") != NULL ||
			 strstr(str, ";tzid=") != NULL) T_BEGIN {
			zone_need(writer, span, str, str_len(line));
		} T_END;
		ical_write_line(dest, str, str_len(line));
		if (depth == 0)
			break;
		if (made != NULL) {
			str_printfa(dest, "UID:%s\r\n", made);
			made = NULL;
		}
	}
	/* what was not ended */
	while (depth-- > 0)
		str_printfa(dest, "END:%s\r\n", stack[depth]);
}

static void calendar_prop(struct writer *writer, const char *name,
			  const char *value)
{
	string_t *line = writer->split->line;

	if (value == NULL)
		return;
	str_truncate(line, 0);
	str_printfa(line, "%s:%s", name, value);
	ical_clean(line);
	ical_write_line(writer->text, str_c(line), str_len(line));
}

static bool item_write(struct writer *writer, const struct split_item *item)
{
	const struct split_calendar *calendar = item->spans->calendar;
	const struct split_span *span;
	struct split_span *const *zonep;

	array_clear(&writer->zones);
	str_truncate(writer->body, 0);
	str_truncate(writer->text, 0);
	for (span = item->spans; span != NULL; span = span->next) {
		if (span->size > SPLIT_MAX_ITEM - str_len(writer->body))
			return FALSE;
		span_write(writer, writer->body, span,
			   item->made ? item->uid : NULL);
	}
	str_append(writer->text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
	T_BEGIN {
		calendar_prop(writer, "PRODID", calendar->prodid == NULL ?
			      CAL_PRODID : calendar->prodid);
		calendar_prop(writer, "X-WR-TIMEZONE", calendar->zone);
	} T_END;
	array_foreach(&writer->zones, zonep)
		span_write(writer, writer->text, *zonep, NULL);
	str_append_str(writer->text, writer->body);
	str_append(writer->text, "END:VCALENDAR\r\n");
	return TRUE;
}

static void split_write(struct split *split, cal_split_t *callback,
			void *context)
{
	struct writer writer = { .split = split };
	const struct split_item *item;
	int ret = 0;

	writer.body = str_new(default_pool, 4096);
	writer.text = str_new(default_pool, 4096);
	i_array_init(&writer.zones, 4);
	for (item = split->items; item != NULL && ret >= 0; item = item->next) {
		if (item->count > SPLIT_MAX_COMPS)
			ret = callback(context, item->uid, NULL,
				       "too many exceptions");
		else if (!item_write(&writer, item))
			ret = callback(context, item->uid, NULL, "too large");
		else
			ret = callback(context, item->uid, str_c(writer.text),
				       NULL);
	}
	array_free(&writer.zones);
	str_free(&writer.body);
	str_free(&writer.text);
}

int cal_split(const char *text, size_t size, cal_split_t *callback,
	      void *context, const char **error_r)
{
	struct split split;
	int ret = 0;

	i_zero(&split);
	split.pool = pool_alloconly_create(MEMPOOL_GROWING"cal_split", 65536);
	split.pos = text;
	split.end = text + size;
	split.tail = &split.items;
	split.line = str_new(default_pool, 512);
	hash_table_create(&split.by_uid, default_pool, 0, str_hash, strcmp);
	split_find(&split);
	if (split.items == NULL) {
		*error_r = "no appointment, task or note in it";
		ret = -1;
	}
	split_write(&split, callback, context);
	hash_table_destroy(&split.by_uid);
	str_free(&split.line);
	pool_unref(&split.pool);
	return ret;
}
