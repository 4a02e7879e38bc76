/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_RANGE_H
#define EAS_RANGE_H

/* Ranges of results of Search, Find and ItemOperations (MS-ASCMD 2.2.3.143).
   Internal to src/eas. */

/* "m-n" with at most digits in each half */
bool eas_range_parse(const char *text, unsigned int digits, uoff_t *first_r,
		     uoff_t *last_r);

#endif
