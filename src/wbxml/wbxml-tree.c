/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The tree of a command body, built from the reader's events.  Only the
   innermost open element can have content, so there is one content buffer. */

#include "lib.h"
#include "buffer.h"
#include "istream.h"
#include "ostream.h"
#include "iostream-temp.h"
#include "strescape.h"
#include "unichar.h"
#include "dovetail-wbxml.h"
#include "wbxml-private.h"

#define WBXML_DEFAULT_NODES 20000
#define WBXML_DEFAULT_INLINE_MAX (64 * 1024)
#define WBXML_DEFAULT_MEMORY (4 * 1024 * 1024)

struct wbxml_tree_node {
	struct wbxml_node node;
	struct wbxml_tree_node *parent, *last_child;
};

struct wbxml_tree {
	pool_t pool;
	struct wbxml_tree_settings set;
	struct wbxml_reader *reader;

	struct wbxml_tree_node *root, *current;
	unsigned int node_count;
	size_t memory;

	/* Content of current so far; once spilled only its head */
	buffer_t *content;
	uoff_t content_size, spill_offset;
	bool spilled;

	struct ostream *temp_output;
	struct istream *temp_input;

	enum wbxml_error error;
	uoff_t error_offset;
	const char *io_error;
	bool done;
};

struct wbxml_tree *wbxml_tree_init(const struct wbxml_tree_settings *set)
{
	pool_t pool = pool_alloconly_create("wbxml tree", 4096);
	struct wbxml_tree *tree = p_new(pool, struct wbxml_tree, 1);

	tree->pool = pool;
	if (set != NULL)
		tree->set = *set;
	if (tree->set.max_nodes == 0)
		tree->set.max_nodes = WBXML_DEFAULT_NODES;
	if (tree->set.inline_max == 0)
		tree->set.inline_max = WBXML_DEFAULT_INLINE_MAX;
	if (tree->set.max_memory == 0)
		tree->set.max_memory = WBXML_DEFAULT_MEMORY;
	tree->set.temp_prefix = p_strdup(pool, tree->set.temp_prefix == NULL ?
					 "/tmp/dovetail." :
					 tree->set.temp_prefix);
	tree->reader = wbxml_reader_init(&tree->set.limits);
	tree->content = buffer_create_dynamic(default_pool, 1024);
	return tree;
}

void wbxml_tree_deinit(struct wbxml_tree **_tree)
{
	struct wbxml_tree *tree = *_tree;

	if (tree == NULL)
		return;
	*_tree = NULL;
	wbxml_reader_deinit(&tree->reader);
	buffer_free(&tree->content);
	if (tree->temp_output != NULL)
		o_stream_abort(tree->temp_output);
	o_stream_unref(&tree->temp_output);
	i_stream_unref(&tree->temp_input);
	pool_unref(&tree->pool);
}

static int tree_fail(struct wbxml_tree *tree, enum wbxml_error error)
{
	tree->error = error;
	tree->error_offset = wbxml_reader_offset(tree->reader);
	return -1;
}

static int tree_fail_io(struct wbxml_tree *tree, const char *io_error)
{
	tree->io_error = p_strdup(tree->pool, io_error);
	return tree_fail(tree, WBXML_ERROR_IO);
}

/* Clients that turn indented XML into WBXML send such text between elements. */
static bool is_whitespace(const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] != ' ' && data[i] != '\t' &&
		    data[i] != '\r' && data[i] != '\n')
			return FALSE;
	}
	return TRUE;
}

static void tree_content_reset(struct wbxml_tree *tree)
{
	buffer_set_used_size(tree->content, 0);
	tree->content_size = 0;
	tree->spilled = FALSE;
}

static int tree_spill_write(struct wbxml_tree *tree, const void *data,
			    size_t size)
{
	if (o_stream_send(tree->temp_output, data, size) != (ssize_t)size) {
		return tree_fail_io(tree,
			o_stream_get_error(tree->temp_output));
	}
	return 0;
}

static int tree_spill(struct wbxml_tree *tree)
{
	if (tree->temp_output == NULL) {
		tree->temp_output = iostream_temp_create_sized(
			tree->set.temp_prefix, 0, "wbxml content", 0);
	}
	tree->spilled = TRUE;
	tree->spill_offset = tree->temp_output->offset;
	if (tree_spill_write(tree, tree->content->data,
			     tree->content->used) < 0)
		return -1;
	if (tree->content->used > WBXML_TEXT_HEAD)
		buffer_set_used_size(tree->content, WBXML_TEXT_HEAD);
	return 0;
}

