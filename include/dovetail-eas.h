/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DOVETAIL_EAS_H
#define DOVETAIL_EAS_H

/* Exchange ActiveSync 2.5 - 16.1 for one user (MS-ASHTTP, MS-ASCMD): a row of
   the worker's protocol table. */

struct service_request;

/* Path, compared without letter case; healthcheck.htm below it is the front's. */
#define EAS_PATH "/Microsoft-Server-ActiveSync"

/* A service_handler_t: has answered or parked when it returns. */
void eas_handle(struct service_request *req);
/* At the worker's end: frees what was kept warm between requests. */
void eas_deinit(void);

#endif
