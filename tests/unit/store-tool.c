/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The store by hand, for tests and figures: opens a user of a Dovecot
   configuration and runs commands from standard input, a line each, words
   separated by TAB. Answers are lines; "." ends one, "! code text" an error. */

#define _GNU_SOURCE /* RTLD_NEXT */
#include "lib.h"
#include "array.h"
#include "compat.h"
#include "hex-binary.h"
#include "imap-seqset.h"
#include "ioloop.h"
#include "istream.h"
#include "mail-storage-service.h"
#include "mail-user.h"
#include "master-service.h"
#include "message-part-data.h"
#include "message-part.h"
#include "str.h"
#include "strescape.h"
#include "dovetail-items.h"
#include "dovetail-meta.h"
#include "store-tool.h"

#include <dlfcn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

struct store *store;

uint64_t num(const char *s)
{
	return s == NULL ? 0 : strtoull(s, NULL, 10);
}

void uids_parse(const char *s, ARRAY_TYPE(seq_range) *uids)
{
	t_array_init(uids, 16);
	if (s != NULL && *s != '\0' && imap_seq_set_nostar_parse(s, uids) < 0)
		i_fatal("bad UIDs: %s", s);
}

static const char *uids_str(const ARRAY_TYPE(seq_range) *uids)
{
	string_t *str = t_str_new(64);
	const struct seq_range *range;

	array_foreach(uids, range) {
		if (str_len(str) > 0)
			str_append_c(str, ',');
		if (range->seq1 == range->seq2)
			str_printfa(str, "%u", range->seq1);
		else
			str_printfa(str, "%u:%u", range->seq1, range->seq2);
	}
	return str_c(str);
}

static void point_print(const struct store_point *p)
{
	printf("point\t%u\t%u\t%"PRIu64"\t%"PRIu64"\n", p->idspace, p->uidnext,
	       p->modseq, p->pvt_modseq);
}

static void point_parse(const char *const *args, struct store_point *p)
{
	i_zero(p);
	p->idspace = num(args[0]);
	p->uidnext = num(args[1]);
	p->modseq = num(args[2]);
	p->pvt_modseq = num(args[3]);
}

static const char *const *words(const char *s)
{
	return s == NULL || *s == '\0' ? NULL : t_strsplit_spaces(s, " ");
}

static int cmd_folders(const char *const *args ATTR_UNUSED)
{
	const ARRAY_TYPE(store_folder_info) *folders;
	const struct store_folder_info *f;

	if (store_folders(store, &folders) < 0)
		return -1;
	array_foreach(folders, f) {
		printf("%u\t%u\t%d\t%d%d%d\t%s\t%s\t%s\t%d\t%s\n", f->fid,
		       f->parent, f->role, f->selectable, f->foreign,
		       f->subscribed, f->owner, f->name,
		       guid_128_to_string(f->guid), f->class, f->display);
	}
	return 0;
}

static int cmd_open(const char *const *args)
{
	struct store_folder *folder;
	struct store_point point;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	store_point_get(folder, &point);
	printf("count\t%u\n", store_message_count(folder));
	point_print(&point);
	store_close(&folder);
	return 0;
}

static int cmd_unchanged(const char *const *args)
{
	struct store_point point;

	point_parse(args + 1, &point);
	printf("%d\n", store_unchanged(store, num(args[0]), &point));
	return 0;
}

static int cmd_changes(const char *const *args)
{
	struct store_folder *folder;
	struct store_point point;
	struct store_changes changes;
	const struct store_changed *c;
	const struct store_rewritten *r;
	ARRAY_TYPE(seq_range) known;
	int ret;

	point_parse(args + 1, &point);
	uids_parse(args[5], &known);
	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_changes(folder, &point, &known,
			    args[5] == NULL ? 0 : num(args[6]),
			    pool_datastack_create(), &changes);
	if (ret >= 0) {
		printf("ret\t%d\nadded\t%s\nexpunged\t%s\nchanged", ret,
		       uids_str(&changes.added), uids_str(&changes.expunged));
		array_foreach(&changes.changed, c)
			printf("\t%u", c->uid);
		printf("\nrewritten");
		array_foreach(&changes.rewritten, r)
			printf("\t%u>%u", r->old_uid, r->new_uid);
		printf("\n");
		point_print(&changes.now);
	}
	store_close(&folder);
	return ret;
}

