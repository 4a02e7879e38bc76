/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* WBXML as XML for people: operators' traces and test failures. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "hex-binary.h"
#include "unichar.h"
#include "dovetail-markup.h"
#include "dovetail-wbxml.h"
#include "wbxml-private.h"
#include "wbxml-utf8.h"

/* Elements whose texts say nothing about persons or their mail: numbers, keys
   and ids that a redacted trace would be useless without. */
static const wbxml_tag_t wbxml_protocol_tags[] = {
	AS_SyncKey, AS_ClientId, AS_ServerId, AS_Status, AS_Class,
	AS_CollectionId, AS_GetChanges, AS_WindowSize, AS_FilterType,
	AS_Truncation, AS_Conflict, AS_DeletesAsMoves, AS_MIMESupport,
	AS_MIMETruncation, AS_Wait, AS_Limit, AS_ConversationMode,
	AS_MaxItems, AS_HeartbeatInterval,
	MOVE_SrcMsgId, MOVE_SrcFldId, MOVE_DstFldId, MOVE_DstMsgId, MOVE_Status,
	GIE_Class, GIE_CollectionId, GIE_Estimate, GIE_Status,
	FH_ServerId, FH_ParentId, FH_Type, FH_Status, FH_SyncKey, FH_Count,
	MR_CollectionId, MR_RequestId, MR_Status, MR_UserResponse,
	RR_Status, VC_Status,
	PING_Status, PING_HeartbeatInterval, PING_Id, PING_Class,
	PING_MaxFolders,
	PROV_PolicyType, PROV_PolicyKey, PROV_Status,
	SEARCH_Name, SEARCH_Range, SEARCH_Status, SEARCH_Total, SEARCH_LongId,
	ASB_Type, ASB_TruncationSize, ASB_AllOrNone, ASB_EstimatedDataSize,
	ASB_Truncated, ASB_NativeBodyType, ASB_Status, ASB_Method,
	ASB_IsInline, ASB_FileReference, ASB_Preview,
	SET_Status, SET_OofState, SET_Enabled, SET_BodyType,
	IO_Store, IO_Range, IO_Total, IO_Status, IO_Part,
	CM_ClientId, CM_FolderId, CM_ItemId, CM_LongId, CM_Status,
	EMAIL_Read, EMAIL_Status, EMAIL_MessageClass, EMAIL_InternetCPID,
	EMAIL2_LastVerbExecuted, EMAIL2_IsDraft,
	FIND_SearchId, FIND_Status, FIND_Range, FIND_Total,
};

struct wbxml_tracer {
	struct wbxml_trace_settings set;
	string_t *dest;
	struct wbxml_reader *reader;
	bool failed, done;

	unsigned int depth;
	wbxml_tag_t stack[WBXML_MAX_DEPTH];
	bool has_children[WBXML_MAX_DEPTH];

	/* Content of the innermost element: bytes there were, bytes shown,
	   bytes of a character not complete yet */
	uoff_t size, shown;
	buffer_t *partial, *clean;
	bool binary;
};

static struct wbxml_tracer *
tracer_init(string_t *dest, const struct wbxml_trace_settings *set)
{
	struct wbxml_tracer *tracer = i_new(struct wbxml_tracer, 1);

	if (set != NULL)
		tracer->set = *set;
	tracer->dest = dest;
	tracer->partial = buffer_create_dynamic(default_pool, 256);
	tracer->clean = buffer_create_dynamic(default_pool, 256);
	return tracer;
}

struct wbxml_tracer *
wbxml_tracer_init(string_t *dest, const struct wbxml_trace_settings *set)
{
	const struct wbxml_limits limits = { .max_depth = WBXML_MAX_DEPTH };
	struct wbxml_tracer *tracer = tracer_init(dest, set);

	tracer->reader = wbxml_reader_init(&limits);
	return tracer;
}

static void tracer_free(struct wbxml_tracer *tracer)
{
	wbxml_reader_deinit(&tracer->reader);
	buffer_free(&tracer->partial);
	buffer_free(&tracer->clean);
	i_free(tracer);
}

static bool tracer_shows(const struct wbxml_tracer *tracer, wbxml_tag_t tag)
{
	unsigned int i;

	if ((tracer->set.flags & WBXML_TRACE_REDACT) == 0)
		return TRUE;
	if ((tracer->set.flags & WBXML_TRACE_KEEP_PROTOCOL) == 0)
		return FALSE;
	for (i = 0; i < N_ELEMENTS(wbxml_protocol_tags); i++) {
		if (wbxml_protocol_tags[i] == tag)
			return TRUE;
	}
	return FALSE;
}

