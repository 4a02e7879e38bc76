#ifndef DOVETAIL_COLLECT_H
#define DOVETAIL_COLLECT_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Collected Contacts: whom the user writes to, once each, unless they are in an
   address book that the user has or subscribed to. */

struct event;
struct mail_user;
struct store;

struct collect_person {
	/* local@domain */
	const char *address;
	/* UTF-8; NULL or "": not known */
	const char *name;
};

/* How we know (setting dovetail_collect): the message was sent through us, or an
   IMAP client put it into Sent. */
enum collect_source {
	COLLECT_SENT,
	COLLECT_APPENDED,
};
/* setting: value of dovetail_collect, or NULL */
static inline bool
collect_wanted(const char *setting, enum collect_source source)
{
	if (setting == NULL || *setting == '\0' || strcmp(setting, "yes") == 0)
		return TRUE;
	return strcmp(setting, "sent") == 0 && source == COLLECT_SENT;
}

/* How often this one was written to: for an item of Collected Contacts. At
   least 1. */
struct store_item;
unsigned int collect_uses(const struct store_item *item);

/* Never fails whoever sent the message: what could not be written is logged. Of a
   message to very many only the first are collected. */
void collect_people(struct store *store, const struct collect_person *people,
		    unsigned int count, struct event *event);

#endif