static void part_print(string_t *str, const struct message_part *part)
{
	const struct message_part_data *data = part->data;

	str_printfa(str, "(%s/%s", data == NULL ? "?" : data->content_type,
		    data == NULL ? "?" : data->content_subtype);
	for (part = part->children; part != NULL; part = part->next)
		part_print(str, part);
	str_append_c(str, ')');
}

static int msg_print(struct store_msg *msg)
{
	struct message_part *parts;
	const char *subject, *const *kw;
	uoff_t size;
	time_t received;
	string_t *str = t_str_new(64);

	if (store_msg_header(msg, "Subject", &subject) < 0 ||
	    store_msg_size(msg, &size) < 0 ||
	    store_msg_received(msg, &received) < 0 ||
	    store_msg_parts(msg, &parts) < 0)
		return -1;
	part_print(str, parts);
	printf("%u\t%x\t", store_msg_uid(msg), store_msg_flags(msg));
	for (kw = store_msg_keywords(msg); *kw != NULL; kw++)
		printf("%s ", *kw);
	printf("\t%"PRIu64"\t%"PRIuUOFF_T"\t%s\t%s\n", store_msg_modseq(msg),
	       size, str_c(str), subject == NULL ? "" : subject);
	return 0;
}

static int cmd_fetch(const char *const *args)
{
	struct store_folder *folder;
	struct store_fetch *fetch;
	struct store_msg *msg;
	ARRAY_TYPE(seq_range) uids;
	int ret = 0;

	uids_parse(args[1], &uids);
	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	fetch = store_fetch_init(folder, &uids, STORE_WANT_FLAGS |
				 STORE_WANT_HEADERS | STORE_WANT_STRUCTURE |
				 STORE_WANT_SIZE, args[2] != NULL);
	while (ret == 0 && store_fetch_next(fetch, &msg)) T_BEGIN {
		ret = msg_print(msg);
	} T_END;
	if (store_fetch_deinit(&fetch) < 0)
		ret = -1;
	store_close(&folder);
	return ret;
}

/* fid file flags keywords replaces */
static int cmd_save(const char *const *args)
{
	struct store_folder *folder;
	struct store_save save;
	uint32_t uid;
	int ret;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	i_zero(&save);
	save.input = i_stream_create_file(args[1], 65536);
	save.flags = num(args[2]);
	save.keywords = words(args[2] == NULL ? NULL : args[3]);
	save.replaces_uid = args[2] == NULL || args[3] == NULL ? 0 :
		num(args[4]);
	ret = store_save(folder, &save, &uid);
	i_stream_unref(&save.input);
	if (ret == 0)
		printf("uid\t%u\n", uid);
	store_close(&folder);
	return ret;
}

static unsigned int crash_at, commits;
static bool crash_before;

/* nth [before]: ends the process at the nth commit from here */
static int cmd_crash(const char *const *args)
{
	crash_at = commits + num(args[0]);
	crash_before = args[1] != NULL;
	return 0;
}

/* fid uids add remove kwadd kwremove */
static int cmd_flags(const char *const *args)
{
	struct store_folder *folder;
	struct store_flag_change change;
	ARRAY_TYPE(store_changed) changed;
	const struct store_changed *c;
	ARRAY_TYPE(seq_range) uids;
	int ret;

	uids_parse(args[1], &uids);
	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	i_zero(&change);
	change.add = num(args[2]);
	change.remove = num(args[3]);
	if (args[3] != NULL && args[4] != NULL) {
		change.keywords_add = words(args[4]);
		change.keywords_remove = words(args[5]);
	}
	t_array_init(&changed, 8);
	ret = store_flags_change(folder, &uids, &change, &changed);
	if (ret == 0) array_foreach(&changed, c)
		printf("%u\t%"PRIu64"\n", c->uid, c->modseq);
	store_close(&folder);
	return ret;
}

