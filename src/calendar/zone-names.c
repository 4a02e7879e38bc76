/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Zones by name: tzdata's own, Windows' (CLDR's table in ICU), and what programs
   make of them.  Zones of tzdata are read once and kept. */

#include "lib.h"
#include "array.h"
#include "hash.h"
#include "str.h"
#include "strescape.h"
#include "zone-private.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unicode/ucal.h>
#include <unistd.h>

#define ZONEINFO_DIR "/usr/share/zoneinfo/"
#define ZONE_FILE_MAX (256 * 1024)
#define ZONE_NAME_MAX 128
/* Names that are no zone's: so many are remembered */
#define ZONE_UNKNOWN_MAX 256
#define ZONE_ALIAS_MAX 4096

HASH_TABLE_DEFINE_TYPE(zone_names, char *, struct zone *);

/* What is kept for the process's life: caches of read-only files. */
static struct {
	pool_t pool;
	HASH_TABLE_TYPE(zone_names) loaded;	/* files of tzdata, fixed ones */
	HASH_TABLE_TYPE(zone_names) by_name;	/* any name asked for */
	pool_t unknown_pool;
	HASH_TABLE_TYPE(zone_names) unknown;
	const char *const *all_names, *const *known_names;
} cache;

static const struct zone_type utc_type = { .abbr = "UTC" };
static const struct zone utc_zone = {
	.olson = "UTC",
	.tzid = "UTC",
	.windows = "UTC",
	.types = &utc_type,
	.types_count = 1,
};

/* Of zones that go alike, and of what a bare offset means: the first of these */
static const char *const best_known[] = {
	"Europe/Berlin", "Europe/London", "America/New_York",
	"America/Chicago", "America/Denver", "America/Los_Angeles",
	"America/Phoenix", "America/Halifax", "America/Anchorage",
	"America/Sao_Paulo", "America/Bogota", "Europe/Kiev",
	"Europe/Moscow", "Asia/Shanghai", "Asia/Tokyo", "Asia/Kolkata",
	"Asia/Dubai", "Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok",
	"Australia/Sydney", "Australia/Brisbane", "Pacific/Auckland",
	"Africa/Johannesburg", "Africa/Lagos",
};

/* Where the city that CLDR names first (ICU before 74) left the zone that the
   name of Windows still is */
static const struct {
	const char *windows, *olson;
} newer_windows[] = {
	{ "Mountain Standard Time (Mexico)", "America/Mazatlan" },
};

/* Display names of Windows in which no city of tzdata stands (English; others
   are found by their cities or not at all) */
static const struct {
	const char *display, *windows;
} display_names[] = {
	{ "Abu Dhabi, Muscat", "Arabian Standard Time" },
	{ "Alaska", "Alaskan Standard Time" },
	{ "Aleutian Islands", "Aleutian Standard Time" },
	{ "Arizona", "US Mountain Standard Time" },
	{ "Atlantic Time (Canada)", "Atlantic Standard Time" },
	{ "Baja California", "Pacific Standard Time (Mexico)" },
	{ "Bougainville Island", "Bougainville Standard Time" },
	{ "Brasilia", "E. South America Standard Time" },
	{ "Cabo Verde Is.", "Cape Verde Standard Time" },
	{ "Cape Verde Is.", "Cape Verde Standard Time" },
	{ "Central America", "Central America Standard Time" },
	{ "Central Time (US & Canada)", "Central Standard Time" },
	{ "Chatham Islands", "Chatham Islands Standard Time" },
	{ "Chennai, Kolkata, Mumbai, New Delhi", "India Standard Time" },
	{ "Chokurdakh", "Russia Time Zone 10" },
	{ "City of Buenos Aires", "Argentina Standard Time" },
	{ "Easter Island", "Easter Island Standard Time" },
	{ "Eastern Time (US & Canada)", "Eastern Standard Time" },
	{ "Ekaterinburg", "Ekaterinburg Standard Time" },
	{ "Greenland", "Greenland Standard Time" },
	{ "Greenwich Mean Time", "GMT Standard Time" },
	{ "Haiti", "Haiti Standard Time" },
	{ "Harare, Pretoria", "South Africa Standard Time" },
	{ "Hawaii", "Hawaiian Standard Time" },
	{ "Indiana (East)", "US Eastern Standard Time" },
	{ "International Date Line West", "Dateline Standard Time" },
	{ "Islamabad, Karachi", "Pakistan Standard Time" },
	{ "Izhevsk, Samara", "Russia Time Zone 3" },
	{ "Jerusalem", "Israel Standard Time" },
	{ "Kiritimati Island", "Line Islands Standard Time" },
	{ "Kuwait, Riyadh", "Arab Standard Time" },
	{ "Lord Howe Island", "Lord Howe Standard Time" },
	{ "Marquesas Islands", "Marquesas Standard Time" },
	{ "Mid-Atlantic", "UTC-02" },
	{ "Mid-Atlantic - Old", "UTC-02" },
	{ "Monrovia, Reykjavik", "Greenwich Standard Time" },
	{ "Moscow, St. Petersburg", "Russian Standard Time" },
	{ "Mountain Time (US & Canada)", "Mountain Standard Time" },
	{ "Newfoundland", "Newfoundland Standard Time" },
	{ "Nuku'alofa", "Tonga Standard Time" },
	{ "Osaka, Sapporo, Tokyo", "Tokyo Standard Time" },
	{ "Pacific Time (US & Canada)", "Pacific Standard Time" },
	{ "Petropavlovsk-Kamchatsky - Old", "Russia Time Zone 11" },
	{ "Saint Pierre and Miquelon", "Saint Pierre Standard Time" },
	{ "Salvador", "Bahia Standard Time" },
	{ "Samoa", "Samoa Standard Time" },
	{ "Saskatchewan", "Canada Central Standard Time" },
	{ "Solomon Is., New Caledonia", "Central Pacific Standard Time" },
	{ "Sri Jayawardenepura", "Sri Lanka Standard Time" },
	{ "Turks and Caicos", "Turks And Caicos Standard Time" },
	{ "Volgograd", "Volgograd Standard Time" },
	{ "West Central Africa", "W. Central Africa Standard Time" },
	{ "Yukon", "Yukon Standard Time" },
	{ "Chetumal", "Eastern Standard Time (Mexico)" },
};

static void cache_init(void)
{
	if (cache.pool != NULL)
		return;
	cache.pool = pool_alloconly_create(MEMPOOL_GROWING"zones", 16 * 1024);
	hash_table_create(&cache.loaded, cache.pool, 0, str_hash, strcmp);
	hash_table_create(&cache.by_name, cache.pool, 0, str_hash, strcmp);
	cache.unknown_pool =
		pool_alloconly_create(MEMPOOL_GROWING"no zones", 4096);
	hash_table_create(&cache.unknown, cache.unknown_pool, 0,
			  str_hash, strcmp);
}

void zones_deinit(void)
{
	zones_forget();
	if (cache.pool == NULL)
		return;
	hash_table_destroy(&cache.loaded);
	hash_table_destroy(&cache.by_name);
	hash_table_destroy(&cache.unknown);
	pool_unref(&cache.unknown_pool);
	pool_unref(&cache.pool);
	i_zero(&cache);
}

/* --- tzdata ----------------------------------------------------------------------- */

static bool name_is_safe(const char *name)
{
	const char *p;

	if (!i_isalpha(name[0]) || strlen(name) > ZONE_NAME_MAX)
		return FALSE;
	for (p = name; *p != '\0'; p++) {
		if (!i_isalnum(*p) && strchr("_+-/", *p) == NULL)
			return FALSE;
	}
	/* with leap seconds, and the same again without */
	return strncmp(name, "right/", 6) != 0 &&
		strncmp(name, "posix/", 6) != 0;
}

/* Whole file on the data stack; NULL: not there, or no plain file */
static const unsigned char *read_file(const char *path, size_t *size_r)
{
	unsigned char *data = NULL;
	struct stat st;
	ssize_t ret;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= ZONE_FILE_MAX) {
		data = t_malloc_no0(st.st_size + 1);
		ret = read(fd, data, st.st_size);
		if (ret != st.st_size)
			data = NULL;
		else
			data[ret] = '\0';
		*size_r = st.st_size;
	}
	i_close_fd(&fd);
	return data;
}

