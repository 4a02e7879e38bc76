/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules as a Sieve script: their order, states and actions (MS-OXORULE 2.2.1.3.1, 2.2.5,
   3.2.5.1), and which script runs. */

#include "mapi.h"
#include "mapi-folder.h"
#include "mapi-msg.h"
#include "mapi-rule-sieve.h"
#include "dovetail-sieve.h"

/* PidTagRuleState */
#define STATE_ENABLED 0x01
#define STATE_ONLY_WHEN_OOF 0x04
#define STATE_EXIT_LEVEL 0x10
#define STATE_SKIP_IF_SAFE 0x20
/* Flavors of OP_FORWARD: PR, NC (together: redirect), AT, TM */
#define FORWARD_REDIRECT 0x03
/* BounceCode */
#define BOUNCE_TOO_LARGE 0x0000000d
#define BOUNCE_NOT_SHOWN 0x0000001f
#define RULES_HEAD "# Dovetail rules 1\r\n" \
	"# Made by Dovetail of the rules that Outlook keeps. " \
	"Changes are overwritten.\r\n"
#define NOT_DONE "not string :is \"${" MAPI_SIEVE_DONE "}\" \"1\""
/* Looks through the parts once, before the rules (RFC 5703) */
#define FIND_FILES "foreverypart {\r\n" \
	"\tif header :mime :contains \"content-disposition\" \"attachment\" {\r\n" \
	"\t\tset \"" MAPI_SIEVE_FILES "\" \"1\";\r\n\t\tbreak;\r\n\t}\r\n}\r\n"
#define REPLY_MAX (32 * 1024)

static const struct {
	enum mapi_sieve_need need;
	const char *name;
} extensions[] = {
	{ MAPI_SIEVE_FILEINTO, "fileinto" },
	{ MAPI_SIEVE_COPY, "copy" },
	{ MAPI_SIEVE_REJECT, "reject" },
	{ MAPI_SIEVE_VACATION, "vacation" },
	{ MAPI_SIEVE_FLAGS, "imap4flags" },
	{ MAPI_SIEVE_BODY, "body" },
	{ MAPI_SIEVE_VARIABLES, "variables" },
	{ MAPI_SIEVE_MIME, "mime" },
	{ MAPI_SIEVE_INCLUDE, "include" },
	{ MAPI_SIEVE_PARTS, "foreverypart" },
};

static bool site_can(struct mapi_rop *rop, enum mapi_sieve_need needs)
{
	for (unsigned int i = 0; i < N_ELEMENTS(extensions); i++) {
		if ((needs & extensions[i].need) != 0 &&
		    !sieve_box_capable(rop->env->sieve, extensions[i].name))
			return FALSE;
	}
	return TRUE;
}

/* --- actions -------------------------------------------------------------------------- */

/* The mailbox that a message goes into; NULL: there is none of that kind */
static const char *action_mailbox(struct mapi_rop *rop,
				  const struct mapi_logon *logon,
				  const struct mapi_action *act)
{
	const struct mapi_folder_info *info;
	const struct store_folder_info *mailbox;
	struct mapi_entry_id eid;
	mapi_id_t id = act->folder_id.folder;
	uint64_t oid;

	if (id == 0 || !act->this_store) {
		if (mapi_entry_id_parse(act->folder_eid.data,
					act->folder_eid.size, rop->pool,
					&eid) <= 0 ||
		    eid.kind != MAPI_EID_FOLDER ||
		    mapi_wire_of_long_id(rop, logon, &eid.folder,
					 &id) != ecNone)
			return NULL;
	}
	if (!mapi_folder_of_wire(rop, logon, id, &oid))
		return NULL;
	info = mapi_tree_find(rop, logon, oid);
	if (info->fid == 0 || info->class != STORE_CLASS_MAIL)
		return NULL;
	mailbox = store_folder_find(rop->store, info->fid);
	return mailbox == NULL ? NULL : mailbox->vname;
}

static bool say_mailbox(struct mapi_sieve *sieve,
			const struct mapi_logon *logon,
			const struct mapi_action *act)
{
	const char *name = action_mailbox(sieve->rop, logon, act);
	bool copy = act->type == MAPI_OP_COPY;

	if (name == NULL)
		return FALSE;
	sieve->needs |= MAPI_SIEVE_FILEINTO | (copy ? MAPI_SIEVE_COPY : 0);
	str_printfa(sieve->out, "\tfileinto %s", copy ? ":copy " : "");
	mapi_sieve_string(sieve->out, name);
	str_append(sieve->out, ";\r\n");
	return TRUE;
}

