/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef ITIP_PRIVATE_H
#define ITIP_PRIVATE_H

#include "lib.h"
#include "dovetail-itip.h"

/* NULL: not among them */
struct cal_attendee *itip_attendee(struct cal_entry *entry, const char *email);
struct cal_attendee *itip_own(const struct itip_self *self,
			      struct cal_entry *entry);
/* The exception of the same original start; NULL: none */
struct cal_entry *itip_exception(struct cal_object *obj,
				 const struct cal_time *original);
/* Local zone of floating times in an object */
time_t itip_time(const struct cal_object *obj, const struct cal_time *time);
/* Start, end and rule say the same. */
bool itip_same_times(const struct cal_object *a, const struct cal_entry *x,
		     const struct cal_object *b, const struct cal_entry *y);
bool itip_same_rule(const struct cal_rule *a, const struct cal_rule *b);

#endif
