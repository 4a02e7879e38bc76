/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The multipart form of ItemOperations' answer. */

#include "eas.h"
#include "eas-multipart.h"
#include "buffer.h"
#include "iostream-temp.h"
#include "istream.h"
#include "ostream.h"

#define EAS_MULTIPART_PREFIX "/tmp/dovetail.parts."
#define EAS_MULTIPART_MEMORY (128 * 1024)

struct eas_multipart {
	struct eas_request *req;
	struct ostream *spool;
	ARRAY(uint32_t) sizes;
};

struct eas_multipart *eas_multipart_init(struct eas_request *req)
{
	struct eas_multipart *mp = p_new(req->pool, struct eas_multipart, 1);

	mp->req = req;
	p_array_init(&mp->sizes, req->pool, 8);
	mp->spool = iostream_temp_create_sized(EAS_MULTIPART_PREFIX, 0, "parts",
					       EAS_MULTIPART_MEMORY);
	o_stream_set_no_error_handling(mp->spool, TRUE);
	return mp;
}

unsigned int eas_multipart_add(void *context, struct istream *input,
			       const void *data, size_t size)
{
	struct eas_multipart *mp = context;
	uoff_t start = mp->spool->offset;
	uint32_t part_size;

	if (input == NULL)
		o_stream_nsend(mp->spool, data, size);
	else {
		o_stream_nsend_istream(mp->spool, input);
		if (input->stream_errno != 0) {
			e_error(mp->req->event, "A part ends early: %s",
				i_stream_get_error(input));
		}
		i_stream_unref(&input);
	}
	part_size = (uint32_t)(mp->spool->offset - start);
	array_push_back(&mp->sizes, &part_size);
	/* Part 0 is the WBXML. */
	return array_count(&mp->sizes);
}

static void append_le32(buffer_t *buf, uint32_t value)
{
	unsigned char bytes[4] = {
		value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff, value >> 24
	};

	buffer_append(buf, bytes, sizeof(bytes));
}

/* PartsCount, then offset and length of each part, from the beginning. */
static buffer_t *multipart_head(struct eas_multipart *mp, size_t wbxml_size)
{
	unsigned int count = array_count(&mp->sizes) + 1;
	buffer_t *buf = buffer_create_dynamic(mp->req->pool, 4 + count * 8);
	uint32_t offset = 4 + count * 8, size;

	append_le32(buf, count);
	append_le32(buf, offset);
	append_le32(buf, wbxml_size);
	offset += wbxml_size;
	array_foreach_elem(&mp->sizes, size) {
		append_le32(buf, offset);
		append_le32(buf, size);
		offset += size;
	}
	return buf;
}

void eas_multipart_reply(struct eas_multipart **_mp, const buffer_t *wbxml)
{
	struct eas_multipart *mp = *_mp;
	struct service_request *service = mp->req->service;
	struct ostream *output;
	struct istream *parts;
	buffer_t *head;

	*_mp = NULL;
	if (mp->spool->stream_errno != 0) {
		e_error(mp->req->event, "Writing a temporary file failed: %s",
			o_stream_get_error(mp->spool));
		o_stream_destroy(&mp->spool);
		eas_reply_http(mp->req, 503, "Service Unavailable");
		return;
	}
	head = multipart_head(mp, wbxml->used);
	parts = iostream_temp_finish(&mp->spool, IO_BLOCK_SIZE);
	service_reply_begin(service, 200, "OK");
	service_reply_header(service, "MS-Server-ActiveSync",
			     EAS_SERVER_VERSION);
	service_reply_header(service, "Content-Type",
			     EAS_CONTENT_TYPE_MULTIPART);
	output = service_reply_body(service);
	o_stream_nsend(output, head->data, head->used);
	o_stream_nsend(output, wbxml->data, wbxml->used);
	o_stream_nsend_istream(output, parts);
	i_stream_unref(&parts);
}
