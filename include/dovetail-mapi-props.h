#ifndef DOVETAIL_MAPI_PROPS_H
#define DOVETAIL_MAPI_PROPS_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties by the names the documents give them (MS-OXPROPS section 2; meta
   properties and markers MS-OXCFXICS 2.2.1, 2.2.3, 2.2.4.1.4). All are full tags:
   mapi_bag_get_str(bag, PidTagSubject), mapi_bag_set_time(bag,
   PidLidAppointmentStartWhole, t).

   Named properties that MS-OXPROPS knows have an id here, 0x8001 to 0x87ff, the
   same in every mailbox. Clients cache these ids for the life of a profile and
   they are written down in mailboxes: a row's id NEVER changes and is never used
   again; new rows take the next free id of MAPI_NAMED_NEXT. Names that only a
   client knows get ids from MAPI_NAMED_DYNAMIC on, each mailbox its own.

   Address-book properties (PidTagAddressBook*, ids 0x8000 and above) live in another
   space: NSPI has no named properties, mailboxes have no PidTagAddressBook* of
   such ids. The same number means one thing here and another there. */

#include "dovetail-mapi-data.h"

#define MAPI_NAMED_DYNAMIC 0x8800

/* --- property sets (MS-OXPROPS 1.3.2) ------------------------------------------- */

/* X(name, 16 bytes in wire order) */
#define MAPI_PROPERTY_SET_LIST(X) \
	X(PS_INTERNET_HEADERS, \
	  0x86, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PS_MAPI, \
	  0x28, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PS_PUBLIC_STRINGS, \
	  0x29, 0x03, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Address, \
	  0x04, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_AirSync, \
	  0x49, 0x55, 0x03, 0x71, 0x39, 0x07, 0xcb, 0x4d, \
	  0x91, 0x63, 0x00, 0xf0, 0x58, 0x0d, 0xbb, 0xdf) \
	X(PSETID_Appointment, \
	  0x02, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Attachment, \
	  0x7f, 0x7f, 0x35, 0x96, 0xe1, 0x59, 0xd0, 0x47, \
	  0x99, 0xa7, 0x46, 0x51, 0x5c, 0x18, 0x3b, 0x54) \
	X(PSETID_CalendarAssistant, \
	  0x07, 0x0e, 0x00, 0x11, 0x1b, 0xb5, 0xd6, 0x40, \
	  0xaf, 0x21, 0xca, 0xa8, 0x5e, 0xda, 0xb1, 0xd0) \
	X(PSETID_Common, \
	  0x08, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Log, \
	  0x0a, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Meeting, \
	  0x90, 0xda, 0xd8, 0x6e, 0x0b, 0x45, 0x1b, 0x10, \
	  0x98, 0xda, 0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05) \
	X(PSETID_Messaging, \
	  0x13, 0x8f, 0xf2, 0x41, 0xf4, 0x83, 0x14, 0x41, \
	  0xa5, 0x84, 0xee, 0xdb, 0x5a, 0x6b, 0x0b, 0xff) \
	X(PSETID_Note, \
	  0x0e, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_PostRss, \
	  0x41, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Remote, \
	  0x14, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Report, \
	  0x13, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Sharing, \
	  0x40, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_Task, \
	  0x03, 0x20, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, \
	  0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46) \
	X(PSETID_UnifiedMessaging, \
	  0x8e, 0x85, 0x42, 0x44, 0xe3, 0xa9, 0x80, 0x4e, \
	  0xb9, 0x00, 0x31, 0x7a, 0x21, 0x0c, 0xc1, 0x5b) \
	X(PSETID_XmlExtractedEntities, \
	  0x08, 0x96, 0x23, 0x23, 0x5d, 0x68, 0x32, 0x47, \
	  0x9c, 0x55, 0x4c, 0x95, 0xcb, 0x4e, 0x8e, 0x33)

#define MAPI_X_EXTERN(name, ...) extern const guid_128_t name;
MAPI_PROPERTY_SET_LIST(MAPI_X_EXTERN)
#undef MAPI_X_EXTERN

/* --- properties with a number --------------------------------------------------- */

/* X(name, id, type), by tag. Where several share a tag the one of MS-OXPROPS is
   first: traces print that one. The last rows of a block are of MAPI's own list
   or, marked so, only of Outlook's and Exchange's headers (named here by
   analogy). */
