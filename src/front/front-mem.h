/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FRONT_MEM_H
#define FRONT_MEM_H

/* Memory for what lives long and is small: connections, users, logins, held
   requests. It is kept apart from the heap, where each of them would keep a page
   of the requests around it from going back to the system. Objects of one size
   stand side by side in chunks, the fullest chunk is filled first, and an empty
   one goes back at once. */

/* Zeroed. */
void *front_mem_new(size_t size);
/* size: as it was asked for. */
void front_mem_free(void *mem, size_t size);
/* Bytes in objects, and bytes of the chunks. */
size_t front_mem_used(void);
size_t front_mem_mapped(void);

#endif
