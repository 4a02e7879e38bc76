/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* store-tool's commands of dovetail-objects.h. Words:
     place    a fid, or VIEW:SPECIAL, VIEW being "-" for the own one
     object   KIND/PLACE or KIND/PLACE/NUM, KIND folder, mail, item, opaque
     id       REPLID.COUNTER in hex
     bytes    hex, @FILE, or "none" (NULL); shown as hex, or #SIZE.SHA256 */

#include "lib.h"
#include "array.h"
#include "hex-binary.h"
#include "sha2.h"
#include "str.h"
#include "strescape.h"
#include "store-tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>

/* --- words --------------------------------------------------------------------- */

static const char *view_parse(const char *word)
{
	return word == NULL || strcmp(word, "-") == 0 ? NULL : word;
}

static const char *view_str(const char *view)
{
	return view == NULL ? "-" : view;
}

static struct store_place place_parse(const char *word)
{
	struct store_place place = { .fid = 0 };
	const char *p = strrchr(word, ':');

	if (p == NULL)
		place.fid = num(word);
	else {
		place.view = view_parse(t_strdup_until(word, p));
		place.special = num(p + 1);
	}
	return place;
}

static const char *place_str(const struct store_place *place)
{
	return place->fid != 0 ? t_strdup_printf("%u", place->fid) :
		t_strdup_printf("%s:%u", view_str(place->view),
				place->special);
}

static const char *const kinds[] = {
	"", "folder", "mail", "item", "opaque"
};

static struct store_object object_parse(const char *word)
{
	const char *const *words = t_strsplit(word, "/");
	struct store_object object = { .kind = STORE_OBJECT_FOLDER };

	for (unsigned int i = 1; i < N_ELEMENTS(kinds); i++) {
		if (strcmp(words[0], kinds[i]) == 0)
			object.kind = i;
	}
	object.place = place_parse(words[1]);
	if (words[2] != NULL)
		object.num = num(words[2]);
	return object;
}

static const char *object_str(const struct store_object *object)
{
	const char *place = place_str(&object->place);

	return object->kind == STORE_OBJECT_FOLDER ?
		t_strconcat("folder/", place, NULL) :
		t_strdup_printf("%s/%s/%u", kinds[object->kind], place,
				object->num);
}

static struct store_gid gid_parse(const char *word)
{
	struct store_gid gid;
	const char *p = strchr(word, '.');

	gid.replid = num(t_strdup_until(word, p));
	gid.counter = strtoull(p + 1, NULL, 16);
	return gid;
}

static const char *gid_str(const struct store_gid *gid)
{
	return t_strdup_printf("%u.%"PRIx64, gid->replid, gid->counter);
}

static void file_read(const char *path, buffer_t *buf)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) < 0)
		i_fatal("open(%s): %m", path);
	if (read(fd, buffer_append_space_unsafe(buf, st.st_size),
		 st.st_size) != st.st_size)
		i_fatal("read(%s): %m", path);
	i_close_fd(&fd);
}

static const void *bytes_parse(const char *word, size_t *size_r)
{
	buffer_t *buf = t_buffer_create(256);

	*size_r = 0;
	if (strcmp(word, "none") == 0)
		return NULL;
	if (*word == '@')
		file_read(word + 1, buf);
	else if (hex_to_binary(word, buf) < 0)
		i_fatal("bad bytes: %s", word);
	*size_r = buf->used;
	buffer_append_c(buf, '\0');
	return buf->data;
}

static const char *bytes_str(const void *data, size_t size)
{
	unsigned char digest[SHA256_RESULTLEN];

	if (data == NULL)
		return "none";
	if (size <= 256)
		return binary_to_hex(data, size);
	sha256_get_digest(data, size, digest);
	return t_strdup_printf("#%zu.%s", size,
			       binary_to_hex(digest, sizeof(digest)));
}

/* --- views ----------------------------------------------------------------------- */

static int cmd_views(const char *const *args ATTR_UNUSED)
{
	ARRAY_TYPE(store_view_info) views;
	const struct store_view_info *v;

	if (store_views(store, pool_datastack_create(), &views) < 0)
		return -1;
	array_foreach(&views, v) {
		printf("%s\t%u\t%x\t%d\n", v->owner, v->inbox, v->rights,
		       v->full);
	}
	return 0;
}

