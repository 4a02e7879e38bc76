/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* GetHierarchy (MS-ASCMD 2.2.1.7): the mail folders, up to 12.1. */

#include "eas.h"
#include "eas-client.h"

static bool hierarchy_is_mail(unsigned int type)
{
	switch (type) {
	case EAS_FOLDER_GENERIC:
	case EAS_FOLDER_INBOX:
	case EAS_FOLDER_DRAFTS:
	case EAS_FOLDER_DELETED:
	case EAS_FOLDER_SENT:
	case EAS_FOLDER_OUTBOX:
	case EAS_FOLDER_USER_MAIL:
		return TRUE;
	default:
		return FALSE;
	}
}

void eas_cmd_get_hierarchy(struct eas_request *req)
{
	const ARRAY_TYPE(store_folder_info) *infos;
	ARRAY_TYPE(eas_folder) folders;
	struct eas_client client;
	const struct eas_folder *folder;
	struct wbxml_writer *w;

	if (store_folders(req->store, &infos) < 0) {
		eas_reply_store_error(req);
		return;
	}
	p_array_init(&folders, req->pool, 32);
	eas_client_get(req, &client);
	eas_folders_visible(infos, &client, req->pool, &folders);
	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, FH_Folders);
	array_foreach(&folders, folder) {
		if (!hierarchy_is_mail(folder->type))
			continue;
		wbxml_start(w, FH_Folder);
		wbxml_text_tag(w, FH_DisplayName, folder->name);
		wbxml_text_tag(w, FH_ServerId, eas_collection_id(folder->fid));
		/* Types above 6 are not of this command (2.2.3.186.4). */
		wbxml_uint_tag(w, FH_Type, folder->type == EAS_FOLDER_USER_MAIL ?
			       EAS_FOLDER_GENERIC : folder->type);
		wbxml_text_tag(w, FH_ParentId,
			       eas_collection_id(folder->parent));
		wbxml_end(w, FH_Folder);
	}
	wbxml_end(w, FH_Folders);
	eas_reply_end(req);
}
