/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* src/submit against a scripted SMTP server in a child process, and against a
   sendmail program. */

#include "lib.h"
#include "ioloop.h"
#include "istream.h"
#include "net.h"
#include "str.h"
#include "master-service.h"
#include "dovetail-submit.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sys/resource.h>

struct script {
	const char *refused;		/* RCPT that contains this */
	const char *refuse_reply;
	const char *data_reply;
	const char *extra_ehlo;
	bool hang_at_data;
	bool close_at_data;
};

static char log_path[] = "/tmp/test-submit.XXXXXX";

static void say(FILE *f, const char *text)
{
	fprintf(f, "%s\r\n", text);
	fflush(f);
}

/* Logs commands; of the message only its size and a last line. */
static void serve_data(FILE *in, FILE *f, FILE *log, const struct script *script)
{
	char line[4096];
	size_t size = 0, lines = 0;

	if (script->hang_at_data)
		sleep(60);
	if (script->close_at_data)
		_exit(0);
	say(f, "354 go");
	while (fgets(line, sizeof(line), in) != NULL) {
		if (strcmp(line, ".\r\n") == 0)
			break;
		size += strlen(line);
		lines++;
	}
	fprintf(log, "message %zu bytes %zu lines\n", size, lines);
	fflush(log);
	say(f, script->data_reply == NULL ? "250 2.0.0 ok" :
	    script->data_reply);
}

static void serve(int fd, const struct script *script)
{
	FILE *in = fdopen(fd, "r"), *f = fdopen(dup(fd), "w");
	FILE *log = fopen(log_path, "w");
	char line[4096];

	say(f, "220 test ESMTP");
	while (fgets(line, sizeof(line), in) != NULL) {
		fputs(line, log);
		fflush(log);
		if (strncasecmp(line, "EHLO", 4) == 0) {
			fprintf(f, "250-test\r\n250-PIPELINING\r\n"
				"250-ENHANCEDSTATUSCODES\r\n%s250 8BITMIME\r\n",
				script->extra_ehlo == NULL ? "" :
				script->extra_ehlo);
			fflush(f);
		} else if (strncasecmp(line, "RCPT", 4) == 0) {
			say(f, script->refused != NULL &&
			    strstr(line, script->refused) != NULL ?
			    script->refuse_reply : "250 2.1.5 ok");
		} else if (strncasecmp(line, "DATA", 4) == 0)
			serve_data(in, f, log, script);
		else if (strncasecmp(line, "QUIT", 4) == 0) {
			say(f, "221 bye");
			break;
		} else
			say(f, "250 2.0.0 ok");
	}
	_exit(0);
}

static pid_t server_start(const struct script *script, in_port_t *port_r)
{
	struct ip_addr ip;
	in_port_t port = 0;
	int fd, client;
	pid_t pid;

	ck_assert(net_addr2ip("127.0.0.1", &ip) == 0);
	fd = net_listen(&ip, &port, 8);
	ck_assert(fd != -1);
	net_set_nonblock(fd, FALSE);
	*port_r = port;
	pid = fork();
	ck_assert(pid != -1);
	if (pid == 0) {
		client = accept(fd, NULL, NULL);
		if (client == -1)
			_exit(1);
		serve(client, script);
	}
	close(fd);
	return pid;
}

static const char *server_log(void)
{
	static char buf[8192];
	FILE *f = fopen(log_path, "r");
	size_t n = f == NULL ? 0 : fread(buf, 1, sizeof(buf) - 1, f);

	if (f != NULL)
		fclose(f);
	buf[n] = '\0';
	return buf;
}

static struct istream *message(uoff_t size)
{
	string_t *str = str_new(default_pool, size + 128);
	struct istream *input;

	str_append(str, "From: a@example.com\nTo: b@example.com\n\n.dot\n");
	while (str_len(str) < size)
		str_append(str, "0123456789012345678901234567890123456789\xc3\xa4\n");
	input = i_stream_create_copy_from_buffer(str);
	str_free(&str);
	return input;
}

static enum submit_result
run_submit(const struct submit_settings *set, const char *const *rcpts,
	   struct istream *input, struct submit_reply *reply_r)
{
	struct event *event = event_create(NULL);
	struct submit *submit = submit_init_settings(set);
	struct submit_mail mail = {
		.from = "alice@example.com", .recipients = rcpts,
		.input = input, .event = event,
	};
	enum submit_result result = submit_mail(submit, &mail, reply_r);

	submit_deinit(&submit);
	event_unref(&event);
	return result;
}

