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

/* Appends the photo to dest.  1, 0 if there is none (or it cannot be read, which
   is logged), -1 if it is larger than max_size. */
int directory_photo_read(struct directory *dir,
			 const struct directory_entry *entry, size_t max_size,
			 buffer_t *dest);

#endif
