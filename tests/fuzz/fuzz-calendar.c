/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any bytes as iCalendar: read, written, expanded, told to others, split; as a
   zone's blob, a VTIMEZONE, a TZif file, a name. What is written reads as the
   same again, in bounded time, and is clean UTF-8. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "unichar.h"
#include "dovetail-calendar.h"
#include "zone-private.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	return 0;
}

static void check_text(const char *text)
{
	i_assert(text == NULL || uni_utf8_str_is_valid(text));
}

static void fuzz_zone(pool_t pool, const unsigned char *data, size_t size)
{
	const struct zone *zone;
	struct zone tzif;
	struct zone_wall wall;
	unsigned char blob[ZONE_BLOB_SIZE];
	const char *text;

	(void)zone_by_name(t_strndup(data, I_MIN(size, 300)));
	i_zero(&tzif);
	if (zone_tzif_parse(pool, data, size, &tzif)) {
		tzif.tzid = "x";
		tzif.windows = "";
		zone_wall(&tzif, 1700000000, &wall);
		(void)zone_utc_of(&tzif, &wall);
		zone_to_blob(&tzif, 1700000000, blob);
		(void)zone_vtimezone(pool, &tzif, 0);
	}
	zone = zone_from_blob(pool, data, size, NULL, 1700000000);
	if (zone == NULL)
		zone = zone_by_vtimezone(pool, (const char *)data, size);
	if (zone == NULL)
		return;
	zone_wall(zone, 1700000000, &wall);
	(void)zone_utc_of(zone, &wall);
	zone_to_blob(zone, 1700000000, blob);
	i_assert(zone_from_blob(pool, blob, sizeof(blob), NULL, 1700000000)
		 != NULL);
	text = zone_vtimezone(pool, zone, 0);
	if (text != NULL)
		i_assert(zone_by_vtimezone(pool, text, strlen(text)) != NULL);
}

static void fuzz_occurrences(pool_t pool, struct cal_object *obj)
{
	ARRAY_TYPE(cal_instance) instances = ARRAY_INIT;
	const struct cal_instance *inst;
	int64_t first, last;
	time_t original = 0;

	cal_bounds(obj, zone_by_name("Europe/Berlin"), &first, &last);
	i_assert(first <= last);
	(void)cal_expand(obj, NULL, 1700000000, 1800000000, 500, pool,
			 &instances);
	i_assert(array_count(&instances) <= 500);
	array_foreach(&instances, inst) {
		i_assert(inst->end > 1700000000 || inst->start >= 1700000000);
		i_assert(inst->start < 1800000000);
		original = inst->original;
	}
	if (original != 0 && obj->have_master) {
		(void)cal_occurrence(obj, NULL, original);
		(void)cal_exception_need(pool, obj, NULL, original);
	}
}

static int piece(void *context, const char *uid, const char *text,
		 const char *error)
{
	struct cal_object *obj;
	const char *err;

	i_assert(*uid != '\0' && (text == NULL) == (error != NULL));
	check_text(text);
	if (text != NULL)
		(void)cal_parse(context, text, strlen(text), &obj, NULL, &err);
	return 0;
}

static void fuzz_write(pool_t pool, struct cal_object *obj, const char *text)
{
	static const char *const methods[] = {
		"REQUEST", "REPLY", "CANCEL", "COUNTER", "DECLINECOUNTER",
		"ADD", "REFRESH", "PUBLISH",
	};
	const char *out, *again, *error, *sort;
	struct cal_object *copy;
	string_t *words = t_str_new(64);
	unsigned int i;

	out = cal_write(pool, obj, text);
	check_text(out);
	if (cal_parse(pool, out, strlen(out), &copy, NULL, &error) < 0)
		i_panic("what was written is not read: %s", error);
	i_assert(strcmp(copy->uid, obj->uid) == 0);
	again = cal_write(pool, copy, out);
	if (strcmp(out, again) != 0)
		i_panic("not the same again:\n%s\n--\n%s", out, again);
	check_text(cal_write(pool, obj, NULL));
	cal_index_text(obj, words, &sort);
	check_text(str_c(words));
	obj->master.summary = "changed";
	obj->master.reminder = 5;
	array_clear(&obj->master.attendees);
	(void)cal_write(pool, obj, text);
	for (i = 0; i < N_ELEMENTS(methods); i++) {
		check_text(cal_write_itip(pool, obj, text, methods[i],
					  "a@example.org", NULL));
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	pool_t pool = pool_alloconly_create(MEMPOOL_GROWING"fuzz", 65536);
	const char *text = p_strndup(pool, data, size), *warnings, *error;
	struct cal_object *obj;
	buffer_t *goid;

	T_BEGIN {
		goid = t_buffer_create(128);
		fuzz_zone(pool, data, size);
		cal_uid_to_goid(t_strndup(data, I_MIN(size, 500)), goid);
		(void)cal_goid_to_uid(goid->data, goid->used);
		(void)cal_goid_to_uid(data, size);
		(void)cal_split((const char *)data, size, piece, pool, &error);
		if (cal_parse(pool, (const char *)data, size, &obj, &warnings,
			      &error) == 0) {
			check_text(warnings);
			fuzz_occurrences(pool, obj);
			if (strlen(text) == size &&
			    cal_parse(pool, text, size, &obj, NULL, &error) == 0)
				fuzz_write(pool, obj, text);
		}
	} T_END;
	pool_unref(&pool);
	return 0;
}
