/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* src/eas without a store: the bytes of states, keys, ids, queries, categories,
   and a phone that loses answers against a mailbox that changes all the time. */

#include "lib.h"
#include "eas.h"
#include "eas-access.h"
#include "eas-client.h"
#include "eas-query.h"
#include "eas-sync-state.h"

#include <check.h>

static pool_t pool;

static void setup(void)
{
	pool = pool_alloconly_create("test", 65536);
}

static void teardown(void)
{
	pool_unref(&pool);
}

/* eas-ids.c asks the store for messages; here there is none. */
int store_oid_find(struct store *store, const struct store_oid *oid,
		   store_fid_t *fid_r, uint32_t *uid_r);
int store_oid_find(struct store *store, const struct store_oid *oid,
		   store_fid_t *fid_r, uint32_t *uid_r)
{
	return 0;
}
int store_open(struct store *store, store_fid_t fid,
	       struct store_folder **folder_r)
{
	return -1;
}
enum store_error store_last_error(struct store *store, const char **text_r)
{
	return STORE_ERROR_TEMP;
}
struct store_fetch *
store_fetch_init(struct store_folder *folder,
		 const ARRAY_TYPE(seq_range) *uids, enum store_want want,
		 bool newest_first)
{
	return NULL;
}
bool store_fetch_next(struct store_fetch *fetch, struct store_msg **msg_r)
{
	return FALSE;
}
int store_fetch_deinit(struct store_fetch **fetch)
{
	return 0;
}

/* --- ids, keys, queries, categories ------------------------------------------- */

START_TEST(ids)
{
	static const char *const bad[] = {
		"", "0", "01", "1:", "1:2", "1:2.", "1:2.0", "1:02.3", "1:2.3 ",
		" 1:2.3", "1:2.G", "1:2.A", "1:2.3:4", "../1", "-1:2.3",
		"4294967296:1.1", "1:100000000.1", "1:1.100000000",
	};
	struct store_oid oid = { .idspace = 0x1a, .uid = 0x2b3c };
	const char *part;
	store_fid_t fid;

	ck_assert_str_eq(eas_server_id(12, &oid), "12:1a.2b3c");
	ck_assert(eas_server_id_parse("12:1a.2b3c", &fid, &oid));
	ck_assert_uint_eq(fid, 12);
	ck_assert_uint_eq(oid.idspace, 0x1a);
	ck_assert_uint_eq(oid.uid, 0x2b3c);
	for (unsigned int i = 0; i < N_ELEMENTS(bad); i++) {
		ck_assert_msg(!eas_server_id_parse(bad[i], &fid, &oid),
			      "%s", bad[i]);
	}
	oid.idspace = oid.uid = UINT32_MAX;
	ck_assert(eas_server_id_parse(eas_server_id(UINT32_MAX, &oid),
				      &fid, &oid));
	ck_assert_uint_le(strlen(eas_server_id(UINT32_MAX, &oid)), EAS_ID_MAX);

	ck_assert(eas_file_reference_parse("1:2.3:2.1", &fid, &oid, &part));
	ck_assert_str_eq(part, "2.1");
	ck_assert(!eas_file_reference_parse("1:2.3:", &fid, &oid, &part));
	ck_assert(!eas_file_reference_parse("1:2.3:1..2", &fid, &oid, &part));
	ck_assert(!eas_file_reference_parse("1:2.3:/etc", &fid, &oid, &part));
	ck_assert(!eas_collection_id_parse("1x", &fid));
}
END_TEST

START_TEST(keys)
{
	struct eas_key key, other;

	eas_key_first(&key);
	ck_assert_int_eq(eas_key_parse(eas_key_str(&key), &other),
			 EAS_KEY_NUMBERED);
	ck_assert(eas_key_equals(&key, &other));
	ck_assert_int_eq(eas_key_parse("0", &key), EAS_KEY_ZERO);
	ck_assert_int_eq(eas_key_parse("", &key), EAS_KEY_BAD);
	ck_assert_int_eq(eas_key_parse("1", &key), EAS_KEY_BAD);
	ck_assert_int_eq(eas_key_parse("1-0", &key), EAS_KEY_BAD);
	ck_assert_int_eq(eas_key_parse("123456789-1", &key), EAS_KEY_BAD);
	ck_assert_int_eq(eas_key_parse("{bad}", &key), EAS_KEY_BAD);
}
END_TEST

