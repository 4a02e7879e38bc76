/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Provision (MS-ASPROV): policies in two phases, remote wipe, and the device
   information that rides in it from 14.1 on. */

#include "eas.h"
#include "crc32.h"
#include "randgen.h"

#define POLICY_TYPE_WBXML "MS-EAS-Provisioning-WBXML"
#define POLICY_TYPE_WAP "MS-WAP-Provisioning-XML"

/* Statuses of Policy (2.2.2.54.1) and Provision (2.2.2.54.2) */
enum provision_status {
	PROVISION_OK = 1,
	PROVISION_PROTOCOL_ERROR = 2,
	PROVISION_SERVER_ERROR = 3,

	POLICY_NO_POLICY = 2,
	POLICY_UNKNOWN_TYPE = 3,
	POLICY_WRONG_KEY = 5,
};

/* EASProvisionDoc (2.2.2.28): each can be set as dovetail_policy_<name>; without
   a setting the default goes out, and nothing where there is none.  The defaults
   ask for nothing; "" is an empty element (2.2.3.2, 2.2.3.3), which also takes
   back what a device was told before (3.2.5.1.1). */
static const struct policy_field {
	wbxml_tag_t tag;
	enum eas_version since;
	const char *name, *def;
} policy_fields[] = {
	{ PROV_DevicePasswordEnabled, 120, "password", "0" },
	{ PROV_AlphanumericDevicePasswordRequired, 120,
	  "password_alphanumeric", "0" },
	{ PROV_PasswordRecoveryEnabled, 120, "password_recovery", "0" },
	{ PROV_RequireStorageCardEncryption, 120, "card_encryption", "0" },
	{ PROV_AttachmentsEnabled, 120, "attachments", "1" },
	{ PROV_MinDevicePasswordLength, 120, "password_min_length", "" },
	{ PROV_MaxInactivityTimeDeviceLock, 120, "lock_seconds", "" },
	{ PROV_MaxDevicePasswordFailedAttempts, 120,
	  "password_max_failures", "" },
	{ PROV_MaxAttachmentSize, 120, "max_attachment_size", "" },
	{ PROV_AllowSimpleDevicePassword, 120, "password_simple", "1" },
	{ PROV_DevicePasswordExpiration, 120, "password_expire_days", "" },
	{ PROV_DevicePasswordHistory, 120, "password_history", "0" },
	{ PROV_AllowStorageCard, 121, "card", "1" },
	{ PROV_AllowCamera, 121, "camera", "1" },
	{ PROV_RequireDeviceEncryption, 121, "encryption", "0" },
	{ PROV_AllowUnsignedApplications, 121, "unsigned_apps", "1" },
	{ PROV_AllowUnsignedInstallationPackages, 121,
	  "unsigned_packages", "1" },
	{ PROV_MinDevicePasswordComplexCharacters, 121,
	  "password_min_complex", NULL },
	{ PROV_AllowWiFi, 121, "wifi", "1" },
	{ PROV_AllowTextMessaging, 121, "text_messaging", "1" },
	{ PROV_AllowPOPIMAPEmail, 121, "pop_imap", "1" },
	{ PROV_AllowBluetooth, 121, "bluetooth", "2" },
	{ PROV_AllowIrDA, 121, "irda", "1" },
	{ PROV_RequireManualSyncWhenRoaming, 121, "roaming_manual", "0" },
	{ PROV_AllowDesktopSync, 121, "desktop_sync", "1" },
	{ PROV_MaxCalendarAgeFilter, 121, "calendar_age", "0" },
	{ PROV_AllowHTMLEmail, 121, "html_mail", "1" },
	{ PROV_MaxEmailAgeFilter, 121, "mail_age", "0" },
	{ PROV_MaxEmailBodyTruncationSize, 121, "body_size", "-1" },
	{ PROV_MaxEmailHTMLBodyTruncationSize, 121, "html_size", "-1" },
	{ PROV_RequireSignedSMIMEMessages, 121, "smime_sign", "0" },
	{ PROV_RequireEncryptedSMIMEMessages, 121, "smime_encrypt", "0" },
	{ PROV_RequireSignedSMIMEAlgorithm, 121, "smime_sign_algorithm", "0" },
	{ PROV_RequireEncryptionSMIMEAlgorithm, 121,
	  "smime_encrypt_algorithm", "0" },
	{ PROV_AllowSMIMEEncryptionAlgorithmNegotiation, 121,
	  "smime_negotiation", "2" },
	{ PROV_AllowSMIMESoftCerts, 121, "smime_soft_certs", "1" },
	{ PROV_AllowBrowser, 121, "browser", "1" },
	{ PROV_AllowConsumerEmail, 121, "consumer_mail", "1" },
	{ PROV_AllowRemoteDesktop, 121, "remote_desktop", "1" },
	{ PROV_AllowInternetSharing, 121, "internet_sharing", "1" },
};

