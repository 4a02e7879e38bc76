/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which parts are the body, which are attachments, and what they are called
   (MS-OXCMAIL 2.2.3.2 read backwards; MS-ASAIRS Attachments). */

#include "lib.h"
#include "array.h"
#include "buffer.h"
#include "istream.h"
#include "str.h"
#include "message-parser.h"
#include "mime-private.h"

/* An HTML part is searched for cid: references this far */
#define CID_SEARCH_MAX (256 * 1024)

ARRAY_DEFINE_TYPE(mime_attachment, struct mime_attachment);

enum walk_flags {
	/* Inside multipart/alternative */
	WALK_ALTERNATIVE = 0x01,
	/* A child of multipart/related that is not its root */
	WALK_RELATED = 0x02,
	/* The root part itself */
	WALK_ROOT = 0x04
};

/* What a subtree shows; merged upwards */
struct walk_body {
	ARRAY_TYPE(mime_body_part) plain, html;
	bool has_plain, has_html;
};

struct walk {
	struct mime_message *msg;
	struct mime_structure *structure;
	ARRAY_TYPE(mime_attachment) attachments;
	unsigned int parts, unnamed;
	const char *error;
	bool failed;
};

struct name_fallback {
	const char *type, *subtype, *name;
};

/* Names for parts without one; NULL name: ATTnnnnn with the extension below */
static const struct name_fallback name_fallbacks[] = {
	{ "application", "pkcs7-mime", "smime.p7m" },
	{ "application", "x-pkcs7-mime", "smime.p7m" },
	{ "application", "pkcs7-signature", "smime.p7s" },
	{ "application", "x-pkcs7-signature", "smime.p7s" },
	{ "application", "pgp-signature", "signature.asc" },
	{ "application", "pgp-encrypted", "version.txt" },
	{ "application", "ms-tnef", "winmail.dat" },
	{ "message", "delivery-status", "details.txt" },
	{ "message", "disposition-notification", "details.txt" },
	{ "message", "feedback-report", "details.txt" },
	{ "text", "rfc822-headers", "headers.txt" },
	{ "text", "calendar", "invite.ics" },
	{ "application", "ics", "invite.ics" }
};

static const struct name_fallback extensions[] = {
	{ "text", "plain", ".txt" },
	{ "text", "html", ".htm" },
	{ "text", "vcard", ".vcf" },
	{ "text", "x-vcard", ".vcf" },
	{ "text", "directory", ".vcf" },
	{ "text", "csv", ".csv" },
	{ "text", NULL, ".txt" },
	{ "image", "jpeg", ".jpg" },
	{ "image", "jpg", ".jpg" },
	{ "image", "png", ".png" },
	{ "image", "gif", ".gif" },
	{ "image", "tiff", ".tif" },
	{ "image", "svg+xml", ".svg" },
	{ "image", "webp", ".webp" },
	{ "image", "heic", ".heic" },
	{ "audio", "mpeg", ".mp3" },
	{ "audio", "wav", ".wav" },
	{ "audio", "x-wav", ".wav" },
	{ "video", "mp4", ".mp4" },
	{ "application", "pdf", ".pdf" },
	{ "application", "zip", ".zip" },
	{ "application", "msword", ".doc" },
	{ "application", "rtf", ".rtf" },
	{ "message", NULL, ".eml" },
	{ NULL, NULL, ".dat" }
};

/* --- attachments --- */

static const char *
fallback_find(const struct name_fallback *table, unsigned int count,
	      const struct message_part *part)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (table[i].type == NULL ||
		    mime_part_is_type(part, table[i].type, table[i].subtype))
			return table[i].name;
	}
	return NULL;
}

/* Subject of an embedded message: from BODYSTRUCTURE's envelope, or its own
   header */
