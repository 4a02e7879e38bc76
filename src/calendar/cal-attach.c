/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ATTACH (RFC 5545 3.8.1.1; file names: RFC 8607 and what others write). */

#include "lib.h"
#include "base64.h"
#include "buffer.h"
#include "compat.h"
#include "crc32.h"
#include "cal-private.h"

static const char *const name_params[] =
	{ "FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-ORACLE-FILENAME" };

/* Base64 of ours is a line of this length at most before it is folded */
#define DATA_URI "data:"

static bool attach_decode(pool_t pool, const char *value,
			  struct cal_attachment *att)
{
	size_t size = strlen(value);
	buffer_t *buf = buffer_create_dynamic(default_pool,
					      MAX_BASE64_DECODED_SIZE(size) + 1);
	bool ok = compat_base64_decode(value, size, buf) >= 0;

	if (ok) {
		att->size = buf->used;
		/* not NULL, even if it is empty */
		att->data = p_malloc(pool, buf->used + 1);
		memcpy((unsigned char *)att->data, buf->data, buf->used);
	}
	buffer_free(&buf);
	return ok;
}

/* "data:image/png;base64,..." */
static bool attach_data_uri(pool_t pool, const char *value,
			    struct cal_attachment *att)
{
	const char *comma = strchr(value, ','), *semicolon;

	if (strncasecmp(value, DATA_URI, 5) != 0 || comma == NULL ||
	    comma - value < 12 || strncasecmp(comma - 7, ";base64", 7) != 0)
		return FALSE;
	semicolon = strchr(value, ';');
	if (*att->type == '\0')
		att->type = p_strdup_until(pool, value + 5, semicolon);
	return attach_decode(pool, comma + 1, att);
}

/* Said by what it is: the same attachment has it for ever */
static unsigned int attach_id(const struct cal_entry *entry, const char *value)
{
	const struct cal_attachment *att;
	unsigned int id = crc32_str(value) & 0x7fffffff;
	bool taken;

	do {
		if (id == 0)
			id = 1;
		taken = FALSE;
		array_foreach(&entry->attachments, att) {
			if (att->id == id)
				taken = TRUE;
		}
		if (taken)
			id = (id + 1) & 0x7fffffff;
	} while (taken);
	return id;
}

static bool attach_read(struct cal_source *source, const struct ical_prop *prop,
			struct cal_attachment *att_r)
{
	const char *value = ical_value(prop), *str;
	unsigned int i;

	i_zero(att_r);
	str = ical_param(prop, "FMTTYPE");
	att_r->type = str == NULL ? "" : p_strdup(source->pool, str);
	att_r->name = "";
	for (i = 0; i < N_ELEMENTS(name_params); i++) {
		str = ical_param(prop, name_params[i]);
		if (str != NULL) {
			att_r->name = p_strdup(source->pool, str);
			break;
		}
	}
	str = ical_param(prop, "X-DOVETAIL-CONTENT-ID");
	if (str != NULL)
		att_r->content_id = p_strdup(source->pool, str);
	if (ical_param_is(prop, "ENCODING", "BASE64") ||
	    ical_param_is(prop, "VALUE", "BINARY"))
		return attach_decode(source->pool, value, att_r);
	if (!attach_data_uri(source->pool, value, att_r))
		att_r->uri = value;
	return *value != '\0';
}

void cal_attach_parse(struct cal_source *source, const struct ical_comp *comp,
		      struct cal_entry *entry)
{
	const struct ical_prop *prop;
	struct cal_attachment att;

	for (prop = ical_find(comp, "ATTACH"); prop != NULL;
	     prop = ical_again(prop, "ATTACH")) {
		if (array_count(&entry->attachments) >= CAL_MAX_ATTACHMENTS) {
			ical_warn(source->warnings, "too many attachments");
			break;
		}
		T_BEGIN {
			if (attach_read(source, prop, &att)) {
				att.id = attach_id(entry, ical_value(prop));
				array_push_back(&entry->attachments, &att);
			} else {
				ical_warn(source->warnings, "bad attachment");
			}
		} T_END;
	}
}

/* --- writing --------------------------------------------------------------------------------- */

static void attach_add(pool_t pool, struct ical_comp *comp,
		       const struct cal_attachment *att)
{
	string_t *params = t_str_new(128), *data;

	if (*att->type != '\0')
		ical_param_append(params, "FMTTYPE", att->type);
	if (*att->name != '\0')
		ical_param_append(params, "FILENAME", att->name);
	if (att->content_id != NULL) {
		ical_param_append(params, "X-DOVETAIL-CONTENT-ID",
				  att->content_id);
	}
	if (att->data == NULL) {
		ical_add(pool, comp, "ATTACH", str_c(params),
			 att->uri == NULL ? "" : att->uri);
		return;
	}
	str_append(params, ";ENCODING=BASE64;VALUE=BINARY");
	data = str_new(default_pool, MAX_BASE64_ENCODED_SIZE(att->size) + 1);
	base64_encode(att->data, att->size, data);
	ical_add(pool, comp, "ATTACH", str_c(params), str_c(data));
	str_free(&data);
}

static bool attach_wanted(const struct cal_entry *entry, unsigned int id)
{
	const struct cal_attachment *att;

	array_foreach(&entry->attachments, att) {
		if (att->id == id)
			return TRUE;
	}
	return FALSE;
}

/* By id: lines of those that stay are left alone, others go; new ones (id 0, or
   one that is not there) come behind. */
void cal_attach_write(pool_t pool, struct ical_comp *comp,
		      const struct cal_entry *entry)
{
	struct ical_prop *prop, *next;
	const struct cal_attachment *att;
	struct cal_entry have;
	struct cal_attachment *is;

	cal_entry_init(pool, &have);
	for (prop = ical_find(comp, "ATTACH"); prop != NULL; prop = next) {
		unsigned int id = attach_id(&have, ical_value(prop));

		next = ical_again(prop, "ATTACH");
		if (!attach_wanted(entry, id)) {
			ical_remove(comp, prop);
			continue;
		}
		is = array_append_space(&have.attachments);
		is->id = id;
	}
	array_foreach(&entry->attachments, att) {
		if (att->id == 0 || !attach_wanted(&have, att->id)) T_BEGIN {
			attach_add(pool, comp, att);
		} T_END;
	}
}
