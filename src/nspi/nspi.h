/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NSPI_H
#define NSPI_H

/* Internal to src/nspi: MS-OXNSPI over the bodies of MS-OXCMAPIHTTP 2.2.5. */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "str.h"
#include "hash.h"
#include "dovetail-contact.h"
#include "dovetail-directory.h"
#include "dovetail-items.h"
#include "dovetail-mapi.h"

/* What MS-OXCDATA 2.4 calls InvalidCodepage and InvalidLocale */
#define NSPI_INVALID_CODEPAGE	0x8004011eU
#define NSPI_INVALID_LOCALE	0x8004011fU
/* NspiUnbind (MS-OXNSPI 2.2.1.2) */
#define NSPI_UNBIND_SUCCESS	1
#define NSPI_UNBIND_FAILURE	2

#define NSPI_CP_UNICODE		1200
#define NSPI_CP_TELETEX		20261

/* 2.2.1.8, 2.2.1.9 */
#define NSPI_MID_BEGINNING	0
#define NSPI_MID_CURRENT	1
#define NSPI_MID_END		2
#define NSPI_MID_UNRESOLVED	0
#define NSPI_MID_AMBIGUOUS	1
#define NSPI_MID_RESOLVED	2

/* 2.2.1.10 */
#define NSPI_SORT_DISPLAY_NAME	0x000
#define NSPI_SORT_PHONETIC	0x003
#define NSPI_SORT_DISPLAY_NAME_RO 0x3e8
#define NSPI_SORT_DISPLAY_NAME_W 0x3e9

/* 2.2.1.3 */
#define NSPI_DT_MAILUSER	0x000
#define NSPI_DT_DISTLIST	0x001
#define NSPI_DT_REMOTE_MAILUSER	0x006
#define NSPI_DT_CONTAINER	0x100
#define NSPI_DT_ADDRESS_TEMPLATE 0x102

/* 2.2.1.12 and the other flags */
#define NSPI_SKIP_OBJECTS	0x00000001
#define NSPI_EPHEMERAL_ID	0x00000002
#define NSPI_ANONYMOUS		0x00000020
#define NSPI_CREATION_TEMPLATES	0x00000002
#define NSPI_UNICODE_STRINGS	0x00000004
#define NSPI_UNICODE_PROPTYPES	0x80000000U
#define NSPI_LINK_DELETE	0x00000001

/* MinimalEntryIDs (2.2.9.1): all of them the same in every session and process
   of the user. The Global Address List is container 0. */
#define NSPI_CONTAINER_GAL	0
#define NSPI_CONTAINER_FIRST	0x00010000	/* plus the folder's number */
#define NSPI_CONTAINER_LAST	0x00ffffff
#define NSPI_CONTACT_FIRST	0x01000000
#define NSPI_PERSON_FIRST	0x40000000	/* plus directory_listed.id */
#define NSPI_MID_LAST		0x7fffffff

/* MIds of an explicit table, tags of a list (MS-OXCMAPIHTTP 2.2.1.8) */
#define NSPI_MAX_MIDS		100000
/* More is refused with TableTooBig. */
#define NSPI_MAX_COLUMNS	1000
/* Names or DNs of one call */
#define NSPI_MAX_NAMES		10000
/* Rows of one answer end when it has so many bytes. */
#define NSPI_MAX_ANSWER		(2 * 1024 * 1024)

/* STAT (2.2.8) */
struct nspi_stat {
	uint32_t sort_type, container, current;
	int32_t delta;
	uint32_t num_pos, total, cpid, template_lcid, sort_lcid;
};

/* --- address books of the user (nspi-book.c) ----------------------------------------- */

/* A contact or group as tables need it; the vCard is read again for the rest. */
struct nspi_card {
	uint32_t mid;
	uint32_t num;
	/* email: the first one, "" if there is none */
	struct directory_entry entry;
	/* As directory_listed.key: folded name, first address, alias */
	const char *key;
	/* Folded phonetic name, key if it has none */
	const char *phonetic_key;
	const char *phonetic;
	/* 32 hex digits (struct store_item.name) */
	const char *name;
	/* All addresses, and of a group the members' URIs; NULL-terminated */
	const char *const *emails, *const *members;
	bool group:1;
};
ARRAY_DEFINE_TYPE(nspi_card, struct nspi_card);