static const char *
embedded_subject(struct walk *walk, const struct message_part *part)
{
	const struct message_part *inner = part->children;
	const char *subject = NULL;

	if (part->data->envelope != NULL)
		subject = part->data->envelope->subject;
	if (subject == NULL && inner != NULL &&
	    (inner->data == NULL || inner->data->envelope == NULL)) {
		struct message_part copy = *inner;

		copy.data = NULL;
		if (mime_part_need_data(walk->msg, &copy, &walk->error) < 0) {
			walk->failed = TRUE;
			return NULL;
		}
		inner = &copy;
		if (copy.data->envelope != NULL)
			subject = copy.data->envelope->subject;
	} else if (subject == NULL && inner != NULL) {
		subject = inner->data->envelope->subject;
	}
	return subject == NULL ? NULL : mime_header_decode(subject);
}

/* A subject as file name */
static const char *subject_filename(const char *subject)
{
	string_t *name = t_str_new(128);

	for (; *subject != '\0'; subject++)
		str_append_c(name, strchr("/\\:*?\"<>|", *subject) != NULL ?
			     '_' : *subject);
	str_truncate(name, mime_utf8_cut(str_data(name),
					 I_MIN(str_len(name), 200)));
	str_append(name, ".eml");
	return str_c(name);
}

static const char *
attachment_name(struct walk *walk, const struct message_part *part,
		enum mime_attach_method method)
{
	const char *name = mime_part_filename(part);

	if (name != NULL)
		return name;
	if (method == MIME_ATTACH_EMBEDDED) {
		name = embedded_subject(walk, part);
		if (name != NULL && *name != '\0')
			return subject_filename(name);
	}
	name = fallback_find(name_fallbacks, N_ELEMENTS(name_fallbacks), part);
	if (name != NULL)
		return name;
	return t_strdup_printf("ATT%05u%s", ++walk->unnamed,
		fallback_find(extensions, N_ELEMENTS(extensions), part));
}

static const char *content_id_clean(const char *id)
{
	size_t len;

	if (id == NULL)
		return NULL;
	id = mime_header_decode(id);
	len = strlen(id);
	if (len >= 2 && id[0] == '<' && id[len - 1] == '>')
		id = t_strndup(id + 1, len - 2);
	return *id == '\0' ? NULL : id;
}

/* Inline for sure; what only may be is decided when the HTML is known */
static bool
attachment_is_inline(const struct mime_attachment *att,
		     const struct message_part *part, enum walk_flags flags)
{
	return (flags & WALK_RELATED) != 0 &&
		mime_part_is_type(part, "image", NULL) &&
		(att->content_id != NULL || att->content_location != NULL);
}

static void
walk_attachment(struct walk *walk, const struct message_part *part,
		enum walk_flags flags)
{
	struct mime_attachment *att = array_append_space(&walk->attachments);
	pool_t pool = walk->msg->pool;

	att->part = part;
	att->method = (part->flags & MESSAGE_PART_FLAG_MESSAGE_RFC822) != 0 ?
		MIME_ATTACH_EMBEDDED : MIME_ATTACH_NORMAL;
	att->part_id = p_strdup(pool, mime_part_id(part));
	att->display_name =
		p_strdup(pool, attachment_name(walk, part, att->method));
	att->content_type = p_strdup(pool, mime_part_content_type(part));
	att->estimated_size = mime_part_estimate_size(part);
	att->content_id =
		p_strdup(pool, content_id_clean(part->data->content_id));
	if (part->data->content_location != NULL) {
		att->content_location = p_strdup(pool,
			mime_header_decode(part->data->content_location));
	}
	att->is_inline = attachment_is_inline(att, part, flags);
}

/* --- cid: references --- */

static int
html_references(struct mime_message *msg, const struct message_part *html,
		buffer_t *text, const char **error_r)
{
	struct mime_pipe *pipe = mime_pipe_init(msg->source.conv,
						mime_part_encoding(html));
	int ret;

	ret = mime_part_read(msg, html, pipe, CID_SEARCH_MAX, text, error_r);
	mime_pipe_deinit(&pipe);
	return ret < 0 ? -1 : 0;
}

