/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What appointments, tasks and notes have in common (MS-OXCMSG 2.2.1): subject, body,
   categories, sensitivity, files. */

#include "lib.h"
#include "istream.h"
#include "cal-private.h"

#define ATTACH_READ_MAX ((size_t)64 * 1024 * 1024)

static const mapi_tag_t body_tags[] = {
	PidTagBody, PidTagHtml, PidTagRtfCompressed, 0
};

static void read_categories(const struct cal_entry *entry, struct mapi_bag *bag)
{
	ARRAY_TYPE(const_string) list;
	const char *name;

	t_array_init(&list, 8);
	array_foreach_elem(&entry->categories, name)
		array_push_back(&list, &name);
	array_append_zero(&list);
	conv_set_strings(bag, PidNameKeywords, array_front(&list));
}

static void read_attachment(struct mapi_message *msg,
			    const struct cal_attachment *file)
{
	struct mapi_attachment *attach = mapi_message_add_attachment(msg);
	struct mapi_bag *bag = &attach->props;
	const char *name = *file->name != '\0' ? file->name : "attachment";
	const char *dot = strrchr(name, '.');

	attach->num = file->id;
	msg->next_attach = I_MAX(msg->next_attach, file->id + 1);
	attach->part_id = p_strdup_printf(msg->pool, "%u", file->id);
	mapi_bag_set_int(bag, PidTagAttachNumber, attach->num);
	mapi_bag_set_str(bag, PidTagAttachLongFilename, name);
	mapi_bag_set_str(bag, PidTagAttachFilename, name);
	mapi_bag_set_str(bag, PidTagDisplayName, name);
	conv_set_text(bag, PidTagAttachExtension, dot);
	conv_set_text(bag, PidTagAttachMimeTag, file->type);
	conv_set_text(bag, PidTagAttachContentId, file->content_id);
	mapi_bag_set_int(bag, PidTagRenderingPosition, -1);
	mapi_bag_set_int(bag, PidTagAttachFlags, 0);
	mapi_bag_set_int(bag, PidTagAttachmentFlags, 0);
	mapi_bag_set_int(bag, PidTagAttachmentLinkId, 0);
	mapi_bag_set_bool(bag, PidTagAttachmentHidden, FALSE);
	mapi_bag_set_int(bag, PidTagAttachSize, I_MIN(file->size, INT32_MAX));
	if (file->data != NULL) {
		mapi_bag_set_int(bag, PidTagAttachMethod, MAPI_ATTACH_BY_VALUE);
		attach->data.data = file->data;
		attach->data.size = file->size;
	} else {
		mapi_bag_set_int(bag, PidTagAttachMethod,
				 MAPI_ATTACH_BY_WEB_REFERENCE);
		conv_set_text(bag, PidTagAttachLongPathname, file->uri);
	}
}

void cal_common_read(const struct mapiconv *conv ATTR_UNUSED,
		     const struct cal_entry *entry, struct mapi_message *msg)
{
	struct mapi_bag *bag = &msg->props;
	const struct cal_attachment *file;

	T_BEGIN {
		conv_subject_set(bag, entry->summary == NULL ? "" :
				 entry->summary);
		mapi_bag_set_str(bag, PidTagConversationTopic,
				 conv_get_text(bag, PidTagNormalizedSubject));
		read_categories(entry, bag);
		conv_body_set(bag, entry->description, entry->html);
		mapi_bag_set_int(bag, PidTagSensitivity, entry->sensitivity);
		mapi_bag_set_bool(bag, PidLidPrivate,
				  entry->sensitivity == CAL_PRIVATE);
		mapi_bag_set_int(bag, PidTagImportance, 1);
		mapi_bag_set_int(bag, PidTagPriority, 0);
		mapi_bag_set_int(bag, PidTagMessageFlags,
				 MSGFLAG_READ | MSGFLAG_UNMODIFIED);
		if (entry->created != 0)
			mapi_bag_set_time(bag, PidTagCreationTime,
					  entry->created);
		if (entry->modified != 0)
			mapi_bag_set_time(bag, PidTagLastModificationTime,
					  entry->modified);
		array_foreach(&entry->attachments, file)
			read_attachment(msg, file);
	} T_END;
}

/* --- writing --- */

static void write_body(struct cal_writer *w, const struct mapi_bag *now,
		       const struct mapi_bag *before, struct cal_entry *entry)
{
	struct conv_body body;
	struct mapi_bag changed;
	const mapi_tag_t *tag;
	const struct mapi_prop *prop;

	if (!conv_differs_any(now, before, body_tags))
		return;
	/* Only what is new: the others are of the old text */
	mapi_bag_init(&changed, w->pool);
	for (tag = body_tags; *tag != 0; tag++) {
		prop = mapi_bag_get(now, *tag);
		if (prop != NULL && conv_differs(now, before, *tag))
			mapi_bag_set(&changed, prop->tag, &prop->v);
	}
	prop = mapi_bag_get(now, PidTagInternetCodepage);
	if (prop != NULL)
		mapi_bag_set(&changed, prop->tag, &prop->v);
	if (!conv_body_get(&changed, w->pool, &body)) {
		/* removed: what is left of it */
		if (!conv_body_get(now, w->pool, &body))
			i_zero(&body);
	}
	entry->description = body.plain == NULL ? "" : body.plain;
	/* RTF that only wraps the text is no formatting */
	entry->html = body.html;
}