struct nspi_book_info {
	store_fid_t fid;
	guid_128_t guid;
	const char *display;
	bool foreign;
	/* May the user change its items? */
	bool writable;
};
ARRAY_DEFINE_TYPE(nspi_book_info, struct nspi_book_info);

/* NSPI_SORT_DISPLAY_NAME, NSPI_SORT_PHONETIC */
#define NSPI_ORDERS 2

struct nspi_book {
	struct nspi_book_info info;
	/* Of the container */
	uint32_t mid;
	char *display;
	bool seen;

	/* The rest is there after nspi_book_load(). NULL: not read yet */
	pool_t pool;
	/* Looked after in this call */
	bool fresh;
	struct store_point point;
	ARRAY_TYPE(nspi_card) cards;
	/* indexes of cards in that order; positions in it by index */
	unsigned int *sorted[NSPI_ORDERS], *positions[NSPI_ORDERS];
};
ARRAY_DEFINE_TYPE(nspi_book, struct nspi_book *);

typedef void nspi_item_callback_t(void *context, const struct store_item *item);

/* Where books come from: the store, or a test. */
struct nspi_source {
	/* All the user may see in the address book. 0, -1 */
	int (*books)(const struct mapi_env *env, pool_t pool,
		     ARRAY_TYPE(nspi_book_info) *books);
	/* Has nothing changed since the point? */
	bool (*unchanged)(const struct mapi_env *env, store_fid_t fid,
			  const struct store_point *point);
	/* Calls back for each item, by number; sets point_r. 0, -1 */
	int (*read)(const struct mapi_env *env, store_fid_t fid,
		    struct store_point *point_r, nspi_item_callback_t *callback,
		    void *context);
	/* 1, 0 gone, -1 */
	int (*get)(const struct mapi_env *env, store_fid_t fid, uint32_t num,
		   pool_t pool, struct store_item *item_r);
	/* The item's text; ecNone, ecNoAccess, ecObjectModified, ecError */
	uint32_t (*put)(const struct mapi_env *env, store_fid_t fid,
			const struct store_item *item, const char *uid,
			const char *text);
	/* Whose address book it is; NULL: nobody's */
	const struct store_settings *(*self)(const struct mapi_env *env);
};

/* --- session ------------------------------------------------------------------------- */

/* Somebody who was found by the address, and is not in the list */
struct nspi_extra {
	uint32_t mid;
	const char *address;
};

struct nspi {
	pool_t pool;
	guid_128_t guid;
	/* What was bound is data: this, and the user. */
	ARRAY(struct nspi_extra) extras;

	/* Not parked, read again. By folder number */
	ARRAY_TYPE(nspi_book) books;
	/* mid -> card, of those that are loaded */
	HASH_TABLE(void *, struct nspi_card *) cards;
};

struct nspi *nspi_session_create(const struct mapi_env *env,
				 const struct nspi_source *source);

/* --- one call ------------------------------------------------------------------------ */

struct nspi_call {
	struct nspi *session;
	struct mapi_env *env;
	const struct nspi_source *source;
	pool_t pool;
	struct mapi_in in;
	buffer_t *out;

	struct nspi_stat stat;
	bool has_stat;
	uint32_t flags;
	/* Code page of 8-bit strings, as its converter (nspi-codepage.c) */
	struct nspi_codepage *codepage;

	/* Bind did not. */
	bool refused;

	/* The Directory and the list of books are brought up to date once. */
	bool directory_asked, books_asked;
	int directory_ret;
	unsigned int directory_count;
};

/* Answers one request type with a source of books. Returns an X-ResponseCode. */
unsigned int nspi_dispatch(struct nspi **session, struct mapi_env *env,
			   const struct nspi_source *source,
			   const char *request_type,
			   const struct mapi_blob *body, buffer_t *out);

/* --- bodies (nspi-wire.c) -------------------------------------------------------------- */

/* STAT behind its HasState octet */
void nspi_in_stat(struct nspi_call *call);
/* MIds: count and ids; -1 more than NSPI_MAX_MIDS */
int nspi_in_mids(struct nspi_call *call, ARRAY_TYPE(uint32_t) *mids_r);
/* An octet, and tags if it is not zero; given_r FALSE: it was zero */
int nspi_in_columns(struct nspi_call *call, ARRAY_TYPE(mapi_tag) *tags_r,
		    bool *given_r);
