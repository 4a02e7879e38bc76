/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ResolveRecipients (MS-ASCMD 2.2.1.15): names and addresses against the Directory
   and the user's address books; free/busy, certificates, pictures. */

#include "eas.h"
#include "eas-gal.h"
#include "base64.h"
#include "dovetail-contact.h"
#include "dovetail-items.h"
#include "unichar.h"

#include <openssl/x509.h>

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
	EAS_RR_CERTIFICATE_LIMIT = 8,
	/* of Availability */
	EAS_RR_FREEBUSY_RETRY = 162,
	EAS_RR_FREEBUSY_FAILED = 163,
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
/* 2.2.3.189.4: Type of a Recipient */
#define EAS_RR_TYPE_GAL 1
#define EAS_RR_TYPE_CONTACT 2
/* 2.2.3.22 */
#define EAS_RR_CERTIFICATES_NONE 1
#define EAS_RR_CERTIFICATES_FULL 2

/* Who one To stands for */
struct eas_resolved {
	const char *to;
	ARRAY_TYPE(eas_person) people;
	unsigned int total;
};

struct eas_resolve {
	struct eas_request *req;
	unsigned int cert_retrieval, max_certs, max_ambiguous;
	unsigned int certs, to_count;
	bool availability;
	time_t start;
	unsigned int slots;
	struct eas_pictures pictures;
	ARRAY(struct eas_resolved) found;
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
	resolve->start = start_time;
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

	if (root->tag != RR_ResolveRecipients || to == NULL)
		return FALSE;
	for (; to != NULL; to = wbxml_next_sibling(to)) {
		if (++resolve->to_count > EAS_RR_TO_MAX || to->size == 0 ||
		    to->size > EAS_RR_TO_CHARS * 4 ||
		    uni_utf8_strlen(to->text) > EAS_RR_TO_CHARS)
			return FALSE;
	}
	return resolve_parse_options(resolve, wbxml_child(root, RR_Options));
}

/* --- resolving ------------------------------------------------------------------------ */

static bool resolve_is_exactly(const struct eas_person *person,
			       const char *text)
{
	return strcasecmp(person->name, text) == 0 ||
		(person->email != NULL &&
		 strcasecmp(t_strcut(person->email, '@'), text) == 0) ||
		(person->alias != NULL && strcasecmp(person->alias, text) == 0);
}

/* A name that is exactly one person's is that person, also when other names
   begin with it. */
static void resolve_prefer_exact(const char *text,
				 ARRAY_TYPE(eas_person) *people,
				 unsigned int *total)
{
	const struct eas_person *person;
	struct eas_person exact = { .name = NULL };

	if (array_count(people) < 2)
		return;
	array_foreach(people, person) {
		if (!resolve_is_exactly(person, text))
			continue;
		if (exact.name != NULL)
			return;
		exact = *person;
	}
	if (exact.name != NULL) {
		array_clear(people);
		array_push_back(people, &exact);
		*total = 1;
	}
}

/* Who has no address cannot be written to. */
static void resolve_drop_unaddressed(ARRAY_TYPE(eas_person) *people,
				     unsigned int *total)
{
	const struct eas_person *person;
	unsigned int i;

	for (i = array_count(people); i > 0; i--) {
		person = array_idx(people, i - 1);
		if (person->email == NULL) {
			array_delete(people, i - 1, 1);
			*total -= I_MIN(*total, 1);
		}
	}
}

static int resolve_find(struct eas_resolve *resolve, const char *text,
			ARRAY_TYPE(eas_person) *people, unsigned int *total_r)
{
	struct eas_person person;
	int ret;

	*total_r = 0;
	if (strchr(text, '@') != NULL) {
		ret = eas_people_lookup(resolve->req, text, &person);
		if (ret > 0) {
			array_push_back(people, &person);
			*total_r = 1;
		}
		return ret < 0 ? -1 : 0;
	}
	if (eas_people_search(resolve->req, text, EAS_GAL_MAX, people,
			      total_r) < 0)
		return -1;
	resolve_drop_unaddressed(people, total_r);
	resolve_prefer_exact(text, people, total_r);
	return 0;
}

/* --- availability ---------------------------------------------------------------------- */

/* 2.2.3.107: 0 free, 1 tentative, 2 busy, 3 out of office, 4 no data. Who works
   elsewhere can be met. */
