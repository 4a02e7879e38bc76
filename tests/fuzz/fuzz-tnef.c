/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* winmail.dat of any bytes: the message that comes of it can be looked at. */

#include "lib.h"
#include "array.h"
#include "dovetail-mapi-props.h"
#include "dovetail-tnef.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	lib_init();
	return 0;
}

static size_t look(const struct mapi_bag *bag)
{
	const struct mapi_prop *prop;
	size_t sum = 0;

	array_foreach(&bag->props, prop)
		sum += mapi_value_size(MAPI_TAG_TYPE(prop->tag), &prop->v);
	return sum;
}

static void walk(const struct mapi_message *msg, unsigned int depth)
{
	struct mapi_attachment *attach;
	const struct mapi_bag *rcpt;
	volatile unsigned char last;

	i_assert(depth <= TNEF_MAX_DEPTH);
	(void)look(&msg->props);
	array_foreach(&msg->recipients, rcpt)
		(void)look(rcpt);
	array_foreach_elem(&msg->attachments, attach) {
		(void)look(&attach->props);
		if (attach->data.size > 0)
			last = attach->data.data[attach->data.size - 1];
		if (attach->message != NULL)
			walk(attach->message, depth + 1);
	}
	(void)last;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	pool_t pool = pool_alloconly_create("fuzz", 16384);
	struct mapi_message *msg;
	const char *error;

	T_BEGIN {
		if (tnef_parse(pool, data, size, NULL, NULL, &msg, &error) == 0)
			walk(msg, 1);
	} T_END;
	pool_unref(&pool);
	return 0;
}
