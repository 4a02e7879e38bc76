#ifndef DOVETAIL_TNEF_H
#define DOVETAIL_TNEF_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* src/tnef: reads winmail.dat (MS-OXTNEF) into a MAPI message.  Pure. */

#include "dovetail-mapi-message.h"

/* Embedded messages deeper than this are left out. */
#define TNEF_MAX_DEPTH 16
/* Properties, recipients and attachments of all messages together: more than that
   and the stream is no message that anybody wrote */
#define TNEF_MAX_PROPS 20000
#define TNEF_MAX_OBJECTS 10000

/* id_of_name: numbers for named properties, as in dovetail-mapi-data.h; static ones
   need none.  NULL: other ones are left out.

   Strings are UTF-8 and PTYP_STRING, whatever they were.  Legacy attributes
   (2.1.3.3) are given as the properties that they map to, where there is no
   property of that kind.  Attachments' data point into the input, which has to stay
   while the message is used.  A stream that is cut gives what was there before the
   cut; checksums are not looked at, as Outlook does not.  0; -1: no TNEF. */
int tnef_parse(pool_t pool, const void *data, size_t size,
	       mapi_id_of_name_t *id_of_name, void *context,
	       struct mapi_message **msg_r, const char **error_r);

#endif