static char freebusy_digit(enum store_busy busy)
{
	switch (busy) {
	case STORE_BUSY_TENTATIVE:
		return '1';
	case STORE_BUSY_BUSY:
		return '2';
	case STORE_BUSY_OOF:
		return '3';
	case STORE_BUSY_UNKNOWN:
		return '4';
	case STORE_BUSY_FREE:
	case STORE_BUSY_ELSEWHERE:
		break;
	}
	return '0';
}

/* A slot has the highest digit that any part of it has. */
static void freebusy_mark(const struct eas_resolve *resolve, char *digits,
			  const struct store_busy_time *time)
{
	char digit = freebusy_digit(time->busy);
	time_t first = (time->start - resolve->start) / EAS_RR_SLOT_SECS;
	time_t i;

	if (time->end <= resolve->start)
		return;
	for (i = I_MAX(first, 0); i < (time_t)resolve->slots &&
	     resolve->start + i * EAS_RR_SLOT_SECS < time->end; i++) {
		if (digits[i] < digit)
			digits[i] = digit;
	}
}

static unsigned int
freebusy_get(struct eas_resolve *resolve, const char *email, const char **text_r)
{
	struct eas_request *req = resolve->req;
	ARRAY_TYPE(store_busy_time) times;
	const struct store_busy_time *time;
	char *digits;
	int ret;

	p_array_init(&times, req->pool, 16);
	ret = store_freebusy(req->store, email, resolve->start, resolve->start +
			     (time_t)resolve->slots * EAS_RR_SLOT_SECS,
			     req->pool, &times);
	if (ret < 0)
		return EAS_RR_FREEBUSY_RETRY;
	if (ret == 0)
		return EAS_RR_FREEBUSY_FAILED;
	digits = t_malloc_no0(resolve->slots + 1);
	memset(digits, '0', resolve->slots);
	digits[resolve->slots] = '\0';
	array_foreach(&times, time)
		freebusy_mark(resolve, digits, time);
	*text_r = digits;
	return EAS_RR_OK;
}

static void resolve_write_availability(struct eas_resolve *resolve,
				       struct wbxml_writer *w,
				       const struct eas_person *person)
{
	const char *digits = NULL;
	unsigned int status = freebusy_get(resolve, person->email, &digits);

	wbxml_start(w, RR_Availability);
	wbxml_uint_tag(w, RR_Status, status);
	wbxml_text_tag_opt(w, RR_MergedFreeBusy, digits);
	wbxml_end(w, RR_Availability);
}

/* --- certificates ---------------------------------------------------------------------- */

/* One that can be read and did not end */
static bool certificate_is_valid(const buffer_t *der)
{
	const unsigned char *p = der->data;
	X509 *cert = d2i_X509(NULL, &p, der->used);
	bool valid = cert != NULL &&
		X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;

	X509_free(cert);
	return valid;
}

static void write_certificate(struct wbxml_writer *w, const buffer_t *der)
{
	string_t *str = t_str_new(MAX_BASE64_ENCODED_SIZE(der->used));

	base64_encode(der->data, der->used, str);
	wbxml_text_tag(w, RR_Certificate, str_c(str));
}

/* Mini certificates are of a form that is not documented: there are none. */
static void resolve_write_certificates(struct eas_resolve *resolve,
				       struct wbxml_writer *w,
				       const struct eas_person *person)
{
	ARRAY(buffer_t *) certs;
	buffer_t *der = t_buffer_create(2048);
	unsigned int n, status = EAS_RR_OK;

	t_array_init(&certs, 2);
	for (n = 0; person->contact != NULL &&
	     resolve->cert_retrieval == EAS_RR_CERTIFICATES_FULL &&
	     contact_certificate(person->contact, n, der); n++) {
		if (certificate_is_valid(der))
			array_push_back(&certs, &der);
		der = t_buffer_create(2048);
	}
	if (array_count(&certs) == 0)
		status = EAS_RR_NO_CERTIFICATE;
	else if (resolve->certs + array_count(&certs) > resolve->max_certs)
		status = EAS_RR_CERTIFICATE_LIMIT;
	wbxml_start(w, RR_Certificates);
	wbxml_uint_tag(w, RR_Status, status);
	wbxml_uint_tag(w, RR_CertificateCount, array_count(&certs));
	if (array_count(&certs) > 0)
		wbxml_uint_tag(w, RR_RecipientCount, 1);
	if (status == EAS_RR_OK) {
		array_foreach_elem(&certs, der)
			write_certificate(w, der);
		resolve->certs += array_count(&certs);
	}
	wbxml_end(w, RR_Certificates);
}

