/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_SMART_ITEM_H
#define EAS_SMART_ITEM_H

#include "eas.h"

/* SmartReply to and SmartForward of appointments (MS-ASCMD 2.2.1.19, 2.2.1.20), and
   forwards that the server writes itself (16.x). */

/* The appointment with this id as a message of its organiser to its guests, with
   the iCalendar of it or of the one occurrence (instance: as sent; NULL: all): a
   meeting as an invitation, another as an attached file.  The caller closes it.
   0, or a common status */
unsigned int eas_smart_item_open(struct eas_request *req, const char *id,
				 const char *instance,
				 struct mime_message **original_r);

/* The message that a client of 16.x leaves to the server: to the Forwardees, with
   the Body, about the original.  The caller unrefs.  0, or a common status */
unsigned int eas_smart_forwardees(struct eas_request *req,
				  struct mime_message *original,
				  struct istream **mime_r);

/* A meeting of somebody of the site was forwarded to these: the organiser is told
   (Meeting Forward Notification). Failing is logged only. */
void eas_forward_notice(struct eas_request *req, struct mime_message *original,
			const char *const *to);

#endif