static void tracer_newline(struct wbxml_tracer *tracer)
{
	if ((tracer->set.flags & WBXML_TRACE_COMPACT) != 0)
		return;
	if (str_len(tracer->dest) > 0)
		str_append_c(tracer->dest, '\n');
	for (unsigned int i = 0; i < tracer->depth; i++)
		str_append(tracer->dest, "  ");
}

static void
tracer_escape(struct wbxml_tracer *tracer, const unsigned char *data,
	      size_t size)
{
	bool compact = (tracer->set.flags & WBXML_TRACE_COMPACT) != 0;
	string_t *dest = tracer->dest;
	const char *entity;
	size_t i;

	for (i = 0; i < size; i++) {
		entity = dovetail_markup_entity(data[i]);
		if (entity != NULL)
			str_append(dest, entity);
		else if (data[i] == '\r')
			str_append(dest, "&#13;");
		else if (data[i] == '\n' && compact)
			str_append(dest, "&#10;");
		else
			str_append_c(dest, data[i]);
	}
}

/* Ends the text and says how much of it is not shown. */
static void tracer_content_end(struct wbxml_tracer *tracer)
{
	if (tracer->size > tracer->shown && tracer->shown > 0) {
		str_printfa(tracer->dest, "...[%"PRIuUOFF_T" bytes]",
			    tracer->size);
	} else if (tracer->size > tracer->shown) {
		str_printfa(tracer->dest, "[%"PRIuUOFF_T" bytes]",
			    tracer->size);
	}
	tracer->size = tracer->shown = 0;
	tracer->binary = FALSE;
	buffer_set_used_size(tracer->partial, 0);
}

/* dest may be on the caller's data stack frame, so it must not
   grow inside a frame of ours. */
static void tracer_name(struct wbxml_tracer *tracer, wbxml_tag_t tag)
{
	const struct wbxml_tag_info *info = wbxml_tag_info(tag);

	if (info != NULL)
		str_append(tracer->dest, info->name);
	else {
		str_printfa(tracer->dest, "tag-%02x-%02x", WBXML_TAG_PAGE(tag),
			    WBXML_TAG_TOKEN(tag));
	}
}

static void
tracer_start(struct wbxml_tracer *tracer, const struct wbxml_event *event)
{
	unsigned int page = WBXML_TAG_PAGE(event->tag);
	const char *page_name = wbxml_page_name(page);

	tracer_content_end(tracer);
	tracer_newline(tracer);
	str_append_c(tracer->dest, '<');
	tracer_name(tracer, event->tag);
	if (tracer->depth == 0 ||
	    WBXML_TAG_PAGE(tracer->stack[tracer->depth - 1]) != page) {
		if (page_name != NULL)
			str_printfa(tracer->dest, " xmlns=\"%s\"", page_name);
		else
			str_printfa(tracer->dest, " xmlns=\"page-%02x\"", page);
	}
	if (tracer->depth > 0)
		tracer->has_children[tracer->depth - 1] = TRUE;
	str_append(tracer->dest, event->has_content ? ">" : "/>");
	if (event->has_content) {
		tracer->stack[tracer->depth] = event->tag;
		tracer->has_children[tracer->depth] = FALSE;
		tracer->depth++;
	}
}

static void
tracer_end(struct wbxml_tracer *tracer, const struct wbxml_event *event)
{
	tracer_content_end(tracer);
	tracer->depth--;
	if (tracer->has_children[tracer->depth])
		tracer_newline(tracer);
	str_append(tracer->dest, "</");
	tracer_name(tracer, event->tag);
	str_append_c(tracer->dest, '>');
}

static bool is_binary(const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] < 0x20 && data[i] != '\t' && data[i] != '\r' &&
		    data[i] != '\n')
			return TRUE;
	}
	(void)uni_utf8_partial_strlen_n(data, size, &size);
	return !uni_utf8_data_is_valid(data, size);
}

static void
tracer_text(struct wbxml_tracer *tracer, const unsigned char *data, size_t size)
{
	size_t used;

	buffer_append(tracer->partial, data, size);
	buffer_set_used_size(tracer->clean, 0);
	used = wbxml_utf8_clean(tracer->clean, tracer->partial->data,
				tracer->partial->used);
	buffer_delete(tracer->partial, 0, used);
	tracer_escape(tracer, tracer->clean->data, tracer->clean->used);
}

