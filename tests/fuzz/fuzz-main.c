/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* main() of a fuzz target without libFuzzer: runs the files and directories
   given, or $FUZZ_CORPUS/<name> for the program fuzz-<name>.  Plain C, because
   the target decides when Dovecot's lib is initialised. */

#include "lib.h"
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* As in libFuzzer, a target need not have it. */
#pragma weak LLVMFuzzerInitialize

static unsigned int run_count;

static void ATTR_NORETURN fail(const char *path)
{
	perror(path);
	exit(1);
}

static void run_file(const char *path, size_t size)
{
	/* Exactly as large as the input, so that ASan and valgrind see a read
	   behind its end. */
	unsigned char *data = malloc(size > 0 ? size : 1);
	FILE *file = fopen(path, "rb");

	if (data == NULL || file == NULL ||
	    fread(data, 1, size, file) != size)
		fail(path);
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	run_count++;
}

static void run_path(const char *path)
{
	char child[PATH_MAX];
	struct stat st;
	struct dirent *d;
	DIR *dir;

	if (stat(path, &st) < 0)
		fail(path);
	if (!S_ISDIR(st.st_mode)) {
		run_file(path, st.st_size);
		return;
	}
	dir = opendir(path);
	if (dir == NULL)
		fail(path);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		if (snprintf(child, sizeof(child), "%s/%s", path,
			     d->d_name) >= (int)sizeof(child))
			fail(path);
		run_path(child);
	}
	(void)closedir(dir);
}

/* fuzz-wbxml (also libtool's lt-fuzz-wbxml) -> wbxml */
static const char *corpus_name(const char *argv0)
{
	const char *name = strrchr(argv0, '/');

	name = name == NULL ? argv0 : name + 1;
	if (strncmp(name, "lt-", 3) == 0)
		name += 3;
	return strncmp(name, "fuzz-", 5) == 0 ? name + 5 : name;
}

int main(int argc, char *argv[])
{
	const char *corpus = getenv("FUZZ_CORPUS");
	char path[PATH_MAX];
	int i;

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		run_path(argv[i]);
	if (argc == 1 && corpus != NULL) {
		if (snprintf(path, sizeof(path), "%s/%s", corpus,
			     corpus_name(argv[0])) >= (int)sizeof(path))
			fail(corpus);
		run_path(path);
	}
	printf("%u inputs\n", run_count);
	/* Having nothing to replay is a mistake, not a success. */
	return run_count > 0 ? 0 : 1;
}
