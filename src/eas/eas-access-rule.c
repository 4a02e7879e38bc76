/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* What rules about devices say. Pure. */

#include "lib.h"
#include "eas-access.h"
#include "wildcard-match.h"

static bool fact_matches(const char *value, const char *mask)
{
	return wildcard_match_icase(value == NULL ? "" : value, mask);
}

static bool groups_match(const char *const *groups, const char *mask)
{
	for (; groups != NULL && *groups != NULL; groups++) {
		if (wildcard_match_icase(*groups, mask))
			return TRUE;
	}
	return FALSE;
}

/* "FIELD:MASK"; an unknown field fits nothing: settings are checked at start. */
static bool
condition_holds(const char *condition, const struct eas_access_facts *facts)
{
	const char *colon = strchr(condition, ':'), *field, *mask;

	if (colon == NULL)
		return FALSE;
	field = t_strdup_until(condition, colon);
	mask = colon + 1;
	if (strcmp(field, "type") == 0)
		return fact_matches(facts->type, mask);
	if (strcmp(field, "os") == 0)
		return fact_matches(facts->os, mask);
	if (strcmp(field, "agent") == 0)
		return fact_matches(facts->agent, mask);
	if (strcmp(field, "model") == 0)
		return fact_matches(facts->model, mask);
	if (strcmp(field, "user") == 0)
		return fact_matches(facts->user, mask);
	return strcmp(field, "group") == 0 && groups_match(facts->groups, mask);
}

static bool rule_holds(const char *rule, const char *end,
		       const struct eas_access_facts *facts)
{
	const char *const *conditions =
		t_strsplit(t_strdup_until(rule, end), "&");

	if (*conditions == NULL)
		return FALSE;
	for (; *conditions != NULL; conditions++) {
		if (!condition_holds(*conditions, facts))
			return FALSE;
	}
	return TRUE;
}

const char *eas_access_match(const char *rules,
			     const struct eas_access_facts *facts,
			     const char **rule_r)
{
	const char *const *list = t_strsplit_spaces(rules, " ");

	for (; *list != NULL; list++) {
		const char *end = strrchr(*list, '=');

		if (end != NULL && rule_holds(*list, end, facts)) {
			*rule_r = *list;
			return end + 1;
		}
	}
	return NULL;
}
