/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a fuzz target implements; called by libFuzzer or by fuzz-main.c.
   Initialise calls lib_init() and whatever else is once for the process;
   TestOneInput runs in a data stack frame of its own if it opens one. */
#ifndef FUZZ_H
#define FUZZ_H

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

#endif