static bool text_has_cid(const buffer_t *text, const char *cid)
{
	const char *want = t_strconcat("cid:", cid, NULL);
	const unsigned char *p = text->data, *end = p + text->used;
	size_t len = strlen(want);

	while ((size_t)(end - p) >= len &&
	       (p = memchr(p, want[len - 1], end - p)) != NULL) {
		/* from the last character back: "cid:" begins with letters of
		   any case */
		if ((size_t)(p - (const unsigned char *)text->data) + 1 >= len &&
		    strncasecmp((const char *)p + 1 - len, want, len) == 0)
			return TRUE;
		p++;
	}
	return FALSE;
}

static bool attachment_may_be_inline(const struct mime_attachment *att)
{
	return !att->is_inline && att->content_id != NULL &&
		att->method == MIME_ATTACH_NORMAL &&
		!mime_part_is_attachment(att->part);
}

/* Apple and others give content ids to all attachments: those outside of
   related, or no pictures, are inline only if the HTML shows them. */
static int walk_find_inline(struct walk *walk, const char **error_r)
{
	struct mime_message *msg = walk->msg;
	struct mime_attachment *att;
	const struct message_part *html;
	buffer_t *text = NULL;
	int ret = 0;

	if (walk->structure->html == NULL)
		return 0;
	array_foreach_modifiable(&walk->attachments, att) {
		if (!attachment_may_be_inline(att))
			continue;
		if (text == NULL) {
			text = buffer_create_dynamic(default_pool, 8192);
			array_foreach_elem(&msg->html_body, html) {
				if (ret == 0 &&
				    mime_part_is_type(html, "text", "html"))
					ret = html_references(msg, html, text,
							      error_r);
			}
		}
		if (ret == 0) T_BEGIN {
			att->is_inline = text_has_cid(text, att->content_id);
		} T_END;
	}
	buffer_free(&text);
	return ret;
}

/* --- the walk --- */

static void walk_part(struct walk *walk, const struct message_part *part,
		      enum walk_flags flags, struct walk_body *body);

static void walk_body_init(struct walk_body *body)
{
	i_zero(body);
	t_array_init(&body->plain, 2);
	t_array_init(&body->html, 2);
}

static void
walk_body_add(struct walk_body *body, const struct walk_body *more)
{
	array_append_array(&body->plain, &more->plain);
	array_append_array(&body->html, &more->html);
	body->has_plain = body->has_plain || more->has_plain;
	body->has_html = body->has_html || more->has_html;
}

/* The text types that are shown; others (vCard, CSV..) are attachments */
static bool part_is_body_text(const struct message_part *part)
{
	return mime_part_is_type(part, "text", "plain") ||
		mime_part_is_type(part, "text", "html") ||
		mime_part_is_type(part, "text", "enriched") ||
		mime_part_is_type(part, "text", "richtext") ||
		/* a multipart without a boundary, or none of its parts */
		(mime_part_is_type(part, "multipart", NULL) &&
		 part->children == NULL);
}

static bool part_is_html(const struct message_part *part)
{
	/* text/enriched reads as HTML well enough for its text to be seen */
	return mime_part_is_type(part, "text", "html") ||
		mime_part_is_type(part, "text", "enriched") ||
		mime_part_is_type(part, "text", "richtext");
}

static bool
leaf_is_body(const struct message_part *part, enum walk_flags flags,
	     const struct walk_body *body)
{
	if (!part_is_body_text(part) || mime_part_is_attachment(part))
		return FALSE;
	if ((flags & WALK_RELATED) != 0 ||
	    array_count(&body->html) >= MIME_BODY_MAX_PARTS)
		return FALSE;
	/* a named text is a file, unless it is all there is to see */
	return (!body->has_plain && !body->has_html) ||
		mime_part_filename(part) == NULL;
}

static void
walk_calendar(struct walk *walk, const struct message_part *part)
{
	struct mime_structure *s = walk->structure;
	const char *method = mime_part_param(part, "method");

	if (s->calendar != NULL)
		return;
	s->calendar = part;
	s->calendar_part_id = p_strdup(walk->msg->pool, mime_part_id(part));
	if (method != NULL) {
		s->calendar_method = p_strdup(walk->msg->pool,
			t_str_ucase(mime_header_decode(method)));
	}
}