/* fid uids dest [copy] */
static int cmd_move(const char *const *args)
{
	struct store_folder *src, *dest;
	ARRAY_TYPE(store_moved) moved;
	const struct store_moved *m;
	ARRAY_TYPE(seq_range) uids;
	int ret;

	uids_parse(args[1], &uids);
	if (store_open(store, num(args[0]), &src) < 0)
		return -1;
	if (store_open(store, num(args[2]), &dest) < 0) {
		store_close(&src);
		return -1;
	}
	t_array_init(&moved, 8);
	ret = store_move(src, &uids, dest, args[3] != NULL, &moved);
	if (ret == 0) array_foreach(&moved, m)
		printf("%u\t%u\n", m->src_uid, m->dest_uid);
	store_close(&dest);
	store_close(&src);
	return ret;
}

static int cmd_expunge(const char *const *args)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	int ret;

	uids_parse(args[1], &uids);
	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_expunge(folder, &uids);
	store_close(&folder);
	return ret;
}

/* parent name [class] */
static int cmd_create(const char *const *args)
{
	store_fid_t fid;

	if (store_folder_create(store, num(args[0]), args[1], num(args[2]),
				&fid) < 0)
		return -1;
	printf("fid\t%u\n", fid);
	return 0;
}

static int cmd_rename(const char *const *args)
{
	return store_folder_rename(store, num(args[0]), num(args[1]), args[2]);
}

static int cmd_delete(const char *const *args)
{
	return store_folder_delete(store, num(args[0]));
}

static int cmd_empty(const char *const *args)
{
	return store_folder_empty(store, num(args[0]), args[1] != NULL);
}

static int cmd_role(const char *const *args)
{
	store_fid_t fid;

	if (store_folder_need_role(store, num(args[0]), &fid) < 0)
		return -1;
	printf("fid\t%u\n", fid);
	return 0;
}

static int cmd_rights(const char *const *args)
{
	enum store_rights rights;

	if (store_folder_rights(store, num(args[0]), &rights) < 0)
		return -1;
	printf("rights\t%x\n", rights);
	return 0;
}

static int cmd_oid(const char *const *args)
{
	struct store_folder *folder;
	struct store_oid oid;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	store_oid_of(folder, num(args[1]), &oid);
	printf("oid\t%u\t%u\n", oid.idspace, oid.uid);
	store_close(&folder);
	return 0;
}

static int cmd_find(const char *const *args)
{
	struct store_oid oid = { num(args[0]), num(args[1]) };
	store_fid_t fid = 0;
	uint32_t uid = 0;
	int ret = store_oid_find(store, &oid, &fid, &uid);

	printf("%d\t%u\t%u\n", ret, fid, uid);
	return ret;
}

/* fid deep what value */
static int cmd_search(const char *const *args)
{
	struct store_query query;
	ARRAY_TYPE(store_hit) hits;
	const struct store_hit *hit;
	unsigned int total;

	i_zero(&query);
	if (strcmp(args[2], "text") == 0)
		query.text = args[3];
	else if (strcmp(args[2], "subject") == 0)
		query.subject = args[3];
	else if (strcmp(args[2], "from") == 0)
		query.from = args[3];
	else if (strcmp(args[2], "conversation") == 0) {
		buffer_t *id = t_buffer_create(16);

		(void)hex_to_binary(args[3], id);
		query.conversation_id = id->data;
	} else if (strcmp(args[2], "since") == 0)
		query.since = num(args[3]);
	else if (strcmp(args[2], "unseen") == 0)
		query.without_flags = STORE_FLAG_SEEN;
	t_array_init(&hits, 8);
	if (store_search(store, num(args[0]), num(args[1]) != 0, &query, 100,
			 &hits, &total) < 0)
		return -1;
	printf("total\t%u\n", total);
	array_foreach(&hits, hit)
		printf("%u\t%u\n", hit->fid, hit->uid);
	return 0;
}

