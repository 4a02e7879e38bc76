/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* main() of a fuzz target without libFuzzer: runs the files and directories
   given, or $FUZZ_CORPUS/<name> for the program fuzz-<name>. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned int run_count;

static void run_file(const char *path)
{
	unsigned char block[4096], *copy;
	buffer_t *buf;
	ssize_t ret;
	int fd = open(path, O_RDONLY);

	if (fd == -1)
		i_fatal("open(%s) failed: %m", path);
	buf = buffer_create_dynamic(default_pool, 4096);
	while ((ret = read(fd, block, sizeof(block))) > 0)
		buffer_append(buf, block, ret);
	if (ret < 0)
		i_fatal("read(%s) failed: %m", path);
	i_close_fd(&fd);
	/* A block of exactly this size, so that ASan and valgrind see a read
	   behind its end. */
	copy = malloc(buf->used + 1);
	i_assert(copy != NULL);
	copy = realloc(copy, I_MAX(buf->used, 1));
	memcpy(copy, buf->data, buf->used);
	(void)LLVMFuzzerTestOneInput(copy, buf->used);
	free(copy);
	buffer_free(&buf);
	run_count++;
}

static void run_path(const char *path)
{
	struct stat st;
	struct dirent *d;
	DIR *dir;

	if (stat(path, &st) < 0)
		i_fatal("stat(%s) failed: %m", path);
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	dir = opendir(path);
	if (dir == NULL)
		i_fatal("opendir(%s) failed: %m", path);
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] != '.') T_BEGIN {
			run_path(t_strconcat(path, "/", d->d_name, NULL));
		} T_END;
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
	int i;

	(void)LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++)
		run_path(argv[i]);
	if (argc == 1 && corpus != NULL) T_BEGIN {
		run_path(t_strconcat(corpus, "/", corpus_name(argv[0]), NULL));
	} T_END;
	printf("%u inputs\n", run_count);
	/* Having nothing to replay is a mistake, not a success. */
	return run_count > 0 ? 0 : 1;
}
