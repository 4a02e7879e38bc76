#ifndef DOVETAIL_MAPI_DATA_H
#define DOVETAIL_MAPI_DATA_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* MAPI's data types and their wire forms (MS-OXCDATA), and the envelopes around
   ROP buffers (MS-OXCRPC 2.2.2, 3.1.4.2; MS-XCA 2.4). Pure: no I/O, no state. What
   EMSMDB, NSPI, FastTransfer and the store of properties have in common.

   Memory: readers copy or point into the given pool or input as said. Strings in
   structs are UTF-8 whatever the wire form was, except PtypString8, which keeps
   the bytes as they came (its code page is the caller's matter). */

#include "array.h"
#include "buffer.h"
#include "guid.h"

/* --- property tags and values (MS-OXCDATA 2.11) --------------------------------- */

enum mapi_type {
	PTYP_UNSPECIFIED	= 0x0000,
	PTYP_NULL		= 0x0001,
	PTYP_INTEGER16		= 0x0002,
	PTYP_INTEGER32		= 0x0003,
	PTYP_FLOATING32		= 0x0004,
	PTYP_FLOATING64		= 0x0005,
	PTYP_CURRENCY		= 0x0006,
	PTYP_FLOATING_TIME	= 0x0007,
	PTYP_ERROR_CODE		= 0x000a,
	PTYP_BOOLEAN		= 0x000b,
	PTYP_OBJECT		= 0x000d,
	PTYP_INTEGER64		= 0x0014,
	PTYP_STRING8		= 0x001e,
	PTYP_STRING		= 0x001f,
	PTYP_TIME		= 0x0040,
	PTYP_GUID		= 0x0048,
	PTYP_SERVER_ID		= 0x00fb,
	PTYP_RESTRICTION	= 0x00fd,
	PTYP_RULE_ACTION	= 0x00fe,
	PTYP_BINARY		= 0x0102,
	/* or'ed: an array of the type */
	PTYP_MULTIPLE		= 0x1000,
	PTYP_MULTIPLE_INTEGER16 = 0x1002,
	PTYP_MULTIPLE_INTEGER32 = 0x1003,
	PTYP_MULTIPLE_FLOATING32 = 0x1004,
	PTYP_MULTIPLE_FLOATING64 = 0x1005,
	PTYP_MULTIPLE_CURRENCY	= 0x1006,
	PTYP_MULTIPLE_FLOATING_TIME = 0x1007,
	PTYP_MULTIPLE_INTEGER64 = 0x1014,
	PTYP_MULTIPLE_STRING8	= 0x101e,
	PTYP_MULTIPLE_STRING	= 0x101f,
	PTYP_MULTIPLE_TIME	= 0x1040,
	PTYP_MULTIPLE_GUID	= 0x1048,
	PTYP_MULTIPLE_BINARY	= 0x1102,
	/* or'ed with PTYP_MULTIPLE in columns and sort orders: one row for each
	   value (MultivalueInstance) */
	PTYP_INSTANCE		= 0x2000,
};

typedef uint32_t mapi_tag_t;

#define MAPI_TAG(id, type)	(((mapi_tag_t)(id) << 16) | (type))
#define MAPI_TAG_ID(tag)	((uint16_t)((tag) >> 16))
#define MAPI_TAG_TYPE(tag)	((uint16_t)((tag) & 0xffff))
#define MAPI_TAG_RETYPE(tag, type) (((tag) & 0xffff0000U) | (type))
/* Ids from here on are names of this mailbox (dovetail-mapi-props.h) */
#define MAPI_NAMED_FIRST 0x8000

ARRAY_DEFINE_TYPE(mapi_tag, mapi_tag_t);

struct mapi_blob {
	const unsigned char *data;
	size_t size;
};

struct mapi_restriction;

/* A value; which member counts is the tag's type. */
union mapi_value {
	/* INTEGER16/32/64, CURRENCY, TIME (100 ns since 1601, UTC), signed */
	int64_t i;
	/* FLOATING32, FLOATING64, FLOATING_TIME */
	double d;
	bool b;
	uint32_t error;		/* ERROR_CODE */
	const char *s;		/* STRING, STRING8; never NULL */
	/* BINARY, OBJECT, SERVER_ID (its bytes without the count), RULE_ACTION
	   (its bytes with the count) */
	struct mapi_blob bin;
	guid_128_t guid;	/* in wire order */
	const struct mapi_restriction *res;
	/* PTYP_MULTIPLE */
	struct {
		unsigned int count;
		union {
			const int64_t *i;
			const double *d;
			const char *const *s;
			const struct mapi_blob *bin;
			const guid_128_t *guid;
		} v;
	} mv;
};

struct mapi_prop {
	mapi_tag_t tag;
	union mapi_value v;
};
ARRAY_DEFINE_TYPE(mapi_prop, struct mapi_prop);

/* Deep copy. */
void mapi_value_dup(pool_t pool, mapi_tag_t tag, const union mapi_value *src,
		    union mapi_value *dest_r);
void mapi_prop_dup(pool_t pool, const struct mapi_prop *src,
		   struct mapi_prop *dest_r);
/* Order of MS-OXCTABL sorting and restrictions: strings without regard to case
   (Unicode folded), binary by bytes, then by length. <0, 0, >0. Both have the
   tag's type. */
int mapi_value_cmp(uint16_t type, const union mapi_value *a,
		   const union mapi_value *b);
/* Same bits. */
bool mapi_value_equals(uint16_t type, const union mapi_value *a,
		       const union mapi_value *b);
/* Size in bytes as PidTagMessageSize and size restrictions count it. */
size_t mapi_value_size(uint16_t type, const union mapi_value *v);
/* Between the two string types; others: FALSE. cpid: Windows code page of the
   STRING8 side (1252 ...). */
bool mapi_value_convert(pool_t pool, mapi_tag_t from, const union mapi_value *src,
			mapi_tag_t to, unsigned int cpid,
			union mapi_value *dest_r);
/* Time: unix seconds to and from PtypTime. */
int64_t mapi_time(time_t t);
time_t mapi_time_unix(int64_t t);

/* --- bag: the properties of one object ---------------------------------------------- */

/* Properties by id, each once. Small; sorted by nothing. */
struct mapi_bag {
	pool_t pool;
	ARRAY_TYPE(mapi_prop) props;
};

void mapi_bag_init(struct mapi_bag *bag_r, pool_t pool);
/* By id and type; a tag of PTYP_UNSPECIFIED, or the other string type, finds it
   by id. NULL: none. */
const struct mapi_prop *mapi_bag_get(const struct mapi_bag *bag, mapi_tag_t tag);
/* Copies the value; replaces one of the same id. */
void mapi_bag_set(struct mapi_bag *bag, mapi_tag_t tag,
		  const union mapi_value *value);
bool mapi_bag_unset(struct mapi_bag *bag, mapi_tag_t tag);
/* Short forms */
void mapi_bag_set_int(struct mapi_bag *bag, mapi_tag_t tag, int64_t i);
void mapi_bag_set_bool(struct mapi_bag *bag, mapi_tag_t tag, bool b);
void mapi_bag_set_str(struct mapi_bag *bag, mapi_tag_t tag, const char *s);
void mapi_bag_set_time(struct mapi_bag *bag, mapi_tag_t tag, time_t t);
void mapi_bag_set_bin(struct mapi_bag *bag, mapi_tag_t tag,
		      const void *data, size_t size);
int64_t mapi_bag_get_int(const struct mapi_bag *bag, mapi_tag_t tag,
			 int64_t dflt);
bool mapi_bag_get_bool(const struct mapi_bag *bag, mapi_tag_t tag, bool dflt);
/* NULL: none */
const char *mapi_bag_get_str(const struct mapi_bag *bag, mapi_tag_t tag);
const struct mapi_blob *
mapi_bag_get_bin(const struct mapi_bag *bag, mapi_tag_t tag);
/* 0: none */
time_t mapi_bag_get_time(const struct mapi_bag *bag, mapi_tag_t tag);

/* --- wire --------------------------------------------------------------------------- */

/* Where widths and forms differ (MS-OXCDATA 2.11.1.1; MS-OXCFXICS 2.2.4.1;
   MS-OXCMAPIHTTP 2.2.1.1). */
enum mapi_form {
	MAPI_FORM_ROP,		/* binary length 16 bits, bool 1 byte */
	MAPI_FORM_NSPI,		/* AddressBook*: 32 bits, HasValue octets */
	MAPI_FORM_FX,		/* FastTransfer: lengths 32 bits, bool 2 bytes */
};

/* A cursor. Reading beyond the end gives zeros and sets broken, so that a whole
   structure is read and asked once. */
struct mapi_in {
	const unsigned char *data;
	size_t size, pos;
	enum mapi_form form;
	/* for what is read: copies go here */
	pool_t pool;
	bool broken;
};

void mapi_in_init(struct mapi_in *in_r, enum mapi_form form, pool_t pool,
		  const void *data, size_t size);
size_t mapi_in_left(const struct mapi_in *in);
uint8_t mapi_in_u8(struct mapi_in *in);
uint16_t mapi_in_u16(struct mapi_in *in);
uint32_t mapi_in_u32(struct mapi_in *in);
uint64_t mapi_in_u64(struct mapi_in *in);
bool mapi_in_bool(struct mapi_in *in);
/* Points into the input; NULL if there are not so many. */
const unsigned char *mapi_in_bytes(struct mapi_in *in, size_t size);
void mapi_in_guid(struct mapi_in *in, guid_128_t guid_r);
/* Zero-terminated UTF-16LE, as UTF-8; invalid surrogates become U+FFFD. */
const char *mapi_in_utf16(struct mapi_in *in);
/* Zero-terminated bytes. */
const char *mapi_in_str8(struct mapi_in *in);
/* PropertyValue of a known tag; TaggedPropertyValue; TypedPropertyValue (tag's id
   stays as given, its type is read). 0, -1 broken or unknown type. */
int mapi_in_value(struct mapi_in *in, mapi_tag_t tag, union mapi_value *v_r);
int mapi_in_prop(struct mapi_in *in, struct mapi_prop *prop_r);
int mapi_in_typed(struct mapi_in *in, mapi_tag_t *tag, union mapi_value *v_r);
/* count of 16 bits (ROP) or 32 (NSPI), then tags. */
int mapi_in_tags(struct mapi_in *in, ARRAY_TYPE(mapi_tag) *tags_r);
/* count as above, then TaggedPropertyValues (an NSPI AddressBookPropertyValueList
   too), into the bag. */
int mapi_in_props(struct mapi_in *in, struct mapi_bag *bag);

void mapi_out_u8(buffer_t *out, uint8_t v);
void mapi_out_u16(buffer_t *out, uint16_t v);
void mapi_out_u32(buffer_t *out, uint32_t v);
void mapi_out_u64(buffer_t *out, uint64_t v);
/* With the terminating zero. */
void mapi_out_utf16(buffer_t *out, const char *s);
void mapi_out_str8(buffer_t *out, const char *s);
void mapi_out_value(buffer_t *out, enum mapi_form form, mapi_tag_t tag,
		    const union mapi_value *v);
void mapi_out_prop(buffer_t *out, enum mapi_form form,
		   const struct mapi_prop *prop);
/* Overwrites what was put at the offset before. */
void mapi_out_u16_at(buffer_t *out, size_t offset, uint16_t v);
void mapi_out_u32_at(buffer_t *out, size_t offset, uint32_t v);

/* A row (MS-OXCDATA 2.8.1; 2.8.1.2 when a value is an error or missing, or a column
   has PTYP_UNSPECIFIED). props[i].tag: its type is the value's: that of the column,
   or PTYP_ERROR_CODE. NSPI: AddressBookPropertyRow (MS-OXCMAPIHTTP 2.2.1.7). */
void mapi_out_row(buffer_t *out, enum mapi_form form, const mapi_tag_t *columns,
		  const struct mapi_prop *props, unsigned int count);
int mapi_in_row(struct mapi_in *in, const mapi_tag_t *columns,
		unsigned int count, struct mapi_prop *props_r);

/* RecipientRow (2.8.3): props of the recipient both ways; columns are those of the
   property row at its end. cpid: of its non-Unicode strings. */
void mapi_out_recipient(buffer_t *out, const mapi_tag_t *columns,
			unsigned int columns_count, const struct mapi_bag *rcpt,
			bool unicode, unsigned int cpid);
int mapi_in_recipient(struct mapi_in *in, const mapi_tag_t *columns,
		      unsigned int columns_count, unsigned int cpid,
		      struct mapi_bag *rcpt_r);

/* --- restrictions (2.12) ----------------------------------------------------------------- */

enum mapi_restriction_type {
	MAPI_RES_AND		= 0x00,
	MAPI_RES_OR		= 0x01,
	MAPI_RES_NOT		= 0x02,
	MAPI_RES_CONTENT	= 0x03,
	MAPI_RES_PROPERTY	= 0x04,
	MAPI_RES_COMPARE	= 0x05,
	MAPI_RES_BITMASK	= 0x06,
	MAPI_RES_SIZE		= 0x07,
	MAPI_RES_EXIST		= 0x08,
	MAPI_RES_SUBOBJECT	= 0x09,
	MAPI_RES_COMMENT	= 0x0a,
	MAPI_RES_COUNT		= 0x0b,
};
enum mapi_relop {
	MAPI_REL_LT = 0, MAPI_REL_LE, MAPI_REL_GT, MAPI_REL_GE, MAPI_REL_EQ,
	MAPI_REL_NE, MAPI_REL_RE, MAPI_REL_MEMBER_OF_DL = 0x64,
};
/* FuzzyLevelLow and High */
#define MAPI_FL_FULLSTRING	0x0000
#define MAPI_FL_SUBSTRING	0x0001
#define MAPI_FL_PREFIX		0x0002
#define MAPI_FL_IGNORECASE	0x0001
#define MAPI_FL_IGNORENONSPACE	0x0002
#define MAPI_FL_LOOSE		0x0004

/* Deeper ones are broken input. */
#define MAPI_RESTRICTION_MAX_DEPTH 64

struct mapi_restriction {
	enum mapi_restriction_type type;
	/* AND, OR: subs; NOT, SUBOBJECT, COMMENT (0 or 1), COUNT: one */
	const struct mapi_restriction *const *subs;
	unsigned int subs_count;
	/* PROPERTY, COMPARE, SIZE; BITMASK: 0 equals zero, 1 not zero */
	unsigned int relop;
	uint16_t fuzzy_low, fuzzy_high;		/* CONTENT */
	mapi_tag_t tag, tag2;			/* tag2: COMPARE */
	/* CONTENT, PROPERTY: its own tag may differ (multi-value, string type) */
	struct mapi_prop prop;
	uint32_t mask;		/* BITMASK; SIZE: size; COUNT: count */
	const struct mapi_prop *comments;
	unsigned int comments_count;
};

int mapi_in_restriction(struct mapi_in *in,
			const struct mapi_restriction **res_r);
void mapi_out_restriction(buffer_t *out, enum mapi_form form,
			  const struct mapi_restriction *res);
/* For evaluation: the object's value of a tag; NULL: it has none. Type may be asked
   as PTYP_UNSPECIFIED. */
struct mapi_matcher {
	const struct mapi_prop *(*get)(void *context, mapi_tag_t tag);
	/* SUBOBJECT: PidTagMessageRecipients, PidTagMessageAttachments: does
	   any of them match? NULL: never */
	bool (*sub)(void *context, mapi_tag_t object,
		    const struct mapi_restriction *res);
	/* Is the address (entry id) a member of the list; NULL: never */
	bool (*member)(void *context, const struct mapi_prop *prop);
	void *context;
	unsigned int cpid;
};
bool mapi_restriction_match(const struct mapi_restriction *res,
			    const struct mapi_matcher *matcher);

/* --- sort orders (2.13) --------------------------------------------------------------------- */

struct mapi_sort {
	mapi_tag_t tag;		/* with PTYP_INSTANCE if it expands values */
	enum { MAPI_SORT_ASCEND = 0, MAPI_SORT_DESCEND = 1,
	       MAPI_SORT_MAX_CATEGORY = 4 } order;
};
struct mapi_sort_set {
	const struct mapi_sort *sorts;
	unsigned int count;
	/* the first so many are categories, of which so many expanded */
	unsigned int categories, expanded;
};
int mapi_in_sort_set(struct mapi_in *in, struct mapi_sort_set *set_r);
void mapi_out_sort_set(buffer_t *out, const struct mapi_sort_set *set);

/* --- names (2.6) -------------------------------------------------------------------------------- */

struct mapi_name {
	guid_128_t guid;	/* wire order */
	/* NULL: by lid */
	const char *name;
	uint32_t lid;
};
int mapi_in_name(struct mapi_in *in, struct mapi_name *name_r);
void mapi_out_name(buffer_t *out, const struct mapi_name *name);

/* --- ids (2.2) -------------------------------------------------------------------------------------- */

/* Folder and message ids: REPLID (low 16 bits) and GLOBCNT (48 bits above), as the
   64-bit number of the wire; MAPI_ID() from and to a number of the store's
   partition (dovetail-meta.h), whose bytes are big-endian on the wire. */
typedef uint64_t mapi_id_t;
mapi_id_t mapi_id(uint16_t replid, uint64_t globcnt);
uint64_t mapi_id_globcnt(mapi_id_t id);
#define mapi_id_replid(id) ((uint16_t)((id) & 0xffff))

/* LongTermID: GUID (wire order), GLOBCNT big-endian; 24 bytes with padding. */
struct mapi_long_id {
	guid_128_t guid;
	uint64_t globcnt;
};
void mapi_in_long_id(struct mapi_in *in, struct mapi_long_id *id_r);
void mapi_out_long_id(buffer_t *out, const struct mapi_long_id *id);
/* GID of 22 bytes: SourceKey, ChangeKey of ours */
void mapi_out_gid(buffer_t *out, const struct mapi_long_id *id);

/* XIDs and PredecessorChangeList (MS-OXCFXICS 2.2.2.2, 2.2.2.3): sorted by GUID,
   one for each. */
/* <0: a includes b only, see enum */
enum mapi_pcl_order { MAPI_PCL_EQUAL, MAPI_PCL_NEWER, MAPI_PCL_OLDER,
		      MAPI_PCL_CONFLICT };
enum mapi_pcl_order mapi_pcl_compare(const struct mapi_blob *a,
				     const struct mapi_blob *b);
/* Adds a ChangeKey (XID), keeping the highest of its GUID. -1: malformed. */
int mapi_pcl_add(buffer_t *pcl, const void *xid, size_t size);
int mapi_pcl_merge(buffer_t *dest, const struct mapi_blob *src);

/* Folder and message entry ids (2.2.4.1: 46 bytes; 2.2.4.2: 70 bytes), store entry
   id (2.2.4.3), permanent address-book entry id and one-off (2.2.5.1, 2.2.5.2),
   contact address (2.2.5.3) */
struct mapi_entry_id {
	enum { MAPI_EID_UNKNOWN, MAPI_EID_FOLDER, MAPI_EID_MESSAGE,
	       MAPI_EID_STORE, MAPI_EID_ADDRESS, MAPI_EID_ONE_OFF,
	       MAPI_EID_CONTACT } kind;
	uint32_t flags;
	/* FOLDER, MESSAGE: provider UID = mailbox GUID */
	guid_128_t provider;
	uint16_t type;		/* FOLDER, MESSAGE: eitLTPrivateFolder ... */
	struct mapi_long_id folder, message;
	/* ADDRESS: X500 DN and display type; ONE_OFF: name, type, address */
	const char *dn, *name, *addrtype, *address;
	uint32_t display_type;
};
/* 1; 0: of a kind that is not known; -1: broken */
int mapi_entry_id_parse(const void *data, size_t size, pool_t pool,
			struct mapi_entry_id *id_r);
void mapi_entry_id_write(buffer_t *out, const struct mapi_entry_id *id);

/* --- envelopes (MS-OXCRPC 2.2.2.1, 3.1.4.2.1.1.1; MS-XCA 2.4 Plain LZ77) ----------------------------- */

#define MAPI_RHE_COMPRESSED	0x0001
#define MAPI_RHE_XOR		0x0002
#define MAPI_RHE_LAST		0x0004
#define MAPI_RHE_SIZE		8
/* Payloads of one extended buffer, joined pieces apart: each is handed out
   decompressed, in order. 0, -1: broken, or more than max_out bytes. */
ARRAY_DEFINE_TYPE(mapi_blob, struct mapi_blob);
int mapi_rhe_unpack(const void *data, size_t size, size_t max_out, pool_t pool,
		    ARRAY_TYPE(mapi_blob) *payloads_r);
/* Appends a header and the payload. flags: COMPRESSED if it may (and pays), XOR,
   LAST */
void mapi_rhe_pack(buffer_t *out, const void *payload, size_t size,
		   unsigned int flags);
/* DIRECT2 / Plain LZ77. decompress: exact size expected; -1: broken */
int mapi_lz77_decompress(const void *data, size_t size, void *out,
			 size_t out_size);
/* FALSE: does not get smaller */
bool mapi_lz77_compress(const void *data, size_t size, buffer_t *out);

/* --- serialised bags ------------------------------------------------------------------------------------ */

/* A stable form for storage: named properties by (GUID, name or LID), not by id.
   names: of an id >= MAPI_NAMED_FIRST; NULL: unknown, such a property is left
   out. */
typedef const struct mapi_name *mapi_name_of_id_t(void *context, uint16_t id);
/* 0: cannot be given a number */
typedef uint16_t mapi_id_of_name_t(void *context, const struct mapi_name *name);
void mapi_bag_pack(buffer_t *out, const struct mapi_bag *bag,
		   mapi_name_of_id_t *names, void *context);
int mapi_bag_unpack(struct mapi_bag *bag, const void *data, size_t size,
		    mapi_id_of_name_t *ids, void *context);

/* --- errors (2.4) ---------------------------------------------------------------------------------------- */

enum mapi_error {
	ecNone			= 0x00000000,
	ecUnknownUser		= 0x000003eb,
	ecServerOOM		= 0x000003f0,
	ecLoginPerm		= 0x000003f2,
	ecNotSearchFolder	= 0x00000461,
	ecSearchFolderScopeViolation = 0x00000490,
	ecFolderHasContents	= 0x0000043a,
	ecFolderHasChildren	= 0x00000439,
	ecWrongServer		= 0x00000478,
	ecBufferTooSmall	= 0x0000047d,
	ecSearchFolder		= 0x00000460,
	ecNoReceiveFolder	= 0x00000463,
	ecNoDelSubmitMsg	= 0x000004b0,
	ecUnknownCodePage	= 0x000003ef,
	ecRpcFormat		= 0x000004b6,
	ecNullObject		= 0x000004b9,
	ecQuotaExceeded		= 0x000004d9,
	ecMaxAttachmentExceeded	= 0x000004db,
	ecNotExpanded		= 0x000004f7,
	ecNotCollapsed		= 0x000004f8,
	ecDstNullObject		= 0x00000503,
	ecMsgCycle		= 0x00000504,
	ecTooManyRecips		= 0x00000505,
	ecWarnWithErrors	= 0x00040380,
	SYNC_W_CLIENT_CHANGE_NEWER = 0x00040821,
	SYNC_E_CONFLICT		= 0x80040802,
	SYNC_E_IGNORE		= 0x80040801,
	ecNotSupported		= 0x80040102,
	ecInvalidObject		= 0x80040108,
	ecObjectModified	= 0x80040109,
	ecObjectDeleted		= 0x8004010a,
	ecNotFound		= 0x8004010f,
	ecVersionMismatch	= 0x80040110,
	ecLoginFailure		= 0x80040111,
	ecUnableToAbort		= 0x80040114,
	ecTooComplex		= 0x80040117,
	ecComputed		= 0x8004011a,
	ecCorruptData		= 0x8004011b,
	ecUnableToComplete	= 0x80040400,
	ecTimeout		= 0x80040401,
	ecTableEmpty		= 0x80040402,
	ecTableTooBig		= 0x80040403,
	ecInvalidBookmark	= 0x80040405,
	ecAmbiguousRecip	= 0x80040700,
	ecDuplicateName		= 0x80040604,
	ecUnknownFlags		= 0x80040106,
	ecNotImplemented	= 0x80040fff,
	ecError			= 0x80004005,
	ecNoAccess		= 0x80070005,
	ecMemory		= 0x8007000e,
	ecInvalidParam		= 0x80070057,
	ecInterfaceNotSupported	= 0x80004002,
	ecServerBusy		= 0x80000002,
	ecStreamAccessDenied	= 0x80030005,
	ecStreamSeekError	= 0x80030019,
	ecStreamInvalidParam	= 0x80030057,
	ecRejected		= 0x80040119,
	ecNotInQueue		= 0x80040601,
	ecNoSuppress		= 0x80040602,
	ecCollision		= 0x80040604,
	ecNotInitialized	= 0x80040605,
	ecNonStandard		= 0x80040606,
	ecNoRecipients		= 0x80040607,
	ecPartialCompletion	= 0x00040680,
};
/* For logs and traces; never NULL. */
const char *mapi_error_name(uint32_t error);

#endif
