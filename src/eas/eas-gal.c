/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What Search, Find and ResolveRecipients share. */

#include "eas.h"
#include "eas-gal.h"
#include "base64.h"
#include "buffer.h"

/* Photos larger than this are not read, whatever the client allows. */
#define EAS_PICTURE_MAX (256 * 1024)

int eas_pictures_parse(const struct wbxml_node *node, wbxml_tag_t max_size,
		       wbxml_tag_t max_count, struct eas_pictures *pictures_r)
{
	i_zero(pictures_r);
	pictures_r->wanted = node != NULL;
	pictures_r->max_size = EAS_PICTURE_MAX;
	pictures_r->max_count = UINT_MAX;
	if (wbxml_child_uint(node, max_size, &pictures_r->max_size) < 0 ||
	    wbxml_child_uint(node, max_count, &pictures_r->max_count) < 0)
		return -1;
	if (pictures_r->max_size > EAS_PICTURE_MAX)
		pictures_r->max_size = EAS_PICTURE_MAX;
	return 0;
}

void eas_picture_write(struct eas_request *req, struct wbxml_writer *w,
		       const struct eas_person *person,
		       struct eas_pictures *pictures, wbxml_tag_t picture,
		       wbxml_tag_t status, wbxml_tag_t data)
{
	buffer_t *photo;
	unsigned int code = EAS_STATUS_NO_PICTURE;
	int ret;

	if (!pictures->wanted)
		return;
	photo = buffer_create_dynamic(default_pool, 4096);
	ret = eas_person_picture(req, person, pictures->max_size, photo);
	if (ret < 0)
		code = EAS_STATUS_PICTURE_TOO_LARGE;
	else if (ret > 0 && pictures->count >= pictures->max_count)
		code = EAS_STATUS_PICTURE_LIMIT;
	else if (ret > 0)
		code = EAS_STATUS_OK;
	wbxml_start(w, picture);
	wbxml_uint_tag(w, status, code);
	if (code == EAS_STATUS_OK) T_BEGIN {
		string_t *str = t_str_new(MAX_BASE64_ENCODED_SIZE(photo->used));

		base64_encode(photo->data, photo->used, str);
		wbxml_text_tag(w, data, str_c(str));
		pictures->count++;
	} T_END;
	wbxml_end(w, picture);
	buffer_free(&photo);
}

/* Nobody is without one in a GAL. */
static const char *gal_alias(const struct eas_person *person)
{
	if (person->alias != NULL && *person->alias != '\0')
		return person->alias;
	return person->email == NULL ? NULL : t_strcut(person->email, '@');
}

void eas_gal_write(struct eas_request *req, struct wbxml_writer *w,
		   const struct eas_person *person,
		   struct eas_pictures *pictures)
{
	wbxml_text_tag(w, GAL_DisplayName, person->name);
	wbxml_text_tag_opt(w, GAL_Phone, person->phone);
	wbxml_text_tag_opt(w, GAL_Office, person->office);
	wbxml_text_tag_opt(w, GAL_Title, person->title);
	wbxml_text_tag_opt(w, GAL_Company, person->company);
	wbxml_text_tag_opt(w, GAL_Alias, gal_alias(person));
	wbxml_text_tag_opt(w, GAL_FirstName, person->first_name);
	wbxml_text_tag_opt(w, GAL_LastName, person->last_name);
	wbxml_text_tag_opt(w, GAL_HomePhone, person->home_phone);
	wbxml_text_tag_opt(w, GAL_MobilePhone, person->mobile);
	wbxml_text_tag_opt(w, GAL_EmailAddress, person->email);
	eas_picture_write(req, w, person, pictures, GAL_Picture, GAL_Status,
			  GAL_Data);
}