static void
tracer_content(struct wbxml_tracer *tracer, const struct wbxml_event *event)
{
	size_t show = event->size;

	if (event->type == WBXML_EVENT_OPAQUE && event->offset == 0) {
		tracer->binary = is_binary(event->data, event->size);
		str_printfa(tracer->dest, "<!--opaque%s %u-->",
			    tracer->binary ? " hex" : "", event->total);
	}
	if (!tracer_shows(tracer, tracer->stack[tracer->depth - 1]))
		show = 0;
	else if (tracer->set.max_text != 0)
		show = I_MIN(show, tracer->set.max_text -
			     I_MIN(tracer->shown, tracer->set.max_text));
	if (show > 0 && event->type == WBXML_EVENT_OPAQUE && tracer->binary)
		binary_to_hex_append(tracer->dest, event->data, show);
	else if (show > 0)
		tracer_text(tracer, event->data, show);
	tracer->size += event->size;
	tracer->shown += show;
}

static void
tracer_event(struct wbxml_tracer *tracer, const struct wbxml_event *event)
{
	switch (event->type) {
	case WBXML_EVENT_START:
		tracer_start(tracer, event);
		break;
	case WBXML_EVENT_TEXT:
	case WBXML_EVENT_OPAQUE:
		tracer_content(tracer, event);
		break;
	case WBXML_EVENT_END:
		tracer_end(tracer, event);
		break;
	case WBXML_EVENT_DOC_END:
		tracer->done = TRUE;
		break;
	}
}

static void tracer_fault(struct wbxml_tracer *tracer)
{
	enum wbxml_error error;
	uoff_t offset;

	tracer->failed = TRUE;
	tracer_content_end(tracer);
	error = wbxml_reader_get_error(tracer->reader, &offset);
	str_printfa(tracer->dest, "<!--%s at byte %"PRIuUOFF_T"-->",
		    wbxml_error_str(error), offset);
}

void wbxml_tracer_feed(struct wbxml_tracer *tracer, const unsigned char *data,
		       size_t size)
{
	struct wbxml_event event;
	int ret;

	if (tracer->failed)
		return;
	while ((ret = wbxml_reader_next(tracer->reader, &data, &size,
					&event)) > 0)
		tracer_event(tracer, &event);
	if (ret < 0)
		tracer_fault(tracer);
}

void wbxml_tracer_deinit(struct wbxml_tracer **_tracer)
{
	struct wbxml_tracer *tracer = *_tracer;

	if (tracer == NULL)
		return;
	*_tracer = NULL;
	if (!tracer->failed && wbxml_reader_finish(tracer->reader) < 0)
		tracer_fault(tracer);
	tracer_free(tracer);
}

void wbxml_trace_data(string_t *dest, const unsigned char *data, size_t size,
		      const struct wbxml_trace_settings *set)
{
	struct wbxml_tracer *tracer = wbxml_tracer_init(dest, set);

	wbxml_tracer_feed(tracer, data, size);
	wbxml_tracer_deinit(&tracer);
}

/* Recursion is bounded by the depth that the reader of the tree allowed. */
static void
trace_node(struct wbxml_tracer *tracer, const struct wbxml_node *node)
{
	const struct wbxml_node *child;
	struct wbxml_event event = {
		.type = WBXML_EVENT_START,
		.tag = node->tag,
		.has_content = !node->empty_tag,
	};

	tracer_event(tracer, &event);
	if (node->empty_tag)
		return;
	if (node->size > 0 || node->opaque) {
		event.type = node->opaque ? WBXML_EVENT_OPAQUE :
			WBXML_EVENT_TEXT;
		event.data = (const unsigned char *)node->text;
		if (!node->in_file)
			event.size = node->size;
		else if (node->opaque)
			event.size = WBXML_TEXT_HEAD;
		else
			event.size = strlen(node->text);
		event.total = node->size;
		tracer_event(tracer, &event);
		/* What is in the file counts as not shown. */
		tracer->size = node->size;
	}
	for (child = node->children; child != NULL; child = child->next)
		trace_node(tracer, child);
	event.type = WBXML_EVENT_END;
	tracer_event(tracer, &event);
}

void wbxml_trace_node(string_t *dest, const struct wbxml_node *node,
		      const struct wbxml_trace_settings *set)
{
	struct wbxml_tracer *tracer = tracer_init(dest, set);

	trace_node(tracer, node);
	tracer_free(tracer);
}