#define MAPI_TAG_LIST(X) \
	X(PidTagAcknowledgementMode, 0x0001, PTYP_INTEGER32) \
	X(PidTagTemplateData, 0x0001, PTYP_BINARY) \
	X(PidTagAlternateRecipientAllowed, 0x0002, PTYP_BOOLEAN) \
	X(PidTagAuthorizingUsers, 0x0003, PTYP_BINARY) \
	X(PidTagAutoForwardComment, 0x0004, PTYP_STRING) \
	X(PidTagScriptData, 0x0004, PTYP_BINARY) \
	X(PidTagAutoForwarded, 0x0005, PTYP_BOOLEAN) \
	X(PidTagContentConfidentialityAlgorithmId, 0x0006, PTYP_BINARY) \
	X(PidTagContentCorrelator, 0x0007, PTYP_BINARY) \
	X(PidTagContentIdentifier, 0x0008, PTYP_STRING) \
	X(PidTagContentLength, 0x0009, PTYP_INTEGER32) \
	X(PidTagContentReturnRequested, 0x000a, PTYP_BOOLEAN) \
	X(PidTagConversationKey, 0x000b, PTYP_BINARY) \
	X(PidTagConversionEits, 0x000c, PTYP_BINARY) \
	X(PidTagConversionWithLossProhibited, 0x000d, PTYP_BOOLEAN) \
	X(PidTagConvertedEits, 0x000e, PTYP_BINARY) \
	X(PidTagDeferredDeliveryTime, 0x000f, PTYP_TIME) \
	X(PidTagDeliverTime, 0x0010, PTYP_TIME) \
	X(PidTagDiscardReason, 0x0011, PTYP_INTEGER32) \
	X(PidTagDisclosureOfRecipients, 0x0012, PTYP_BOOLEAN) \
	X(PidTagDistributionListExpansionHistory, 0x0013, PTYP_BINARY) \
	X(PidTagDistributionListExpansionProhibited, 0x0014, PTYP_BOOLEAN) \
	X(PidTagExpiryTime, 0x0015, PTYP_TIME) \
	X(PidTagImplicitConversionProhibited, 0x0016, PTYP_BOOLEAN) \
	X(PidTagImportance, 0x0017, PTYP_INTEGER32) \
	X(PidTagIpmId, 0x0018, PTYP_BINARY) \
	X(PidTagLatestDeliveryTime, 0x0019, PTYP_TIME) \
	X(PidTagMessageClass, 0x001a, PTYP_STRING) \
	X(PidTagMessageDeliveryId, 0x001b, PTYP_BINARY) \
	X(PidTagMessageSecurityLabel, 0x001e, PTYP_BINARY) \
	X(PidTagObsoletedMessageIds, 0x001f, PTYP_BINARY) \
	X(PidTagOriginallyIntendedRecipientName, 0x0020, PTYP_BINARY) \
	X(PidTagOriginalEits, 0x0021, PTYP_BINARY) \
	X(PidTagOriginatorCertificate, 0x0022, PTYP_BINARY) \
	X(PidTagOriginatorDeliveryReportRequested, 0x0023, PTYP_BOOLEAN) \
	X(PidTagOriginatorReturnAddress, 0x0024, PTYP_BINARY) \
	X(PidTagParentKey, 0x0025, PTYP_BINARY) \
	X(PidTagPriority, 0x0026, PTYP_INTEGER32) \
	X(PidTagOriginCheck, 0x0027, PTYP_BINARY) \
	X(PidTagProofOfSubmissionRequested, 0x0028, PTYP_BOOLEAN) \
	X(PidTagReadReceiptRequested, 0x0029, PTYP_BOOLEAN) \
	X(PidTagReceiptTime, 0x002a, PTYP_TIME) \
	X(PidTagRecipientReassignmentProhibited, 0x002b, PTYP_BOOLEAN) \
	X(PidTagRedirectionHistory, 0x002c, PTYP_BINARY) \
	X(PidTagRelatedMessageIds, 0x002d, PTYP_BINARY) \
	X(PidTagOriginalSensitivity, 0x002e, PTYP_INTEGER32) \
	X(PidTagLanguages, 0x002f, PTYP_STRING) \
	X(PidTagReplyTime, 0x0030, PTYP_TIME) \
	X(PidTagReportTag, 0x0031, PTYP_BINARY) \
	X(PidTagReportTime, 0x0032, PTYP_TIME) \
	X(PidTagReturnedMessageid, 0x0033, PTYP_BOOLEAN) \
	X(PidTagSecurity, 0x0034, PTYP_INTEGER32) \
	X(PidTagIncompleteCopy, 0x0035, PTYP_BOOLEAN) \
	X(PidTagSensitivity, 0x0036, PTYP_INTEGER32) \
	X(PidTagSubject, 0x0037, PTYP_STRING) \
	X(PidTagSubjectMessageId, 0x0038, PTYP_BINARY) \
	X(PidTagClientSubmitTime, 0x0039, PTYP_TIME) \
	X(PidTagReportName, 0x003a, PTYP_STRING) \
	X(PidTagSentRepresentingSearchKey, 0x003b, PTYP_BINARY) \
	X(PidTagX400ContentType, 0x003c, PTYP_BINARY) \
	X(PidTagSubjectPrefix, 0x003d, PTYP_STRING) \
	X(PidTagNonReceiptReason, 0x003e, PTYP_INTEGER32) \
	X(PidTagReceivedByEntryId, 0x003f, PTYP_BINARY) \
	X(PidTagReceivedByName, 0x0040, PTYP_STRING) \
	X(PidTagSentRepresentingEntryId, 0x0041, PTYP_BINARY) \
	X(PidTagSentRepresentingName, 0x0042, PTYP_STRING) \
	X(PidTagReceivedRepresentingEntryId, 0x0043, PTYP_BINARY) \
	X(PidTagReceivedRepresentingName, 0x0044, PTYP_STRING) \
	X(PidTagReportEntryId, 0x0045, PTYP_BINARY) \
	X(PidTagReadReceiptEntryId, 0x0046, PTYP_BINARY) \
	X(PidTagMessageSubmissionId, 0x0047, PTYP_BINARY) \
	X(PidTagProviderSubmitTime, 0x0048, PTYP_TIME) \
	X(PidTagOriginalSubject, 0x0049, PTYP_STRING) \
	X(PidTagDiscVal, 0x004a, PTYP_BOOLEAN) \
	X(PidTagOriginalMessageClass, 0x004b, PTYP_STRING) \
	X(PidTagOriginalAuthorEntryId, 0x004c, PTYP_BINARY) \
	X(PidTagOriginalAuthorName, 0x004d, PTYP_STRING) \
	X(PidTagOriginalSubmitTime, 0x004e, PTYP_TIME) \
	X(PidTagReplyRecipientEntries, 0x004f, PTYP_BINARY) \
	X(PidTagReplyRecipientNames, 0x0050, PTYP_STRING) \
	X(PidTagReceivedBySearchKey, 0x0051, PTYP_BINARY) \
	X(PidTagReceivedRepresentingSearchKey, 0x0052, PTYP_BINARY) \
	X(PidTagReadReceiptSearchKey, 0x0053, PTYP_BINARY) \
	X(PidTagReportSearchKey, 0x0054, PTYP_BINARY) \
	X(PidTagOriginalDeliveryTime, 0x0055, PTYP_TIME) \
	X(PidTagOriginalAuthorSearchKey, 0x0056, PTYP_BINARY) \
	X(PidTagMessageToMe, 0x0057, PTYP_BOOLEAN) \
	X(PidTagMessageCcMe, 0x0058, PTYP_BOOLEAN) \
	X(PidTagMessageRecipientMe, 0x0059, PTYP_BOOLEAN) \
	X(PidTagOriginalSenderName, 0x005a, PTYP_STRING) \
	X(PidTagOriginalSenderEntryId, 0x005b, PTYP_BINARY) \
	X(PidTagOriginalSenderSearchKey, 0x005c, PTYP_BINARY) \
	X(PidTagOriginalSentRepresentingName, 0x005d, PTYP_STRING) \
	X(PidTagOriginalSentRepresentingEntryId, 0x005e, PTYP_BINARY) \
	X(PidTagOriginalSentRepresentingSearchKey, 0x005f, PTYP_BINARY) \
	X(PidTagStartDate, 0x0060, PTYP_TIME) \
	X(PidTagEndDate, 0x0061, PTYP_TIME) \
	X(PidTagOwnerAppointmentId, 0x0062, PTYP_INTEGER32) \
	X(PidTagResponseRequested, 0x0063, PTYP_BOOLEAN) \
	X(PidTagSentRepresentingAddressType, 0x0064, PTYP_STRING) \
	X(PidTagSentRepresentingEmailAddress, 0x0065, PTYP_STRING) \
	X(PidTagOriginalSenderAddressType, 0x0066, PTYP_STRING) \
	X(PidTagOriginalSenderEmailAddress, 0x0067, PTYP_STRING) \
	X(PidTagOriginalSentRepresentingAddressType, 0x0068, PTYP_STRING) \
	X(PidTagOriginalSentRepresentingEmailAddress, 0x0069, PTYP_STRING) \
	X(PidTagConversationTopic, 0x0070, PTYP_STRING) \
	X(PidTagConversationIndex, 0x0071, PTYP_BINARY) \
	X(PidTagOriginalDisplayBcc, 0x0072, PTYP_STRING) \
	X(PidTagOriginalDisplayCc, 0x0073, PTYP_STRING) \
	X(PidTagOriginalDisplayTo, 0x0074, PTYP_STRING) \
	X(PidTagReceivedByAddressType, 0x0075, PTYP_STRING) \
	X(PidTagReceivedByEmailAddress, 0x0076, PTYP_STRING) \
	X(PidTagReceivedRepresentingAddressType, 0x0077, PTYP_STRING) \
	X(PidTagReceivedRepresentingEmailAddress, 0x0078, PTYP_STRING) \
	X(PidTagOriginalAuthorAddressType, 0x0079, PTYP_STRING) \
	X(PidTagOriginalAuthorEmailAddress, 0x007a, PTYP_STRING) \
	X(PidTagOriginallyIntendedRecipAddrtype, 0x007b, PTYP_STRING) \
	X(PidTagOriginallyIntendedRecipEmailAddress, 0x007c, PTYP_STRING) \
	X(PidTagTransportMessageHeaders, 0x007d, PTYP_STRING) \
	X(PidTagDelegation, 0x007e, PTYP_BINARY) \
	X(PidTagTnefCorrelationKey, 0x007f, PTYP_BINARY) \
	X(PidTagReportDisposition, 0x0080, PTYP_STRING) \
	X(PidTagReportDispositionMode, 0x0081, PTYP_STRING) \
	X(PidTagReportOriginalSender, 0x0082, PTYP_STRING) \
	X(PidTagReportDispositionToNames, 0x0083, PTYP_MULTIPLE_STRING) \
	X(PidTagReportDispositionToEmailAddresses, 0x0084, PTYP_MULTIPLE_STRING) \
	X(PidTagReportDispositionOptions, 0x0085, PTYP_STRING) \
	X(PidTagSpamTrustedSenders, 0x0418, PTYP_STRING) \
	X(PidTagSpamTrustedRecipients, 0x0419, PTYP_STRING) \
	X(PidTagSpamJunkSenders, 0x041a, PTYP_STRING) \
	X(PidTagSpamThreshold, 0x041b, PTYP_INTEGER32) \
	X(PidTagAddressBookRoomCapacity, 0x0807, PTYP_INTEGER32) \
	X(PidTagAddressBookRoomDescription, 0x0809, PTYP_STRING) \
	X(PidTagContentIntegrityCheck, 0x0c00, PTYP_BINARY) \
	X(PidTagExplicitConversion, 0x0c01, PTYP_INTEGER32) \
	X(PidTagIpmReturnRequested, 0x0c02, PTYP_BOOLEAN) \
	X(PidTagMessageToken, 0x0c03, PTYP_BINARY) \
	X(PidTagNonDeliveryReportReasonCode, 0x0c04, PTYP_INTEGER32) \
	X(PidTagNonDeliveryReportDiagCode, 0x0c05, PTYP_INTEGER32) \
	X(PidTagNonReceiptNotificationRequested, 0x0c06, PTYP_BOOLEAN) \
	X(PidTagDeliveryPoint, 0x0c07, PTYP_INTEGER32) \
	X(PidTagOriginatorNonDeliveryReportRequested, 0x0c08, PTYP_BOOLEAN) \
	X(PidTagOriginatorRequestedAlternateRecipient, 0x0c09, PTYP_BINARY) \
	X(PidTagPhysicalDeliveryBureauFaxDelivery, 0x0c0a, PTYP_BOOLEAN) \
	X(PidTagPhysicalDeliveryMode, 0x0c0b, PTYP_INTEGER32) \
	X(PidTagPhysicalDeliveryReportRequest, 0x0c0c, PTYP_INTEGER32) \
	X(PidTagPhysicalForwardingAddress, 0x0c0d, PTYP_BINARY) \
	X(PidTagPhysicalForwardingAddressRequested, 0x0c0e, PTYP_BOOLEAN) \
	X(PidTagPhysicalForwardingProhibited, 0x0c0f, PTYP_BOOLEAN) \
	X(PidTagPhysicalRenditionAttributes, 0x0c10, PTYP_BINARY) \
	X(PidTagProofOfDelivery, 0x0c11, PTYP_BINARY) \
	X(PidTagProofOfDeliveryRequested, 0x0c12, PTYP_BOOLEAN) \
	X(PidTagRecipientCertificate, 0x0c13, PTYP_BINARY) \
	X(PidTagRecipientNumberForAdvice, 0x0c14, PTYP_STRING) \
	X(PidTagRecipientType, 0x0c15, PTYP_INTEGER32) \
	X(PidTagRegisteredMailType, 0x0c16, PTYP_INTEGER32) \
	X(PidTagReplyRequested, 0x0c17, PTYP_BOOLEAN) \
	X(PidTagRequestedDeliveryMethod, 0x0c18, PTYP_INTEGER32) \
	X(PidTagSenderEntryId, 0x0c19, PTYP_BINARY) \
	X(PidTagSenderName, 0x0c1a, PTYP_STRING) \
	X(PidTagSupplementaryInfo, 0x0c1b, PTYP_STRING) \
	X(PidTagTypeOfX400User, 0x0c1c, PTYP_INTEGER32) \
	X(PidTagSenderSearchKey, 0x0c1d, PTYP_BINARY) \
	X(PidTagSenderAddressType, 0x0c1e, PTYP_STRING) \
	X(PidTagSenderEmailAddress, 0x0c1f, PTYP_STRING) \
	X(PidTagNonDeliveryReportStatusCode, 0x0c20, PTYP_INTEGER32) \
	X(PidTagRemoteMessageTransferAgent, 0x0c21, PTYP_STRING) \
	X(PidTagCurrentVersion, 0x0e00, PTYP_INTEGER64) \
	X(PidTagDeleteAfterSubmit, 0x0e01, PTYP_BOOLEAN) \
	X(PidTagDisplayBcc, 0x0e02, PTYP_STRING) \
	X(PidTagDisplayCc, 0x0e03, PTYP_STRING) \
	X(PidTagDisplayTo, 0x0e04, PTYP_STRING) \
	X(PidTagParentDisplay, 0x0e05, PTYP_STRING) \
	X(PidTagMessageDeliveryTime, 0x0e06, PTYP_TIME) \
	X(PidTagMessageFlags, 0x0e07, PTYP_INTEGER32) \
	X(PidTagMessageSize, 0x0e08, PTYP_INTEGER32) \
	X(PidTagMessageSizeExtended, 0x0e08, PTYP_INTEGER64) \
	X(PidTagParentEntryId, 0x0e09, PTYP_BINARY) \
	X(PidTagSentMailEntryId, 0x0e0a, PTYP_BINARY) \
	X(PidTagResponsibility, 0x0e0f, PTYP_BOOLEAN) \
	X(PidTagMessageRecipients, 0x0e12, PTYP_OBJECT) \
	X(PidTagMessageAttachments, 0x0e13, PTYP_OBJECT) \
	X(PidTagSubmitFlags, 0x0e14, PTYP_INTEGER32) \
	X(PidTagMessageStatus, 0x0e17, PTYP_INTEGER32) \
	X(PidTagCreationVersion, 0x0e19, PTYP_INTEGER64) \
	X(PidTagModifyVersion, 0x0e1a, PTYP_INTEGER64) \
	X(PidTagHasAttachments, 0x0e1b, PTYP_BOOLEAN) \
	X(PidTagBodyCrc, 0x0e1c, PTYP_INTEGER32) \
	X(PidTagNormalizedSubject, 0x0e1d, PTYP_STRING) \
	X(PidTagRtfInSync, 0x0e1f, PTYP_BOOLEAN) \
	X(PidTagAttachSize, 0x0e20, PTYP_INTEGER32) \
	X(PidTagAttachNumber, 0x0e21, PTYP_INTEGER32) \
	X(PidTagInternetArticleNumber, 0x0e23, PTYP_INTEGER32) \
	X(PidTagOriginatingMtaCertificate, 0x0e25, PTYP_BINARY) \
	X(PidTagProofOfSubmission, 0x0e26, PTYP_BINARY) \
	X(PidTagPrimarySendAccount, 0x0e28, PTYP_STRING) \
	X(PidTagNextSendAcct, 0x0e29, PTYP_STRING) \
	X(PidTagExchangeRemoteHeader, 0x0e2a, PTYP_BOOLEAN) \
	X(PidTagToDoItemFlags, 0x0e2b, PTYP_INTEGER32) \
	X(PidTagSwappedToDoStore, 0x0e2c, PTYP_BINARY) \
	X(PidTagSwappedToDoData, 0x0e2d, PTYP_BINARY) \
	X(PidTagContentIndexingEnabled, 0x0e5c, PTYP_BOOLEAN) \
	X(PidTagRead, 0x0e69, PTYP_BOOLEAN) \
	X(PidTagSecurityDescriptorAsXml, 0x0e6a, PTYP_STRING) \
	X(PidTagTrustSender, 0x0e79, PTYP_INTEGER32) \
	X(PidTagExchangeNTSecurityDescriptor, 0x0e84, PTYP_BINARY) \
	X(PidTagExtendedRuleMessageActions, 0x0e99, PTYP_BINARY) \
	X(PidTagExtendedRuleMessageCondition, 0x0e9a, PTYP_BINARY) \
	X(PidTagExtendedRuleSizeLimit, 0x0e9b, PTYP_INTEGER32) \
	X(PidTagTnefUnprocessedProps, 0x0e9c, PTYP_BINARY) \
	X(PidTagAssociatedSharingProvider, 0x0ea0, PTYP_GUID) \
	X(PidTagProviderItemId, 0x0ea3, PTYP_BINARY) \
	X(PidTagProviderParentItemId, 0x0ea4, PTYP_BINARY) \
	X(PidTagAccess, 0x0ff4, PTYP_INTEGER32) \
	X(PidTagRowType, 0x0ff5, PTYP_INTEGER32) \
	X(PidTagInstanceKey, 0x0ff6, PTYP_BINARY) \
	X(PidTagAccessLevel, 0x0ff7, PTYP_INTEGER32) \
	X(PidTagMappingSignature, 0x0ff8, PTYP_BINARY) \
	X(PidTagRecordKey, 0x0ff9, PTYP_BINARY) \
	X(PidTagStoreRecordKey, 0x0ffa, PTYP_BINARY) \
	X(PidTagStoreEntryId, 0x0ffb, PTYP_BINARY) \
	X(PidTagMiniIcon, 0x0ffc, PTYP_BINARY) \
	X(PidTagIcon, 0x0ffd, PTYP_BINARY) \
	X(PidTagObjectType, 0x0ffe, PTYP_INTEGER32) \
	X(PidTagEntryId, 0x0fff, PTYP_BINARY) \
	X(PidTagMemberEntryId, 0x0fff, PTYP_BINARY) \
	X(PidTagBody, 0x1000, PTYP_STRING) \
	X(PidTagReportText, 0x1001, PTYP_STRING) \
	X(PidTagOriginatorAndDistributionListExpansionHistory, 0x1002, PTYP_BINARY) \
	X(PidTagReportingDistributionListName, 0x1003, PTYP_BINARY) \
	X(PidTagReportingMessageTransferAgentCertificate, 0x1004, PTYP_BINARY) \
	X(PidTagRtfSyncBodyCrc, 0x1006, PTYP_INTEGER32) \
	X(PidTagRtfSyncBodyCount, 0x1007, PTYP_INTEGER32) \
	X(PidTagRtfSyncBodyTag, 0x1008, PTYP_STRING) \
	X(PidTagRtfCompressed, 0x1009, PTYP_BINARY) \
	X(PidTagRtfSyncPrefixCount, 0x1010, PTYP_INTEGER32) \
	X(PidTagRtfSyncTrailingCount, 0x1011, PTYP_INTEGER32) \
	X(PidTagOriginallyIntendedRecipEntryId, 0x1012, PTYP_BINARY) \
	X(PidTagBodyHtml, 0x1013, PTYP_STRING) \
	X(PidTagHtml, 0x1013, PTYP_BINARY) \
	X(PidTagBodyContentLocation, 0x1014, PTYP_STRING) \
	X(PidTagBodyContentId, 0x1015, PTYP_STRING) \
	X(PidTagNativeBody, 0x1016, PTYP_INTEGER32) \
	X(PidTagInternetApproved, 0x1030, PTYP_STRING) \
	X(PidTagInternetControl, 0x1031, PTYP_STRING) \
	X(PidTagInternetDistribution, 0x1032, PTYP_STRING) \
	X(PidTagInternetFollowupTo, 0x1033, PTYP_STRING) \
	X(PidTagInternetLines, 0x1034, PTYP_INTEGER32) \
	X(PidTagInternetMessageId, 0x1035, PTYP_STRING) \
	X(PidTagInternetOrganization, 0x1037, PTYP_STRING) \
	X(PidTagInternetNntpPath, 0x1038, PTYP_STRING) \
	X(PidTagInternetReferences, 0x1039, PTYP_STRING) \
	X(PidTagInReplyToId, 0x1042, PTYP_STRING) \
	X(PidTagListHelp, 0x1043, PTYP_STRING) \
	X(PidTagListSubscribe, 0x1044, PTYP_STRING) \
	X(PidTagListUnsubscribe, 0x1045, PTYP_STRING) \
	X(PidTagOriginalMessageId, 0x1046, PTYP_STRING) \
	X(PidTagInternetReturnPath, 0x1046, PTYP_STRING) \
	X(PidTagIconIndex, 0x1080, PTYP_INTEGER32) \
	X(PidTagLastVerbExecuted, 0x1081, PTYP_INTEGER32) \
	X(PidTagLastVerbExecutionTime, 0x1082, PTYP_TIME) \
	X(PidTagFlagStatus, 0x1090, PTYP_INTEGER32) \
	X(PidTagFlagCompleteTime, 0x1091, PTYP_TIME) \
	X(PidTagFollowupIcon, 0x1095, PTYP_INTEGER32) \
	X(PidTagBlockStatus, 0x1096, PTYP_INTEGER32) \
	X(PidTagConflictItems, 0x1098, PTYP_MULTIPLE_BINARY) \
	X(PidTagICalendarStartTime, 0x10c3, PTYP_TIME) \
	X(PidTagICalendarEndTime, 0x10c4, PTYP_TIME) \
	X(PidTagCdoRecurrenceid, 0x10c5, PTYP_TIME) \
	X(PidTagICalendarReminderNextTime, 0x10ca, PTYP_TIME) \
	X(PidTagUrlCompName, 0x10f3, PTYP_STRING) \
	X(PidTagAttributeHidden, 0x10f4, PTYP_BOOLEAN) \
	X(PidTagAttributeReadOnly, 0x10f6, PTYP_BOOLEAN) \
	X(PidTagRowid, 0x3000, PTYP_INTEGER32) \
	X(PidTagDisplayName, 0x3001, PTYP_STRING) \
	X(PidTagAddressType, 0x3002, PTYP_STRING) \
	X(PidTagEmailAddress, 0x3003, PTYP_STRING) \
	X(PidTagComment, 0x3004, PTYP_STRING) \
	X(PidTagDepth, 0x3005, PTYP_INTEGER32) \
	X(PidTagProviderDisplay, 0x3006, PTYP_STRING) \
	X(PidTagCreationTime, 0x3007, PTYP_TIME) \
	X(PidTagLastModificationTime, 0x3008, PTYP_TIME) \
	X(PidTagSearchKey, 0x300b, PTYP_BINARY) \
	X(PidTagProviderUid, 0x300c, PTYP_BINARY) \
	X(PidTagTargetEntryId, 0x3010, PTYP_BINARY) \
	X(PidTagConversationId, 0x3013, PTYP_BINARY) \
	X(PidTagConversationIndexTracking, 0x3016, PTYP_BOOLEAN) \
	X(PidTagArchiveTag, 0x3018, PTYP_BINARY) \
	X(PidTagPolicyTag, 0x3019, PTYP_BINARY) \
	X(PidTagRetentionPeriod, 0x301a, PTYP_INTEGER32) \
	X(PidTagStartDateEtc, 0x301b, PTYP_BINARY) \
	X(PidTagRetentionDate, 0x301c, PTYP_TIME) \
	X(PidTagRetentionFlags, 0x301d, PTYP_INTEGER32) \
	X(PidTagArchivePeriod, 0x301e, PTYP_INTEGER32) \
	X(PidTagArchiveDate, 0x301f, PTYP_TIME) \
	X(PidTagDefaultStore, 0x3400, PTYP_BOOLEAN) \
	X(PidTagStoreSupportMask, 0x340d, PTYP_INTEGER32) \
	X(PidTagStoreState, 0x340e, PTYP_INTEGER32) \
	X(PidTagStoreUnicodeMask, 0x340f, PTYP_INTEGER32) \
	X(PidTagIpmSubtreeSearchKey, 0x3410, PTYP_BINARY) \
	X(PidTagIpmOutboxSearchKey, 0x3411, PTYP_BINARY) \
	X(PidTagIpmWastebasketSearchKey, 0x3412, PTYP_BINARY) \
	X(PidTagIpmSentMailSearchKey, 0x3413, PTYP_BINARY) \
	X(PidTagStoreProvider, 0x3414, PTYP_BINARY) \
	X(PidTagReceiveFolderSettings, 0x3415, PTYP_OBJECT) \
	X(PidTagProviderIcon, 0x3417, PTYP_STRING) \
	X(PidTagServerTypeDisplayName, 0x341d, PTYP_STRING) \
	X(PidTagServerConnectedIcon, 0x341e, PTYP_BINARY) \
	X(PidTagServerAccountIcon, 0x341f, PTYP_BINARY) \
	X(PidTagValidFolderMask, 0x35df, PTYP_INTEGER32) \
	X(PidTagIpmSubtreeEntryId, 0x35e0, PTYP_BINARY) \
	X(PidTagIpmOutboxEntryId, 0x35e2, PTYP_BINARY) \
	X(PidTagIpmWastebasketEntryId, 0x35e3, PTYP_BINARY) \
	X(PidTagIpmSentMailEntryId, 0x35e4, PTYP_BINARY) \
	X(PidTagViewsEntryId, 0x35e5, PTYP_BINARY) \
	X(PidTagCommonViewsEntryId, 0x35e6, PTYP_BINARY) \
	X(PidTagFinderEntryId, 0x35e7, PTYP_BINARY) \
	X(PidTagContainerFlags, 0x3600, PTYP_INTEGER32) \
	X(PidTagFolderType, 0x3601, PTYP_INTEGER32) \
	X(PidTagContentCount, 0x3602, PTYP_INTEGER32) \
	X(PidTagContentUnreadCount, 0x3603, PTYP_INTEGER32) \
	X(PidTagCreateTemplates, 0x3604, PTYP_OBJECT) \
	X(PidTagDetailsTable, 0x3605, PTYP_OBJECT) \
	X(PidTagSearch, 0x3607, PTYP_OBJECT) \
	X(PidTagSelectable, 0x3609, PTYP_BOOLEAN) \
	X(PidTagSubfolders, 0x360a, PTYP_BOOLEAN) \
	X(PidTagStatus, 0x360b, PTYP_INTEGER32) \
	X(PidTagAnr, 0x360c, PTYP_STRING) \
	X(PidTagContentSortOrder, 0x360d, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagContainerHierarchy, 0x360e, PTYP_OBJECT) \
	X(PidTagContainerContents, 0x360f, PTYP_OBJECT) \
	X(PidTagFolderAssociatedContents, 0x3610, PTYP_OBJECT) \
	X(PidTagDefCreateDl, 0x3611, PTYP_BINARY) \
	X(PidTagDefCreateMailuser, 0x3612, PTYP_BINARY) \
	X(PidTagContainerClass, 0x3613, PTYP_STRING) \
	X(PidTagContainerModifyVersion, 0x3614, PTYP_INTEGER64) \
	X(PidTagDefaultViewEntryId, 0x3616, PTYP_BINARY) \
	X(PidTagAssociatedContentCount, 0x3617, PTYP_INTEGER32) \
	X(PidTagIpmAppointmentEntryId, 0x36d0, PTYP_BINARY) \
	X(PidTagIpmContactEntryId, 0x36d1, PTYP_BINARY) \
	X(PidTagIpmJournalEntryId, 0x36d2, PTYP_BINARY) \
	X(PidTagIpmNoteEntryId, 0x36d3, PTYP_BINARY) \
	X(PidTagIpmTaskEntryId, 0x36d4, PTYP_BINARY) \
	X(PidTagRemindersOnlineEntryId, 0x36d5, PTYP_BINARY) \
	X(PidTagRemOfflineEntryId, 0x36d6, PTYP_BINARY) \
	X(PidTagIpmDraftsEntryId, 0x36d7, PTYP_BINARY) \
	X(PidTagAdditionalRenEntryIds, 0x36d8, PTYP_MULTIPLE_BINARY) \
	X(PidTagAdditionalRenEntryIdsEx, 0x36d9, PTYP_BINARY) \
	X(PidTagExtendedFolderFlags, 0x36da, PTYP_BINARY) \
	X(PidTagFolderWebviewinfo, 0x36df, PTYP_BINARY) \
	X(PidTagOrdinalMost, 0x36e2, PTYP_INTEGER32) \
	X(PidTagUserFields, 0x36e3, PTYP_BINARY) \
	X(PidTagFreeBusyEntryIds, 0x36e4, PTYP_MULTIPLE_BINARY) \
	X(PidTagDefaultPostMessageClass, 0x36e5, PTYP_STRING) \
	X(PidTagAttachmentX400Parameters, 0x3700, PTYP_BINARY) \
	X(PidTagAttachDataObject, 0x3701, PTYP_OBJECT) \
	X(PidTagAttachDataBinary, 0x3701, PTYP_BINARY) \
	X(PidTagAttachEncoding, 0x3702, PTYP_BINARY) \
	X(PidTagAttachExtension, 0x3703, PTYP_STRING) \
	X(PidTagAttachFilename, 0x3704, PTYP_STRING) \
	X(PidTagAttachMethod, 0x3705, PTYP_INTEGER32) \
	X(PidTagAttachLongFilename, 0x3707, PTYP_STRING) \
	X(PidTagAttachPathname, 0x3708, PTYP_STRING) \
	X(PidTagAttachRendering, 0x3709, PTYP_BINARY) \
	X(PidTagAttachTag, 0x370a, PTYP_BINARY) \
	X(PidTagRenderingPosition, 0x370b, PTYP_INTEGER32) \
	X(PidTagAttachTransportName, 0x370c, PTYP_STRING) \
	X(PidTagAttachLongPathname, 0x370d, PTYP_STRING) \
	X(PidTagAttachMimeTag, 0x370e, PTYP_STRING) \
	X(PidTagAttachAdditionalInformation, 0x370f, PTYP_BINARY) \
	X(PidTagAttachMimeSequence, 0x3710, PTYP_INTEGER32) \
	X(PidTagAttachContentBase, 0x3711, PTYP_STRING) \
	X(PidTagAttachContentId, 0x3712, PTYP_STRING) \
	X(PidTagAttachContentLocation, 0x3713, PTYP_STRING) \
	X(PidTagAttachFlags, 0x3714, PTYP_INTEGER32) \
	X(PidTagAttachPayloadProviderGuidString, 0x3719, PTYP_STRING) \
	X(PidTagAttachPayloadClass, 0x371a, PTYP_STRING) \
	X(PidTagTextAttachmentCharset, 0x371b, PTYP_STRING) \
	X(PidTagDisplayType, 0x3900, PTYP_INTEGER32) \
	X(PidTagTemplateid, 0x3902, PTYP_BINARY) \
	X(PidTagPrimaryCapability, 0x3904, PTYP_BINARY) \
	X(PidTagDisplayTypeEx, 0x3905, PTYP_INTEGER32) \
	X(PidTagSmtpAddress, 0x39fe, PTYP_STRING) \
	X(PidTagAddressBookDisplayNamePrintable, 0x39ff, PTYP_STRING) \
	X(PidTagAccount, 0x3a00, PTYP_STRING) \
	X(PidTagAlternateRecipient, 0x3a01, PTYP_BINARY) \
	X(PidTagCallbackTelephoneNumber, 0x3a02, PTYP_STRING) \
	X(PidTagConversionProhibited, 0x3a03, PTYP_BOOLEAN) \
	X(PidTagGeneration, 0x3a05, PTYP_STRING) \
	X(PidTagGivenName, 0x3a06, PTYP_STRING) \
	X(PidTagGovernmentIdNumber, 0x3a07, PTYP_STRING) \
	X(PidTagBusinessTelephoneNumber, 0x3a08, PTYP_STRING) \
	X(PidTagHomeTelephoneNumber, 0x3a09, PTYP_STRING) \
	X(PidTagInitials, 0x3a0a, PTYP_STRING) \
	X(PidTagKeyword, 0x3a0b, PTYP_STRING) \
	X(PidTagLanguage, 0x3a0c, PTYP_STRING) \
	X(PidTagLocation, 0x3a0d, PTYP_STRING) \
	X(PidTagMailPermission, 0x3a0e, PTYP_BOOLEAN) \
	X(PidTagMessageHandlingSystemCommonName, 0x3a0f, PTYP_STRING) \
	X(PidTagOrganizationalIdNumber, 0x3a10, PTYP_STRING) \
	X(PidTagSurname, 0x3a11, PTYP_STRING) \
	X(PidTagOriginalEntryId, 0x3a12, PTYP_BINARY) \
	X(PidTagOriginalDisplayName, 0x3a13, PTYP_STRING) \
	X(PidTagOriginalSearchKey, 0x3a14, PTYP_BINARY) \
	X(PidTagPostalAddress, 0x3a15, PTYP_STRING) \
	X(PidTagCompanyName, 0x3a16, PTYP_STRING) \
	X(PidTagTitle, 0x3a17, PTYP_STRING) \
	X(PidTagDepartmentName, 0x3a18, PTYP_STRING) \
	X(PidTagOfficeLocation, 0x3a19, PTYP_STRING) \
	X(PidTagPrimaryTelephoneNumber, 0x3a1a, PTYP_STRING) \
	X(PidTagBusiness2TelephoneNumber, 0x3a1b, PTYP_STRING) \
	X(PidTagBusiness2TelephoneNumbers, 0x3a1b, PTYP_MULTIPLE_STRING) \
	X(PidTagMobileTelephoneNumber, 0x3a1c, PTYP_STRING) \
	X(PidTagRadioTelephoneNumber, 0x3a1d, PTYP_STRING) \
	X(PidTagCarTelephoneNumber, 0x3a1e, PTYP_STRING) \
	X(PidTagOtherTelephoneNumber, 0x3a1f, PTYP_STRING) \
	X(PidTagTransmittableDisplayName, 0x3a20, PTYP_STRING) \
	X(PidTagPagerTelephoneNumber, 0x3a21, PTYP_STRING) \
	X(PidTagUserCertificate, 0x3a22, PTYP_BINARY) \
	X(PidTagPrimaryFaxNumber, 0x3a23, PTYP_STRING) \
	X(PidTagBusinessFaxNumber, 0x3a24, PTYP_STRING) \
	X(PidTagHomeFaxNumber, 0x3a25, PTYP_STRING) \
	X(PidTagCountry, 0x3a26, PTYP_STRING) \
	X(PidTagLocality, 0x3a27, PTYP_STRING) \
	X(PidTagStateOrProvince, 0x3a28, PTYP_STRING) \
	X(PidTagStreetAddress, 0x3a29, PTYP_STRING) \
	X(PidTagPostalCode, 0x3a2a, PTYP_STRING) \
	X(PidTagPostOfficeBox, 0x3a2b, PTYP_STRING) \
	X(PidTagTelexNumber, 0x3a2c, PTYP_STRING) \
	X(PidTagIsdnNumber, 0x3a2d, PTYP_STRING) \
	X(PidTagAssistantTelephoneNumber, 0x3a2e, PTYP_STRING) \
	X(PidTagHome2TelephoneNumber, 0x3a2f, PTYP_STRING) \
	X(PidTagHome2TelephoneNumbers, 0x3a2f, PTYP_MULTIPLE_STRING) \
	X(PidTagAssistant, 0x3a30, PTYP_STRING) \
	X(PidTagSendRichInfo, 0x3a40, PTYP_BOOLEAN) \
	X(PidTagWeddingAnniversary, 0x3a41, PTYP_TIME) \
	X(PidTagBirthday, 0x3a42, PTYP_TIME) \
	X(PidTagHobbies, 0x3a43, PTYP_STRING) \
	X(PidTagMiddleName, 0x3a44, PTYP_STRING) \
	X(PidTagDisplayNamePrefix, 0x3a45, PTYP_STRING) \
	X(PidTagProfession, 0x3a46, PTYP_STRING) \
	X(PidTagReferredByName, 0x3a47, PTYP_STRING) \
	X(PidTagSpouseName, 0x3a48, PTYP_STRING) \
	X(PidTagComputerNetworkName, 0x3a49, PTYP_STRING) \
	X(PidTagCustomerId, 0x3a4a, PTYP_STRING) \
	X(PidTagTelecommunicationsDeviceForDeafTelephoneNumber, 0x3a4b, PTYP_STRING) \
	X(PidTagFtpSite, 0x3a4c, PTYP_STRING) \
	X(PidTagGender, 0x3a4d, PTYP_INTEGER16) \
	X(PidTagManagerName, 0x3a4e, PTYP_STRING) \
	X(PidTagNickname, 0x3a4f, PTYP_STRING) \
	X(PidTagPersonalHomePage, 0x3a50, PTYP_STRING) \
	X(PidTagBusinessHomePage, 0x3a51, PTYP_STRING) \
	X(PidTagContactVersion, 0x3a52, PTYP_GUID) \
	X(PidTagContactAddressTypes, 0x3a54, PTYP_MULTIPLE_STRING) \
	X(PidTagCompanyMainTelephoneNumber, 0x3a57, PTYP_STRING) \
	X(PidTagChildrensNames, 0x3a58, PTYP_MULTIPLE_STRING) \
	X(PidTagHomeAddressCity, 0x3a59, PTYP_STRING) \
	X(PidTagHomeAddressCountry, 0x3a5a, PTYP_STRING) \
	X(PidTagHomeAddressPostalCode, 0x3a5b, PTYP_STRING) \
	X(PidTagHomeAddressStateOrProvince, 0x3a5c, PTYP_STRING) \
	X(PidTagHomeAddressStreet, 0x3a5d, PTYP_STRING) \
	X(PidTagHomeAddressPostOfficeBox, 0x3a5e, PTYP_STRING) \
	X(PidTagOtherAddressCity, 0x3a5f, PTYP_STRING) \
	X(PidTagOtherAddressCountry, 0x3a60, PTYP_STRING) \
	X(PidTagOtherAddressPostalCode, 0x3a61, PTYP_STRING) \
	X(PidTagOtherAddressStateOrProvince, 0x3a62, PTYP_STRING) \
	X(PidTagOtherAddressStreet, 0x3a63, PTYP_STRING) \
	X(PidTagOtherAddressPostOfficeBox, 0x3a64, PTYP_STRING) \
	X(PidTagUserX509Certificate, 0x3a70, PTYP_MULTIPLE_BINARY) \
	X(PidTagSendInternetEncoding, 0x3a71, PTYP_INTEGER32) \
	X(PidTagIdentityEntryId, 0x3e01, PTYP_BINARY) \
	X(PidTagResourceType, 0x3e03, PTYP_INTEGER32) \
	X(PidTagStatusCode, 0x3e04, PTYP_INTEGER32) \
	X(PidTagOwnStoreEntryId, 0x3e06, PTYP_BINARY) \
	X(PidTagInitialDetailsPane, 0x3f08, PTYP_INTEGER32) \
	X(PidTagPreviewUnread, 0x3fd8, PTYP_STRING) \
	X(PidTagPreview, 0x3fd9, PTYP_STRING) \
	X(PidTagInternetCodepage, 0x3fde, PTYP_INTEGER32) \
	X(PidTagAutoResponseSuppress, 0x3fdf, PTYP_INTEGER32) \
	X(PidTagAccessControlListTable, 0x3fe0, PTYP_OBJECT) \
	X(PidTagAccessControlListData, 0x3fe0, PTYP_BINARY) \
	X(PidTagRulesTable, 0x3fe1, PTYP_OBJECT) \
	X(PidTagDelegatedByRule, 0x3fe3, PTYP_BOOLEAN) \
	X(PidTagResolveMethod, 0x3fe7, PTYP_INTEGER32) \
	X(PidTagHasDeferredActionMessages, 0x3fea, PTYP_BOOLEAN) \
	X(PidTagDeferredSendNumber, 0x3feb, PTYP_INTEGER32) \
	X(PidTagDeferredSendUnits, 0x3fec, PTYP_INTEGER32) \
	X(PidTagExpiryNumber, 0x3fed, PTYP_INTEGER32) \
	X(PidTagExpiryUnits, 0x3fee, PTYP_INTEGER32) \
	X(PidTagDeferredSendTime, 0x3fef, PTYP_TIME) \
	X(PidTagConflictEntryId, 0x3ff0, PTYP_BINARY) \
	X(PidTagMessageLocaleId, 0x3ff1, PTYP_INTEGER32) \
	X(PidTagCreatorName, 0x3ff8, PTYP_STRING) \
	X(PidTagCreatorEntryId, 0x3ff9, PTYP_BINARY) \
	X(PidTagLastModifierName, 0x3ffa, PTYP_STRING) \
	X(PidTagLastModifierEntryId, 0x3ffb, PTYP_BINARY) \
	X(PidTagMessageCodepage, 0x3ffd, PTYP_INTEGER32) \
	X(PidTagSentRepresentingFlags, 0x401a, PTYP_INTEGER32) \
	X(PidTagReadReceiptAddressType, 0x4029, PTYP_STRING) \
	X(PidTagReadReceiptEmailAddress, 0x402a, PTYP_STRING) \
	X(PidTagReadReceiptName, 0x402b, PTYP_STRING) \
	X(PidTagOrgEmailAddress, 0x403e, PTYP_STRING) \
	X(PidTagContentFilterSpamConfidenceLevel, 0x4076, PTYP_INTEGER32) \
	X(PidTagSenderIdStatus, 0x4079, PTYP_INTEGER32) \
	X(PidTagHierRev, 0x4082, PTYP_TIME) \
	X(PidTagPurportedSenderDomain, 0x4083, PTYP_STRING) \
	X(PidTagInternetMailOverrideFormat, 0x5902, PTYP_INTEGER32) \
	X(PidTagMessageEditorFormat, 0x5909, PTYP_INTEGER32) \
	X(PidTagSenderSmtpAddress, 0x5d01, PTYP_STRING) \
	X(PidTagSentRepresentingSmtpAddress, 0x5d02, PTYP_STRING) \
	X(PidTagReadReceiptSmtpAddress, 0x5d05, PTYP_STRING) \
	X(PidTagReceivedBySmtpAddress, 0x5d07, PTYP_STRING) \
	X(PidTagReceivedRepresentingSmtpAddress, 0x5d08, PTYP_STRING) \
	X(PidTagRecipientResourceState, 0x5fde, PTYP_INTEGER32) \
	X(PidTagRecipientOrder, 0x5fdf, PTYP_INTEGER32) \
	X(PidTagRecipientProposed, 0x5fe1, PTYP_BOOLEAN) \
	X(PidTagRecipientProposedStartTime, 0x5fe3, PTYP_TIME) \
	X(PidTagRecipientProposedEndTime, 0x5fe4, PTYP_TIME) \
	X(PidTagRecipientDisplayName, 0x5ff6, PTYP_STRING) \
	X(PidTagRecipientEntryId, 0x5ff7, PTYP_BINARY) \
	X(PidTagRecipientTrackStatusTime, 0x5ffb, PTYP_TIME) \
	X(PidTagRecipientFlags, 0x5ffd, PTYP_INTEGER32) \
	X(PidTagRecipientTrackStatus, 0x5fff, PTYP_INTEGER32) \
	X(PidTagJunkIncludeContacts, 0x6100, PTYP_INTEGER32) \
	X(PidTagJunkThreshold, 0x6101, PTYP_INTEGER32) \
	X(PidTagJunkPermanentlyDelete, 0x6102, PTYP_INTEGER32) \
	X(PidTagJunkAddRecipientsToSafeSendersList, 0x6103, PTYP_INTEGER32) \
	X(PidTagJunkPhishingEnableLinks, 0x6107, PTYP_BOOLEAN) \
	X(PidTagMimeSkeleton, 0x64f0, PTYP_BINARY) \
	X(PidTagReplyTemplateId, 0x65c2, PTYP_BINARY) \
	X(PidTagSecureSubmitFlags, 0x65c6, PTYP_INTEGER32) \
	X(PidTagSourceKey, 0x65e0, PTYP_BINARY) \
	X(PidTagParentSourceKey, 0x65e1, PTYP_BINARY) \
	X(PidTagChangeKey, 0x65e2, PTYP_BINARY) \
	X(PidTagPredecessorChangeList, 0x65e3, PTYP_BINARY) \
	X(PidTagRuleMessageState, 0x65e9, PTYP_INTEGER32) \
	X(PidTagRuleMessageUserFlags, 0x65ea, PTYP_INTEGER32) \
	X(PidTagRuleMessageProvider, 0x65eb, PTYP_STRING) \
	X(PidTagRuleMessageName, 0x65ec, PTYP_STRING) \
	X(PidTagRuleMessageLevel, 0x65ed, PTYP_INTEGER32) \
	X(PidTagRuleMessageProviderData, 0x65ee, PTYP_BINARY) \
	X(PidTagRuleMessageSequence, 0x65f3, PTYP_INTEGER32) \
	X(PidTagUserEntryId, 0x6619, PTYP_BINARY) \
	X(PidTagMailboxOwnerEntryId, 0x661b, PTYP_BINARY) \
	X(PidTagMailboxOwnerName, 0x661c, PTYP_STRING) \
	X(PidTagOutOfOfficeState, 0x661d, PTYP_BOOLEAN) \
	X(PidTagNonIpmSubtreeEntryId, 0x6620, PTYP_BINARY) \
	X(PidTagSchedulePlusFreeBusyEntryId, 0x6622, PTYP_BINARY) \
	X(PidTagSerializedReplidGuidMap, 0x6638, PTYP_BINARY) \
	X(PidTagRights, 0x6639, PTYP_INTEGER32) \
	X(PidTagHasRules, 0x663a, PTYP_BOOLEAN) \
	X(PidTagAddressBookEntryId, 0x663b, PTYP_BINARY) \
	X(PidTagHierarchyChangeNumber, 0x663e, PTYP_INTEGER32) \
	X(PidTagClientActions, 0x6645, PTYP_BINARY) \
	X(PidTagDamOriginalEntryId, 0x6646, PTYP_BINARY) \
	X(PidTagDamBackPatched, 0x6647, PTYP_BOOLEAN) \
	X(PidTagRuleError, 0x6648, PTYP_INTEGER32) \
	X(PidTagRuleActionType, 0x6649, PTYP_INTEGER32) \
	X(PidTagHasNamedProperties, 0x664a, PTYP_BOOLEAN) \
	X(PidTagRuleActionNumber, 0x6650, PTYP_INTEGER32) \
	X(PidTagRuleFolderEntryId, 0x6651, PTYP_BINARY) \
	X(PidTagActiveUserEntryId, 0x6652, PTYP_BINARY) \
	X(PidTagRecipientNumber, 0x6662, PTYP_INTEGER32) \
	X(PidTagProhibitReceiveQuota, 0x666a, PTYP_INTEGER32) \
	X(PidTagInConflict, 0x666c, PTYP_BOOLEAN) \
	X(PidTagMaximumSubmitMessageSize, 0x666d, PTYP_INTEGER32) \
	X(PidTagProhibitSendQuota, 0x666e, PTYP_INTEGER32) \
	X(PidTagLongTermEntryIdFromTable, 0x6670, PTYP_BINARY) \
	X(PidTagMemberId, 0x6671, PTYP_INTEGER64) \
	X(PidTagShortTermEntryIdFromObject, 0x6671, PTYP_BINARY) \
	X(PidTagMemberName, 0x6672, PTYP_STRING) \
	X(PidTagShortTermParentEntryIdFromObject, 0x6672, PTYP_BINARY) \
	X(PidTagMemberRights, 0x6673, PTYP_INTEGER32) \
	X(PidTagRuleId, 0x6674, PTYP_INTEGER64) \
	X(PidTagRuleIds, 0x6675, PTYP_BINARY) \
	X(PidTagRuleSequence, 0x6676, PTYP_INTEGER32) \
	X(PidTagRuleState, 0x6677, PTYP_INTEGER32) \
	X(PidTagRuleUserFlags, 0x6678, PTYP_INTEGER32) \
	X(PidTagRuleCondition, 0x6679, PTYP_RESTRICTION) \
	X(PidTagRuleActions, 0x6680, PTYP_RULE_ACTION) \
	X(PidTagRuleProvider, 0x6681, PTYP_STRING) \
	X(PidTagRuleName, 0x6682, PTYP_STRING) \
	X(PidTagRuleLevel, 0x6683, PTYP_INTEGER32) \
	X(PidTagRuleProviderData, 0x6684, PTYP_BINARY) \
	X(PidTagDeletedOn, 0x668f, PTYP_TIME) \
	X(PidTagLocaleId, 0x66a1, PTYP_INTEGER32) \
	X(PidTagFolderFlags, 0x66a8, PTYP_INTEGER32) \
	X(PidTagNormalMessageSize, 0x66b3, PTYP_INTEGER32) \
	X(PidTagCodePageId, 0x66c3, PTYP_INTEGER32) \
	X(PidTagAddressBookManageDistributionList, 0x6704, PTYP_OBJECT) \
	X(PidTagSortLocaleId, 0x6705, PTYP_INTEGER32) \
	X(PidTagLocalCommitTime, 0x6709, PTYP_TIME) \
	X(PidTagLocalCommitTimeMax, 0x670a, PTYP_TIME) \
	X(PidTagDeletedCountTotal, 0x670b, PTYP_INTEGER32) \
	X(PidTagFlatUrlName, 0x670e, PTYP_STRING) \
	X(PidTagPublicFolderAdministrativeDescription, 0x671c, PTYP_STRING) \
	X(PidTagPublicFolderProxy, 0x671d, PTYP_BINARY) \
	X(PidTagSentMailSvrEID, 0x6740, PTYP_SERVER_ID) \
	X(PidTagDeferredActionMessageOriginalEntryId, 0x6741, PTYP_SERVER_ID) \
	X(PidTagFolderId, 0x6748, PTYP_INTEGER64) \
	X(PidTagParentFolderId, 0x6749, PTYP_INTEGER64) \
	X(PidTagMid, 0x674a, PTYP_INTEGER64) \
	X(PidTagInstID, 0x674d, PTYP_INTEGER64) \
	X(PidTagInstanceNum, 0x674e, PTYP_INTEGER32) \
	X(PidTagAddressBookMessageId, 0x674f, PTYP_INTEGER64) \
	X(PidTagChangeNumber, 0x67a4, PTYP_INTEGER64) \
	X(PidTagAssociated, 0x67aa, PTYP_BOOLEAN) \
	X(PidTagOfflineAddressBookName, 0x6800, PTYP_STRING) \
	X(PidTagOfflineAddressBookSequence, 0x6801, PTYP_INTEGER32) \
	X(PidTagVoiceMessageDuration, 0x6801, PTYP_INTEGER32) \
	X(PidTagOfflineAddressBookContainerGuid, 0x6802, PTYP_STRING8) \
	X(PidTagSenderTelephoneNumber, 0x6802, PTYP_STRING) \
	X(PidTagRwRulesStream, 0x6802, PTYP_BINARY) \
	X(PidTagOfflineAddressBookMessageClass, 0x6803, PTYP_INTEGER32) \
	X(PidTagSendOutlookRecallReport, 0x6803, PTYP_BOOLEAN) \
	X(PidTagVoiceMessageSenderName, 0x6803, PTYP_STRING) \
	X(PidTagFaxNumberOfPages, 0x6804, PTYP_INTEGER32) \
	X(PidTagOfflineAddressBookDistinguishedName, 0x6804, PTYP_STRING8) \
	X(PidTagVoiceMessageAttachmentOrder, 0x6805, PTYP_STRING) \
	X(PidTagOfflineAddressBookTruncatedProperties, 0x6805, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagCallId, 0x6806, PTYP_STRING) \
	X(PidTagReportingMessageTransferAgent, 0x6820, PTYP_STRING) \
	X(PidTagMapiFormComposeCommand, 0x682f, PTYP_STRING) \
	X(PidTagSearchFolderLastUsed, 0x6834, PTYP_INTEGER32) \
	X(PidTagSearchFolderExpiration, 0x683a, PTYP_INTEGER32) \
	X(PidTagScheduleInfoResourceType, 0x6841, PTYP_INTEGER32) \
	X(PidTagScheduleInfoDelegatorWantsCopy, 0x6842, PTYP_BOOLEAN) \
	X(PidTagSearchFolderId, 0x6842, PTYP_BINARY) \
	X(PidTagWlinkGroupHeaderID, 0x6842, PTYP_BINARY) \
	X(PidTagScheduleInfoDontMailDelegates, 0x6843, PTYP_BOOLEAN) \
	X(PidTagSearchFolderRecreateInfo, 0x6844, PTYP_BINARY) \
	X(PidTagScheduleInfoDelegateNames, 0x6844, PTYP_MULTIPLE_STRING) \
	X(PidTagSearchFolderDefinition, 0x6845, PTYP_BINARY) \
	X(PidTagScheduleInfoDelegateEntryIds, 0x6845, PTYP_MULTIPLE_BINARY) \
	X(PidTagSearchFolderStorageType, 0x6846, PTYP_INTEGER32) \
	X(PidTagGatewayNeedsToRefresh, 0x6846, PTYP_BOOLEAN) \
	X(PidTagFreeBusyPublishStart, 0x6847, PTYP_INTEGER32) \
	X(PidTagSearchFolderTag, 0x6847, PTYP_INTEGER32) \
	X(PidTagWlinkSaveStamp, 0x6847, PTYP_INTEGER32) \
	X(PidTagFreeBusyPublishEnd, 0x6848, PTYP_INTEGER32) \
	X(PidTagSearchFolderEfpFlags, 0x6848, PTYP_INTEGER32) \
	X(PidTagWlinkType, 0x6849, PTYP_INTEGER32) \
	X(PidTagFreeBusyMessageEmailAddress, 0x6849, PTYP_STRING) \
	X(PidTagWlinkFlags, 0x684a, PTYP_INTEGER32) \
	X(PidTagScheduleInfoDelegateNamesW, 0x684a, PTYP_MULTIPLE_STRING) \
	X(PidTagScheduleInfoDelegatorWantsInfo, 0x684b, PTYP_BOOLEAN) \
	X(PidTagWlinkOrdinal, 0x684b, PTYP_BINARY) \
	X(PidTagWlinkEntryId, 0x684c, PTYP_BINARY) \
	X(PidTagWlinkRecordKey, 0x684d, PTYP_BINARY) \
	X(PidTagWlinkStoreEntryId, 0x684e, PTYP_BINARY) \
	X(PidTagWlinkFolderType, 0x684f, PTYP_BINARY) \
	X(PidTagScheduleInfoMonthsMerged, 0x684f, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagWlinkGroupClsid, 0x6850, PTYP_BINARY) \
	X(PidTagScheduleInfoFreeBusyMerged, 0x6850, PTYP_MULTIPLE_BINARY) \
	X(PidTagWlinkGroupName, 0x6851, PTYP_STRING) \
	X(PidTagScheduleInfoMonthsTentative, 0x6851, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagWlinkSection, 0x6852, PTYP_INTEGER32) \
	X(PidTagScheduleInfoFreeBusyTentative, 0x6852, PTYP_MULTIPLE_BINARY) \
	X(PidTagWlinkCalendarColor, 0x6853, PTYP_INTEGER32) \
	X(PidTagScheduleInfoMonthsBusy, 0x6853, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagWlinkAddressBookEID, 0x6854, PTYP_BINARY) \
	X(PidTagScheduleInfoFreeBusyBusy, 0x6854, PTYP_MULTIPLE_BINARY) \
	X(PidTagScheduleInfoMonthsAway, 0x6855, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagScheduleInfoFreeBusyAway, 0x6856, PTYP_MULTIPLE_BINARY) \
	X(PidTagFreeBusyRangeTimestamp, 0x6868, PTYP_TIME) \
	X(PidTagFreeBusyCountMonths, 0x6869, PTYP_INTEGER32) \
	X(PidTagScheduleInfoAppointmentTombstone, 0x686a, PTYP_BINARY) \
	X(PidTagDelegateFlags, 0x686b, PTYP_MULTIPLE_INTEGER32) \
	X(PidTagScheduleInfoFreeBusy, 0x686c, PTYP_BINARY) \
	X(PidTagScheduleInfoAutoAcceptAppointments, 0x686d, PTYP_BOOLEAN) \
	X(PidTagScheduleInfoDisallowRecurringAppts, 0x686e, PTYP_BOOLEAN) \
	X(PidTagScheduleInfoDisallowOverlappingAppts, 0x686f, PTYP_BOOLEAN) \
	X(PidTagWlinkClientID, 0x6890, PTYP_BINARY) \
	X(PidTagWlinkAddressBookStoreEID, 0x6891, PTYP_BINARY) \
	X(PidTagWlinkROGroupType, 0x6892, PTYP_INTEGER32) \
	X(PidTagNonDeliveryReportFromEntryId, 0x6904, PTYP_BINARY) \
	X(PidTagNonDeliveryReportFromName, 0x6905, PTYP_STRING) \
	X(PidTagNonDeliveryReportFromSearchKey, 0x6906, PTYP_BINARY) \
	X(PidTagViewDescriptorBinary, 0x7001, PTYP_BINARY) \
	X(PidTagViewDescriptorStrings, 0x7002, PTYP_STRING) \
	X(PidTagViewDescriptorFlags, 0x7003, PTYP_INTEGER32) \
	X(PidTagViewDescriptorLinkTo, 0x7004, PTYP_BINARY) \
	X(PidTagViewDescriptorViewFolder, 0x7005, PTYP_BINARY) \
	X(PidTagViewDescriptorName, 0x7006, PTYP_STRING) \
	X(PidTagViewDescriptorVersion, 0x7007, PTYP_INTEGER32) \
	X(PidTagOstId, 0x7c04, PTYP_BINARY) \
	X(PidTagOfflineFolder, 0x7c05, PTYP_INTEGER32) \
	X(PidTagRoamingDatatypes, 0x7c06, PTYP_INTEGER32) \
	X(PidTagRoamingDictionary, 0x7c07, PTYP_BINARY) \
	X(PidTagRoamingXmlStream, 0x7c08, PTYP_BINARY) \
	X(PidTagRoamingBinary, 0x7c09, PTYP_BINARY) \
	X(PidTagOscSyncEnabled, 0x7c24, PTYP_BOOLEAN) \
	X(PidTagProcessed, 0x7d01, PTYP_BOOLEAN) \
	X(PidTagExceptionReplaceTime, 0x7ff9, PTYP_TIME) \
	X(PidTagAttachmentLinkId, 0x7ffa, PTYP_INTEGER32) \
	X(PidTagExceptionStartTime, 0x7ffb, PTYP_TIME) \
	X(PidTagExceptionEndTime, 0x7ffc, PTYP_TIME) \
	X(PidTagAttachmentFlags, 0x7ffd, PTYP_INTEGER32) \
	X(PidTagAttachmentHidden, 0x7ffe, PTYP_BOOLEAN) \
	X(PidTagAttachmentContactPhoto, 0x7fff, PTYP_BOOLEAN)