/* What acknowledgement statuses mean (3.1.5.1.2.1): the answer, and the setting
   that makes the site take it. */
static const struct {
	unsigned int client, answer;
	const char *allow_setting;
} provision_acks[] = {
	{ 2, EAS_STATUS_NOT_PROVISIONABLE, "allow_nonprovisionable" },
	{ 3, EAS_STATUS_LEGACY_DEVICE, "allow_nonprovisionable" },
	{ 4, EAS_STATUS_EXTERNALLY_MANAGED, "allow_external_management" },
};

static const char *
policy_value(struct eas_request *req, const struct policy_field *field)
{
	const char *set = store_setting(req->store,
		t_strconcat("dovetail_policy_", field->name, NULL));

	if (set == NULL || *set == '\0')
		return field->def;
	if (strcasecmp(set, "yes") == 0)
		return "1";
	if (strcasecmp(set, "no") == 0)
		return "0";
	return set;
}

uint32_t eas_policy_hash(struct eas_request *req)
{
	uint32_t hash = 0;

	for (unsigned int i = 0; i < N_ELEMENTS(policy_fields); i++) {
		const char *value = policy_value(req, &policy_fields[i]);

		if (value != NULL)
			hash = crc32_str_more(hash, value);
		hash = crc32_str_more(hash, ";");
	}
	return hash == 0 ? 1 : hash;
}

/* Positive in clients that think it is signed; never 0, which iOS dislikes. */
static uint32_t policy_new_key(void)
{
	uint32_t key;

	do {
		random_fill(&key, sizeof(key));
		key &= 0x7fffffff;
	} while (key == 0);
	return key;
}

static void policy_write_wbxml(struct eas_request *req)
{
	struct wbxml_writer *w = req->writer;

	wbxml_start(w, PROV_Data);
	wbxml_start(w, PROV_EASProvisionDoc);
	for (unsigned int i = 0; i < N_ELEMENTS(policy_fields); i++) {
		const struct policy_field *field = &policy_fields[i];
		const char *value = policy_value(req, field);

		if (req->version < field->since)
			continue;
		if (value != NULL && *value == '\0')
			wbxml_empty(w, field->tag);
		else
			wbxml_text_tag_opt(w, field->tag, value);
	}
	wbxml_end(w, PROV_EASProvisionDoc);
	wbxml_end(w, PROV_Data);
}

/* 2.2.2.24.2: Windows Mobile's SecurityPolicy; 4131 = 1: no password needed */
static void policy_write_wap(struct eas_request *req)
{
	const char *password = policy_value(req, &policy_fields[0]);

	wbxml_text_tag(req->writer, PROV_Data, t_strdup_printf(
		"<wap-provisioningdoc><characteristic type=\"SecurityPolicy\">"
		"<parm name=\"4131\" value=\"%d\"/>"
		"</characteristic></wap-provisioningdoc>",
		strcmp(password, "0") == 0 ? 1 : 0));
}

static const char *policy_type_of(struct eas_request *req)
{
	return req->version < EAS_VERSION_120 ?
		POLICY_TYPE_WAP : POLICY_TYPE_WBXML;
}

