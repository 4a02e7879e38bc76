/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* WBXML reader, tree, writer and tracer.  The first byte is how the document is
   cut into pieces; what was decoded is written, decoded and written again, and
   both encodings must be the same. */

#include "lib.h"
#include "buffer.h"
#include "str.h"
#include "istream.h"
#include "ostream.h"
#include "dovetail-wbxml.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc ATTR_UNUSED, char ***argv ATTR_UNUSED)
{
	lib_init();
	return 0;
}

/* Small limits, so that small inputs reach them and the temporary file. */
static const struct wbxml_tree_settings tree_set = {
	.limits = { .max_depth = 20, .max_size = 60000,
		    .max_string_table = 100 },
	.max_nodes = 500,
	.inline_max = 1100,
	.max_memory = 8192,
	.temp_prefix = "/tmp/fuzz-wbxml.",
};

static struct wbxml_tree *
decode(const unsigned char *data, size_t size, size_t chunk)
{
	struct wbxml_tree *tree = wbxml_tree_init(&tree_set);
	enum wbxml_error error;
	size_t part;
	int ret = 0;

	while (size > 0 && ret == 0) {
		part = I_MIN(size, chunk);
		ret = wbxml_tree_feed(tree, data, part);
		data += part;
		size -= part;
	}
	if (ret > 0)
		return tree;
	if (ret < 0) {
		i_assert(wbxml_tree_root(tree) == NULL);
		i_assert(*wbxml_tree_get_error(tree, &error) != '\0');
		i_assert(error != WBXML_ERROR_NONE);
	}
	wbxml_tree_deinit(&tree);
	return NULL;
}

static void encode_content(struct wbxml_writer *w,
			   const struct wbxml_node *node)
{
	struct istream *input;
	int ret;

	if (!node->in_file && !node->opaque) {
		wbxml_text_data(w, node->text, node->size);
		return;
	}
	if (!node->in_file) {
		wbxml_opaque(w, node->text, node->size);
		return;
	}
	input = wbxml_node_stream(node);
	if (node->opaque)
		ret = wbxml_opaque_stream(w, input, node->size);
	else
		ret = wbxml_text_stream(w, input);
	i_assert(ret == 0);
	i_stream_unref(&input);
}

static void encode_node(struct wbxml_writer *w, const struct wbxml_node *node)
{
	const struct wbxml_node *child;

	wbxml_start(w, node->tag);
	if (node->children == NULL)
		encode_content(w, node);
	for (child = node->children; child != NULL; child = child->next)
		encode_node(w, child);
	wbxml_end(w, node->tag);
}

static buffer_t *encode(const struct wbxml_tree *tree)
{
	buffer_t *buf = buffer_create_dynamic(default_pool, 1024);
	struct ostream *output = o_stream_create_buffer(buf);
	struct wbxml_writer *w = wbxml_writer_init(output);
	const char *error;

	encode_node(w, wbxml_tree_root(tree));
	if (wbxml_writer_finish(&w, &error) < 0)
		i_panic("%s", error);
	i_assert(o_stream_finish(output) >= 0);
	o_stream_unref(&output);
	return buf;
}

static void trace(const unsigned char *data, size_t size, size_t chunk,
		  const struct wbxml_tree *tree)
{
	const struct wbxml_trace_settings set = {
		.flags = chunk % 8, .max_text = chunk % 3 == 0 ? 10 : 0,
	};
	string_t *str = str_new(default_pool, 1024);
	struct wbxml_tracer *tracer = wbxml_tracer_init(str, &set);
	size_t part;

	for (; size > 0; data += part, size -= part) {
		part = I_MIN(size, chunk);
		wbxml_tracer_feed(tracer, data, part);
	}
	wbxml_tracer_deinit(&tracer);
	/* A trace is text, whatever was sent. */
	i_assert(strlen(str_c(str)) == str_len(str));
	if (tree != NULL)
		wbxml_trace_node(str, wbxml_tree_root(tree), &set);
	str_free(&str);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct wbxml_tree *tree, *tree2;
	buffer_t *first, *second;
	size_t chunk;

	if (size == 0)
		return 0;
	chunk = data[0] + 1;
	data++;
	size--;

	T_BEGIN {
		tree = decode(data, size, chunk);
		trace(data, size, chunk, tree);
		if (tree != NULL) {
			first = encode(tree);
			tree2 = decode(first->data, first->used, 4096);
			/* Only the page switches may make it larger. */
			if (tree2 != NULL) {
				second = encode(tree2);
				i_assert(first->used == second->used &&
					 memcmp(first->data, second->data,
						first->used) == 0);
				buffer_free(&second);
			} else {
				i_assert(first->used > 60000 - 4096);
			}
			buffer_free(&first);
			wbxml_tree_deinit(&tree2);
		}
		wbxml_tree_deinit(&tree);
	} T_END;
	return 0;
}