/* Same, of the address book (MS-OXOABK) */
#define MAPI_AB_TAG_LIST(X) \
	X(PidTagAddressBookFolderPathname, 0x8004, PTYP_STRING) \
	X(PidTagAddressBookManager, 0x8005, PTYP_OBJECT) \
	X(PidTagAddressBookManagerDistinguishedName, 0x8005, PTYP_STRING) \
	X(PidTagAddressBookHomeMessageDatabase, 0x8006, PTYP_STRING8) \
	X(PidTagAddressBookIsMemberOfDistributionList, 0x8008, PTYP_STRING8) \
	X(PidTagAddressBookMember, 0x8009, PTYP_OBJECT) \
	X(PidTagAddressBookOwner, 0x800c, PTYP_OBJECT) \
	X(PidTagAddressBookReports, 0x800e, PTYP_OBJECT) \
	X(PidTagAddressBookProxyAddresses, 0x800f, PTYP_MULTIPLE_STRING) \
	X(PidTagAddressBookTargetAddress, 0x8011, PTYP_STRING) \
	X(PidTagAddressBookPublicDelegates, 0x8015, PTYP_OBJECT) \
	X(PidTagAddressBookOwnerBackLink, 0x8024, PTYP_OBJECT) \
	X(PidTagAddressBookExtensionAttribute1, 0x802d, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute2, 0x802e, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute3, 0x802f, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute4, 0x8030, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute5, 0x8031, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute6, 0x8032, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute7, 0x8033, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute8, 0x8034, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute9, 0x8035, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute10, 0x8036, PTYP_STRING) \
	X(PidTagAddressBookObjectDistinguishedName, 0x803c, PTYP_STRING) \
	X(PidTagAddressBookDeliveryContentLength, 0x806a, PTYP_INTEGER32) \
	X(PidTagAddressBookDistributionListMemberSubmitAccepted, 0x8073, PTYP_OBJECT) \
	X(PidTagAddressBookNetworkAddress, 0x8170, PTYP_MULTIPLE_STRING) \
	X(PidTagAddressBookExtensionAttribute11, 0x8c57, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute12, 0x8c58, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute13, 0x8c59, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute14, 0x8c60, PTYP_STRING) \
	X(PidTagAddressBookExtensionAttribute15, 0x8c61, PTYP_STRING) \
	X(PidTagAddressBookX509Certificate, 0x8c6a, PTYP_MULTIPLE_BINARY) \
	X(PidTagAddressBookObjectGuid, 0x8c6d, PTYP_BINARY) \
	X(PidTagAddressBookPhoneticGivenName, 0x8c8e, PTYP_STRING) \
	X(PidTagAddressBookPhoneticSurname, 0x8c8f, PTYP_STRING) \
	X(PidTagAddressBookPhoneticDepartmentName, 0x8c90, PTYP_STRING) \
	X(PidTagAddressBookPhoneticCompanyName, 0x8c91, PTYP_STRING) \
	X(PidTagAddressBookPhoneticDisplayName, 0x8c92, PTYP_STRING) \
	X(PidTagAddressBookDisplayTypeExtended, 0x8c93, PTYP_INTEGER32) \
	X(PidTagAddressBookHierarchicalShowInDepartments, 0x8c94, PTYP_OBJECT) \
	X(PidTagAddressBookRoomContainers, 0x8c96, PTYP_MULTIPLE_STRING) \
	X(PidTagAddressBookHierarchicalDepartmentMembers, 0x8c97, PTYP_OBJECT) \
	X(PidTagAddressBookHierarchicalRootDepartment, 0x8c98, PTYP_STRING8) \
	X(PidTagAddressBookHierarchicalParentDepartment, 0x8c99, PTYP_OBJECT) \
	X(PidTagAddressBookHierarchicalChildDepartments, 0x8c9a, PTYP_OBJECT) \
	X(PidTagThumbnailPhoto, 0x8c9e, PTYP_BINARY) \
	X(PidTagAddressBookSeniorityIndex, 0x8ca0, PTYP_INTEGER32) \
	X(PidTagAddressBookOrganizationalUnitRootDistinguishedName, 0x8ca8, PTYP_STRING) \
	X(PidTagAddressBookSenderHintTranslations, 0x8cac, PTYP_MULTIPLE_STRING) \
	X(PidTagAddressBookModerationEnabled, 0x8cb5, PTYP_BOOLEAN) \
	X(PidTagSpokenName, 0x8cc2, PTYP_BINARY) \
	X(PidTagAddressBookAuthorizedSenders, 0x8cd8, PTYP_OBJECT) \
	X(PidTagAddressBookUnauthorizedSenders, 0x8cd9, PTYP_OBJECT) \
	X(PidTagAddressBookDistributionListMemberSubmitRejected, 0x8cda, PTYP_OBJECT) \
	X(PidTagAddressBookDistributionListRejectMessagesFromDLMembers, 0x8cdb, PTYP_OBJECT) \
	X(PidTagAddressBookHierarchicalIsHierarchicalGroup, 0x8cdd, PTYP_BOOLEAN) \
	X(PidTagAddressBookDistributionListMemberCount, 0x8ce2, PTYP_INTEGER32) \
	X(PidTagAddressBookDistributionListExternalMemberCount, 0x8ce3, PTYP_INTEGER32) \
	X(PidTagAddressBookIsMaster, 0xfffb, PTYP_BOOLEAN) \
	X(PidTagAddressBookParentEntryId, 0xfffc, PTYP_BINARY) \
	X(PidTagAddressBookContainerId, 0xfffd, PTYP_INTEGER32)