static void policy_write(struct eas_request *req, const char *type,
			 unsigned int status, uint32_t key, bool data)
{
	struct wbxml_writer *w = req->writer;

	wbxml_start(w, PROV_Policies);
	wbxml_start(w, PROV_Policy);
	wbxml_text_tag(w, PROV_PolicyType, type);
	wbxml_uint_tag(w, PROV_Status, status);
	if (key != 0)
		wbxml_uint_tag(w, PROV_PolicyKey, key);
	if (data && req->version < EAS_VERSION_120)
		policy_write_wap(req);
	else if (data)
		policy_write_wbxml(req);
	wbxml_end(w, PROV_Policy);
	wbxml_end(w, PROV_Policies);
}

static void provision_write_wipe(struct eas_request *req)
{
	if (req->device->state == EAS_DEVICE_WIPE)
		wbxml_empty(req->writer, PROV_RemoteWipe);
	else if (req->device->state == EAS_DEVICE_ACCOUNT_WIPE &&
		 req->version >= EAS_VERSION_161)
		wbxml_empty(req->writer, PROV_AccountOnlyRemoteWipe);
}

/* DeviceInformation's own status, 0: there was none */
static unsigned int provision_device_info(struct eas_request *req)
{
	const struct wbxml_node *info =
		wbxml_child(req->root, SET_DeviceInformation);

	return info == NULL ? 0 : eas_device_information(req, info);
}

static void provision_begin(struct eas_request *req, unsigned int info_status,
			    unsigned int status)
{
	struct wbxml_writer *w = eas_reply_begin(req, FALSE);

	wbxml_start(w, PROV_Provision);
	if (info_status != 0) {
		wbxml_start(w, SET_DeviceInformation);
		wbxml_uint_tag(w, SET_Status, info_status);
		wbxml_end(w, SET_DeviceInformation);
	}
	wbxml_uint_tag(w, PROV_Status, status);
}

static void provision_end(struct eas_request *req)
{
	wbxml_end(req->writer, PROV_Provision);
	eas_reply_end(req);
}

static void provision_download(struct eas_request *req, const char *type,
			       unsigned int info_status)
{
	uint32_t key = 0;
	bool known = strcmp(type, policy_type_of(req)) == 0;

	if (known) {
		key = policy_new_key();
		eas_device_set(req, "policy_key_pending", dec2str(key));
	}
	if (eas_device_save(req) < 0) {
		eas_reply_status(req, PROVISION_SERVER_ERROR);
		return;
	}
	provision_begin(req, info_status, PROVISION_OK);
	policy_write(req, type, known ? PROVISION_OK : POLICY_UNKNOWN_TYPE,
		     key, known);
	provision_write_wipe(req);
	provision_end(req);
}

/* 0: the site takes it */
static unsigned int provision_ack_refusal(struct eas_request *req,
					  unsigned int client_status)
{
	for (unsigned int i = 0; i < N_ELEMENTS(provision_acks); i++) {
		if (provision_acks[i].client != client_status)
			continue;
		return eas_setting_bool(req, provision_acks[i].allow_setting,
					FALSE) ? 0 : provision_acks[i].answer;
	}
	return client_status == PROVISION_OK ? 0 : PROVISION_PROTOCOL_ERROR;
}

static void provision_acknowledge(struct eas_request *req, const char *type,
				  uint32_t key,
				  const struct wbxml_node *policy)
{
	struct eas_device *dev = req->device;
	const char *acked;
	unsigned int status = 0, refusal;

	if (wbxml_child_uint(policy, PROV_Status, &status) <= 0) {
		eas_reply_status(req, PROVISION_PROTOCOL_ERROR);
		return;
	}
	if (key == 0 || (key != dev->policy_key_pending && !dev->validate)) {
		provision_begin(req, 0, PROVISION_OK);
		policy_write(req, type, POLICY_WRONG_KEY, 0, FALSE);
		provision_end(req);
		return;
	}
	if ((refusal = provision_ack_refusal(req, status)) != 0) {
		eas_reply_status(req, refusal);
		return;
	}
	/* The same acknowledgement again gets the same key: its answer may have
	   been lost. */
	acked = eas_device_field(req, "policy_acked");
	if (null_strcmp(acked, dec2str(key)) == 0 && dev->policy_key != 0) {
		key = dev->policy_key;
	} else {
		eas_device_set(req, "policy_acked", dec2str(key));
		key = policy_new_key();
	}
	eas_device_set(req, "policy_key", dec2str(key));
	eas_device_set(req, "policy_hash", dec2str(eas_policy_hash(req)));
	if (eas_device_save(req) < 0) {
		eas_reply_status(req, PROVISION_SERVER_ERROR);
		return;
	}
	provision_begin(req, 0, PROVISION_OK);
	policy_write(req, type, PROVISION_OK, key, FALSE);
	provision_write_wipe(req);
	provision_end(req);
}

