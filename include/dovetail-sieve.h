/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_SIEVE_H
#define DOVETAIL_SIEVE_H

/* src/sieve: the user's personal Sieve scripts, through Pigeonhole's library
   (the same store that ManageSieve shows and LMTP runs).  The library is opened
   at first use; without it, or without a `sieve` setting, nothing is usable. */

struct event;
struct mail_user;
struct sieve_box;

/* ---- For the worker ---- */

/* Opens nothing yet. Lives as long as the user. */
struct sieve_box *sieve_box_init(struct mail_user *user, struct event *event);
void sieve_box_deinit(struct sieve_box **box);

/* ---- For protocols: -1 is an error that was logged ---- */

/* Are there personal scripts at this site? box may be NULL. */
bool sieve_box_usable(struct sieve_box *box);
/* The script's text: 1, 0 there is none, -1. */
int sieve_box_read(struct sieve_box *box, const char *name, pool_t pool,
		   const char **script_r);
/* Creates or replaces it. */
int sieve_box_write(struct sieve_box *box, const char *name,
		    const char *script);
/* Name of the active script, NULL: none. */
int sieve_box_active(struct sieve_box *box, pool_t pool, const char **name_r);
/* name NULL: no script is active any more. 1, 0 no such script, -1 */
int sieve_box_activate(struct sieve_box *box, const char *name);
/* May scripts here require this extension? */
bool sieve_box_capable(struct sieve_box *box, const char *extension);

/* ---- Scripts of ours ----

   Each takes the place of the active one and includes it at its end; at its head a
   comment tells which, so that it can be put back. One may include the other. */

#define SIEVE_SCRIPT_OOF "dovetail-oof"
#define SIEVE_SCRIPT_RULES "dovetail-rules"

/* That comment, as a line */
void sieve_script_say_include(string_t *dest, const char *name);
/* NULL: it includes none */
const char *sieve_script_include(pool_t pool, const char *script);

#endif
