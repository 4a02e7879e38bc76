/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_TAGS_H
#define MAPI_TAGS_H

/* Properties that MS-OXPROPS does not list, and clients ask for all the same
   (facts seen of clients). */
enum {
	PrRootEntryId = MAPI_TAG(0x35d8, PTYP_BINARY),
	PrIpmInboxEntryId = MAPI_TAG(0x35e1, PTYP_BINARY),
	PrSpoolerQueueEntryId = MAPI_TAG(0x35e8, PTYP_BINARY),
	PrNonIpmSubtreeEntryId = MAPI_TAG(0x6620, PTYP_BINARY),
	PrEformsRegistryEntryId = MAPI_TAG(0x6621, PTYP_BINARY),
	PrIpmPublicFoldersEntryId = MAPI_TAG(0x6631, PTYP_BINARY),
	PrTestLineSpeed = MAPI_TAG(0x662b, PTYP_BINARY),
	PrNormalMessageSizeExtended = MAPI_TAG(0x66b3, PTYP_INTEGER64),
	PrAssocMessageSizeExtended = MAPI_TAG(0x66b4, PTYP_INTEGER64),
	PrFolderChildCount = MAPI_TAG(0x6638, PTYP_INTEGER32),
	PrDeletedFolderCount = MAPI_TAG(0x6641, PTYP_INTEGER32),
	PrAttributeSystem = MAPI_TAG(0x10f5, PTYP_BOOLEAN),
	PrUserName = MAPI_TAG(0x661a, PTYP_STRING),
	PrCreatorSid = MAPI_TAG(0x0e58, PTYP_BINARY),
};

#endif
