/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Download contexts: the part that all streams have in common. */

#include "mapi.h"
#include "mapi-fx.h"
#include "mapi-names.h"
#include "mapi-spool.h"

static ssize_t source_read(void *value, uint64_t at, void *data, size_t size)
{
	return mapi_spool_read(value, at, data, size);
}

static enum fx_strings strings_of(uint8_t send_options)
{
	/* 3.2.5.8.1.1 */
	if ((send_options & FX_SEND_USE_CPID) != 0)
		return FX_STRINGS_CODE_PAGE;
	return (send_options & (FX_SEND_UNICODE | FX_SEND_FORCE_UNICODE)) != 0 ?
		FX_STRINGS_UNICODE : FX_STRINGS_CPID;
}

static void source_free(struct mapi_object *obj)
{
	struct mapi_fx_source *source = (struct mapi_fx_source *)obj;

	if (source->producer->free != NULL)
		source->producer->free(source);
	fx_out_deinit(&source->out);
}

/* Not parked: a client has one for as long as it downloads */
static const struct mapi_object_vfuncs source_vfuncs = {
	.free = source_free,
};

struct mapi_fx_source *
mapi_fx_source_new(struct mapi_rop *rop, const struct mapi_fx_producer *producer,
		   void *context, uint8_t send_options,
		   struct mapi_object *parent)
{
	struct mapi_fx_source *source =
		mapi_object_new(rop, struct mapi_fx_source, MAPI_FX_SOURCE,
				&source_vfuncs, parent);

	source->producer = producer;
	source->context = context;
	source->recover = (send_options & FX_SEND_RECOVER) != 0;
	fx_out_init(&source->out);
	source->out.strings = strings_of(send_options);
	source->out.cpid = rop->session->cpid;
	source->out.names = mapi_names_name;
	source->out.read = source_read;
	return source;
}

static uint32_t state_produce(struct mapi_rop *rop ATTR_UNUSED,
			      struct mapi_fx_source *source)
{
	source->end = TRUE;
	return ecNone;
}

static const struct mapi_fx_producer state_producer = {
	.produce = state_produce,
};

struct mapi_fx_source *
mapi_fx_source_of_state(struct mapi_rop *rop, struct mapi_object *parent)
{
	return mapi_fx_source_new(rop, &state_producer, NULL, FX_SEND_UNICODE,
				  parent);
}

uint32_t mapi_fx_source_get(struct mapi_rop *rop, struct mapi_fx_source *source,
			    buffer_t *dest, size_t room)
{
	uint32_t error = source->error;
	size_t before = dest->used;
	struct fx_mark mark;

	source->started = TRUE;
	source->out.names_context = rop;
	while (error == ecNone && !source->end &&
	       fx_out_left(&source->out) < room) {
		fx_out_mark(&source->out, &mark);
		error = source->producer->produce(rop, source);
		if (error != ecNone)
			fx_out_unwind(&source->out, &mark);
	}
	if (source->producer->pause != NULL)
		source->producer->pause(source);
	if (error == ecNone &&
	    fx_out_take(&source->out, dest, room) < 0) {
		e_error(rop->env->event, "An attachment that waited in a file "
			"cannot be read: %m");
		error = ecError;
	}
	if (error != ecNone)
		buffer_set_used_size(dest, before);
	/* the client may come again for a store that was busy */
	if (error != ecServerBusy)
		source->error = error;
	return error;
}