static enum submit_result
run_script(const struct script *script, const char *const *rcpts,
	   unsigned int timeout_secs, struct submit_reply *reply_r)
{
	struct submit_settings set = {
		.submission_ssl = "no", .sendmail_path = "/nonexistent",
		.hostname = "host.example.com", .timeout_secs = timeout_secs,
	};
	struct istream *input = message(1000);
	enum submit_result result;
	in_port_t port;
	pid_t pid;
	int status;

	pid = server_start(script, &port);
	set.submission_host = t_strdup_printf("127.0.0.1:%u", port);
	result = run_submit(&set, rcpts, input, reply_r);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	i_stream_unref(&input);
	return result;
}

static const char *const two_rcpts[] = { "b@example.com", "c@example.org", NULL };

START_TEST(test_ok)
{
	struct script script = { .refused = NULL };
	struct submit_reply reply;
	const char *log;

	ck_assert_int_eq(run_script(&script, two_rcpts, 5, &reply), SUBMIT_OK);
	log = server_log();
	ck_assert_ptr_nonnull(strstr(log, "MAIL FROM:<alice@example.com>"));
	ck_assert_ptr_nonnull(strstr(log, "BODY=8BITMIME"));
	ck_assert_ptr_nonnull(strstr(log, "RCPT TO:<b@example.com>"));
	ck_assert_ptr_nonnull(strstr(log, "RCPT TO:<c@example.org>"));
	ck_assert_ptr_nonnull(strstr(log, "message "));
}
END_TEST

/* One refused recipient: nobody gets the message. */
START_TEST(test_one_refused)
{
	struct script script = {
		.refused = "c@", .refuse_reply = "550 5.1.1 nobody here",
	};
	struct submit_reply reply;

	ck_assert_int_eq(run_script(&script, two_rcpts, 5, &reply),
			 SUBMIT_RECIPIENTS);
	ck_assert_str_eq(reply.refused[0], "c@example.org");
	ck_assert_ptr_null(reply.refused[1]);
	ck_assert_ptr_nonnull(strstr(reply.text, "nobody here"));
	ck_assert_ptr_null(strstr(server_log(), "DATA"));
}
END_TEST

START_TEST(test_rcpt_tempfail)
{
	struct script script = {
		.refused = "b@", .refuse_reply = "451 4.7.1 greylisted",
	};
	struct submit_reply reply;

	ck_assert_int_eq(run_script(&script, two_rcpts, 5, &reply),
			 SUBMIT_TEMPFAIL);
	ck_assert_ptr_null(strstr(server_log(), "DATA"));
}
END_TEST

START_TEST(test_data_replies)
{
	static const struct {
		const char *reply;
		enum submit_result result;
	} tests[] = {
		{ "554 5.6.0 looks bad", SUBMIT_REFUSED },
		{ "451 4.3.0 later", SUBMIT_TEMPFAIL },
		{ "552 5.3.4 too big", SUBMIT_TOO_LARGE },
		{ "what?", SUBMIT_TEMPFAIL },
	};
	struct submit_reply reply;

	for (unsigned int i = 0; i < N_ELEMENTS(tests); i++) {
		struct script script = { .data_reply = tests[i].reply };

		ck_assert_int_eq(run_script(&script, two_rcpts, 5, &reply),
				 tests[i].result);
	}
}
END_TEST

START_TEST(test_size_limit)
{
	struct script script = { .extra_ehlo = "250-SIZE 500\r\n" };
	struct submit_reply reply;

	ck_assert_int_eq(run_script(&script, two_rcpts, 5, &reply),
			 SUBMIT_TOO_LARGE);
	ck_assert_ptr_null(strstr(server_log(), "MAIL"));
}
END_TEST

START_TEST(test_hang_and_close)
{
	struct script hang = { .hang_at_data = TRUE };
	struct script gone = { .close_at_data = TRUE };
	struct submit_reply reply;
	time_t start = time(NULL);

	ck_assert_int_eq(run_script(&hang, two_rcpts, 1, &reply),
			 SUBMIT_TEMPFAIL);
	ck_assert_int_le(time(NULL) - start, 5);
	ck_assert_int_eq(run_script(&gone, two_rcpts, 5, &reply),
			 SUBMIT_TEMPFAIL);
}
END_TEST

START_TEST(test_no_server)
{
	struct submit_settings set = {
		.submission_host = "127.0.0.1:1", .submission_ssl = "no",
		.sendmail_path = "", .hostname = "h", .timeout_secs = 2,
	};
	struct istream *input = message(100);
	struct submit_reply reply;

	ck_assert_int_eq(run_submit(&set, two_rcpts, input, &reply),
			 SUBMIT_TEMPFAIL);
	set.submission_host = "127.0.0.1:x";
	ck_assert_int_eq(run_submit(&set, two_rcpts, input, &reply),
			 SUBMIT_TEMPFAIL);
	i_stream_unref(&input);
}
END_TEST

