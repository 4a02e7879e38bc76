/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* src/settings: what values are taken, and what is said of the others. */

#include "lib.h"
#include "str.h"
#include "dovetail-settings.h"

#include <check.h>
#include <stdlib.h>

static const char *check(const char *name, const char *value)
{
	const struct dovetail_setting *def = dovetail_setting_find(name);
	const char *error;

	ck_assert_ptr_nonnull(def);
	return dovetail_setting_check(def, value, &error) == 0 ? NULL : error;
}

START_TEST(values)
{
	static const struct {
		const char *name, *value, *error;
	} tests[] = {
		{ "heartbeat_min", "60", NULL },
		{ "dovetail_heartbeat_min", "2 min", NULL },
		{ "heartbeat_min", "", NULL },
		{ "heartbeat_min", "soon",
		  "'soon' is not a time such as 60 or 5 min" },
		{ "heartbeat_min", "0", "0 is not between 1 and 86400" },
		{ "heartbeat_min", "2 days",
		  "2 days is not between 1 and 86400" },
		{ "max_devices", "0", NULL },
		{ "max_devices", "-1", "-1 is not between 0 and 1000000" },
		{ "max_devices", "10 min", "'10 min' is not a number" },
		{ "policy_body_size", "-1", NULL },
		{ "policy_body_size", "-2",
		  "-2 is not between -1 and 2147483647" },
		{ "require_provision", "YES", NULL },
		{ "require_provision", "perhaps",
		  "'perhaps' is neither yes nor no" },
		{ "default_access", "quarantine", NULL },
		{ "default_access", "deny",
		  "'deny' is not one of: allow quarantine block" },
		{ "policy_calendar_age", "5", NULL },
		{ "policy_calendar_age", "3",
		  "'3' is not one of: 0 4 5 6 7" },
		{ "max_version", "14.1", NULL },
		{ "max_version", "Android*=14.1 *=16.1", NULL },
		{ "max_version", "Android*=14.2",
		  "'Android*=14.2' is not a version such as 16.1, nor a rule "
		  "such as Android*=14.1" },
		{ "device_rules", "type:Windows*=block os:*9*&type:And*="
		  "quarantine model:iPhone12,1=allow group:it=allow", NULL },
		{ "device_rules", "Windows*=block", "'Windows*=block' is not a "
		  "rule such as type:Android*&os:*9*=block" },
		{ "device_rules", "type:x=deny", "'type:x=deny' is not a "
		  "rule such as type:Android*&os:*9*=block" },
		{ "device_rules", "=allow", "'=allow' is not a "
		  "rule such as type:Android*&os:*9*=block" },
		{ "device_admin", "postmaster", "'postmaster' is not a mail "
		  "address" },
		{ "directory", "file:/etc/people", NULL },
		{ "directory", "none", NULL },
		{ "meta", "sqlite", NULL },
		{ "meta", "pgsql", NULL },
		{ "meta", "pgsql host=db dbname=x password='a b\\'c='", NULL },
		{ "meta", "sqlite x",
		  "'sqlite x' is not sqlite or pgsql host=... dbname=..." },
		{ "meta", "mysql host=db",
		  "'mysql host=db' is not sqlite or pgsql host=... dbname=..." },
		{ "meta", "pgsql host=db x", "'x' is not keyword=value" },
		{ "meta", "pgsql host='db", "a quote is not closed" },
		{ "directory", "file:people",
		  "'file:people' is not auth, file:/path or none" },
		{ "directory", "ldap",
		  "'ldap' is not auth, file:/path or none" },
		{ "meta_max_size", "100 M", NULL },
		{ "meta_max_size", "much",
		  "'much' is not a size such as 100 M" },
		{ "aliases", "a@example.org, b@example.org", NULL },
		{ "aliases", "a@example.org b@",
		  "'b@' is not a mail address" },
		{ "address", "a@example.org b@example.org",
		  "'a@example.org b@example.org' is more than one address" },
	};

	for (unsigned int i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		const char *error = check(tests[i].name, tests[i].value);

		ck_assert_msg(null_strcmp(error, tests[i].error) == 0,
			      "%s = %s: %s", tests[i].name, tests[i].value,
			      error == NULL ? "taken" : error);
	} T_END;
	ck_assert_ptr_null(dovetail_setting_find("dovetail_max_versoin"));
}
END_TEST

START_TEST(numbers)
{
	ck_assert_uint_eq(dovetail_setting_uint("retry_after", "30 s", 7), 30);
	ck_assert_uint_eq(dovetail_setting_uint("retry_after", "2 min", 7), 120);
	ck_assert_uint_eq(dovetail_setting_uint("retry_after", "45", 7), 45);
	ck_assert_uint_eq(dovetail_setting_uint("retry_after", "late", 7), 7);
	ck_assert_uint_eq(dovetail_setting_uint("retry_after", "0", 7), 7);
	ck_assert_uint_eq(dovetail_setting_uint("retry_after", NULL, 7), 7);
	ck_assert(dovetail_setting_bool("Yes", FALSE));
	ck_assert(!dovetail_setting_bool("no", TRUE));
	ck_assert(dovetail_setting_bool("perhaps", TRUE));
	ck_assert(!dovetail_setting_bool(NULL, FALSE));
}
END_TEST

static const char *given(void *context, const char *name)
{
	const char *const *list = context;

	for (; *list != NULL; list += 2) {
		if (strcmp(list[0], name) == 0)
			return list[1];
	}
	return NULL;
}

static string_t *said;

static void wrong(void *context ATTR_UNUSED, const char *text)
{
	str_printfa(said, "%s\n", text);
}

START_TEST(all)
{
	static const char *good[] = {
		"dovetail_heartbeat_min", "120", "dovetail_heartbeat_max",
		"120", NULL
	};
	static const char *bad[] = {
		"dovetail_max_devices", "few", "dovetail_heartbeat_min",
		"2 hours", NULL
	};

	said = t_str_new(256);
	dovetail_settings_check(given, wrong, good);
	ck_assert_str_eq(str_c(said), "");
	dovetail_settings_check(given, wrong, bad);
	ck_assert_str_eq(str_c(said),
		"dovetail_max_devices = few: 'few' is not a number: correct "
		"it\n"
		"dovetail_heartbeat_min = 7200 is above "
		"dovetail_heartbeat_max = 3540: correct it\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings");
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_add_test(tc, values);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, all);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