static bool tree_fits(const struct wbxml_tree *tree, size_t size)
{
	size_t used = tree->content->used + size;

	return used <= WBXML_TEXT_HEAD ||
		(used <= tree->set.inline_max &&
		 used <= tree->set.max_memory - I_MIN(tree->memory,
						      tree->set.max_memory));
}

static int tree_content(struct wbxml_tree *tree, const unsigned char *data,
			size_t size, bool opaque)
{
	struct wbxml_node *node = &tree->current->node;

	if (node->children != NULL) {
		if (size == 0 || (!opaque && is_whitespace(data, size)))
			return 0;
		return tree_fail(tree, WBXML_ERROR_MIXED);
	}
	if (opaque)
		node->opaque = TRUE;
	if (!tree->spilled && !tree_fits(tree, size) && tree_spill(tree) < 0)
		return -1;

	tree->content_size += size;
	if (tree->spilled && tree_spill_write(tree, data, size) < 0)
		return -1;
	if (tree->spilled) {
		size = I_MIN(size, WBXML_TEXT_HEAD -
			     I_MIN(tree->content->used, WBXML_TEXT_HEAD));
	}
	buffer_append(tree->content, data, size);
	return 0;
}

static const char *
tree_valid_text(struct wbxml_tree *tree, const unsigned char *data, size_t size,
		size_t *size_r)
{
	const char *text;

	*size_r = size;
	T_BEGIN {
		buffer_t *valid = t_buffer_create(size + 64);

		if (uni_utf8_get_valid_data(data, size, valid)) {
			text = p_strndup(tree->pool, data, size);
		} else {
			*size_r = valid->used;
			text = p_strndup(tree->pool, valid->data, valid->used);
		}
	} T_END;
	return text;
}

/* The current element ends: its content becomes the node's. */
static void tree_content_finish(struct wbxml_tree *tree)
{
	struct wbxml_node *node = &tree->current->node;
	const unsigned char *data = tree->content->data;
	size_t used = tree->content->used;

	/* The head of a text in the file may end inside a character. */
	if (tree->spilled && !node->opaque)
		(void)uni_utf8_partial_strlen_n(data, used, &used);
	if (node->opaque) {
		char *copy = p_malloc(tree->pool, used + 1);

		memcpy(copy, data, used);
		node->text = copy;
	} else if (used > 0) {
		node->text = tree_valid_text(tree, data, used, &used);
	}
	node->size = used;
	tree->memory += used;
	if (tree->spilled) {
		node->in_file = TRUE;
		node->file_offset = tree->spill_offset;
		node->size = tree->content_size;
	}
	tree_content_reset(tree);
}

static int tree_start(struct wbxml_tree *tree, const struct wbxml_event *event)
{
	struct wbxml_tree_node *parent = tree->current, *node;

	if (++tree->node_count > tree->set.max_nodes)
		return tree_fail(tree, WBXML_ERROR_LIMIT_NODES);

	node = p_new(tree->pool, struct wbxml_tree_node, 1);
	node->node.tag = event->tag;
	node->node.tree = tree;
	node->node.text = "";
	node->node.empty_tag = !event->has_content;
	node->parent = parent;
	if (parent == NULL)
		tree->root = node;
	else {
		if (tree->spilled || parent->node.opaque ||
		    !is_whitespace(tree->content->data, tree->content->used))
			return tree_fail(tree, WBXML_ERROR_MIXED);
		tree_content_reset(tree);
		node->node.parent = &parent->node;
		if (parent->last_child == NULL)
			parent->node.children = &node->node;
		else
			parent->last_child->node.next = &node->node;
		parent->last_child = node;
	}
	if (event->has_content)
		tree->current = node;
	return 0;
}

static int tree_doc_end(struct wbxml_tree *tree)
{
	if (tree->temp_output != NULL) {
		if (o_stream_flush(tree->temp_output) < 0) {
			return tree_fail_io(tree,
				o_stream_get_error(tree->temp_output));
		}
		tree->temp_input = iostream_temp_finish(&tree->temp_output,
							IO_BLOCK_SIZE);
	}
	tree->done = TRUE;
	return 0;
}

