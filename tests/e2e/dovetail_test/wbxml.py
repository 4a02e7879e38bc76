# Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later
"""A second, independent WBXML codec for the AirSync code pages (MS-ASWBXML
2.1.2.1), written from the document and not from the server's table, so that
an error in one shows against the other.

A document is a tree of Node.  Names are written "Page:Tag"; a name without a
page takes the page of its parent, so E("AirSync:Sync", E("Collections")) works.
"""

# One line a code page: names in token order from 0x05; "0xNN" jumps.
_PAGES = {
    0: ("AirSync", """Sync Responses Add Change Delete Fetch SyncKey ClientId
        ServerId Status Collection Class 0x12 CollectionId GetChanges
        MoreAvailable WindowSize Commands Options FilterType Truncation 0x1B
        Conflict Collections ApplicationData DeletesAsMoves 0x20 Supported
        SoftDelete MIMESupport MIMETruncation Wait Limit Partial
        ConversationMode MaxItems HeartbeatInterval"""),
    1: ("Contacts", """Anniversary AssistantName AssistantPhoneNumber Birthday
        Body BodySize BodyTruncated Business2PhoneNumber BusinessAddressCity
        BusinessAddressCountry BusinessAddressPostalCode BusinessAddressState
        BusinessAddressStreet BusinessFaxNumber BusinessPhoneNumber
        CarPhoneNumber Categories Category Children Child CompanyName
        Department Email1Address Email2Address Email3Address FileAs FirstName
        Home2PhoneNumber HomeAddressCity HomeAddressCountry
        HomeAddressPostalCode HomeAddressState HomeAddressStreet HomeFaxNumber
        HomePhoneNumber JobTitle LastName MiddleName MobilePhoneNumber
        OfficeLocation OtherAddressCity OtherAddressCountry
        OtherAddressPostalCode OtherAddressState OtherAddressStreet
        PagerNumber RadioPhoneNumber Spouse Suffix Title WebPage
        YomiCompanyName YomiFirstName YomiLastName CompressedRTF Picture Alias
        WeightedRank"""),
    2: ("Email", """Attachment Attachments AttName AttSize Att0id AttMethod
        AttRemoved Body BodySize BodyTruncated DateReceived DisplayName
        DisplayTo Importance MessageClass Subject Read To Cc From ReplyTo
        AllDayEvent Categories Category DtStamp EndTime InstanceType
        BusyStatus Location MeetingRequest Organizer RecurrenceId Reminder
        ResponseRequested Recurrences Recurrence Type Until Occurrences
        Interval DayOfWeek DayOfMonth WeekOfMonth MonthOfYear StartTime
        Sensitivity TimeZone GlobalObjId ThreadTopic MIMEData MIMETruncated
        MIMESize InternetCPID Flag Status ContentClass FlagType CompleteTime
        DisallowNewTimeProposal"""),
    3: ("AirNotify", ""),
    4: ("Calendar", """Timezone AllDayEvent Attendees Attendee Email Name Body
        BodyTruncated BusyStatus Categories Category CompressedRTF DtStamp
        EndTime Exception Exceptions Deleted ExceptionStartTime Location
        MeetingStatus OrganizerEmail OrganizerName Recurrence Type Until
        Occurrences Interval DayOfWeek DayOfMonth WeekOfMonth MonthOfYear
        Reminder Sensitivity Subject StartTime UID AttendeeStatus AttendeeType
        0x33 DisallowNewTimeProposal ResponseRequested AppointmentReplyTime
        ResponseType CalendarType IsLeapMonth FirstDayOfWeek
        OnlineMeetingConfLink OnlineMeetingExternalLink ClientUid"""),
    5: ("Move", """MoveItems Move SrcMsgId SrcFldId DstFldId Response Status
        DstMsgId"""),
    6: ("GetItemEstimate", """GetItemEstimate Version Collections Collection
        Class CollectionId DateTime Estimate Response Status"""),
    7: ("FolderHierarchy", """Folders Folder DisplayName ServerId ParentId Type
        Response Status ContentClass Changes Add Delete Update SyncKey
        FolderCreate FolderDelete FolderUpdate FolderSync Count"""),
    8: ("MeetingResponse", """CalendarId CollectionId MeetingResponse RequestId
        Request Result Status UserResponse Version InstanceId 0x10
        ProposedStartTime ProposedEndTime SendResponse"""),
    9: ("Tasks", """Body BodySize BodyTruncated Categories Category Complete
        DateCompleted DueDate UtcDueDate Importance Recurrence Type Start
        Until Occurrences Interval DayOfMonth DayOfWeek WeekOfMonth
        MonthOfYear Regenerate DeadOccur ReminderSet ReminderTime Sensitivity
        StartDate UtcStartDate Subject CompressedRTF OrdinalDate
        SubOrdinalDate CalendarType IsLeapMonth FirstDayOfWeek"""),
    10: ("ResolveRecipients", """ResolveRecipients Response Status Type
        Recipient DisplayName EmailAddress Certificates Certificate
        MiniCertificate Options To CertificateRetrieval RecipientCount
        MaxCertificates MaxAmbiguousRecipients CertificateCount Availability
        StartTime EndTime MergedFreeBusy Picture MaxSize Data MaxPictures"""),
    11: ("ValidateCert", """ValidateCert Certificates Certificate
        CertificateChain CheckCRL Status"""),
    12: ("Contacts2", """CustomerId GovernmentId IMAddress IMAddress2
        IMAddress3 ManagerName CompanyMainPhone AccountName NickName MMS"""),
    13: ("Ping", """Ping AutdState Status HeartbeatInterval Folders Folder Id
        Class MaxFolders"""),
    14: ("Provision", """Provision Policies Policy PolicyType PolicyKey Data
        Status RemoteWipe EASProvisionDoc DevicePasswordEnabled
        AlphanumericDevicePasswordRequired RequireStorageCardEncryption
        PasswordRecoveryEnabled 0x13 AttachmentsEnabled
        MinDevicePasswordLength MaxInactivityTimeDeviceLock
        MaxDevicePasswordFailedAttempts MaxAttachmentSize
        AllowSimpleDevicePassword DevicePasswordExpiration
        DevicePasswordHistory AllowStorageCard AllowCamera
        RequireDeviceEncryption AllowUnsignedApplications
        AllowUnsignedInstallationPackages MinDevicePasswordComplexCharacters
        AllowWiFi AllowTextMessaging AllowPOPIMAPEmail AllowBluetooth
        AllowIrDA RequireManualSyncWhenRoaming AllowDesktopSync
        MaxCalendarAgeFilter AllowHTMLEmail MaxEmailAgeFilter
        MaxEmailBodyTruncationSize MaxEmailHTMLBodyTruncationSize
        RequireSignedSMIMEMessages RequireEncryptedSMIMEMessages
        RequireSignedSMIMEAlgorithm RequireEncryptionSMIMEAlgorithm
        AllowSMIMEEncryptionAlgorithmNegotiation AllowSMIMESoftCerts
        AllowBrowser AllowConsumerEmail AllowRemoteDesktop
        AllowInternetSharing UnapprovedInROMApplicationList ApplicationName
        ApprovedApplicationList Hash AccountOnlyRemoteWipe"""),
    15: ("Search", """Search 0x07 Store Name Query Options Range Status
        Response Result Properties Total EqualTo Value And Or FreeText 0x17
        DeepTraversal LongId RebuildResults LessThan GreaterThan 0x1E UserName
        Password ConversationId Picture MaxSize MaxPictures"""),
    16: ("GAL", """DisplayName Phone Office Title Company Alias FirstName
        LastName HomePhone MobilePhone EmailAddress Picture Status Data"""),
    17: ("AirSyncBase", """BodyPreference Type TruncationSize AllOrNone 0x0A
        Body Data EstimatedDataSize Truncated Attachments Attachment
        DisplayName FileReference Method ContentId ContentLocation IsInline
        NativeBodyType ContentType Preview BodyPartPreference BodyPart Status
        Add Delete ClientId Content Location Annotation Street City State
        Country PostalCode Latitude Longitude Accuracy Altitude
        AltitudeAccuracy LocationUri InstanceId"""),
    18: ("Settings", """Settings Status Get Set Oof OofState StartTime EndTime
        OofMessage AppliesToInternal AppliesToExternalKnown
        AppliesToExternalUnknown Enabled ReplyMessage BodyType DevicePassword
        Password DeviceInformation Model IMEI FriendlyName OS OSLanguage
        PhoneNumber UserInformation EmailAddresses SMTPAddress UserAgent
        EnableOutboundSMS MobileOperator PrimarySmtpAddress Accounts Account
        AccountId AccountName UserDisplayName SendDisabled 0x2B
        RightsManagementInformation"""),
    19: ("DocumentLibrary", """LinkId DisplayName IsFolder CreationDate
        LastModifiedDate IsHidden ContentLength ContentType"""),
    20: ("ItemOperations", """ItemOperations Fetch Store Options Range Total
        Properties Data Status Response Version Schema Part
        EmptyFolderContents DeleteSubFolders UserName Password Move DstFldId
        ConversationId MoveAlways"""),
    21: ("ComposeMail", """SendMail SmartForward SmartReply SaveInSentItems
        ReplaceMime 0x0B Source FolderId ItemId LongId InstanceId Mime
        ClientId Status AccountId 0x15 Forwardees Forwardee ForwardeeName
        ForwardeeEmail"""),
    22: ("Email2", """UmCallerID UmUserNotes UmAttDuration UmAttOrder
        ConversationId ConversationIndex LastVerbExecuted
        LastVerbExecutionTime ReceivedAsBcc Sender CalendarType IsLeapMonth
        AccountId FirstDayOfWeek MeetingMessageType 0x15 IsDraft Bcc Send"""),
    23: ("Notes", """Subject MessageClass LastModifiedDate Categories
        Category"""),
    24: ("RightsManagement", """RightsManagementSupport
        RightsManagementTemplates RightsManagementTemplate
        RightsManagementLicense EditAllowed ReplyAllowed ReplyAllAllowed
        ForwardAllowed ModifyRecipientsAllowed ExtractAllowed PrintAllowed
        ExportAllowed ProgrammaticAccessAllowed Owner ContentExpiryDate
        TemplateID TemplateName TemplateDescription ContentOwner
        RemoveRightsManagementProtection"""),
    25: ("Find", """Find SearchId ExecuteSearch MailBoxSearchCriterion Query
        Status FreeText Options Range DeepTraversal 0x11 Response Result
        Properties Preview HasAttachments Total DisplayCc DisplayBcc
        GalSearchCriterion 0x20 MaxPictures MaxSize Picture"""),
}


