/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_AUTH_SASL_H
#define FRONT_AUTH_SASL_H

#include "front-settings.h"

/* From HTTP's Authorization to SASL's initial responses. */

/* base64 of user:password, in UTF-8 or else Latin-1. Returns -1 if it is
   neither base64 nor has a colon, or holds NUL bytes. Data stack. */
int front_sasl_basic_parse(const char *data, const char **user_r,
			   const char **password_r);
/* The login name for what the client wrote. */
const char *front_sasl_login_name(enum front_domain_format format,
				  const char *user);
/* Who a Bearer token says it belongs to: the claim, else what a JWT holds;
   auth verifies it. NULL: nobody. *expires_r: a JWT's exp, else 0. */
const char *front_sasl_bearer_user(const char *token, const char *user_claim,
				   time_t *expires_r);

void front_sasl_plain(string_t *dest, const char *user, const char *password);
void front_sasl_oauthbearer(string_t *dest, const char *user,
			    const char *token);
void front_sasl_xoauth2(string_t *dest, const char *user, const char *token);

#endif