/* Meta-properties of FastTransfer streams. MetaTagIdsetGiven's type is a lie of the
   protocol: its value is binary. */
#define MAPI_META_TAG_LIST(X) \
	X(MetaTagDnPrefix, 0x4008, PTYP_STRING8) \
	X(MetaTagEcWarning, 0x400f, PTYP_INTEGER32) \
	X(MetaTagNewFXFolder, 0x4011, PTYP_BINARY) \
	X(MetaTagFXDelProp, 0x4016, PTYP_INTEGER32) \
	X(MetaTagIdsetGiven, 0x4017, PTYP_INTEGER32) \
	X(MetaTagIdsetNoLongerInScope, 0x4021, PTYP_BINARY) \
	X(MetaTagIdsetRead, 0x402d, PTYP_BINARY) \
	X(MetaTagIdsetUnread, 0x402e, PTYP_BINARY) \
	X(MetaTagIncrementalSyncMessagePartial, 0x407a, PTYP_INTEGER32) \
	X(MetaTagIncrSyncGroupId, 0x407c, PTYP_INTEGER32) \
	X(MetaTagIdsetExpired, 0x6793, PTYP_BINARY) \
	X(MetaTagCnsetSeen, 0x6796, PTYP_BINARY) \
	X(MetaTagCnsetRead, 0x67d2, PTYP_BINARY) \
	X(MetaTagCnsetSeenFAI, 0x67da, PTYP_BINARY) \
	X(MetaTagIdsetDeleted, 0x67e5, PTYP_BINARY)

/* Markers: a tag without a value, whatever its type says */
#define MAPI_MARKER_LIST(X) \
	X(MarkNewAttach, 0x4000, PTYP_INTEGER32) \
	X(MarkStartEmbed, 0x4001, PTYP_INTEGER32) \
	X(MarkEndEmbed, 0x4002, PTYP_INTEGER32) \
	X(MarkStartRecip, 0x4003, PTYP_INTEGER32) \
	X(MarkEndToRecip, 0x4004, PTYP_INTEGER32) \
	X(MarkStartTopFld, 0x4009, PTYP_INTEGER32) \
	X(MarkStartSubFld, 0x400a, PTYP_INTEGER32) \
	X(MarkEndFolder, 0x400b, PTYP_INTEGER32) \
	X(MarkStartMessage, 0x400c, PTYP_INTEGER32) \
	X(MarkEndMessage, 0x400d, PTYP_INTEGER32) \
	X(MarkEndAttach, 0x400e, PTYP_INTEGER32) \
	X(MarkStartFAIMsg, 0x4010, PTYP_INTEGER32) \
	X(MarkIncrSyncChg, 0x4012, PTYP_INTEGER32) \
	X(MarkIncrSyncDel, 0x4013, PTYP_INTEGER32) \
	X(MarkIncrSyncEnd, 0x4014, PTYP_INTEGER32) \
	X(MarkIncrSyncMessage, 0x4015, PTYP_INTEGER32) \
	X(MarkFXErrorInfo, 0x4018, PTYP_INTEGER32) \
	X(MarkIncrSyncRead, 0x402f, PTYP_INTEGER32) \
	X(MarkIncrSyncStateBegin, 0x403a, PTYP_INTEGER32) \
	X(MarkIncrSyncStateEnd, 0x403b, PTYP_INTEGER32) \
	X(MarkIncrSyncProgressMode, 0x4074, PTYP_BOOLEAN) \
	X(MarkIncrSyncProgressPerMsg, 0x4075, PTYP_BOOLEAN) \
	X(MarkIncrSyncGroupInfo, 0x407b, PTYP_BINARY) \
	X(MarkIncrSyncChgPartial, 0x407d, PTYP_INTEGER32)

/* --- properties with a name ----------------------------------------------------- */

