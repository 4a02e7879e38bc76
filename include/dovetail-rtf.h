/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_RTF_H
#define DOVETAIL_RTF_H

/* src/rtf: Rich Text Format as Outlook and phones use it: compressed
   (MS-OXRTFCP), with HTML or plain text inside it (MS-OXRTFEX), or written as RTF
   in the first place.  Pure: bytes in, bytes out, no I/O.

   RTF is bytes; HTML and text are UTF-8, valid, without characters that XML 1.0
   forbids, lines end with CRLF.  Broken RTF is never an error: the best is made of
   what can be read.  Work and memory are linear in what is read and written;
   groups deeper than RTF_MAX_DEPTH end the document. */

#include "buffer.h"
#include "str.h"

#define RTF_MAX_DEPTH 1000

/* --- compression (PidTagRtfCompressed) --- */

/* Appends the RTF to dest, at most max bytes.  0; -1: no compressed RTF, wrong
   CRC, damaged, or larger than max (dest is as it was). */
int rtf_decompress(const void *data, size_t size, size_t max, buffer_t *dest);
/* Appends header and contents, LZFu. */
void rtf_compress(const void *rtf, size_t size, buffer_t *dest);
/* The same without compression (MELA). */
void rtf_store(const void *rtf, size_t size, buffer_t *dest);

/* --- reading --- */

enum rtf_kind {
	RTF_KIND_NONE,		/* no RTF */
	RTF_KIND_RTF,		/* written as such */
	RTF_KIND_HTML,		/* \fromhtml1 */
	RTF_KIND_TEXT,		/* \fromtext */
};
enum rtf_kind rtf_kind(const void *rtf, size_t size);

/* Appends at most about max bytes.  0; 1: there was more; -1: no RTF.

   HTML: what was encapsulated comes back as it was, but in UTF-8; others are
   translated: paragraphs, fonts, colours, links, rows.  Pictures are left out.
   Text: what a reader of the document sees, whatever it was made of. */
int rtf_to_html(const void *rtf, size_t size, size_t max, string_t *dest);
int rtf_to_text(const void *rtf, size_t size, size_t max, string_t *dest);

/* --- writing --- */

/* Appends an RTF document from which a de-encapsulating reader gets the same HTML
   or text, and which others show with its main formatting. */
void rtf_from_html(const void *html, size_t size, buffer_t *dest);
void rtf_from_text(const void *text, size_t size, buffer_t *dest);

#endif
