/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* dovetail-worker: see worker-user.c. */

#include "lib.h"
#include "worker.h"

int main(int argc, char *argv[])
{
	return worker_main(argc, argv);
}