/* To each, one by one. The sender stays who he is: what goes out under the user's own
   name is redirected, too, as Sieve knows nothing else. Attached or as a short message:
   not said. */
static bool say_forward(struct mapi_sieve *sieve, const struct mapi_action *act)
{
	struct mapiconv conv;
	const char *address;

	if ((act->flavor & ~FORWARD_REDIRECT) != 0 ||
	    act->recipients_count == 0)
		return FALSE;
	mapi_conv_init(sieve->rop, &conv);
	sieve->needs |= MAPI_SIEVE_COPY;
	for (unsigned int i = 0; i < act->recipients_count; i++) {
		address = mapiconv_recipient_smtp(&conv, &act->recipients[i]);
		if (address == NULL)
			return FALSE;
		str_append(sieve->out, "\tredirect :copy ");
		mapi_sieve_string(sieve->out, address);
		str_append(sieve->out, ";\r\n");
	}
	return TRUE;
}

static bool say_bounce(struct mapi_sieve *sieve, const struct mapi_action *act)
{
	const char *why = act->bounce_code == BOUNCE_TOO_LARGE ?
		"The message is too large for its recipient." :
		act->bounce_code == BOUNCE_NOT_SHOWN ?
		"The message cannot be shown to its recipient." :
		"The recipient does not accept this message.";

	sieve->needs |= MAPI_SIEVE_REJECT;
	str_append(sieve->out, "\treject ");
	mapi_sieve_string(sieve->out, why);
	str_append(sieve->out, ";\r\n");
	return TRUE;
}

/* The template is an associated message of the folder: its text is what is said */
static bool template_read(struct mapi_rop *rop, const struct mapi_logon *logon,
			  mapi_id_t id, const char **subject_r,
			  const char **text_r)
{
	static const mapi_tag_t tags[] = { PidTagSubject, PidTagBody };
	struct mapi_prop props[N_ELEMENTS(tags)];
	struct mapi_msg_ref ref;
	struct mapi_object *obj;
	bool associated;

	if (mapi_msg_find(rop, logon, id, &ref, &associated) != ecNone)
		return FALSE;
	obj = &mapi_msg_new(rop, &ref, associated, NULL)->obj;
	obj->v->get(rop, obj, tags, N_ELEMENTS(tags), props);
	mapi_object_unref(&obj);
	*subject_r = props[0].tag == tags[0] ? props[0].v.s : "";
	*text_r = props[1].tag == tags[1] ? props[1].v.s : "";
	return **text_r != '\0' && strlen(*text_r) <= REPLY_MAX;
}

static bool say_reply(struct mapi_sieve *sieve, const struct mapi_logon *logon,
		      const struct mapi_action *act, int64_t rule_id)
{
	const struct store_settings *set = store_get_settings(sieve->rop->store);
	const char *subject, *text;

	/* not to the sender, or the server's own words: not said */
	if (act->flavor != 0 ||
	    !template_read(sieve->rop, logon, act->reply_message, &subject,
			   &text))
		return FALSE;
	sieve->needs |= MAPI_SIEVE_VACATION;
	str_printfa(sieve->out, "\tvacation :days 1 :handle "
		    "\"dovetail-rule-%"PRId64"\" ", rule_id);
	if (*subject != '\0') {
		str_append(sieve->out, ":subject ");
		mapi_sieve_string(sieve->out, t_strcut(subject, '\n'));
	}
	if (set->aliases != NULL && set->aliases[0] != NULL) {
		str_append(sieve->out, " :addresses ");
		mapi_sieve_strings(sieve->out, set->aliases);
	}
	str_append_c(sieve->out, ' ');
	mapi_sieve_string(sieve->out, text);
	str_append(sieve->out, ";\r\n");
	return TRUE;
}

static bool say_action(struct mapi_sieve *sieve, const struct mapi_logon *logon,
		       const struct mapi_action *act, int64_t rule_id)
{
	switch (act->type) {
	case MAPI_OP_MOVE:
	case MAPI_OP_COPY:
		return say_mailbox(sieve, logon, act);
	case MAPI_OP_FORWARD:
	case MAPI_OP_DELEGATE:
		return say_forward(sieve, act);
	case MAPI_OP_BOUNCE:
		return say_bounce(sieve, act);
	case MAPI_OP_REPLY:
		return say_reply(sieve, logon, act, rule_id);
	case MAPI_OP_DELETE:
		str_append(sieve->out, "\tdiscard;\r\n");
		return TRUE;
	case MAPI_OP_MARK_AS_READ:
		/* said before the others: they keep it so */
		return TRUE;
	case MAPI_OP_OOF_REPLY:
	case MAPI_OP_DEFER_ACTION:
	case MAPI_OP_TAG:
		break;
	}
	return FALSE;
}