static int cmd_state(const char *const *args)
{
	struct store_state_txn *txn;
	ARRAY_TYPE(const_string) names;
	const unsigned char *data;
	const char *name;
	size_t size;
	int ret;

	if (strcmp(args[0], "get") == 0) {
		ret = store_state_get(store, args[1], args[2],
				      pool_datastack_create(), &data, &size);
		printf("%d\t%.*s\n", ret, ret > 0 ? (int)size : 0,
		       ret > 0 ? (const char *)data : "");
		return ret;
	}
	if (strcmp(args[0], "list") == 0) {
		if (store_state_list(store, args[1], args[2],
				     pool_datastack_create(), &names) < 0)
			return -1;
		array_foreach_elem(&names, name)
			printf("%s\n", name);
		return 0;
	}
	txn = store_state_begin(store);
	if (strcmp(args[0], "set") == 0) {
		if (args[4] != NULL) {
			store_state_expect(txn, args[1], args[2], args[4],
					   strlen(args[4]));
		}
		store_state_set(txn, args[1], args[2], args[3],
				strlen(args[3]));
	} else {
		store_state_unset_prefix(txn, args[1], args[2]);
	}
	return store_state_commit(&txn);
}

static int cmd_device(const char *const *args)
{
	struct store_device device;
	ARRAY_TYPE(const_string) keys;
	const char *key;
	int ret;

	if (args[0] == NULL) {
		if (store_device_list(store, pool_datastack_create(), &keys) < 0)
			return -1;
		array_foreach_elem(&keys, key)
			printf("%s\n", key);
		return 0;
	}
	if (args[1] != NULL) {
		device.key = args[0];
		device.fields = args + 1;
		return store_device_set(store, &device);
	}
	ret = store_device_get(store, args[0], pool_datastack_create(), &device);
	if (ret > 0)
		printf("%s\n", t_strarray_join(device.fields, "\t"));
	return ret;
}

/* fid uid name [value] */
static int cmd_extra(const char *const *args)
{
	struct store_folder *folder;
	const char *value;
	int ret;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	if (args[3] != NULL) {
		ret = store_extra_set(folder, num(args[1]), args[2], args[3]);
	} else {
		ret = store_extra_get(folder, num(args[1]), args[2],
				      pool_datastack_create(), &value);
		printf("%d\t%s\n", ret, ret > 0 ? value : "");
	}
	store_close(&folder);
	return ret;
}

static int cmd_cn(const char *const *args)
{
	struct store_folder *folder;
	uint64_t cn, read_cn;
	int ret;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_change_number(folder, num(args[1]), &cn, &read_cn);
	if (ret == 0)
		printf("cn\t%"PRIu64"\t%"PRIu64"\n", cn, read_cn);
	store_close(&folder);
	return ret;
}

static int cmd_send(const char *const *args)
{
	enum store_send_right right;

	if (store_send_right(store, args[0], &right) < 0)
		return -1;
	printf("right\t%d\n", right);
	return 0;
}

static int cmd_quota(const char *const *args ATTR_UNUSED)
{
	uint64_t used;
	int64_t limit;
	int ret = store_quota(store, &used, &limit);

	printf("%d\t%"PRIu64"\t%"PRId64"\n", ret, used, limit);
	return ret;
}

static int cmd_idle(const char *const *args ATTR_UNUSED)
{
	store_close_idle(store);
	return 0;
}

/* --- items ---------------------------------------------------------------------- */