START_TEST(query_plain)
{
	struct eas_query q;
	const char *error;

	ck_assert_int_eq(eas_query_parse(pool, "Cmd=Sync&User=a%40b&DeviceId="
		"D1&devicetype=iPhone&ItemId=5%3a1.2&SaveInSent=T",
		&q, &error), 0);
	ck_assert(!q.compact);
	ck_assert_str_eq(q.cmd, "Sync");
	ck_assert_str_eq(q.user, "a@b");
	ck_assert_str_eq(q.device_type, "iPhone");
	ck_assert_str_eq(q.params.item_id, "5:1.2");
	ck_assert(q.params.save_in_sent);
	ck_assert_uint_eq(q.device_id_size, 2);
	ck_assert_int_eq(eas_query_parse(pool, "Cmd=a%00b&x=1", &q, &error), -1);
	ck_assert_int_eq(eas_query_parse(pool, "Cmd=a%ffb&x=1", &q, &error), -1);
	ck_assert_int_eq(eas_query_parse(pool, NULL, &q, &error), -1);
}
END_TEST

START_TEST(query_compact)
{
	struct eas_query q;
	const char *error;

	/* MS-ASHTTP 4.x-like: 14.1, Sync, 0x0409, "v140Device", key 0,
	   "SmartPhone", options byte 3 */
	ck_assert_int_eq(eas_query_parse(pool,
		"jQAJBAp2MTQwRGV2aWNlBNIJAAAKU21hcnRQaG9uZQcBAw==",
		&q, &error), 0);
	ck_assert(q.compact);
	ck_assert_uint_eq(q.version, 141);
	ck_assert_uint_eq(q.code, 0);
	ck_assert_uint_eq(q.locale, 0x0409);
	ck_assert_uint_eq(q.device_id_size, 10);
	ck_assert(q.policy_key_set);
	ck_assert_uint_eq(q.policy_key, 2514);
	ck_assert_str_eq(q.device_type, "SmartPhone");
	ck_assert(q.params.save_in_sent);
	ck_assert(q.params.accept_multipart);
	ck_assert_int_eq(eas_query_parse(pool, "jQAJBAp2MTQw", &q, &error), -1);
	ck_assert_int_eq(eas_query_parse(pool, "!!!!", &q, &error), -1);
}
END_TEST

START_TEST(filter_window)
{
	time_t now = 1800000000, since = eas_sync_filter_since(2, now);

	ck_assert_int_eq(eas_sync_filter_since(0, now), 0);
	ck_assert_int_eq(eas_sync_filter_since(8, now), 0);
	ck_assert(eas_sync_filter_since(7, now) <= now - 184 * 86400);
	/* Three days, at most a step more */
	ck_assert(since <= now - 3 * 86400);
	ck_assert(since > now - 3 * 86400 - 3 * 86400 / 24 - 1);
	ck_assert_int_eq(eas_sync_filter_since(2, now), since);
}
END_TEST

/* --- bytes ------------------------------------------------------------------------ */

static void state_fill(struct eas_sync_state *state)
{
	struct eas_sync_generation *gen = &state->cur;
	struct eas_sync_result *res;
	struct store_changed own = { .uid = 7, .modseq = 1ULL << 40 };
	struct store_oid oid = { .idspace = 9, .uid = 3 };

	i_zero(state);
	state->epoch = UINT64_MAX;
	state->have_prev = TRUE;
	eas_sync_generation_init(gen, pool);
	eas_sync_generation_init(&state->prev, pool);
	eas_key_first(&gen->key);
	state->prev.key = gen->key;
	gen->key.number++;
	gen->point.idspace = 4;
	gen->point.uidnext = UINT32_MAX;
	gen->point.modseq = UINT64_MAX;
	gen->opts.body.prefs_count = 2;
	gen->opts.body.prefs[0].type = MIME_BODY_HTML;
	gen->opts.body.prefs[0].truncation_size = MIME_SIZE_UNLIMITED;
	gen->opts.body.prefs[1].type = MIME_BODY_MIME;
	seq_range_array_add_range(&gen->known, 1, 500);
	seq_range_array_add_range(&gen->known, 700, UINT32_MAX - 1);
	seq_range_array_add(&gen->todo.add, 600);
	seq_range_array_add(&gen->told.soft, 650);
	array_push_back(&gen->own, &own);
	eas_sync_alias_set(gen, 7, &oid);
	res = array_append_space(&gen->results);
	res->op = EAS_SYNC_ADD;
	res->status = 1;
	res->client_id = "c1";
	res->server_id = "1:2.3";
	res->instance_id = "20261128T100000Z";
}

