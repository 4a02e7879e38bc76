/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Bytes in a vCard: PHOTO and KEY, in base64 (2.1, 3.0) or as data: URI (4.0,
   RFC 2397). */

#include "contact-private.h"
#include "base64.h"
#include "compat.h"

/* MIME type by the first bytes; NULL: unknown */
static const char *picture_type(const unsigned char *data, size_t size)
{
	static const struct {
		const char *type, *magic;
		size_t size;
	} types[] = {
		{ "JPEG", "\xff\xd8\xff", 3 },
		{ "PNG", "\x89PNG\r\n\x1a\n", 8 },
		{ "GIF", "GIF8", 4 },
		{ "BMP", "BM", 2 },
		{ "WEBP", "RIFF", 4 },
	};
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(types); i++) {
		if (size >= types[i].size &&
		    memcmp(data, types[i].magic, types[i].size) == 0)
			return types[i].type;
	}
	return NULL;
}

/* The base64 of a value; NULL: it is a link or something else. */
static const char *binary_text(const struct vcard_prop *prop)
{
	const char *comma;

	if (prop->encoding == VCARD_BASE64)
		return prop->value;
	if (strncasecmp(prop->value, "data:", 5) != 0 ||
	    (comma = strchr(prop->value, ',')) == NULL ||
	    strstr(t_str_lcase(t_strdup_until(prop->value, comma)),
		   ";base64") == NULL)
		return NULL;
	return comma + 1;
}

/* dest may be on the data stack: no frame around it. */
static bool binary_decode(const struct vcard_prop *prop, buffer_t *dest)
{
	const char *text = binary_text(prop);
	size_t used = dest->used;
	buffer_t *clean;
	bool ok;

	if (text == NULL)
		return FALSE;
	/* Commas may be escaped, lines folded in odd ways. */
	clean = buffer_create_dynamic(default_pool, strlen(text) + 4);
	for (; *text != '\0'; text++) {
		if (*text != '\\' && (unsigned char)*text > ' ')
			buffer_append_c(clean, *text);
	}
	while (clean->used % 4 != 0)
		buffer_append_c(clean, '=');
	ok = compat_base64_decode(clean->data, clean->used, dest) >= 0 &&
		dest->used > used;
	buffer_free(&clean);
	if (!ok)
		buffer_set_used_size(dest, used);
	return ok;
}

static struct vcard_prop *picture_prop(const struct contact *contact)
{
	return contact->values[CONTACT_PICTURE].prop;
}

bool contact_has_picture(const struct contact *contact)
{
	const struct vcard_prop *prop = picture_prop(contact);
	bool has = FALSE;

	if (contact->picture_changed)
		return contact->picture_set != NULL;
	if (prop != NULL) T_BEGIN {
		has = binary_text(prop) != NULL && *binary_text(prop) != '\0';
	} T_END;
	return has;
}

bool contact_get_picture(const struct contact *contact, buffer_t *dest)
{
	const struct vcard_prop *prop = picture_prop(contact);

	if (contact->picture_changed) {
		if (contact->picture_set == NULL)
			return FALSE;
		buffer_append_buf(dest, contact->picture_set, 0, SIZE_MAX);
		return TRUE;
	}
	return prop != NULL && binary_decode(prop, dest);
}

void contact_set_picture(struct contact *contact, const void *data, size_t size)
{
	buffer_t *old = buffer_create_dynamic(default_pool, size + 1);
	bool had;

	contact->picture_changed = FALSE;
	had = contact_get_picture(contact, old);
	/* A link is a picture too that can be taken away. */
	if (size == 0)
		contact->picture_changed = picture_prop(contact) != NULL;
	else {
		contact->picture_changed = !had || old->used != size ||
			memcmp(old->data, data, size) != 0;
	}
	contact->picture_set = NULL;
	if (contact->picture_changed && size > 0) {
		contact->picture_set = buffer_create_dynamic(contact->pool,
							     size);
		buffer_append(contact->picture_set, data, size);
	}
	buffer_free(&old);
}

static void picture_set_type(struct contact *contact, struct vcard_prop *prop)
{
	const buffer_t *data = contact->picture_set;
	const char *type = picture_type(data->data, data->used);

	vcard_param_remove(prop, "VALUE");
	vcard_param_remove(prop, "TYPE");
	vcard_param_remove(prop, "MEDIATYPE");
	/* Where Apple cut the old one */
	vcard_param_remove(prop, "X-ABCROP-RECTANGLE");
	if (type != NULL && contact->card->version != VCARD_40)
		vcard_param_set(contact->card, prop, "TYPE", type);
}

void contact_picture_write(struct contact *contact)
{
	struct vcard_prop *prop = picture_prop(contact);
	const buffer_t *data = contact->picture_set;
	string_t *str;

	contact->picture_changed = FALSE;
	if (data == NULL) {
		prop->removed = TRUE;
		contact->values[CONTACT_PICTURE].prop = NULL;
		return;
	}
	if (prop == NULL) {
		prop = vcard_add(contact->card, "PHOTO");
		contact->values[CONTACT_PICTURE].prop = prop;
	}
	picture_set_type(contact, prop);
	str = str_new(contact->pool, MAX_BASE64_ENCODED_SIZE(data->used) + 32);
	if (contact->card->version == VCARD_40) {
		const char *type = picture_type(data->data, data->used);

		str_printfa(str, "data:image/%s;base64,", type == NULL ?
			    "jpeg" : t_str_lcase(type));
	}
	base64_encode(data->data, data->used, str);
	prop->encoding = contact->card->version == VCARD_40 ?
		VCARD_PLAIN : VCARD_BASE64;
	prop->value = str_c(str);
	prop->raw = NULL;
	contact->picture_set = NULL;
}

static bool key_is_x509(const struct vcard_prop *prop)
{
	const char *type = vcard_param(prop, "MEDIATYPE");

	/* Other keys say so: TYPE=PGP, application/pgp-keys */
	return !vcard_has_type(prop, "PGP") &&
		strncasecmp(prop->value, "data:application/pgp", 20) != 0 &&
		(type == NULL || strstr(t_str_lcase(type), "pgp") == NULL);
}

bool contact_certificate(const struct contact *contact, unsigned int n,
			 buffer_t *dest)
{
	struct vcard_prop *prop;
	size_t used = dest->used;

	array_foreach_elem(&contact->card->props, prop) {
		if (strcmp(prop->name, "KEY") != 0 || !key_is_x509(prop) ||
		    !binary_decode(prop, dest))
			continue;
		/* DER: a SEQUENCE */
		if (((const unsigned char *)dest->data)[used] == 0x30 &&
		    n-- == 0)
			return TRUE;
		buffer_set_used_size(dest, used);
	}
	return FALSE;
}