/* The AUX buffer at the end, which is not looked at. FALSE: the body is broken. */
bool nspi_in_end(struct nspi_call *call);

void nspi_out_bool(struct nspi_call *call, bool value);
void nspi_out_guid(buffer_t *out, const guid_128_t guid);
/* HasState and the STAT */
void nspi_out_stat(struct nspi_call *call, const struct nspi_stat *stat);
/* StatusCode 0 and ErrorCode */
void nspi_out_error(struct nspi_call *call, uint32_t error);
void nspi_out_tags(struct nspi_call *call, const ARRAY_TYPE(mapi_tag) *tags);
/* HasMinimalIds and so on; NULL: none */
void nspi_out_mids(struct nspi_call *call, const ARRAY_TYPE(uint32_t) *mids);
void nspi_out_props(struct nspi_call *call, const struct mapi_prop *props,
		    unsigned int count);
/* AuxiliaryBufferSize 0 */
void nspi_out_end(struct nspi_call *call);

/* --- code pages (nspi-codepage.c) -------------------------------------------------------- */

struct nspi_codepage;

/* NULL: not known; 1200 too */
struct nspi_codepage *nspi_codepage_open(uint32_t cpid);
void nspi_codepage_close(struct nspi_codepage **cp);
bool nspi_codepage_supported(uint32_t cpid);
/* UTF-8 to bytes; FALSE: a character was replaced. */
bool nspi_codepage_from_utf8(struct nspi_codepage *cp, const char *text,
			     pool_t pool, const char **bytes_r);
const char *nspi_codepage_to_utf8(struct nspi_codepage *cp, const char *bytes,
				  pool_t pool);
/* ASCII that looks like it ("Muller" for "Müller"); "" if nothing does. */
const char *nspi_ascii(const char *text);

/* --- objects (nspi-object.c) ---------------------------------------------------------------- */

enum nspi_kind {
	NSPI_PERSON	= 0x01,		/* of the Directory */
	NSPI_CONTACT	= 0x02,
	NSPI_GROUP	= 0x04,
	NSPI_CONTAINER	= 0x08,
};

struct nspi_object {
	enum nspi_kind kind;
	uint32_t mid;
	/* Container it is in */
	uint32_t container;
	/* PERSON, CONTACT, GROUP: what the list knows */
	const struct directory_entry *entry;
	const char *key;
	bool complete;
	/* CONTACT, GROUP; CONTAINER of a book: book only */
	struct nspi_book *book;
	const struct nspi_card *card;
	/* Read when first needed */
	struct contact *contact;
	bool contact_read;
	const char *dn;
};

/* -1: the Directory has no list now. */
int nspi_directory(struct nspi_call *call);
void nspi_object_of_listed(const struct directory_listed *listed,
			   struct nspi_object *obj_r);
void nspi_object_of_card(struct nspi_book *book, const struct nspi_card *card,
			 struct nspi_object *obj_r);
/* 1, 0, -1 */
int nspi_object_find(struct nspi_call *call, uint32_t mid,
		     struct nspi_object *obj_r);
int nspi_object_find_dn(struct nspi_call *call, const char *dn,
			struct nspi_object *obj_r);
/* Exactly this address: the user, the Directory (hidden ones too). */
int nspi_object_find_person(struct nspi_call *call, const char *address,
			    struct nspi_object *obj_r);
/* The same, and contacts */
int nspi_object_find_address(struct nspi_call *call, const char *address,
			     struct nspi_object *obj_r);
/* By EphemeralEntryID or PermanentEntryID (2.2.9.2, 2.2.9.3) */
int nspi_object_find_entry_id(struct nspi_call *call, const void *data,
			      size_t size, struct nspi_object *obj_r);
/* Is it the user? */
bool nspi_address_is_self(struct nspi_call *call, const char *address);

const char *nspi_object_dn(struct nspi_call *call, struct nspi_object *obj);
uint32_t nspi_object_display_type(const struct nspi_object *obj);
const struct directory_entry *
nspi_object_entry(struct nspi_call *call, struct nspi_object *obj);
/* NULL: not a contact, or unreadable */
struct contact *nspi_object_contact(struct nspi_call *call,
				    struct nspi_object *obj);
void nspi_entry_id_permanent(buffer_t *dest, uint32_t display_type,
			     const char *dn);