static int cmd_vfull(const char *const *args ATTR_UNUSED)
{
	ARRAY_TYPE(const_string) owners;
	const char *owner;

	if (store_full_access_owners(store, pool_datastack_create(),
				     &owners) < 0)
		return -1;
	array_foreach_elem(&owners, owner)
		printf("%s\n", owner);
	return 0;
}

static int cmd_vfind(const char *const *args)
{
	struct store_view_info v;
	int ret = store_view_find(store, view_parse(args[0]),
				  pool_datastack_create(), &v);

	if (ret > 0)
		printf("%s\t%u\t%x\t%d\n", v.owner, v.inbox, v.rights, v.full);
	return ret;
}

static int cmd_vfolders(const char *const *args)
{
	ARRAY_TYPE(store_folder_info) folders;
	const struct store_folder_info *f;

	if (store_view_folders(store, view_parse(args[0]),
			       pool_datastack_create(), &folders) < 0)
		return -1;
	array_foreach(&folders, f) {
		printf("%u\t%u\t%d\t%d%d%d\t%s\t%s\t%s\t%d\t%s\n", f->fid,
		       f->parent, f->role, f->selectable, f->foreign,
		       f->subscribed, f->owner, f->name,
		       guid_128_to_string(f->guid), f->class, f->display);
	}
	return 0;
}

/* --- blobs and objects --------------------------------------------------------------- */

static int cmd_bget(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	const unsigned char *data;
	size_t size;
	int ret = store_blob_get(store, &place, args[1],
				 pool_datastack_create(), &data, &size);

	if (ret > 0)
		printf("%s\n", bytes_str(data, size));
	return ret;
}

static int cmd_bset(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	size_t size;
	const void *data = bytes_parse(args[2], &size);

	return store_blob_set(store, &place, args[1], data, size);
}

static int cmd_bstamp(const char *const *args)
{
	uint64_t stamp;

	if (store_blob_stamp(store, view_parse(args[0]), &stamp) < 0)
		return -1;
	printf("%"PRIu64"\n", stamp);
	return 0;
}

static void opaque_print(const struct store_opaque *o)
{
	printf("%u\t%s\t%d\t%s\t%zu\t%"PRIu64"\t%s\n", o->num, o->name,
	       o->associated, str_tabescape(o->key), o->size, o->seq,
	       bytes_str(o->data, o->size));
}

static int cmd_oget(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	struct store_opaque opaque;
	int ret = store_opaque_get(store, &place, num(args[1]),
				   pool_datastack_create(), &opaque);

	if (ret > 0)
		opaque_print(&opaque);
	return ret;
}

/* place num key associated bytes expected */
static int cmd_oput(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	struct store_opaque_write write = {
		.num = num(args[1]),
		.key = str_tabunescape(t_strdup_noconst(args[2])),
		.associated = num(args[3]) != 0,
	};
	uint64_t seq;
	uint32_t n;

	write.data = bytes_parse(args[4], &write.size);
	if (args[5] != NULL)
		write.expected_seq = num(args[5]);
	if (store_opaque_put(store, &place, &write, &n, &seq) < 0)
		return -1;
	printf("%u\t%"PRIu64"\n", n, seq);
	return 0;
}

/* place count size: for figures */
static int cmd_omany(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	struct store_opaque_write write = { .associated = TRUE };
	unsigned char *data = i_malloc(num(args[2]) + 1);
	int ret = 0;

	write.data = data;
	write.size = num(args[2]);
	for (unsigned int i = 0; i < num(args[1]) && ret == 0; i++) T_BEGIN {
		write.key = t_strdup_printf("IPM.Test.%u", i % 100);
		ret = store_opaque_put(store, &place, &write, NULL, NULL);
	} T_END;
	i_free(data);
	return ret;
}

/* place which [key prefix] */
static int cmd_olist(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	ARRAY_TYPE(store_opaque) opaques;
	const struct store_opaque *opaque;

	if (store_opaque_list(store, &place, num(args[1]),
			      args[1] == NULL ? NULL : args[2],
			      pool_datastack_create(), &opaques) < 0)
		return -1;
	array_foreach(&opaques, opaque)
		opaque_print(opaque);
	return 0;
}

static int cmd_odelete(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	ARRAY_TYPE(seq_range) nums;

	uids_parse(args[1], &nums);
	return store_opaque_delete(store, &place, &nums);
}

