/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* AppointmentRecurrencePattern of any bytes; what was understood is written, and is
   then read as the same. The same bytes as zone blobs. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "dovetail-calendar.h"
#include "dovetail-mapiconv.h"
#include "fuzz.h"

#define START 1780000400	/* 2026-05-28T20:33:20Z */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static struct cal_object *object(pool_t pool)
{
	struct cal_object *obj = cal_object_new(pool, CAL_EVENT, "u");

	obj->have_master = TRUE;
	cal_time_set_utc(&obj->master.start, START);
	cal_time_set_utc(&obj->master.end, START + 3600);
	return obj;
}

static void recurrence(pool_t pool, const unsigned char *data, size_t size)
{
	struct mapiconv conv = { .now = START };
	struct cal_object *obj = object(pool), *again = object(pool);
	buffer_t *blob = buffer_create_dynamic(pool, 1024);

	if (mapiconv_recurrence_read(&conv, data, size, pool, obj) < 0 ||
	    !mapiconv_recurrence_write(&conv, obj, blob))
		return;
	i_assert(mapiconv_recurrence_read(&conv, blob->data, blob->used, pool,
					  again) == 0);
	i_assert(again->rule.freq == obj->rule.freq);
	i_assert(again->rule.interval == obj->rule.interval);
	i_assert(again->rule.count == obj->rule.count);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	pool_t pool = pool_alloconly_create("fuzz", 16384);

	T_BEGIN {
		recurrence(pool, data, size);
		(void)mapiconv_zone_of_struct(pool, data, size, NULL, START);
		(void)mapiconv_zone_of_definition(pool, data, size, NULL,
						  START);
	} T_END;
	pool_unref(&pool);
	return 0;
}