void nspi_entry_id_ephemeral(struct nspi_call *call, buffer_t *dest,
			     uint32_t display_type, uint32_t mid);
/* "/o=.../ou=..." of the site; data stack */
const char *nspi_site_dn(struct nspi_call *call);
/* DN of a container: "/", "/guid=" and 32 hex digits (MS-OXOABK 2.2.1.1) */
const char *nspi_container_dn(const struct nspi_book *book);

/* Whom a group has, as far as they are objects; a person's groups. Appended, in
   order of display name. -1 */
ARRAY_DEFINE_TYPE(nspi_object, struct nspi_object);
int nspi_object_members(struct nspi_call *call, const struct nspi_object *obj,
			ARRAY_TYPE(nspi_object) *members);
int nspi_object_member_of(struct nspi_call *call, struct nspi_object *obj,
			  ARRAY_TYPE(nspi_object) *groups);
void nspi_objects_sort(ARRAY_TYPE(nspi_object) *objects);
/* Of a group's member that is an address (data stack or uri); NULL: another one */
const char *nspi_member_address(const char *uri);

/* --- books (nspi-book.c) ------------------------------------------------------------------------ */

/* The books, not their cards. -1 */
int nspi_books(struct nspi_call *call);
/* NULL: none such */
struct nspi_book *nspi_book_find(struct nspi_call *call, uint32_t container);
/* Its cards, as they are now. A foreign book that is out of reach is empty. -1 */
int nspi_book_load(struct nspi_call *call, struct nspi_book *book);
int nspi_books_load(struct nspi_call *call);
struct nspi_book *nspi_book_of_card(struct nspi_call *call,
				    const struct nspi_card *card);
void nspi_books_free(struct nspi *session);

/* --- properties (nspi-props.c) --------------------------------------------------------------------- */

/* As the client wants it: type, code page, form of the entry id. Of a property that
   is not there the tag's type becomes PTYP_ERROR_CODE. Returns whether it is. */
bool nspi_prop_get(struct nspi_call *call, struct nspi_object *obj,
		   mapi_tag_t tag, struct mapi_prop *prop_r);
/* In its own type, strings in UTF-8: for restrictions */
bool nspi_prop_native(struct nspi_call *call, struct nspi_object *obj,
		      mapi_tag_t tag, struct mapi_prop *prop_r);
/* Every property that the address book knows (obj NULL), or that the object has;
   strings as STRING, or STRING8 if !unicode. */
void nspi_prop_list(struct nspi_call *call, struct nspi_object *obj,
		    bool unicode, bool objects, ARRAY_TYPE(mapi_tag) *tags);
bool nspi_prop_known(mapi_tag_t tag);

/* --- tables (nspi-table.c) --------------------------------------------------------------------------- */

struct nspi_table {
	struct nspi_call *call;
	/* NULL: the Global Address List */
	struct nspi_book *book;
	unsigned int order;
	unsigned int count;
};

/* A container in the STAT's order; an error. */
uint32_t nspi_table_open(struct nspi_call *call, uint32_t container,
			 uint32_t sort_type, struct nspi_table *table_r);
void nspi_table_row(struct nspi_table *table, unsigned int position,
		    struct nspi_object *obj_r);
/* From a position on the first that may have words of a name; count: none has */
unsigned int nspi_table_next(struct nspi_table *table, unsigned int from,
			     const struct directory_prefixes *prefixes);
bool nspi_table_find(struct nspi_table *table, uint32_t mid,
		     unsigned int *position_r);
unsigned int nspi_table_seek(struct nspi_table *table, const char *name);

/* Where the STAT points (3.1.4.5); moved_r: rows between what CurrentRec or NumPos
   say and there. ecNone or ecNotFound */
uint32_t nspi_table_position(struct nspi_table *table,
			     const struct nspi_stat *stat,
			     unsigned int *position_r, int32_t *moved_r);
/* CurrentRec, NumPos, TotalRecs, Delta of a position */
void nspi_table_stat(struct nspi_table *table, unsigned int position,
		     struct nspi_stat *stat);
/* Pure parts */
unsigned int nspi_fraction(uint32_t num_pos, uint32_t total, unsigned int count);
unsigned int nspi_move(unsigned int position, int32_t delta, unsigned int count);