/* "\n" for a line feed in the tool's lines */
static const char *unescape(const char *s)
{
	return s == NULL ? NULL : str_tabunescape(t_strdup_noconst(s));
}

/* "key=value;key=value"; "-": leave, "": none */
static const char *const *extras_parse(const char *s)
{
	ARRAY_TYPE(const_string) list;
	const char *const *pair, *p, *part;

	if (s == NULL || strcmp(s, "-") == 0)
		return NULL;
	t_array_init(&list, 8);
	for (pair = t_strsplit(s, ";"); *pair != NULL; pair++) {
		if ((p = strchr(*pair, '=')) == NULL)
			continue;
		part = t_strdup_until(*pair, p);
		array_push_back(&list, &part);
		part = p + 1;
		array_push_back(&list, &part);
	}
	array_append_zero(&list);
	return array_front(&list);
}

static void item_print(const struct store_item *item)
{
	const char *const *e;
	string_t *str = t_str_new(128);

	for (e = item->extras; *e != NULL; e += 2)
		str_printfa(str, "%s%s=%s", str_len(str) > 0 ? ";" : "", e[0], e[1]);
	printf("%u\t%"PRIu64"\t%s\t%s\t%s\n", item->num, item->seq, item->name,
	       str_c(str), str_tabescape(item->text));
}

/* fid uid text [extras [expected_seq [only_new]]] */
static int cmd_iput(const char *const *args)
{
	struct store_item_write write;
	uint32_t n;
	uint64_t seq;

	i_zero(&write);
	write.uid = args[1];
	write.text = unescape(args[2]);
	write.extras = extras_parse(args[3]);
	if (args[3] != NULL && args[4] != NULL) {
		write.expected_seq = num(args[4]);
		write.only_new = args[5] != NULL;
	}
	if (store_item_put(store, num(args[0]), &write, &n, &seq) < 0)
		return -1;
	printf("%u\t%"PRIu64"\n", n, seq);
	return 0;
}

/* fid prefix count text: UIDs prefix0..; %s of the text is the number */
static int cmd_imany(const char *const *args)
{
	unsigned int i, failed, count = num(args[2]);
	struct store_item_write *writes =
		t_new(struct store_item_write, count + 1);
	const char *text = unescape(args[3]), *p;

	for (i = 0; i < count; i++) {
		const char *n = t_strdup_printf("%u", i);

		writes[i].uid = t_strconcat(args[1], n, NULL);
		p = strstr(text, "%s");
		writes[i].text = p == NULL ? text : t_strconcat(
			t_strdup_until(text, p), n, p + 2, NULL);
	}
	if (store_item_put_many(store, num(args[0]), writes, count,
				&failed) < 0) {
		printf("failed\t%u\n", failed);
		return -1;
	}
	return 0;
}

static int cmd_iget(const char *const *args)
{
	struct store_item item;
	int ret = store_item_get(store, num(args[0]), num(args[1]),
				 pool_datastack_create(), &item);

	if (ret > 0)
		item_print(&item);
	return ret;
}

static int cmd_iuid(const char *const *args)
{
	struct store_item item;
	int ret = store_item_get_uid(store, num(args[0]), args[1],
				     pool_datastack_create(), &item);

	if (ret > 0)
		item_print(&item);
	return ret;
}

/* class uid */
static int cmd_ifind(const char *const *args)
{
	struct store_item item;
	store_fid_t fid;
	int ret = store_item_find_uid(store, num(args[0]), args[1],
				      pool_datastack_create(), &fid, &item);

	if (ret > 0)
		printf("%u\t%u\n", fid, item.num);
	return ret;
}

/* fid nums [newest first] */
static int cmd_ilist(const char *const *args)
{
	struct store_item_iter *iter;
	struct store_item item;
	ARRAY_TYPE(seq_range) nums;

	uids_parse(args[1], &nums);
	iter = store_item_iter_init(store, num(args[0]), &nums,
				    args[2] != NULL);
	while (store_item_iter_next(iter, &item)) T_BEGIN {
		item_print(&item);
	} T_END;
	return store_item_iter_deinit(&iter);
}

