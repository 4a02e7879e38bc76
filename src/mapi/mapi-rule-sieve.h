/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_RULE_SIEVE_H
#define MAPI_RULE_SIEVE_H

/* Rules of the Inbox as a personal Sieve script (RFC 5228 and its extensions), so that
   they work when mail arrives, with or without Outlook. A rule is said whole or not at
   all: one of which anything cannot be said in Sieve is left to the client. */

#include "mapi-rule.h"

/* Extensions that a script needs */
enum mapi_sieve_need {
	MAPI_SIEVE_FILEINTO	= 0x01,
	MAPI_SIEVE_COPY		= 0x02,
	MAPI_SIEVE_REJECT	= 0x04,
	MAPI_SIEVE_VACATION	= 0x08,
	MAPI_SIEVE_FLAGS	= 0x10,
	MAPI_SIEVE_BODY		= 0x20,
	MAPI_SIEVE_VARIABLES	= 0x40,
	MAPI_SIEVE_MIME		= 0x80,
	MAPI_SIEVE_INCLUDE	= 0x100,
	MAPI_SIEVE_PARTS	= 0x200,
};
/* Variables: a rule was the last; the mail has attachments; a dollar sign */
#define MAPI_SIEVE_DONE "dovetail_done"
#define MAPI_SIEVE_FILES "dovetail_files"
#define MAPI_SIEVE_DOLLAR "dovetail_dollar"

struct mapi_sieve {
	struct mapi_rop *rop;
	string_t *out;
	enum mapi_sieve_need needs;
	/* a rule before this one may have ended the rules */
	bool may_be_done;
};

/* A quoted string (RFC 5228 2.4.2); lists of them in brackets. "${" is no variable
   (RFC 5229 3) */
void mapi_sieve_string(string_t *dest, const char *text);
void mapi_sieve_strings(string_t *dest, const char *const *texts);

/* --- mapi-rule-test.c: conditions (MS-OXORULE 2.2.1.3.1.9) ------------------------- */

/* Appends a test. FALSE: it cannot be said; what was appended is to be taken back. */
bool mapi_sieve_test(struct mapi_sieve *sieve,
		     const struct mapi_restriction *res);

/* --- mapi-rule-sieve.c ----------------------------------------------------------------- */

/* The rules of the user's Inbox become the script that runs, if the site has personal
   scripts; the script that was active goes on behind them. Changes nothing that is as
   it should be. -1: the script store failed (logged) */
int mapi_rules_to_sieve(struct mapi_rop *rop, const struct mapi_logon *logon,
			const struct mapi_rules *rules);

#endif