void cal_common_write(struct cal_writer *w, const struct mapi_bag *now,
		      const struct mapi_bag *before, struct cal_entry *entry)
{
	static const mapi_tag_t subject[] = {
		PidTagSubject, PidTagNormalizedSubject, PidTagSubjectPrefix, 0
	};
	const char *const *words;
	const char *word;
	int64_t sensitivity;

	if (conv_differs_any(now, before, subject))
		entry->summary = p_strdup(w->pool, conv_subject_get(now));
	write_body(w, now, before, entry);
	if (conv_differs(now, before, PidNameKeywords)) {
		p_array_init(&entry->categories, w->pool, 4);
		for (words = conv_get_strings(now, PidNameKeywords);
		     *words != NULL; words++) {
			word = p_strdup(w->pool, *words);
			array_push_back(&entry->categories, &word);
		}
	}
	if (conv_differs(now, before, PidTagSensitivity)) {
		sensitivity = mapi_bag_get_int(now, PidTagSensitivity, 0);
		if (sensitivity >= CAL_NORMAL && sensitivity <= CAL_CONFIDENTIAL)
			entry->sensitivity = sensitivity;
	} else if (conv_differs(now, before, PidLidPrivate)) {
		entry->sensitivity = mapi_bag_get_bool(now, PidLidPrivate, FALSE) ?
			CAL_PRIVATE : CAL_NORMAL;
	}
}

static int read_content(struct cal_writer *w, struct mapi_attachment *attach,
			struct cal_attachment *file)
{
	const unsigned char *data;
	struct istream *input;
	buffer_t *all;
	size_t size;
	int ret;

	ret = mapi_attachment_open(attach, &input, w->error_r);
	if (ret <= 0)
		return ret;
	all = buffer_create_dynamic(w->pool, 8192);
	while (i_stream_read_more(input, &data, &size) > 0) {
		if (all->used + size > ATTACH_READ_MAX) {
			*w->error_r = "Attachment is too large";
			i_stream_unref(&input);
			return -1;
		}
		buffer_append(all, data, size);
		i_stream_skip(input, size);
	}
	i_stream_unref(&input);
	/* NULL would be a link */
	buffer_append_c(all, 0);
	file->data = all->data;
	file->size = all->used - 1;
	return 1;
}

static const struct cal_attachment *
find_file(const struct cal_entry *entry, unsigned int id)
{
	const struct cal_attachment *file;

	array_foreach(&entry->attachments, file) {
		if (file->id == id)
			return file;
	}
	return NULL;
}

static bool is_file(const struct mapi_attachment *attach)
{
	/* 2: an exception of the series */
	return (mapi_bag_get_int(&attach->props, PidTagAttachmentFlags, 0) &
		2) == 0;
}

/* Are they those that were there? */
static bool files_changed(struct cal_writer *w)
{
	struct mapi_attachment *attach, *other;
	unsigned int files = 0, old = 0;

	array_foreach_elem(&w->before->attachments, attach)
		old += is_file(attach) ? 1 : 0;
	array_foreach_elem(&w->now->attachments, attach) {
		if (!is_file(attach))
			continue;
		files++;
		other = mapi_message_find_attachment(w->before, attach->num);
		if (attach->part_id == NULL || other == NULL ||
		    conv_differs(&attach->props, &other->props,
				 PidTagAttachLongFilename) ||
		    conv_differs(&attach->props, &other->props,
				 PidTagAttachMimeTag))
			return TRUE;
	}
	return files != old;
}

static const char *file_name(const struct mapi_bag *bag)
{
	const char *name = mapi_bag_get_str(bag, PidTagAttachLongFilename);

	if (name == NULL || *name == '\0')
		name = mapi_bag_get_str(bag, PidTagAttachFilename);
	if (name == NULL || *name == '\0')
		name = mapi_bag_get_str(bag, PidTagDisplayName);
	return name == NULL ? "" : name;
}

/* 1; 0: it is nothing that iCalendar can hold; -1 */
static int write_file(struct cal_writer *w, struct mapi_attachment *attach,
		      const struct cal_attachment *old,
		      struct cal_attachment *file)
{
	const struct mapi_bag *bag = &attach->props;
	const char *uri = mapi_bag_get_str(bag, PidTagAttachLongPathname);

	if (old != NULL && attach->part_id != NULL)
		*file = *old;
	file->id = attach->num;
	file->name = p_strdup(w->pool, file_name(bag));
	file->type = p_strdup(w->pool, conv_get_text(bag, PidTagAttachMimeTag));
	file->content_id = p_strdup(w->pool, mapi_bag_get_str(bag,
						PidTagAttachContentId));
	if (old != NULL && attach->part_id != NULL)
		return 1;
	if (mapi_bag_get_int(bag, PidTagAttachMethod, 0) ==
	    MAPI_ATTACH_BY_WEB_REFERENCE && uri != NULL) {
		file->uri = p_strdup(w->pool, uri);
		return 1;
	}
	return read_content(w, attach, file);
}

int cal_attachments_write(struct cal_writer *w, struct cal_entry *entry)
{
	struct cal_entry old = *entry;
	struct mapi_attachment *attach;
	struct cal_attachment file;
	int ret;

	if (!files_changed(w))
		return 0;
	p_array_init(&entry->attachments, w->pool, 4);
	array_foreach_elem(&w->now->attachments, attach) {
		if (!is_file(attach))
			continue;
		i_zero(&file);
		ret = write_file(w, attach, find_file(&old, attach->num), &file);
		if (ret < 0)
			return -1;
		if (ret > 0)
			array_push_back(&entry->attachments, &file);
	}
	return 0;
}