static void
walk_leaf(struct walk *walk, const struct message_part *part,
	  enum walk_flags flags, struct walk_body *body)
{
	bool calendar = mime_part_is_type(part, "text", "calendar");

	if (calendar && !mime_part_is_attachment(part))
		walk_calendar(walk, part);
	if ((part->flags & MESSAGE_PART_FLAG_MESSAGE_RFC822) == 0 &&
	    leaf_is_body(part, flags, body)) {
		array_push_back(&body->plain, &part);
		array_push_back(&body->html, &part);
		if (part_is_html(part))
			body->has_html = TRUE;
		else
			body->has_plain = TRUE;
	} else if ((flags & WALK_ALTERNATIVE) != 0 &&
		   mime_part_is_type(part, "text", NULL) &&
		   !mime_part_is_attachment(part)) {
		/* the meeting itself, text/watch-html, text/x-amp-html */
	} else {
		walk_attachment(walk, part, flags);
	}
}

/* RFC 2046, 5.1.4: the last one that is understood is the best one */
static void
walk_alternative(struct walk *walk, const struct message_part *part,
		 enum walk_flags flags, struct walk_body *body)
{
	const struct message_part *child;
	struct walk_body one, plain, html;
	bool have_plain = FALSE, have_html = FALSE;

	walk_body_init(&plain);
	walk_body_init(&html);
	for (child = part->children; child != NULL; child = child->next) {
		walk_body_init(&one);
		walk_part(walk, child, flags | WALK_ALTERNATIVE, &one);
		if (one.has_html) {
			html = one;
			have_html = TRUE;
		} else if (one.has_plain && !have_plain) {
			plain = one;
			have_plain = TRUE;
		}
	}
	array_append_array(&body->plain,
			   have_plain ? &plain.plain : &html.plain);
	array_append_array(&body->html, have_html ? &html.html : &plain.html);
	body->has_plain = body->has_plain || have_plain || html.has_plain;
	body->has_html = body->has_html || have_html;
}

static const char *cid_of_start(const struct message_part *part)
{
	return content_id_clean(mime_part_param(part, "start"));
}

static void
walk_related(struct walk *walk, const struct message_part *part,
	     enum walk_flags flags, struct walk_body *body)
{
	const struct message_part *child, *root = part->children;
	const char *start = cid_of_start(part);
	struct walk_body ignored;

	for (child = part->children; start != NULL && child != NULL;
	     child = child->next) {
		if (mime_part_need_data(walk->msg, child, &walk->error) < 0) {
			walk->failed = TRUE;
			return;
		}
		if (null_strcmp(content_id_clean(child->data->content_id),
				start) == 0) {
			root = child;
			break;
		}
	}
	walk_part(walk, root, flags & ~(unsigned int)WALK_ROOT, body);
	for (child = part->children; child != NULL; child = child->next) {
		if (child == root)
			continue;
		walk_body_init(&ignored);
		walk_part(walk, child, WALK_RELATED, &ignored);
		/* text inside a multipart there: shown, nothing is lost */
		walk_body_add(body, &ignored);
	}
}

/* The signature of a signed message is no attachment to its reader */
static bool part_is_signature(const struct message_part *part)
{
	return mime_part_is_type(part, "application", "pkcs7-signature") ||
		mime_part_is_type(part, "application", "x-pkcs7-signature");
}

static void
walk_mixed(struct walk *walk, const struct message_part *part,
	   enum walk_flags flags, struct walk_body *body)
{
	bool is_signed = mime_part_is_type(part, "multipart", "signed");
	bool apple = mime_part_is_type(part, "multipart", "appledouble");
	const struct message_part *child;