def _tables():
    tokens, names, numbers = {}, {}, {}
    for page, (name, text) in _PAGES.items():
        numbers[name] = page
        token = 0x05
        for word in text.split():
            if word.startswith("0x"):
                token = int(word, 16)
                continue
            tokens[(page, token)] = word
            names[(name, word)] = (page, token)
            token += 1
    return tokens, names, numbers


TOKENS, NAMES, PAGE_NUMBERS = _tables()
PAGE_NAMES = {number: name for name, number in PAGE_NUMBERS.items()}

SWITCH_PAGE, END, ENTITY, STR_I, LITERAL = 0x00, 0x01, 0x02, 0x03, 0x04
STR_T, OPAQUE = 0x83, 0xC3
HEADER = b"\x03\x01\x6a\x00"
MAX_DEPTH = 200


class WbxmlError(Exception):
    pass


class Node:
    """An element: page and tag, and either text (str), data (bytes: opaque)
    or children."""

    __slots__ = ("page", "tag", "text", "children")

    def __init__(self, page, tag, text=None, children=()):
        self.page, self.tag, self.text = page, tag, text
        self.children = list(children)

    @property
    def name(self):
        return "%s:%s" % (self.page, self.tag)

    def __iter__(self):
        return iter(self.children)

    def __len__(self):
        return len(self.children)

    def __bool__(self):
        return True

    def findall(self, path):
        """All nodes at "A/B/Page:C"; a step without a page takes its parent's."""
        found = [self]
        for step in path.split("/"):
            page, _, tag = step.rpartition(":")
            found = [c for n in found for c in n.children
                     if c.tag == tag and c.page == (page or n.page)]
        return found

    def find(self, path):
        found = self.findall(path)
        return found[0] if found else None

    def get(self, path, default=None):
        """The text at path ("" for an element that is there but empty)."""
        node = self.find(path)
        if node is None:
            return default
        return "" if node.text is None else node.text

    def has(self, path):
        return self.find(path) is not None

    def tags(self):
        return [c.tag for c in self.children]

    def iter(self):
        yield self
        for child in self.children:
            yield from child.iter()

    def __eq__(self, other):
        return (isinstance(other, Node) and self.name == other.name
                and self.text == other.text and self.children == other.children)

    def dump(self, indent=0):
        pad = "  " * indent
        if self.children:
            inner = "".join(c.dump(indent + 1) for c in self.children)
            return "%s<%s>\n%s%s</>\n" % (pad, self.name, inner, pad)
        if self.text is None:
            return "%s<%s/>\n" % (pad, self.name)
        text = self.text if isinstance(self.text, str) else repr(self.text[:60])
        return "%s<%s>%s</>\n" % (pad, self.name, text[:200])

    __repr__ = __str__ = dump