START_TEST(state_round_trip)
{
	struct eas_sync_state state, again;
	buffer_t *a = buffer_create_dynamic(pool, 64);
	buffer_t *b = buffer_create_dynamic(pool, 64);
	struct store_oid oid;

	state_fill(&state);
	eas_sync_state_pack(&state, a);
	ck_assert_uint_lt(a->used, 200);
	ck_assert_int_eq(eas_sync_state_unpack(&again, pool, a->data,
					       a->used), 0);
	eas_sync_state_pack(&again, b);
	ck_assert(buffer_cmp(a, b));
	eas_sync_oid(&again.cur, 7, &oid);
	ck_assert_uint_eq(oid.idspace, 9);
	eas_sync_oid(&again.cur, 8, &oid);
	ck_assert_uint_eq(oid.idspace, 4);
	ck_assert_uint_eq(oid.uid, 8);
}
END_TEST

/* Whatever is on the disk: no crash, and cut states are refused. */
START_TEST(state_damaged)
{
	struct eas_sync_state state, again;
	buffer_t *a = buffer_create_dynamic(pool, 64);
	unsigned char *data;

	state_fill(&state);
	eas_sync_state_pack(&state, a);
	for (size_t size = 0; size < a->used; size++) {
		ck_assert_int_eq(eas_sync_state_unpack(&again, pool, a->data,
						       size), -1);
	}
	data = buffer_get_modifiable_data(a, NULL);
	for (size_t i = 0; i < a->used; i++) {
		unsigned char old = data[i];

		for (unsigned int bit = 0; bit < 8; bit++) {
			data[i] = old ^ (1 << bit);
			(void)eas_sync_state_unpack(&again, pool, data,
						    a->used);
		}
		data[i] = old;
	}
}
END_TEST

/* What a device of anna's sees */
static void visible(const ARRAY_TYPE(store_folder_info) *list,
		    const char *device_type, ARRAY_TYPE(eas_folder) *folders_r)
{
	struct eas_client client = {
		.classes = ~0U,
		.username = "anna@example.org",
	};
	struct store_folder_info *info;
	ARRAY_TYPE(store_folder_info) named;

	p_array_init(&named, pool, array_count(list) + 1);
	array_append_array(&named, list);
	array_foreach_modifiable(&named, info) {
		if (info->display == NULL)
			info->display = info->name;
	}
	p_array_init(&client.extra, pool, 1);
	p_array_init(&client.hidden, pool, 1);
	eas_client_lookup(NULL, device_type, "", &client);
	eas_folders_visible(&named, &client, pool, folders_r);
}

START_TEST(folder_state)
{
	struct store_folder_info infos[] = {
		{ .fid = 1, .selectable = TRUE, .name = "INBOX",
		  .role = STORE_ROLE_INBOX },
		{ .fid = 2, .selectable = TRUE, .name = "Sent",
		  .role = STORE_ROLE_SENT },
		{ .fid = 3, .selectable = TRUE, .name = "Sent",
		  .role = STORE_ROLE_SENT, .foreign = TRUE, .owner = "" },
		{ .fid = 4, .selectable = TRUE, .name = "Sync Issues" },
		{ .fid = 5, .selectable = TRUE, .parent = 4, .name = "Conflicts" },
		{ .fid = 6, .selectable = TRUE, .name = "Cal",
		  .class = STORE_CLASS_CALENDAR },
		{ .fid = 7, .selectable = TRUE, .parent = 1, .name = "Projekte" },
	};
	ARRAY_TYPE(store_folder_info) list;
	struct eas_folder_state state, again;
	const struct eas_folder *folder;
	buffer_t *buf = buffer_create_dynamic(pool, 64);

	p_array_init(&list, pool, 8);
	array_append(&list, infos, N_ELEMENTS(infos));
	i_zero(&state);
	visible(&list, "iPhone", &state.cur.folders);
	ck_assert_uint_eq(array_count(&state.cur.folders), 4);
	/* A calendar that the user does not want to see is not shown. */
	infos[5].subscribed = TRUE;
	array_clear(&list);
	array_append(&list, infos, N_ELEMENTS(infos));
	visible(&list, "iPhone", &state.cur.folders);
	ck_assert_uint_eq(array_count(&state.cur.folders), 5);
	folder = eas_folder_lookup(&state.cur.folders, 6);
	ck_assert_uint_eq(folder->type, EAS_FOLDER_USER_CALENDAR);
	folder = eas_folder_lookup(&state.cur.folders, 1);
	ck_assert_uint_eq(folder->type, EAS_FOLDER_INBOX);
	folder = eas_folder_lookup(&state.cur.folders, 3);
	ck_assert_uint_eq(folder->type, EAS_FOLDER_USER_MAIL);
	eas_folder_state_pack(&state, buf);
	ck_assert_int_eq(eas_folder_state_unpack(&again, pool, buf->data,
						 buf->used), 0);
	ck_assert(eas_folders_equal(&state.cur.folders, &again.cur.folders));
	ck_assert_int_eq(eas_folder_state_unpack(&again, pool, buf->data,
						 buf->used - 1), -1);
}
END_TEST

