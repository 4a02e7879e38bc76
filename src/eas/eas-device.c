/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The device's record, and the gate that every command passes. */

#include "eas-access.h"
#include "eas-client.h"
#include "ioloop.h"

/* How exact last_seen is: a record is not written for each request. */
#define EAS_DEVICE_SEEN_SECS (24 * 60 * 60)
#define EAS_DEVICE_DEFAULT_MAX 100
#define EAS_DEVICE_FIELD_MAX 512
#define DEVICE_FOLDERS "folders"

static const struct {
	enum eas_device_state state;
	const char *name;
} eas_device_states[] = {
	{ EAS_DEVICE_ALLOW, "allow" },
	{ EAS_DEVICE_BLOCK, "block" },
	{ EAS_DEVICE_QUARANTINE, "quarantine" },
	{ EAS_DEVICE_WIPE, "wipe" },
	{ EAS_DEVICE_ACCOUNT_WIPE, "account-wipe" },
	{ EAS_DEVICE_WIPED, "wiped" },
};

/* What a client tells about itself (MS-ASCMD 2.2.3.45 DeviceInformation), and
   under which name it is kept */
static const struct {
	wbxml_tag_t tag;
	const char *name;
} eas_device_infos[] = {
	{ SET_Model, "model" },
	{ SET_IMEI, "imei" },
	{ SET_FriendlyName, "name" },
	{ SET_OS, "os" },
	{ SET_OSLanguage, "language" },
	{ SET_PhoneNumber, "phone" },
	{ SET_UserAgent, "info_agent" },
	{ SET_EnableOutboundSMS, "outbound_sms" },
	{ SET_MobileOperator, "operator" },
};

const char *eas_device_field(struct eas_request *req, const char *name)
{
	const ARRAY_TYPE(const_string) *fields = &req->device->fields;
	unsigned int count;
	const char *const *list = array_get(fields, &count);

	for (unsigned int i = 0; i + 1 < count; i += 2) {
		if (strcmp(list[i], name) == 0)
			return list[i + 1];
	}
	return NULL;
}

void eas_device_set(struct eas_request *req, const char *name,
		    const char *value)
{
	ARRAY_TYPE(const_string) *fields = &req->device->fields;
	unsigned int count = array_count(fields);

	value = p_strndup(req->pool, value, EAS_DEVICE_FIELD_MAX);
	for (unsigned int i = 0; i + 1 < count; i += 2) {
		const char *const *key = array_idx(fields, i);

		if (strcmp(*key, name) != 0)
			continue;
		if (strcmp(key[1], value) != 0) {
			array_idx_set(fields, i + 1, &value);
			req->device->changed = TRUE;
		}
		return;
	}
	name = p_strdup(req->pool, name);
	array_push_back(fields, &name);
	array_push_back(fields, &value);
	req->device->changed = TRUE;
}

static uint32_t device_number(struct eas_request *req, const char *name)
{
	const char *value = eas_device_field(req, name);
	uint32_t number;

	return value != NULL && str_to_uint32(value, &number) == 0 ? number : 0;
}

static enum eas_device_state device_state(struct eas_request *req)
{
	const char *value = eas_device_field(req, "state");

	if (value == NULL)
		return EAS_DEVICE_ALLOW;
	for (unsigned int i = 0; i < N_ELEMENTS(eas_device_states); i++) {
		if (strcmp(eas_device_states[i].name, value) == 0)
			return eas_device_states[i].state;
	}
	/* Better shut than open when somebody mistyped. */
	e_error(req->event, "Device %s: unknown state '%s' in its record",
		req->device_id, value);
	return EAS_DEVICE_BLOCK;
}

int eas_device_load(struct eas_request *req)
{
	struct eas_device *dev = p_new(req->pool, struct eas_device, 1);
	struct store_device rec;
	int ret;

	req->device = dev;
	p_array_init(&dev->fields, req->pool, 32);
	dev->validate = strcasecmp(req->device_id, "validate") == 0;
	if (dev->validate)
		return 0;

	i_zero(&rec);
	if ((ret = store_device_get(req->store, req->device_key, req->pool,
				    &rec)) < 0)
		return -1;
	dev->is_new = ret == 0;
	for (; rec.fields != NULL && *rec.fields != NULL; rec.fields++)
		array_push_back(&dev->fields, rec.fields);
	dev->state = device_state(req);
	dev->policy_key = device_number(req, "policy_key");
	dev->policy_key_pending = device_number(req, "policy_key_pending");
	dev->policy_hash = device_number(req, "policy_hash");
	return 0;
}

