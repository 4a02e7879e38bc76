/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the form of the access log's lines. */

#include "lib.h"
#include "array.h"
#include "net.h"
#include "str.h"
#include "front.h"
#include "front-conn.h"
#include "front-log.h"

#define LOG_MAX_PATH 80
#define LOG_MAX_DEVICE 64
#define LOG_MAX_AGENT 60
#define LOG_MAX_USER 128
#define LOG_MAX_VALUE 200
#define LOG_MAX_FIELDS 24
/* no value has it: they are escaped */
#define LOG_DEVICE_MARK '\001'

static bool value_needs_quotes(const char *value)
{
	if (*value == '\0')
		return TRUE;
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value <= ' ' || *value == '"' ||
		    *value == '\\' || (unsigned char)*value >= 0x7f ||
		    *value == '=')
			return TRUE;
	}
	return FALSE;
}

void front_log_append(string_t *dest, const char *key, const char *value,
		      size_t max_len)
{
	size_t i, len;

	if (value == NULL)
		return;
	str_printfa(dest, " %s=", key);
	len = strlen(value);
	if (!value_needs_quotes(value) && len <= max_len) {
		str_append(dest, value);
		return;
	}
	str_append_c(dest, '"');
	for (i = 0; i < len && i < max_len; i++) {
		unsigned char c = value[i];

		if (c == '"' || c == '\\')
			str_printfa(dest, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			str_printfa(dest, "\\x%02x", c);
		else
			str_append_c(dest, c);
	}
	str_append(dest, i < len ? "...\"" : "\"");
}

const char *front_log_common(const char *method, const char *path,
			     const struct front_target *target,
			     const char *user_agent)
{
	string_t *text = t_str_new(256);

	front_log_append(text, "method", method, 16);
	front_log_append(text, "path", path, LOG_MAX_PATH);
	front_log_append(text, "cmd", target->command, 32);
	str_append_c(text, LOG_DEVICE_MARK);
	front_log_append(text, "type", target->device_type, 32);
	front_log_append(text, "ua", user_agent, LOG_MAX_AGENT);
	return str_c(text);
}

const char *front_log_text(const char *common, const char *device)
{
	const char *mark = strchr(common, LOG_DEVICE_MARK);
	string_t *text = t_str_new(256);

	i_assert(mark != NULL);
	str_append_data(text, common, mark - common);
	front_log_append(text, "device", device, LOG_MAX_DEVICE);
	str_append(text, mark + 1);
	return str_c(text);
}

/* The worker is trusted no more than its user. */
static bool key_is_clean(const char *key)
{
	size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz_-0123456789");

	return len > 0 && len <= 32 && key[len] == '\0';
}

static void log_append_fields(string_t *line,
			      const ARRAY_TYPE(ipc_header) *fields)
{
	const struct ipc_header *field;
	unsigned int left = LOG_MAX_FIELDS;

	array_foreach(fields, field) {
		if (left-- == 0)
			break;
		if (key_is_clean(field->name)) {
			front_log_append(line, field->name, field->value,
					 LOG_MAX_VALUE);
		}
	}
}

void front_log_access(struct event *event, const struct front_log_entry *entry)
{
	string_t *line = t_str_new(512);

	str_printfa(line, "access: id=%"PRIu64" status=%u rip=%s%s", entry->id,
		    entry->status, net_ip2addr(&entry->rip), entry->text);
	front_log_append(line, "user", entry->user, LOG_MAX_USER);
	str_printfa(line, " in=%"PRIuUOFF_T" out=%"PRIuUOFF_T" ms=%u",
		    entry->bytes_in, entry->bytes_out, entry->msecs);
	if (entry->worker_pid != 0)
		str_printfa(line, " worker=%s", dec2str(entry->worker_pid));
	front_log_append(line, "note", entry->note, LOG_MAX_VALUE);
	if (entry->fields != NULL && array_is_created(entry->fields))
		log_append_fields(line, entry->fields);
	e_info(event, "%s", str_c(line));
}

void front_log_broken(const struct front_conn *conn, unsigned int status,
		      const char *method, const char *target,
		      const char *error)
{
	const struct front_target none = { .command = NULL };
	struct front_log_entry entry;

	i_zero(&entry);
	entry.rip = conn->peer.remote_ip;
	entry.text = front_log_text(front_log_common(method, target, &none,
						     NULL), NULL);
	entry.status = status;
	entry.note = error;
	front_log_access(conn->front->event, &entry);
}