static int cmd_inums(const char *const *args)
{
	ARRAY_TYPE(seq_range) nums;

	t_array_init(&nums, 16);
	if (store_item_nums(store, num(args[0]), &nums) < 0)
		return -1;
	printf("%u\t%s\n", seq_range_count(&nums), uids_str(&nums));
	return 0;
}

static int cmd_idelete(const char *const *args)
{
	ARRAY_TYPE(seq_range) nums;

	uids_parse(args[1], &nums);
	return store_item_delete(store, num(args[0]), &nums);
}

/* fid num dest */
static int cmd_imove(const char *const *args)
{
	uint32_t n;

	if (store_item_move(store, num(args[0]), num(args[1]), num(args[2]),
			    &n) < 0)
		return -1;
	printf("%u\n", n);
	return 0;
}

static int cmd_ipoint(const char *const *args)
{
	struct store_point point;

	if (store_item_point(store, num(args[0]), &point) < 0)
		return -1;
	point_print(&point);
	return 0;
}

static int cmd_iunchanged(const char *const *args)
{
	struct store_point point;

	point_parse(args + 1, &point);
	printf("%d\n", store_item_unchanged(store, num(args[0]), &point));
	return 0;
}

/* fid point known */
static int cmd_ichanges(const char *const *args)
{
	struct store_changes changes;
	struct store_point point;
	const struct store_changed *c;
	ARRAY_TYPE(seq_range) known;
	int ret;

	point_parse(args + 1, &point);
	uids_parse(args[5], &known);
	ret = store_item_changes(store, num(args[0]), &point, &known,
				 pool_datastack_create(), &changes);
	if (ret < 0)
		return -1;
	printf("ret\t%d\nadded\t%s\nexpunged\t%s\nchanged", ret,
	       uids_str(&changes.added), uids_str(&changes.expunged));
	array_foreach(&changes.changed, c)
		printf("\t%u", c->uid);
	printf("\nrewritten\n");
	point_print(&changes.now);
	return ret;
}

/* fid start end */
static int cmd_irange(const char *const *args)
{
	ARRAY_TYPE(seq_range) nums;

	t_array_init(&nums, 16);
	if (store_item_range(store, num(args[0]), strtoll(args[1], NULL, 10),
			     strtoll(args[2], NULL, 10), &nums) < 0)
		return -1;
	printf("%u\t%s\n", seq_range_count(&nums), uids_str(&nums));
	return 0;
}

/* class fid (0: all) query [max] */
static int cmd_isearch(const char *const *args)
{
	store_fid_t fid = num(args[1]);
	ARRAY_TYPE(store_item_hit) hits;
	const struct store_item_hit *hit;
	unsigned int total;

	t_array_init(&hits, 16);
	if (store_item_search(store, num(args[0]), &fid, fid == 0 ? 0 : 1,
			      args[2], args[3] == NULL ? 100 : num(args[3]),
			      &hits, &total) < 0)
		return -1;
	printf("total\t%u\n", total);
	array_foreach(&hits, hit)
		printf("%u\t%u\n", hit->fid, hit->num);
	return 0;
}

/* fid [color display order reminder] */
static int cmd_props(const char *const *args)
{
	struct store_folder_props props;

	if (args[1] != NULL) {
		i_zero(&props);
		props.color = *args[1] == '\0' ? NULL : args[1];
		props.display = *args[2] == '\0' ? NULL : args[2];
		props.order = strtol(args[3], NULL, 10);
		props.reminder = strtol(args[4], NULL, 10);
		return store_folder_props_set(store, num(args[0]), &props);
	}
	if (store_folder_props(store, num(args[0]), pool_datastack_create(),
			       &props) < 0)
		return -1;
	printf("%s\t%s\t%d\t%d\n", props.color == NULL ? "" : props.color,
	       props.display == NULL ? "" : props.display, props.order,
	       props.reminder);
	return 0;
}

