/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_SIEVE_H
#define DOVETAIL_COMPAT_SIEVE_H

/* Pigeonhole 0.5, which is Dovecot 2.3's, and 2.4. Only libdovetail-sieve.so
   has compat-sieve.c. */

#include "compat.h"
#include "sieve-common.h"
#include "sieve.h"
#include "sieve-script.h"
#include "sieve-storage.h"

/* NULL if the settings are broken (logged). */
struct sieve_instance *
compat_sieve_init(struct mail_user *user, struct event *event);
/* The user's personal scripts, to be read and written; NULL if there is no
   place for them. */
struct sieve_storage *
compat_sieve_storage_create(struct sieve_instance *svinst,
			    struct mail_user *user);
/* NULL and why. */
struct sieve_script *
compat_sieve_script_open(struct sieve_storage *storage, const char *name,
			 enum sieve_error *error_r);
/* 1 and its name, 0 there is none, -1 error. */
int compat_sieve_active_name(struct sieve_storage *storage,
			     const char **name_r);

#endif