/* place num dest move */
static int cmd_ocopy(const char *const *args)
{
	struct store_place src = place_parse(args[0]);
	struct store_place dest = place_parse(args[2]);
	uint32_t n;

	if (store_opaque_copy(store, &src, num(args[1]), &dest,
			      num(args[3]) != 0, &n) < 0)
		return -1;
	printf("%u\n", n);
	return 0;
}

static int cmd_ochanges(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	ARRAY_TYPE(store_opaque_change) changes;
	const struct store_opaque_change *c;
	uint64_t now;
	int ret;

	t_array_init(&changes, 8);
	ret = store_opaque_changes(store, &place, num(args[1]), &changes, &now);
	if (ret < 0)
		return -1;
	printf("ret\t%d\nnow\t%"PRIu64"\n", ret, now);
	array_foreach(&changes, c)
		printf("%u\t%"PRIu64"\t%d\n", c->num, c->seq, c->deleted);
	return 0;
}

/* --- ids --------------------------------------------------------------------------------- */

static int cmd_gid(const char *const *args)
{
	struct store_object object = object_parse(args[0]);
	struct store_gid gid;

	if (store_gid_of(store, &object, &gid) < 0)
		return -1;
	printf("%s\n", gid_str(&gid));
	return 0;
}

static int cmd_gmail(const char *const *args)
{
	struct store_folder *folder;
	struct store_gid gid;
	int ret;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_gid_of_mail(folder, num(args[1]), &gid);
	if (ret == 0)
		printf("%s\n", gid_str(&gid));
	store_close(&folder);
	return ret;
}

/* view id */
static int cmd_gfind(const char *const *args)
{
	struct store_gid gid = gid_parse(args[1]);
	struct store_object object;
	int ret = store_gid_find(store, view_parse(args[0]), &gid, NULL,
				 &object);

	if (ret > 0)
		printf("%s\n", object_str(&object));
	return ret;
}

static int cmd_ggive(const char *const *args)
{
	struct store_object object = object_parse(args[0]);
	struct store_gid gid = gid_parse(args[1]);

	return store_gid_give(store, &object, &gid);
}

static int cmd_grange(const char *const *args)
{
	uint64_t first;

	if (store_gid_range(store, view_parse(args[0]), num(args[1]),
			    &first) < 0)
		return -1;
	printf("%"PRIx64"\n", first);
	return 0;
}

/* view replid */
static int cmd_rguid(const char *const *args)
{
	guid_128_t guid;
	int ret = store_replica_guid(store, view_parse(args[0]), num(args[1]),
				     guid);

	if (ret > 0)
		printf("%s\n", guid_128_to_string(guid));
	return ret;
}

/* view guid create */
static int cmd_rid(const char *const *args)
{
	guid_128_t guid;
	uint16_t replid;
	int ret;

	if (guid_128_from_string(args[1], guid) < 0)
		i_fatal("bad guid");
	ret = store_replica_id(store, view_parse(args[0]), guid,
			       num(args[2]) != 0, &replid);
	if (ret > 0)
		printf("%u\n", replid);
	return ret;
}

/* --- versions ------------------------------------------------------------------------------ */

static void version_print(const struct store_version *v)
{
	printf("%"PRIx64"\t%"PRIx64"\t%s\t%s\n", v->cn, v->read_cn,
	       bytes_str(v->change_key, v->change_key_size),
	       bytes_str(v->pcl, v->pcl_size));
}

static int cmd_ver(const char *const *args)
{
	struct store_object object = object_parse(args[0]);
	struct store_version version;

	if (store_version_get(store, &object, pool_datastack_create(),
			      &version) < 0)
		return -1;
	version_print(&version);
	return 0;
}

/* object change-key pcl */
static int cmd_verset(const char *const *args)
{
	struct store_object object = object_parse(args[0]);
	size_t key_size, pcl_size;
	const void *key = bytes_parse(args[1], &key_size);
	const void *pcl = bytes_parse(args[2], &pcl_size);
	uint64_t cn;

	if (store_version_set(store, &object, key, key_size, pcl, pcl_size,
			      &cn) < 0)
		return -1;
	printf("%"PRIx64"\n", cn);
	return 0;
}

static int cmd_verbump(const char *const *args)
{
	struct store_object object = object_parse(args[0]);

	return store_version_bump(store, &object);
}

