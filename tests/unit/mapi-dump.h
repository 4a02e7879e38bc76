/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MAPI_DUMP_H
#define MAPI_DUMP_H

/* MAPI messages as text for golden files: one property a line, by name. */

#include "dovetail-mapi-message.h"

struct mapi_name;

void dump_bag(string_t *out, const struct mapi_bag *bag, const char *indent);
void dump_message(string_t *out, struct mapi_message *msg, const char *indent);

/* Names that are not static: numbers from 0x8800 on, in order of asking. */
uint16_t dump_id_of_name(void *context, const struct mapi_name *name);
const struct mapi_name *dump_name_of_id(void *context, uint16_t id);

/* The golden file of this path (below golden/); with UPDATE_GOLDEN set it is
   written instead. */
void dump_golden(const char *path, const char *got);
/* NULL: there is none. */
const char *dump_read(pool_t pool, const char *path, size_t *size_r);

#endif
