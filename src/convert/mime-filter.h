/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MIME_FILTER_H
#define MIME_FILTER_H

/* Text filters: UTF-8 in, UTF-8 out, pushed block by block.  A chain of them
   behind the transfer decoding and the charset is a mime_pipe. */

struct mime_filter {
	struct mime_filter *next;
	void (*more)(struct mime_filter *filter, const unsigned char *data,
		     size_t size, buffer_t *dest);
	/* End of this input: what was held back */
	void (*finish)(struct mime_filter *filter, buffer_t *dest);
	void (*deinit)(struct mime_filter *filter);
};

/* Line ends to CRLF */
struct mime_filter *mime_filter_crlf_init(void);
/* Lone LFs to CRLF, nothing else */
struct mime_filter *mime_filter_lf_init(void);
/* NULs to 0x80 */
struct mime_filter *mime_filter_nuls_init(void);
/* RFC 3676 format=flowed to one line a paragraph */
struct mime_filter *mime_filter_flowed_init(bool delsp);
/* Plain text to an HTML document, or a fragment of one */
struct mime_filter *mime_filter_text_to_html_init(bool fragment);
enum mime_html_fix {
	/* Remove what says that the charset is not UTF-8 */
	MIME_HTML_FIX_CHARSET = 0x01,
	/* And all that is not seen: head, styles, comments; so that a body cut
	   at 500 bytes shows text */
	MIME_HTML_FIX_COMPACT = 0x02,
	/* And the document's frame: html, head, body, title, declarations; what
	   is left can stand inside another document */
	MIME_HTML_FIX_FRAGMENT = 0x04
};
struct mime_filter *mime_filter_html_init(enum mime_html_fix fix);
/* links: append <URL> to link texts */
struct mime_filter *mime_filter_html_to_text_init(bool links);

#endif