static void version_rows_print(const ARRAY_TYPE(store_version_row) *rows)
{
	const struct store_version_row *row;

	array_foreach(rows, row) {
		printf("%s%u\t", row->special ? ":" : "", row->num);
		version_print(&row->v);
	}
}

/* place kind [since] */
static int cmd_vers(const char *const *args)
{
	struct store_object object =
		object_parse(t_strdup_printf("%s/%s", args[1], args[0]));
	ARRAY_TYPE(store_version_row) rows;

	if (store_versions(store, &object.place, object.kind,
			   args[2] == NULL ? 0 : strtoull(args[2], NULL, 16),
			   pool_datastack_create(), &rows) < 0)
		return -1;
	version_rows_print(&rows);
	return 0;
}

static int cmd_ververs(const char *const *args)
{
	ARRAY_TYPE(store_version_row) rows;

	if (store_view_versions(store, view_parse(args[0]),
				pool_datastack_create(), &rows) < 0)
		return -1;
	version_rows_print(&rows);
	return 0;
}

static int cmd_vermax(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	uint64_t changed, seq;

	if (store_version_max(store, &place, &changed, &seq) < 0)
		return -1;
	printf("%"PRIx64"\t%"PRIx64"\n", changed, seq);
	return 0;
}

/* --- names --------------------------------------------------------------------------------- */

/* create name... */
static int cmd_nids(const char *const *args)
{
	unsigned int i, count = str_array_length(args + 1);
	uint16_t *ids = t_new(uint16_t, count + 1);

	if (store_name_ids(store, args + 1, count, num(args[0]) != 0, ids) < 0)
		return -1;
	for (i = 0; i < count; i++)
		printf("%x\n", ids[i]);
	return 0;
}

static int cmd_names(const char *const *args)
{
	unsigned int i, count = str_array_length(args);
	uint16_t *ids = t_new(uint16_t, count + 1);
	const char **names = t_new(const char *, count + 1);

	for (i = 0; i < count; i++)
		ids[i] = strtoul(args[i], NULL, 16);
	if (store_names(store, ids, count, pool_datastack_create(), names) < 0)
		return -1;
	for (i = 0; i < count; i++)
		printf("%s\n", names[i] == NULL ? "-" : names[i]);
	return 0;
}

static int cmd_nall(const char *const *args ATTR_UNUSED)
{
	ARRAY_TYPE(store_name) names;
	const struct store_name *name;

	if (store_names_all(store, pool_datastack_create(), &names) < 0)
		return -1;
	array_foreach(&names, name)
		printf("%x\t%s\n", name->id, name->name);
	return 0;
}

/* --- blobs of messages and items ------------------------------------------------------------- */

static int cmd_xset(const char *const *args)
{
	struct store_folder *folder;
	size_t size;
	const void *data = bytes_parse(args[3], &size);
	int ret;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_extra_blob_set(folder, num(args[1]), args[2], data, size,
				   args[4] != NULL);
	store_close(&folder);
	return ret;
}

static int cmd_xget(const char *const *args)
{
	struct store_folder *folder;
	const unsigned char *data;
	size_t size;
	int ret;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_extra_blob_get(folder, num(args[1]), args[2],
				   pool_datastack_create(), &data, &size);
	if (ret > 0)
		printf("%s\n", bytes_str(data, size));
	store_close(&folder);
	return ret;
}

/* fid name: of all messages, in a pass */
static int cmd_xall(const char *const *args)
{
	struct store_folder *folder;
	struct store_fetch *fetch;
	struct store_msg *msg;
	ARRAY_TYPE(seq_range) uids;
	const unsigned char *data;
	size_t size;
	int ret = 0;

	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	uids_parse("1:4294967294", &uids);
	fetch = store_fetch_init(folder, &uids, STORE_WANT_FLAGS, FALSE);
	while (ret >= 0 && store_fetch_next(fetch, &msg)) {
		ret = store_msg_extra_blob(msg, args[1], &data, &size);
		if (ret > 0) {
			printf("%u\t%s\n", store_msg_uid(msg),
			       bytes_str(data, size));
		}
	}
	if (store_fetch_deinit(&fetch) < 0)
		ret = -1;
	store_close(&folder);
	return ret;
}

static int cmd_ibset(const char *const *args)
{
	size_t size;
	const void *data = bytes_parse(args[3], &size);
	uint64_t seq;

	if (store_item_blob_set(store, num(args[0]), num(args[1]), args[2],
				data, size, &seq) < 0)
		return -1;
	printf("%"PRIu64"\n", seq);
	return 0;
}

