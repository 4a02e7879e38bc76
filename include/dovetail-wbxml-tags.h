/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The one table of ActiveSync tags.  Everything that names a tag (constants,
   reader, writer, tracer, tests, fuzz dictionary) is made from it.

   X(constant, code page, token, XML name, since, until)

   since/until are the first and last protocol version that has the tag, as
   version * 10 (25 = 2.5, 161 = 16.1); they inform traces and tests, the codec
   takes every tag in every version.

   Tokens and names: [MS-ASWBXML] 2.1.2.1.1 - 2.1.2.1.26.  Names follow the
   class documents ([MS-ASCMD], [MS-ASEMAIL], [MS-ASCNTC], ...).  Page 3 was
   withdrawn after 2.5; page 4 tokens 0x2B - 0x32 are reserved names that
   clients of 12.x have been seen to know, and never needed. */
#ifndef DOVETAIL_WBXML_TAGS_H
#define DOVETAIL_WBXML_TAGS_H

/* X(code page, prefix, namespace) */
#define WBXML_PAGE_LIST(X) \
	X(0, "AS", "AirSync") \
	X(1, "CONTACTS", "Contacts") \
	X(2, "EMAIL", "Email") \
	X(3, "NOTIFY", "AirNotify") \
	X(4, "CAL", "Calendar") \
	X(5, "MOVE", "Move") \
	X(6, "GIE", "GetItemEstimate") \
	X(7, "FH", "FolderHierarchy") \
	X(8, "MR", "MeetingResponse") \
	X(9, "TASKS", "Tasks") \
	X(10, "RR", "ResolveRecipients") \
	X(11, "VC", "ValidateCert") \
	X(12, "CONTACTS2", "Contacts2") \
	X(13, "PING", "Ping") \
	X(14, "PROV", "Provision") \
	X(15, "SEARCH", "Search") \
	X(16, "GAL", "GAL") \
	X(17, "ASB", "AirSyncBase") \
	X(18, "SET", "Settings") \
	X(19, "DL", "DocumentLibrary") \
	X(20, "IO", "ItemOperations") \
	X(21, "CM", "ComposeMail") \
	X(22, "EMAIL2", "Email2") \
	X(23, "NOTES", "Notes") \
	X(24, "RM", "RightsManagement") \
	X(25, "FIND", "Find")

