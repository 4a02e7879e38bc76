/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_NAMES_H
#define MAPI_NAMES_H

/* Named properties (MS-OXCPRPT 2.2.12 to 2.2.14): the fixed ones of
   dovetail-mapi-props.h, and the mailbox's own table behind them, which only grows:
   clients keep the ids. */

#include "mapi.h"

#define MAPI_NAMES_CREATE 0x02
/* QueryFlags of RopQueryNamedProperties */
#define MAPI_NAMES_NO_STRINGS 0x01
#define MAPI_NAMES_NO_IDS 0x02

/* ids_r: 0 for names that are unknown (create: for none, unless the table is full).
   0 / -1 the store fails. */
int mapi_names_to_ids(struct mapi_rop *rop, const struct mapi_name *names,
		      unsigned int count, bool create, uint16_t *ids_r);
/* NULL: no such id */
const struct mapi_name *mapi_names_of_id(struct mapi_rop *rop, uint16_t id);
/* Appends the PropertyName: of an id below 0x8000 PS_MAPI and the id itself, of an
   unknown one Kind 0xff. */
int mapi_names_out(struct mapi_rop *rop, uint16_t id);
/* The whole answer of RopGetPropertyIdsFromNames that asks for no name. */
uint32_t mapi_names_all_ids(struct mapi_rop *rop);

/* For mapi_bag_pack() and mapi_bag_unpack(); context: the rop */
const struct mapi_name *mapi_names_name(void *context, uint16_t id);
uint16_t mapi_names_id(void *context, const struct mapi_name *name);

#endif