static bool say_actions(struct mapi_sieve *sieve, const struct mapi_logon *logon,
			const struct mapi_bag *rule)
{
	const struct mapi_prop *prop = mapi_bag_get(rule, PidTagRuleActions);
	const struct mapi_action *acts;
	unsigned int count;

	if (prop == NULL ||
	    mapi_rule_actions_parse(sieve->rop->pool, FALSE, prop->v.bin.data,
				    prop->v.bin.size, &acts, &count) < 0)
		return FALSE;
	for (unsigned int i = 0; i < count; i++) {
		if (acts[i].type != MAPI_OP_MARK_AS_READ)
			continue;
		sieve->needs |= MAPI_SIEVE_FLAGS;
		str_append(sieve->out, "\taddflag \"\\\\Seen\";\r\n");
	}
	for (unsigned int i = 0; i < count; i++) {
		if (!say_action(sieve, logon, &acts[i],
				mapi_bag_get_int(rule, PidTagRuleId, 0)))
			return FALSE;
	}
	return TRUE;
}

/* --- rules ------------------------------------------------------------------------------- */

static bool say_condition(struct mapi_sieve *sieve, const struct mapi_bag *rule)
{
	const struct mapi_prop *prop = mapi_bag_get(rule, PidTagRuleCondition);

	if ((mapi_bag_get_int(rule, PidTagRuleState, 0) & STATE_EXIT_LEVEL) != 0)
		sieve->needs |= MAPI_SIEVE_VARIABLES;
	str_append(sieve->out, sieve->may_be_done ?
		   "if allof (" NOT_DONE ", " : "if allof (");
	if (prop == NULL || prop->v.res == NULL)
		str_append(sieve->out, "true");
	else if (!mapi_sieve_test(sieve, prop->v.res))
		return FALSE;
	str_append(sieve->out, ") {\r\n");
	return TRUE;
}

/* The last rule for a message: also if its actions are the client's */
static void say_end(struct mapi_sieve *sieve, int64_t state)
{
	if ((state & STATE_EXIT_LEVEL) != 0) {
		str_append(sieve->out, "\tset \"" MAPI_SIEVE_DONE
			   "\" \"1\";\r\n");
		sieve->may_be_done = TRUE;
	}
	str_append(sieve->out, "}\r\n");
}

static void say_rule(struct mapi_sieve *sieve, const struct mapi_logon *logon,
		     const struct mapi_bag *rule)
{
	int64_t state = mapi_bag_get_int(rule, PidTagRuleState, 0);
	struct mapi_sieve before = *sieve;
	size_t start = str_len(sieve->out), body;

	if ((state & STATE_ENABLED) == 0 ||
	    (state & (STATE_ONLY_WHEN_OOF | STATE_SKIP_IF_SAFE)) != 0)
		return;
	if (!say_condition(sieve, rule) ||
	    !site_can(sieve->rop, sieve->needs)) {
		*sieve = before;
		str_truncate(sieve->out, start);
		return;
	}
	before.needs = sieve->needs;
	body = str_len(sieve->out);
	if (!say_actions(sieve, logon, rule) ||
	    !site_can(sieve->rop, sieve->needs)) {
		*sieve = before;
		str_truncate(sieve->out, (state & STATE_EXIT_LEVEL) != 0 ?
			     body : start);
		if ((state & STATE_EXIT_LEVEL) == 0)
			return;
	}
	say_end(sieve, state);
}

static int rule_cmp(const struct mapi_bag *const *a,
		    const struct mapi_bag *const *b)
{
	int64_t x = mapi_bag_get_int(*a, PidTagRuleSequence, 0);
	int64_t y = mapi_bag_get_int(*b, PidTagRuleSequence, 0);

	return x < y ? -1 : x > y;
}

static void say_rules(struct mapi_sieve *sieve, const struct mapi_logon *logon,
		      const struct mapi_rules *rules)
{
	ARRAY(const struct mapi_bag *) order;
	const struct mapi_bag *rule;

	p_array_init(&order, sieve->rop->pool, 16);
	array_foreach(&rules->rules, rule)
		array_push_back(&order, &rule);
	array_sort(&order, rule_cmp);
	array_foreach_elem(&order, rule)
		say_rule(sieve, logon, rule);
}