static struct zone *zone_read(pool_t pool, const char *name)
{
	struct zone zone, *ret;
	const unsigned char *data;
	size_t size;

	i_zero(&zone);
	data = read_file(t_strconcat(ZONEINFO_DIR, name, NULL), &size);
	if (data == NULL || !zone_tzif_parse(pool, data, size, &zone))
		return NULL;
	ret = p_new(pool, struct zone, 1);
	*ret = zone;
	ret->olson = ret->tzid = p_strdup(pool, name);
	return ret;
}

const struct zone *zone_load(const char *olson)
{
	struct zone *zone;

	cache_init();
	zone = hash_table_lookup(cache.loaded, olson);
	if (zone != NULL)
		return zone;
	if (!name_is_safe(olson))
		return NULL;
	T_BEGIN {
		zone = zone_read(cache.pool, olson);
	} T_END;
	if (zone != NULL) {
		hash_table_insert(cache.loaded, p_strdup(cache.pool, olson),
				  zone);
	}
	return zone;
}

const struct zone *zone_fixed(int offset)
{
	const char *name;
	struct zone *zone;
	struct zone_type *type;
	int minutes = offset / 60;

	if (offset == 0)
		return zone_utc();
	if (offset % 3600 == 0 && offset >= -12 * 3600 &&
	    offset <= 14 * 3600) {
		/* POSIX's sign */
		name = t_strdup_printf("Etc/GMT%+d", -offset / 3600);
		if (zone_load(name) != NULL)
			return zone_load(name);
	}
	cache_init();
	name = t_strdup_printf("UTC%c%02d:%02d", offset < 0 ? '-' : '+',
			       abs(minutes) / 60, abs(minutes) % 60);
	zone = hash_table_lookup(cache.loaded, name);
	if (zone != NULL)
		return zone;
	zone = p_new(cache.pool, struct zone, 1);
	zone->tzid = p_strdup(cache.pool, name);
	zone->windows = "";
	type = p_new(cache.pool, struct zone_type, 1);
	type->offset = minutes * 60;
	i_strocpy(type->abbr, name + 3, sizeof(type->abbr));
	zone->types = type;
	zone->types_count = 1;
	hash_table_insert(cache.loaded, p_strdup(cache.pool, name), zone);
	return zone;
}