def E(name, *content):
    """Build an element: children, or one str, int or bytes; None is skipped."""
    page, _, tag = name.rpartition(":")
    node = Node(page or None, tag)
    for item in content:
        if item is None:
            continue
        if isinstance(item, Node):
            node.children.append(item)
        elif isinstance(item, (list, tuple)):
            node.children += [c for c in item if c is not None]
        elif isinstance(item, bytes):
            node.text = item
        else:
            node.text = str(item)
    if page:
        _inherit(node, page)
    return node


def _inherit(node, page):
    if node.page is None:
        node.page = page
    for child in node.children:
        _inherit(child, node.page)


def _mb_u_int32(number):
    out = [number & 0x7F]
    number >>= 7
    while number:
        out.append(0x80 | (number & 0x7F))
        number >>= 7
    return bytes(reversed(out))


def encode(root):
    _inherit(root, root.page)
    out = bytearray(HEADER)
    page = 0

    def put(node):
        nonlocal page
        try:
            number, token = NAMES[(node.page, node.tag)]
        except KeyError:
            raise WbxmlError("no token for %s" % node.name)
        if number != page:
            out.extend((SWITCH_PAGE, number))
            page = number
        content = node.children or node.text is not None
        out.append(token | (0x40 if content else 0))
        if not content:
            return
        if isinstance(node.text, bytes):
            out.append(OPAQUE)
            out.extend(_mb_u_int32(len(node.text)))
            out.extend(node.text)
        elif node.text is not None:
            data = node.text.encode("utf-8")
            if b"\0" in data:
                raise WbxmlError("NUL in an inline string")
            out.append(STR_I)
            out.extend(data + b"\0")
        for child in node.children:
            put(child)
        out.append(END)

    put(root)
    return bytes(out)


