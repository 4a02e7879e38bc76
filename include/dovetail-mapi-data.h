#ifndef DOVETAIL_MAPI_DATA_H
#define DOVETAIL_MAPI_DATA_H
/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* MAPI's data types and their wire forms (MS-OXCDATA), and the envelopes around
   ROP buffers (MS-OXCRPC 2.2.2, 3.1.4.2; MS-XCA 2.4). Pure: no I/O, no state. What
   EMSMDB, NSPI, FastTransfer and the store of properties have in common.

   Memory: readers copy strings and arrays into the given pool; binary values and
   restrictions' binaries point into the input, so what is kept longer is copied
   (mapi_value_dup(), mapi_bag_set()). Strings in structs are UTF-8 whatever the
   wire form was, except PtypString8, which keeps the bytes as they came (its code
   page is the caller's matter).

   Writers append to buffers that may be on the data stack, so they open no frame of
   their own; what they need for a moment stays in the caller's frame. A loop over
   many values has a frame for each.

   Counts of the wire are compared with what is left of the input before anything
   is allocated for them. */

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
	/* BINARY, OBJECT (its bytes; only in FastTransfer has the wire some),
	   SERVER_ID (its bytes without the count: mapi_server_id_parse()),
	   RULE_ACTION (ROP form with its count: mapi_rule_actions_parse()) */
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
   (Unicode folded), binary by bytes, then by length, FALSE before TRUE,
   multi-values element by element, then by count. <0, 0, >0. Both have the tag's
   type. */
int mapi_value_cmp(uint16_t type, const union mapi_value *a,
		   const union mapi_value *b);
/* Appends a key of the value: memcmp() of two keys of the same type, then the
   shorter first, is mapi_value_cmp(). For tables that sort many rows: a string is
   folded once. Arrays: of their elements, framed. */
void mapi_value_key(buffer_t *out, uint16_t type, const union mapi_value *v);
/* Same bits. */
bool mapi_value_equals(uint16_t type, const union mapi_value *a,
		       const union mapi_value *b);
/* Size in bytes as PidTagMessageSize and size restrictions count it. */
size_t mapi_value_size(uint16_t type, const union mapi_value *v);
/* Between the two string types, and multi-values of them; others: FALSE. Characters
   that the code page does not have become '?', broken bytes U+FFFD. cpid: Windows
   code page of the STRING8 side (1252 ...; unknown ones are read as 1252). */
bool mapi_value_convert(pool_t pool, mapi_tag_t from, const union mapi_value *src,
			mapi_tag_t to, unsigned int cpid,
			union mapi_value *dest_r);
/* Time: unix seconds to and from PtypTime. */
int64_t mapi_time(time_t t);
time_t mapi_time_unix(int64_t t);

/* Text as searches compare it (FuzzyLevelHigh): with MAPI_FL_IGNORECASE one letter
   case, with MAPI_FL_IGNORENONSPACE without combining marks, with MAPI_FL_LOOSE
   both. Decomposed in any case; invalid UTF-8 becomes U+FFFD. Data stack. */
const char *mapi_fold(const char *text, uint16_t fuzzy_high);

/* Windows code page to and from a charset name of iconv and MIME. NULL, 0: not
   known. Letter case does not matter. */
const char *mapi_charset_of_cpid(unsigned int cpid);
unsigned int mapi_cpid_of_charset(const char *charset);
/* Bytes in a code page to UTF-8, and back; always something valid. */
const char *mapi_text_from_cpid(pool_t pool, unsigned int cpid,
				const void *data, size_t size);
const char *mapi_text_to_cpid(pool_t pool, unsigned int cpid, const char *text);

/* --- bag: the properties of one object ---------------------------------------------- */

/* Properties by id, each once; two of the same id but of types that are not both
   strings (PidTagMessageSize and PidTagMessageSizeExtended, PidTagBodyHtml and
   PidTagHtml) stand side by side. Small; sorted by nothing. */
struct mapi_bag {
	pool_t pool;
	ARRAY_TYPE(mapi_prop) props;
};

void mapi_bag_init(struct mapi_bag *bag_r, pool_t pool);
/* By id and type; a tag of PTYP_UNSPECIFIED finds the first of the id, a string
   type also the other string type. NULL: none. */
const struct mapi_prop *mapi_bag_get(const struct mapi_bag *bag, mapi_tag_t tag);
/* Copies the value; replaces one of the same id and type (or string types). */
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
/* Any integer type of the id, also where the tag says another width */
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
	/* Extended rules (MS-OXORULE 2.2.4), search folder definitions (MS-OXOSRCH):
	   as ROP, with binary lengths and restriction counts of 32 bits */
	MAPI_FORM_EXTENDED,
};

