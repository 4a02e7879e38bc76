/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The Directory: the site's people, read-only ([MS-ASCMD] "GAL", R23 - R27).
   Back ends: Dovecot's userdb iteration, or a file the site keeps. */
#ifndef DOVETAIL_DIRECTORY_H
#define DOVETAIL_DIRECTORY_H

struct directory;

struct directory_entry {
	/* The address; always set.  The userdb's user name when that has no
	   domain. */
	const char *email;
	/* For display; always set (made from the address if nothing better is
	   known). */
	const char *name;
	/* NULL = not known */
	const char *first_name, *last_name;
	const char *alias, *title, *company, *department, *office;
	const char *phone, *mobile, *home_phone;
	/* Absolute path of an image file, see directory_photo_read() */
	const char *photo_path;
	/* Is not found by a search, only by its whole address (R24). */
	bool hidden:1;
};
ARRAY_DEFINE_TYPE(directory_entries, const struct directory_entry *);

/* Plugin settings that are read with get_setting():

   dovetail_directory            "auth" (default), "file:/path", "none"
   dovetail_directory_scope      "domain": a user sees the entries of the own
                                 domain (default with auth); "all" (default
                                 with a file)
   dovetail_directory_cache      seconds, default 600; a file that changed is
                                 read at once
   dovetail_directory_max        entries, default 100000
   dovetail_directory_lookups    up to so many users are looked up in advance to
                                 know their names, default 1000 (auth)
   dovetail_directory_name_field userdb field with the name; default: the first
                                 of dovetail_name, name, gecos, cn (auth)
   dovetail_directory_socket     auth socket that may list users; default
                                 "dovetail-userdb", if there is none
                                 "auth-userdb" (auth)
   dovetail_domain               domain of user names without one */
struct directory_settings {
	/* Value of a plugin setting, NULL if not set */
	const char *(*get_setting)(void *context, const char *name);
	void *context;
	/* The user who looks */
	const char *username;
	/* Directory of relative socket paths */
	const char *base_dir;
	struct event *event;
};

/* Opens nothing yet.  -1 and error_r for settings that cannot be. */
int directory_init(const struct directory_settings *set,
		   struct directory **dir_r, const char **error_r);
void directory_deinit(struct directory **dir);

/* Entries where a word of the name, the address, its local part or the alias
   begins with each word of text; letter case and accents do not matter ("mull"
   finds "Müller").  At most max of them are appended to results, the best (whole
   name, then beginning of it, then any) first; total_r has the number of all.
   Entries live in pool.  0, or -1 if the directory cannot be read now ("try
   later"). */
int directory_search(struct directory *dir, pool_t pool, const char *text,
		     unsigned int max, ARRAY_TYPE(directory_entries) *results,
		     unsigned int *total_r);

/* The entry of exactly this address, any letter case, hidden ones too.  1, 0 if
   there is none, -1 as above. */
int directory_lookup(struct directory *dir, pool_t pool, const char *address,
		     const struct directory_entry **entry_r);

/* Text as names are compared and put in order: title case without accents (data
   stack). */
const char *directory_fold(const char *text);

/* --- the list in order --------------------------------------------------------

   For protocols that page through all of it (MS-OXNSPI).  Entries that are not
   hidden, by folded name, then address; a position is a number below the count.
   directory_list() brings the list up to date; everything below is of that list,
   and its memory too, until the next call of a function above. */

struct directory_listed {
	/* What the list knows: see directory_list_entry() */
	const struct directory_entry *entry;
	/* Folded name, address and alias, a newline behind the first two */
	const char *key;
	/* 30 bits made of the address alone, the same in every process; of two
	   addresses in the list never the same */
	uint32_t id;
	/* UINT_MAX: hidden */
	unsigned int position;
};

/* 0, -1: there is no list now */
int directory_list(struct directory *dir, unsigned int *count_r);
void directory_list_at(struct directory *dir, unsigned int position,
		       struct directory_listed *listed_r);
/* For looking for words that begin words of the key (folded, of two bytes or more)
   without comparing each entry: of all entries from a position on the next one that
   may have them all; the count: none has. Words begin at the start and behind what
   is neither ASCII letter nor digit. */
#define DIRECTORY_PREFIXES 4
struct directory_prefixes {
	uint64_t bits[DIRECTORY_PREFIXES];
};
void directory_prefixes_of(const char *const *words,
			   struct directory_prefixes *prefixes_r);
unsigned int
directory_list_next(struct directory *dir, unsigned int from,
		    const struct directory_prefixes *prefixes);
/* Hidden ones too */
bool directory_list_find_id(struct directory *dir, uint32_t id,
			    struct directory_listed *listed_r);
bool directory_list_find(struct directory *dir, const char *address,
			 struct directory_listed *listed_r);
/* Position of the first whose name is not before this one; may be the count. */
unsigned int directory_list_seek(struct directory *dir, const char *name);
/* All that can be known of an entry of the list; lives in pool. */
const struct directory_entry *
directory_list_entry(struct directory *dir, pool_t pool,
		     const struct directory_entry *entry);
/* As directory_lookup(), for who is not in the list: the back end is asked, if it
   can be. */
int directory_list_lookup(struct directory *dir, pool_t pool,
			  const char *address,
			  const struct directory_entry **entry_r);
/* The id of an address that is in no list */
uint32_t directory_address_id(const char *address);

/* Appends the photo to dest.  1, 0 if there is none (or it cannot be read, which
   is logged), -1 if it is larger than max_size. */
int directory_photo_read(struct directory *dir,
			 const struct directory_entry *entry, size_t max_size,
			 buffer_t *dest);

#endif
