/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_COMPAT_MAIL_H
#define DOVETAIL_COMPAT_MAIL_H

/* lib-mail: distributions' security updates of 2.3 and of 2.4 gave the part
   parser limits, which are told by their macro and not by a version. */

#include "lib.h"
#include "message-part-data.h"

#ifndef MESSAGE_PART_DATA_MAX_TOTAL_ADDRESSES
struct message_part_data_limits {
	unsigned int unused;
};
#  define MESSAGE_PART_DATA_LIMITS_INIT { 0 }
#endif

static inline void
compat_part_data_parse_header(pool_t pool, struct message_part *part,
			      struct message_part_data_limits *limits ATTR_UNUSED,
			      struct message_header_line *hdr)
{
#ifdef MESSAGE_PART_DATA_MAX_TOTAL_ADDRESSES
	message_part_data_parse_from_header(pool, part, limits, hdr);
#else
	message_part_data_parse_from_header(pool, part, hdr);
#endif
}

#endif