/* A cursor. Reading beyond the end gives zeros and sets broken, so that a whole
   structure is read and asked once. */
struct mapi_in {
	const unsigned char *data;
	size_t size, pos;
	enum mapi_form form;
	/* for what is read: copies go here */
	pool_t pool;
	/* restrictions in restrictions */
	unsigned int depth;
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
/* TypedString (2.11.7). NULL: the string is not present. Broken: in->broken. */
const char *mapi_in_typed_string(struct mapi_in *in);
/* PropertyValue of a known tag; TaggedPropertyValue; TypedPropertyValue (tag's id
   stays as given, its type is read). 0, -1 broken or unknown type. A value that an
   NSPI client left out (HasValue 0) is an empty one. FastTransfer: types 0x8000 |
   code page give STRING; names of named properties, which stand between tag and
   value there, are the caller's: mapi_in_prop() is for ids without. */
int mapi_in_value(struct mapi_in *in, mapi_tag_t tag, union mapi_value *v_r);
int mapi_in_prop(struct mapi_in *in, struct mapi_prop *prop_r);
int mapi_in_typed(struct mapi_in *in, mapi_tag_t *tag, union mapi_value *v_r);
/* count of 16 bits (ROP) or 32 (NSPI), then tags. */
int mapi_in_tags(struct mapi_in *in, ARRAY_TYPE(mapi_tag) *tags_r);
/* count as above, then TaggedPropertyValues (an NSPI AddressBookPropertyValueList
   too), into the bag, or in order and as they are into an array. */
int mapi_in_props(struct mapi_in *in, struct mapi_bag *bag);
int mapi_in_prop_array(struct mapi_in *in, ARRAY_TYPE(mapi_prop) *props_r);

void mapi_out_u8(buffer_t *out, uint8_t v);
void mapi_out_u16(buffer_t *out, uint16_t v);
void mapi_out_u32(buffer_t *out, uint32_t v);
void mapi_out_u64(buffer_t *out, uint64_t v);
/* With the terminating zero. */
void mapi_out_utf16(buffer_t *out, const char *s);
void mapi_out_str8(buffer_t *out, const char *s);
/* A binary that is longer than its form's length field can say is cut: whoever writes
   into ROP buffers looks at sizes before. */
void mapi_out_value(buffer_t *out, enum mapi_form form, mapi_tag_t tag,
		    const union mapi_value *v);
void mapi_out_prop(buffer_t *out, enum mapi_form form,
		   const struct mapi_prop *prop);
/* count and members as mapi_in_tags(), mapi_in_props() */
void mapi_out_tags(buffer_t *out, enum mapi_form form, const mapi_tag_t *tags,
		   unsigned int count);
void mapi_out_props(buffer_t *out, enum mapi_form form,
		    const struct mapi_prop *props, unsigned int count);
/* TypedString; NULL: not present. The reduced form where it loses nothing. */
void mapi_out_typed_string(buffer_t *out, const char *s);
/* PropertyProblem (2.7) */
void mapi_out_problem(buffer_t *out, uint16_t index, mapi_tag_t tag,
		      uint32_t error);
/* Overwrites what was put at the offset before. */
void mapi_out_u16_at(buffer_t *out, size_t offset, uint16_t v);
void mapi_out_u32_at(buffer_t *out, size_t offset, uint32_t v);

/* A row (MS-OXCDATA 2.8.1.1; 2.8.1.2 when a value is an error). props[i].tag: its
   type is the value's: that of the column (without PTYP_INSTANCE and, then,
   PTYP_MULTIPLE), any if the column has PTYP_UNSPECIFIED, or PTYP_ERROR_CODE: missing
   ones are ecNotFound. NSPI: AddressBookPropertyRow (MS-OXCMAPIHTTP 2.2.1.7).
   Read: an absent value (flag 1) is PTYP_ERROR_CODE with ecNotFound. */
void mapi_out_row(buffer_t *out, enum mapi_form form, const mapi_tag_t *columns,
		  const struct mapi_prop *props, unsigned int count);
int mapi_in_row(struct mapi_in *in, const mapi_tag_t *columns,
		unsigned int count, struct mapi_prop *props_r);

/* RecipientRow (2.8.3): properties of the recipient both ways; columns are those of
   the property row at its end, which may be fewer in a row that is read. cpid: of its
   non-Unicode strings; on reading all become STRING.

   Reading sets PidTagResponsibility, PidTagSendRichInfo, PidTagAddressType,
   PidTagEmailAddress (EX: the DN, without the prefix of Connect, which this server
   leaves empty), PidTagDisplayType, PidTagDisplayName, PidTagAddressBookDisplayNamePrintable
   (simple), PidTagTransmittableDisplayName, PidTagEntryId and PidTagSearchKey
   (personal lists), and the columns that are no error. Not PidTagRecipientType: it
   stands beside the row. Writing takes them from the same. */
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
/* -1 with in->broken: malformed (ecRpcFormat). -1 without: not allowed (MS-OXCDATA 2.13,
   MS-OXCTABL 2.2.2.3.1): an unknown order, more categories than sorts, more expanded
   than categories, two multi-values among the categories, a maximum that does not
   stand right behind the categories. */
int mapi_in_sort_set(struct mapi_in *in, struct mapi_sort_set *set_r);
void mapi_out_sort_set(buffer_t *out, const struct mapi_sort_set *set);

/* --- names (2.6) -------------------------------------------------------------------------------- */

struct mapi_name {
	guid_128_t guid;	/* wire order */
	/* NULL: by lid */
	const char *name;
	uint32_t lid;
};
/* 0: kind 0xff, there is no name; 1; -1 */
int mapi_in_name(struct mapi_in *in, struct mapi_name *name_r);
/* NULL: kind 0xff. Names are cut at 254 bytes of UTF-16 with their end. */
void mapi_out_name(buffer_t *out, const struct mapi_name *name);

/* --- ids (2.2) -------------------------------------------------------------------------------------- */

/* Folder and message ids: REPLID (low 16 bits) and GLOBCNT (48 bits above), as the
   64-bit number of the wire; MAPI_ID() from and to a number of the store's
   partition (dovetail-meta.h), whose bytes are big-endian on the wire. */
typedef uint64_t mapi_id_t;
ARRAY_DEFINE_TYPE(mapi_id, mapi_id_t);
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
/* How a stands to b: EQUAL; NEWER: a has all of b and more; OLDER: b has all of a and
   more; CONFLICT: each has what the other has not. A malformed one counts as
   empty: parse with mapi_pcl_valid() what comes from outside. */
enum mapi_pcl_order { MAPI_PCL_EQUAL, MAPI_PCL_NEWER, MAPI_PCL_OLDER,
		      MAPI_PCL_CONFLICT };
bool mapi_pcl_valid(const void *data, size_t size);
enum mapi_pcl_order mapi_pcl_compare(const struct mapi_blob *a,
				     const struct mapi_blob *b);
/* Does it have this XID, or a later one of its GUID? */
bool mapi_pcl_includes(const struct mapi_blob *pcl, const void *xid,
		       size_t size);
/* Adds a ChangeKey (XID), keeping the highest of its GUID. -1: malformed. */
int mapi_pcl_add(buffer_t *pcl, const void *xid, size_t size);
int mapi_pcl_merge(buffer_t *dest, const struct mapi_blob *src);

/* GID of 22 bytes back; FALSE: it is none. */
bool mapi_gid_parse(const void *data, size_t size, struct mapi_long_id *id_r);

/* PtypServerId (2.11.1.4). ours: ids and instance, else client's own bytes. */
struct mapi_server_id {
	bool ours;
	mapi_id_t folder, message;
	uint32_t instance;
	struct mapi_blob client;
};
bool mapi_server_id_parse(const void *data, size_t size,
			  struct mapi_server_id *id_r);
void mapi_server_id_write(buffer_t *out, const struct mapi_server_id *id);

/* --- sets of ids (MS-OXCFXICS 2.2.2.4 to 2.2.2.6, 3.1.5.4) -------------------------- */

/* IDSET and CNSET: for each replica the ranges of GLOBCNTs. Replicas are known by
   GUID (state properties) or by REPLID (deletions, read states): a set has the one or
   the other. Ranges are sorted, disjoint and not adjacent at all times. */
struct mapi_idset_range {
	uint64_t low, high;
};
ARRAY_DEFINE_TYPE(mapi_idset_range, struct mapi_idset_range);
struct mapi_idset_replica {
	guid_128_t guid;
	uint16_t replid;
	ARRAY_TYPE(mapi_idset_range) ranges;
};
struct mapi_idset {
	pool_t pool;
	bool by_guid;
	ARRAY(struct mapi_idset_replica) replicas;
};
/* No more than so many ranges are read from one set. */
#define MAPI_IDSET_MAX_RANGES (1024 * 1024)

void mapi_idset_init(struct mapi_idset *set_r, pool_t pool, bool by_guid);
/* Of the whole data; an empty one is an empty set. -1: malformed (ecRpcFormat) */
int mapi_idset_parse(struct mapi_idset *set, const void *data, size_t size);
/* Replicas in the order the document asks for; one without ranges is left out. */
void mapi_idset_write(buffer_t *out, const struct mapi_idset *set);
void mapi_idset_add(struct mapi_idset *set, const guid_128_t guid,
		    uint64_t globcnt);
void mapi_idset_add_range(struct mapi_idset *set, const guid_128_t guid,
			  uint64_t low, uint64_t high);
void mapi_idset_remove(struct mapi_idset *set, const guid_128_t guid,
		       uint64_t globcnt);
bool mapi_idset_contains(const struct mapi_idset *set, const guid_128_t guid,
			 uint64_t globcnt);
/* Same, for sets by REPLID */
void mapi_idset_add_id(struct mapi_idset *set, mapi_id_t id);
void mapi_idset_add_id_range(struct mapi_idset *set, uint16_t replid,
			     uint64_t low, uint64_t high);
bool mapi_idset_contains_id(const struct mapi_idset *set, mapi_id_t id);
/* NULL: none of this replica */
const struct mapi_idset_replica *
mapi_idset_find(const struct mapi_idset *set, const guid_128_t guid);
void mapi_idset_merge(struct mapi_idset *dest, const struct mapi_idset *src);
/* What is in minus too goes. */
void mapi_idset_subtract(struct mapi_idset *set,
			 const struct mapi_idset *minus);
/* Appends what of [low, high] is not in the set. Needs a data stack frame. */
void mapi_idset_missing(const struct mapi_idset *set, const guid_128_t guid,
			uint64_t low, uint64_t high,
			ARRAY_TYPE(mapi_idset_range) *ranges_r);
bool mapi_idset_is_empty(const struct mapi_idset *set);

/* --- entry ids (2.2.4, 2.2.5) --------------------------------------------------------- */

enum mapi_entry_id_kind {
	MAPI_EID_UNKNOWN,
	MAPI_EID_FOLDER,	/* 2.2.4.1: 46 bytes */
	MAPI_EID_MESSAGE,	/* 2.2.4.2: 70 bytes */
	MAPI_EID_STORE,		/* 2.2.4.3 */
	MAPI_EID_ONE_OFF,	/* 2.2.5.1 */
	MAPI_EID_ADDRESS,	/* 2.2.5.2: permanent, by X500 DN */
	MAPI_EID_CONTACT,	/* 2.2.5.3: an address of a contact */
	MAPI_EID_PERSONAL_LIST,	/* 2.2.5.4: a personal distribution list */
};
/* FOLDER, MESSAGE: type */
enum mapi_store_object_type {
	eitLTPrivateFolder	= 0x0001,
	eitLTPublicFolder	= 0x0003,
	eitLTWackyFolder	= 0x0005,
	eitLTPrivateMessage	= 0x0007,
	eitLTPublicMessage	= 0x0009,
	eitLTWackyMessage	= 0x000b,
};
/* ONE_OFF: flags */
#define MAPI_ONE_OFF_NO_RICH_INFO	0x0001	/* M: MIME, no TNEF */
#define MAPI_ONE_OFF_NO_LOOKUP		0x1000	/* L */
#define MAPI_ONE_OFF_UNICODE		0x8000	/* U */

struct mapi_entry_id {
	enum mapi_entry_id_kind kind;
	/* the first four bytes: 0 for a long-term entry id */
	uint32_t flags;
	/* FOLDER, MESSAGE: provider UID: the mailbox GUID; for public folders
	   mapi_uid_public */
	guid_128_t provider;
	uint16_t type;
	struct mapi_long_id folder, message;
	/* STORE: public store? its short server name and, of a mailbox, DN */
	bool public_store;
	const char *server;
	/* STORE, ADDRESS */
	const char *dn;
	uint32_t display_type;	/* ADDRESS: 0 person, 1 list, ... */
	/* ONE_OFF */
	uint16_t one_off_flags;
	const char *name, *addrtype, *address;
	/* CONTACT: which address (0-2 e-mail, 3-5 fax); CONTACT, PERSONAL_LIST:
	   the entry id of the message */
	uint32_t index;
	struct mapi_blob object;
};
extern const guid_128_t mapi_uid_public, mapi_uid_address_book,
	mapi_uid_one_off, mapi_uid_contact, mapi_uid_store;

/* Parsed parts are copied to the pool; object points into data. 1; 0: of a kind that
   is not known; -1: broken */
int mapi_entry_id_parse(const void *data, size_t size, pool_t pool,
			struct mapi_entry_id *id_r);
/* Strings that are NULL are empty ones. ONE_OFF is written in Unicode. */
void mapi_entry_id_write(buffer_t *out, const struct mapi_entry_id *id);
/* The two that are written most: of an address-book object, of an SMTP address. */
void mapi_entry_id_of_dn(buffer_t *out, const char *dn, uint32_t display_type);
void mapi_entry_id_of_smtp(buffer_t *out, const char *name,
			   const char *address);
/* PidTagSearchKey of an address: "SMTP:A@B" in upper case, with its end. */
void mapi_search_key_of_address(buffer_t *out, const char *addrtype,
				const char *address);

/* --- rule actions (MS-OXORULE 2.2.5) ------------------------------------------------------- */

enum mapi_action_type {
	MAPI_OP_MOVE		= 0x01,
	MAPI_OP_COPY		= 0x02,
	MAPI_OP_REPLY		= 0x03,
	MAPI_OP_OOF_REPLY	= 0x04,
	MAPI_OP_DEFER_ACTION	= 0x05,
	MAPI_OP_BOUNCE		= 0x06,
	MAPI_OP_FORWARD		= 0x07,
	MAPI_OP_DELEGATE	= 0x08,
	MAPI_OP_TAG		= 0x09,
	MAPI_OP_DELETE		= 0x0a,
	MAPI_OP_MARK_AS_READ	= 0x0b,
};
struct mapi_action {
	enum mapi_action_type type;
	uint32_t flavor, flags;
	/* MOVE, COPY: in this store: its folder is folder_id (standard rule: a
	   ServerEid) else an entry id; extended rules have entry ids always */
	bool this_store;
	struct mapi_blob store_eid, folder_eid;
	struct mapi_server_id folder_id;
	/* REPLY, OOF_REPLY: standard rule: ids, extended: entry id */
	mapi_id_t reply_folder, reply_message;
	struct mapi_blob reply_eid;
	guid_128_t reply_guid;
	/* BOUNCE */
	uint32_t bounce_code;
	/* FORWARD, DELEGATE. In standard rules counts are of 16 bits in practice, of
	   32 in the document: both are read, and written back as they were. */
	bool wide_counts;
	const struct mapi_bag *recipients;
	unsigned int recipients_count;
	/* TAG */
	struct mapi_prop tag;
	/* DEFER_ACTION */
	struct mapi_blob defer;
};
/* RuleAction: the value of PidTagRuleActions; extended: that of
   PidTagExtendedRuleMessageActions behind its version and names, with wide counts.
   Binary parts point into data. -1: malformed, an unknown type included. */
int mapi_rule_actions_parse(pool_t pool, bool extended,
			    const void *data, size_t size,
			    const struct mapi_action **actions_r,
			    unsigned int *count_r);
void mapi_rule_actions_write(buffer_t *out, bool extended,
			     const struct mapi_action *actions,
			     unsigned int count);

/* --- envelopes (MS-OXCRPC 2.2.2.1, 3.1.4.2.1.1.1; MS-XCA 2.4 Plain LZ77) ----------------------------- */

#define MAPI_RHE_COMPRESSED	0x0001
#define MAPI_RHE_XOR		0x0002
#define MAPI_RHE_LAST		0x0004
#define MAPI_RHE_SIZE		8
/* Payloads of one extended buffer, joined pieces apart: each is handed out
   decompressed, in order. 0, -1: broken, or more than max_out bytes in all. An empty
   input has no payloads. */
ARRAY_DEFINE_TYPE(mapi_blob, struct mapi_blob);
int mapi_rhe_unpack(const void *data, size_t size, size_t max_out, pool_t pool,
		    ARRAY_TYPE(mapi_blob) *payloads_r);
/* Appends a header and the payload, at most MAPI_RHE_MAX_PAYLOAD bytes. flags:
   COMPRESSED if it may (and pays), XOR, LAST */
#define MAPI_RHE_MAX_PAYLOAD 0xffff
void mapi_rhe_pack(buffer_t *out, const void *payload, size_t size,
		   unsigned int flags);
/* DIRECT2 / Plain LZ77. decompress: exact size expected; -1: broken */
int mapi_lz77_decompress(const void *data, size_t size, void *out,
			 size_t out_size);
/* Appends. FALSE: does not get smaller, nothing was appended */
bool mapi_lz77_compress(const void *data, size_t size, buffer_t *out);

/* AUX blocks: what an AUX buffer's payload holds (MS-OXCRPC 2.2.2.2) */
#define MAPI_AUX_VERSION_1 0x01
#define MAPI_AUX_VERSION_2 0x02
enum mapi_aux_type {
	MAPI_AUX_PERF_REQUESTID		= 0x01,
	MAPI_AUX_PERF_CLIENTINFO	= 0x02,
	MAPI_AUX_PERF_SERVERINFO	= 0x03,
	MAPI_AUX_PERF_SESSIONINFO	= 0x04,
	MAPI_AUX_PERF_DEFMDB_SUCCESS	= 0x05,
	MAPI_AUX_PERF_DEFGC_SUCCESS	= 0x06,
	MAPI_AUX_PERF_MDB_SUCCESS	= 0x07,
	MAPI_AUX_PERF_GC_SUCCESS	= 0x08,
	MAPI_AUX_PERF_FAILURE		= 0x09,
	MAPI_AUX_CLIENT_CONTROL		= 0x0a,
	MAPI_AUX_PERF_PROCESSINFO	= 0x0b,
	MAPI_AUX_OSVERSIONINFO		= 0x16,
	MAPI_AUX_EXORGINFO		= 0x17,
	MAPI_AUX_PERF_ACCOUNTINFO	= 0x18,
	MAPI_AUX_SERVER_CAPABILITIES	= 0x46,
	MAPI_AUX_ENDPOINT_CAPABILITIES	= 0x48,
	MAPI_AUX_CLIENT_CONNECTION_INFO	= 0x4a,
	MAPI_AUX_SERVER_SESSION_INFO	= 0x4b,
	MAPI_AUX_PROTOCOL_DEVICE_IDENTIFICATION = 0x4e,
};
struct mapi_aux {
	uint8_t version, type;
	/* the block with its header: its offsets count from there */
	struct mapi_blob block;
};
/* The next block; 0: no more; -1: broken. in: over the payload */
int mapi_in_aux(struct mapi_in *in, struct mapi_aux *aux_r);
/* A zero-terminated Unicode string at an offset of the block; NULL: 0, or outside */
const char *mapi_aux_string(const struct mapi_aux *aux, pool_t pool,
			    size_t offset);
/* Header and body. */
void mapi_out_aux(buffer_t *out, uint8_t version, uint8_t type,
		  const void *body, size_t size);

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

/* X(name, value), by value: MS-OXCDATA 2.4, 2.4.1, 2.4.2, 2.4.3; names are the
   documents' alternate names, or made like them */
#define MAPI_ERROR_LIST(X) \
	X(ecNone, 0x00000000) \
	X(ecProfileNotConfigured, 0x0000011c) \
	X(ecUnknownUser, 0x000003eb) \
	X(ecExiting, 0x000003ed) \
	X(ecBadConfig, 0x000003ee) \
	X(ecUnknownCodePage, 0x000003ef) \
	X(ecServerOOM, 0x000003f0) \
	X(ecLoginPerm, 0x000003f2) \
	X(ecParameterOverflow, 0x00000450) \
	X(ecTooManyCols, 0x00000452) \
	X(ecBadFolderName, 0x0000045c) \
	X(ecSearchFolder, 0x00000460) \
	X(ecNotSearchFolder, 0x00000461) \
	X(ecFolderSetReceive, 0x00000462) \
	X(ecNoReceiveFolder, 0x00000463) \
	X(ecNoDelSubmitMsg, 0x00000465) \
	X(ecInvalidRecips, 0x00000467) \
	X(ecNoReplicaHere, 0x00000468) \
	X(ecNoReplicaAvailable, 0x00000469) \
	X(ecPublicMDB, 0x0000046a) \
	X(ecNotPublicMDB, 0x0000046b) \
	X(ecFXBufferOverrun, 0x00000470) \
	X(ecFXBufferEmpty, 0x00000471) \
	X(ecFXPartialValue, 0x00000472) \
	X(ecFXNoRoom, 0x00000473) \
	X(ecWrongServer, 0x00000478) \
	X(ecBufferTooSmall, 0x0000047d) \
	X(ecServerPaused, 0x0000047f) \
	X(ecServerBusy, 0x00000480) \
	X(ecNoSuchLogon, 0x00000481) \
	X(ecFXErrorMarker, 0x00000489) \
	X(ecNotPrivateMDB, 0x0000048b) \
	X(ecSearchFolderScopeViolation, 0x00000490) \
	X(ecRpcFormat, 0x000004b6) \
	X(ecNoCopyTo, 0x000004b7) \
	X(ecNullObject, 0x000004b9) \
	X(ecMsgTooBig, 0x000004d4) \
	X(ecFormNotValid, 0x000004d5) \
	X(ecNotAuthorized, 0x000004d6) \
	X(ecQuotaExceeded, 0x000004d9) \
	X(ecMaxSubmissionExceeded, 0x000004da) \
	X(ecMaxAttachmentExceeded, 0x000004db) \
	X(ecSendAsDenied, 0x000004dc) \
	X(ecShutoffQuotaExceeded, 0x000004dd) \
	X(ecMaxObjsExceeded, 0x000004de) \
	X(ecClientVerDisallowed, 0x000004df) \
	X(ecRpcHttpDisallowed, 0x000004e0) \
	X(ecCachedModeRequired, 0x000004e1) \
	X(ecFormatError, 0x000004ed) \
	X(ecNotExpanded, 0x000004f7) \
	X(ecNotCollapsed, 0x000004f8) \
	X(ecNoExpandLeafRow, 0x000004f9) \
	X(ecUnregisteredNamedProp, 0x000004fa) \
	X(ecFolderDisabled, 0x000004fb) \
	X(ecDomainError, 0x000004fc) \
	X(ecNoCreateRight, 0x000004ff) \
	X(ecPublicRoot, 0x00000500) \
	X(ecNoReadRight, 0x00000501) \
	X(ecNoCreateSubfolderRight, 0x00000502) \
	X(ecDstNullObject, 0x00000503) \
	X(ecMsgCycle, 0x00000504) \
	X(ecTooManyRecips, 0x00000505) \
	X(ecMailboxInTransit, 0x0000050c) \
	X(ecWrongMailbox, 0x00000648) \
	X(ecAccountDisabled, 0x00000650) \
	X(ecRuleVersion, 0x000006a4) \
	X(ecRuleFormat, 0x000006a5) \
	X(ecRuleSendAsDenied, 0x000006a6) \
	X(ecMessageDeleted, 0x000007d6) \
	X(ecProtocolDisabled, 0x000007d8) \
	X(ecRejected, 0x000007ee) \
	X(ecUnknownMailbox, 0x0000089b) \
	X(ecMailboxDisabled, 0x0000096c) \
	X(ecABUnavailable, 0x0000096e) \
	X(ecABObjectNotFound, 0x00000971) \
	X(ecWarnWithErrors, 0x00040380) \
	X(ecWarnPositionChanged, 0x00040481) \
	X(ecWarnApproxCount, 0x00040482) \
	X(ecPartialCompletion, 0x00040680) \
	X(SYNC_W_PROGRESS, 0x00040820) \
	X(SYNC_W_CLIENT_CHANGE_NEWER, 0x00040821) \
	X(ecInterfaceNotSupported, 0x80004002) \
	X(ecError, 0x80004005) \
	X(ecStreamInvalidFunction, 0x80030001) \
	X(ecStreamAccessDenied, 0x80030005) \
	X(ecStreamSeekError, 0x80030019) \
	X(ecStreamWriteFault, 0x8003001d) \
	X(ecStreamReadFault, 0x8003001e) \
	X(ecStreamLockViolation, 0x80030021) \
	X(ecStreamInvalidParam, 0x80030057) \
	X(ecStreamSizeError, 0x80030070) \
	X(ecStreamCannotSave, 0x80030103) \
	X(ecNotSupported, 0x80040102) \
	X(ecBadCharWidth, 0x80040103) \
	X(ecStringTooLarge, 0x80040105) \
	X(ecUnknownFlags, 0x80040106) \
	X(ecInvalidEntryId, 0x80040107) \
	X(ecInvalidObject, 0x80040108) \
	X(ecObjectModified, 0x80040109) \
	X(ecObjectDeleted, 0x8004010a) \
	X(ecBusy, 0x8004010b) \
	X(ecNotEnoughDisk, 0x8004010d) \
	X(ecNotEnoughResources, 0x8004010e) \
	X(ecNotFound, 0x8004010f) \
	X(ecVersionMismatch, 0x80040110) \
	X(ecLoginFailure, 0x80040111) \
	X(ecTooManySessions, 0x80040112) \
	X(ecUserAbort, 0x80040113) \
	X(ecUnableToAbort, 0x80040114) \
	X(ecNetwork, 0x80040115) \
	X(ecTooComplex, 0x80040117) \
	X(ecBadColumn, 0x80040118) \
	X(ecComputed, 0x8004011a) \
	X(ecCorruptData, 0x8004011b) \
	X(ecUnknownCPID, 0x8004011e) \
	X(ecUnknownLCID, 0x8004011f) \
	X(ecEndOfSession, 0x80040200) \
	X(ecUnknownEntryId, 0x80040201) \
	X(ecBadValue, 0x80040301) \
	X(ecInvalidType, 0x80040302) \
	X(ecTypeNotSupported, 0x80040303) \
	X(ecUnexpectedType, 0x80040304) \
	X(ecTooBig, 0x80040305) \
	X(ecDeclineCopy, 0x80040306) \
	X(ecUnexpectedId, 0x80040307) \
	X(ecUnableToComplete, 0x80040400) \
	X(ecTimeout, 0x80040401) \
	X(ecTableEmpty, 0x80040402) \
	X(ecTableTooBig, 0x80040403) \
	X(ecInvalidBookmark, 0x80040405) \
	X(ecWait, 0x80040500) \
	X(ecCancel, 0x80040501) \
	X(ecNotInQueue, 0x80040601) \
	X(ecNoSuppress, 0x80040602) \
	X(ecDuplicateName, 0x80040604) \
	X(ecNotInitialized, 0x80040605) \
	X(ecNonStandard, 0x80040606) \
	X(ecNoRecipients, 0x80040607) \
	X(ecSubmitted, 0x80040608) \
	X(ecFolderHasChildren, 0x80040609) \
	X(ecFolderHasContents, 0x8004060a) \
	X(ecFolderCycle, 0x8004060b) \
	X(ecLockIdLimit, 0x8004060d) \
	X(ecAmbiguousRecip, 0x80040700) \
	X(SYNC_E_OBJECT_DELETED, 0x80040800) \
	X(SYNC_E_IGNORE, 0x80040801) \
	X(SYNC_E_CONFLICT, 0x80040802) \
	X(SYNC_E_NO_PARENT, 0x80040803) \
	X(SYNC_E_CYCLE, 0x80040804) \
	X(SYNC_E_UNSYNCHRONIZED, 0x80040805) \
	X(ecNamedPropsQuotaExceeded, 0x80040900) \
	X(ecNotImplemented, 0x80040fff) \
	X(ecNoAccess, 0x80070005) \
	X(ecMemory, 0x8007000e) \
	X(ecInvalidParam, 0x80070057)

enum mapi_error {
#define MAPI_X_ERROR(name, value) name = value,
	MAPI_ERROR_LIST(MAPI_X_ERROR)
#undef MAPI_X_ERROR
	/* MAPI's other name */
	ecCollision = ecDuplicateName,
};
/* For logs and traces; never NULL. */
const char *mapi_error_name(uint32_t error);

#endif
