/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ResolveRecipients (MS-ASCMD 2.2.1.15): names and addresses against the
   Directory, free/busy, certificates, pictures. */

#include "eas.h"
#include "eas-gal.h"
#include "unichar.h"

/* MS-ASCMD 2.2.3.177.12 */
enum eas_rr_status {
	EAS_RR_OK = 1,
	/* of a Response */
	EAS_RR_AMBIGUOUS = 2,
	EAS_RR_AMBIGUOUS_PARTIAL = 3,
	EAS_RR_NO_MATCH = 4,
	/* of the command */
	EAS_RR_PROTOCOL = 5,
	EAS_RR_SERVER = 6,
	/* of Certificates */
	EAS_RR_NO_CERTIFICATE = 7,
};

/* 3.1.5.10 Limiting Size of Command Requests; 2.2.3.187 */
#define EAS_RR_TO_MAX 100
#define EAS_RR_TO_CHARS 256
/* 2.2.3.103, 2.2.3.101 */
#define EAS_RR_NUMBER_MAX 9999
#define EAS_RR_AMBIGUOUS_DEFAULT 20
/* 2.2.3.58.1 */
#define EAS_RR_SLOT_SECS (30 * 60)
#define EAS_RR_DAYS_MAX 42
#define EAS_RR_DAYS_DEFAULT 7
/* 2.2.3.104: no data */
#define EAS_RR_FREEBUSY_UNKNOWN '4'
/* 2.2.3.188.?: Type of a Recipient from the GAL */
#define EAS_RR_TYPE_GAL 1

struct eas_resolve {
	struct eas_request *req;
	unsigned int cert_retrieval, max_certs, max_ambiguous;
	bool availability;
	unsigned int slots;
	struct eas_pictures pictures;
};

/* --- request -------------------------------------------------------------------------- */

static bool resolve_parse_times(struct eas_resolve *resolve,
				const struct wbxml_node *node)
{
	const char *start = wbxml_child_text(node, RR_StartTime);
	const char *end = wbxml_child_text(node, RR_EndTime);
	time_t start_time, end_time;

	if (start == NULL || !eas_datetime_parse(start, &start_time))
		return FALSE;
	if (end == NULL)
		end_time = start_time + EAS_RR_DAYS_DEFAULT * 24 * 3600;
	else if (!eas_datetime_parse(end, &end_time))
		return FALSE;
	if (end_time < start_time + EAS_RR_SLOT_SECS ||
	    end_time - start_time > EAS_RR_DAYS_MAX * 24 * 3600)
		return FALSE;
	/* The last digit may stand for less than 30 minutes. */
	resolve->slots = (end_time - start_time + EAS_RR_SLOT_SECS - 1) /
		EAS_RR_SLOT_SECS;
	return TRUE;
}

static bool resolve_parse_options(struct eas_resolve *resolve,
				  const struct wbxml_node *options)
{
	const struct wbxml_node *availability =
		wbxml_child(options, RR_Availability);

	resolve->cert_retrieval = 1;
	resolve->max_certs = EAS_RR_NUMBER_MAX;
	resolve->max_ambiguous = EAS_RR_AMBIGUOUS_DEFAULT;
	if (wbxml_child_uint(options, RR_CertificateRetrieval,
			     &resolve->cert_retrieval) < 0 ||
	    resolve->cert_retrieval < 1 || resolve->cert_retrieval > 3 ||
	    wbxml_child_uint(options, RR_MaxCertificates,
			     &resolve->max_certs) < 0 ||
	    resolve->max_certs > EAS_RR_NUMBER_MAX ||
	    wbxml_child_uint(options, RR_MaxAmbiguousRecipients,
			     &resolve->max_ambiguous) < 0 ||
	    resolve->max_ambiguous > EAS_RR_NUMBER_MAX ||
	    eas_pictures_parse(wbxml_child(options, RR_Picture), RR_MaxSize,
			       RR_MaxPictures, &resolve->pictures) < 0)
		return FALSE;
	if (resolve->req->version < EAS_VERSION_141)
		resolve->pictures.wanted = FALSE;
	resolve->availability = availability != NULL &&
		resolve->req->version >= EAS_VERSION_140;
	return !resolve->availability ||
		resolve_parse_times(resolve, availability);
}

static bool resolve_parse(struct eas_resolve *resolve)
{
	const struct wbxml_node *root = resolve->req->root;
	const struct wbxml_node *to = wbxml_child(root, RR_To);
	unsigned int count = 0;

	if (root->tag != RR_ResolveRecipients || to == NULL)
		return FALSE;
	for (; to != NULL; to = wbxml_next_sibling(to)) {
		if (++count > EAS_RR_TO_MAX || to->size == 0 ||
		    to->size > EAS_RR_TO_CHARS * 4 ||
		    uni_utf8_strlen(to->text) > EAS_RR_TO_CHARS)
			return FALSE;
	}
	return resolve_parse_options(resolve, wbxml_child(root, RR_Options));
}

/* --- resolving ------------------------------------------------------------------------ */

static bool resolve_is_exactly(const struct directory_entry *entry,
			       const char *text)
{
	return strcasecmp(entry->name, text) == 0 ||
		strcasecmp(t_strcut(entry->email, '@'), text) == 0 ||
		(entry->alias != NULL && strcasecmp(entry->alias, text) == 0);
}