/* --- finding (nspi-anr.c, nspi-match.c) ------------------------------------------------------------------ */

/* What a typed name became (3.1.4.7) */
struct nspi_anr {
	/* Words, folded; NULL-terminated */
	const char *const *words;
	/* "=text": the whole name, alias or address */
	const char *exact;
	/* What words of the key begin with, to skip others quickly */
	struct directory_prefixes prefixes;
	/* A whole address or DN: nothing but who has that. NULL: not one */
	const char *address, *dn;
};
/* FALSE: nothing to look for */
bool nspi_anr_parse(struct nspi_call *call, const char *text,
		    struct nspi_anr *anr_r);
/* For a name that is no address or DN: does it fit this key? */
bool nspi_anr_match(const struct nspi_anr *anr, const char *key);
/* MID_UNRESOLVED, MID_AMBIGUOUS, or MID_RESOLVED and the object; -1 */
int nspi_anr_resolve(struct nspi_call *call, struct nspi_table *table,
		     const char *text, uint32_t *status_r,
		     struct nspi_object *obj_r);

struct nspi_matcher;
struct nspi_matcher *nspi_matcher_init(struct nspi_call *call,
				       const struct mapi_restriction *res);
/* Of what words all that match must have names (none known: no bits) */
void nspi_matcher_prefixes(const struct nspi_matcher *matcher,
			   struct directory_prefixes *prefixes_r);
bool nspi_matcher_match(struct nspi_matcher *matcher, struct nspi_object *obj);

void nspi_matcher_deinit(struct nspi_matcher **matcher);

/* --- operations --------------------------------------------------------------------------------------------- */

/* Reads the body and writes the answer. FALSE: the body is broken. */
typedef bool nspi_op_t(struct nspi_call *call);
/* nspi-bind.c */
nspi_op_t nspi_op_bind, nspi_op_unbind, nspi_op_mailbox_url,
	nspi_op_address_book_url;
/* nspi-rows.c */
nspi_op_t nspi_op_update_stat, nspi_op_query_rows, nspi_op_seek_entries,
	nspi_op_resort_restriction, nspi_op_compare_mids;
/* nspi-find.c */
nspi_op_t nspi_op_get_matches, nspi_op_resolve_names, nspi_op_dn_to_mid;
/* nspi-get.c */
nspi_op_t nspi_op_get_props, nspi_op_get_prop_list, nspi_op_query_columns;
/* nspi-special.c */
nspi_op_t nspi_op_get_special_table;
/* nspi-template.c */
nspi_op_t nspi_op_get_template_info;
/* nspi-modify.c */
nspi_op_t nspi_op_mod_props, nspi_op_mod_link_att;

/* Opens the STAT's code page. ecNone, InvalidCodepage (1200 and unknown ones), or
   InvalidParameter without a STAT */
uint32_t nspi_need_stat(struct nspi_call *call);
/* Which object is row n; FALSE: none any more, its row is all errors. */
typedef bool nspi_row_t(void *context, unsigned int n,
			struct nspi_object *obj_r);
/* HasColumnsAndRows, the columns and rows 0 ... count - 1 (nspi-rows.c). At most
   NSPI_MAX_ANSWER bytes of them, but all of them if whole; at least one. Returns how
   many. */
unsigned int nspi_out_rows(struct nspi_call *call,
			   const ARRAY_TYPE(mapi_tag) *columns,
			   unsigned int count, bool whole, nspi_row_t *row,
			   void *context);
/* Rows of an explicit table of MIds, and of objects */
nspi_row_t nspi_row_of_mid, nspi_row_of_object;
struct nspi_mid_rows {
	struct nspi_call *call;
	const uint32_t *mids;
};
/* Columns that QueryRows gives without being told (3.1.4.1.8) */
void nspi_default_columns(ARRAY_TYPE(mapi_tag) *tags);

/* Addresses behind a DN, appended (nspi-expand.c). 1, 0 no such, -1 */
int nspi_expand(struct nspi_call *call, const char *dn,
		ARRAY_TYPE(const_string) *addresses);

/* Templates: DN of the one for a display type (nspi-template.c); data stack */
const char *nspi_template_dn(uint32_t display_type);
/* Texts of the table of address creation templates */
bool nspi_template_locale(uint32_t lcid, unsigned int *language_r);
const char *nspi_template_smtp_name(unsigned int language);

#endif
