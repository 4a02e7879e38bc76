/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of users' settings and what its types allow. */

#include "lib.h"
#include "compat-settings.h"
#include "dovetail-settings.h"

#define NUMBER(name_, min_, max_) \
	{ .name = name_, .type = DOVETAIL_SETTING_NUMBER, \
	  .min = min_, .max = max_ }
#define TIME(name_, min_, max_) \
	{ .name = name_, .type = DOVETAIL_SETTING_TIME, \
	  .min = min_, .max = max_ }
#define WORD(name_, words_) \
	{ .name = name_, .type = DOVETAIL_SETTING_WORD, .words = words_ }
#define OTHER(type_, name_) \
	{ .name = name_, .type = DOVETAIL_SETTING_##type_ }

#define DAY (24 * 3600)

static const struct dovetail_setting settings[] = {
	/* who a user is (store) */
	OTHER(ADDRESS, "address"),
	OTHER(ADDRESSES, "aliases"),
	OTHER(TEXT, "name"),
	OTHER(ADDRESSES, "send_as"),
	OTHER(ADDRESSES, "send_on_behalf"),

	/* devices and ActiveSync */
	WORD("default_access", "allow quarantine block"),
	OTHER(DEVICE_RULES, "device_rules"),
	OTHER(ADDRESS, "device_admin"),
	OTHER(TEXT, "device_quarantine_text"),
	NUMBER("max_devices", 0, 1000000),
	OTHER(BOOL, "require_provision"),
	OTHER(BOOL, "allow_nonprovisionable"),
	OTHER(BOOL, "allow_external_management"),
	OTHER(VERSIONS, "max_version"),
	OTHER(DEVICES, "eas_devices"),
	OTHER(TEXT, "timezone"),
	OTHER(BOOL, "delivery"),
	WORD("collect", "yes sent no"),
	TIME("heartbeat_min", 1, DAY),
	TIME("heartbeat_max", 1, DAY),
	NUMBER("ping_max_folders", 1, 100000),
	NUMBER("max_collections", 1, 100000),
	TIME("retry_after", 1, 3600),

	/* the policy (MS-ASPROV 2.2.2.28) */
	OTHER(BOOL, "policy_password"),
	OTHER(BOOL, "policy_password_alphanumeric"),
	OTHER(BOOL, "policy_password_recovery"),
	OTHER(BOOL, "policy_card_encryption"),
	OTHER(BOOL, "policy_attachments"),
	NUMBER("policy_password_min_length", 1, 16),
	TIME("policy_lock_seconds", 0, 9999),
	NUMBER("policy_password_max_failures", 4, 16),
	NUMBER("policy_max_attachment_size", 0, 0xffffffff),
	OTHER(BOOL, "policy_password_simple"),
	NUMBER("policy_password_expire_days", 0, 730),
	NUMBER("policy_password_history", 0, 50),
	OTHER(BOOL, "policy_card"),
	OTHER(BOOL, "policy_camera"),
	OTHER(BOOL, "policy_encryption"),
	OTHER(BOOL, "policy_unsigned_apps"),
	OTHER(BOOL, "policy_unsigned_packages"),
	NUMBER("policy_password_min_complex", 1, 4),
	OTHER(BOOL, "policy_wifi"),
	OTHER(BOOL, "policy_text_messaging"),
	OTHER(BOOL, "policy_pop_imap"),
	NUMBER("policy_bluetooth", 0, 2),
	OTHER(BOOL, "policy_irda"),
	OTHER(BOOL, "policy_roaming_manual"),
	OTHER(BOOL, "policy_desktop_sync"),
	WORD("policy_calendar_age", "0 4 5 6 7"),
	OTHER(BOOL, "policy_html_mail"),
	NUMBER("policy_mail_age", 0, 5),
	NUMBER("policy_body_size", -1, 0x7fffffff),
	NUMBER("policy_html_size", -1, 0x7fffffff),
	OTHER(BOOL, "policy_smime_sign"),
	OTHER(BOOL, "policy_smime_encrypt"),
	NUMBER("policy_smime_sign_algorithm", 0, 1),
	NUMBER("policy_smime_encrypt_algorithm", 0, 4),
	NUMBER("policy_smime_negotiation", 0, 2),
	OTHER(BOOL, "policy_smime_soft_certs"),
	OTHER(BOOL, "policy_browser"),
	OTHER(BOOL, "policy_consumer_mail"),
	OTHER(BOOL, "policy_remote_desktop"),
	OTHER(BOOL, "policy_internet_sharing"),

	/* sending */
	NUMBER("send_max_mb", 1, 100000),
	OTHER(TEXT, "submission_user"),
	OTHER(TEXT, "submission_password"),

	/* directory */
	OTHER(DIRECTORY, "directory"),
	WORD("directory_scope", "domain all"),
	OTHER(TEXT, "directory_socket"),
	NUMBER("directory_cache", 0, 7 * DAY),
	NUMBER("directory_max", 1, 10000000),
	NUMBER("directory_lookups", 0, 10000000),
	OTHER(TEXT, "directory_name_field"),
	OTHER(TEXT, "domain"),

	/* metadata */
	OTHER(DATABASE, "meta"),
	WORD("meta_journal", "auto wal rollback"),
	WORD("meta_sync", "normal full"),
	NUMBER("meta_max_items", 0, 0x7fffffff),
	OTHER(SIZE, "meta_max_size"),
	NUMBER("tombstone_days", 1, 36500),

	/* folders of items */
	OTHER(TEXT, "language"),
	OTHER(BOOL, "imap_hide_items"),
	WORD("freebusy", "all acl none"),

	/* Outlook */
	OTHER(BOOL, "mapi"),
	OTHER(BOOL, "mapi_admin"),
	TIME("mapi_session_expiry", 1, DAY),
	NUMBER("mapi_max_sessions", 0, 1000000),
	TIME("mapi_pending_period", 1, 3600),
	TIME("mapi_wait", 1, 3600),
	OTHER(ADDRESS, "mapi_public_address"),
	OTHER(ADDRESS, "autodiscover_redirect_address"),
	OTHER(TEXT, "autodiscover_redirect_url"),

	/* plugin */
	OTHER(TEXT, "bus"),
};

static const char *const versions[] = {
	"2.5", "12.0", "12.1", "14.0", "14.1", "16.0", "16.1", NULL
};

static const char *const directories[] = { "auth", "file", "none", NULL };

/* Pairs of which the first must not be above the second */
static const struct {
	const char *low, *high;
	unsigned int low_def, high_def;
} ordered[] = {
	{ "dovetail_heartbeat_min", "dovetail_heartbeat_max", 60, 3540 },
};

const struct dovetail_setting *dovetail_setting_find(const char *name)
{
	if (strncmp(name, "dovetail_", 9) == 0)
		name += 9;
	for (unsigned int i = 0; i < N_ELEMENTS(settings); i++) {
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

const struct dovetail_setting *dovetail_setting_nth(unsigned int idx)
{
	return idx < N_ELEMENTS(settings) ? &settings[idx] : NULL;
}

static int
check_number(const struct dovetail_setting *def, const char *value,
	     const char **error_r)
{
	const char *error;
	unsigned int secs;
	long long number;

	if (def->type == DOVETAIL_SETTING_TIME &&
	    str_to_llong(value, &number) < 0) {
		if (compat_parse_time(value, &secs, &error) < 0) {
			*error_r = t_strdup_printf(
				"'%s' is not a time such as 60 or 5 min",
				value);
			return -1;
		}
		number = secs;
	} else if (str_to_llong(value, &number) < 0) {
		*error_r = t_strdup_printf("'%s' is not a number", value);
		return -1;
	}
	if (number < def->min || number > def->max) {
		*error_r = t_strdup_printf("%s is not between %lld and %lld",
					   value, def->min, def->max);
		return -1;
	}
	return 0;
}

static int check_size(const char *value, const char **error_r)
{
	const char *error;
	uoff_t size;

	if (compat_parse_size(value, &size, &error) == 0)
		return 0;
	*error_r = t_strdup_printf("'%s' is not a size such as 100 M", value);
	return -1;
}

static int bool_parse(const char *value)
{
	static const char *const yes[] = { "yes", "y", "1", "true", NULL };
	static const char *const no[] = { "no", "n", "0", "false", NULL };

	return str_array_icase_find(yes, value) ? 1 :
		str_array_icase_find(no, value) ? 0 : -1;
}

static int check_versions(const char *value, const char **error_r)
{
	const char *const *rules = t_strsplit_spaces(value, " ");

	for (; *rules != NULL; rules++) {
		const char *p = strrchr(*rules, '=');

		if (str_array_find(versions, p == NULL ? *rules : p + 1))
			continue;
		*error_r = t_strdup_printf(
			"'%s' is not a version such as 16.1, nor a rule such "
			"as Android*=14.1", *rules);
		return -1;
	}
	return 0;
}

/* MASK=kind:word,kind:word ... (src/eas/eas-client.c) */
static int check_devices(const char *value, const char **error_r)
{
	static const char *const kinds[] = {
		"calendars", "contacts", "tasks", "notes", "journal",
		"collected", "recipients", NULL
	};
	static const char *const words[] = {
		"none", "default", "own", "all", NULL
	};
	const char *const *rules = t_strsplit_spaces(value, " ");

	for (; *rules != NULL; rules++) {
		const char *p = strrchr(*rules, '=');
		const char *const *parts =
			t_strsplit(p == NULL ? "" : p + 1, ",");

		for (; *parts != NULL; parts++) {
			const char *colon = strchr(*parts, ':');

			if (p != *rules && colon != NULL &&
			    str_array_find(kinds, t_strdup_until(*parts,
								 colon)) &&
			    str_array_find(words, colon + 1))
				continue;
			*error_r = t_strdup_printf(
				"'%s' is not a rule such as "
				"Android*=calendars:all,contacts:own", *rules);
			return -1;
		}
	}
	return 0;
}

/* FIELD:MASK&FIELD:MASK=STATE ... (src/eas/eas-access.c) */
static int check_device_rules(const char *value, const char **error_r)
{
	static const char *const fields[] = {
		"type", "os", "agent", "model", "user", "group", NULL
	};
	static const char *const states[] = {
		"allow", "quarantine", "block", NULL
	};
	const char *const *rules = t_strsplit_spaces(value, " ");

	for (; *rules != NULL; rules++) {
		const char *end = strrchr(*rules, '=');
		const char *const *parts = t_strsplit(end == NULL ? "" :
			t_strdup_until(*rules, end), "&");
		bool good = end != NULL && str_array_find(states, end + 1) &&
			*parts != NULL;

		for (; *parts != NULL && good; parts++) {
			const char *colon = strchr(*parts, ':');

			good = colon != NULL && str_array_find(fields,
				t_strdup_until(*parts, colon));
		}
		if (good)
			continue;
		*error_r = t_strdup_printf(
			"'%s' is not a rule such as "
			"type:Android*&os:*9*=block", *rules);
		return -1;
	}
	return 0;
}

static int check_addresses(const struct dovetail_setting *def,
			   const char *value, const char **error_r)
{
	const char *const *list = t_strsplit_spaces(value, " ,");

	if (def->type == DOVETAIL_SETTING_ADDRESS && str_array_length(list) > 1) {
		*error_r = t_strdup_printf("'%s' is more than one address",
					   value);
		return -1;
	}
	for (; *list != NULL; list++) {
		const char *at = strrchr(*list, '@');

		if (at != NULL && at != *list && at[1] != '\0')
			continue;
		*error_r = t_strdup_printf("'%s' is not a mail address",
					   *list);
		return -1;
	}
	return 0;
}

/* PostgreSQL's keyword=value ...; a value may stand in quotes. */
static int check_database(const char *value, const char **error_r)
{
	const char *p = value + strcspn(value, " ");
	const char *driver = t_strdup_until(value, p);
	bool quoted = FALSE;

	if (strcmp(driver, "sqlite") == 0 && *p == '\0')
		return 0;
	if (strcmp(driver, "pgsql") != 0) {
		*error_r = t_strdup_printf(
			"'%s' is not sqlite or pgsql host=... dbname=...",
			value);
		return -1;
	}
	for (p += strspn(p, " "); *p != '\0'; p += strspn(p, " ")) {
		size_t len = strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789");

		if (len == 0 || p[len] != '=') {
			*error_r = t_strdup_printf(
				"'%s' is not keyword=value", p);
			return -1;
		}
		for (p += len + 1; *p != '\0' && (quoted || *p != ' '); p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			else if (*p == '\'')
				quoted = !quoted;
		}
	}
	if (quoted)
		*error_r = "a quote is not closed";
	return quoted ? -1 : 0;
}

int dovetail_setting_check(const struct dovetail_setting *def,
			   const char *value, const char **error_r)
{
	if (*value == '\0')
		return 0;
	switch (def->type) {
	case DOVETAIL_SETTING_NUMBER:
	case DOVETAIL_SETTING_TIME:
		return check_number(def, value, error_r);
	case DOVETAIL_SETTING_SIZE:
		return check_size(value, error_r);
	case DOVETAIL_SETTING_BOOL:
		if (bool_parse(value) >= 0)
			return 0;
		*error_r = t_strdup_printf("'%s' is neither yes nor no", value);
		return -1;
	case DOVETAIL_SETTING_WORD:
		if (str_array_find(t_strsplit(def->words, " "), value))
			return 0;
		*error_r = t_strdup_printf("'%s' is not one of: %s", value,
					   def->words);
		return -1;
	case DOVETAIL_SETTING_VERSIONS:
		return check_versions(value, error_r);
	case DOVETAIL_SETTING_DEVICES:
		return check_devices(value, error_r);
	case DOVETAIL_SETTING_DEVICE_RULES:
		return check_device_rules(value, error_r);
	case DOVETAIL_SETTING_DIRECTORY:
		if (str_array_find(directories,
				   t_strcut(value, ':')) &&
		    (strncmp(value, "file", 4) != 0 ||
		     strncmp(value, "file:/", 6) == 0))
			return 0;
		*error_r = t_strdup_printf(
			"'%s' is not auth, file:/path or none", value);
		return -1;
	case DOVETAIL_SETTING_DATABASE:
		return check_database(value, error_r);
	case DOVETAIL_SETTING_ADDRESS:
	case DOVETAIL_SETTING_ADDRESSES:
		return check_addresses(def, value, error_r);
	case DOVETAIL_SETTING_TEXT:
		return 0;
	}
	i_unreached();
}

unsigned int dovetail_setting_uint(const char *name, const char *value,
				   unsigned int def)
{
	const struct dovetail_setting *setting = dovetail_setting_find(name);
	const char *error;
	unsigned int number;

	i_assert(setting != NULL);
	if (value == NULL || *value == '\0' ||
	    dovetail_setting_check(setting, value, &error) < 0)
		return def;
	if (str_to_uint(value, &number) == 0 ||
	    compat_parse_time(value, &number, &error) == 0)
		return number;
	return def;
}

static void check_ordered(dovetail_setting_get_t *get,
			  dovetail_setting_wrong_t *wrong, void *context)
{
	for (unsigned int i = 0; i < N_ELEMENTS(ordered); i++) {
		unsigned int low = dovetail_setting_uint(ordered[i].low,
			get(context, ordered[i].low), ordered[i].low_def);
		unsigned int high = dovetail_setting_uint(ordered[i].high,
			get(context, ordered[i].high), ordered[i].high_def);

		if (low <= high)
			continue;
		wrong(context, t_strdup_printf(
			"%s = %u is above %s = %u: correct it",
			ordered[i].low, low, ordered[i].high, high));
	}
}

void dovetail_settings_check(dovetail_setting_get_t *get,
			     dovetail_setting_wrong_t *wrong, void *context)
{
	for (unsigned int i = 0; i < N_ELEMENTS(settings); i++) {
		const char *name = t_strconcat("dovetail_", settings[i].name,
					       NULL);
		const char *value = get(context, name), *error;

		if (value != NULL &&
		    dovetail_setting_check(&settings[i], value, &error) < 0) {
			wrong(context, t_strdup_printf(
				"%s = %s: %s: correct it", name, value,
				error));
		}
	}
	check_ordered(get, wrong, context);
}

bool dovetail_setting_bool(const char *value, bool def)
{
	int ret = value == NULL ? -1 : bool_parse(value);

	return ret < 0 ? def : ret > 0;
}