	for (child = part->children; child != NULL; child = child->next) {
		if (mime_part_need_data(walk->msg, child, &walk->error) < 0) {
			walk->failed = TRUE;
			return;
		}
		if (is_signed && child != part->children &&
		    part_is_signature(child))
			continue;
		/* the resource fork of a file that follows */
		if (apple && child->next != NULL &&
		    mime_part_is_type(child, "application", "applefile"))
			continue;
		walk_part(walk, child, flags & ~(unsigned int)WALK_ROOT, body);
	}
}

static void walk_part(struct walk *walk, const struct message_part *part,
		      enum walk_flags flags, struct walk_body *body)
{
	if (walk->failed)
		return;
	if (mime_part_need_data(walk->msg, part, &walk->error) < 0) {
		walk->failed = TRUE;
		return;
	}
	if (++walk->parts > MIME_MAX_PARTS ||
	    (part->flags & MESSAGE_PART_FLAG_OVERFLOW) != 0)
		walk->structure->overflow = TRUE;
	if (walk->parts > MIME_MAX_PARTS)
		return;
	if ((part->flags & MESSAGE_PART_FLAG_MULTIPART) == 0 ||
	    part->children == NULL)
		walk_leaf(walk, part, flags, body);
	else if (mime_part_is_type(part, "multipart", "alternative"))
		walk_alternative(walk, part, flags, body);
	else if (mime_part_is_type(part, "multipart", "related"))
		walk_related(walk, part, flags, body);
	else
		walk_mixed(walk, part, flags, body);
}

/* --- the result --- */

static enum mime_secure part_secure(const struct message_part *root)
{
	const char *protocol = mime_part_param(root, "protocol");
	const char *name;

	if (mime_part_is_type(root, "multipart", "signed")) {
		return protocol != NULL && strstr(protocol, "pkcs7") != NULL ?
			MIME_SECURE_SIGNED : MIME_SECURE_PGP;
	}
	if (mime_part_is_type(root, "multipart", "encrypted"))
		return MIME_SECURE_PGP;
	if (mime_part_is_type(root, "application", "pkcs7-mime") ||
	    mime_part_is_type(root, "application", "x-pkcs7-mime"))
		return MIME_SECURE_OPAQUE;
	/* RFC 8551, 3.2.1: gateways lose the type, the name tells */
	if (mime_part_is_type(root, "application", "octet-stream")) {
		name = mime_part_filename(root);
		if (name != NULL && strlen(name) > 4 &&
		    strcasecmp(name + strlen(name) - 4, ".p7m") == 0)
			return MIME_SECURE_OPAQUE;
	}
	return MIME_SECURE_NONE;
}

static const struct message_part *
body_first(const ARRAY_TYPE(mime_body_part) *body, bool html)
{
	const struct message_part *part;

	array_foreach_elem(body, part) {
		if (part_is_html(part) == html)
			return part;
	}
	return NULL;
}

static unsigned int body_cpid(const struct message_part *part)
{
	const char *charset = part == NULL ? NULL :
		mime_part_param(part, "charset");
	unsigned int cpid = charset == NULL ? 0 : mime_charset_to_cpid(charset);

	if (cpid != 0)
		return cpid;
	return charset == NULL ? 20127 : 65001;
}

static void
structure_finish(struct walk *walk, const struct walk_body *body)
{
	struct mime_message *msg = walk->msg;
	struct mime_structure *s = walk->structure;

	p_array_init(&msg->plain_body, msg->pool,
		     I_MAX(array_count(&body->plain), 1));
	p_array_init(&msg->html_body, msg->pool,
		     I_MAX(array_count(&body->html), 1));
	array_append_array(&msg->plain_body, &body->plain);
	array_append_array(&msg->html_body, &body->html);
	s->plain = body_first(&msg->plain_body, FALSE);
	s->html = body_first(&msg->html_body, TRUE);
	s->native_type = s->html != NULL ? MIME_BODY_HTML : MIME_BODY_PLAIN;
	s->internet_cpid = body_cpid(s->html != NULL ? s->html : s->plain);
}

static int
structure_build(struct mime_message *msg, struct message_part *root,
		struct mime_structure *s, const char **error_r)
{
	struct walk walk = { .msg = msg, .structure = s };
	struct walk_body body;

