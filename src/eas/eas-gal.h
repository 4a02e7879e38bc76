/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef EAS_GAL_H
#define EAS_GAL_H

/* People as Search, Find and ResolveRecipients show them.
   Internal to src/eas. */

#include "dovetail-wbxml.h"
#include "eas-people.h"

struct eas_request;

/* MaxSize and MaxPictures of a request, and what was given out already */
struct eas_pictures {
	bool wanted;
	unsigned int max_size, max_count;
	unsigned int count;
};
/* node: the <Picture> of Options, NULL: none wanted. -1: bad number */
int eas_pictures_parse(const struct wbxml_node *node, wbxml_tag_t max_size,
		       wbxml_tag_t max_count, struct eas_pictures *pictures_r);
/* <Picture><Status>..<Data> (MS-ASCMD 2.2.3.135) with the tags of the command */
void eas_picture_write(struct eas_request *req, struct wbxml_writer *w,
		       const struct eas_person *person,
		       struct eas_pictures *pictures, wbxml_tag_t picture,
		       wbxml_tag_t status, wbxml_tag_t data);

/* More hits than a phone can page through: Range has three digits. */
#define EAS_GAL_MAX 1000

/* The GAL properties of a person (MS-ASCMD, code page 16) */
void eas_gal_write(struct eas_request *req, struct wbxml_writer *w,
		   const struct eas_person *person,
		   struct eas_pictures *pictures);

#endif