const char *const *zone_all_names(void)
{
	ARRAY_TYPE(const_string) names;
	const unsigned char *data;
	const char *const *lines, *const *fields, *name;
	size_t size;

	cache_init();
	if (cache.all_names != NULL)
		return cache.all_names;
	p_array_init(&names, cache.pool, 512);
	T_BEGIN {
		data = read_file(ZONEINFO_DIR"zone.tab", &size);
		lines = t_strsplit(data == NULL ? "" : (const char *)data, "\n");
		for (; *lines != NULL; lines++) {
			if (**lines == '#')
				continue;
			fields = t_strsplit(*lines, "\t");
			if (str_array_length(fields) < 3)
				continue;
			name = p_strdup(cache.pool, fields[2]);
			array_push_back(&names, &name);
		}
	} T_END;
	array_append_zero(&names);
	cache.all_names = array_front(&names);
	return cache.all_names;
}

/* --- Windows ------------------------------------------------------------------------- */

/* ICU speaks UTF-16; all these names are ASCII. */
static bool ascii_to_uchar(const char *str, UChar dest[ZONE_NAME_MAX])
{
	unsigned int i;

	for (i = 0; str[i] != '\0'; i++) {
		if (i == ZONE_NAME_MAX - 1 || (unsigned char)str[i] > 0x7e)
			return FALSE;
		dest[i] = str[i];
	}
	dest[i] = 0;
	return TRUE;
}

static const char *uchar_to_ascii(const UChar *src, int len)
{
	char *str = t_malloc0(len + 1);
	int i;

	for (i = 0; i < len; i++)
		str[i] = src[i] < 0x7f ? src[i] : '?';
	return str;
}

static const char *windows_of_olson(const char *olson)
{
	UChar src[ZONE_NAME_MAX], dest[ZONE_NAME_MAX];
	UErrorCode status = U_ZERO_ERROR;
	int len;

	if (!ascii_to_uchar(olson, src))
		return NULL;
	len = ucal_getWindowsTimeZoneID(src, -1, dest, N_ELEMENTS(dest),
					&status);
	if (U_FAILURE(status) || len <= 0 || len >= ZONE_NAME_MAX)
		return NULL;
	return uchar_to_ascii(dest, len);
}

static const char *olson_of_windows(const char *windows)
{
	UChar src[ZONE_NAME_MAX], dest[ZONE_NAME_MAX];
	UErrorCode status = U_ZERO_ERROR;
	int len;

	if (!ascii_to_uchar(windows, src))
		return NULL;
	len = ucal_getTimeZoneIDForWindowsID(src, -1, NULL, dest,
					     N_ELEMENTS(dest), &status);
	if (U_FAILURE(status) || len <= 0 || len >= ZONE_NAME_MAX)
		return NULL;
	return uchar_to_ascii(dest, len);
}

const char *zone_windows(const struct zone *_zone)
{
	/* a cache inside of what is constant to others */
	struct zone *zone = (struct zone *)_zone;
	const char *name;

	if (zone->windows == NULL) {
		if (zone->olson == NULL)
			return NULL;
		T_BEGIN {
			name = windows_of_olson(zone->olson);
			zone->windows = name == NULL ? "" :
				p_strdup(cache.pool, name);
		} T_END;
	}
	return zone->windows[0] == '\0' ? NULL : zone->windows;
}

