/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* The marker file of mailboxes that hold items: what folder/class says, for who
   opens no database. It lies in the mailbox's control directory, and so follows
   renames and goes with the mailbox. */

#include "lib.h"
#include "../include/dovetail-plugin.h"
#include "dovetail-plugin.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>

static const char *dovetail_marker_path(struct mailbox *box)
{
	const char *dir;

	return mailbox_get_path_to(box, MAILBOX_LIST_PATH_TYPE_CONTROL,
				   &dir) <= 0 ? NULL :
		t_strconcat(dir, "/" DOVETAIL_MARKER_NAME, NULL);
}

/* Written beside and renamed: a reader sees a whole one. */
static int dovetail_marker_replace(struct mailbox *box, const char *path,
				   const char *class)
{
	const struct mailbox_permissions *perm = mailbox_get_permissions(box);
	const char *tmp = t_strdup_printf("%s.%ld.tmp", path, (long)getpid());
	mode_t old_mask = umask(0777 & ~perm->file_create_mode);
	int ret = -1, fd;

	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		  perm->file_create_mode & 0666);
	umask(old_mask);
	if (fd == -1)
		return -1;
	if (perm->file_create_gid != (gid_t)-1)
		(void)!fchown(fd, (uid_t)-1, perm->file_create_gid);
	class = t_strconcat(class, "\n", NULL);
	if (write(fd, class, strlen(class)) == (ssize_t)strlen(class))
		ret = rename(tmp, path);
	i_close_fd(&fd);
	if (ret < 0)
		i_unlink_if_exists(tmp);
	return ret;
}

void dovetail_marker_write(struct mailbox *box, const char *class)
{
	const char *path = dovetail_marker_path(box);

	if (path == NULL)
		return;
	if (class == NULL || *class == '\0' || strcmp(class, "mail") == 0) {
		i_unlink_if_exists(path);
	} else if (dovetail_marker_replace(box, path, class) < 0) {
		/* the attribute is there: the folder is only not hidden */
		e_error(box->event, "dovetail: writing %s failed: %m", path);
	}
}

bool dovetail_marker_exists(struct mailbox_list *list, const char *vname)
{
	const char *name = mailbox_list_get_storage_name(list, vname), *dir;

	return mailbox_list_get_path(list, name,
				     MAILBOX_LIST_PATH_TYPE_CONTROL,
				     &dir) > 0 &&
		faccessat(AT_FDCWD, t_strconcat(dir, "/" DOVETAIL_MARKER_NAME,
						NULL), F_OK, AT_EACCESS) == 0;
}
