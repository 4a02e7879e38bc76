#ifndef DOVETAIL_FREEBUSY_H
#define DOVETAIL_FREEBUSY_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a worker and dovetail-freebusy say to each other over the unix socket of that
   name in base_dir; a line each, escaped as Dovecot's tab-separated ones:

     F1 TAB asker TAB user TAB start TAB end    seconds since 1970
     + (TAB start SP end SP busy)...        enum store_busy
     -                                      no right, or no such user
     !                                      ask again later

   Lines come and go here without their LF. */

#include "dovetail-items.h"

#define FREEBUSY_SOCKET "dovetail-freebusy"
/* Longest range, seconds */
#define FREEBUSY_RANGE_MAX (400LL * 24 * 3600)

struct freebusy_request {
	/* Who asks, by the name that the site's auth knows, about whom; never "" */
	const char *asker, *user;
	time_t start, end;
};
/* Data stack */
const char *freebusy_request(const struct freebusy_request *request);
/* FALSE: no request of ours. Data stack */
bool freebusy_request_parse(const char *line,
			    struct freebusy_request *request_r);
/* ret: of store_freebusy_for() */
void freebusy_answer(string_t *dest, int ret,
		     const ARRAY_TYPE(store_busy_time) *times);
/* 1 known, 0 unknown, -1 later, or no answer of ours */
int freebusy_answer_parse(const char *line, ARRAY_TYPE(store_busy_time) *times);

#endif