static void names_add(ARRAY_TYPE(const_string) *names, const char *name)
{
	const char *const *namep;

	array_foreach(names, namep) {
		if (strcmp(*namep, name) == 0)
			return;
	}
	name = p_strdup(cache.pool, name);
	array_push_back(names, &name);
}

const char *const *zone_known_names(void)
{
	ARRAY_TYPE(const_string) names;
	const char *const *all, *name;
	unsigned int i;

	if (cache.known_names != NULL)
		return cache.known_names;
	all = zone_all_names();
	p_array_init(&names, cache.pool, 160);
	for (i = 0; i < N_ELEMENTS(best_known); i++)
		names_add(&names, best_known[i]);
	for (; *all != NULL; all++) T_BEGIN {
		name = windows_of_olson(*all);
		if (name != NULL)
			name = olson_of_windows(name);
		if (name != NULL)
			names_add(&names, name);
	} T_END;
	array_append_zero(&names);
	cache.known_names = array_front(&names);
	return cache.known_names;
}

static const struct zone *zone_by_windows(const char *windows)
{
	const char *olson = NULL;
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(newer_windows); i++) {
		if (strcmp(newer_windows[i].windows, windows) == 0)
			olson = newer_windows[i].olson;
	}
	if (olson == NULL)
		olson = olson_of_windows(windows);
	return olson == NULL ? NULL : zone_load(olson);
}

/* --- names as programs write them --------------------------------------------------- */

static bool parse_two(const char **p, int max, int *num_r)
{
	if (!i_isdigit(**p))
		return FALSE;
	*num_r = *(*p)++ - '0';
	if (i_isdigit(**p))
		*num_r = *num_r * 10 + *(*p)++ - '0';
	return *num_r <= max;
}

/* "+01:00", "+0100", "+1", "-05.30"; end_r: what stands behind */
static bool parse_offset(const char *str, int *offset_r, const char **end_r)
{
	int sign, hour, min = 0;

	if (*str == '-' || *str == '+')
		sign = *str++ == '-' ? -1 : 1;
	else if (strncmp(str, "\xe2\x88\x92", 3) == 0) {	/* U+2212 */
		sign = -1;
		str += 3;
	} else {
		return FALSE;
	}
	if (!parse_two(&str, 14, &hour))
		return FALSE;
	if (*str == ':' || *str == '.')
		str++;
	if (i_isdigit(*str) && !parse_two(&str, 59, &min))
		return FALSE;
	*offset_r = sign * (hour * 3600 + min * 60);
	*end_r = str;
	return TRUE;
}

static const struct zone *zone_by_offset_name(const char *name)
{
	const char *p = name, *end;
	int offset;

	if (strncasecmp(p, "UTC", 3) == 0 || strncasecmp(p, "GMT", 3) == 0)
		p += 3;
	if (!parse_offset(p, &offset, &end) || *end != '\0')
		return NULL;
	return zone_fixed(offset);
}

static bool zone_has_offset(const struct zone *zone, int offset)
{
	unsigned int i;

	for (i = 0; i < zone->types_count; i++) {
		if (zone->types[i].offset == offset && !zone->types[i].dst)
			return TRUE;
	}
	return FALSE;
}

/* A city of tzdata as people write it, in a zone of that offset */
static const struct zone *zone_by_city(const char *city, int offset)
{
	const char *const *names, *p;
	const struct zone *zone, *best;
	struct zone_year year, best_year;
	char *name = t_strdup_noconst(city);

	for (p = name; *p != '\0'; p++) {
		if (*p == ' ')
			name[p - name] = '_';
	}
	for (names = zone_all_names(); *names != NULL; names++) {
		p = strrchr(*names, '/');
		if (p == NULL || strcasecmp(p + 1, name) != 0)
			continue;
		zone = zone_load(*names);
		if (zone == NULL || !zone_has_offset(zone, offset))
			continue;
		best = zone_windows(zone) == NULL ? NULL :
			zone_by_windows(zone_windows(zone));
		/* of their Windows zone the first, if it still goes alike */
		zone_year(zone, 2037, &year);
		if (best != NULL)
			zone_year(best, 2037, &best_year);
		return best != NULL && zone_year_equal(&year, &best_year) ?
			best : zone;
	}
	return NULL;
}