/* X(constant, id in our mailboxes, property set, LID, type) */
#define MAPI_LID_LIST(X) \
	/* PSETID_Appointment */ \
	X(PidLidSendMeetingAsIcal, 0x8001, PSETID_Appointment, 0x8200, PTYP_BOOLEAN) \
	X(PidLidAppointmentSequence, 0x8002, PSETID_Appointment, 0x8201, PTYP_INTEGER32) \
	X(PidLidAppointmentSequenceTime, 0x8003, PSETID_Appointment, 0x8202, PTYP_TIME) \
	X(PidLidAppointmentLastSequence, 0x8004, PSETID_Appointment, 0x8203, PTYP_INTEGER32) \
	X(PidLidChangeHighlight, 0x8005, PSETID_Appointment, 0x8204, PTYP_INTEGER32) \
	X(PidLidBusyStatus, 0x8006, PSETID_Appointment, 0x8205, PTYP_INTEGER32) \
	X(PidLidFExceptionalBody, 0x8007, PSETID_Appointment, 0x8206, PTYP_BOOLEAN) \
	X(PidLidAppointmentAuxiliaryFlags, 0x8008, PSETID_Appointment, 0x8207, PTYP_INTEGER32) \
	X(PidLidLocation, 0x8009, PSETID_Appointment, 0x8208, PTYP_STRING) \
	X(PidLidMeetingWorkspaceUrl, 0x800a, PSETID_Appointment, 0x8209, PTYP_STRING) \
	X(PidLidForwardInstance, 0x800b, PSETID_Appointment, 0x820a, PTYP_BOOLEAN) \
	X(PidLidLinkedTaskItems, 0x800c, PSETID_Appointment, 0x820c, PTYP_MULTIPLE_BINARY) \
	X(PidLidAppointmentStartWhole, 0x800d, PSETID_Appointment, 0x820d, PTYP_TIME) \
	X(PidLidAppointmentEndWhole, 0x800e, PSETID_Appointment, 0x820e, PTYP_TIME) \
	X(PidLidAppointmentStartTime, 0x800f, PSETID_Appointment, 0x820f, PTYP_TIME) \
	X(PidLidAppointmentEndTime, 0x8010, PSETID_Appointment, 0x8210, PTYP_TIME) \
	X(PidLidAppointmentEndDate, 0x8011, PSETID_Appointment, 0x8211, PTYP_TIME) \
	X(PidLidAppointmentStartDate, 0x8012, PSETID_Appointment, 0x8212, PTYP_TIME) \
	X(PidLidAppointmentDuration, 0x8013, PSETID_Appointment, 0x8213, PTYP_INTEGER32) \
	X(PidLidAppointmentColor, 0x8014, PSETID_Appointment, 0x8214, PTYP_INTEGER32) \
	X(PidLidAppointmentSubType, 0x8015, PSETID_Appointment, 0x8215, PTYP_BOOLEAN) \
	X(PidLidAppointmentRecur, 0x8016, PSETID_Appointment, 0x8216, PTYP_BINARY) \
	X(PidLidAppointmentStateFlags, 0x8017, PSETID_Appointment, 0x8217, PTYP_INTEGER32) \
	X(PidLidResponseStatus, 0x8018, PSETID_Appointment, 0x8218, PTYP_INTEGER32) \
	X(PidLidAppointmentReplyTime, 0x8019, PSETID_Appointment, 0x8220, PTYP_TIME) \
	X(PidLidRecurring, 0x801a, PSETID_Appointment, 0x8223, PTYP_BOOLEAN) \
	X(PidLidIntendedBusyStatus, 0x801b, PSETID_Appointment, 0x8224, PTYP_INTEGER32) \
	X(PidLidAppointmentUpdateTime, 0x801c, PSETID_Appointment, 0x8226, PTYP_TIME) \
	X(PidLidExceptionReplaceTime, 0x801d, PSETID_Appointment, 0x8228, PTYP_TIME) \
	X(PidLidFInvited, 0x801e, PSETID_Appointment, 0x8229, PTYP_BOOLEAN) \
	X(PidLidFExceptionalAttendees, 0x801f, PSETID_Appointment, 0x822b, PTYP_BOOLEAN) \
	X(PidLidOwnerName, 0x8020, PSETID_Appointment, 0x822e, PTYP_STRING) \
	X(PidLidFOthersAppointment, 0x8021, PSETID_Appointment, 0x822f, PTYP_BOOLEAN) \
	X(PidLidAppointmentReplyName, 0x8022, PSETID_Appointment, 0x8230, PTYP_STRING) \
	X(PidLidRecurrenceType, 0x8023, PSETID_Appointment, 0x8231, PTYP_INTEGER32) \
	X(PidLidRecurrencePattern, 0x8024, PSETID_Appointment, 0x8232, PTYP_STRING) \
	X(PidLidTimeZoneStruct, 0x8025, PSETID_Appointment, 0x8233, PTYP_BINARY) \
	X(PidLidTimeZoneDescription, 0x8026, PSETID_Appointment, 0x8234, PTYP_STRING) \
	X(PidLidClipStart, 0x8027, PSETID_Appointment, 0x8235, PTYP_TIME) \
	X(PidLidClipEnd, 0x8028, PSETID_Appointment, 0x8236, PTYP_TIME) \
	X(PidLidOriginalStoreEntryId, 0x8029, PSETID_Appointment, 0x8237, PTYP_BINARY) \
	X(PidLidAllAttendeesString, 0x802a, PSETID_Appointment, 0x8238, PTYP_STRING) \
	X(PidLidAutoFillLocation, 0x802b, PSETID_Appointment, 0x823a, PTYP_BOOLEAN) \
	X(PidLidToAttendeesString, 0x802c, PSETID_Appointment, 0x823b, PTYP_STRING) \
	X(PidLidCcAttendeesString, 0x802d, PSETID_Appointment, 0x823c, PTYP_STRING) \
	X(PidLidConferencingCheck, 0x802e, PSETID_Appointment, 0x8240, PTYP_BOOLEAN) \
	X(PidLidConferencingType, 0x802f, PSETID_Appointment, 0x8241, PTYP_INTEGER32) \
	X(PidLidDirectory, 0x8030, PSETID_Appointment, 0x8242, PTYP_STRING) \
	X(PidLidOrganizerAlias, 0x8031, PSETID_Appointment, 0x8243, PTYP_STRING) \
	X(PidLidAutoStartCheck, 0x8032, PSETID_Appointment, 0x8244, PTYP_BOOLEAN) \
	X(PidLidAutoStartWhen, 0x8033, PSETID_Appointment, 0x8245, PTYP_INTEGER32) \
	X(PidLidAllowExternalCheck, 0x8034, PSETID_Appointment, 0x8246, PTYP_BOOLEAN) \
	X(PidLidCollaborateDoc, 0x8035, PSETID_Appointment, 0x8247, PTYP_STRING) \
	X(PidLidNetShowUrl, 0x8036, PSETID_Appointment, 0x8248, PTYP_STRING) \
	X(PidLidOnlinePassword, 0x8037, PSETID_Appointment, 0x8249, PTYP_STRING) \
	X(PidLidAppointmentProposedStartWhole, 0x8038, PSETID_Appointment, 0x8250, PTYP_TIME) \
	X(PidLidAppointmentProposedEndWhole, 0x8039, PSETID_Appointment, 0x8251, PTYP_TIME) \
	X(PidLidAppointmentProposedDuration, \
	  0x803a, PSETID_Appointment, 0x8256, PTYP_INTEGER32) \
	X(PidLidAppointmentCounterProposal, 0x803b, PSETID_Appointment, 0x8257, PTYP_BOOLEAN) \
	X(PidLidAppointmentProposalNumber, 0x803c, PSETID_Appointment, 0x8259, PTYP_INTEGER32) \
	X(PidLidAppointmentNotAllowPropose, 0x803d, PSETID_Appointment, 0x825a, PTYP_BOOLEAN) \
	X(PidLidAppointmentUnsendableRecipients, \
	  0x803e, PSETID_Appointment, 0x825d, PTYP_BINARY) \
	X(PidLidAppointmentTimeZoneDefinitionStartDisplay, \
	  0x803f, PSETID_Appointment, 0x825e, PTYP_BINARY) \
	X(PidLidAppointmentTimeZoneDefinitionEndDisplay, \
	  0x8040, PSETID_Appointment, 0x825f, PTYP_BINARY) \
	X(PidLidAppointmentTimeZoneDefinitionRecur, \
	  0x8041, PSETID_Appointment, 0x8260, PTYP_BINARY) \
	X(PidLidForwardNotificationRecipients, \
	  0x8042, PSETID_Appointment, 0x8261, PTYP_BINARY) \
	X(PidLidInboundICalStream, 0x8043, PSETID_Appointment, 0x827a, PTYP_BINARY) \
	X(PidLidSingleBodyICal, 0x8044, PSETID_Appointment, 0x827b, PTYP_BOOLEAN) \
	/* PSETID_Meeting */ \
	X(PidLidAttendeeCriticalChange, 0x8045, PSETID_Meeting, 0x0001, PTYP_TIME) \
	X(PidLidWhere, 0x8046, PSETID_Meeting, 0x0002, PTYP_STRING) \
	X(PidLidGlobalObjectId, 0x8047, PSETID_Meeting, 0x0003, PTYP_BINARY) \
	X(PidLidIsSilent, 0x8048, PSETID_Meeting, 0x0004, PTYP_BOOLEAN) \
	X(PidLidIsRecurring, 0x8049, PSETID_Meeting, 0x0005, PTYP_BOOLEAN) \
	X(PidLidRequiredAttendees, 0x804a, PSETID_Meeting, 0x0006, PTYP_STRING) \
	X(PidLidOptionalAttendees, 0x804b, PSETID_Meeting, 0x0007, PTYP_STRING) \
	X(PidLidResourceAttendees, 0x804c, PSETID_Meeting, 0x0008, PTYP_STRING) \
	X(PidLidDelegateMail, 0x804d, PSETID_Meeting, 0x0009, PTYP_BOOLEAN) \
	X(PidLidIsException, 0x804e, PSETID_Meeting, 0x000a, PTYP_BOOLEAN) \
	X(PidLidSingleInvite, 0x804f, PSETID_Meeting, 0x000b, PTYP_BOOLEAN) \
	X(PidLidTimeZone, 0x8050, PSETID_Meeting, 0x000c, PTYP_INTEGER32) \
	X(PidLidStartRecurrenceDate, 0x8051, PSETID_Meeting, 0x000d, PTYP_INTEGER32) \
	X(PidLidStartRecurrenceTime, 0x8052, PSETID_Meeting, 0x000e, PTYP_INTEGER32) \
	X(PidLidEndRecurrenceDate, 0x8053, PSETID_Meeting, 0x000f, PTYP_INTEGER32) \
	X(PidLidEndRecurrenceTime, 0x8054, PSETID_Meeting, 0x0010, PTYP_INTEGER32) \
	X(PidLidDayInterval, 0x8055, PSETID_Meeting, 0x0011, PTYP_INTEGER16) \
	X(PidLidWeekInterval, 0x8056, PSETID_Meeting, 0x0012, PTYP_INTEGER16) \
	X(PidLidMonthInterval, 0x8057, PSETID_Meeting, 0x0013, PTYP_INTEGER16) \
	X(PidLidYearInterval, 0x8058, PSETID_Meeting, 0x0014, PTYP_INTEGER16) \
	X(PidLidMonthOfYearMask, 0x8059, PSETID_Meeting, 0x0017, PTYP_INTEGER32) \
	X(PidLidOldRecurrenceType, 0x805a, PSETID_Meeting, 0x0018, PTYP_INTEGER16) \
	X(PidLidOwnerCriticalChange, 0x805b, PSETID_Meeting, 0x001a, PTYP_TIME) \
	X(PidLidCalendarType, 0x805c, PSETID_Meeting, 0x001c, PTYP_INTEGER32) \
	X(PidLidAllAttendeesList, 0x805d, PSETID_Meeting, 0x001d, PTYP_STRING) \
	X(PidLidCleanGlobalObjectId, 0x805e, PSETID_Meeting, 0x0023, PTYP_BINARY) \
	X(PidLidAppointmentMessageClass, 0x805f, PSETID_Meeting, 0x0024, PTYP_STRING) \
	X(PidLidMeetingType, 0x8060, PSETID_Meeting, 0x0026, PTYP_INTEGER32) \
	X(PidLidOldLocation, 0x8061, PSETID_Meeting, 0x0028, PTYP_STRING) \
	X(PidLidOldWhenStartWhole, 0x8062, PSETID_Meeting, 0x0029, PTYP_TIME) \
	X(PidLidOldWhenEndWhole, 0x8063, PSETID_Meeting, 0x002a, PTYP_TIME) \
	/* PSETID_CalendarAssistant */ \
	X(PidLidClientIntent, 0x8064, PSETID_CalendarAssistant, 0x0015, PTYP_INTEGER32) \
	X(PidLidServerProcessed, 0x8065, PSETID_CalendarAssistant, 0x85cc, PTYP_BOOLEAN) \
	X(PidLidServerProcessingActions, \
	  0x8066, PSETID_CalendarAssistant, 0x85cd, PTYP_INTEGER32) \
	/* PSETID_Common */ \
	X(PidLidDayOfMonth, 0x8067, PSETID_Common, 0x1000, PTYP_INTEGER32) \
	X(PidLidICalendarDayOfWeekMask, 0x8068, PSETID_Common, 0x1001, PTYP_INTEGER32) \
	X(PidLidOccurrences, 0x8069, PSETID_Common, 0x1005, PTYP_INTEGER32) \
	X(PidLidMonthOfYear, 0x806a, PSETID_Common, 0x1006, PTYP_INTEGER32) \
	X(PidLidNoEndDateFlag, 0x806b, PSETID_Common, 0x100b, PTYP_BOOLEAN) \
	X(PidLidRecurrenceDuration, 0x806c, PSETID_Common, 0x100d, PTYP_INTEGER32) \
	X(PidLidPromptSendUpdate, 0x806d, PSETID_Common, 0x8045, PTYP_BOOLEAN) \
	X(PidLidReminderDelta, 0x806e, PSETID_Common, 0x8501, PTYP_INTEGER32) \
	X(PidLidReminderTime, 0x806f, PSETID_Common, 0x8502, PTYP_TIME) \
	X(PidLidReminderSet, 0x8070, PSETID_Common, 0x8503, PTYP_BOOLEAN) \
	X(PidLidReminderTimeTime, 0x8071, PSETID_Common, 0x8504, PTYP_TIME) \
	X(PidLidReminderTimeDate, 0x8072, PSETID_Common, 0x8505, PTYP_TIME) \
	X(PidLidPrivate, 0x8073, PSETID_Common, 0x8506, PTYP_BOOLEAN) \
	X(PidLidAgingDontAgeMe, 0x8074, PSETID_Common, 0x850e, PTYP_BOOLEAN) \
	X(PidLidSideEffects, 0x8075, PSETID_Common, 0x8510, PTYP_INTEGER32) \
	X(PidLidRemoteStatus, 0x8076, PSETID_Common, 0x8511, PTYP_INTEGER32) \
	X(PidLidSmartNoAttach, 0x8077, PSETID_Common, 0x8514, PTYP_BOOLEAN) \
	X(PidLidCommonStart, 0x8078, PSETID_Common, 0x8516, PTYP_TIME) \
	X(PidLidCommonEnd, 0x8079, PSETID_Common, 0x8517, PTYP_TIME) \
	X(PidLidTaskMode, 0x807a, PSETID_Common, 0x8518, PTYP_INTEGER32) \
	X(PidLidTaskGlobalId, 0x807b, PSETID_Common, 0x8519, PTYP_BINARY) \
	X(PidLidAutoProcessState, 0x807c, PSETID_Common, 0x851a, PTYP_INTEGER32) \
	X(PidLidReminderOverride, 0x807d, PSETID_Common, 0x851c, PTYP_BOOLEAN) \
	X(PidLidReminderType, 0x807e, PSETID_Common, 0x851d, PTYP_INTEGER32) \
	X(PidLidReminderPlaySound, 0x807f, PSETID_Common, 0x851e, PTYP_BOOLEAN) \
	X(PidLidReminderFileParameter, 0x8080, PSETID_Common, 0x851f, PTYP_STRING) \
	X(PidLidVerbStream, 0x8081, PSETID_Common, 0x8520, PTYP_BINARY) \
	X(PidLidVerbResponse, 0x8082, PSETID_Common, 0x8524, PTYP_STRING) \
	X(PidLidFlagRequest, 0x8083, PSETID_Common, 0x8530, PTYP_STRING) \
	X(PidLidMileage, 0x8084, PSETID_Common, 0x8534, PTYP_STRING) \
	X(PidLidBilling, 0x8085, PSETID_Common, 0x8535, PTYP_STRING) \
	X(PidLidNonSendableTo, 0x8086, PSETID_Common, 0x8536, PTYP_STRING) \
	X(PidLidNonSendableCc, 0x8087, PSETID_Common, 0x8537, PTYP_STRING) \
	X(PidLidNonSendableBcc, 0x8088, PSETID_Common, 0x8538, PTYP_STRING) \
	X(PidLidCompanies, 0x8089, PSETID_Common, 0x8539, PTYP_MULTIPLE_STRING) \
	X(PidLidContacts, 0x808a, PSETID_Common, 0x853a, PTYP_MULTIPLE_STRING) \
	X(PidLidPropertyDefinitionStream, 0x808b, PSETID_Common, 0x8540, PTYP_BINARY) \
	X(PidLidNonSendToTrackStatus, 0x808c, PSETID_Common, 0x8543, PTYP_MULTIPLE_INTEGER32) \
	X(PidLidNonSendCcTrackStatus, 0x808d, PSETID_Common, 0x8544, PTYP_MULTIPLE_INTEGER32) \
	X(PidLidNonSendBccTrackStatus, 0x808e, PSETID_Common, 0x8545, PTYP_MULTIPLE_INTEGER32) \
	X(PidLidRecallTime, 0x808f, PSETID_Common, 0x8549, PTYP_TIME) \
	X(PidLidCurrentVersion, 0x8090, PSETID_Common, 0x8552, PTYP_INTEGER32) \
	X(PidLidCurrentVersionName, 0x8091, PSETID_Common, 0x8554, PTYP_STRING) \
	X(PidLidReminderSignalTime, 0x8092, PSETID_Common, 0x8560, PTYP_TIME) \
	X(PidLidImapDeleted, 0x8093, PSETID_Common, 0x8570, PTYP_INTEGER32) \
	X(PidLidHeaderItem, 0x8094, PSETID_Common, 0x8578, PTYP_INTEGER32) \
	X(PidLidInternetAccountName, 0x8095, PSETID_Common, 0x8580, PTYP_STRING) \
	X(PidLidInternetAccountStamp, 0x8096, PSETID_Common, 0x8581, PTYP_STRING) \
	X(PidLidUseTnef, 0x8097, PSETID_Common, 0x8582, PTYP_BOOLEAN) \
	X(PidLidContactLinkSearchKey, 0x8098, PSETID_Common, 0x8584, PTYP_BINARY) \
	X(PidLidContactLinkEntry, 0x8099, PSETID_Common, 0x8585, PTYP_BINARY) \
	X(PidLidContactLinkName, 0x809a, PSETID_Common, 0x8586, PTYP_STRING) \
	X(PidLidImageAttachmentsCompressionLevel, \
	  0x809b, PSETID_Common, 0x8593, PTYP_INTEGER32) \
	X(PidLidIsInterpersonalFax, 0x809c, PSETID_Common, 0x859b, PTYP_BOOLEAN) \
	X(PidLidSpamOriginalFolder, 0x809d, PSETID_Common, 0x859c, PTYP_BINARY) \
	X(PidLidToDoOrdinalDate, 0x809e, PSETID_Common, 0x85a0, PTYP_TIME) \
	X(PidLidToDoSubOrdinal, 0x809f, PSETID_Common, 0x85a1, PTYP_STRING) \
	X(PidLidToDoTitle, 0x80a0, PSETID_Common, 0x85a4, PTYP_STRING) \
	X(PidLidFShouldTNEF, 0x80a1, PSETID_Common, 0x85a5, PTYP_BOOLEAN) \
	X(PidLidInfoPathFormName, 0x80a2, PSETID_Common, 0x85b1, PTYP_STRING) \
	X(PidLidClassified, 0x80a3, PSETID_Common, 0x85b5, PTYP_BOOLEAN) \
	X(PidLidClassification, 0x80a4, PSETID_Common, 0x85b6, PTYP_STRING) \
	X(PidLidClassificationDescription, 0x80a5, PSETID_Common, 0x85b7, PTYP_STRING) \
	X(PidLidClassificationGuid, 0x80a6, PSETID_Common, 0x85b8, PTYP_STRING) \
	X(PidLidOfflineStatus, 0x80a7, PSETID_Common, 0x85b9, PTYP_INTEGER32) \
	X(PidLidClassificationKeep, 0x80a8, PSETID_Common, 0x85ba, PTYP_BOOLEAN) \
	X(PidLidReferenceEntryId, 0x80a9, PSETID_Common, 0x85bd, PTYP_BINARY) \
	X(PidLidValidFlagStringProof, 0x80aa, PSETID_Common, 0x85bf, PTYP_TIME) \
	X(PidLidFlagString, 0x80ab, PSETID_Common, 0x85c0, PTYP_INTEGER32) \
	X(PidLidConversationActionMoveFolderEid, 0x80ac, PSETID_Common, 0x85c6, PTYP_BINARY) \
	X(PidLidConversationActionMoveStoreEid, 0x80ad, PSETID_Common, 0x85c7, PTYP_BINARY) \
	X(PidLidConversationActionMaxDeliveryTime, 0x80ae, PSETID_Common, 0x85c8, PTYP_TIME) \
	X(PidLidConversationProcessed, 0x80af, PSETID_Common, 0x85c9, PTYP_INTEGER32) \
	X(PidLidConversationActionLastAppliedTime, 0x80b0, PSETID_Common, 0x85ca, PTYP_TIME) \
	X(PidLidConversationActionVersion, 0x80b1, PSETID_Common, 0x85cb, PTYP_INTEGER32) \
	X(PidLidPendingStateForSiteMailboxDocument, \
	  0x80b2, PSETID_Common, 0x85e0, PTYP_INTEGER32) \
	/* PSETID_Task */ \
	X(PidLidTaskStatus, 0x80b3, PSETID_Task, 0x8101, PTYP_INTEGER32) \
	X(PidLidPercentComplete, 0x80b4, PSETID_Task, 0x8102, PTYP_FLOATING64) \
	X(PidLidTeamTask, 0x80b5, PSETID_Task, 0x8103, PTYP_BOOLEAN) \
	X(PidLidTaskStartDate, 0x80b6, PSETID_Task, 0x8104, PTYP_TIME) \
	X(PidLidTaskDueDate, 0x80b7, PSETID_Task, 0x8105, PTYP_TIME) \
	X(PidLidTaskResetReminder, 0x80b8, PSETID_Task, 0x8107, PTYP_BOOLEAN) \
	X(PidLidTaskAccepted, 0x80b9, PSETID_Task, 0x8108, PTYP_BOOLEAN) \
	X(PidLidTaskDeadOccurrence, 0x80ba, PSETID_Task, 0x8109, PTYP_BOOLEAN) \
	X(PidLidTaskDateCompleted, 0x80bb, PSETID_Task, 0x810f, PTYP_TIME) \
	X(PidLidTaskActualEffort, 0x80bc, PSETID_Task, 0x8110, PTYP_INTEGER32) \
	X(PidLidTaskEstimatedEffort, 0x80bd, PSETID_Task, 0x8111, PTYP_INTEGER32) \
	X(PidLidTaskVersion, 0x80be, PSETID_Task, 0x8112, PTYP_INTEGER32) \
	X(PidLidTaskState, 0x80bf, PSETID_Task, 0x8113, PTYP_INTEGER32) \
	X(PidLidTaskLastUpdate, 0x80c0, PSETID_Task, 0x8115, PTYP_TIME) \
	X(PidLidTaskRecurrence, 0x80c1, PSETID_Task, 0x8116, PTYP_BINARY) \
	X(PidLidTaskAssigners, 0x80c2, PSETID_Task, 0x8117, PTYP_BINARY) \
	X(PidLidTaskStatusOnComplete, 0x80c3, PSETID_Task, 0x8119, PTYP_BOOLEAN) \
	X(PidLidTaskHistory, 0x80c4, PSETID_Task, 0x811a, PTYP_INTEGER32) \
	X(PidLidTaskUpdates, 0x80c5, PSETID_Task, 0x811b, PTYP_BOOLEAN) \
	X(PidLidTaskComplete, 0x80c6, PSETID_Task, 0x811c, PTYP_BOOLEAN) \
	X(PidLidTaskFCreator, 0x80c7, PSETID_Task, 0x811e, PTYP_BOOLEAN) \
	X(PidLidTaskOwner, 0x80c8, PSETID_Task, 0x811f, PTYP_STRING) \
	X(PidLidTaskMultipleRecipients, 0x80c9, PSETID_Task, 0x8120, PTYP_INTEGER32) \
	X(PidLidTaskAssigner, 0x80ca, PSETID_Task, 0x8121, PTYP_STRING) \
	X(PidLidTaskLastUser, 0x80cb, PSETID_Task, 0x8122, PTYP_STRING) \
	X(PidLidTaskOrdinal, 0x80cc, PSETID_Task, 0x8123, PTYP_INTEGER32) \
	X(PidLidTaskNoCompute, 0x80cd, PSETID_Task, 0x8124, PTYP_BOOLEAN) \
	X(PidLidTaskLastDelegate, 0x80ce, PSETID_Task, 0x8125, PTYP_STRING) \
	X(PidLidTaskFRecurring, 0x80cf, PSETID_Task, 0x8126, PTYP_BOOLEAN) \
	X(PidLidTaskRole, 0x80d0, PSETID_Task, 0x8127, PTYP_STRING) \
	X(PidLidTaskOwnership, 0x80d1, PSETID_Task, 0x8129, PTYP_INTEGER32) \
	X(PidLidTaskAcceptanceState, 0x80d2, PSETID_Task, 0x812a, PTYP_INTEGER32) \
	X(PidLidTaskFFixOffline, 0x80d3, PSETID_Task, 0x812c, PTYP_BOOLEAN) \
	X(PidLidTaskCustomFlags, 0x80d4, PSETID_Task, 0x8139, PTYP_INTEGER32) \
	/* PSETID_Address */ \
	X(PidLidFileUnder, 0x80d5, PSETID_Address, 0x8005, PTYP_STRING) \
	X(PidLidFileUnderId, 0x80d6, PSETID_Address, 0x8006, PTYP_INTEGER32) \
	X(PidLidContactItemData, 0x80d7, PSETID_Address, 0x8007, PTYP_MULTIPLE_INTEGER32) \
	X(PidLidDepartment, 0x80d8, PSETID_Address, 0x8010, PTYP_STRING) \
	X(PidLidHasPicture, 0x80d9, PSETID_Address, 0x8015, PTYP_BOOLEAN) \
	X(PidLidHomeAddress, 0x80da, PSETID_Address, 0x801a, PTYP_STRING) \
	X(PidLidWorkAddress, 0x80db, PSETID_Address, 0x801b, PTYP_STRING) \
	X(PidLidOtherAddress, 0x80dc, PSETID_Address, 0x801c, PTYP_STRING) \
	X(PidLidPostalAddressId, 0x80dd, PSETID_Address, 0x8022, PTYP_INTEGER32) \
	X(PidLidContactCharacterSet, 0x80de, PSETID_Address, 0x8023, PTYP_INTEGER32) \
	X(PidLidAutoLog, 0x80df, PSETID_Address, 0x8025, PTYP_BOOLEAN) \
	X(PidLidFileUnderList, 0x80e0, PSETID_Address, 0x8026, PTYP_MULTIPLE_INTEGER32) \
	X(PidLidAddressBookProviderEmailList, \
	  0x80e1, PSETID_Address, 0x8028, PTYP_MULTIPLE_INTEGER32) \
	X(PidLidAddressBookProviderArrayType, 0x80e2, PSETID_Address, 0x8029, PTYP_INTEGER32) \
	X(PidLidHtml, 0x80e3, PSETID_Address, 0x802b, PTYP_STRING) \
	X(PidLidYomiFirstName, 0x80e4, PSETID_Address, 0x802c, PTYP_STRING) \
	X(PidLidYomiLastName, 0x80e5, PSETID_Address, 0x802d, PTYP_STRING) \
	X(PidLidYomiCompanyName, 0x80e6, PSETID_Address, 0x802e, PTYP_STRING) \
	X(PidLidBusinessCardDisplayDefinition, 0x80e7, PSETID_Address, 0x8040, PTYP_BINARY) \
	X(PidLidBusinessCardCardPicture, 0x80e8, PSETID_Address, 0x8041, PTYP_BINARY) \
	X(PidLidWorkAddressStreet, 0x80e9, PSETID_Address, 0x8045, PTYP_STRING) \
	X(PidLidWorkAddressCity, 0x80ea, PSETID_Address, 0x8046, PTYP_STRING) \
	X(PidLidWorkAddressState, 0x80eb, PSETID_Address, 0x8047, PTYP_STRING) \
	X(PidLidWorkAddressPostalCode, 0x80ec, PSETID_Address, 0x8048, PTYP_STRING) \
	X(PidLidWorkAddressCountry, 0x80ed, PSETID_Address, 0x8049, PTYP_STRING) \
	X(PidLidWorkAddressPostOfficeBox, 0x80ee, PSETID_Address, 0x804a, PTYP_STRING) \
	X(PidLidDistributionListChecksum, 0x80ef, PSETID_Address, 0x804c, PTYP_INTEGER32) \
	X(PidLidBirthdayEventEntryId, 0x80f0, PSETID_Address, 0x804d, PTYP_BINARY) \
	X(PidLidAnniversaryEventEntryId, 0x80f1, PSETID_Address, 0x804e, PTYP_BINARY) \
	X(PidLidContactUserField1, 0x80f2, PSETID_Address, 0x804f, PTYP_STRING) \
	X(PidLidContactUserField2, 0x80f3, PSETID_Address, 0x8050, PTYP_STRING) \
	X(PidLidContactUserField3, 0x80f4, PSETID_Address, 0x8051, PTYP_STRING) \
	X(PidLidContactUserField4, 0x80f5, PSETID_Address, 0x8052, PTYP_STRING) \
	X(PidLidDistributionListName, 0x80f6, PSETID_Address, 0x8053, PTYP_STRING) \
	X(PidLidDistributionListOneOffMembers, \
	  0x80f7, PSETID_Address, 0x8054, PTYP_MULTIPLE_BINARY) \
	X(PidLidDistributionListMembers, 0x80f8, PSETID_Address, 0x8055, PTYP_MULTIPLE_BINARY) \
	X(PidLidInstantMessagingAddress, 0x80f9, PSETID_Address, 0x8062, PTYP_STRING) \
	X(PidLidDistributionListStream, 0x80fa, PSETID_Address, 0x8064, PTYP_BINARY) \
	X(PidLidEmail1DisplayName, 0x80fb, PSETID_Address, 0x8080, PTYP_STRING) \
	X(PidLidEmail1AddressType, 0x80fc, PSETID_Address, 0x8082, PTYP_STRING) \
	X(PidLidEmail1EmailAddress, 0x80fd, PSETID_Address, 0x8083, PTYP_STRING) \
	X(PidLidEmail1OriginalDisplayName, 0x80fe, PSETID_Address, 0x8084, PTYP_STRING) \
	X(PidLidEmail1OriginalEntryId, 0x80ff, PSETID_Address, 0x8085, PTYP_BINARY) \
	X(PidLidEmail1EmailType, 0x8100, PSETID_Address, 0x8087, PTYP_STRING) \
	X(PidLidEmail2DisplayName, 0x8101, PSETID_Address, 0x8090, PTYP_STRING) \
	X(PidLidEmail2AddressType, 0x8102, PSETID_Address, 0x8092, PTYP_STRING) \
	X(PidLidEmail2EmailAddress, 0x8103, PSETID_Address, 0x8093, PTYP_STRING) \
	X(PidLidEmail2OriginalDisplayName, 0x8104, PSETID_Address, 0x8094, PTYP_STRING) \
	X(PidLidEmail2OriginalEntryId, 0x8105, PSETID_Address, 0x8095, PTYP_BINARY) \
	X(PidLidEmail2EmailType, 0x8106, PSETID_Address, 0x8097, PTYP_STRING) \
	X(PidLidEmail3DisplayName, 0x8107, PSETID_Address, 0x80a0, PTYP_STRING) \
	X(PidLidEmail3AddressType, 0x8108, PSETID_Address, 0x80a2, PTYP_STRING) \
	X(PidLidEmail3EmailAddress, 0x8109, PSETID_Address, 0x80a3, PTYP_STRING) \
	X(PidLidEmail3OriginalDisplayName, 0x810a, PSETID_Address, 0x80a4, PTYP_STRING) \
	X(PidLidEmail3OriginalEntryId, 0x810b, PSETID_Address, 0x80a5, PTYP_BINARY) \
	X(PidLidEmail3EmailType, 0x810c, PSETID_Address, 0x80a7, PTYP_STRING) \
	X(PidLidFax1DisplayName, 0x810d, PSETID_Address, 0x80b0, PTYP_STRING) \
	X(PidLidFax1EntryId, 0x810e, PSETID_Address, 0x80b1, PTYP_BINARY) \
	X(PidLidFax1AddressType, 0x810f, PSETID_Address, 0x80b2, PTYP_STRING) \
	X(PidLidFax1EmailAddress, 0x8110, PSETID_Address, 0x80b3, PTYP_STRING) \
	X(PidLidFax1OriginalDisplayName, 0x8111, PSETID_Address, 0x80b4, PTYP_STRING) \
	X(PidLidFax1OriginalEntryId, 0x8112, PSETID_Address, 0x80b5, PTYP_BINARY) \
	X(PidLidFax1RichTextFormat, 0x8113, PSETID_Address, 0x80b6, PTYP_BOOLEAN) \
	X(PidLidFax1EmailType, 0x8114, PSETID_Address, 0x80b7, PTYP_STRING) \
	X(PidLidFax2DisplayName, 0x8115, PSETID_Address, 0x80c0, PTYP_STRING) \
	X(PidLidFax2EntryId, 0x8116, PSETID_Address, 0x80c1, PTYP_BINARY) \
	X(PidLidFax2AddressType, 0x8117, PSETID_Address, 0x80c2, PTYP_STRING) \
	X(PidLidFax2EmailAddress, 0x8118, PSETID_Address, 0x80c3, PTYP_STRING) \
	X(PidLidFax2OriginalDisplayName, 0x8119, PSETID_Address, 0x80c4, PTYP_STRING) \
	X(PidLidFax2OriginalEntryId, 0x811a, PSETID_Address, 0x80c5, PTYP_BINARY) \
	X(PidLidFax2RichTextFormat, 0x811b, PSETID_Address, 0x80c6, PTYP_BOOLEAN) \
	X(PidLidFax2EmailType, 0x811c, PSETID_Address, 0x80c7, PTYP_STRING) \
	X(PidLidFax3DisplayName, 0x811d, PSETID_Address, 0x80d0, PTYP_STRING) \
	X(PidLidFax3EntryId, 0x811e, PSETID_Address, 0x80d1, PTYP_BINARY) \
	X(PidLidFax3AddressType, 0x811f, PSETID_Address, 0x80d2, PTYP_STRING) \
	X(PidLidFax3EmailAddress, 0x8120, PSETID_Address, 0x80d3, PTYP_STRING) \
	X(PidLidFax3OriginalDisplayName, 0x8121, PSETID_Address, 0x80d4, PTYP_STRING) \
	X(PidLidFax3OriginalEntryId, 0x8122, PSETID_Address, 0x80d5, PTYP_BINARY) \
	X(PidLidFax3RichTextFormat, 0x8123, PSETID_Address, 0x80d6, PTYP_BOOLEAN) \
	X(PidLidFax3EmailType, 0x8124, PSETID_Address, 0x80d7, PTYP_STRING) \
	X(PidLidFreeBusyLocation, 0x8125, PSETID_Address, 0x80d8, PTYP_STRING) \
	X(PidLidUserX509Certificate, 0x8126, PSETID_Address, 0x80d9, PTYP_MULTIPLE_BINARY) \
	X(PidLidHomeAddressCountryCode, 0x8127, PSETID_Address, 0x80da, PTYP_STRING) \
	X(PidLidWorkAddressCountryCode, 0x8128, PSETID_Address, 0x80db, PTYP_STRING) \
	X(PidLidOtherAddressCountryCode, 0x8129, PSETID_Address, 0x80dc, PTYP_STRING) \
	X(PidLidAddressCountryCode, 0x812a, PSETID_Address, 0x80dd, PTYP_STRING) \
	X(PidLidBirthdayLocal, 0x812b, PSETID_Address, 0x80de, PTYP_TIME) \
	X(PidLidWeddingAnniversaryLocal, 0x812c, PSETID_Address, 0x80df, PTYP_TIME) \
	X(PidLidIsContactLinked, 0x812d, PSETID_Address, 0x80e0, PTYP_BOOLEAN) \
	X(PidLidContactLinkedGlobalAddressListEntryId, \
	  0x812e, PSETID_Address, 0x80e2, PTYP_BINARY) \
	X(PidLidContactLinkSMTPAddressCache, \
	  0x812f, PSETID_Address, 0x80e3, PTYP_MULTIPLE_STRING) \
	X(PidLidContactLinkLinkRejectHistory, \
	  0x8130, PSETID_Address, 0x80e5, PTYP_MULTIPLE_BINARY) \
	X(PidLidContactLinkGlobalAddressListLinkState, \
	  0x8131, PSETID_Address, 0x80e6, PTYP_INTEGER32) \
	X(PidLidContactLinkGlobalAddressListLinkId, 0x8132, PSETID_Address, 0x80e8, PTYP_GUID) \
	/* PSETID_Log */ \
	X(PidLidLogType, 0x8133, PSETID_Log, 0x8700, PTYP_STRING) \
	X(PidLidLogStart, 0x8134, PSETID_Log, 0x8706, PTYP_TIME) \
	X(PidLidLogDuration, 0x8135, PSETID_Log, 0x8707, PTYP_INTEGER32) \
	X(PidLidLogEnd, 0x8136, PSETID_Log, 0x8708, PTYP_TIME) \
	X(PidLidLogFlags, 0x8137, PSETID_Log, 0x870c, PTYP_INTEGER32) \
	X(PidLidLogDocumentPrinted, 0x8138, PSETID_Log, 0x870e, PTYP_BOOLEAN) \
	X(PidLidLogDocumentSaved, 0x8139, PSETID_Log, 0x870f, PTYP_BOOLEAN) \
	X(PidLidLogDocumentRouted, 0x813a, PSETID_Log, 0x8710, PTYP_BOOLEAN) \
	X(PidLidLogDocumentPosted, 0x813b, PSETID_Log, 0x8711, PTYP_BOOLEAN) \
	X(PidLidLogTypeDesc, 0x813c, PSETID_Log, 0x8712, PTYP_STRING) \
	/* PSETID_Note */ \
	X(PidLidNoteColor, 0x813d, PSETID_Note, 0x8b00, PTYP_INTEGER32) \
	X(PidLidNoteWidth, 0x813e, PSETID_Note, 0x8b02, PTYP_INTEGER32) \
	X(PidLidNoteHeight, 0x813f, PSETID_Note, 0x8b03, PTYP_INTEGER32) \
	X(PidLidNoteX, 0x8140, PSETID_Note, 0x8b04, PTYP_INTEGER32) \
	X(PidLidNoteY, 0x8141, PSETID_Note, 0x8b05, PTYP_INTEGER32) \
	/* PSETID_PostRss */ \
	X(PidLidPostRssChannelLink, 0x8142, PSETID_PostRss, 0x8900, PTYP_STRING) \
	X(PidLidPostRssItemLink, 0x8143, PSETID_PostRss, 0x8901, PTYP_STRING) \
	X(PidLidPostRssItemHash, 0x8144, PSETID_PostRss, 0x8902, PTYP_INTEGER32) \
	X(PidLidPostRssItemGuid, 0x8145, PSETID_PostRss, 0x8903, PTYP_STRING) \
	X(PidLidPostRssChannel, 0x8146, PSETID_PostRss, 0x8904, PTYP_STRING) \
	X(PidLidPostRssItemXml, 0x8147, PSETID_PostRss, 0x8905, PTYP_STRING) \
	X(PidLidPostRssSubscription, 0x8148, PSETID_PostRss, 0x8906, PTYP_STRING) \
	/* PSETID_Sharing */ \
	X(PidLidSharingStatus, 0x8149, PSETID_Sharing, 0x8a00, PTYP_INTEGER32) \
	X(PidLidSharingProviderGuid, 0x814a, PSETID_Sharing, 0x8a01, PTYP_GUID) \
	X(PidLidSharingProviderName, 0x814b, PSETID_Sharing, 0x8a02, PTYP_STRING) \
	X(PidLidSharingProviderUrl, 0x814c, PSETID_Sharing, 0x8a03, PTYP_STRING) \
	X(PidLidSharingRemotePath, 0x814d, PSETID_Sharing, 0x8a04, PTYP_STRING) \
	X(PidLidSharingRemoteName, 0x814e, PSETID_Sharing, 0x8a05, PTYP_STRING) \
	X(PidLidSharingRemoteUid, 0x814f, PSETID_Sharing, 0x8a06, PTYP_STRING) \
	X(PidLidSharingInitiatorName, 0x8150, PSETID_Sharing, 0x8a07, PTYP_STRING) \
	X(PidLidSharingInitiatorSmtp, 0x8151, PSETID_Sharing, 0x8a08, PTYP_STRING) \
	X(PidLidSharingInitiatorEntryId, 0x8152, PSETID_Sharing, 0x8a09, PTYP_BINARY) \
	X(PidLidSharingFlags, 0x8153, PSETID_Sharing, 0x8a0a, PTYP_INTEGER32) \
	X(PidLidSharingProviderExtension, 0x8154, PSETID_Sharing, 0x8a0b, PTYP_STRING) \
	X(PidLidSharingRemoteUser, 0x8155, PSETID_Sharing, 0x8a0c, PTYP_STRING) \
	X(PidLidSharingRemotePass, 0x8156, PSETID_Sharing, 0x8a0d, PTYP_STRING) \
	X(PidLidSharingLocalPath, 0x8157, PSETID_Sharing, 0x8a0e, PTYP_STRING) \
	X(PidLidSharingLocalName, 0x8158, PSETID_Sharing, 0x8a0f, PTYP_STRING) \
	X(PidLidSharingLocalUid, 0x8159, PSETID_Sharing, 0x8a10, PTYP_STRING) \
	X(PidLidSharingFilter, 0x815a, PSETID_Sharing, 0x8a13, PTYP_BINARY) \
	X(PidLidSharingLocalType, 0x815b, PSETID_Sharing, 0x8a14, PTYP_STRING) \
	X(PidLidSharingFolderEntryId, 0x815c, PSETID_Sharing, 0x8a15, PTYP_BINARY) \
	X(PidLidSharingCapabilities, 0x815d, PSETID_Sharing, 0x8a17, PTYP_INTEGER32) \
	X(PidLidSharingFlavor, 0x815e, PSETID_Sharing, 0x8a18, PTYP_INTEGER32) \
	X(PidLidSharingAnonymity, 0x815f, PSETID_Sharing, 0x8a19, PTYP_INTEGER32) \
	X(PidLidSharingReciprocation, 0x8160, PSETID_Sharing, 0x8a1a, PTYP_INTEGER32) \
	X(PidLidSharingPermissions, 0x8161, PSETID_Sharing, 0x8a1b, PTYP_INTEGER32) \
	X(PidLidSharingInstanceGuid, 0x8162, PSETID_Sharing, 0x8a1c, PTYP_GUID) \
	X(PidLidSharingRemoteType, 0x8163, PSETID_Sharing, 0x8a1d, PTYP_STRING) \
	X(PidLidSharingParticipants, 0x8164, PSETID_Sharing, 0x8a1e, PTYP_STRING) \
	X(PidLidSharingLastSyncTime, 0x8165, PSETID_Sharing, 0x8a1f, PTYP_TIME) \
	X(PidLidSharingExtensionXml, 0x8166, PSETID_Sharing, 0x8a21, PTYP_STRING) \
	X(PidLidSharingRemoteLastModificationTime, 0x8167, PSETID_Sharing, 0x8a22, PTYP_TIME) \
	X(PidLidSharingLocalLastModificationTime, 0x8168, PSETID_Sharing, 0x8a23, PTYP_TIME) \
	X(PidLidSharingConfigurationUrl, 0x8169, PSETID_Sharing, 0x8a24, PTYP_STRING) \
	X(PidLidSharingStart, 0x816a, PSETID_Sharing, 0x8a25, PTYP_TIME) \
	X(PidLidSharingStop, 0x816b, PSETID_Sharing, 0x8a26, PTYP_TIME) \
	X(PidLidSharingResponseType, 0x816c, PSETID_Sharing, 0x8a27, PTYP_INTEGER32) \
	X(PidLidSharingResponseTime, 0x816d, PSETID_Sharing, 0x8a28, PTYP_TIME) \
	X(PidLidSharingOriginalMessageEntryId, 0x816e, PSETID_Sharing, 0x8a29, PTYP_BINARY) \
	X(PidLidSharingSyncInterval, 0x816f, PSETID_Sharing, 0x8a2a, PTYP_INTEGER32) \
	X(PidLidSharingDetail, 0x8170, PSETID_Sharing, 0x8a2b, PTYP_INTEGER32) \
	X(PidLidSharingTimeToLive, 0x8171, PSETID_Sharing, 0x8a2c, PTYP_INTEGER32) \
	X(PidLidSharingBindingEntryId, 0x8172, PSETID_Sharing, 0x8a2d, PTYP_BINARY) \
	X(PidLidSharingIndexEntryId, 0x8173, PSETID_Sharing, 0x8a2e, PTYP_BINARY) \
	X(PidLidSharingRemoteComment, 0x8174, PSETID_Sharing, 0x8a2f, PTYP_STRING) \
	X(PidLidSharingWorkingHoursStart, 0x8175, PSETID_Sharing, 0x8a40, PTYP_TIME) \
	X(PidLidSharingWorkingHoursEnd, 0x8176, PSETID_Sharing, 0x8a41, PTYP_TIME) \
	X(PidLidSharingWorkingHoursDays, 0x8177, PSETID_Sharing, 0x8a42, PTYP_INTEGER32) \
	X(PidLidSharingWorkingHoursTimeZone, 0x8178, PSETID_Sharing, 0x8a43, PTYP_BINARY) \
	X(PidLidSharingDataRangeStart, 0x8179, PSETID_Sharing, 0x8a44, PTYP_TIME) \
	X(PidLidSharingDataRangeEnd, 0x817a, PSETID_Sharing, 0x8a45, PTYP_TIME) \
	X(PidLidSharingRangeStart, 0x817b, PSETID_Sharing, 0x8a46, PTYP_INTEGER32) \
	X(PidLidSharingRangeEnd, 0x817c, PSETID_Sharing, 0x8a47, PTYP_INTEGER32) \
	X(PidLidSharingRemoteStoreUid, 0x817d, PSETID_Sharing, 0x8a48, PTYP_STRING) \
	X(PidLidSharingLocalStoreUid, 0x817e, PSETID_Sharing, 0x8a49, PTYP_STRING) \
	X(PidLidSharingRemoteByteSize, 0x817f, PSETID_Sharing, 0x8a4b, PTYP_INTEGER32) \
	X(PidLidSharingRemoteCrc, 0x8180, PSETID_Sharing, 0x8a4c, PTYP_INTEGER32) \
	X(PidLidSharingLocalComment, 0x8181, PSETID_Sharing, 0x8a4d, PTYP_STRING) \
	X(PidLidSharingRoamLog, 0x8182, PSETID_Sharing, 0x8a4e, PTYP_INTEGER32) \
	X(PidLidSharingRemoteMessageCount, 0x8183, PSETID_Sharing, 0x8a4f, PTYP_INTEGER32) \
	X(PidLidSharingBrowseUrl, 0x8184, PSETID_Sharing, 0x8a51, PTYP_STRING) \
	X(PidLidSharingLastAutoSyncTime, 0x8185, PSETID_Sharing, 0x8a55, PTYP_TIME) \
	X(PidLidSharingTimeToLiveAuto, 0x8186, PSETID_Sharing, 0x8a56, PTYP_INTEGER32) \
	X(PidLidSharingRemoteVersion, 0x8187, PSETID_Sharing, 0x8a5b, PTYP_STRING) \
	X(PidLidSharingParentBindingEntryId, 0x8188, PSETID_Sharing, 0x8a5c, PTYP_BINARY) \
	X(PidLidSharingSyncFlags, 0x8189, PSETID_Sharing, 0x8a60, PTYP_INTEGER32) \
	/* PSETID_Report */ \
	X(PidLidResendTime, 0x818a, PSETID_Report, 0x8d00, PTYP_TIME) \
	/* PSETID_Remote */ \
	X(PidLidRemoteEntryId, 0x818b, PSETID_Remote, 0x8f01, PTYP_BINARY) \
	X(PidLidRemoteMessageClass, 0x818c, PSETID_Remote, 0x8f02, PTYP_STRING) \
	X(PidLidRemoteTransport, 0x818d, PSETID_Remote, 0x8f03, PTYP_STRING) \
	X(PidLidRemoteTransferTime, 0x818e, PSETID_Remote, 0x8f04, PTYP_INTEGER32) \
	X(PidLidRemoteTransferSize, 0x818f, PSETID_Remote, 0x8f05, PTYP_INTEGER32) \
	X(PidLidRemoteSearchKey, 0x8190, PSETID_Remote, 0x8f06, PTYP_BINARY) \
	X(PidLidRemoteAttachment, 0x8191, PSETID_Remote, 0x8f07, PTYP_BOOLEAN) \
	/* PS_PUBLIC_STRINGS */ \
	X(PidLidCategories, 0x8192, PS_PUBLIC_STRINGS, 0x9000, PTYP_MULTIPLE_STRING)