START_TEST(test_bad_addresses)
{
	static const char *const bad[] = {
		"b@example.com", "x y@example.com", "a@b\r\nRCPT TO:<evil@x>",
		"nodomain", "\xc3\xa4@example.com", NULL
	};
	struct submit_settings set = {
		.submission_host = "127.0.0.1:1", .submission_ssl = "no",
		.sendmail_path = "", .hostname = "h", .timeout_secs = 2,
	};
	struct istream *input = message(100);
	struct submit_reply reply;

	ck_assert_int_eq(run_submit(&set, bad, input, &reply),
			 SUBMIT_RECIPIENTS);
	ck_assert_uint_eq(str_array_length(reply.refused), 4);
	i_stream_unref(&input);
}
END_TEST

static void write_program(const char *path, const char *text)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0700);

	ck_assert(fd != -1);
	ck_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

START_TEST(test_sendmail)
{
	const char *path = t_strconcat(log_path, ".sh", NULL);
	struct submit_settings set = {
		.submission_host = "", .submission_ssl = "no",
		.sendmail_path = path, .hostname = "h", .timeout_secs = 5,
	};
	struct istream *input;
	struct submit_reply reply;

	write_program(path, t_strdup_printf(
		"#!/bin/sh\n(echo \"$@\"; wc -c) > %s\n", log_path));
	if (geteuid() != 0) {
		input = message(100);
		ck_assert_int_eq(run_submit(&set, two_rcpts, input, &reply),
				 SUBMIT_OK);
		ck_assert_ptr_nonnull(strstr(server_log(),
			"-f alice@example.com -- b@example.com c@example.org"));
		i_stream_unref(&input);
	}
	write_program(path, "#!/bin/sh\nexit 75\n");
	input = message(100);
	ck_assert_int_eq(run_submit(&set, two_rcpts, input, &reply),
			 SUBMIT_TEMPFAIL);
	i_stream_unref(&input);
	i_unlink(path);
}
END_TEST

/* A large message costs no memory: 64 MB from a file. */
START_TEST(test_large)
{
	struct script script = { .refused = NULL };
	struct submit_settings set = {
		.submission_ssl = "no", .sendmail_path = "", .hostname = "h",
		.timeout_secs = 10,
	};
	char path[] = "/tmp/test-submit-large.XXXXXX";
	char line[] = "012345678901234567890123456789012345678901234567890123456789012\n";
	struct submit_reply reply;
	struct istream *input;
	struct rusage before, after;
	in_port_t port;
	pid_t pid;
	FILE *f;
	int status, fd = mkstemp(path);

	f = fdopen(fd, "w");
	fputs("From: a@example.com\n\n", f);
	for (unsigned int i = 0; i < 1024 * 1024; i++)
		fputs(line, f);
	fclose(f);
	input = i_stream_create_file(path, IO_BLOCK_SIZE);
	pid = server_start(&script, &port);
	set.submission_host = t_strdup_printf("127.0.0.1:%u", port);
	getrusage(RUSAGE_SELF, &before);
	ck_assert_int_eq(run_submit(&set, two_rcpts, input, &reply), SUBMIT_OK);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 8 * 1024);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert_ptr_nonnull(strstr(server_log(), " 1048578 lines"));
	i_stream_unref(&input);
	i_unlink(path);
}
END_TEST

static Suite *submit_suite(void)
{
	Suite *suite = suite_create("submit");
	TCase *tc = tcase_create("smtp");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_ok);
	tcase_add_test(tc, test_one_refused);
	tcase_add_test(tc, test_rcpt_tempfail);
	tcase_add_test(tc, test_data_replies);
	tcase_add_test(tc, test_size_limit);
	tcase_add_test(tc, test_hang_and_close);
	tcase_add_test(tc, test_no_server);
	tcase_add_test(tc, test_bad_addresses);
	tcase_add_test(tc, test_sendmail);
	suite_add_tcase(suite, tc);
	tc = tcase_create("large");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_large);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char *argv[])
{
	struct ioloop *ioloop;
	SRunner *runner;
	int failed;

	master_service = master_service_init("test-submit",
		MASTER_SERVICE_FLAG_STANDALONE |
		MASTER_SERVICE_FLAG_NO_CONFIG_SETTINGS |
		MASTER_SERVICE_FLAG_DONT_SEND_STATS |
		MASTER_SERVICE_FLAG_NO_SSL_INIT, &argc, &argv, "");
	ioloop = io_loop_create();
	signal(SIGPIPE, SIG_IGN);
	close(mkstemp(log_path));
	runner = srunner_create(submit_suite());
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	i_unlink(log_path);
	io_loop_destroy(&ioloop);
	master_service_deinit(&master_service);
	return failed == 0 ? 0 : 1;
}
