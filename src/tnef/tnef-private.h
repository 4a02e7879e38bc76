/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TNEF_PRIVATE_H
#define TNEF_PRIVATE_H

#include "dovetail-mapi-props.h"
#include "dovetail-tnef.h"

/* What all messages of one stream share. */
struct tnef_reader {
	pool_t pool;
	mapi_id_of_name_t *id_of_name;
	void *context;
	unsigned int depth, props, objects;
};

/* One level: a stream of attributes. */
struct tnef_stream {
	struct tnef_reader *reader;
	struct mapi_message *msg;
	/* the one that attributes belong to now */
	struct mapi_attachment *attach;
	/* attOemCodepage */
	unsigned int cpid;
	/* Legacy values are set here, and taken over at the end where there is no
	   property */
	struct mapi_bag legacy, attach_legacy;
};

int tnef_read(struct tnef_reader *reader, const void *data, size_t size,
	      struct mapi_message **msg_r, const char **error_r);

/* Counted property lists (2.1.3.4). FALSE: cut or broken; what came before is
   there. object: gets PidTagAttachDataBinary and -Object instead of the bag; may be
   NULL. */
struct tnef_object {
	struct mapi_blob data;
	/* OBJECT: an embedded TNEF stream */
	bool is_message, is_storage;
};
bool tnef_read_props(struct tnef_stream *stream, struct mapi_in *in,
		     struct mapi_bag *bag, struct tnef_object *object);

/* An attribute of the message or of the attachment (2.1.3.3). */
void tnef_attribute(struct tnef_stream *stream, uint32_t id,
		    const unsigned char *data, size_t size);
void tnef_merge(struct mapi_bag *bag, const struct mapi_bag *legacy);

#endif