int eas_device_save(struct eas_request *req)
{
	struct store_device rec;

	if (req->device->validate || !req->device->changed)
		return 0;
	array_append_zero(&req->device->fields);
	array_pop_back(&req->device->fields);
	rec.key = req->device_key;
	rec.fields = array_front(&req->device->fields);
	if (store_device_set(req->store, &rec) < 0)
		return -1;
	req->device->changed = FALSE;
	req->device->is_new = FALSE;
	return 0;
}

unsigned int eas_device_information(struct eas_request *req,
				    const struct wbxml_node *info)
{
	const struct wbxml_node *set = wbxml_child(info, SET_Set);

	if (set == NULL)
		return 2;
	for (unsigned int i = 0; i < N_ELEMENTS(eas_device_infos); i++) {
		const char *value = wbxml_child_text(set,
						     eas_device_infos[i].tag);
		if (value != NULL)
			eas_device_set(req, eas_device_infos[i].name, value);
	}
	return EAS_STATUS_OK;
}

static bool device_limit_reached(struct eas_request *req)
{
	unsigned int max = eas_setting_uint(req, "max_devices",
					    EAS_DEVICE_DEFAULT_MAX);
	ARRAY_TYPE(const_string) keys;

	if (max == 0)
		return FALSE;
	p_array_init(&keys, req->pool, 16);
	if (store_device_list(req->store, req->pool, &keys) < 0)
		return FALSE;
	return array_count(&keys) >= max;
}

static void device_first_contact(struct eas_request *req)
{
	eas_device_set(req, "type", req->device_type);
	eas_device_set(req, "first_seen", dec2str(ioloop_time));
	eas_device_set(req, "versions", eas_versions_offered(req));
}

/* What the record remembers of this request; written rarely. */
static void device_touch(struct eas_request *req)
{
	const char *offered = eas_versions_offered(req);
	const char *told = eas_device_field(req, "versions");
	uint32_t seen = device_number(req, "last_seen");

	if (told != NULL && strcmp(told, offered) != 0)
		req->tell_versions = TRUE;
	if (told == NULL || req->tell_versions)
		eas_device_set(req, "versions", offered);
	if (*req->user_agent != '\0')
		eas_device_set(req, "agent", req->user_agent);
	if (req->device->changed ||
	    ioloop_time >= (time_t)seen + EAS_DEVICE_SEEN_SECS)
		eas_device_set(req, "last_seen", dec2str(ioloop_time));
}

static unsigned int device_wipe_status(struct eas_request *req)
{
	if ((req->cmd->flags & EAS_COMMAND_NO_POLICY) != 0)
		return 0;
	return EAS_STATUS_REMOTE_WIPE;
}

static unsigned int device_state_status(struct eas_request *req)
{
	switch (req->device->state) {
	case EAS_DEVICE_ALLOW:
		return 0;
	case EAS_DEVICE_BLOCK:
	case EAS_DEVICE_QUARANTINE:
	case EAS_DEVICE_WIPED:
		break;
	case EAS_DEVICE_ACCOUNT_WIPE:
		/* Older versions cannot be told: they are only shut out. */
		if (req->version < EAS_VERSION_161)
			break;
		/* fall through */
	case EAS_DEVICE_WIPE:
		return device_wipe_status(req);
	}
	return EAS_STATUS_DEVICE_BLOCKED;
}

