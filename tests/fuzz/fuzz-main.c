/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs a fuzz target over the files that are given: the replay of the corpus
   in builds without libFuzzer. */

#include "lib.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 ||
	    (size = ftell(file)) < 0) {
		perror(path);
		return -1;
	}
	rewind(file);
	/* exactly as large as the input, so that ASan sees every overrun */
	data = malloc(size > 0 ? (size_t)size : 1);
	if (data == NULL || fread(data, 1, size, file) != (size_t)size) {
		perror(path);
		return -1;
	}
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) < 0)
			return 1;
	}
	printf("%d inputs replayed\n", argc - 1);
	return 0;
}