/* --- answer --------------------------------------------------------------------------- */

static void
resolve_write_recipient(struct eas_resolve *resolve, struct wbxml_writer *w,
			const struct eas_person *person, bool unique)
{
	wbxml_start(w, RR_Recipient);
	wbxml_uint_tag(w, RR_Type, person->entry != NULL ? EAS_RR_TYPE_GAL :
		       EAS_RR_TYPE_CONTACT);
	wbxml_text_tag(w, RR_DisplayName, person->name);
	wbxml_text_tag(w, RR_EmailAddress, person->email);
	if (unique && resolve->availability)
		resolve_write_availability(resolve, w, person);
	if (unique && resolve->cert_retrieval != EAS_RR_CERTIFICATES_NONE)
		resolve_write_certificates(resolve, w, person);
	eas_picture_write(resolve->req, w, person, &resolve->pictures,
			  RR_Picture, RR_Status, RR_Data);
	wbxml_end(w, RR_Recipient);
}

static void
resolve_write(struct eas_resolve *resolve, struct wbxml_writer *w,
	      const struct eas_resolved *found)
{
	unsigned int count, shown, status, total = found->total;
	const struct eas_person *list = array_get(&found->people, &count);

	shown = total == 1 ? count : I_MIN(count, resolve->max_ambiguous);
	status = total == 0 ? EAS_RR_NO_MATCH : total == 1 ? EAS_RR_OK :
		shown == total ? EAS_RR_AMBIGUOUS : EAS_RR_AMBIGUOUS_PARTIAL;
	wbxml_start(w, RR_Response);
	wbxml_text_tag(w, RR_To, found->to);
	wbxml_uint_tag(w, RR_Status, status);
	if (total > 0)
		wbxml_uint_tag(w, RR_RecipientCount, total);
	for (unsigned int i = 0; i < shown; i++) {
		resolve_write_recipient(resolve, w, &list[i],
					total == 1);
	}
	wbxml_end(w, RR_Response);
}

static int resolve_all(struct eas_resolve *resolve)
{
	const struct wbxml_node *to = wbxml_child(resolve->req->root, RR_To);
	struct eas_resolved *found;

	p_array_init(&resolve->found, resolve->req->pool, 16);
	for (; to != NULL; to = wbxml_next_sibling(to)) {
		found = array_append_space(&resolve->found);
		found->to = to->text;
		p_array_init(&found->people, resolve->req->pool, 8);
		if (resolve_find(resolve, to->text, &found->people,
				 &found->total) < 0)
			return -1;
	}
	return 0;
}

/* Whose free/busy will be asked for */
static void resolve_expect(struct eas_resolve *resolve)
{
	ARRAY_TYPE(const_string) users;
	const struct eas_resolved *found;
	const struct eas_person *person;

	t_array_init(&users, 16);
	array_foreach(&resolve->found, found) {
		if (found->total != 1)
			continue;
		person = array_front(&found->people);
		array_push_back(&users, &person->email);
	}
	array_append_zero(&users);
	store_freebusy_expect(resolve->req->store, array_front(&users),
			      resolve->start, resolve->start +
			      (time_t)resolve->slots * EAS_RR_SLOT_SECS);
}

void eas_cmd_resolve_recipients(struct eas_request *req)
{
	struct eas_resolve resolve = { .req = req };
	const struct eas_resolved *found;
	struct wbxml_writer *w;

	if (!resolve_parse(&resolve)) {
		eas_reply_status(req, EAS_RR_PROTOCOL);
		return;
	}
	if (resolve_all(&resolve) < 0) {
		eas_reply_status(req, EAS_RR_SERVER);
		return;
	}
	if (resolve.availability)
		resolve_expect(&resolve);
	w = eas_reply_begin(req, FALSE);
	wbxml_start(w, RR_ResolveRecipients);
	wbxml_uint_tag(w, RR_Status, EAS_RR_OK);
	array_foreach(&resolve.found, found) T_BEGIN {
		resolve_write(&resolve, w, found);
	} T_END;
	wbxml_end(w, RR_ResolveRecipients);
	eas_reply_end(req);
}