static void say_require(string_t *out, enum mapi_sieve_need needs)
{
	const char *between = "require [";

	for (unsigned int i = 0; i < N_ELEMENTS(extensions); i++) {
		if ((needs & extensions[i].need) == 0)
			continue;
		str_printfa(out, "%s\"%s\"", between, extensions[i].name);
		between = ", ";
	}
	if (needs != 0)
		str_append(out, "];\r\n");
}

/* any_r: is there anything for Sieve to do? */
static const char *
rules_script(struct mapi_rop *rop, const struct mapi_logon *logon,
	     const struct mapi_rules *rules, const char *include, bool *any_r)
{
	string_t *script = str_new(rop->pool, 1024);
	struct mapi_sieve sieve;
	bool dollar;

	i_zero(&sieve);
	sieve.rop = rop;
	sieve.out = str_new(rop->pool, 1024);
	say_rules(&sieve, logon, rules);
	*any_r = str_len(sieve.out) > 0;
	if (include != NULL)
		sieve.needs |= MAPI_SIEVE_INCLUDE;
	dollar = strstr(str_c(sieve.out), "${" MAPI_SIEVE_DOLLAR "}") != NULL;
	if (dollar)
		sieve.needs |= MAPI_SIEVE_VARIABLES;
	str_append(script, RULES_HEAD);
	if (include != NULL)
		sieve_script_say_include(script, include);
	say_require(script, sieve.needs);
	if (dollar)
		str_append(script, "set \"" MAPI_SIEVE_DOLLAR "\" \"$\";\r\n");
	if ((sieve.needs & MAPI_SIEVE_PARTS) != 0)
		str_append(script, FIND_FILES);
	str_append_str(script, sieve.out);
	if (include != NULL) {
		str_append(script, "include :personal :optional ");
		mapi_sieve_string(script, include);
		str_append(script, ";\r\n");
	}
	return str_c(script);
}

/* --- which script runs ------------------------------------------------------------------------ */

struct running {
	/* NULL: none */
	const char *active;
	/* our script as it is; NULL: there is none */
	const char *script;
	/* which one ours includes, or has to */
	const char *include;
	/* ours runs: by itself, or included by that of the out of office */
	bool ours;
};

static int running_load(struct mapi_rop *rop, struct running *running_r)
{
	struct sieve_box *box = rop->env->sieve;
	const char *oof = NULL, *through = NULL;

	i_zero(running_r);
	if (sieve_box_active(box, rop->pool, &running_r->active) < 0 ||
	    sieve_box_read(box, SIEVE_SCRIPT_RULES, rop->pool,
			   &running_r->script) < 0)
		return -1;
	if (null_strcmp(running_r->active, SIEVE_SCRIPT_OOF) == 0) {
		if (sieve_box_read(box, SIEVE_SCRIPT_OOF, rop->pool, &oof) < 0)
			return -1;
		if (oof != NULL)
			through = sieve_script_include(rop->pool, oof);
	}
	running_r->ours =
		null_strcmp(running_r->active, SIEVE_SCRIPT_RULES) == 0 ||
		null_strcmp(through, SIEVE_SCRIPT_RULES) == 0;
	if (!running_r->ours)
		running_r->include = running_r->active;
	else if (running_r->script != NULL) {
		running_r->include = sieve_script_include(rop->pool,
							  running_r->script);
	}
	return 0;
}

/* Nothing to say: the one behind it takes its place, unless the out of office leads
   through it */
static int rules_stop(struct mapi_rop *rop, const struct running *running)
{
	struct sieve_box *box = rop->env->sieve;
	int ret = 0;

	if (null_strcmp(running->active, SIEVE_SCRIPT_RULES) != 0)
		return 0;
	if (running->include != NULL)
		ret = sieve_box_activate(box, running->include);
	if (ret == 0)
		ret = sieve_box_activate(box, NULL);
	return ret < 0 ? -1 : 0;
}

int mapi_rules_to_sieve(struct mapi_rop *rop, const struct mapi_logon *logon,
			const struct mapi_rules *rules)
{
	struct sieve_box *box = rop->env->sieve;
	struct running running;
	const char *script;
	bool any;

	if (!sieve_box_usable(box))
		return 0;
	if (running_load(rop, &running) < 0)
		return -1;
	script = rules_script(rop, logon, rules, running.include, &any);
	if (!any && running.script == NULL)
		return 0;
	if (null_strcmp(script, running.script) != 0 &&
	    sieve_box_write(box, SIEVE_SCRIPT_RULES, script) < 0)
		return -1;
	if (!any)
		return rules_stop(rop, &running);
	if (!running.ours &&
	    sieve_box_activate(box, SIEVE_SCRIPT_RULES) <= 0)
		return -1;
	return 0;
}
