/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Out of office as a Sieve script: what is written comes back, and Pigeonhole's
   compiler takes it. */

#include "lib.h"
#include "str.h"
#include "eas-oof-script.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const addresses[] = {
	"ann@example.org", "a.\"b\\c@example.org", NULL
};

static struct eas_oof sample(enum eas_oof_state state)
{
	struct eas_oof oof = {
		.state = state, .start = 1798761600, .end = 1799539200,
		.include = "my \"rules\" ä",
	};

	oof.messages[EAS_OOF_INTERNAL].enabled = TRUE;
	oof.messages[EAS_OOF_INTERNAL].text =
		"Ä \"quoted\" \\ text\nwith\r\nlines\n.\n";
	oof.messages[EAS_OOF_EXTERNAL_UNKNOWN].enabled = TRUE;
	oof.messages[EAS_OOF_EXTERNAL_UNKNOWN].html = TRUE;
	oof.messages[EAS_OOF_EXTERNAL_UNKNOWN].text = "<p>away</p>";
	oof.messages[EAS_OOF_EXTERNAL_KNOWN].text = "";
	return oof;
}

static void check_round(const struct eas_oof *oof)
{
	pool_t pool = pool_alloconly_create("test", 1024);
	string_t *script = str_new(pool, 1024);
	struct eas_oof back;

	eas_oof_script_write(script, oof, addresses);
	ck_assert(eas_oof_script_parse(str_c(script), pool, &back));
	ck_assert_int_eq(back.state, oof->state);
	ck_assert_int_eq(back.start, oof->start);
	ck_assert_int_eq(back.end, oof->end);
	ck_assert_int_eq(null_strcmp(back.include, oof->include), 0);
	for (unsigned int i = 0; i < EAS_OOF_AUDIENCES; i++) {
		ck_assert(back.messages[i].enabled == oof->messages[i].enabled);
		ck_assert(back.messages[i].html == oof->messages[i].html);
		ck_assert_int_eq(null_strcmp(back.messages[i].text,
					     oof->messages[i].text), 0);
	}
	pool_unref(&pool);
}

START_TEST(test_round)
{
	for (int state = EAS_OOF_OFF; state <= EAS_OOF_TIMED; state++) T_BEGIN {
		struct eas_oof oof = sample(state);

		check_round(&oof);
		oof.include = NULL;
		oof.start = oof.end = 0;
		check_round(&oof);
	} T_END;
}
END_TEST

START_TEST(test_not_ours)
{
	static const char *const scripts[] = {
		"", "keep;", "# Dovetail out of office 2\r\n",
		"# Dovetail out of office 1\r\n#state 9\r\n",
		"# Dovetail out of office 1\r\n#internal 1\r\n",
		"# Dovetail out of office 1\r\n#include !!\r\n",
	};
	pool_t pool = pool_alloconly_create("test", 1024);
	struct eas_oof oof;

	for (unsigned int i = 0; i < N_ELEMENTS(scripts); i++) {
		ck_assert_msg(!eas_oof_script_parse(scripts[i], pool, &oof),
			      "script %u", i);
	}
	/* edited below the head: the head counts */
	ck_assert(eas_oof_script_parse(
		"# Dovetail out of office 1\r\n#state 1\r\nkeep;\r\n#state 2\r\n",
		pool, &oof));
	ck_assert_int_eq(oof.state, EAS_OOF_ON);
	pool_unref(&pool);
}
END_TEST

static int compile(const string_t *script)
{
	char path[] = "/tmp/test-eas-oof.XXXXXX.sieve";
	const char *binary;
	int fd = mkstemps(path, 6), ret;

	ck_assert(fd != -1);
	ck_assert(write(fd, str_data(script), str_len(script)) ==
		  (ssize_t)str_len(script));
	close(fd);
	binary = t_strconcat(path, ".svbin", NULL);
	ret = system(t_strdup_printf("sievec %s %s >/dev/null 2>&1", path,
				     binary));
	i_unlink(path);
	i_unlink_if_exists(binary);
	return ret;
}

START_TEST(test_compiles)
{
	string_t *bad = t_str_new(32);

	str_append(bad, "this is no script");
	if (system("sievec -h >/dev/null 2>&1") == 127 << 8 ||
	    access("/usr/bin/sievec", X_OK) < 0)
		return;
	ck_assert_int_ne(compile(bad), 0);
	for (int state = EAS_OOF_OFF; state <= EAS_OOF_TIMED; state++) T_BEGIN {
		struct eas_oof oof = sample(state);
		string_t *script = t_str_new(1024);

		/* sievec knows no personal scripts here */
		oof.include = NULL;
		eas_oof_script_write(script, &oof, addresses);
		ck_assert_msg(compile(script) == 0, "%s", str_c(script));
	} T_END;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("eas-oof");
	TCase *tc = tcase_create("script");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_add_test(tc, test_round);
	tcase_add_test(tc, test_not_ours);
	tcase_add_test(tc, test_compiles);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
