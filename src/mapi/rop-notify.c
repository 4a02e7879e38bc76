/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* RopRegisterNotification (MS-OXCNOTIF 2.2.1.2.1). */

#include "mapi.h"
#include "mapi-notify.h"

struct notify_args {
	uint16_t types;
	bool whole_store;
	mapi_id_t folder, message;
};

static void parse_register(struct mapi_rop *rop)
{
	struct notify_args *args = mapi_rop_args(rop, struct notify_args);

	args->types = mapi_in_u16(rop->in);
	args->whole_store = mapi_in_bool(rop->in);
	if (!args->whole_store) {
		args->folder = mapi_in_u64(rop->in);
		args->message = mapi_in_u64(rop->in);
	}
}

static bool sub_park(struct mapi_object *obj, buffer_t *out)
{
	struct mapi_subscription *sub = (struct mapi_subscription *)obj;

	mapi_out_u16(out, sub->types);
	mapi_out_u8(out, sub->whole_store);
	mapi_out_u64(out, sub->folder);
	mapi_out_u64(out, sub->message);
	return TRUE;
}

static const struct mapi_object_vfuncs sub_vfuncs = {
	.park = sub_park,
};

struct mapi_subscription *
mapi_subscription_new(struct mapi_rop *rop)
{
	return mapi_object_new(rop, struct mapi_subscription, MAPI_NOTIFY,
			       &sub_vfuncs, NULL);
}

static uint32_t rop_register(struct mapi_rop *rop)
{
	struct notify_args *args = rop->args;
	struct mapi_subscription *sub;
	uint64_t folder = 0;

	if (!args->whole_store && args->folder != 0 &&
	    !mapi_folder_of_wire(rop, rop->logon, args->folder, &folder))
		return ecNotFound;
	sub = mapi_subscription_new(rop);
	sub->types = args->types;
	sub->whole_store = args->whole_store || folder == 0;
	sub->folder = folder;
	sub->message = args->message;
	return mapi_rop_output(rop, &sub->obj);
}

const struct mapi_rop_def mapi_rops_notify[] = {
	{ 0x29, "RegisterNotification", MAPI_ROP_OUT, MAPI_LOGON | MAPI_FOLDER,
	  parse_register, rop_register },
	{ 0, NULL, 0, 0, NULL, NULL }
};