static int tree_event(struct wbxml_tree *tree, const struct wbxml_event *event)
{
	switch (event->type) {
	case WBXML_EVENT_START:
		return tree_start(tree, event);
	case WBXML_EVENT_TEXT:
		return tree_content(tree, event->data, event->size, FALSE);
	case WBXML_EVENT_OPAQUE:
		return tree_content(tree, event->data, event->size, TRUE);
	case WBXML_EVENT_END:
		tree_content_finish(tree);
		tree->current = tree->current->parent;
		return 0;
	case WBXML_EVENT_DOC_END:
		return tree_doc_end(tree);
	}
	i_unreached();
}

int wbxml_tree_feed(struct wbxml_tree *tree, const unsigned char *data,
		    size_t size)
{
	struct wbxml_event event;
	int ret;

	if (tree->error != WBXML_ERROR_NONE)
		return -1;
	while ((ret = wbxml_reader_next(tree->reader, &data, &size,
					&event)) > 0) {
		if (tree_event(tree, &event) < 0)
			return -1;
	}
	if (ret < 0) {
		tree->error = wbxml_reader_get_error(tree->reader,
						     &tree->error_offset);
		return -1;
	}
	return tree->done ? 1 : 0;
}

int wbxml_tree_read(struct wbxml_tree *tree, struct istream *input)
{
	const unsigned char *data;
	size_t size;
	int ret;

	if (tree->error != WBXML_ERROR_NONE)
		return -1;
	if (tree->done)
		return 1;
	while ((ret = i_stream_read_more(input, &data, &size)) > 0) {
		ret = wbxml_tree_feed(tree, data, size);
		i_stream_skip(input, size);
		if (ret != 0)
			return ret;
	}
	if (ret == 0)
		return 0;
	if (input->stream_errno != 0)
		return tree_fail_io(tree, i_stream_get_error(input));
	(void)wbxml_reader_finish(tree->reader);
	tree->error = wbxml_reader_get_error(tree->reader, &tree->error_offset);
	return -1;
}

const char *wbxml_tree_get_error(const struct wbxml_tree *tree,
				 enum wbxml_error *error_r)
{
	*error_r = tree->error;
	if (tree->io_error != NULL)
		return tree->io_error;
	return t_strdup_printf("%s at byte %"PRIuUOFF_T,
			       wbxml_error_str(tree->error),
			       tree->error_offset);
}

const struct wbxml_node *wbxml_tree_root(const struct wbxml_tree *tree)
{
	return tree->done ? &tree->root->node : NULL;
}

static const struct wbxml_node *
find_tag(const struct wbxml_node *node, wbxml_tag_t tag)
{
	while (node != NULL && node->tag != tag)
		node = node->next;
	return node;
}

const struct wbxml_node *
wbxml_child(const struct wbxml_node *node, wbxml_tag_t tag)
{
	return node == NULL ? NULL : find_tag(node->children, tag);
}

const struct wbxml_node *wbxml_next_sibling(const struct wbxml_node *node)
{
	return node == NULL ? NULL : find_tag(node->next, node->tag);
}

const char *wbxml_child_text(const struct wbxml_node *node, wbxml_tag_t tag)
{
	const struct wbxml_node *child = wbxml_child(node, tag);

	return child == NULL ? NULL : child->text;
}

int wbxml_child_uint(const struct wbxml_node *node, wbxml_tag_t tag,
		     unsigned int *value_r)
{
	const char *text = wbxml_child_text(node, tag);
	unsigned int value;
	int ret;

	if (text == NULL)
		return 0;
	T_BEGIN {
		ret = str_to_uint(t_str_trim(text, " \t\r\n"), &value);
	} T_END;
	if (ret < 0)
		return -1;
	*value_r = value;
	return 1;
}

int wbxml_child_bool(const struct wbxml_node *node, wbxml_tag_t tag,
		     bool *value_r)
{
	const char *text = wbxml_child_text(node, tag);
	int ret = 1;

	if (text == NULL)
		return 0;
	T_BEGIN {
		text = t_str_trim(text, " \t\r\n");
		if (text[0] == '\0' || strcmp(text, "1") == 0 ||
		    strcasecmp(text, "true") == 0)
			*value_r = TRUE;
		else if (strcmp(text, "0") == 0 ||
			 strcasecmp(text, "false") == 0)
			*value_r = FALSE;
		else
			ret = -1;
	} T_END;
	return ret;
}

struct istream *wbxml_node_stream(const struct wbxml_node *node)
{
	if (node == NULL)
		return i_stream_create_from_data("", 0);
	if (!node->in_file)
		return i_stream_create_from_data(node->text, node->size);
	return i_stream_create_range(node->tree->temp_input,
				     node->file_offset, node->size);
}