static void provision_policy(struct eas_request *req,
			     const struct wbxml_node *policy)
{
	const char *type = wbxml_child_text(policy, PROV_PolicyType);
	const char *key = wbxml_child_text(policy, PROV_PolicyKey);
	unsigned int info_status = provision_device_info(req);
	uint32_t number = 0;

	if (type == NULL || info_status == PROVISION_PROTOCOL_ERROR) {
		eas_reply_status(req, PROVISION_PROTOCOL_ERROR);
	} else if (key != NULL) {
		if (str_to_uint32(key, &number) < 0)
			number = 0;
		provision_acknowledge(req, type, number, policy);
	} else if (info_status == 0 && req->version >= EAS_VERSION_141) {
		eas_reply_status(req, EAS_STATUS_DEVICE_INFO_REQUIRED);
	} else {
		provision_download(req, type, info_status);
	}
}

static void provision_wiped(struct eas_request *req,
			    const struct wbxml_node *wipe)
{
	unsigned int status = 0;
	bool done;

	if (wbxml_child_uint(wipe, PROV_Status, &status) <= 0 ||
	    (req->device->state != EAS_DEVICE_WIPE &&
	     req->device->state != EAS_DEVICE_ACCOUNT_WIPE)) {
		eas_reply_status(req, PROVISION_PROTOCOL_ERROR);
		return;
	}
	done = status == 1;
	e_warning(req->event, "Device %s: wipe %s", req->device_id,
		  done ? "confirmed" : "failed on the device");
	eas_device_set(req, "wipe_status", dec2str(status));
	if (done)
		eas_device_set(req, "state", "wiped");
	if (eas_device_save(req) < 0) {
		eas_reply_status(req, PROVISION_SERVER_ERROR);
		return;
	}
	provision_begin(req, 0, done ? PROVISION_OK : PROVISION_PROTOCOL_ERROR);
	provision_write_wipe(req);
	provision_end(req);
}

static void provision_plain(struct eas_request *req)
{
	unsigned int info_status = provision_device_info(req);

	if (eas_device_save(req) < 0) {
		eas_reply_status(req, PROVISION_SERVER_ERROR);
		return;
	}
	provision_begin(req, info_status, PROVISION_OK);
	provision_write_wipe(req);
	provision_end(req);
}

static bool provision_is_wellformed(struct eas_request *req)
{
	const struct wbxml_node *node;

	for (node = req->root->children; node != NULL; node = node->next) {
		if (node->tag != SET_DeviceInformation &&
		    node->tag != PROV_Policies &&
		    node->tag != PROV_RemoteWipe &&
		    node->tag != PROV_AccountOnlyRemoteWipe)
			return FALSE;
	}
	return TRUE;
}

void eas_cmd_provision(struct eas_request *req)
{
	const struct wbxml_node *policies, *policy, *wipe;

	wipe = wbxml_child(req->root, PROV_RemoteWipe);
	if (wipe == NULL)
		wipe = wbxml_child(req->root, PROV_AccountOnlyRemoteWipe);
	policies = wbxml_child(req->root, PROV_Policies);
	policy = wbxml_child(policies, PROV_Policy);

	if (!provision_is_wellformed(req))
		eas_reply_status(req, PROVISION_PROTOCOL_ERROR);
	else if (wipe != NULL)
		provision_wiped(req, wipe);
	else if (policy != NULL)
		provision_policy(req, policy);
	else if (policies != NULL)
		eas_reply_status(req, PROVISION_PROTOCOL_ERROR);
	else
		provision_plain(req);
}