static unsigned int device_policy_status(struct eas_request *req)
{
	const struct eas_device *dev = req->device;

	if ((req->cmd->flags & EAS_COMMAND_NO_POLICY) != 0 || dev->validate ||
	    !eas_setting_bool(req, "require_provision", FALSE))
		return 0;
	/* MS-ASPROV 2.2.2.54.2: no key at all from a device that has one */
	if (!req->policy_key_set && dev->policy_key != 0)
		return EAS_STATUS_LEGACY_DEVICE;
	if (!req->policy_key_set || req->policy_key == 0 ||
	    dev->policy_key == 0)
		return EAS_STATUS_NOT_PROVISIONED;
	if (req->policy_key != dev->policy_key ||
	    dev->policy_hash != eas_policy_hash(req))
		return EAS_STATUS_POLICY_KEY;
	return 0;
}

bool eas_device_allowed(struct eas_request *req, unsigned int *status_r)
{
	if (!req->device->validate) {
		if (req->device->is_new) {
			if (device_limit_reached(req)) {
				*status_r = EAS_STATUS_MAX_DEVICES;
				return FALSE;
			}
			device_first_contact(req);
		}
		eas_access_apply(req);
		req->device->state = device_state(req);
		device_touch(req);
		if (eas_device_save(req) < 0) {
			/* A full disk must not lock a known device out. */
			if (req->device->is_new) {
				*status_r = eas_store_status(req,
						eas_error_map_common);
				return FALSE;
			}
			e_error(req->event, "Device %s: record not written",
				req->device_id);
		}
		eas_quarantine_tell(req);
	}
	if ((*status_r = device_state_status(req)) == 0)
		*status_r = device_policy_status(req);
	return *status_r == 0;
}

/* --- which folders it is shown -------------------------------------------------- */

/* "12,-15": shown in any case, not shown at all */
static void client_folders_parse(const char *text, struct eas_client *client)
{
	const char *const *list;
	uint32_t fid;

	if (text == NULL)
		return;
	for (list = t_strsplit_spaces(text, ", "); *list != NULL; list++) {
		bool hidden = **list == '-';

		if (str_to_uint32(*list + (hidden ? 1 : 0), &fid) < 0 ||
		    fid == 0)
			continue;
		seq_range_array_add(hidden ? &client->hidden : &client->extra,
				    fid);
	}
}

void eas_client_get(struct eas_request *req, struct eas_client *client_r)
{
	i_zero(client_r);
	client_r->username = store_username(req->store);
	client_r->classes = eas_classes_of(req->version) |
		1U << STORE_CLASS_JOURNAL;
	client_r->has_recipients = req->version >= EAS_VERSION_140;
	p_array_init(&client_r->extra, req->pool, 4);
	p_array_init(&client_r->hidden, req->pool, 4);
	for (unsigned int i = 0; i < EAS_CLIENT_KINDS; i++) {
		const char *kind = eas_client_kind_name(i);
		const char *word = eas_device_field(req, kind);

		if (word != NULL)
			eas_client_set(client_r, kind, word);
	}
	eas_client_lookup(store_setting(req->store, "dovetail_eas_devices"),
			  req->device_type, req->user_agent, client_r);
	client_folders_parse(eas_device_field(req, DEVICE_FOLDERS), client_r);
}

static void client_folders_add(const ARRAY_TYPE(seq_range) *fids,
			       const char *prefix, string_t *str)
{
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t fid;

	seq_range_array_iter_init(&iter, fids);
	while (seq_range_array_iter_nth(&iter, n++, &fid)) {
		str_printfa(str, "%s%s%u", str_len(str) == 0 ? "" : ",",
			    prefix, fid);
	}
}

int eas_client_show_folder(struct eas_request *req, store_fid_t fid, bool show)
{
	struct eas_client client;
	string_t *str = t_str_new(64);

	eas_client_get(req, &client);
	seq_range_array_remove(&client.extra, fid);
	seq_range_array_remove(&client.hidden, fid);
	seq_range_array_add(show ? &client.extra : &client.hidden, fid);
	client_folders_add(&client.extra, "", str);
	client_folders_add(&client.hidden, "-", str);
	/* A longer list would be cut when it is stored. */
	if (str_len(str) >= EAS_DEVICE_FIELD_MAX) {
		e_warning(req->event, "Device %s: too many folders to note",
			  req->device_id);
		return 0;
	}
	eas_device_set(req, DEVICE_FOLDERS, str_c(str));
	return eas_device_save(req);
}
