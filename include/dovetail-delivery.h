#ifndef DOVETAIL_DELIVERY_H
#define DOVETAIL_DELIVERY_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* libdovetail-delivery.so: what a delivered message means for the calendar. The
   plugin opens it in lmtp and dovecot-lda, when the first message with a calendar
   part is delivered: store, libical and the rest cost nothing before. */

#include "dovetail-collect.h"

struct event;
struct mail;
struct mail_user;

#define DELIVERY_LIBRARY "libdovetail-delivery.so"
#define DELIVERY_SYMBOL "dovetail_delivery"
/* ITIP_FORWARD_HEADER, for the plugin, which knows no iTIP */
#define DELIVERY_FORWARD_HEADER "Dovetail-Meeting-Forward"

/* The message was delivered into the mailbox of this name. Never fails the
   delivery: what could not be done is logged, and can be done later (the
   invitation can be answered from the message). */
typedef void dovetail_delivery_t(struct mail_user *user, struct mail *mail,
				 const char *vname, struct event *event);
extern dovetail_delivery_t dovetail_delivery;

/* The user wrote to these: Collected Contacts. Opened in submission and imap when
   the first such message is there. */
#define COLLECT_SYMBOL "dovetail_collect"
typedef void dovetail_collect_t(struct mail_user *user,
				const struct collect_person *people,
				unsigned int count, struct event *event);
extern dovetail_collect_t dovetail_collect;

#endif