/* X(constant, id in our mailboxes, property set, name, type) */
#define MAPI_STRING_NAME_LIST(X) \
	/* PS_PUBLIC_STRINGS */ \
	X(PidNameApplicationName, 0x8193, PS_PUBLIC_STRINGS, "AppName", PTYP_STRING) \
	X(PidNameAuthor, 0x8194, PS_PUBLIC_STRINGS, "Author", PTYP_STRING) \
	X(PidNameByteCount, 0x8195, PS_PUBLIC_STRINGS, "ByteCount", PTYP_INTEGER32) \
	X(PidNameCalendarAttendeeRole, \
	  0x8196, PS_PUBLIC_STRINGS, "urn:schemas:calendar:attendeerole", PTYP_INTEGER32) \
	X(PidNameCalendarBusystatus, \
	  0x8197, PS_PUBLIC_STRINGS, "urn:schemas:calendar:busystatus", PTYP_STRING) \
	X(PidNameCalendarContact, \
	  0x8198, PS_PUBLIC_STRINGS, "urn:schemas:calendar:contact", PTYP_STRING) \
	X(PidNameCalendarContactUrl, \
	  0x8199, PS_PUBLIC_STRINGS, "urn:schemas:calendar:contacturl", PTYP_STRING) \
	X(PidNameCalendarCreated, \
	  0x819a, PS_PUBLIC_STRINGS, "urn:schemas:calendar:created", PTYP_TIME) \
	X(PidNameCalendarDescriptionUrl, \
	  0x819b, PS_PUBLIC_STRINGS, "urn:schemas:calendar:descriptionurl", PTYP_STRING) \
	X(PidNameCalendarDuration, \
	  0x819c, PS_PUBLIC_STRINGS, "urn:schemas:calendar:duration", PTYP_INTEGER32) \
	X(PidNameCalendarExceptionDate, \
	  0x819d, PS_PUBLIC_STRINGS, "urn:schemas:calendar:exdate", PTYP_MULTIPLE_TIME) \
	X(PidNameCalendarExceptionRule, \
	  0x819e, PS_PUBLIC_STRINGS, "urn:schemas:calendar:exrule", PTYP_MULTIPLE_STRING) \
	X(PidNameCalendarGeoLatitude, \
	  0x819f, PS_PUBLIC_STRINGS, "urn:schemas:calendar:geolatitude", PTYP_FLOATING64) \
	X(PidNameCalendarGeoLongitude, \
	  0x81a0, PS_PUBLIC_STRINGS, "urn:schemas:calendar:geolongitude", PTYP_FLOATING64) \
	X(PidNameCalendarInstanceType, \
	  0x81a1, PS_PUBLIC_STRINGS, "urn:schemas:calendar:instancetype", PTYP_INTEGER32) \
	X(PidNameCalendarIsOrganizer, \
	  0x81a2, PS_PUBLIC_STRINGS, "urn:schemas:calendar:isorganizer", PTYP_BOOLEAN) \
	X(PidNameCalendarLastModified, \
	  0x81a3, PS_PUBLIC_STRINGS, "urn:schemas:calendar:lastmodified", PTYP_TIME) \
	X(PidNameCalendarLocationUrl, \
	  0x81a4, PS_PUBLIC_STRINGS, "urn:schemas:calendar:locationurl", PTYP_STRING) \
	X(PidNameCalendarMeetingStatus, \
	  0x81a5, PS_PUBLIC_STRINGS, "urn:schemas:calendar:meetingstatus", PTYP_STRING) \
	X(PidNameCalendarMethod, \
	  0x81a6, PS_PUBLIC_STRINGS, "urn:schemas:calendar:method", PTYP_STRING) \
	X(PidNameCalendarProductId, \
	  0x81a7, PS_PUBLIC_STRINGS, "urn:schemas:calendar:prodid", PTYP_STRING) \
	X(PidNameCalendarRecurrenceIdRange, \
	  0x81a8, PS_PUBLIC_STRINGS, "urn:schemas:calendar:recurrenceidrange", PTYP_STRING) \
	X(PidNameCalendarReminderOffset, \
	  0x81a9, PS_PUBLIC_STRINGS, "urn:schemas:calendar:reminderoffset", PTYP_INTEGER32) \
	X(PidNameCalendarResources, \
	  0x81aa, PS_PUBLIC_STRINGS, "urn:schemas:calendar:resources", PTYP_STRING) \
	X(PidNameCalendarRsvp, \
	  0x81ab, PS_PUBLIC_STRINGS, "urn:schemas:calendar:rsvp", PTYP_BOOLEAN) \
	X(PidNameCalendarSequence, \
	  0x81ac, PS_PUBLIC_STRINGS, "urn:schemas:calendar:sequence", PTYP_INTEGER32) \
	X(PidNameCalendarTimeZone, \
	  0x81ad, PS_PUBLIC_STRINGS, "urn:schemas:calendar:timezone", PTYP_STRING) \
	X(PidNameCalendarTimeZoneId, \
	  0x81ae, PS_PUBLIC_STRINGS, "urn:schemas:calendar:timezoneid", PTYP_INTEGER32) \
	X(PidNameCalendarTransparent, \
	  0x81af, PS_PUBLIC_STRINGS, "urn:schemas:calendar:transparent", PTYP_STRING) \
	X(PidNameCalendarUid, \
	  0x81b0, PS_PUBLIC_STRINGS, "urn:schemas:calendar:uid", PTYP_STRING) \
	X(PidNameCalendarVersion, \
	  0x81b1, PS_PUBLIC_STRINGS, "urn:schemas:calendar:version", PTYP_STRING) \
	X(PidNameCategory, 0x81b2, PS_PUBLIC_STRINGS, "Category", PTYP_STRING) \
	X(PidNameCharacterCount, 0x81b3, PS_PUBLIC_STRINGS, "CharCount", PTYP_INTEGER32) \
	X(PidNameComments, 0x81b4, PS_PUBLIC_STRINGS, "Comments", PTYP_STRING) \
	X(PidNameCompany, 0x81b5, PS_PUBLIC_STRINGS, "Company", PTYP_STRING) \
	X(PidNameCreateDateTimeReadOnly, 0x81b6, PS_PUBLIC_STRINGS, "CreateDtmRo", PTYP_TIME) \
	X(PidNameDavId, 0x81b7, PS_PUBLIC_STRINGS, "DAV:id", PTYP_STRING) \
	X(PidNameDavIsCollection, 0x81b8, PS_PUBLIC_STRINGS, "DAV:iscollection", PTYP_BOOLEAN) \
	X(PidNameDavIsStructuredDocument, \
	  0x81b9, PS_PUBLIC_STRINGS, "DAV:isstructureddocument", PTYP_BOOLEAN) \
	X(PidNameDavParentName, 0x81ba, PS_PUBLIC_STRINGS, "DAV:parentname", PTYP_STRING) \
	X(PidNameDavUid, 0x81bb, PS_PUBLIC_STRINGS, "DAV:uid", PTYP_STRING) \
	X(PidNameDocumentParts, 0x81bc, PS_PUBLIC_STRINGS, "DocParts", PTYP_MULTIPLE_STRING) \
	X(PidNameEditTime, 0x81bd, PS_PUBLIC_STRINGS, "EditTime", PTYP_STRING) \
	X(PidNameExchDataExpectedContentClass, \
	  0x81be, PS_PUBLIC_STRINGS, "urn:schemas-microsoft-com:exch-data:expected-content-class", PTYP_MULTIPLE_STRING) \
	X(PidNameExchDataSchemaCollectionReference, \
	  0x81bf, PS_PUBLIC_STRINGS, "urn:schemas-microsoft-com:exch-data:schema-collection-ref", PTYP_STRING) \
	X(PidNameExchDatabaseSchema, \
	  0x81c0, PS_PUBLIC_STRINGS, "urn:schemas-microsoft-com:exch-data:baseschema", PTYP_MULTIPLE_STRING) \
	X(PidNameExchangeIntendedBusyStatus, \
	  0x81c1, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/intendedbusystatus", PTYP_INTEGER32) \
	X(PidNameExchangeJunkEmailMoveStamp, \
	  0x81c2, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/junkemailmovestamp", PTYP_INTEGER32) \
	X(PidNameExchangeModifyExceptionStructure, \
	  0x81c3, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/modifyexceptionstruct", PTYP_BINARY) \
	X(PidNameExchangeNoModifyExceptions, \
	  0x81c4, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/nomodifyexceptions", PTYP_BOOLEAN) \
	X(PidNameExchangePatternEnd, \
	  0x81c5, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/patternend", PTYP_TIME) \
	X(PidNameExchangePatternStart, \
	  0x81c6, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/patternstart", PTYP_TIME) \
	X(PidNameExchangeReminderInterval, \
	  0x81c7, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/exchange/reminderinterval", PTYP_INTEGER32) \
	X(PidNameHeadingPairs, 0x81c8, PS_PUBLIC_STRINGS, "HeadingPairs", PTYP_BINARY) \
	X(PidNameHiddenCount, 0x81c9, PS_PUBLIC_STRINGS, "HiddenCount", PTYP_INTEGER32) \
	X(PidNameHttpmailCalendar, \
	  0x81ca, PS_PUBLIC_STRINGS, "urn:schemas:httpmail:calendar", PTYP_STRING) \
	X(PidNameHttpmailHtmlDescription, \
	  0x81cb, PS_PUBLIC_STRINGS, "urn:schemas:httpmail:htmldescription", PTYP_STRING) \
	X(PidNameHttpmailSendMessage, \
	  0x81cc, PS_PUBLIC_STRINGS, "urn:schemas:httpmail:sendmsg", PTYP_BOOLEAN) \
	X(PidNameICalendarRecurrenceDate, \
	  0x81cd, PS_PUBLIC_STRINGS, "urn:schemas:calendar:rdate", PTYP_MULTIPLE_TIME) \
	X(PidNameICalendarRecurrenceRule, \
	  0x81ce, PS_PUBLIC_STRINGS, "urn:schemas:calendar:rrule", PTYP_MULTIPLE_STRING) \
	X(PidNameKeywords, 0x81cf, PS_PUBLIC_STRINGS, "Keywords", PTYP_MULTIPLE_STRING) \
	X(PidNameLastAuthor, 0x81d0, PS_PUBLIC_STRINGS, "LastAuthor", PTYP_STRING) \
	X(PidNameLastPrinted, 0x81d1, PS_PUBLIC_STRINGS, "LastPrinted", PTYP_TIME) \
	X(PidNameLastSaveDateTime, 0x81d2, PS_PUBLIC_STRINGS, "LastSaveDtm", PTYP_TIME) \
	X(PidNameLineCount, 0x81d3, PS_PUBLIC_STRINGS, "LineCount", PTYP_INTEGER32) \
	X(PidNameLinksDirty, 0x81d4, PS_PUBLIC_STRINGS, "LinksDirty", PTYP_BOOLEAN) \
	X(PidNameManager, 0x81d5, PS_PUBLIC_STRINGS, "Manager", PTYP_STRING) \
	X(PidNameMeetingDoNotForward, 0x81d6, PS_PUBLIC_STRINGS, "DoNotForward", PTYP_BOOLEAN) \
	X(PidNameMultimediaClipCount, \
	  0x81d7, PS_PUBLIC_STRINGS, "MMClipCount", PTYP_INTEGER32) \
	X(PidNameNoteCount, 0x81d8, PS_PUBLIC_STRINGS, "NoteCount", PTYP_INTEGER32) \
	X(PidNameOMSAccountGuid, 0x81d9, PS_PUBLIC_STRINGS, "OMSAccountGuid", PTYP_STRING) \
	X(PidNameOMSMobileModel, 0x81da, PS_PUBLIC_STRINGS, "OMSMobileModel", PTYP_STRING) \
	X(PidNameOMSScheduleTime, 0x81db, PS_PUBLIC_STRINGS, "OMSScheduleTime", PTYP_TIME) \
	X(PidNameOMSServiceType, 0x81dc, PS_PUBLIC_STRINGS, "OMSServiceType", PTYP_INTEGER32) \
	X(PidNameOMSSourceType, 0x81dd, PS_PUBLIC_STRINGS, "OMSSourceType", PTYP_INTEGER32) \
	X(PidNamePageCount, 0x81de, PS_PUBLIC_STRINGS, "PageCount", PTYP_INTEGER32) \
	X(PidNameParagraphCount, 0x81df, PS_PUBLIC_STRINGS, "ParCount", PTYP_INTEGER32) \
	X(PidNamePhishingStamp, \
	  0x81e0, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/outlook/phishingstamp", PTYP_INTEGER32) \
	X(PidNamePresentationFormat, 0x81e1, PS_PUBLIC_STRINGS, "PresFormat", PTYP_STRING) \
	X(PidNameQuarantineOriginalSender, \
	  0x81e2, PS_PUBLIC_STRINGS, "quarantine-original-sender", PTYP_STRING) \
	X(PidNameRevisionNumber, 0x81e3, PS_PUBLIC_STRINGS, "RevNumber", PTYP_STRING) \
	X(PidNameRightsManagementLicense, \
	  0x81e4, PS_PUBLIC_STRINGS, "DRMLicense", PTYP_MULTIPLE_BINARY) \
	X(PidNameScale, 0x81e5, PS_PUBLIC_STRINGS, "Scale", PTYP_BOOLEAN) \
	X(PidNameSecurity, 0x81e6, PS_PUBLIC_STRINGS, "Security", PTYP_INTEGER32) \
	X(PidNameSlideCount, 0x81e7, PS_PUBLIC_STRINGS, "SlideCount", PTYP_INTEGER32) \
	X(PidNameSpoofingStamp, \
	  0x81e8, PS_PUBLIC_STRINGS, "http://schemas.microsoft.com/outlook/spoofingstamp", PTYP_INTEGER32) \
	X(PidNameSubject, 0x81e9, PS_PUBLIC_STRINGS, "Subject", PTYP_STRING) \
	X(PidNameTemplate, 0x81ea, PS_PUBLIC_STRINGS, "Template", PTYP_STRING) \
	X(PidNameThumbnail, 0x81eb, PS_PUBLIC_STRINGS, "Thumbnail", PTYP_BINARY) \
	X(PidNameTitle, 0x81ec, PS_PUBLIC_STRINGS, "Title", PTYP_STRING) \
	X(PidNameWordCount, 0x81ed, PS_PUBLIC_STRINGS, "WordCount", PTYP_INTEGER32) \
	/* PS_INTERNET_HEADERS */ \
	X(PidNameAcceptLanguage, 0x81ee, PS_INTERNET_HEADERS, "Accept-Language", PTYP_STRING) \
	X(PidNameApprovalRequestor, \
	  0x81ef, PS_INTERNET_HEADERS, "X-MS-Exchange-Organization-Approval-Requestor", PTYP_STRING) \
	X(PidNameAuthenticatedAs, \
	  0x81f0, PS_INTERNET_HEADERS, "X-MS-Exchange-Organization-AuthAs", PTYP_STRING) \
	X(PidNameAuthenticatedDomain, \
	  0x81f1, PS_INTERNET_HEADERS, "X-MS-Exchange-Organization-AuthDomain", PTYP_STRING) \
	X(PidNameAuthenticatedMechanism, \
	  0x81f2, PS_INTERNET_HEADERS, "X-MS-Exchange-Organization-AuthMechanism", PTYP_STRING) \
	X(PidNameAuthenticatedSource, \
	  0x81f3, PS_INTERNET_HEADERS, "X-MS-Exchange-Organization-AuthSource", PTYP_STRING) \
	X(PidNameBcc, 0x81f4, PS_INTERNET_HEADERS, "Bcc", PTYP_STRING) \
	X(PidNameCc, 0x81f5, PS_INTERNET_HEADERS, "Cc", PTYP_STRING) \
	X(PidNameContentBase, 0x81f6, PS_INTERNET_HEADERS, "Content-Base", PTYP_STRING) \
	X(PidNameContentClass, 0x81f7, PS_INTERNET_HEADERS, "Content-Class", PTYP_STRING) \
	X(PidNameContentDisposition, \
	  0x81f8, PS_INTERNET_HEADERS, "Content-Disposition", PTYP_STRING) \
	X(PidNameContentID, 0x81f9, PS_INTERNET_HEADERS, "Content-ID", PTYP_STRING) \
	X(PidNameContentLanguage, \
	  0x81fa, PS_INTERNET_HEADERS, "Content-Language", PTYP_STRING) \
	X(PidNameContentLocation, \
	  0x81fb, PS_INTERNET_HEADERS, "Content-Location", PTYP_STRING) \
	X(PidNameContentTransferEncoding, \
	  0x81fc, PS_INTERNET_HEADERS, "Content-Transfer-Encoding", PTYP_STRING) \
	X(PidNameContentType, 0x81fd, PS_INTERNET_HEADERS, "Content-Type", PTYP_STRING) \
	X(PidNameCrossReference, 0x81fe, PS_INTERNET_HEADERS, "Xref", PTYP_STRING) \
	X(PidNameFrom, 0x81ff, PS_INTERNET_HEADERS, "From", PTYP_STRING) \
	X(PidNameInternetSubject, 0x8200, PS_INTERNET_HEADERS, "Subject", PTYP_STRING) \
	X(PidNameMSIPLabels, 0x8201, PS_INTERNET_HEADERS, "msip_labels", PTYP_STRING) \
	X(PidNameXCallId, 0x8202, PS_INTERNET_HEADERS, "X-CallID", PTYP_STRING) \
	X(PidNameXFaxNumberOfPages, \
	  0x8203, PS_INTERNET_HEADERS, "X-FaxNumberOfPages", PTYP_INTEGER16) \
	X(PidNameXRequireProtectedPlayOnPhone, \
	  0x8204, PS_INTERNET_HEADERS, "X-RequireProtectedPlayOnPhone", PTYP_BOOLEAN) \
	X(PidNameXSenderTelephoneNumber, \
	  0x8205, PS_INTERNET_HEADERS, "X-CallingTelephoneNumber", PTYP_STRING) \
	X(PidNameXSharingBrowseUrl, \
	  0x8206, PS_INTERNET_HEADERS, "X-Sharing-Browse-Url", PTYP_STRING) \
	X(PidNameXSharingCapabilities, \
	  0x8207, PS_INTERNET_HEADERS, "X-Sharing-Capabilities", PTYP_STRING) \
	X(PidNameXSharingConfigUrl, \
	  0x8208, PS_INTERNET_HEADERS, "X-Sharing-Config-Url", PTYP_STRING) \
	X(PidNameXSharingExendedCaps, \
	  0x8209, PS_INTERNET_HEADERS, "X-Sharing-Exended-Caps", PTYP_STRING) \
	X(PidNameXSharingFlavor, 0x820a, PS_INTERNET_HEADERS, "X-Sharing-Flavor", PTYP_STRING) \
	X(PidNameXSharingInstanceGuid, \
	  0x820b, PS_INTERNET_HEADERS, "X-Sharing-Instance-Guid", PTYP_STRING) \
	X(PidNameXSharingLocalType, \
	  0x820c, PS_INTERNET_HEADERS, "X-Sharing-Local-Type", PTYP_STRING) \
	X(PidNameXSharingProviderGuid, \
	  0x820d, PS_INTERNET_HEADERS, "X-Sharing-Provider-Guid", PTYP_STRING) \
	X(PidNameXSharingProviderName, \
	  0x820e, PS_INTERNET_HEADERS, "X-Sharing-Provider-Name", PTYP_STRING) \
	X(PidNameXSharingProviderUrl, \
	  0x820f, PS_INTERNET_HEADERS, "X-Sharing-Provider-Url", PTYP_STRING) \
	X(PidNameXSharingRemoteName, \
	  0x8210, PS_INTERNET_HEADERS, "X-Sharing-Remote-Name", PTYP_STRING) \
	X(PidNameXSharingRemotePath, \
	  0x8211, PS_INTERNET_HEADERS, "X-Sharing-Remote-Path", PTYP_STRING) \
	X(PidNameXSharingRemoteStoreUid, \
	  0x8212, PS_INTERNET_HEADERS, "X-Sharing-Remote-Store-Uid", PTYP_STRING) \
	X(PidNameXSharingRemoteType, \
	  0x8213, PS_INTERNET_HEADERS, "X-Sharing-Remote-Type", PTYP_STRING) \
	X(PidNameXSharingRemoteUid, \
	  0x8214, PS_INTERNET_HEADERS, "X-Sharing-Remote-Uid", PTYP_STRING) \
	X(PidNameXVoiceMessageAttachmentOrder, \
	  0x8215, PS_INTERNET_HEADERS, "X-AttachmentOrder", PTYP_STRING) \
	X(PidNameXVoiceMessageDuration, \
	  0x8216, PS_INTERNET_HEADERS, "X-VoiceMessageDuration", PTYP_INTEGER16) \
	X(PidNameXVoiceMessageSenderName, \
	  0x8217, PS_INTERNET_HEADERS, "X-VoiceMessageSenderName", PTYP_STRING) \
	/* PSETID_Attachment */ \
	X(PidNameAttachmentMacContentType, \
	  0x8218, PSETID_Attachment, "AttachmentMacContentType", PTYP_STRING) \
	X(PidNameAttachmentMacInfo, \
	  0x8219, PSETID_Attachment, "AttachmentMacInfo", PTYP_BINARY) \
	/* PSETID_UnifiedMessaging */ \
	X(PidNameAudioNotes, 0x821a, PSETID_UnifiedMessaging, "UMAudioNotes", PTYP_STRING) \
	X(PidNameAutomaticSpeechRecognitionData, \
	  0x821b, PSETID_UnifiedMessaging, "AsrData", PTYP_BINARY) \
	/* PSETID_XmlExtractedEntities */ \
	X(PidNameExtractedAddresses, \
	  0x821c, PSETID_XmlExtractedEntities, "XmlExtractedAddresses", PTYP_STRING) \
	X(PidNameExtractedContacts, \
	  0x821d, PSETID_XmlExtractedEntities, "XmlExtractedContacts", PTYP_STRING) \
	X(PidNameExtractedEmails, \
	  0x821e, PSETID_XmlExtractedEntities, "XmlExtractedEmails", PTYP_STRING) \
	X(PidNameExtractedMeetings, \
	  0x821f, PSETID_XmlExtractedEntities, "XmlExtractedMeetings", PTYP_STRING) \
	X(PidNameExtractedPhones, \
	  0x8220, PSETID_XmlExtractedEntities, "XmlExtractedPhones", PTYP_STRING) \
	X(PidNameExtractedTasks, \
	  0x8221, PSETID_XmlExtractedEntities, "XmlExtractedTasks", PTYP_STRING) \
	X(PidNameExtractedUrls, \
	  0x8222, PSETID_XmlExtractedEntities, "XmlExtractedUrls", PTYP_STRING)