#define WBXML_TAG_LIST(X) \
	/* Page 0: AirSync */ \
	X(AS_Sync, 0, 0x05, "Sync", 25, 161) \
	X(AS_Responses, 0, 0x06, "Responses", 25, 161) \
	X(AS_Add, 0, 0x07, "Add", 25, 161) \
	X(AS_Change, 0, 0x08, "Change", 25, 161) \
	X(AS_Delete, 0, 0x09, "Delete", 25, 161) \
	X(AS_Fetch, 0, 0x0A, "Fetch", 25, 161) \
	X(AS_SyncKey, 0, 0x0B, "SyncKey", 25, 161) \
	X(AS_ClientId, 0, 0x0C, "ClientId", 25, 161) \
	X(AS_ServerId, 0, 0x0D, "ServerId", 25, 161) \
	X(AS_Status, 0, 0x0E, "Status", 25, 161) \
	X(AS_Collection, 0, 0x0F, "Collection", 25, 161) \
	X(AS_Class, 0, 0x10, "Class", 25, 161) \
	X(AS_Version, 0, 0x11, "Version", 25, 25) \
	X(AS_CollectionId, 0, 0x12, "CollectionId", 25, 161) \
	X(AS_GetChanges, 0, 0x13, "GetChanges", 25, 161) \
	X(AS_MoreAvailable, 0, 0x14, "MoreAvailable", 25, 161) \
	X(AS_WindowSize, 0, 0x15, "WindowSize", 25, 161) \
	X(AS_Commands, 0, 0x16, "Commands", 25, 161) \
	X(AS_Options, 0, 0x17, "Options", 25, 161) \
	X(AS_FilterType, 0, 0x18, "FilterType", 25, 161) \
	X(AS_Truncation, 0, 0x19, "Truncation", 25, 25) \
	X(AS_RTFTruncation, 0, 0x1A, "RTFTruncation", 25, 25) \
	X(AS_Conflict, 0, 0x1B, "Conflict", 25, 161) \
	X(AS_Collections, 0, 0x1C, "Collections", 25, 161) \
	X(AS_ApplicationData, 0, 0x1D, "ApplicationData", 25, 161) \
	X(AS_DeletesAsMoves, 0, 0x1E, "DeletesAsMoves", 25, 161) \
	X(AS_NotifyGUID, 0, 0x1F, "NotifyGUID", 25, 25) \
	X(AS_Supported, 0, 0x20, "Supported", 25, 161) \
	X(AS_SoftDelete, 0, 0x21, "SoftDelete", 25, 161) \
	X(AS_MIMESupport, 0, 0x22, "MIMESupport", 25, 161) \
	X(AS_MIMETruncation, 0, 0x23, "MIMETruncation", 25, 161) \
	X(AS_Wait, 0, 0x24, "Wait", 121, 161) \
	X(AS_Limit, 0, 0x25, "Limit", 121, 161) \
	X(AS_Partial, 0, 0x26, "Partial", 121, 161) \
	X(AS_ConversationMode, 0, 0x27, "ConversationMode", 140, 161) \
	X(AS_MaxItems, 0, 0x28, "MaxItems", 140, 161) \
	X(AS_HeartbeatInterval, 0, 0x29, "HeartbeatInterval", 140, 161) \
	/* Page 1: Contacts */ \
	X(CONTACTS_Anniversary, 1, 0x05, "Anniversary", 25, 161) \
	X(CONTACTS_AssistantName, 1, 0x06, "AssistantName", 25, 161) \
	X(CONTACTS_AssistantPhoneNumber, 1, 0x07, "AssistantPhoneNumber", 25, 161) \
	X(CONTACTS_Birthday, 1, 0x08, "Birthday", 25, 161) \
	X(CONTACTS_Body, 1, 0x09, "Body", 25, 25) \
	X(CONTACTS_BodySize, 1, 0x0A, "BodySize", 25, 25) \
	X(CONTACTS_BodyTruncated, 1, 0x0B, "BodyTruncated", 25, 25) \
	X(CONTACTS_Business2PhoneNumber, 1, 0x0C, "Business2PhoneNumber", 25, 161) \
	X(CONTACTS_BusinessAddressCity, 1, 0x0D, "BusinessAddressCity", 25, 161) \
	X(CONTACTS_BusinessAddressCountry, 1, 0x0E, "BusinessAddressCountry", 25, 161) \
	X(CONTACTS_BusinessAddressPostalCode, 1, 0x0F, "BusinessAddressPostalCode", 25, 161) \
	X(CONTACTS_BusinessAddressState, 1, 0x10, "BusinessAddressState", 25, 161) \
	X(CONTACTS_BusinessAddressStreet, 1, 0x11, "BusinessAddressStreet", 25, 161) \
	X(CONTACTS_BusinessFaxNumber, 1, 0x12, "BusinessFaxNumber", 25, 161) \
	X(CONTACTS_BusinessPhoneNumber, 1, 0x13, "BusinessPhoneNumber", 25, 161) \
	X(CONTACTS_CarPhoneNumber, 1, 0x14, "CarPhoneNumber", 25, 161) \
	X(CONTACTS_Categories, 1, 0x15, "Categories", 25, 161) \
	X(CONTACTS_Category, 1, 0x16, "Category", 25, 161) \
	X(CONTACTS_Children, 1, 0x17, "Children", 25, 161) \
	X(CONTACTS_Child, 1, 0x18, "Child", 25, 161) \
	X(CONTACTS_CompanyName, 1, 0x19, "CompanyName", 25, 161) \
	X(CONTACTS_Department, 1, 0x1A, "Department", 25, 161) \
	X(CONTACTS_Email1Address, 1, 0x1B, "Email1Address", 25, 161) \
	X(CONTACTS_Email2Address, 1, 0x1C, "Email2Address", 25, 161) \
	X(CONTACTS_Email3Address, 1, 0x1D, "Email3Address", 25, 161) \
	X(CONTACTS_FileAs, 1, 0x1E, "FileAs", 25, 161) \
	X(CONTACTS_FirstName, 1, 0x1F, "FirstName", 25, 161) \
	X(CONTACTS_Home2PhoneNumber, 1, 0x20, "Home2PhoneNumber", 25, 161) \
	X(CONTACTS_HomeAddressCity, 1, 0x21, "HomeAddressCity", 25, 161) \
	X(CONTACTS_HomeAddressCountry, 1, 0x22, "HomeAddressCountry", 25, 161) \
	X(CONTACTS_HomeAddressPostalCode, 1, 0x23, "HomeAddressPostalCode", 25, 161) \
	X(CONTACTS_HomeAddressState, 1, 0x24, "HomeAddressState", 25, 161) \
	X(CONTACTS_HomeAddressStreet, 1, 0x25, "HomeAddressStreet", 25, 161) \
	X(CONTACTS_HomeFaxNumber, 1, 0x26, "HomeFaxNumber", 25, 161) \
	X(CONTACTS_HomePhoneNumber, 1, 0x27, "HomePhoneNumber", 25, 161) \
	X(CONTACTS_JobTitle, 1, 0x28, "JobTitle", 25, 161) \
	X(CONTACTS_LastName, 1, 0x29, "LastName", 25, 161) \
	X(CONTACTS_MiddleName, 1, 0x2A, "MiddleName", 25, 161) \
	X(CONTACTS_MobilePhoneNumber, 1, 0x2B, "MobilePhoneNumber", 25, 161) \
	X(CONTACTS_OfficeLocation, 1, 0x2C, "OfficeLocation", 25, 161) \
	X(CONTACTS_OtherAddressCity, 1, 0x2D, "OtherAddressCity", 25, 161) \
	X(CONTACTS_OtherAddressCountry, 1, 0x2E, "OtherAddressCountry", 25, 161) \
	X(CONTACTS_OtherAddressPostalCode, 1, 0x2F, "OtherAddressPostalCode", 25, 161) \
	X(CONTACTS_OtherAddressState, 1, 0x30, "OtherAddressState", 25, 161) \
	X(CONTACTS_OtherAddressStreet, 1, 0x31, "OtherAddressStreet", 25, 161) \
	X(CONTACTS_PagerNumber, 1, 0x32, "PagerNumber", 25, 161) \
	X(CONTACTS_RadioPhoneNumber, 1, 0x33, "RadioPhoneNumber", 25, 161) \
	X(CONTACTS_Spouse, 1, 0x34, "Spouse", 25, 161) \
	X(CONTACTS_Suffix, 1, 0x35, "Suffix", 25, 161) \
	X(CONTACTS_Title, 1, 0x36, "Title", 25, 161) \
	X(CONTACTS_WebPage, 1, 0x37, "WebPage", 25, 161) \
	X(CONTACTS_YomiCompanyName, 1, 0x38, "YomiCompanyName", 25, 161) \
	X(CONTACTS_YomiFirstName, 1, 0x39, "YomiFirstName", 25, 161) \
	X(CONTACTS_YomiLastName, 1, 0x3A, "YomiLastName", 25, 161) \
	X(CONTACTS_CompressedRTF, 1, 0x3B, "CompressedRTF", 25, 25) \
	X(CONTACTS_Picture, 1, 0x3C, "Picture", 25, 161) \
	X(CONTACTS_Alias, 1, 0x3D, "Alias", 140, 161) \
	X(CONTACTS_WeightedRank, 1, 0x3E, "WeightedRank", 140, 161) \
	/* Page 2: Email */ \
	X(EMAIL_Attachment, 2, 0x05, "Attachment", 25, 25) \
	X(EMAIL_Attachments, 2, 0x06, "Attachments", 25, 25) \
	X(EMAIL_AttName, 2, 0x07, "AttName", 25, 25) \
	X(EMAIL_AttSize, 2, 0x08, "AttSize", 25, 25) \
	X(EMAIL_Att0Id, 2, 0x09, "Att0Id", 25, 25) \
	X(EMAIL_AttMethod, 2, 0x0A, "AttMethod", 25, 25) \
	X(EMAIL_AttRemoved, 2, 0x0B, "AttRemoved", 25, 25) \
	X(EMAIL_Body, 2, 0x0C, "Body", 25, 25) \
	X(EMAIL_BodySize, 2, 0x0D, "BodySize", 25, 25) \
	X(EMAIL_BodyTruncated, 2, 0x0E, "BodyTruncated", 25, 25) \
	X(EMAIL_DateReceived, 2, 0x0F, "DateReceived", 25, 161) \
	X(EMAIL_DisplayName, 2, 0x10, "DisplayName", 25, 25) \
	X(EMAIL_DisplayTo, 2, 0x11, "DisplayTo", 25, 161) \
	X(EMAIL_Importance, 2, 0x12, "Importance", 25, 161) \
	X(EMAIL_MessageClass, 2, 0x13, "MessageClass", 25, 161) \
	X(EMAIL_Subject, 2, 0x14, "Subject", 25, 161) \
	X(EMAIL_Read, 2, 0x15, "Read", 25, 161) \
	X(EMAIL_To, 2, 0x16, "To", 25, 161) \
	X(EMAIL_Cc, 2, 0x17, "Cc", 25, 161) \
	X(EMAIL_From, 2, 0x18, "From", 25, 161) \
	X(EMAIL_ReplyTo, 2, 0x19, "ReplyTo", 25, 161) \
	X(EMAIL_AllDayEvent, 2, 0x1A, "AllDayEvent", 25, 161) \
	X(EMAIL_Categories, 2, 0x1B, "Categories", 25, 161) \
	X(EMAIL_Category, 2, 0x1C, "Category", 25, 161) \
	X(EMAIL_DtStamp, 2, 0x1D, "DtStamp", 25, 161) \
	X(EMAIL_EndTime, 2, 0x1E, "EndTime", 25, 161) \
	X(EMAIL_InstanceType, 2, 0x1F, "InstanceType", 25, 161) \
	X(EMAIL_BusyStatus, 2, 0x20, "BusyStatus", 25, 161) \
	X(EMAIL_Location, 2, 0x21, "Location", 25, 161) \
	X(EMAIL_MeetingRequest, 2, 0x22, "MeetingRequest", 25, 161) \
	X(EMAIL_Organizer, 2, 0x23, "Organizer", 25, 161) \
	X(EMAIL_RecurrenceId, 2, 0x24, "RecurrenceId", 25, 161) \
	X(EMAIL_Reminder, 2, 0x25, "Reminder", 25, 161) \
	X(EMAIL_ResponseRequested, 2, 0x26, "ResponseRequested", 25, 161) \
	X(EMAIL_Recurrences, 2, 0x27, "Recurrences", 25, 161) \
	X(EMAIL_Recurrence, 2, 0x28, "Recurrence", 25, 161) \
	X(EMAIL_Type, 2, 0x29, "Type", 25, 161) \
	X(EMAIL_Until, 2, 0x2A, "Until", 25, 161) \
	X(EMAIL_Occurrences, 2, 0x2B, "Occurrences", 25, 161) \
	X(EMAIL_Interval, 2, 0x2C, "Interval", 25, 161) \
	X(EMAIL_DayOfWeek, 2, 0x2D, "DayOfWeek", 25, 161) \
	X(EMAIL_DayOfMonth, 2, 0x2E, "DayOfMonth", 25, 161) \
	X(EMAIL_WeekOfMonth, 2, 0x2F, "WeekOfMonth", 25, 161) \
	X(EMAIL_MonthOfYear, 2, 0x30, "MonthOfYear", 25, 161) \
	X(EMAIL_StartTime, 2, 0x31, "StartTime", 25, 161) \
	X(EMAIL_Sensitivity, 2, 0x32, "Sensitivity", 25, 161) \
	X(EMAIL_TimeZone, 2, 0x33, "TimeZone", 25, 161) \
	X(EMAIL_GlobalObjId, 2, 0x34, "GlobalObjId", 25, 161) \
	X(EMAIL_ThreadTopic, 2, 0x35, "ThreadTopic", 25, 161) \
	X(EMAIL_MIMEData, 2, 0x36, "MIMEData", 25, 25) \
	X(EMAIL_MIMETruncated, 2, 0x37, "MIMETruncated", 25, 25) \
	X(EMAIL_MIMESize, 2, 0x38, "MIMESize", 25, 25) \
	X(EMAIL_InternetCPID, 2, 0x39, "InternetCPID", 25, 161) \
	X(EMAIL_Flag, 2, 0x3A, "Flag", 120, 161) \
	X(EMAIL_Status, 2, 0x3B, "Status", 120, 161) \
	X(EMAIL_ContentClass, 2, 0x3C, "ContentClass", 120, 161) \
	X(EMAIL_FlagType, 2, 0x3D, "FlagType", 120, 161) \
	X(EMAIL_CompleteTime, 2, 0x3E, "CompleteTime", 120, 161) \
	X(EMAIL_DisallowNewTimeProposal, 2, 0x3F, "DisallowNewTimeProposal", 140, 161) \
	/* Page 3: AirNotify */ \
	X(NOTIFY_Notify, 3, 0x05, "Notify", 25, 25) \
	X(NOTIFY_Notification, 3, 0x06, "Notification", 25, 25) \
	X(NOTIFY_Version, 3, 0x07, "Version", 25, 25) \
	X(NOTIFY_LifeTime, 3, 0x08, "LifeTime", 25, 25) \
	X(NOTIFY_DeviceInfo, 3, 0x09, "DeviceInfo", 25, 25) \
	X(NOTIFY_Enable, 3, 0x0A, "Enable", 25, 25) \
	X(NOTIFY_Folder, 3, 0x0B, "Folder", 25, 25) \
	X(NOTIFY_ServerId, 3, 0x0C, "ServerId", 25, 25) \
	X(NOTIFY_DeviceAddress, 3, 0x0D, "DeviceAddress", 25, 25) \
	X(NOTIFY_ValidCarrierProfiles, 3, 0x0E, "ValidCarrierProfiles", 25, 25) \
	X(NOTIFY_CarrierProfile, 3, 0x0F, "CarrierProfile", 25, 25) \
	X(NOTIFY_Status, 3, 0x10, "Status", 25, 25) \
	X(NOTIFY_Responses, 3, 0x11, "Responses", 25, 25) \
	X(NOTIFY_Devices, 3, 0x12, "Devices", 25, 25) \
	X(NOTIFY_Device, 3, 0x13, "Device", 25, 25) \
	X(NOTIFY_Id, 3, 0x14, "Id", 25, 25) \
	X(NOTIFY_Expiry, 3, 0x15, "Expiry", 25, 25) \
	X(NOTIFY_NotifyGUID, 3, 0x16, "NotifyGUID", 25, 25) \
	X(NOTIFY_DeviceFriendlyName, 3, 0x17, "DeviceFriendlyName", 25, 25) \
	/* Page 4: Calendar */ \
	X(CAL_TimeZone, 4, 0x05, "TimeZone", 25, 161) \
	X(CAL_AllDayEvent, 4, 0x06, "AllDayEvent", 25, 161) \
	X(CAL_Attendees, 4, 0x07, "Attendees", 25, 161) \
	X(CAL_Attendee, 4, 0x08, "Attendee", 25, 161) \
	X(CAL_Email, 4, 0x09, "Email", 25, 161) \
	X(CAL_Name, 4, 0x0A, "Name", 25, 161) \
	X(CAL_Body, 4, 0x0B, "Body", 25, 25) \
	X(CAL_BodyTruncated, 4, 0x0C, "BodyTruncated", 25, 25) \
	X(CAL_BusyStatus, 4, 0x0D, "BusyStatus", 25, 161) \
	X(CAL_Categories, 4, 0x0E, "Categories", 25, 161) \
	X(CAL_Category, 4, 0x0F, "Category", 25, 161) \
	X(CAL_CompressedRTF, 4, 0x10, "CompressedRTF", 25, 25) \
	X(CAL_DtStamp, 4, 0x11, "DtStamp", 25, 161) \
	X(CAL_EndTime, 4, 0x12, "EndTime", 25, 161) \
	X(CAL_Exception, 4, 0x13, "Exception", 25, 161) \
	X(CAL_Exceptions, 4, 0x14, "Exceptions", 25, 161) \
	X(CAL_Deleted, 4, 0x15, "Deleted", 25, 161) \
	X(CAL_ExceptionStartTime, 4, 0x16, "ExceptionStartTime", 25, 161) \
	X(CAL_Location, 4, 0x17, "Location", 25, 161) \
	X(CAL_MeetingStatus, 4, 0x18, "MeetingStatus", 25, 161) \
	X(CAL_OrganizerEmail, 4, 0x19, "OrganizerEmail", 25, 161) \
	X(CAL_OrganizerName, 4, 0x1A, "OrganizerName", 25, 161) \
	X(CAL_Recurrence, 4, 0x1B, "Recurrence", 25, 161) \
	X(CAL_Type, 4, 0x1C, "Type", 25, 161) \
	X(CAL_Until, 4, 0x1D, "Until", 25, 161) \
	X(CAL_Occurrences, 4, 0x1E, "Occurrences", 25, 161) \
	X(CAL_Interval, 4, 0x1F, "Interval", 25, 161) \
	X(CAL_DayOfWeek, 4, 0x20, "DayOfWeek", 25, 161) \
	X(CAL_DayOfMonth, 4, 0x21, "DayOfMonth", 25, 161) \
	X(CAL_WeekOfMonth, 4, 0x22, "WeekOfMonth", 25, 161) \
	X(CAL_MonthOfYear, 4, 0x23, "MonthOfYear", 25, 161) \
	X(CAL_Reminder, 4, 0x24, "Reminder", 25, 161) \
	X(CAL_Sensitivity, 4, 0x25, "Sensitivity", 25, 161) \
	X(CAL_Subject, 4, 0x26, "Subject", 25, 161) \
	X(CAL_StartTime, 4, 0x27, "StartTime", 25, 161) \
	X(CAL_UID, 4, 0x28, "UID", 25, 161) \
	X(CAL_AttendeeStatus, 4, 0x29, "AttendeeStatus", 120, 161) \
	X(CAL_AttendeeType, 4, 0x2A, "AttendeeType", 120, 161) \
	X(CAL_Attachment, 4, 0x2B, "Attachment", 25, 121) \
	X(CAL_Attachments, 4, 0x2C, "Attachments", 25, 121) \
	X(CAL_AttName, 4, 0x2D, "AttName", 25, 121) \
	X(CAL_AttSize, 4, 0x2E, "AttSize", 25, 121) \
	X(CAL_AttOid, 4, 0x2F, "AttOid", 25, 121) \
	X(CAL_AttMethod, 4, 0x30, "AttMethod", 25, 121) \
	X(CAL_AttRemoved, 4, 0x31, "AttRemoved", 25, 121) \
	X(CAL_DisplayName, 4, 0x32, "DisplayName", 25, 121) \
	X(CAL_DisallowNewTimeProposal, 4, 0x33, "DisallowNewTimeProposal", 140, 161) \
	X(CAL_ResponseRequested, 4, 0x34, "ResponseRequested", 140, 161) \
	X(CAL_AppointmentReplyTime, 4, 0x35, "AppointmentReplyTime", 140, 161) \
	X(CAL_ResponseType, 4, 0x36, "ResponseType", 140, 161) \
	X(CAL_CalendarType, 4, 0x37, "CalendarType", 140, 161) \
	X(CAL_IsLeapMonth, 4, 0x38, "IsLeapMonth", 140, 161) \
	X(CAL_FirstDayOfWeek, 4, 0x39, "FirstDayOfWeek", 141, 161) \
	X(CAL_OnlineMeetingConfLink, 4, 0x3A, "OnlineMeetingConfLink", 141, 161) \
	X(CAL_OnlineMeetingExternalLink, 4, 0x3B, "OnlineMeetingExternalLink", 141, 161) \
	X(CAL_ClientUid, 4, 0x3C, "ClientUid", 160, 161) \
	/* Page 5: Move */ \
	X(MOVE_MoveItems, 5, 0x05, "MoveItems", 25, 161) \
	X(MOVE_Move, 5, 0x06, "Move", 25, 161) \
	X(MOVE_SrcMsgId, 5, 0x07, "SrcMsgId", 25, 161) \
	X(MOVE_SrcFldId, 5, 0x08, "SrcFldId", 25, 161) \
	X(MOVE_DstFldId, 5, 0x09, "DstFldId", 25, 161) \
	X(MOVE_Response, 5, 0x0A, "Response", 25, 161) \
	X(MOVE_Status, 5, 0x0B, "Status", 25, 161) \
	X(MOVE_DstMsgId, 5, 0x0C, "DstMsgId", 25, 161) \
	/* Page 6: GetItemEstimate */ \
	X(GIE_GetItemEstimate, 6, 0x05, "GetItemEstimate", 25, 161) \
	X(GIE_Version, 6, 0x06, "Version", 25, 121) \
	X(GIE_Collections, 6, 0x07, "Collections", 25, 161) \
	X(GIE_Collection, 6, 0x08, "Collection", 25, 161) \
	X(GIE_Class, 6, 0x09, "Class", 25, 121) \
	X(GIE_CollectionId, 6, 0x0A, "CollectionId", 25, 161) \
	X(GIE_DateTime, 6, 0x0B, "DateTime", 25, 121) \
	X(GIE_Estimate, 6, 0x0C, "Estimate", 25, 161) \
	X(GIE_Response, 6, 0x0D, "Response", 25, 161) \
	X(GIE_Status, 6, 0x0E, "Status", 25, 161) \
	/* Page 7: FolderHierarchy */ \
	X(FH_Folders, 7, 0x05, "Folders", 25, 25) \
	X(FH_Folder, 7, 0x06, "Folder", 25, 25) \
	X(FH_DisplayName, 7, 0x07, "DisplayName", 25, 161) \
	X(FH_ServerId, 7, 0x08, "ServerId", 25, 161) \
	X(FH_ParentId, 7, 0x09, "ParentId", 25, 161) \
	X(FH_Type, 7, 0x0A, "Type", 25, 161) \
	X(FH_Response, 7, 0x0B, "Response", 25, 25) \
	X(FH_Status, 7, 0x0C, "Status", 25, 161) \
	X(FH_ContentClass, 7, 0x0D, "ContentClass", 25, 25) \
	X(FH_Changes, 7, 0x0E, "Changes", 25, 161) \
	X(FH_Add, 7, 0x0F, "Add", 25, 161) \
	X(FH_Delete, 7, 0x10, "Delete", 25, 161) \
	X(FH_Update, 7, 0x11, "Update", 25, 161) \
	X(FH_SyncKey, 7, 0x12, "SyncKey", 25, 161) \
	X(FH_FolderCreate, 7, 0x13, "FolderCreate", 25, 161) \
	X(FH_FolderDelete, 7, 0x14, "FolderDelete", 25, 161) \
	X(FH_FolderUpdate, 7, 0x15, "FolderUpdate", 25, 161) \
	X(FH_FolderSync, 7, 0x16, "FolderSync", 25, 161) \
	X(FH_Count, 7, 0x17, "Count", 25, 161) \
	X(FH_Version, 7, 0x18, "Version", 25, 25) \
	/* Page 8: MeetingResponse */ \
	X(MR_CalendarId, 8, 0x05, "CalendarId", 25, 161) \
	X(MR_CollectionId, 8, 0x06, "CollectionId", 25, 161) \
	X(MR_MeetingResponse, 8, 0x07, "MeetingResponse", 25, 161) \
	X(MR_RequestId, 8, 0x08, "RequestId", 25, 161) \
	X(MR_Request, 8, 0x09, "Request", 25, 161) \
	X(MR_Result, 8, 0x0A, "Result", 25, 161) \
	X(MR_Status, 8, 0x0B, "Status", 25, 161) \
	X(MR_UserResponse, 8, 0x0C, "UserResponse", 25, 161) \
	X(MR_Version, 8, 0x0D, "Version", 25, 25) \
	X(MR_InstanceId, 8, 0x0E, "InstanceId", 141, 161) \
	X(MR_ProposedStartTime, 8, 0x10, "ProposedStartTime", 161, 161) \
	X(MR_ProposedEndTime, 8, 0x11, "ProposedEndTime", 161, 161) \
	X(MR_SendResponse, 8, 0x12, "SendResponse", 160, 161) \
	/* Page 9: Tasks */ \
	X(TASKS_Body, 9, 0x05, "Body", 25, 25) \
	X(TASKS_BodySize, 9, 0x06, "BodySize", 25, 25) \
	X(TASKS_BodyTruncated, 9, 0x07, "BodyTruncated", 25, 25) \
	X(TASKS_Categories, 9, 0x08, "Categories", 25, 161) \
	X(TASKS_Category, 9, 0x09, "Category", 25, 161) \
	X(TASKS_Complete, 9, 0x0A, "Complete", 25, 161) \
	X(TASKS_DateCompleted, 9, 0x0B, "DateCompleted", 25, 161) \
	X(TASKS_DueDate, 9, 0x0C, "DueDate", 25, 161) \
	X(TASKS_UtcDueDate, 9, 0x0D, "UtcDueDate", 25, 161) \
	X(TASKS_Importance, 9, 0x0E, "Importance", 25, 161) \
	X(TASKS_Recurrence, 9, 0x0F, "Recurrence", 25, 161) \
	X(TASKS_Type, 9, 0x10, "Type", 25, 161) \
	X(TASKS_Start, 9, 0x11, "Start", 25, 161) \
	X(TASKS_Until, 9, 0x12, "Until", 25, 161) \
	X(TASKS_Occurrences, 9, 0x13, "Occurrences", 25, 161) \
	X(TASKS_Interval, 9, 0x14, "Interval", 25, 161) \
	X(TASKS_DayOfMonth, 9, 0x15, "DayOfMonth", 25, 161) \
	X(TASKS_DayOfWeek, 9, 0x16, "DayOfWeek", 25, 161) \
	X(TASKS_WeekOfMonth, 9, 0x17, "WeekOfMonth", 25, 161) \
	X(TASKS_MonthOfYear, 9, 0x18, "MonthOfYear", 25, 161) \
	X(TASKS_Regenerate, 9, 0x19, "Regenerate", 25, 161) \
	X(TASKS_DeadOccur, 9, 0x1A, "DeadOccur", 25, 161) \
	X(TASKS_ReminderSet, 9, 0x1B, "ReminderSet", 25, 161) \
	X(TASKS_ReminderTime, 9, 0x1C, "ReminderTime", 25, 161) \
	X(TASKS_Sensitivity, 9, 0x1D, "Sensitivity", 25, 161) \
	X(TASKS_StartDate, 9, 0x1E, "StartDate", 25, 161) \
	X(TASKS_UtcStartDate, 9, 0x1F, "UtcStartDate", 25, 161) \
	X(TASKS_Subject, 9, 0x20, "Subject", 25, 161) \
	X(TASKS_CompressedRTF, 9, 0x21, "CompressedRTF", 25, 25) \
	X(TASKS_OrdinalDate, 9, 0x22, "OrdinalDate", 120, 161) \
	X(TASKS_SubOrdinalDate, 9, 0x23, "SubOrdinalDate", 120, 161) \
	X(TASKS_CalendarType, 9, 0x24, "CalendarType", 140, 161) \
	X(TASKS_IsLeapMonth, 9, 0x25, "IsLeapMonth", 140, 161) \
	X(TASKS_FirstDayOfWeek, 9, 0x26, "FirstDayOfWeek", 141, 161) \
	/* Page 10: ResolveRecipients */ \
	X(RR_ResolveRecipients, 10, 0x05, "ResolveRecipients", 25, 161) \
	X(RR_Response, 10, 0x06, "Response", 25, 161) \
	X(RR_Status, 10, 0x07, "Status", 25, 161) \
	X(RR_Type, 10, 0x08, "Type", 25, 161) \
	X(RR_Recipient, 10, 0x09, "Recipient", 25, 161) \
	X(RR_DisplayName, 10, 0x0A, "DisplayName", 25, 161) \
	X(RR_EmailAddress, 10, 0x0B, "EmailAddress", 25, 161) \
	X(RR_Certificates, 10, 0x0C, "Certificates", 25, 161) \
	X(RR_Certificate, 10, 0x0D, "Certificate", 25, 161) \
	X(RR_MiniCertificate, 10, 0x0E, "MiniCertificate", 25, 161) \
	X(RR_Options, 10, 0x0F, "Options", 25, 161) \
	X(RR_To, 10, 0x10, "To", 25, 161) \
	X(RR_CertificateRetrieval, 10, 0x11, "CertificateRetrieval", 25, 161) \
	X(RR_RecipientCount, 10, 0x12, "RecipientCount", 25, 161) \
	X(RR_MaxCertificates, 10, 0x13, "MaxCertificates", 25, 161) \
	X(RR_MaxAmbiguousRecipients, 10, 0x14, "MaxAmbiguousRecipients", 25, 161) \
	X(RR_CertificateCount, 10, 0x15, "CertificateCount", 25, 161) \
	X(RR_Availability, 10, 0x16, "Availability", 140, 161) \
	X(RR_StartTime, 10, 0x17, "StartTime", 140, 161) \
	X(RR_EndTime, 10, 0x18, "EndTime", 140, 161) \
	X(RR_MergedFreeBusy, 10, 0x19, "MergedFreeBusy", 140, 161) \
	X(RR_Picture, 10, 0x1A, "Picture", 141, 161) \
	X(RR_MaxSize, 10, 0x1B, "MaxSize", 141, 161) \
	X(RR_Data, 10, 0x1C, "Data", 141, 161) \
	X(RR_MaxPictures, 10, 0x1D, "MaxPictures", 141, 161) \
	/* Page 11: ValidateCert */ \
	X(VC_ValidateCert, 11, 0x05, "ValidateCert", 25, 161) \
	X(VC_Certificates, 11, 0x06, "Certificates", 25, 161) \
	X(VC_Certificate, 11, 0x07, "Certificate", 25, 161) \
	X(VC_CertificateChain, 11, 0x08, "CertificateChain", 25, 161) \
	X(VC_CheckCRL, 11, 0x09, "CheckCRL", 25, 161) \
	X(VC_Status, 11, 0x0A, "Status", 25, 161) \
	/* Page 12: Contacts2 */ \
	X(CONTACTS2_CustomerId, 12, 0x05, "CustomerId", 25, 161) \
	X(CONTACTS2_GovernmentId, 12, 0x06, "GovernmentId", 25, 161) \
	X(CONTACTS2_IMAddress, 12, 0x07, "IMAddress", 25, 161) \
	X(CONTACTS2_IMAddress2, 12, 0x08, "IMAddress2", 25, 161) \
	X(CONTACTS2_IMAddress3, 12, 0x09, "IMAddress3", 25, 161) \
	X(CONTACTS2_ManagerName, 12, 0x0A, "ManagerName", 25, 161) \
	X(CONTACTS2_CompanyMainPhone, 12, 0x0B, "CompanyMainPhone", 25, 161) \
	X(CONTACTS2_AccountName, 12, 0x0C, "AccountName", 25, 161) \
	X(CONTACTS2_NickName, 12, 0x0D, "NickName", 25, 161) \
	X(CONTACTS2_MMS, 12, 0x0E, "MMS", 25, 161) \
	/* Page 13: Ping */ \
	X(PING_Ping, 13, 0x05, "Ping", 25, 161) \
	X(PING_AutdState, 13, 0x06, "AutdState", 25, 161) \
	X(PING_Status, 13, 0x07, "Status", 25, 161) \
	X(PING_HeartbeatInterval, 13, 0x08, "HeartbeatInterval", 25, 161) \
	X(PING_Folders, 13, 0x09, "Folders", 25, 161) \
	X(PING_Folder, 13, 0x0A, "Folder", 25, 161) \
	X(PING_Id, 13, 0x0B, "Id", 25, 161) \
	X(PING_Class, 13, 0x0C, "Class", 25, 161) \
	X(PING_MaxFolders, 13, 0x0D, "MaxFolders", 25, 161) \
	/* Page 14: Provision */ \
	X(PROV_Provision, 14, 0x05, "Provision", 25, 161) \
	X(PROV_Policies, 14, 0x06, "Policies", 25, 161) \
	X(PROV_Policy, 14, 0x07, "Policy", 25, 161) \
	X(PROV_PolicyType, 14, 0x08, "PolicyType", 25, 161) \
	X(PROV_PolicyKey, 14, 0x09, "PolicyKey", 25, 161) \
	X(PROV_Data, 14, 0x0A, "Data", 25, 161) \
	X(PROV_Status, 14, 0x0B, "Status", 25, 161) \
	X(PROV_RemoteWipe, 14, 0x0C, "RemoteWipe", 25, 161) \
	X(PROV_EASProvisionDoc, 14, 0x0D, "EASProvisionDoc", 120, 161) \
	X(PROV_DevicePasswordEnabled, 14, 0x0E, "DevicePasswordEnabled", 120, 161) \
	X(PROV_AlphanumericDevicePasswordRequired, 14, 0x0F, "AlphanumericDevicePasswordRequired", 120, 161) \
	X(PROV_RequireStorageCardEncryption, 14, 0x10, "RequireStorageCardEncryption", 120, 161) \
	X(PROV_PasswordRecoveryEnabled, 14, 0x11, "PasswordRecoveryEnabled", 120, 161) \
	X(PROV_DocumentBrowseEnabled, 14, 0x12, "DocumentBrowseEnabled", 120, 161) \
	X(PROV_AttachmentsEnabled, 14, 0x13, "AttachmentsEnabled", 120, 161) \
	X(PROV_MinDevicePasswordLength, 14, 0x14, "MinDevicePasswordLength", 120, 161) \
	X(PROV_MaxInactivityTimeDeviceLock, 14, 0x15, "MaxInactivityTimeDeviceLock", 120, 161) \
	X(PROV_MaxDevicePasswordFailedAttempts, 14, 0x16, "MaxDevicePasswordFailedAttempts", 120, 161) \
	X(PROV_MaxAttachmentSize, 14, 0x17, "MaxAttachmentSize", 120, 161) \
	X(PROV_AllowSimpleDevicePassword, 14, 0x18, "AllowSimpleDevicePassword", 120, 161) \
	X(PROV_DevicePasswordExpiration, 14, 0x19, "DevicePasswordExpiration", 120, 161) \
	X(PROV_DevicePasswordHistory, 14, 0x1A, "DevicePasswordHistory", 120, 161) \
	X(PROV_AllowStorageCard, 14, 0x1B, "AllowStorageCard", 121, 161) \
	X(PROV_AllowCamera, 14, 0x1C, "AllowCamera", 121, 161) \
	X(PROV_RequireDeviceEncryption, 14, 0x1D, "RequireDeviceEncryption", 121, 161) \
	X(PROV_AllowUnsignedApplications, 14, 0x1E, "AllowUnsignedApplications", 121, 161) \
	X(PROV_AllowUnsignedInstallationPackages, 14, 0x1F, "AllowUnsignedInstallationPackages", 121, 161) \
	X(PROV_MinDevicePasswordComplexCharacters, 14, 0x20, "MinDevicePasswordComplexCharacters", 121, 161) \
	X(PROV_AllowWiFi, 14, 0x21, "AllowWiFi", 121, 161) \
	X(PROV_AllowTextMessaging, 14, 0x22, "AllowTextMessaging", 121, 161) \
	X(PROV_AllowPOPIMAPEmail, 14, 0x23, "AllowPOPIMAPEmail", 121, 161) \
	X(PROV_AllowBluetooth, 14, 0x24, "AllowBluetooth", 121, 161) \
	X(PROV_AllowIrDA, 14, 0x25, "AllowIrDA", 121, 161) \
	X(PROV_RequireManualSyncWhenRoaming, 14, 0x26, "RequireManualSyncWhenRoaming", 121, 161) \
	X(PROV_AllowDesktopSync, 14, 0x27, "AllowDesktopSync", 121, 161) \
	X(PROV_MaxCalendarAgeFilter, 14, 0x28, "MaxCalendarAgeFilter", 121, 161) \
	X(PROV_AllowHTMLEmail, 14, 0x29, "AllowHTMLEmail", 121, 161) \
	X(PROV_MaxEmailAgeFilter, 14, 0x2A, "MaxEmailAgeFilter", 121, 161) \
	X(PROV_MaxEmailBodyTruncationSize, 14, 0x2B, "MaxEmailBodyTruncationSize", 121, 161) \
	X(PROV_MaxEmailHTMLBodyTruncationSize, 14, 0x2C, "MaxEmailHTMLBodyTruncationSize", 121, 161) \
	X(PROV_RequireSignedSMIMEMessages, 14, 0x2D, "RequireSignedSMIMEMessages", 121, 161) \
	X(PROV_RequireEncryptedSMIMEMessages, 14, 0x2E, "RequireEncryptedSMIMEMessages", 121, 161) \
	X(PROV_RequireSignedSMIMEAlgorithm, 14, 0x2F, "RequireSignedSMIMEAlgorithm", 121, 161) \
	X(PROV_RequireEncryptionSMIMEAlgorithm, 14, 0x30, "RequireEncryptionSMIMEAlgorithm", 121, 161) \
	X(PROV_AllowSMIMEEncryptionAlgorithmNegotiation, 14, 0x31, "AllowSMIMEEncryptionAlgorithmNegotiation", 121, 161) \
	X(PROV_AllowSMIMESoftCerts, 14, 0x32, "AllowSMIMESoftCerts", 121, 161) \
	X(PROV_AllowBrowser, 14, 0x33, "AllowBrowser", 121, 161) \
	X(PROV_AllowConsumerEmail, 14, 0x34, "AllowConsumerEmail", 121, 161) \
	X(PROV_AllowRemoteDesktop, 14, 0x35, "AllowRemoteDesktop", 121, 161) \
	X(PROV_AllowInternetSharing, 14, 0x36, "AllowInternetSharing", 121, 161) \
	X(PROV_UnapprovedInROMApplicationList, 14, 0x37, "UnapprovedInROMApplicationList", 121, 161) \
	X(PROV_ApplicationName, 14, 0x38, "ApplicationName", 121, 161) \
	X(PROV_ApprovedApplicationList, 14, 0x39, "ApprovedApplicationList", 121, 161) \
	X(PROV_Hash, 14, 0x3A, "Hash", 121, 161) \
	X(PROV_AccountOnlyRemoteWipe, 14, 0x3B, "AccountOnlyRemoteWipe", 161, 161) \
	/* Page 15: Search */ \
	X(SEARCH_Search, 15, 0x05, "Search", 25, 161) \
	X(SEARCH_Stores, 15, 0x06, "Stores", 25, 161) \
	X(SEARCH_Store, 15, 0x07, "Store", 25, 161) \
	X(SEARCH_Name, 15, 0x08, "Name", 25, 161) \
	X(SEARCH_Query, 15, 0x09, "Query", 25, 161) \
	X(SEARCH_Options, 15, 0x0A, "Options", 25, 161) \
	X(SEARCH_Range, 15, 0x0B, "Range", 25, 161) \
	X(SEARCH_Status, 15, 0x0C, "Status", 25, 161) \
	X(SEARCH_Response, 15, 0x0D, "Response", 25, 161) \
	X(SEARCH_Result, 15, 0x0E, "Result", 25, 161) \
	X(SEARCH_Properties, 15, 0x0F, "Properties", 25, 161) \
	X(SEARCH_Total, 15, 0x10, "Total", 25, 161) \
	X(SEARCH_EqualTo, 15, 0x11, "EqualTo", 120, 161) \
	X(SEARCH_Value, 15, 0x12, "Value", 120, 161) \
	X(SEARCH_And, 15, 0x13, "And", 120, 161) \
	X(SEARCH_Or, 15, 0x14, "Or", 120, 161) \
	X(SEARCH_FreeText, 15, 0x15, "FreeText", 120, 161) \
	X(SEARCH_DeepTraversal, 15, 0x17, "DeepTraversal", 120, 161) \
	X(SEARCH_LongId, 15, 0x18, "LongId", 120, 161) \
	X(SEARCH_RebuildResults, 15, 0x19, "RebuildResults", 120, 161) \
	X(SEARCH_LessThan, 15, 0x1A, "LessThan", 120, 161) \
	X(SEARCH_GreaterThan, 15, 0x1B, "GreaterThan", 120, 161) \
	X(SEARCH_Schema, 15, 0x1C, "Schema", 120, 161) \
	X(SEARCH_Supported, 15, 0x1D, "Supported", 120, 161) \
	X(SEARCH_UserName, 15, 0x1E, "UserName", 121, 161) \
	X(SEARCH_Password, 15, 0x1F, "Password", 121, 161) \
	X(SEARCH_ConversationId, 15, 0x20, "ConversationId", 140, 161) \
	X(SEARCH_Picture, 15, 0x21, "Picture", 141, 161) \
	X(SEARCH_MaxSize, 15, 0x22, "MaxSize", 141, 161) \
	X(SEARCH_MaxPictures, 15, 0x23, "MaxPictures", 141, 161) \
	/* Page 16: GAL */ \
	X(GAL_DisplayName, 16, 0x05, "DisplayName", 25, 161) \
	X(GAL_Phone, 16, 0x06, "Phone", 25, 161) \
	X(GAL_Office, 16, 0x07, "Office", 25, 161) \
	X(GAL_Title, 16, 0x08, "Title", 25, 161) \
	X(GAL_Company, 16, 0x09, "Company", 25, 161) \
	X(GAL_Alias, 16, 0x0A, "Alias", 25, 161) \
	X(GAL_FirstName, 16, 0x0B, "FirstName", 25, 161) \
	X(GAL_LastName, 16, 0x0C, "LastName", 25, 161) \
	X(GAL_HomePhone, 16, 0x0D, "HomePhone", 25, 161) \
	X(GAL_MobilePhone, 16, 0x0E, "MobilePhone", 25, 161) \
	X(GAL_EmailAddress, 16, 0x0F, "EmailAddress", 25, 161) \
	X(GAL_Picture, 16, 0x10, "Picture", 141, 161) \
	X(GAL_Status, 16, 0x11, "Status", 141, 161) \
	X(GAL_Data, 16, 0x12, "Data", 141, 161) \
	/* Page 17: AirSyncBase */ \
	X(ASB_BodyPreference, 17, 0x05, "BodyPreference", 120, 161) \
	X(ASB_Type, 17, 0x06, "Type", 120, 161) \
	X(ASB_TruncationSize, 17, 0x07, "TruncationSize", 120, 161) \
	X(ASB_AllOrNone, 17, 0x08, "AllOrNone", 120, 161) \
	X(ASB_Body, 17, 0x0A, "Body", 120, 161) \
	X(ASB_Data, 17, 0x0B, "Data", 120, 161) \
	X(ASB_EstimatedDataSize, 17, 0x0C, "EstimatedDataSize", 120, 161) \
	X(ASB_Truncated, 17, 0x0D, "Truncated", 120, 161) \
	X(ASB_Attachments, 17, 0x0E, "Attachments", 120, 161) \
	X(ASB_Attachment, 17, 0x0F, "Attachment", 120, 161) \
	X(ASB_DisplayName, 17, 0x10, "DisplayName", 120, 161) \
	X(ASB_FileReference, 17, 0x11, "FileReference", 120, 161) \
	X(ASB_Method, 17, 0x12, "Method", 120, 161) \
	X(ASB_ContentId, 17, 0x13, "ContentId", 120, 161) \
	X(ASB_ContentLocation, 17, 0x14, "ContentLocation", 120, 161) \
	X(ASB_IsInline, 17, 0x15, "IsInline", 120, 161) \
	X(ASB_NativeBodyType, 17, 0x16, "NativeBodyType", 120, 161) \
	X(ASB_ContentType, 17, 0x17, "ContentType", 120, 161) \
	X(ASB_Preview, 17, 0x18, "Preview", 140, 161) \
	X(ASB_BodyPartPreference, 17, 0x19, "BodyPartPreference", 141, 161) \
	X(ASB_BodyPart, 17, 0x1A, "BodyPart", 141, 161) \
	X(ASB_Status, 17, 0x1B, "Status", 141, 161) \
	X(ASB_Add, 17, 0x1C, "Add", 160, 161) \
	X(ASB_Delete, 17, 0x1D, "Delete", 160, 161) \
	X(ASB_ClientId, 17, 0x1E, "ClientId", 160, 161) \
	X(ASB_Content, 17, 0x1F, "Content", 160, 161) \
	X(ASB_Location, 17, 0x20, "Location", 160, 161) \
	X(ASB_Annotation, 17, 0x21, "Annotation", 160, 161) \
	X(ASB_Street, 17, 0x22, "Street", 160, 161) \
	X(ASB_City, 17, 0x23, "City", 160, 161) \
	X(ASB_State, 17, 0x24, "State", 160, 161) \
	X(ASB_Country, 17, 0x25, "Country", 160, 161) \
	X(ASB_PostalCode, 17, 0x26, "PostalCode", 160, 161) \
	X(ASB_Latitude, 17, 0x27, "Latitude", 160, 161) \
	X(ASB_Longitude, 17, 0x28, "Longitude", 160, 161) \
	X(ASB_Accuracy, 17, 0x29, "Accuracy", 160, 161) \
	X(ASB_Altitude, 17, 0x2A, "Altitude", 160, 161) \
	X(ASB_AltitudeAccuracy, 17, 0x2B, "AltitudeAccuracy", 160, 161) \
	X(ASB_LocationUri, 17, 0x2C, "LocationUri", 160, 161) \
	X(ASB_InstanceId, 17, 0x2D, "InstanceId", 160, 161) \
	/* Page 18: Settings */ \
	X(SET_Settings, 18, 0x05, "Settings", 120, 161) \
	X(SET_Status, 18, 0x06, "Status", 120, 161) \
	X(SET_Get, 18, 0x07, "Get", 120, 161) \
	X(SET_Set, 18, 0x08, "Set", 120, 161) \
	X(SET_Oof, 18, 0x09, "Oof", 120, 161) \
	X(SET_OofState, 18, 0x0A, "OofState", 120, 161) \
	X(SET_StartTime, 18, 0x0B, "StartTime", 120, 161) \
	X(SET_EndTime, 18, 0x0C, "EndTime", 120, 161) \
	X(SET_OofMessage, 18, 0x0D, "OofMessage", 120, 161) \
	X(SET_AppliesToInternal, 18, 0x0E, "AppliesToInternal", 120, 161) \
	X(SET_AppliesToExternalKnown, 18, 0x0F, "AppliesToExternalKnown", 120, 161) \
	X(SET_AppliesToExternalUnknown, 18, 0x10, "AppliesToExternalUnknown", 120, 161) \
	X(SET_Enabled, 18, 0x11, "Enabled", 120, 161) \
	X(SET_ReplyMessage, 18, 0x12, "ReplyMessage", 120, 161) \
	X(SET_BodyType, 18, 0x13, "BodyType", 120, 161) \
	X(SET_DevicePassword, 18, 0x14, "DevicePassword", 120, 161) \
	X(SET_Password, 18, 0x15, "Password", 120, 161) \
	X(SET_DeviceInformation, 18, 0x16, "DeviceInformation", 120, 161) \
	X(SET_Model, 18, 0x17, "Model", 120, 161) \
	X(SET_IMEI, 18, 0x18, "IMEI", 120, 161) \
	X(SET_FriendlyName, 18, 0x19, "FriendlyName", 120, 161) \
	X(SET_OS, 18, 0x1A, "OS", 120, 161) \
	X(SET_OSLanguage, 18, 0x1B, "OSLanguage", 120, 161) \
	X(SET_PhoneNumber, 18, 0x1C, "PhoneNumber", 120, 161) \
	X(SET_UserInformation, 18, 0x1D, "UserInformation", 120, 161) \
	X(SET_EmailAddresses, 18, 0x1E, "EmailAddresses", 120, 161) \
	X(SET_SMTPAddress, 18, 0x1F, "SMTPAddress", 120, 161) \
	X(SET_UserAgent, 18, 0x20, "UserAgent", 120, 161) \
	X(SET_EnableOutboundSMS, 18, 0x21, "EnableOutboundSMS", 140, 161) \
	X(SET_MobileOperator, 18, 0x22, "MobileOperator", 140, 161) \
	X(SET_PrimarySmtpAddress, 18, 0x23, "PrimarySmtpAddress", 141, 161) \
	X(SET_Accounts, 18, 0x24, "Accounts", 141, 161) \
	X(SET_Account, 18, 0x25, "Account", 141, 161) \
	X(SET_AccountId, 18, 0x26, "AccountId", 141, 161) \
	X(SET_AccountName, 18, 0x27, "AccountName", 141, 161) \
	X(SET_UserDisplayName, 18, 0x28, "UserDisplayName", 141, 161) \
	X(SET_SendDisabled, 18, 0x29, "SendDisabled", 141, 161) \
	X(SET_RightsManagementInformation, 18, 0x2B, "RightsManagementInformation", 141, 161) \
	/* Page 19: DocumentLibrary */ \
	X(DL_LinkId, 19, 0x05, "LinkId", 120, 161) \
	X(DL_DisplayName, 19, 0x06, "DisplayName", 120, 161) \
	X(DL_IsFolder, 19, 0x07, "IsFolder", 120, 161) \
	X(DL_CreationDate, 19, 0x08, "CreationDate", 120, 161) \
	X(DL_LastModifiedDate, 19, 0x09, "LastModifiedDate", 120, 161) \
	X(DL_IsHidden, 19, 0x0A, "IsHidden", 120, 161) \
	X(DL_ContentLength, 19, 0x0B, "ContentLength", 120, 161) \
	X(DL_ContentType, 19, 0x0C, "ContentType", 120, 161) \
	/* Page 20: ItemOperations */ \
	X(IO_ItemOperations, 20, 0x05, "ItemOperations", 120, 161) \
	X(IO_Fetch, 20, 0x06, "Fetch", 120, 161) \
	X(IO_Store, 20, 0x07, "Store", 120, 161) \
	X(IO_Options, 20, 0x08, "Options", 120, 161) \
	X(IO_Range, 20, 0x09, "Range", 120, 161) \
	X(IO_Total, 20, 0x0A, "Total", 120, 161) \
	X(IO_Properties, 20, 0x0B, "Properties", 120, 161) \
	X(IO_Data, 20, 0x0C, "Data", 120, 161) \
	X(IO_Status, 20, 0x0D, "Status", 120, 161) \
	X(IO_Response, 20, 0x0E, "Response", 120, 161) \
	X(IO_Version, 20, 0x0F, "Version", 120, 161) \
	X(IO_Schema, 20, 0x10, "Schema", 120, 161) \
	X(IO_Part, 20, 0x11, "Part", 120, 161) \
	X(IO_EmptyFolderContents, 20, 0x12, "EmptyFolderContents", 120, 161) \
	X(IO_DeleteSubFolders, 20, 0x13, "DeleteSubFolders", 120, 161) \
	X(IO_UserName, 20, 0x14, "UserName", 121, 161) \
	X(IO_Password, 20, 0x15, "Password", 121, 161) \
	X(IO_Move, 20, 0x16, "Move", 140, 161) \
	X(IO_DstFldId, 20, 0x17, "DstFldId", 140, 161) \
	X(IO_ConversationId, 20, 0x18, "ConversationId", 140, 161) \
	X(IO_MoveAlways, 20, 0x19, "MoveAlways", 140, 161) \
	/* Page 21: ComposeMail */ \
	X(CM_SendMail, 21, 0x05, "SendMail", 140, 161) \
	X(CM_SmartForward, 21, 0x06, "SmartForward", 140, 161) \
	X(CM_SmartReply, 21, 0x07, "SmartReply", 140, 161) \
	X(CM_SaveInSentItems, 21, 0x08, "SaveInSentItems", 140, 161) \
	X(CM_ReplaceMime, 21, 0x09, "ReplaceMime", 140, 161) \
	X(CM_Source, 21, 0x0B, "Source", 140, 161) \
	X(CM_FolderId, 21, 0x0C, "FolderId", 140, 161) \
	X(CM_ItemId, 21, 0x0D, "ItemId", 140, 161) \
	X(CM_LongId, 21, 0x0E, "LongId", 140, 161) \
	X(CM_InstanceId, 21, 0x0F, "InstanceId", 140, 161) \
	X(CM_Mime, 21, 0x10, "Mime", 140, 161) \
	X(CM_ClientId, 21, 0x11, "ClientId", 140, 161) \
	X(CM_Status, 21, 0x12, "Status", 140, 161) \
	X(CM_AccountId, 21, 0x13, "AccountId", 141, 161) \
	X(CM_Forwardees, 21, 0x15, "Forwardees", 160, 161) \
	X(CM_Forwardee, 21, 0x16, "Forwardee", 160, 161) \
	X(CM_ForwardeeName, 21, 0x17, "ForwardeeName", 160, 161) \
	X(CM_ForwardeeEmail, 21, 0x18, "ForwardeeEmail", 160, 161) \
	/* Page 22: Email2 */ \
	X(EMAIL2_UmCallerID, 22, 0x05, "UmCallerID", 140, 161) \
	X(EMAIL2_UmUserNotes, 22, 0x06, "UmUserNotes", 140, 161) \
	X(EMAIL2_UmAttDuration, 22, 0x07, "UmAttDuration", 140, 161) \
	X(EMAIL2_UmAttOrder, 22, 0x08, "UmAttOrder", 140, 161) \
	X(EMAIL2_ConversationId, 22, 0x09, "ConversationId", 140, 161) \
	X(EMAIL2_ConversationIndex, 22, 0x0A, "ConversationIndex", 140, 161) \
	X(EMAIL2_LastVerbExecuted, 22, 0x0B, "LastVerbExecuted", 140, 161) \
	X(EMAIL2_LastVerbExecutionTime, 22, 0x0C, "LastVerbExecutionTime", 140, 161) \
	X(EMAIL2_ReceivedAsBcc, 22, 0x0D, "ReceivedAsBcc", 140, 161) \
	X(EMAIL2_Sender, 22, 0x0E, "Sender", 140, 161) \
	X(EMAIL2_CalendarType, 22, 0x0F, "CalendarType", 140, 161) \
	X(EMAIL2_IsLeapMonth, 22, 0x10, "IsLeapMonth", 140, 161) \
	X(EMAIL2_AccountId, 22, 0x11, "AccountId", 141, 161) \
	X(EMAIL2_FirstDayOfWeek, 22, 0x12, "FirstDayOfWeek", 141, 161) \
	X(EMAIL2_MeetingMessageType, 22, 0x13, "MeetingMessageType", 141, 161) \
	X(EMAIL2_IsDraft, 22, 0x15, "IsDraft", 160, 161) \
	X(EMAIL2_Bcc, 22, 0x16, "Bcc", 160, 161) \
	X(EMAIL2_Send, 22, 0x17, "Send", 160, 161) \
	/* Page 23: Notes */ \
	X(NOTES_Subject, 23, 0x05, "Subject", 140, 161) \
	X(NOTES_MessageClass, 23, 0x06, "MessageClass", 140, 161) \
	X(NOTES_LastModifiedDate, 23, 0x07, "LastModifiedDate", 140, 161) \
	X(NOTES_Categories, 23, 0x08, "Categories", 140, 161) \
	X(NOTES_Category, 23, 0x09, "Category", 140, 161) \
	/* Page 24: RightsManagement */ \
	X(RM_RightsManagementSupport, 24, 0x05, "RightsManagementSupport", 141, 161) \
	X(RM_RightsManagementTemplates, 24, 0x06, "RightsManagementTemplates", 141, 161) \
	X(RM_RightsManagementTemplate, 24, 0x07, "RightsManagementTemplate", 141, 161) \
	X(RM_RightsManagementLicense, 24, 0x08, "RightsManagementLicense", 141, 161) \
	X(RM_EditAllowed, 24, 0x09, "EditAllowed", 141, 161) \
	X(RM_ReplyAllowed, 24, 0x0A, "ReplyAllowed", 141, 161) \
	X(RM_ReplyAllAllowed, 24, 0x0B, "ReplyAllAllowed", 141, 161) \
	X(RM_ForwardAllowed, 24, 0x0C, "ForwardAllowed", 141, 161) \
	X(RM_ModifyRecipientsAllowed, 24, 0x0D, "ModifyRecipientsAllowed", 141, 161) \
	X(RM_ExtractAllowed, 24, 0x0E, "ExtractAllowed", 141, 161) \
	X(RM_PrintAllowed, 24, 0x0F, "PrintAllowed", 141, 161) \
	X(RM_ExportAllowed, 24, 0x10, "ExportAllowed", 141, 161) \
	X(RM_ProgrammaticAccessAllowed, 24, 0x11, "ProgrammaticAccessAllowed", 141, 161) \
	X(RM_Owner, 24, 0x12, "Owner", 141, 161) \
	X(RM_ContentExpiryDate, 24, 0x13, "ContentExpiryDate", 141, 161) \
	X(RM_TemplateID, 24, 0x14, "TemplateID", 141, 161) \
	X(RM_TemplateName, 24, 0x15, "TemplateName", 141, 161) \
	X(RM_TemplateDescription, 24, 0x16, "TemplateDescription", 141, 161) \
	X(RM_ContentOwner, 24, 0x17, "ContentOwner", 141, 161) \
	X(RM_RemoveRightsManagementDistribution, 24, 0x18, "RemoveRightsManagementDistribution", 141, 161) \
	/* Page 25: Find */ \
	X(FIND_Find, 25, 0x05, "Find", 161, 161) \
	X(FIND_SearchId, 25, 0x06, "SearchId", 161, 161) \
	X(FIND_ExecuteSearch, 25, 0x07, "ExecuteSearch", 161, 161) \
	X(FIND_MailBoxSearchCriterion, 25, 0x08, "MailBoxSearchCriterion", 161, 161) \
	X(FIND_Query, 25, 0x09, "Query", 161, 161) \
	X(FIND_Status, 25, 0x0A, "Status", 161, 161) \
	X(FIND_FreeText, 25, 0x0B, "FreeText", 161, 161) \
	X(FIND_Options, 25, 0x0C, "Options", 161, 161) \
	X(FIND_Range, 25, 0x0D, "Range", 161, 161) \
	X(FIND_DeepTraversal, 25, 0x0E, "DeepTraversal", 161, 161) \
	X(FIND_Response, 25, 0x11, "Response", 161, 161) \
	X(FIND_Result, 25, 0x12, "Result", 161, 161) \
	X(FIND_Properties, 25, 0x13, "Properties", 161, 161) \
	X(FIND_Preview, 25, 0x14, "Preview", 161, 161) \
	X(FIND_HasAttachments, 25, 0x15, "HasAttachments", 161, 161) \
	X(FIND_Total, 25, 0x16, "Total", 161, 161) \
	X(FIND_DisplayCc, 25, 0x17, "DisplayCc", 161, 161) \
	X(FIND_DisplayBcc, 25, 0x18, "DisplayBcc", 161, 161) \
	X(FIND_GalSearchCriterion, 25, 0x19, "GalSearchCriterion", 161, 161) \
	X(FIND_MaxPictures, 25, 0x20, "MaxPictures", 161, 161) \
	X(FIND_MaxSize, 25, 0x21, "MaxSize", 161, 161) \
	X(FIND_Picture, 25, 0x22, "Picture", 161, 161)

#endif
