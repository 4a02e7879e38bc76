/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Zones as Outlook keeps them: PidLidTimeZoneStruct (MS-OXOCAL 2.2.1.39) and
   PidLidAppointmentTimeZoneDefinition* (2.2.1.41 to 2.2.1.43), by way of
   TIME_ZONE_INFORMATION, which has the same numbers in another order. */

#include "lib.h"
#include "conv-private.h"

#define TZI_STD_NAME 4
#define TZI_STD_DATE 68
#define TZI_STD_BIAS 84
#define TZI_DST_DATE 152
#define TZI_DST_BIAS 168
#define SYSTEMTIME_SIZE 16
#define NAME_CHARS 31
#define KEY_NAME_MAX 255

#define TZRULE_RECUR_CURRENT 0x0001
#define TZRULE_EFFECTIVE 0x0002
#define TZRULE_SIZE 66

void mapiconv_zone_struct(const struct zone *zone, time_t when, buffer_t *dest)
{
	unsigned char tzi[ZONE_BLOB_SIZE];

	zone_to_blob(zone, when, tzi);
	buffer_append(dest, tzi, 4);
	buffer_append(dest, tzi + TZI_STD_BIAS, 4);
	buffer_append(dest, tzi + TZI_DST_BIAS, 4);
	mapi_out_u16(dest, 0);
	buffer_append(dest, tzi + TZI_STD_DATE, SYSTEMTIME_SIZE);
	mapi_out_u16(dest, 0);
	buffer_append(dest, tzi + TZI_DST_DATE, SYSTEMTIME_SIZE);
}

static void put_name(buffer_t *dest, const char *name)
{
	buffer_t *utf16 = t_buffer_create(128);

	mapi_out_utf16(utf16, name);
	/* without its zero */
	buffer_append(dest, utf16->data, utf16->used - 2);
}

static void zone_definition(const struct zone *zone, time_t when,
			    bool recurring, buffer_t *dest)
{
	const char *name = zone_windows(zone);
	unsigned char tzi[ZONE_BLOB_SIZE];
	struct zone_wall wall;
	size_t start = dest->used, count_at;

	if (name == NULL)
		name = zone_tzid(zone);
	name = t_strndup(name, KEY_NAME_MAX);
	zone_to_blob(zone, when, tzi);
	zone_wall(zone, when, &wall);
	buffer_append_c(dest, 2);
	buffer_append_c(dest, 1);
	mapi_out_u16(dest, 0);
	mapi_out_u16(dest, 2);
	count_at = dest->used;
	mapi_out_u16(dest, 0);
	put_name(dest, name);
	mapi_out_u16_at(dest, count_at, (dest->used - count_at - 2) / 2);
	mapi_out_u16(dest, 1);
	mapi_out_u16_at(dest, start + 2, dest->used - start - 4);

	buffer_append_c(dest, 2);
	buffer_append_c(dest, 1);
	mapi_out_u16(dest, 0x3e);
	mapi_out_u16(dest, TZRULE_EFFECTIVE |
		     (recurring ? TZRULE_RECUR_CURRENT : 0));
	mapi_out_u16(dest, wall.year);
	buffer_append_zero(dest, 14);
	buffer_append(dest, tzi, 4);
	buffer_append(dest, tzi + TZI_STD_BIAS, 4);
	buffer_append(dest, tzi + TZI_DST_BIAS, 4);
	buffer_append(dest, tzi + TZI_STD_DATE, SYSTEMTIME_SIZE);
	buffer_append(dest, tzi + TZI_DST_DATE, SYSTEMTIME_SIZE);
}

void mapiconv_zone_definition(const struct zone *zone, time_t when,
			      bool recurring, buffer_t *dest)
{
	buffer_t *def;

	T_BEGIN {
		def = t_buffer_create(256);
		zone_definition(zone, when, recurring, def);
		buffer_append_buf(dest, def, 0, SIZE_MAX);
	} T_END;
}

/* --- reading --- */

static void tzi_put(unsigned char *tzi, const unsigned char *bias,
		    const unsigned char *std_date,
		    const unsigned char *dst_date)
{
	memcpy(tzi, bias, 4);
	memcpy(tzi + TZI_STD_BIAS, bias + 4, 4);
	memcpy(tzi + TZI_DST_BIAS, bias + 8, 4);
	memcpy(tzi + TZI_STD_DATE, std_date, SYSTEMTIME_SIZE);
	memcpy(tzi + TZI_DST_DATE, dst_date, SYSTEMTIME_SIZE);
}

