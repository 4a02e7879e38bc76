/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "istream.h"
#include "str.h"
#include "strescape.h"
#include "hex-binary.h"
#include "dovetail-mapi-props.h"
#include "mapi-dump.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BIN_MAX 4096

static struct mapi_name dump_names[256];
static unsigned int dump_names_count;

uint16_t dump_id_of_name(void *context ATTR_UNUSED,
			 const struct mapi_name *name)
{
	unsigned int i;

	for (i = 0; i < dump_names_count; i++) {
		if (mapi_name_equals(&dump_names[i], name))
			return MAPI_NAMED_DYNAMIC + i;
	}
	if (i == N_ELEMENTS(dump_names))
		return 0;
	dump_names[i] = *name;
	if (name->name != NULL)
		dump_names[i].name = i_strdup(name->name);
	dump_names_count++;
	return MAPI_NAMED_DYNAMIC + i;
}

const struct mapi_name *dump_name_of_id(void *context ATTR_UNUSED, uint16_t id)
{
	static struct mapi_name name;
	unsigned int i = id - MAPI_NAMED_DYNAMIC;

	if (id < MAPI_NAMED_DYNAMIC)
		return mapi_static_name(id, &name) ? &name : NULL;
	return i < dump_names_count ? &dump_names[i] : NULL;
}

static void dump_text(string_t *out, const char *text)
{
	str_append_c(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			str_append(out, "\\n");
		else if (*text == '\r')
			str_append(out, "\\r");
		else if (*text == '\t')
			str_append(out, "\\t");
		else if (*text == '"' || *text == '\\')
			str_printfa(out, "\\%c", *text);
		else
			str_append_c(out, *text);
	}
	str_append_c(out, '"');
}

static void dump_bin(string_t *out, const struct mapi_blob *bin)
{
	str_printfa(out, "(%zu) ", bin->size);
	binary_to_hex_append(out, bin->data, I_MIN(bin->size, BIN_MAX));
}

static void dump_time(string_t *out, int64_t t)
{
	time_t unix_time = mapi_time_unix(t);
	struct tm *tm = gmtime(&unix_time);
	char buf[32];

	if (tm == NULL || t < 0 ||
	    strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", tm) == 0 ||
	    mapi_time(unix_time) != t)
		str_printfa(out, "0x%016llx", (unsigned long long)t);
	else
		str_append(out, buf);
}

static void dump_single(string_t *out, uint16_t type, const union mapi_value *v)
{
	switch (type) {
	case PTYP_STRING:
	case PTYP_STRING8:
		dump_text(out, v->s);
		break;
	case PTYP_BINARY:
	case PTYP_OBJECT:
	case PTYP_SERVER_ID:
		dump_bin(out, &v->bin);
		break;
	case PTYP_BOOLEAN:
		str_append(out, v->b ? "true" : "false");
		break;
	case PTYP_TIME:
		dump_time(out, v->i);
		break;
	case PTYP_FLOATING32:
	case PTYP_FLOATING64:
	case PTYP_FLOATING_TIME:
		str_printfa(out, "%.15g", v->d);
		break;
	case PTYP_GUID:
		binary_to_hex_append(out, v->guid, sizeof(v->guid));
		break;
	case PTYP_ERROR_CODE:
		str_append(out, mapi_error_name(v->error));
		break;
	default:
		str_printfa(out, "%lld", (long long)v->i);
		break;
	}
}

static void dump_value(string_t *out, uint16_t type, const union mapi_value *v)
{
	uint16_t base = type & ~PTYP_MULTIPLE;
	union mapi_value one;
	unsigned int i;

	if (base == type) {
		dump_single(out, type, v);
		return;
	}
	str_append_c(out, '[');
	for (i = 0; i < v->mv.count; i++) {
		if (i > 0)
			str_append(out, ", ");
		switch (base) {
		case PTYP_STRING:
		case PTYP_STRING8:
			one.s = v->mv.v.s[i];
			break;
		case PTYP_BINARY:
			one.bin = v->mv.v.bin[i];
			break;
		case PTYP_FLOATING64:
			one.d = v->mv.v.d[i];
			break;
		case PTYP_GUID:
			memcpy(one.guid, v->mv.v.guid[i], sizeof(one.guid));
			break;
		default:
			one.i = v->mv.v.i[i];
			break;
		}
		dump_single(out, base, &one);
	}
	str_append_c(out, ']');
}

