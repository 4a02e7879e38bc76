/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Owns: the text of the change bus's records. */

#include "lib.h"
#include "strescape.h"
#include "strnum.h"
#include "dovetail-bus.h"

static bool line_finish(string_t *dest, size_t start)
{
	str_append_c(dest, '\n');
	if (str_len(dest) - start <= DT_BUS_MAX_LINE)
		return TRUE;
	str_truncate(dest, start);
	return FALSE;
}

bool bus_event_append(string_t *dest, const struct bus_event_record *event)
{
	size_t start = str_len(dest);

	str_append(dest, "E1\t");
	str_append_tabescaped(dest, event->owner);
	str_printfa(dest, "\t%s\t%x\t%016"PRIx64"\t",
		    guid_128_to_string(event->guid),
		    (unsigned int)event->events, event->origin);
	if (event->pvt_user != NULL)
		str_append_tabescaped(dest, event->pvt_user);
	return line_finish(dest, start);
}

bool bus_control_append(string_t *dest, const char *const *command_args)
{
	size_t start = str_len(dest);

	str_append(dest, "C1");
	for (; *command_args != NULL; command_args++) {
		str_append_c(dest, '\t');
		str_append_tabescaped(dest, *command_args);
	}
	return line_finish(dest, start);
}

void bus_overflow_append(string_t *dest)
{
	str_append(dest, "O1\n");
}

static int hex_parse(const char *str, unsigned int digits, uint64_t *num_r)
{
	if (str[0] == '\0' || strlen(str) > digits)
		return -1;
	return str_to_uint64_hex(str, num_r);
}

static int event_parse(const char *const *fields, struct bus_record *record_r,
		       const char **error_r)
{
	struct bus_event_record *event = &record_r->event;
	uint64_t events;

	if (str_array_length(fields) < 6) {
		*error_r = "event with too few fields";
		return -1;
	}
	event->owner = fields[1];
	if (strlen(fields[2]) != GUID_128_SIZE * 2 ||
	    guid_128_from_string(fields[2], event->guid) < 0) {
		*error_r = "event with an invalid GUID";
		return -1;
	}
	if (hex_parse(fields[3], 8, &events) < 0 ||
	    hex_parse(fields[4], 16, &event->origin) < 0) {
		*error_r = "event with an invalid number";
		return -1;
	}
	event->events = events & BUS_EVENTS_ALL;
	/* a newer writer's kind of event */
	if (event->events != events)
		event->events |= BUS_EVENT_UNKNOWN;
	event->pvt_user = fields[5][0] == '\0' ? NULL : fields[5];
	return 0;
}

static int control_parse(const char *const *fields, struct bus_record *record_r,
			 const char **error_r)
{
	unsigned int count = str_array_length(fields);

	if (count < 2 || count > BUS_CONTROL_MAX_ARGS + 2) {
		*error_r = "control record with a wrong number of fields";
		return -1;
	}
	for (unsigned int i = 1; i < count; i++)
		record_r->control[i - 1] = fields[i];
	return 0;
}

int bus_record_parse(const unsigned char *line, size_t size,
		     struct bus_record *record_r, const char **error_r)
{
	const char *const *fields;

	i_zero(record_r);
	if (size < 2 || size > DT_BUS_MAX_LINE ||
	    memchr(line, '\0', size) != NULL) {
		*error_r = "not a record";
		return -1;
	}
	fields = t_strsplit_tabescaped(t_strndup(line, size));
	if (strcmp(fields[0], "E1") == 0) {
		record_r->type = BUS_RECORD_EVENT;
		return event_parse(fields, record_r, error_r);
	}
	if (strcmp(fields[0], "C1") == 0) {
		record_r->type = BUS_RECORD_CONTROL;
		return control_parse(fields, record_r, error_r);
	}
	if (strcmp(fields[0], "O1") == 0) {
		record_r->type = BUS_RECORD_OVERFLOW;
		return 0;
	}
	record_r->type = BUS_RECORD_OTHER;
	if (strlen(fields[0]) != 2 || strchr("ECO", fields[0][0]) == NULL) {
		*error_r = "unknown kind of record";
		return -1;
	}
	return 0;
}
