/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which folders of items a device is shown. Pure; what the device's record says is
   read in eas-device.c. */

#include "eas-client.h"
#include "wildcard-match.h"

#define NONE EAS_SEES_NONE
#define ONE EAS_SEES_DEFAULT
#define OWN EAS_SEES_OWN
#define ALL EAS_SEES_ALL

/* By device type or User-Agent; the first that fits counts.
   Sources: [H] horde/ActiveSync Device.php, [B] BlueMind's device hints and seed
   (iOS: all own and shared ones without Collected and Directory; Android: the
   own default ones), [Z] Z-Push (Outlook has one address book), [T] TbSync. */
static const struct {
	const char *mask;
	/* calendars, contacts, tasks, notes, journal, collected, recipients */
	enum eas_client_sees sees[EAS_CLIENT_KINDS];
	const char *source;
} eas_clients[] = {
	{ "iPhone*", { ALL, ALL, ALL, ONE, NONE, NONE, ONE }, "B, H" },
	{ "iPad*", { ALL, ALL, ALL, ONE, NONE, NONE, ONE }, "B, H" },
	{ "iPod*", { ALL, ALL, ALL, ONE, NONE, NONE, ONE }, "B, H" },
	{ "Apple-i*", { ALL, ALL, ALL, ONE, NONE, NONE, ONE }, "B, H" },
	{ "WindowsOutlook*", { ALL, ONE, ALL, ALL, NONE, NONE, ONE }, "Z, H" },
	{ "Outlook for*", { ALL, ONE, ALL, ONE, NONE, NONE, ONE }, "Z, H" },
	{ "TbSync*", { ALL, ALL, ALL, ALL, NONE, NONE, ONE }, "T" },
	{ "Thunderbird*", { ALL, ALL, ALL, ALL, NONE, NONE, ONE }, "T" },
	{ "WP8*", { ALL, ONE, ALL, ONE, NONE, NONE, ONE }, "B, H" },
	{ "WP", { ALL, ONE, ALL, ONE, NONE, NONE, ONE }, "B, H" },
	{ "WindowsMail*", { ALL, ONE, ALL, ONE, NONE, NONE, ONE }, "H" },
	{ "Android*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B" },
	{ "SAMSUNG*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B, H" },
	{ "SEC-*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B, H" },
	{ "HTC*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B, H" },
	{ "Sony*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B" },
	{ "LG*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B" },
	{ "BlackBerry*", { ONE, ONE, ONE, ONE, NONE, NONE, ONE }, "B" },
	{ "Palm*", { ONE, ONE, ONE, NONE, NONE, NONE, ONE }, "H" },
	{ "*", { ALL, ALL, ALL, ALL, NONE, NONE, ONE }, "" },
};

static const struct {
	const char *name;
	/* of folders of this kind by themselves */
	enum store_class class;
} client_kinds[EAS_CLIENT_KINDS] = {
	[EAS_CLIENT_CALENDARS] = { "calendars", STORE_CLASS_CALENDAR },
	[EAS_CLIENT_CONTACTS] = { "contacts", STORE_CLASS_CONTACTS },
	[EAS_CLIENT_TASKS] = { "tasks", STORE_CLASS_TASKS },
	[EAS_CLIENT_NOTES] = { "notes", STORE_CLASS_NOTES },
	[EAS_CLIENT_JOURNAL] = { "journal", STORE_CLASS_JOURNAL },
	[EAS_CLIENT_COLLECTED] = { "collected", STORE_CLASS_MAIL },
	[EAS_CLIENT_RECIPIENTS] = { "recipients", STORE_CLASS_MAIL },
};

const char *eas_client_kind_name(enum eas_client_kind kind)
{
	return client_kinds[kind].name;
}

static bool client_matches(const char *mask, const char *device_type,
			   const char *user_agent)
{
	return wildcard_match_icase(device_type, mask) ||
		wildcard_match_icase(user_agent, mask);
}

static enum eas_client_sees client_sees_parse(const char *word)
{
	static const char *const words[] = {
		[EAS_SEES_UNSET] = "", [EAS_SEES_NONE] = "none",
		[EAS_SEES_DEFAULT] = "default", [EAS_SEES_OWN] = "own",
		[EAS_SEES_ALL] = "all",
	};

	for (unsigned int i = EAS_SEES_NONE; i < N_ELEMENTS(words); i++) {
		if (strcasecmp(words[i], word) == 0)
			return i;
	}
	return EAS_SEES_UNSET;
}

void eas_client_set(struct eas_client *client, const char *kind,
		    const char *word)
{
	for (unsigned int i = 0; i < EAS_CLIENT_KINDS; i++) {
		if (strcasecmp(client_kinds[i].name, kind) == 0 &&
		    client->sees[i] == EAS_SEES_UNSET)
			client->sees[i] = client_sees_parse(word);
	}
}

/* "MASK=kind:word,kind:word" */
static void client_apply_rule(struct eas_client *client, const char *rule,
			      const char *device_type, const char *user_agent)
{
	const char *p = strrchr(rule, '='), *const *parts;

	if (p == NULL || !client_matches(t_strdup_until(rule, p), device_type,
					 user_agent))
		return;
	for (parts = t_strsplit(p + 1, ","); *parts != NULL; parts++) {
		const char *colon = strchr(*parts, ':');

		if (colon != NULL)
			eas_client_set(client, t_strdup_until(*parts, colon),
				   colon + 1);
	}
}

void eas_client_lookup(const char *rules, const char *device_type,
		       const char *user_agent, struct eas_client *client)
{
	const char *const *list;
	unsigned int i, kind;

	if (rules != NULL) {
		list = t_strsplit_spaces(rules, " ");
		for (; *list != NULL; list++) {
			client_apply_rule(client, *list, device_type,
					  user_agent);
		}
	}
	/* The last row fits always. */
	for (i = 0; !client_matches(eas_clients[i].mask, device_type,
				    user_agent); i++)
		;
	for (kind = 0; kind < EAS_CLIENT_KINDS; kind++) {
		if (client->sees[kind] == EAS_SEES_UNSET)
			client->sees[kind] = eas_clients[i].sees[kind];
	}
}

bool eas_client_shows(const struct eas_client *client,
		      const struct store_folder_info *info)
{
	enum eas_client_sees sees = EAS_SEES_NONE;

	if (!info->selectable || info->unreadable ||
	    (client->classes & (1U << info->class)) == 0)
		return FALSE;
	if (seq_range_exists(&client->extra, info->fid))
		return TRUE;
	if (seq_range_exists(&client->hidden, info->fid))
		return FALSE;
	for (unsigned int i = 0; i < EAS_CLIENT_KINDS; i++) {
		if (client_kinds[i].class == info->class)
			sees = client->sees[i];
	}
	if (sees <= EAS_SEES_NONE)
		return FALSE;
	if (info->role == STORE_ROLE_COLLECTED &&
	    client->sees[EAS_CLIENT_COLLECTED] < EAS_SEES_DEFAULT)
		return FALSE;
	if (info->foreign)
		return sees == EAS_SEES_ALL && info->subscribed;
	if (info->role != STORE_ROLE_NONE)
		return TRUE;
	/* The user may have put it out of sight. */
	return sees >= EAS_SEES_OWN && info->subscribed;
}

bool eas_client_has_recipients(const struct eas_client *client,
			       const struct store_folder_info *info)
{
	return client->has_recipients && !info->foreign && info->selectable &&
		info->role == STORE_ROLE_COLLECTED &&
		client->sees[EAS_CLIENT_RECIPIENTS] >= EAS_SEES_DEFAULT &&
		!eas_client_shows(client, info);
}