/* A name that is exactly one person's is that person, also when other names
   begin with it. */
static void resolve_prefer_exact(const char *text,
				 ARRAY_TYPE(directory_entries) *entries,
				 unsigned int *total)
{
	const struct directory_entry *entry, *exact = NULL;

	if (array_count(entries) < 2)
		return;
	array_foreach_elem(entries, entry) {
		if (!resolve_is_exactly(entry, text))
			continue;
		if (exact != NULL)
			return;
		exact = entry;
	}
	if (exact != NULL) {
		array_clear(entries);
		array_push_back(entries, &exact);
		*total = 1;
	}
}

static int resolve_find(struct eas_resolve *resolve, const char *text,
			ARRAY_TYPE(directory_entries) *entries,
			unsigned int *total_r)
{
	struct directory *dir = resolve->req->service->directory;
	const struct directory_entry *entry;
	int ret;

	*total_r = 0;
	if (dir == NULL)
		return -1;
	if (strchr(text, '@') != NULL) {
		ret = directory_lookup(dir, resolve->req->pool, text, &entry);
		if (ret > 0) {
			array_push_back(entries, &entry);
			*total_r = 1;
		}
		return ret < 0 ? -1 : 0;
	}
	if (eas_gal_search(resolve->req, text, entries, total_r) < 0)
		return -1;
	resolve_prefer_exact(text, entries, total_r);
	return 0;
}

/* --- answer --------------------------------------------------------------------------- */

static void resolve_write_availability(struct eas_resolve *resolve,
				       struct wbxml_writer *w)
{
	string_t *str = t_str_new(resolve->slots + 1);

	/* The calendars are not here yet: nothing is known of anybody's time. */
	memset(buffer_append_space_unsafe(str, resolve->slots),
	       EAS_RR_FREEBUSY_UNKNOWN, resolve->slots);
	wbxml_start(w, RR_Availability);
	wbxml_uint_tag(w, RR_Status, EAS_RR_OK);
	wbxml_text_tag(w, RR_MergedFreeBusy, str_c(str));
	wbxml_end(w, RR_Availability);
}

static void
resolve_write_recipient(struct eas_resolve *resolve, struct wbxml_writer *w,
			const struct directory_entry *entry, bool unique)
{
	wbxml_start(w, RR_Recipient);
	wbxml_uint_tag(w, RR_Type, EAS_RR_TYPE_GAL);
	wbxml_text_tag(w, RR_DisplayName, entry->name);
	wbxml_text_tag(w, RR_EmailAddress, entry->email);
	if (unique && resolve->availability)
		resolve_write_availability(resolve, w);
	if (unique && resolve->cert_retrieval > 1) {
		wbxml_start(w, RR_Certificates);
		wbxml_uint_tag(w, RR_Status, EAS_RR_NO_CERTIFICATE);
		wbxml_uint_tag(w, RR_CertificateCount, 0);
		wbxml_end(w, RR_Certificates);
	}
	eas_picture_write(resolve->req, w, entry, &resolve->pictures,
			  RR_Picture, RR_Status, RR_Data);
	wbxml_end(w, RR_Recipient);
}

static void
resolve_write(struct eas_resolve *resolve, struct wbxml_writer *w,
	      const char *to, const ARRAY_TYPE(directory_entries) *entries,
	      unsigned int total)
{
	unsigned int count, shown, status;
	const struct directory_entry *const *list = array_get(entries, &count);

	shown = total == 1 ? count : I_MIN(count, resolve->max_ambiguous);
	status = total == 0 ? EAS_RR_NO_MATCH : total == 1 ? EAS_RR_OK :
		shown == total ? EAS_RR_AMBIGUOUS : EAS_RR_AMBIGUOUS_PARTIAL;
	wbxml_start(w, RR_Response);
	wbxml_text_tag(w, RR_To, to);
	wbxml_uint_tag(w, RR_Status, status);
	if (total > 0)
		wbxml_uint_tag(w, RR_RecipientCount, total);
	for (unsigned int i = 0; i < shown; i++)
		resolve_write_recipient(resolve, w, list[i], total == 1);
	wbxml_end(w, RR_Response);
}

void eas_cmd_resolve_recipients(struct eas_request *req)
{
	struct eas_resolve resolve = { .req = req };
	ARRAY_TYPE(directory_entries) entries;
	const struct wbxml_node *to;
	struct wbxml_writer *w;
	unsigned int total;

	if (!resolve_parse(&resolve)) {
		eas_reply_status(req, EAS_RR_PROTOCOL);
		return;
	}
	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, RR_ResolveRecipients);
	wbxml_uint_tag(w, RR_Status, EAS_RR_OK);
	for (to = wbxml_child(req->root, RR_To); to != NULL;
	     to = wbxml_next_sibling(to)) {
		p_array_init(&entries, req->pool, 8);
		if (resolve_find(&resolve, to->text, &entries, &total) < 0) {
			eas_reply_abort(req);
			eas_reply_status(req, EAS_RR_SERVER);
			return;
		}
		T_BEGIN {
			resolve_write(&resolve, w, to->text, &entries, total);
		} T_END;
	}
	wbxml_end(w, RR_ResolveRecipients);
	eas_reply_end(req);
}
