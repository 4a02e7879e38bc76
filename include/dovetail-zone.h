#ifndef DOVETAIL_ZONE_H
#define DOVETAIL_ZONE_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Time zones: tzdata's names, Windows' names (CLDR, through ICU), VTIMEZONE of
   iCalendar (through libical), and the TIME_ZONE_INFORMATION that ActiveSync and
   Outlook use, one into the other. No I/O but reading the system's tzdata.

   A zone is immutable; those of tzdata are kept for the process's life, others
   live in the pool they were made in. */

#include "lib.h"

struct zone;

/* Wall clock */
struct zone_wall {
	int year;
	unsigned int month, day, hour, minute, second;	/* month and day from 1 */
};

/* UTC; never NULL. */
const struct zone *zone_utc(void);
/* tzdata name ("Europe/Berlin"), an alias of it, a prefixed one
   ("/freeassociation.sourceforge.net/Europe/Berlin", "/mozilla.org/..."), a
   Windows name ("W. Europe Standard Time"), Outlook's display names ("(UTC+01:00)
   Amsterdam, Berlin, ..."), "GMT+0100", "UTC". NULL: unknown. */
const struct zone *zone_by_name(const char *name);
/* From the text of a VTIMEZONE component: by its TZID or X-LIC-LOCATION if the
   known zone of that name went like it in some year (tzdata knows more of other
   years than an old component), else by its own rules. NULL: unreadable. */
const struct zone *zone_by_vtimezone(pool_t pool, const char *text,
				     size_t size);
/* The same zone: of the same name, or of own rules that are alike. NULL is equal
   to NULL only. */
bool zone_equal(const struct zone *a, const struct zone *b);

/* "Europe/Berlin"; NULL: a zone of own rules */
const char *zone_olson(const struct zone *zone);
/* "W. Europe Standard Time"; NULL: there is none */
const char *zone_windows(const struct zone *zone);
/* TZID under which it is written to iCalendar; never NULL */
const char *zone_tzid(const struct zone *zone);
/* A VTIMEZONE component as text with CRLF that tells all from that instant on (0:
   since 1970), or NULL for UTC. A zone of own rules gives the text that it came
   from. */
const char *zone_vtimezone(pool_t pool, const struct zone *zone, time_t from);

/* Frees what is kept of tzdata; no zone may be used behind it. For those who are
   unloaded before the process ends. */
void zones_deinit(void);

/* Seconds east of UTC at that instant; dst_r may be NULL */
int zone_offset(const struct zone *zone, time_t utc, bool *dst_r);
void zone_wall(const struct zone *zone, time_t utc, struct zone_wall *wall_r);
/* Of a wall clock time that occurs twice: the first; that does not occur: as if
   the clock had not been put forward. */
time_t zone_utc_of(const struct zone *zone, const struct zone_wall *wall);

/* --- TIME_ZONE_INFORMATION (MS-ASDTYPE 2.7.6, MS-DTYP) ------------------------ */

#define ZONE_BLOB_SIZE 172
/* As the zone is in that year (by the rules in force at `when`) */
void zone_to_blob(const struct zone *zone, time_t when,
		  unsigned char blob_r[ZONE_BLOB_SIZE]);
/* All zero: UTC. Looks first at `preferred` (the zone that the item has, or the
   user's; may be NULL), then at the names in it, then for a zone of tzdata with
   the same rules (the best known city of them), else makes one of these rules
   in the pool. NULL: malformed. */
const struct zone *zone_from_blob(pool_t pool, const unsigned char *blob,
				  size_t size, const struct zone *preferred,
				  time_t when);

#endif
