/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The calendar part of a mail: an invitation, an answer, a cancellation. */

#include "lib.h"
#include "mail-private.h"
#include "cal-private.h"

int mail_meeting_read(struct mail_reader *r, struct mapi_message *msg)
{
	struct cal_object *obj;
	const char *text, *error;
	int ret;

	/* one without a method is a file to look at (MS-OXCICAL 2.1.3.1.1.1) */
	if (!conv_class_is(r->structure->message_class,
			   "IPM.Schedule.Meeting"))
		return 0;
	ret = mime_message_get_calendar(r->mime, msg->pool, CONV_CALENDAR_MAX,
					&text, r->error_r);
	if (ret <= 0)
		return ret;
	if (cal_parse(msg->pool, text, strlen(text), &obj, NULL, &error) < 0 ||
	    obj->kind != CAL_EVENT)
		return 0;
	if (obj->method == NULL)
		obj->method = r->structure->calendar_method;
	cal_meeting_read(r->conv, obj, msg);
	return 0;
}