static int cmd_ibget(const char *const *args)
{
	const unsigned char *data;
	size_t size;
	int ret = store_item_blob_get(store, num(args[0]), num(args[1]),
				      args[2], pool_datastack_create(), &data,
				      &size);

	if (ret > 0)
		printf("%s\n", bytes_str(data, size));
	return ret;
}

static int cmd_icopy(const char *const *args)
{
	uint32_t n;

	if (store_item_copy(store, num(args[0]), num(args[1]), num(args[2]),
			    &n) < 0)
		return -1;
	printf("%u\n", n);
	return 0;
}

/* --- tables, permissions, folders --------------------------------------------------------------- */

static const char *const sort_names[] = {
	"received", "sent", "from", "to", "cc", "subject", "size", "seen",
	"flagged", "answered", "draft", "keyword"
};

/* fid among("" all) [-]key[=keyword]... */
static int cmd_sort(const char *const *args)
{
	struct store_sort sorts[16];
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) among;
	ARRAY_TYPE(uint32_t) uids;
	const uint32_t *uid;
	unsigned int count = 0;
	int ret;

	uids_parse(args[1], &among);
	i_zero(&sorts);
	for (const char *const *arg = args + 2; *arg != NULL; arg++) {
		struct store_sort *sort = &sorts[count++];
		const char *key = *arg;

		sort->descending = *key == '-';
		key += sort->descending ? 1 : 0;
		sort->keyword = strchr(key, '=');
		if (sort->keyword != NULL)
			sort->keyword++;
		for (unsigned int i = 0; i < N_ELEMENTS(sort_names); i++) {
			if (strcmp(t_strcut(key, '='), sort_names[i]) == 0)
				sort->by = i;
		}
	}
	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	t_array_init(&uids, 128);
	ret = store_sort(folder, sorts, count, *args[1] == '\0' ? NULL : &among,
			 &uids);
	store_close(&folder);
	array_foreach(&uids, uid)
		printf("%u ", *uid);
	printf("\n");
	return ret;
}

static void stat_print(const struct store_folder_stat *s)
{
	printf("%s\t%u\t%u\t%"PRIu64"\t%u\t%"PRIu64"\t%lld\t%lld\t%u\n",
	       s->fid != 0 ? t_strdup_printf("%u", s->fid) :
	       t_strdup_printf(":%u", s->special), s->count, s->unread,
	       s->size, s->associated, s->associated_size,
	       (long long)s->changed, (long long)s->created, s->children);
}

/* view size */
static int cmd_stats(const char *const *args)
{
	ARRAY_TYPE(store_folder_stat) stats;
	const struct store_folder_stat *s;

	if (store_view_stats(store, view_parse(args[0]), num(args[1]),
			     pool_datastack_create(), &stats) < 0)
		return -1;
	array_foreach(&stats, s)
		stat_print(s);
	return 0;
}

static int cmd_stat(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	struct store_folder_stat s;

	if (store_folder_stat(store, &place, &s) < 0)
		return -1;
	stat_print(&s);
	return 0;
}

static int cmd_acls(const char *const *args)
{
	ARRAY_TYPE(store_acl) acls;
	const struct store_acl *acl;

	if (store_acl_list(store, num(args[0]), pool_datastack_create(),
			   &acls) < 0)
		return -1;
	array_foreach(&acls, acl) {
		printf("%s\t%x\t%d\t%d\n", acl->id, acl->rights, acl->busy,
		       acl->global);
	}
	return 0;
}

/* fid id rights(hex) busy */
static int cmd_aclset(const char *const *args)
{
	struct store_acl acl = {
		.id = args[1], .rights = strtoul(args[2], NULL, 16),
		.busy = num(args[3]),
	};

	return store_acl_set(store, num(args[0]), &acl);
}

/* fid uids */
static int cmd_hard(const char *const *args)
{
	struct store_folder *folder;
	ARRAY_TYPE(seq_range) uids;
	int ret;

	uids_parse(args[1], &uids);
	if (store_open(store, num(args[0]), &folder) < 0)
		return -1;
	ret = store_expunge_hard(folder, &uids);
	store_close(&folder);
	return ret;
}