class _Reader:
    def __init__(self, data):
        self.data, self.pos, self.page = data, 0, 0

    def byte(self):
        if self.pos >= len(self.data):
            raise WbxmlError("ends early at %d" % self.pos)
        self.pos += 1
        return self.data[self.pos - 1]

    def number(self):
        value = 0
        for _ in range(5):
            b = self.byte()
            value = value << 7 | (b & 0x7F)
            if not b & 0x80:
                return value
        raise WbxmlError("mb_u_int32 too long at %d" % self.pos)

    def take(self, count):
        if self.pos + count > len(self.data):
            raise WbxmlError("opaque data ends early")
        self.pos += count
        return self.data[self.pos - count:self.pos]

    def string(self):
        end = self.data.find(b"\0", self.pos)
        if end < 0:
            raise WbxmlError("unterminated inline string at %d" % self.pos)
        raw, self.pos = self.data[self.pos:end], end + 1
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WbxmlError("inline string is no UTF-8: %s" % error)

    def switch(self):
        self.page = self.byte()
        if self.page not in PAGE_NAMES:
            raise WbxmlError("unknown code page %d" % self.page)


def decode(data):
    """Strict: the header as MS-ASWBXML 2.1.1 gives it, no string table, no
    attributes, entities or literals, only known tokens, nothing after the root."""
    if data[:4] != HEADER:
        raise WbxmlError("header %s" % data[:4].hex())
    r = _Reader(data)
    r.pos = 4
    stack, root = [], None
    while root is None or stack:
        token = r.byte()
        if token == SWITCH_PAGE:
            r.switch()
        elif token == END:
            if not stack:
                raise WbxmlError("END without an element at %d" % r.pos)
            stack.pop()
        elif token in (STR_I, OPAQUE):
            _content(r, token, stack)
        elif token in (ENTITY, LITERAL, STR_T) or token & 0x80:
            raise WbxmlError("token %#x is not used in AirSync" % token)
        else:
            node = _element(r, token & 0x3F, stack)
            root = root or node
            if token & 0x40:
                stack.append(node)
    if r.pos != len(data):
        raise WbxmlError("%d bytes after the document" % (len(data) - r.pos))
    return root


def _element(r, token, stack):
    tag = TOKENS.get((r.page, token))
    if tag is None:
        raise WbxmlError("unknown token %#x in page %d" % (token, r.page))
    if len(stack) >= MAX_DEPTH:
        raise WbxmlError("too deep")
    node = Node(PAGE_NAMES[r.page], tag)
    if stack:
        if stack[-1].text is not None:
            raise WbxmlError("mixed content in %s" % stack[-1].name)
        stack[-1].children.append(node)
    return node


def _content(r, token, stack):
    if not stack:
        raise WbxmlError("content outside the root")
    node = stack[-1]
    if node.children or (node.text is not None
                         and isinstance(node.text, str) != (token == STR_I)):
        raise WbxmlError("mixed content in %s" % node.name)
    piece = r.string() if token == STR_I else r.take(r.number())
    node.text = piece if node.text is None else node.text + piece
