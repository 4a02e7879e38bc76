/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reader, writer and tests share about the encoding (WBXML 1.3, 7). */
#ifndef WBXML_PRIVATE_H
#define WBXML_PRIVATE_H

/* Global tokens */
#define WBXML_SWITCH_PAGE	0x00
#define WBXML_END		0x01
#define WBXML_ENTITY		0x02
#define WBXML_STR_I		0x03
#define WBXML_STR_T		0x83
#define WBXML_OPAQUE		0xC3

/* Bits of a tag token */
#define WBXML_HAS_ATTRIBUTES	0x80
#define WBXML_HAS_CONTENT	0x40
#define WBXML_TOKEN_MASK	0x3F
#define WBXML_FIRST_TAG_TOKEN	0x05

#define WBXML_CHARSET_UTF8	106
#define WBXML_PUBLIC_ID_UNKNOWN	1

#define WBXML_MAX_DEPTH		255

#endif