/* The next row that is added gets this id, and this goes up. */
#define MAPI_NAMED_NEXT 0x8223

enum mapi_known_tag {
#define MAPI_X_TAG(name, id, type) name = MAPI_TAG(id, type),
	MAPI_TAG_LIST(MAPI_X_TAG)
	MAPI_AB_TAG_LIST(MAPI_X_TAG)
	MAPI_META_TAG_LIST(MAPI_X_TAG)
	MAPI_MARKER_LIST(MAPI_X_TAG)
#undef MAPI_X_TAG
#define MAPI_X_NAMED(name, id, set, key, type) name = MAPI_TAG(id, type),
	MAPI_LID_LIST(MAPI_X_NAMED)
	MAPI_STRING_NAME_LIST(MAPI_X_NAMED)
#undef MAPI_X_NAMED
};

/* --- looking up ----------------------------------------------------------------- */

/* The same name? LIDs by number. Strings byte for byte, but those of
   PS_INTERNET_HEADERS, which name header fields, without regard to ASCII letter
   case. */
bool mapi_name_equals(const struct mapi_name *a, const struct mapi_name *b);
/* Name of an id below MAPI_NAMED_DYNAMIC, with PS_MAPI for ids below
   MAPI_NAMED_FIRST (MS-OXCPRPT 3.2.5.9). FALSE: no property has this id. The string
   is static. */
bool mapi_static_name(uint16_t id, struct mapi_name *name_r);
/* Id of a name: that of the tables above, or the LID itself if the set is PS_MAPI
   and the LID is below MAPI_NAMED_FIRST. 0: not known here (PS_MAPI otherwise:
   there is no such name, MS-OXCPRPT 2.2.12.2; else the mailbox may give it a
   number). */
uint16_t mapi_static_id(const struct mapi_name *name);
/* PS_MAPI names cannot be given numbers of their own. */
bool mapi_name_is_mapi(const struct mapi_name *name);
/* Full tag with the type of MS-OXPROPS for an id of the named tables; 0: none. */
mapi_tag_t mapi_static_tag(uint16_t id);

/* For traces and logs, never NULL: "PidTagSubject", "PidLidBusyStatus";
   "PidTagSubject:001e" if the type is not the usual one; "0x6abc001f" if it is not
   known. Data stack unless static. mapi_ab_tag_name(): in the address book's
   space. */
const char *mapi_tag_name(mapi_tag_t tag);
const char *mapi_ab_tag_name(mapi_tag_t tag);

#endif
