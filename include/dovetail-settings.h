/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_SETTINGS_H
#define DOVETAIL_SETTINGS_H

/* What values the dovetail_* settings of users may have: one table for the
   service, which does not start with a wrong one in its configuration, and for
   the workers, which log a wrong one that came from the userdb.  Those that only
   the front reads are in its own table (front-settings.c).  Pure. */

enum dovetail_setting_type {
	DOVETAIL_SETTING_NUMBER,
	/* "30 s"; a number alone is seconds */
	DOVETAIL_SETTING_TIME,
	/* "100 M" */
	DOVETAIL_SETTING_SIZE,
	DOVETAIL_SETTING_BOOL,
	/* one of the words, separated by spaces */
	DOVETAIL_SETTING_WORD,
	/* dovetail_eas_devices: rules MASK=kind:word,... */
	DOVETAIL_SETTING_DEVICES,
	DOVETAIL_SETTING_DEVICE_RULES,
	/* dovetail_max_version: a version, or rules */
	DOVETAIL_SETTING_VERSIONS,
	DOVETAIL_SETTING_DIRECTORY,
	/* sqlite, or pgsql and how to connect */
	DOVETAIL_SETTING_DATABASE,
	/* one mail address, or several */
	DOVETAIL_SETTING_ADDRESS,
	DOVETAIL_SETTING_ADDRESSES,
	DOVETAIL_SETTING_TEXT,
};

struct dovetail_setting {
	/* without "dovetail_" */
	const char *name;
	enum dovetail_setting_type type;
	/* of a NUMBER (both ends allowed, may be negative) or TIME (seconds) */
	long long min, max;
	const char *words;
};

/* name with or without "dovetail_"; NULL: there is no such setting of users */
const struct dovetail_setting *dovetail_setting_find(const char *name);
/* All of them, by index; NULL after the last */
const struct dovetail_setting *dovetail_setting_nth(unsigned int idx);

/* 0, or -1 and what is wrong with the value (data stack). "" is as if unset. */
int dovetail_setting_check(const struct dovetail_setting *def,
			   const char *value, const char **error_r);

/* All settings of a user (or of the configuration), also against each other.
   get: value by name (with "dovetail_"), NULL: unset. wrong: called with a
   sentence for each that cannot be used. */
typedef const char *dovetail_setting_get_t(void *context, const char *name);
typedef void dovetail_setting_wrong_t(void *context, const char *text);
void dovetail_settings_check(dovetail_setting_get_t *get,
			     dovetail_setting_wrong_t *wrong, void *context);

/* A NUMBER or TIME as check() took it; def where it is unset or wrong. */
unsigned int dovetail_setting_uint(const char *name, const char *value,
				   unsigned int def);
bool dovetail_setting_bool(const char *value, bool def);

#endif
