/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table of commands. Codes: MS-ASHTTP 2.2.1.1.1.1.2; versions: MS-ASCMD
   2.2.1.x, "Protocol Versions". */

#include "eas.h"

static const struct eas_command eas_commands[] = {
	{ "Sync", 0, EAS_VERSION_25, EAS_VERSION_161, eas_cmd_sync,
	  EAS_BODY_OPTIONAL, 0, AS_Sync, AS_Status },
	{ "SendMail", 1, EAS_VERSION_25, EAS_VERSION_161, eas_cmd_send_mail,
	  EAS_BODY_OWN, 0, CM_SendMail, CM_Status },
	{ "SmartForward", 2, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_smart_forward, EAS_BODY_OWN, 0, CM_SmartForward, CM_Status },
	{ "SmartReply", 3, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_smart_reply, EAS_BODY_OWN, 0, CM_SmartReply, CM_Status },
	{ "GetAttachment", 4, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_get_attachment, EAS_BODY_OWN, 0, 0, 0 },
	{ "GetHierarchy", -1, EAS_VERSION_25, EAS_VERSION_121,
	  eas_cmd_get_hierarchy, EAS_BODY_OPTIONAL, 0,
	  FH_Folders, FH_Status },
	{ "FolderSync", 9, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_folder_sync, EAS_BODY_REQUIRED, 0,
	  FH_FolderSync, FH_Status },
	{ "FolderCreate", 10, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_folder_create, EAS_BODY_REQUIRED, 0,
	  FH_FolderCreate, FH_Status },
	{ "FolderDelete", 11, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_folder_delete, EAS_BODY_REQUIRED, 0,
	  FH_FolderDelete, FH_Status },
	{ "FolderUpdate", 12, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_folder_update, EAS_BODY_REQUIRED, 0,
	  FH_FolderUpdate, FH_Status },
	{ "MoveItems", 13, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_move_items, EAS_BODY_REQUIRED, 0,
	  MOVE_MoveItems, MOVE_Status },
	{ "GetItemEstimate", 14, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_get_item_estimate, EAS_BODY_REQUIRED, 0,
	  GIE_GetItemEstimate, GIE_Status },
	{ "MeetingResponse", 15, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_meeting_response, EAS_BODY_REQUIRED, 0,
	  MR_MeetingResponse, MR_Status },
	{ "Search", 16, EAS_VERSION_25, EAS_VERSION_161, eas_cmd_search,
	  EAS_BODY_REQUIRED, 0, SEARCH_Search, SEARCH_Status },
	{ "Settings", 17, EAS_VERSION_120, EAS_VERSION_161, eas_cmd_settings,
	  EAS_BODY_REQUIRED, EAS_COMMAND_TELLS_DEVICE, SET_Settings, SET_Status },
	{ "Ping", 18, EAS_VERSION_25, EAS_VERSION_161, eas_cmd_ping,
	  EAS_BODY_OPTIONAL, 0, PING_Ping, PING_Status },
	{ "ItemOperations", 19, EAS_VERSION_120, EAS_VERSION_161,
	  eas_cmd_item_operations, EAS_BODY_REQUIRED, 0,
	  IO_ItemOperations, IO_Status },
	{ "Provision", 20, EAS_VERSION_25, EAS_VERSION_161, eas_cmd_provision,
	  EAS_BODY_REQUIRED, EAS_COMMAND_NO_POLICY | EAS_COMMAND_TELLS_DEVICE,
	  PROV_Provision, PROV_Status },
	{ "ResolveRecipients", 21, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_resolve_recipients, EAS_BODY_REQUIRED, 0,
	  RR_ResolveRecipients, RR_Status },
	{ "ValidateCert", 22, EAS_VERSION_25, EAS_VERSION_161,
	  eas_cmd_validate_cert, EAS_BODY_REQUIRED, 0,
	  VC_ValidateCert, VC_Status },
	{ "Find", 23, EAS_VERSION_161, EAS_VERSION_161, eas_cmd_find,
	  EAS_BODY_REQUIRED, 0, FIND_Find, FIND_Status },
};

const struct eas_command *eas_command_find(const char *name)
{
	for (unsigned int i = 0; i < N_ELEMENTS(eas_commands); i++) {
		if (strcasecmp(eas_commands[i].name, name) == 0)
			return &eas_commands[i];
	}
	return NULL;
}

const struct eas_command *eas_command_find_code(unsigned int code)
{
	for (unsigned int i = 0; i < N_ELEMENTS(eas_commands); i++) {
		if (eas_commands[i].code == (int)code)
			return &eas_commands[i];
	}
	return NULL;
}

const char *eas_command_list(void)
{
	string_t *str = t_str_new(256);

	for (unsigned int i = 0; i < N_ELEMENTS(eas_commands); i++) {
		if (i > 0)
			str_append_c(str, ',');
		str_append(str, eas_commands[i].name);
	}
	return str_c(str);
}
