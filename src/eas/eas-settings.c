/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings (MS-ASCMD 2.2.1.18).  Properties are answered one by one, in the
   order of the request; a request that breaks the schema is refused as a whole. */

#include "eas.h"
#include "eas-oof.h"
#include "unichar.h"

/* MS-ASCMD 2.2.3.131.2 */
#define EAS_PASSWORD_MAX 255

/* --- what each property may look like ------------------------------------------------ */

static bool settings_has_get(const struct wbxml_node *node)
{
	return wbxml_child(node, SET_Get) != NULL;
}

static bool settings_has_set(const struct wbxml_node *node)
{
	return wbxml_child(node, SET_Set) != NULL;
}

static bool settings_password_ok(const struct wbxml_node *node)
{
	return wbxml_child_text(wbxml_child(node, SET_Set),
				SET_Password) != NULL;
}

/* --- properties ---------------------------------------------------------------------- */

static void settings_password(struct eas_request *req ATTR_UNUSED,
			      struct wbxml_writer *w,
			      const struct wbxml_node *node)
{
	const char *password = wbxml_child_text(wbxml_child(node, SET_Set),
						SET_Password);
	unsigned int status = EAS_SETTINGS_POLICY;

	/* Recovery passwords of devices are not kept: whoever has them can
	   unlock the device. */
	if (uni_utf8_strlen(password) > EAS_PASSWORD_MAX)
		status = EAS_SETTINGS_INVALID;
	wbxml_start(w, SET_DevicePassword);
	wbxml_uint_tag(w, SET_Status, status);
	wbxml_end(w, SET_DevicePassword);
}

static void settings_device(struct eas_request *req, struct wbxml_writer *w,
			    const struct wbxml_node *node)
{
	unsigned int status = eas_device_information(req, node);

	if (status == EAS_SETTINGS_OK && eas_device_save(req) < 0)
		status = EAS_SETTINGS_UNAVAILABLE;
	wbxml_start(w, SET_DeviceInformation);
	wbxml_uint_tag(w, SET_Status, status);
	wbxml_end(w, SET_DeviceInformation);
}

static void settings_addresses(struct eas_request *req, struct wbxml_writer *w)
{
	const struct store_settings *set = store_get_settings(req->store);

	wbxml_start_lazy(w, SET_EmailAddresses);
	wbxml_text_tag_opt(w, SET_SMTPAddress, set->address);
	for (const char *const *p = set->aliases; p != NULL && *p != NULL; p++)
		wbxml_text_tag_opt(w, SET_SMTPAddress, *p);
	if (req->version >= EAS_VERSION_141)
		wbxml_text_tag_opt(w, SET_PrimarySmtpAddress, set->address);
	wbxml_end(w, SET_EmailAddresses);
}

/* 2.2.3.190: from 14.1 on the addresses stand in an Account. There is one, and
   it needs no AccountId. */
static void settings_user(struct eas_request *req, struct wbxml_writer *w,
			  const struct wbxml_node *node ATTR_UNUSED)
{
	const struct store_settings *set = store_get_settings(req->store);

	wbxml_start(w, SET_UserInformation);
	wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_OK);
	wbxml_start(w, SET_Get);
	if (req->version < EAS_VERSION_141)
		settings_addresses(req, w);
	else {
		wbxml_start(w, SET_Accounts);
		wbxml_start(w, SET_Account);
		wbxml_text_tag_opt(w, SET_UserDisplayName, set->display_name);
		settings_addresses(req, w);
		wbxml_end(w, SET_Account);
		wbxml_end(w, SET_Accounts);
	}
	wbxml_end(w, SET_Get);
	wbxml_end(w, SET_UserInformation);
}

static void settings_rights(struct eas_request *req ATTR_UNUSED,
			    struct wbxml_writer *w,
			    const struct wbxml_node *node ATTR_UNUSED)
{
	wbxml_start(w, SET_RightsManagementInformation);
	wbxml_uint_tag(w, SET_Status, EAS_STATUS_IRM_DISABLED);
	wbxml_start(w, SET_Get);
	wbxml_empty(w, RM_RightsManagementTemplates);
	wbxml_end(w, SET_Get);
	wbxml_end(w, SET_RightsManagementInformation);
}

static const struct {
	wbxml_tag_t tag;
	enum eas_version since;
	bool (*check)(const struct wbxml_node *node);
	void (*run)(struct eas_request *req, struct wbxml_writer *w,
		    const struct wbxml_node *node);
} settings_properties[] = {
	{ SET_Oof, EAS_VERSION_120, eas_oof_check, eas_oof_run },
	{ SET_DevicePassword, EAS_VERSION_120, settings_password_ok,
	  settings_password },
	{ SET_DeviceInformation, EAS_VERSION_120, settings_has_set,
	  settings_device },
	{ SET_UserInformation, EAS_VERSION_120, settings_has_get,
	  settings_user },
	{ SET_RightsManagementInformation, EAS_VERSION_141, settings_has_get,
	  settings_rights },
};

/* -1: no such property (in this version) */
static int settings_find(struct eas_request *req, wbxml_tag_t tag)
{
	for (unsigned int i = 0; i < N_ELEMENTS(settings_properties); i++) {
		if (settings_properties[i].tag == tag &&
		    settings_properties[i].since <= req->version)
			return i;
	}
	return -1;
}

static bool settings_check(struct eas_request *req)
{
	const struct wbxml_node *node;
	int i;

	if (req->root->tag != SET_Settings || req->root->children == NULL)
		return FALSE;
	for (node = req->root->children; node != NULL; node = node->next) {
		i = settings_find(req, node->tag);
		if (i < 0 || !settings_properties[i].check(node) ||
		    wbxml_next_sibling(node) != NULL)
			return FALSE;
	}
	return TRUE;
}

void eas_cmd_settings(struct eas_request *req)
{
	const struct wbxml_node *node;
	struct wbxml_writer *w;

	if (!settings_check(req)) {
		eas_reply_status(req, EAS_SETTINGS_PROTOCOL);
		return;
	}
	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, SET_Settings);
	wbxml_uint_tag(w, SET_Status, EAS_SETTINGS_OK);
	for (node = req->root->children; node != NULL; node = node->next) {
		settings_properties[settings_find(req, node->tag)].
			run(req, w, node);
	}
	wbxml_end(w, SET_Settings);
	eas_reply_end(req);
}