static const char *dump_name(mapi_tag_t tag)
{
	const struct mapi_name *name;

	if (MAPI_TAG_ID(tag) < MAPI_NAMED_DYNAMIC)
		return mapi_tag_name(tag);
	name = dump_name_of_id(NULL, MAPI_TAG_ID(tag));
	if (name == NULL)
		return mapi_tag_name(tag);
	if (name->name != NULL)
		return t_strdup_printf("named(%s):%04x", name->name,
				       MAPI_TAG_TYPE(tag));
	return t_strdup_printf("named(0x%x):%04x", name->lid,
			       MAPI_TAG_TYPE(tag));
}

static int line_cmp(const char *const *a, const char *const *b)
{
	return strcmp(*a, *b);
}

void dump_bag(string_t *out, const struct mapi_bag *bag, const char *indent)
{
	ARRAY_TYPE(const_string) lines;
	const struct mapi_prop *prop;
	const char *line;

	t_array_init(&lines, 64);
	array_foreach(&bag->props, prop) {
		string_t *str = t_str_new(128);

		str_printfa(str, "%s = ", dump_name(prop->tag));
		dump_value(str, MAPI_TAG_TYPE(prop->tag), &prop->v);
		line = str_c(str);
		array_push_back(&lines, &line);
	}
	array_sort(&lines, line_cmp);
	array_foreach_elem(&lines, line)
		str_printfa(out, "%s%s\n", indent, line);
}

static void dump_content(string_t *out, struct mapi_attachment *attach,
			 const char *indent)
{
	struct istream *input;
	const unsigned char *data;
	const char *error;
	size_t size;
	buffer_t *all;

	if (mapi_attachment_open(attach, &input, &error) <= 0)
		return;
	all = t_buffer_create(1024);
	while (i_stream_read_more(input, &data, &size) > 0) {
		buffer_append(all, data, size);
		i_stream_skip(input, size);
	}
	i_stream_unref(&input);
	str_printfa(out, "%sdata (%zu) ", indent, all->used);
	binary_to_hex_append(out, all->data, I_MIN(all->used, 64));
	str_append(out, all->used > 64 ? "...\n" : "\n");
}

void dump_message(string_t *out, struct mapi_message *msg, const char *indent)
{
	const char *deeper = t_strconcat(indent, "  ", NULL), *error;
	struct mapi_attachment *attach;
	struct mapi_message *embedded;
	const struct mapi_bag *rcpt;

	dump_bag(out, &msg->props, indent);
	array_foreach(&msg->recipients, rcpt) {
		str_printfa(out, "%srecipient\n", indent);
		dump_bag(out, rcpt, deeper);
	}
	array_foreach_elem(&msg->attachments, attach) {
		str_printfa(out, "%sattachment %u\n", indent, attach->num);
		dump_bag(out, &attach->props, deeper);
		if (mapi_attachment_open_message(attach, &embedded,
						 &error) > 0) {
			str_printfa(out, "%smessage\n", deeper);
			dump_message(out, embedded,
				     t_strconcat(deeper, "  ", NULL));
		} else {
			dump_content(out, attach, deeper);
		}
	}
}

static const char *golden_path(const char *path)
{
	const char *srcdir = getenv("srcdir");

	return t_strconcat(srcdir == NULL ? "." : srcdir, "/golden/", path,
			   NULL);
}

const char *dump_read(pool_t pool, const char *path, size_t *size_r)
{
	FILE *f = fopen(golden_path(path), "rb");
	buffer_t *buf;
	char block[8192];
	size_t n;

	if (f == NULL)
		return NULL;
	buf = buffer_create_dynamic(pool, 8192);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buffer_append(buf, block, n);
	fclose(f);
	*size_r = buf->used;
	return str_c(buf);
}

void dump_golden(const char *path, const char *got)
{
	const char *want;
	size_t size;
	FILE *f;

	if (getenv("UPDATE_GOLDEN") != NULL) {
		f = fopen(golden_path(path), "wb");
		ck_assert_msg(f != NULL, "%s: %m", path);
		ck_assert_int_eq(fwrite(got, 1, strlen(got), f), strlen(got));
		ck_assert_int_eq(fclose(f), 0);
		return;
	}
	want = dump_read(pool_datastack_create(), path, &size);
	ck_assert_msg(want != NULL, "%s is missing", path);
	if (strcmp(want, got) == 0)
		return;
	/* the first line that differs */
	while (*want != '\0' && strcspn(want, "\n") == strcspn(got, "\n") &&
	       strncmp(want, got, strcspn(want, "\n") + 1) == 0) {
		want += strcspn(want, "\n") + 1;
		got += strcspn(got, "\n") + 1;
	}
	ck_abort_msg("%s:\n- %.500s\n+ %.500s", path,
		     t_strdup_until(want, want + strcspn(want, "\n")),
		     t_strdup_until(got, got + strcspn(got, "\n")));
}