static int cmd_defaults(const char *const *args ATTR_UNUSED)
{
	return store_default_folders(store);
}

/* [query] */
static int cmd_offers(const char *const *args)
{
	ARRAY_TYPE(store_offer) offers;
	const struct store_offer *o;

	if (store_offers(store, args[0], pool_datastack_create(), &offers) < 0)
		return -1;
	array_foreach(&offers, o) {
		printf("%u\t%s\t%s\t%d\t%d\t%d\n", o->fid, o->owner, o->name,
		       o->class, o->writable, o->subscribed);
	}
	return 0;
}

/* fid 1|0 */
static int cmd_subscribe(const char *const *args)
{
	return store_folder_subscribe(store, num(args[0]), num(args[1]) != 0);
}

/* user start end */
static int cmd_freebusy(const char *const *args)
{
	ARRAY_TYPE(store_busy_time) times;
	const struct store_busy_time *time;
	int ret = store_freebusy(store, args[0], num(args[1]), num(args[2]),
				 pool_datastack_create(), &times);

	if (ret < 0)
		return -1;
	printf("ret\t%d\n", ret);
	array_foreach(&times, time) {
		printf("%lld\t%lld\t%d\n", (long long)time->start,
		       (long long)time->end, time->busy);
	}
	return 0;
}

