/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef WBXML_UTF8_H
#define WBXML_UTF8_H

/* Appends data to dest: invalid bytes become U+FFFD, NUL and what XML 1.0
   forbids is dropped.  Returns how many bytes were used; fewer than size (by 3
   at most) if the last character is not complete. */
size_t wbxml_utf8_clean(buffer_t *dest, const unsigned char *data, size_t size);
/* Bytes at the beginning that wbxml_utf8_clean() would not change. */
size_t wbxml_utf8_clean_run(const unsigned char *data, size_t size);

#endif
