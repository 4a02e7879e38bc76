/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TEST_SIZE_H
#define TEST_SIZE_H

/* How often tests of random input repeat themselves: a tenth under sanitizers,
   which make everything ten times slower and look at each round more closely. */

#ifdef __has_feature
#  if __has_feature(address_sanitizer)
#    define TEST_SANITIZED 1
#  endif
#endif
#if !defined(TEST_SANITIZED) && defined(__SANITIZE_ADDRESS__)
#  define TEST_SANITIZED 1
#endif

#ifdef TEST_SANITIZED
#  define test_rounds(n) (((n) + 9) / 10)
#  define test_step(n) ((n) * 10)
#  define test_size_max(n) (n)
#else
#  define test_rounds(n) (n)
#  define test_step(n) (n)
#  define test_size_max(n) SIZE_MAX
#endif

#endif