static double cpu_msecs(void)
{
	struct rusage ru;

	(void)getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000.0 +
		(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1000.0;
}

/* --- crashes ------------------------------------------------------------------ */

/* The metadata's commits are the instants between which a crash makes a
   difference: the library's function is called through this one. */
int meta_txn_commit(struct meta_txn **txn)
{
	int (*commit)(struct meta_txn **txn);
	void *real = dlsym(RTLD_NEXT, "meta_txn_commit");
	int ret;

	i_assert(real != NULL);
	memcpy(&commit, &real, sizeof(commit));
	commits++;
	if (crash_at == commits && crash_before)
		_exit(9);
	ret = commit(txn);
	if (crash_at == commits)
		_exit(9);
	return ret;
}

static const struct command *command_find(const char *name);

/* n command args...: runs it so often, output of the last only */
static int cmd_bench(const char *const *args)
{
	const struct command *cmd = command_find(args[1]);
	unsigned int i, n = num(args[0]);
	struct timeval start, end;
	double cpu;
	int ret = 0;

	if (cmd == NULL)
		return -1;
	fflush(stdout);
	(void)gettimeofday(&start, NULL);
	cpu = cpu_msecs();
	for (i = 0; i < n && ret >= 0; i++) T_BEGIN {
		store_request_done(store);
		ret = cmd->func(args + 2);
	} T_END;
	cpu = cpu_msecs() - cpu;
	(void)gettimeofday(&end, NULL);
	printf("bench\t%.4f\tms\t%.4f\tms cpu\n",
	       ((end.tv_sec - start.tv_sec) * 1e3 +
		(end.tv_usec - start.tv_usec) / 1e3) / n, cpu / n);
	return ret;
}

static const struct command commands[] = {
	{ "folders", cmd_folders, 0 },
	{ "open", cmd_open, 1 },
	{ "unchanged", cmd_unchanged, 5 },
	{ "changes", cmd_changes, 5 },
	{ "fetch", cmd_fetch, 2 },
	{ "save", cmd_save, 2 },
	{ "flags", cmd_flags, 4 },
	{ "move", cmd_move, 3 },
	{ "expunge", cmd_expunge, 2 },
	{ "create", cmd_create, 2 },
	{ "rename", cmd_rename, 3 },
	{ "delete", cmd_delete, 1 },
	{ "empty", cmd_empty, 1 },
	{ "role", cmd_role, 1 },
	{ "rights", cmd_rights, 1 },
	{ "oid", cmd_oid, 2 },
	{ "find", cmd_find, 2 },
	{ "search", cmd_search, 3 },
	{ "state", cmd_state, 3 },
	{ "device", cmd_device, 0 },
	{ "extra", cmd_extra, 3 },
	{ "cn", cmd_cn, 2 },
	{ "send", cmd_send, 1 },
	{ "quota", cmd_quota, 0 },
	{ "idle", cmd_idle, 0 },
	{ "bench", cmd_bench, 2 },
	{ "crash", cmd_crash, 1 },
	{ "iput", cmd_iput, 3 },
	{ "imany", cmd_imany, 4 },
	{ "iget", cmd_iget, 2 },
	{ "iuid", cmd_iuid, 2 },
	{ "ifind", cmd_ifind, 2 },
	{ "ilist", cmd_ilist, 2 },
	{ "inums", cmd_inums, 1 },
	{ "idelete", cmd_idelete, 2 },
	{ "imove", cmd_imove, 3 },
	{ "ipoint", cmd_ipoint, 1 },
	{ "iunchanged", cmd_iunchanged, 5 },
	{ "ichanges", cmd_ichanges, 5 },
	{ "irange", cmd_irange, 3 },
	{ "isearch", cmd_isearch, 3 },
	{ "props", cmd_props, 1 },
	{ "defaults", cmd_defaults, 0 },
	{ "offers", cmd_offers, 0 },
	{ "freebusy", cmd_freebusy, 3 },
	{ "subscribe", cmd_subscribe, 2 },
};

static const struct command *command_find(const char *name)
{
	for (unsigned int i = 0; i < N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	for (const struct command *cmd = object_commands; cmd->name != NULL;
	     cmd++) {
		if (strcmp(cmd->name, name) == 0)
			return cmd;
	}
	return NULL;
}

static void line_run(const char *line)
{
	const char *const *args = t_strsplit(line, "\t");
	const struct command *cmd = command_find(args[0]);
	const char *text;
	enum store_error error;

	if (cmd == NULL || str_array_length(args + 1) < cmd->min_args) {
		printf("!\t-1\tbad command\n.\n");
	} else if (cmd->func(args + 1) < 0) {
		error = store_last_error(store, &text);
		printf("!\t%d\t%s\n.\n", error, text);
	} else {
		printf(".\n");
	}
	store_request_done(store);
	fflush(stdout);
}

static void lines_run(void)
{
	static char line[1024 * 1024];

	while (fgets(line, sizeof(line), stdin) != NULL) T_BEGIN {
		io_loop_time_refresh();
		line_run(t_strcut(line, '\n'));
	} T_END;
}

int main(int argc, char *argv[])
{
	struct mail_storage_service_ctx *ctx;
	struct compat_login_client client = { .fd = -1 };
	struct mail_user *user;
	const char *error;
	int c;

	master_service = master_service_init("store-tool",
		MASTER_SERVICE_FLAG_STANDALONE |
		COMPAT_MASTER_FLAG_KEEP_CONFIG_OPEN, &argc, &argv, "u:");
	while ((c = master_getopt(master_service)) > 0) {
		if (c != 'u')
			return FATAL_DEFAULT;
		client.username = optarg;
	}
	ctx = compat_storage_init(master_service,
				  MAIL_STORAGE_SERVICE_FLAG_USERDB_LOOKUP |
				  MAIL_STORAGE_SERVICE_FLAG_NO_LOG_INIT);
	master_service_init_finish(master_service);
	if (compat_storage_open_user(ctx, "dovetail", &client, NULL, &user,
				     &error) < 0 ||
	    store_init(user, NULL, &store, &error) < 0)
		i_fatal("%s", error);
	lines_run();
	store_deinit(&store);
	mail_user_deinit(&user);
	mail_storage_service_deinit(&ctx);
	master_service_deinit(&master_service);
	return 0;
}
