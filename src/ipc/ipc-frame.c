/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: how frames are cut out of a byte stream and put into one. */

#include "lib.h"
#include "dovetail-ipc.h"

static uint32_t frame_get_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		(uint32_t)p[3] << 24;
}

int ipc_frame_begin(const unsigned char *data, size_t size,
		    struct ipc_frame *frame_r, size_t *length_r,
		    const char **error_r)
{
	uint32_t length;

	if (size < IPC_FRAME_HEADER_SIZE)
		return 0;
	length = frame_get_u32(data + 1);
	if (length > IPC_MAX_FRAME) {
		*error_r = t_strdup_printf("frame of type %u is too large (%u)",
					   data[0], length);
		return -1;
	}
	frame_r->type = data[0];
	frame_r->data = data + IPC_FRAME_HEADER_SIZE;
	frame_r->size = I_MIN(size - IPC_FRAME_HEADER_SIZE, length);
	*length_r = length;
	return 1;
}

int ipc_frame_next(const unsigned char *data, size_t size,
		   struct ipc_frame *frame_r, size_t *used_r,
		   const char **error_r)
{
	size_t length;
	int ret;

	ret = ipc_frame_begin(data, size, frame_r, &length, error_r);
	if (ret <= 0)
		return ret;
	if (frame_r->size < length)
		return 0;
	*used_r = IPC_FRAME_HEADER_SIZE + length;
	return 1;
}

void ipc_frame_header(unsigned char dest[IPC_FRAME_HEADER_SIZE],
		      enum ipc_frame_type type, uint32_t size)
{
	dest[0] = type;
	for (unsigned int i = 0; i < 4; i++)
		dest[i + 1] = size >> (8 * i);
}

void ipc_frame_append(buffer_t *dest, enum ipc_frame_type type,
		      const void *data, size_t size)
{
	unsigned char header[IPC_FRAME_HEADER_SIZE];

	i_assert(size <= IPC_MAX_FRAME);
	ipc_frame_header(header, type, size);
	buffer_append(dest, header, sizeof(header));
	buffer_append(dest, data, size);
}
