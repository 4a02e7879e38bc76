/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_OOF_SCRIPT_H
#define EAS_OOF_SCRIPT_H

/* Out of office as a Sieve script (RFC 5228, 5230, 5260, 6609) and back. Pure
   functions, internal to src/eas. */

enum eas_oof_state {
	EAS_OOF_OFF = 0,
	EAS_OOF_ON = 1,
	EAS_OOF_TIMED = 2,
};

enum eas_oof_audience {
	EAS_OOF_INTERNAL,
	EAS_OOF_EXTERNAL_KNOWN,
	EAS_OOF_EXTERNAL_UNKNOWN,
	EAS_OOF_AUDIENCES,
};

struct eas_oof_message {
	bool enabled, html;
	/* NULL: none */
	const char *text;
};

struct eas_oof {
	enum eas_oof_state state;
	/* 0: not given */
	time_t start, end;
	struct eas_oof_message messages[EAS_OOF_AUDIENCES];
	/* The script that was active before ours; NULL: none */
	const char *include;
};

/* The whole script. addresses: the user's, NULL-terminated, the first decides
   what is internal: its domain. Its head keeps all of oof. */
void eas_oof_script_write(string_t *dest, const struct eas_oof *oof,
			  const char *const *addresses);
/* Reads the head of a script of ours. FALSE: it is none. */
bool eas_oof_script_parse(const char *script, pool_t pool,
			  struct eas_oof *oof_r);

#endif