	p_array_init(&walk.attachments, msg->pool, 4);
	walk_body_init(&body);
	walk_part(&walk, root, WALK_ROOT, &body);
	if (walk.failed) {
		*error_r = walk.error;
		return -1;
	}
	structure_finish(&walk, &body);
	if (walk_find_inline(&walk, error_r) < 0)
		return -1;
	s->attachments_count = array_count(&walk.attachments);
	s->attachments = s->attachments_count == 0 ? NULL :
		array_front(&walk.attachments);
	s->secure = part_secure(root);
	return 0;
}

static int
structure_make(struct mime_message *msg, struct mime_structure **structure_r,
	       const char **error_r)
{
	struct message_part *root;
	struct mime_structure *s;
	const char *error = NULL;
	int ret;

	if (mime_message_parts(msg, &root, error_r) < 0)
		return -1;
	s = p_new(msg->pool, struct mime_structure, 1);
	T_BEGIN {
		ret = structure_build(msg, root, s, &error);
		if (ret == 0)
			ret = mime_message_class(msg, root, s, &error);
		if (ret < 0)
			error = p_strdup(msg->pool, error);
	} T_END;
	if (ret < 0)
		*error_r = error;
	*structure_r = s;
	return ret;
}

/* --- winmail.dat --- */

static const struct mime_attachment *
structure_tnef(const struct mime_structure *s)
{
	const struct mime_attachment *att;
	unsigned int i;

	for (i = 0; i < s->attachments_count; i++) {
		att = &s->attachments[i];
		if (strcmp(att->content_type, "application/ms-tnef") == 0 ||
		    strcmp(att->content_type, "application/vnd.ms-tnef") == 0 ||
		    (strcasecmp(att->display_name, "winmail.dat") == 0 &&
		     strcmp(att->content_type,
			    "application/octet-stream") == 0))
			return att;
	}
	return NULL;
}

static int structure_show(struct mime_message *msg, struct istream *shown,
			  const char **error_r)
{
	struct mime_structure *s;
	struct istream *raw;

	if (mime_message_input(msg, &raw, error_r) < 0)
		return -1;
	msg->raw_input = raw;
	msg->raw_parts = msg->parts;
	msg->input = shown;
	msg->parts = NULL;
	i_zero(&msg->plain_body);
	i_zero(&msg->html_body);
	if (structure_make(msg, &s, error_r) < 0) {
		i_stream_unref(&msg->input);
		msg->input = msg->raw_input;
		msg->parts = msg->raw_parts;
		msg->raw_input = NULL;
		return -1;
	}
	msg->structure = s;
	return 0;
}

/* What cannot be opened stays a file */
static int structure_open_tnef(struct mime_message *msg, const char **error_r)
{
	const struct mime_attachment *att = structure_tnef(msg->structure);
	struct mime_message *original;
	struct istream *shown;
	mime_tnef_t *tnef;
	void *context;
	int ret;

	tnef = mime_converter_tnef(msg->source.conv, &context);
	if (att == NULL || tnef == NULL || msg->raw_input != NULL ||
	    msg->structure->secure != MIME_SECURE_NONE)
		return 0;
	/* what comes reads from the message as it is now, whenever it is read */
	if (mime_message_input(msg, &shown, error_r) < 0)
		return -1;
	original = p_new(msg->pool, struct mime_message, 1);
	*original = *msg;
	ret = tnef(context, msg->pool, original, att->part_id, &shown, error_r);
	if (ret <= 0)
		return ret;
	return structure_show(msg, shown, error_r);
}

int mime_message_get_structure(struct mime_message *msg,
			       const struct mime_structure **structure_r,
			       const char **error_r)
{
	struct mime_structure *s;

	if (msg->structure == NULL) {
		if (structure_make(msg, &s, error_r) < 0)
			return -1;
		msg->structure = s;
		if (structure_open_tnef(msg, error_r) < 0) {
			msg->structure = NULL;
			return -1;
		}
	}
	*structure_r = msg->structure;
	return 0;
}