#define FOREIGN(fid_, parent_, name_, owner_) \
	{ .fid = fid_, .parent = parent_, .name = name_, .owner = owner_, \
	  .selectable = TRUE, .foreign = TRUE }
#define NOSELECT(fid_, parent_, name_) \
	{ .fid = fid_, .parent = parent_, .name = name_, .owner = "" }
#define OWN(fid_, parent_, name_) \
	{ .fid = fid_, .parent = parent_, .name = name_, .owner = "", \
	  .selectable = TRUE }

START_TEST(folder_containers)
{
	static const struct store_folder_info infos[] = {
		OWN(1, 0, "INBOX"),
		/* own containers: with and without something below */
		NOSELECT(2, 0, "Work"), OWN(3, 2, "Plan"),
		NOSELECT(4, 0, "Empty"), NOSELECT(5, 4, "Too"),
		OWN(6, 0, "Team (ben)"),
		NOSELECT(10, 0, "shared"),
		NOSELECT(11, 10, "ben@example.org"),
		FOREIGN(12, 11, "Team", "ben@example.org"),
		FOREIGN(13, 12, "Old", "ben@example.org"),
		NOSELECT(14, 11, "Deep"),
		FOREIGN(15, 14, "Down", "ben@example.org"),
		/* INBOX under the owner's name; another domain */
		FOREIGN(16, 10, "carla", "carla@example.net"),
		NOSELECT(20, 0, "Public"),
		FOREIGN(21, 20, "News", ""),
		NOSELECT(22, 20, "Club"), FOREIGN(23, 22, "Minutes", ""),
	};
	static const struct {
		store_fid_t fid, parent;
		const char *name;
	} shown[] = {
		{ 1, 0, "INBOX" }, { 2, 0, "Work" }, { 3, 2, "Plan" },
		{ 6, 0, "Team (ben)" }, { 12, 0, "Team (ben) 2" },
		{ 13, 12, "Old" }, { 15, 0, "Deep/Down (ben)" },
		{ 16, 0, "carla@example.net" }, { 21, 0, "News (Public)" },
		{ 23, 0, "Club/Minutes (Public)" },
	};
	ARRAY_TYPE(store_folder_info) list;
	ARRAY_TYPE(eas_folder) folders;

	p_array_init(&list, pool, N_ELEMENTS(infos));
	array_append(&list, infos, N_ELEMENTS(infos));
	visible(&list, "iPhone", &folders);
	ck_assert_uint_eq(array_count(&folders), N_ELEMENTS(shown));
	for (unsigned int i = 0; i < N_ELEMENTS(shown); i++) {
		const struct eas_folder *folder = array_idx(&folders, i);

		ck_assert_uint_eq(folder->fid, shown[i].fid);
		ck_assert_uint_eq(folder->parent, shown[i].parent);
		ck_assert_str_eq(folder->name, shown[i].name);
		ck_assert_uint_eq(folder->name_hash,
				  eas_folder_name_hash(shown[i].name));
	}
}
END_TEST