/* fid [dest]: count of what was expunged; brought back to dest */
static int cmd_recover(const char *const *args)
{
	struct store_folder *folder, *dest;
	ARRAY_TYPE(seq_range) all;
	ARRAY_TYPE(store_moved) moved;
	int ret = store_recover_open(store, num(args[0]), &folder);

	if (ret <= 0)
		return ret;
	printf("%u\n", store_message_count(folder));
	ret = 0;
	if (args[1] != NULL) {
		uids_parse("1:4294967294", &all);
		t_array_init(&moved, 8);
		if (store_open(store, num(args[1]), &dest) < 0)
			ret = -1;
		else {
			ret = store_move(folder, &all, dest, FALSE, &moved);
			store_close(&dest);
		}
	}
	store_close(&folder);
	return ret;
}

/* place name class */
static int cmd_pcreate(const char *const *args)
{
	struct store_place place = place_parse(args[0]);
	store_fid_t fid;

	if (store_place_create(store, &place, args[1], num(args[2]), &fid) < 0)
		return -1;
	printf("%u\n", fid);
	return 0;
}

/* fid parent name */
static int cmd_fmove(const char *const *args)
{
	store_fid_t fid;

	if (store_folder_move(store, num(args[0]), num(args[1]), args[2],
			      &fid) < 0)
		return -1;
	printf("%u\n", fid);
	return 0;
}

/* fid parent name deep */
static int cmd_fcopy(const char *const *args)
{
	store_fid_t fid;
	bool partial;

	if (store_folder_copy(store, num(args[0]), num(args[1]), args[2],
			      num(args[3]) != 0, &fid, &partial) < 0)
		return -1;
	printf("%u\t%d\n", fid, partial);
	return 0;
}

/* place flags */
static int cmd_pempty(const char *const *args)
{
	struct store_place place = place_parse(args[0]);

	return store_place_empty(store, &place, num(args[1]));
}

static int cmd_setclass(const char *const *args)
{
	return store_folder_set_class(store, num(args[0]), num(args[1]));
}

const struct command object_commands[] = {
	{ "xset", cmd_xset, 4 },
	{ "xget", cmd_xget, 3 },
	{ "xall", cmd_xall, 2 },
	{ "ibset", cmd_ibset, 4 },
	{ "ibget", cmd_ibget, 3 },
	{ "icopy", cmd_icopy, 3 },
	{ "sort", cmd_sort, 3 },
	{ "stats", cmd_stats, 2 },
	{ "stat", cmd_stat, 1 },
	{ "acls", cmd_acls, 1 },
	{ "aclset", cmd_aclset, 4 },
	{ "hard", cmd_hard, 2 },
	{ "recover", cmd_recover, 1 },
	{ "pcreate", cmd_pcreate, 3 },
	{ "fmove", cmd_fmove, 3 },
	{ "fcopy", cmd_fcopy, 4 },
	{ "pempty", cmd_pempty, 2 },
	{ "setclass", cmd_setclass, 2 },
	{ "views", cmd_views, 0 },
	{ "vfull", cmd_vfull, 0 },
	{ "vfind", cmd_vfind, 1 },
	{ "vfolders", cmd_vfolders, 1 },
	{ "bget", cmd_bget, 2 },
	{ "bset", cmd_bset, 3 },
	{ "bstamp", cmd_bstamp, 1 },
	{ "oget", cmd_oget, 2 },
	{ "oput", cmd_oput, 5 },
	{ "omany", cmd_omany, 3 },
	{ "olist", cmd_olist, 2 },
	{ "odelete", cmd_odelete, 2 },
	{ "ocopy", cmd_ocopy, 4 },
	{ "ochanges", cmd_ochanges, 2 },
	{ "gid", cmd_gid, 1 },
	{ "gmail", cmd_gmail, 2 },
	{ "gfind", cmd_gfind, 2 },
	{ "ggive", cmd_ggive, 2 },
	{ "grange", cmd_grange, 2 },
	{ "rguid", cmd_rguid, 2 },
	{ "rid", cmd_rid, 3 },
	{ "ver", cmd_ver, 1 },
	{ "verset", cmd_verset, 3 },
	{ "verbump", cmd_verbump, 1 },
	{ "vers", cmd_vers, 2 },
	{ "ververs", cmd_ververs, 1 },
	{ "vermax", cmd_vermax, 1 },
	{ "nids", cmd_nids, 2 },
	{ "names", cmd_names, 1 },
	{ "nall", cmd_nall, 0 },
	{ NULL, NULL, 0 }
};