/* "(UTC+01:00) Amsterdam, Berlin, ...", "(GMT-05:00) Eastern Time (...)" */
static const struct zone *zone_by_display(const char *name)
{
	const struct zone *zone;
	const char *p, *const *cities;
	unsigned int i;
	int offset = 0;

	if (strncasecmp(name, "(UTC", 4) != 0 &&
	    strncasecmp(name, "(GMT", 4) != 0)
		return NULL;
	p = name + 4;
	if (*p != ')' && !parse_offset(p, &offset, &p))
		return NULL;
	if (*p++ != ')')
		return NULL;
	while (*p == ' ')
		p++;
	for (i = 0; i < N_ELEMENTS(display_names); i++) {
		if (strcasecmp(display_names[i].display, p) == 0)
			return zone_by_windows(display_names[i].windows);
	}
	if (strncasecmp(p, "Coordinated Universal Time", 26) == 0)
		return zone_fixed(offset);
	for (cities = t_strsplit(p, ","); *cities != NULL; cities++) {
		zone = zone_by_city(t_str_trim(*cities, " "), offset);
		if (zone != NULL)
			return zone;
	}
	return NULL;
}

/* "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
   "/mozilla.org/20050126_1/Europe/Berlin": what stands behind a slash */
static const struct zone *zone_by_prefixed(const char *name)
{
	const struct zone *zone;
	unsigned int tries;
	const char *p = name;

	for (tries = 0; tries < 8; tries++) {
		p = strchr(p, '/');
		if (p == NULL)
			break;
		zone = zone_load(++p);
		/* not the last part alone ("/x/y/Cuba" is none) */
		if (zone != NULL && strchr(p, '/') != NULL)
			return zone;
	}
	return NULL;
}

static const struct zone *zone_by_any_case(const char *name)
{
	const char *const *names;

	if (!name_is_safe(name))
		return NULL;
	for (names = zone_all_names(); *names != NULL; names++) {
		if (strcasecmp(*names, name) == 0)
			return zone_load(*names);
	}
	return NULL;
}

static bool name_is_utc(const char *name)
{
	static const char *const names[] = {
		"UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT", "Etc/UCT", "UCT",
		"Zulu", "Etc/Zulu", "Universal", "Etc/Universal", "Greenwich",
		"Etc/Greenwich", "GMT0", "Etc/GMT0", "GMT+0", "GMT-0",
		"Coordinated Universal Time", "tzone://Microsoft/Utc",
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(names); i++) {
		if (strcasecmp(names[i], name) == 0)
			return TRUE;
	}
	return FALSE;
}

static const struct zone *zone_find(const char *name)
{
	const struct zone *zone;
	const char *p;

	if (name_is_utc(name))
		return zone_utc();
	if ((zone = zone_load(name)) != NULL ||
	    (zone = zone_by_windows(name)) != NULL ||
	    (zone = zone_by_offset_name(name)) != NULL ||
	    (zone = zone_by_display(name)) != NULL ||
	    (zone = zone_by_prefixed(name)) != NULL)
		return zone;
	/* "W. Europe Daylight Time" */
	p = strstr(name, " Daylight Time");
	if (p != NULL) {
		zone = zone_by_windows(t_strconcat(t_strdup_until(name, p),
						   " Standard Time", p + 14,
						   NULL));
		if (zone != NULL)
			return zone;
	}
	return zone_by_any_case(name);
}

static void unknown_add(const char *name)
{
	if (hash_table_count(cache.unknown) >= ZONE_UNKNOWN_MAX) {
		hash_table_destroy(&cache.unknown);
		p_clear(cache.unknown_pool);
		hash_table_create(&cache.unknown, cache.unknown_pool, 0,
				  str_hash, strcmp);
	}
	hash_table_insert(cache.unknown,
			  p_strdup(cache.unknown_pool, name),
			  (struct zone *)&utc_zone);
}

const struct zone *zone_utc(void)
{
	return &utc_zone;
}

const struct zone *zone_by_name(const char *name)
{
	const struct zone *zone;

	cache_init();
	if (*name == '\0' || strlen(name) > ZONE_NAME_MAX * 2)
		return NULL;
	zone = hash_table_lookup(cache.by_name, name);
	if (zone != NULL)
		return zone;
	if (hash_table_lookup(cache.unknown, name) != NULL)
		return NULL;
	T_BEGIN {
		zone = zone_find(name);
	} T_END;
	if (zone == NULL)
		unknown_add(name);
	else if (hash_table_count(cache.by_name) < ZONE_ALIAS_MAX) {
		hash_table_insert(cache.by_name, p_strdup(cache.pool, name),
				  (struct zone *)zone);
	}
	return zone;
}