#define ITEMS(fid_, class_, role_, name_) \
	{ .fid = fid_, .name = name_, .owner = "", .selectable = TRUE, \
	  .subscribed = TRUE, .class = STORE_CLASS_##class_, \
	  .role = STORE_ROLE_##role_ }
#define OTHERS(fid_, parent_, class_, role_, name_, owner_, subscribed_) \
	{ .fid = fid_, .parent = parent_, .name = name_, .owner = owner_, \
	  .selectable = TRUE, .foreign = TRUE, .subscribed = subscribed_, \
	  .class = STORE_CLASS_##class_, .role = STORE_ROLE_##role_ }

/* Which device sees which folders of items (C5, R48, R49) */
START_TEST(folder_devices)
{
	static const struct store_folder_info infos[] = {
		OWN(1, 0, "INBOX"),
		ITEMS(2, CALENDAR, CALENDAR, "Calendar"),
		ITEMS(3, CALENDAR, NONE, "Work"),
		ITEMS(4, CONTACTS, CONTACTS, "Contacts"),
		ITEMS(5, CONTACTS, NONE, "Club"),
		ITEMS(6, CONTACTS, COLLECTED, "Collected"),
		ITEMS(7, TASKS, TASKS, "Tasks"),
		ITEMS(8, NOTES, NOTES, "Notes"),
		ITEMS(9, JOURNAL, JOURNAL, "Journal"),
		NOSELECT(10, 0, "shared"),
		NOSELECT(11, 10, "ben@example.org"),
		OTHERS(12, 11, CALENDAR, CALENDAR, "Calendar",
		       "ben@example.org", TRUE),
		OTHERS(13, 11, CALENDAR, NONE, "Not wanted",
		       "ben@example.org", FALSE),
		OTHERS(14, 11, CONTACTS, COLLECTED, "Collected",
		       "ben@example.org", TRUE),
	};
	static const struct {
		const char *device, *folders;
	} devices[] = {
		{ "iPhone", "1 2 3 4 5 7 8 12 " },
		{ "iPad", "1 2 3 4 5 7 8 12 " },
		{ "Android", "1 2 4 7 8 " },
		{ "SAMSUNGSM-G900", "1 2 4 7 8 " },
		{ "WindowsOutlook15", "1 2 3 4 7 8 12 " },
		{ "SomethingNew", "1 2 3 4 5 7 8 12 " },
	};
	ARRAY_TYPE(store_folder_info) list;
	ARRAY_TYPE(eas_folder) folders;
	const struct eas_folder *folder;

	p_array_init(&list, pool, N_ELEMENTS(infos));
	array_append(&list, infos, N_ELEMENTS(infos));
	for (unsigned int i = 0; i < N_ELEMENTS(devices); i++) {
		string_t *str = t_str_new(64);

		visible(&list, devices[i].device, &folders);
		array_foreach(&folders, folder)
			str_printfa(str, "%u ", folder->fid);
		ck_assert_msg(strcmp(str_c(str), devices[i].folders) == 0,
			      "%s: %s", devices[i].device, str_c(str));
	}
	visible(&list, "iPhone", &folders);
	folder = eas_folder_lookup(&folders, 12);
	ck_assert_str_eq(folder->name, "Calendar (ben)");
	ck_assert_uint_eq(folder->parent, 0);
	ck_assert_uint_eq(folder->type, EAS_FOLDER_USER_CALENDAR);
	folder = eas_folder_lookup(&folders, 2);
	ck_assert_uint_eq(folder->type, EAS_FOLDER_CALENDAR);
	folder = eas_folder_lookup(&folders, 5);
	ck_assert_uint_eq(folder->type, EAS_FOLDER_USER_CONTACTS);
}
END_TEST

START_TEST(recipient_cache)
{
	struct store_folder_info infos[] = {
		{ .fid = 1, .selectable = TRUE, .name = "INBOX",
		  .role = STORE_ROLE_INBOX },
		{ .fid = 2, .selectable = TRUE, .name = "Collected",
		  .display = "Collected", .parent = 1,
		  .class = STORE_CLASS_CONTACTS, .role = STORE_ROLE_COLLECTED },
		{ .fid = 3, .selectable = TRUE, .name = "Of another",
		  .display = "Of another", .class = STORE_CLASS_CONTACTS,
		  .role = STORE_ROLE_COLLECTED, .foreign = TRUE, .owner = "b" },
	};
	struct eas_client client;

	for (unsigned int i = 0; i < 2; i++) {
		i_zero(&client);
		client.classes = 1U << STORE_CLASS_CONTACTS;
		client.has_recipients = i == 0;
		p_array_init(&client.extra, pool, 1);
		p_array_init(&client.hidden, pool, 1);
		eas_client_lookup(NULL, "iPhone", "", &client);
		ck_assert(!eas_client_shows(&client, &infos[1]));
		ck_assert(eas_client_has_recipients(&client, &infos[1]) ==
			  (i == 0));
		ck_assert(!eas_client_has_recipients(&client, &infos[2]));
	}
	client.has_recipients = TRUE;
	ck_assert(eas_client_has_recipients(&client, &infos[1]));
	/* an address book is not told twice */
	seq_range_array_add(&client.extra, 2);
	ck_assert(eas_client_shows(&client, &infos[1]));
	ck_assert(!eas_client_has_recipients(&client, &infos[1]));
	i_zero(&client);
	eas_client_lookup("*=recipients:none", "iPhone", "", &client);
	ck_assert_int_eq(client.sees[EAS_CLIENT_RECIPIENTS], EAS_SEES_NONE);
}
END_TEST

START_TEST(access_rules)
{
	static const char *const groups[] = { "staff", "it", NULL };
	const struct eas_access_facts iphone = {
		.type = "iPhone", .os = "iOS 17.1 21B74", .model = "iPhone12,1",
		.agent = "Apple-iPhone12C1/2107.74", .user = "anna@example.org",
		.groups = groups,
	};
	const struct eas_access_facts unknown = {
		.type = "Android", .agent = "", .user = "bert@example.org",
	};
	static const struct {
		const char *rules, *iphone, *unknown;
	} tests[] = {
		{ "type:iphone=block", "block", NULL },
		{ "type:iPhone&os:iOS?16*=block type:*=quarantine",
		  "quarantine", "quarantine" },
		{ "model:iPhone12,1=allow model:*=block", "allow", "block" },
		{ "model:?*=allow", "allow", NULL },
		{ "agent:Apple-*=quarantine", "quarantine", NULL },
		{ "user:bert@*&type:Android=allow", NULL, "allow" },
		{ "group:it=allow group:staff=block", "allow", NULL },
		{ "group:it&user:b*=allow", NULL, NULL },
		{ "colour:*=block iPhone=block =block", NULL, NULL },
		{ "", NULL, NULL },
	};
	const char *rule;

	for (unsigned int i = 0; i < N_ELEMENTS(tests); i++) T_BEGIN {
		const char *got = eas_access_match(tests[i].rules, &iphone,
						   &rule);

		ck_assert_msg(null_strcmp(got, tests[i].iphone) == 0,
			      "%s", tests[i].rules);
		got = eas_access_match(tests[i].rules, &unknown, &rule);
		ck_assert_msg(null_strcmp(got, tests[i].unknown) == 0,
			      "%s", tests[i].rules);
	} T_END;
	ck_assert_str_eq(eas_access_match("os:x=block type:iPhone=allow",
					  &iphone, &rule), "allow");
	ck_assert_str_eq(rule, "type:iPhone=allow");
}
END_TEST

START_TEST(client_rules)
{
	struct eas_client client;

	i_zero(&client);
	eas_client_set(&client, "tasks", "none");
	eas_client_set(&client, "notes", "");
	eas_client_lookup("SAMSUNG*=calendars:none Android*=calendars:all,"
			  "contacts:own,tasks:all *=contacts:none",
			  "Android", "Android-Mail/7.5", &client);
	ck_assert_int_eq(client.sees[EAS_CLIENT_CALENDARS], EAS_SEES_ALL);
	ck_assert_int_eq(client.sees[EAS_CLIENT_CONTACTS], EAS_SEES_OWN);
	ck_assert_int_eq(client.sees[EAS_CLIENT_TASKS], EAS_SEES_NONE);
	ck_assert_int_eq(client.sees[EAS_CLIENT_NOTES], EAS_SEES_DEFAULT);
	/* by user agent */
	i_zero(&client);
	eas_client_lookup("Nine*=contacts:all", "Android", "Nine/4.9",
			  &client);
	ck_assert_int_eq(client.sees[EAS_CLIENT_CONTACTS], EAS_SEES_ALL);
	ck_assert_int_eq(client.sees[EAS_CLIENT_CALENDARS], EAS_SEES_DEFAULT);
}
END_TEST

/* --- a phone and a mailbox ----------------------------------------------------------- */

#define SIM_UIDS 400

/* The mailbox: a version for each message, 0 = none; and when it was changed. */
struct sim {
	uint32_t seed;
	unsigned int version[SIM_UIDS];
	uint64_t modseq[SIM_UIDS];
	uint32_t next;
	uint64_t now;
	/* in the filter's window from this UID on */
	uint32_t visible_from;
	/* Items, not mail: those before it may be in the window by themselves,
	   and changes move them in and out. */
	bool items;
	bool future[SIM_UIDS];

	unsigned int phone[SIM_UIDS];
	struct eas_sync_generation gen;
};

/* The same numbers for the same seed everywhere */
static uint32_t sim_rand(struct sim *sim)
{
	sim->seed = sim->seed * 1664525 + 1013904223;
	return sim->seed >> 8;
}

static void sim_mailbox_step(struct sim *sim)
{
	uint32_t uid = 1 + sim_rand(sim) % SIM_UIDS;

	switch (sim_rand(sim) % 4) {
	case 0:
	case 1:
		if (sim->next < SIM_UIDS) {
			sim->version[sim->next] = 1;
			sim->modseq[sim->next++] = ++sim->now;
		}
		break;
	case 2:
		if (uid < sim->next && sim->version[uid] > 0) {
			sim->version[uid]++;
			sim->modseq[uid] = ++sim->now;
			if (sim->items)
				sim->future[uid] = sim_rand(sim) % 2 == 0;
		}
		break;
	case 3:
		if (uid < sim->next)
			sim->version[uid] = 0;
		if (sim_rand(sim) % 20 == 0 && sim->visible_from < sim->next)
			sim->visible_from += sim_rand(sim) % 3;
		break;
	}
}

/* What store_changes() would say */
static void sim_changes(struct sim *sim, const struct eas_sync_generation *gen,
			struct store_changes *ch)
{
	ARRAY_TYPE(seq_range) known;

	i_zero(ch);
	p_array_init(&ch->added, pool, 8);
	p_array_init(&ch->changed, pool, 8);
	p_array_init(&ch->expunged, pool, 8);
	t_array_init(&known, 8);
	seq_range_array_merge(&known, &gen->known);
	seq_range_array_merge(&known, &gen->todo.add);
	for (uint32_t uid = 1; uid < SIM_UIDS; uid++) {
		struct store_changed change = { uid, sim->modseq[uid], 0 };

		if (!seq_range_exists(&known, uid)) {
			if (sim->version[uid] > 0 && (sim->items ?
			    sim->modseq[uid] > gen->point.modseq :
			    uid >= gen->point.uidnext))
				seq_range_array_add(&ch->added, uid);
		} else if (sim->version[uid] == 0) {
			seq_range_array_add(&ch->expunged, uid);
		} else if (sim->modseq[uid] > gen->point.modseq) {
			array_push_back(&ch->changed, &change);
		}
	}
	ch->now.idspace = 1;
	ch->now.uidnext = sim->next;
	ch->now.modseq = sim->now;
}

static bool sim_visible(const struct sim *sim, uint32_t uid)
{
	return uid >= sim->visible_from || (sim->items && sim->future[uid]);
}

static void sim_list_visible(const struct sim *sim,
			     ARRAY_TYPE(seq_range) *visible)
{
	t_array_init(visible, 8);
	for (uint32_t uid = 1; uid < sim->next; uid++) {
		if (sim->version[uid] > 0 && sim_visible(sim, uid))
			seq_range_array_add(visible, uid);
	}
}

/* As mail does it, at each Sync; items: only when the window has moved */
static void sim_window(struct sim *sim, struct eas_sync_generation *gen)
{
	ARRAY_TYPE(seq_range) visible;

	if (sim->items && gen->filter_since == sim->visible_from + 1)
		return;
	sim_list_visible(sim, &visible);
	eas_sync_apply_window(gen, &visible);
	gen->filter_since = sim->visible_from + 1;
}

static void sim_phone_set(struct sim *sim, const ARRAY_TYPE(seq_range) *uids,
			  bool gone, bool must_have)
{
	struct seq_range_iter iter;
	unsigned int n = 0;
	uint32_t uid;

	seq_range_array_iter_init(&iter, uids);
	while (seq_range_array_iter_nth(&iter, n++, &uid)) {
		ck_assert_msg((sim->phone[uid] > 0) == must_have,
			      "uid %u", uid);
		sim->phone[uid] = gone ? 0 : sim->version[uid];
	}
}

/* One Sync; a lost answer leaves the phone and its key where they were. */
static unsigned int sim_sync(struct sim *sim, unsigned int window, bool lost)
{
	struct eas_sync_generation next;
	struct store_changes ch;
	unsigned int count;

	eas_sync_generation_copy(&next, &sim->gen, pool);
	if (next.point.idspace == 0) {
		next.point.idspace = 1;
		next.point.uidnext = sim->next;
		next.point.modseq = sim->now;
	} else {
		sim_changes(sim, &next, &ch);
		if (sim->items) {
			ARRAY_TYPE(seq_range) seen;

			sim_list_visible(sim, &seen);
			eas_sync_filter_changes(&next, &ch, &seen);
		}
		eas_sync_merge_changes(&next, &ch);
	}
	sim_window(sim, &next);
	count = eas_sync_choose(&next, window);
	ck_assert_uint_le(count, window);
	ck_assert_uint_eq(count, eas_sync_sets_count(&next.told));
	if (lost)
		return count + eas_sync_sets_count(&next.todo) + 1;
	sim_phone_set(sim, &next.told.gone, TRUE, TRUE);
	sim_phone_set(sim, &next.told.soft, TRUE, TRUE);
	sim_phone_set(sim, &next.told.change, FALSE, TRUE);
	sim_phone_set(sim, &next.told.add, FALSE, FALSE);
	count += eas_sync_sets_count(&next.todo);
	sim->gen = next;
	return count;
}

static void sim_run(int i, bool items)
{
	struct sim *sim = p_new(pool, struct sim, 1);
	unsigned int rounds = 0;

	sim->seed = i + 1;
	sim->items = items;
	sim->next = sim->now = 1;
	eas_sync_generation_init(&sim->gen, pool);
	for (unsigned int step = 0; step < 300; step++) T_BEGIN {
		for (int n = sim_rand(sim) % 8; n > 0; n--)
			sim_mailbox_step(sim);
		(void)sim_sync(sim, 1 + sim_rand(sim) % 10, sim_rand(sim) % 4 == 0);
	} T_END;
	while (sim_sync(sim, 7, FALSE) > 0)
		ck_assert_uint_lt(++rounds, 200);
	for (uint32_t uid = 1; uid < SIM_UIDS; uid++) {
		unsigned int want = !sim_visible(sim, uid) ? 0 :
			sim->version[uid];
		ck_assert_msg(sim->phone[uid] == want, "seed %d uid %u: %u %u",
			      i + 1, uid, sim->phone[uid], want);
	}
}

START_TEST(simulation)
{
	sim_run(_i, FALSE);
}
END_TEST

START_TEST(simulation_items)
{
	sim_run(_i, TRUE);
}
END_TEST

START_TEST(choose_newest_first)
{
	struct eas_sync_generation gen;
	const struct seq_range *range;

	eas_sync_generation_init(&gen, pool);
	seq_range_array_add_range(&gen.todo.add, 1, 1000);
	ck_assert_uint_eq(eas_sync_choose(&gen, 512), 512);
	range = array_front(&gen.told.add);
	ck_assert_uint_eq(range->seq1, 489);
	ck_assert_uint_eq(seq_range_count(&gen.todo.add), 488);
	ck_assert_uint_eq(seq_range_count(&gen.known), 512);
}
END_TEST

/* Own flag changes are not told; a rewritten draft keeps its id. */
START_TEST(own_and_rewritten)
{
	struct eas_sync_generation gen;
	struct store_changes ch;
	struct store_changed change = { 5, 77, 0 };
	struct store_rewritten rew = { 6, 20 };
	struct store_oid oid;

	eas_sync_generation_init(&gen, pool);
	gen.point.idspace = 3;
	seq_range_array_add_range(&gen.known, 1, 10);
	array_push_back(&gen.own, &change);
	i_zero(&ch);
	p_array_init(&ch.added, pool, 1);
	p_array_init(&ch.expunged, pool, 1);
	p_array_init(&ch.changed, pool, 2);
	p_array_init(&ch.rewritten, pool, 1);
	array_push_back(&ch.changed, &change);
	change.uid = 4;
	array_push_back(&ch.changed, &change);
	array_push_back(&ch.rewritten, &rew);
	ch.now.idspace = 3;
	eas_sync_merge_changes(&gen, &ch);
	ck_assert_uint_eq(seq_range_count(&gen.todo.change), 1);
	ck_assert(seq_range_exists(&gen.todo.change, 4));
	ck_assert(seq_range_exists(&gen.todo.full, 20));
	ck_assert(seq_range_exists(&gen.known, 20));
	ck_assert(!seq_range_exists(&gen.known, 6));
	eas_sync_oid(&gen, 20, &oid);
	ck_assert_uint_eq(oid.uid, 6);
	ck_assert_uint_eq(array_count(&gen.own), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("eas-state");
	TCase *tc = tcase_create("pure");
	SRunner *runner;
	int failed;

	lib_init();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ids);
	tcase_add_test(tc, access_rules);
	tcase_add_test(tc, recipient_cache);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, query_plain);
	tcase_add_test(tc, query_compact);
	tcase_add_test(tc, filter_window);
	tcase_add_test(tc, state_round_trip);
	tcase_add_test(tc, state_damaged);
	tcase_add_test(tc, folder_state);
	tcase_add_test(tc, folder_containers);
	tcase_add_test(tc, folder_devices);
	tcase_add_test(tc, client_rules);
	tcase_add_loop_test(tc, simulation, 0, 50);
	tcase_add_loop_test(tc, simulation_items, 0, 50);
	tcase_add_test(tc, choose_newest_first);
	tcase_add_test(tc, own_and_rewritten);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	lib_deinit();
	return failed == 0 ? 0 : 1;
}
