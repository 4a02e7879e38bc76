/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The whole of Autodiscover: what needs no login, then what does. */

#include "lib.h"
#include "autodiscover-private.h"

int autodiscover_handle(const struct autodiscover_input *in,
			struct autodiscover_reply *reply_r)
{
	int ret = autodiscover_before_login(in, reply_r);

	if (ret != 0 || in->user == NULL)
		return ret;
	T_BEGIN {
		if (autodiscover_is_soap(in))
			autodiscover_soap(in, reply_r);
		else
			autodiscover_pox(in, reply_r);
	} T_END;
	return 1;
}