const struct zone *
mapiconv_zone_of_struct(pool_t pool, const void *data, size_t size,
			const struct zone *preferred, time_t when)
{
	unsigned char tzi[ZONE_BLOB_SIZE];
	const unsigned char *p = data;

	if (size < 48)
		return NULL;
	memset(tzi, 0, sizeof(tzi));
	tzi_put(tzi, p, p + 14, p + 32);
	return zone_from_blob(pool, tzi, sizeof(tzi), preferred, when);
}

/* The rule in force: the one so marked, else that of the latest year up to then */
static const unsigned char *
pick_rule(struct mapi_in *in, unsigned int count, int year)
{
	const unsigned char *rule, *best = NULL;
	unsigned int flags;
	int rule_year;

	while (count-- > 0 && (rule = mapi_in_bytes(in, TZRULE_SIZE)) != NULL) {
		flags = rule[4] | rule[5] << 8;
		rule_year = rule[6] | rule[7] << 8;
		if ((flags & TZRULE_EFFECTIVE) != 0)
			return rule;
		if (best == NULL || rule_year <= year)
			best = rule;
	}
	return best;
}

/* 2.2.1.41: where they differ, the definition of a series counts for nothing */
bool conv_zones_agree(const struct mapi_blob *definition,
		      const struct mapi_blob *zone_struct)
{
	const unsigned char *rule, *p = zone_struct->data;
	struct mapi_in in;

	if (zone_struct->size < 48)
		return TRUE;
	mapi_in_init(&in, MAPI_FORM_ROP, NULL, definition->data,
		     definition->size);
	(void)mapi_in_bytes(&in, 6);
	(void)mapi_in_bytes(&in, mapi_in_u16(&in) * 2);
	rule = pick_rule(&in, mapi_in_u16(&in), INT_MAX);
	if (rule == NULL)
		return FALSE;
	return memcmp(p, rule + 22, 12) == 0 &&
		memcmp(p + 14, rule + 34, SYSTEMTIME_SIZE) == 0 &&
		memcmp(p + 32, rule + 50, SYSTEMTIME_SIZE) == 0;
}

static const struct zone *
zone_of_definition(pool_t pool, const void *data, size_t size,
		   const struct zone *preferred, time_t when)
{
	unsigned char tzi[ZONE_BLOB_SIZE];
	const unsigned char *name, *rule;
	const struct zone *named = NULL;
	unsigned int chars, i;
	struct zone_wall wall;
	struct mapi_in in;
	string_t *key = t_str_new(64);

	mapi_in_init(&in, MAPI_FORM_ROP, pool, data, size);
	(void)mapi_in_u16(&in);
	(void)mapi_in_u16(&in);
	(void)mapi_in_u16(&in);
	chars = mapi_in_u16(&in);
	name = mapi_in_bytes(&in, chars * 2);
	if (name == NULL || chars > KEY_NAME_MAX)
		return NULL;
	memset(tzi, 0, sizeof(tzi));
	memcpy(tzi + TZI_STD_NAME, name, I_MIN(chars, NAME_CHARS) * 2);
	/* names of zones are ASCII */
	for (i = 0; i < chars; i++) {
		if (name[i * 2 + 1] == 0 && name[i * 2] != 0)
			str_append_c(key, name[i * 2]);
	}
	zone_wall(zone_utc(), when, &wall);
	rule = pick_rule(&in, mapi_in_u16(&in), wall.year);
	if (str_len(key) > 0)
		named = zone_by_name(str_c(key));
	if (rule == NULL)
		return named;
	tzi_put(tzi, rule + 22, rule + 34, rule + 50);
	return zone_from_blob(pool, tzi, sizeof(tzi),
			      preferred != NULL ? preferred : named, when);
}

const struct zone *
mapiconv_zone_of_definition(pool_t pool, const void *data, size_t size,
			    const struct zone *preferred, time_t when)
{
	const struct zone *zone;

	T_BEGIN {
		zone = zone_of_definition(pool, data, size, preferred, when);
	} T_END;
	return zone;
}
