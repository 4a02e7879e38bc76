/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which folder is Sent: by special use (RFC 6154) where the site or a client
   said so, else by the names that mail programs give. */

#include "lib.h"
#include "array.h"
#include "unichar.h"
#include "store-private.h"

static const struct {
	enum store_role role;
	const char *special_use, *name;
} store_roles[] = {
	{ STORE_ROLE_DRAFTS, "\\Drafts", "Drafts" },
	{ STORE_ROLE_SENT, "\\Sent", "Sent" },
	{ STORE_ROLE_TRASH, "\\Trash", "Trash" },
	{ STORE_ROLE_JUNK, "\\Junk", "Junk" },
	{ STORE_ROLE_ARCHIVE, "\\Archive", "Archive" },
	{ STORE_ROLE_OUTBOX, NULL, "Outbox" },
	{ STORE_ROLE_FLAGGED, "\\Flagged", NULL },
	{ STORE_ROLE_ALL, "\\All", NULL },
};

/* Names that Outlook, Thunderbird, Apple Mail, Horde, Roundcube and the phones
   of these countries made on IMAP servers. Earlier rows win. */
static const struct {
	enum store_role role;
	const char *name;
} store_role_names[] = {
	{ STORE_ROLE_SENT, "Sent" },
	{ STORE_ROLE_SENT, "Sent Items" },
	{ STORE_ROLE_SENT, "Sent Messages" },
	{ STORE_ROLE_SENT, "Sent Mail" },
	{ STORE_ROLE_SENT, "sent-mail" },
	{ STORE_ROLE_SENT, "Gesendet" },
	{ STORE_ROLE_SENT, "Gesendete Elemente" },
	{ STORE_ROLE_SENT, "Gesendete Objekte" },
	{ STORE_ROLE_SENT, "Envoyés" },
	{ STORE_ROLE_SENT, "Éléments envoyés" },
	{ STORE_ROLE_SENT, "Messages envoyés" },
	{ STORE_ROLE_SENT, "Enviados" },
	{ STORE_ROLE_SENT, "Elementos enviados" },
	{ STORE_ROLE_SENT, "Itens enviados" },
	{ STORE_ROLE_SENT, "Inviata" },
	{ STORE_ROLE_SENT, "Posta inviata" },
	{ STORE_ROLE_SENT, "Verzonden" },
	{ STORE_ROLE_SENT, "Verzonden items" },
	{ STORE_ROLE_SENT, "Skickat" },
	{ STORE_ROLE_SENT, "Sendt" },
	{ STORE_ROLE_SENT, "Sendte elementer" },
	{ STORE_ROLE_SENT, "Sendt post" },
	{ STORE_ROLE_SENT, "Lähetetyt" },
	{ STORE_ROLE_SENT, "Wysłane" },
	{ STORE_ROLE_SENT, "Elementy wysłane" },
	{ STORE_ROLE_SENT, "Odeslaná pošta" },
	{ STORE_ROLE_SENT, "Elküldött" },
	{ STORE_ROLE_SENT, "Отправленные" },
	{ STORE_ROLE_SENT, "Надіслані" },
	{ STORE_ROLE_SENT, "Gönderilmiş Öğeler" },
	{ STORE_ROLE_SENT, "送信済み" },
	{ STORE_ROLE_SENT, "送信済みアイテム" },
	{ STORE_ROLE_SENT, "已发送" },
	{ STORE_ROLE_SENT, "已发送邮件" },
	{ STORE_ROLE_SENT, "寄件備份" },
	{ STORE_ROLE_SENT, "보낸 편지함" },
	{ STORE_ROLE_DRAFTS, "Drafts" },
	{ STORE_ROLE_DRAFTS, "Draft" },
	{ STORE_ROLE_DRAFTS, "Entwürfe" },
	{ STORE_ROLE_DRAFTS, "Brouillons" },
	{ STORE_ROLE_DRAFTS, "Borradores" },
	{ STORE_ROLE_DRAFTS, "Rascunhos" },
	{ STORE_ROLE_DRAFTS, "Bozze" },
	{ STORE_ROLE_DRAFTS, "Concepten" },
	{ STORE_ROLE_DRAFTS, "Utkast" },
	{ STORE_ROLE_DRAFTS, "Kladder" },
	{ STORE_ROLE_DRAFTS, "Luonnokset" },
	{ STORE_ROLE_DRAFTS, "Kopie robocze" },
	{ STORE_ROLE_DRAFTS, "Szkice" },
	{ STORE_ROLE_DRAFTS, "Koncepty" },
	{ STORE_ROLE_DRAFTS, "Piszkozatok" },
	{ STORE_ROLE_DRAFTS, "Черновики" },
	{ STORE_ROLE_DRAFTS, "Чернетки" },
	{ STORE_ROLE_DRAFTS, "Taslaklar" },
	{ STORE_ROLE_DRAFTS, "下書き" },
	{ STORE_ROLE_DRAFTS, "草稿" },
	{ STORE_ROLE_DRAFTS, "草稿箱" },
	{ STORE_ROLE_DRAFTS, "임시 보관함" },
	{ STORE_ROLE_TRASH, "Trash" },
	{ STORE_ROLE_TRASH, "Deleted Items" },
	{ STORE_ROLE_TRASH, "Deleted Messages" },
	{ STORE_ROLE_TRASH, "Bin" },
	{ STORE_ROLE_TRASH, "Papierkorb" },
	{ STORE_ROLE_TRASH, "Gelöschte Elemente" },
	{ STORE_ROLE_TRASH, "Gelöschte Objekte" },
	{ STORE_ROLE_TRASH, "Corbeille" },
	{ STORE_ROLE_TRASH, "Éléments supprimés" },
	{ STORE_ROLE_TRASH, "Papelera" },
	{ STORE_ROLE_TRASH, "Elementos eliminados" },
	{ STORE_ROLE_TRASH, "Lixeira" },
	{ STORE_ROLE_TRASH, "Itens excluídos" },
	{ STORE_ROLE_TRASH, "Cestino" },
	{ STORE_ROLE_TRASH, "Posta eliminata" },
	{ STORE_ROLE_TRASH, "Prullenbak" },
	{ STORE_ROLE_TRASH, "Verwijderde items" },
	{ STORE_ROLE_TRASH, "Papperskorgen" },
	{ STORE_ROLE_TRASH, "Slettede elementer" },
	{ STORE_ROLE_TRASH, "Papirkurv" },
	{ STORE_ROLE_TRASH, "Roskakori" },
	{ STORE_ROLE_TRASH, "Kosz" },
	{ STORE_ROLE_TRASH, "Elementy usunięte" },
	{ STORE_ROLE_TRASH, "Koš" },
	{ STORE_ROLE_TRASH, "Kuka" },
	{ STORE_ROLE_TRASH, "Корзина" },
	{ STORE_ROLE_TRASH, "Удаленные" },
	{ STORE_ROLE_TRASH, "Кошик" },
	{ STORE_ROLE_TRASH, "Silinmiş Öğeler" },
	{ STORE_ROLE_TRASH, "ゴミ箱" },
	{ STORE_ROLE_TRASH, "削除済みアイテム" },
	{ STORE_ROLE_TRASH, "已删除" },
	{ STORE_ROLE_TRASH, "已删除邮件" },
	{ STORE_ROLE_TRASH, "垃圾桶" },
	{ STORE_ROLE_TRASH, "휴지통" },
	{ STORE_ROLE_JUNK, "Junk" },
	{ STORE_ROLE_JUNK, "Junk E-mail" },
	{ STORE_ROLE_JUNK, "Junk Email" },
	{ STORE_ROLE_JUNK, "Spam" },
	{ STORE_ROLE_JUNK, "Bulk Mail" },
	{ STORE_ROLE_JUNK, "Junk-E-Mail" },
	{ STORE_ROLE_JUNK, "Courrier indésirable" },
	{ STORE_ROLE_JUNK, "Indésirables" },
	{ STORE_ROLE_JUNK, "Correo no deseado" },
	{ STORE_ROLE_JUNK, "Lixo Eletrônico" },
	{ STORE_ROLE_JUNK, "Posta indesiderata" },
	{ STORE_ROLE_JUNK, "Ongewenste e-mail" },
	{ STORE_ROLE_JUNK, "Skräppost" },
	{ STORE_ROLE_JUNK, "Søppelpost" },
	{ STORE_ROLE_JUNK, "Roskaposti" },
	{ STORE_ROLE_JUNK, "Wiadomości-śmieci" },
	{ STORE_ROLE_JUNK, "Спам" },
	{ STORE_ROLE_JUNK, "迷惑メール" },
	{ STORE_ROLE_JUNK, "垃圾邮件" },
	{ STORE_ROLE_JUNK, "스팸" },
	{ STORE_ROLE_ARCHIVE, "Archive" },
	{ STORE_ROLE_ARCHIVE, "Archives" },
	{ STORE_ROLE_ARCHIVE, "Archiv" },
	{ STORE_ROLE_ARCHIVE, "Archivo" },
	{ STORE_ROLE_ARCHIVE, "Archivio" },
	{ STORE_ROLE_ARCHIVE, "Archief" },
	{ STORE_ROLE_ARCHIVE, "Arkiv" },
	{ STORE_ROLE_ARCHIVE, "Архив" },
	{ STORE_ROLE_OUTBOX, "Outbox" },
};

bool store_role_of_special_use(const char *special_use, enum store_role *role_r)
{
	const char *const *uses;
	unsigned int i;

	for (uses = t_strsplit_spaces(special_use, " "); *uses != NULL; uses++) {
		for (i = 0; i < N_ELEMENTS(store_roles); i++) {
			if (store_roles[i].special_use != NULL &&
			    strcasecmp(*uses, store_roles[i].special_use) == 0) {
				*role_r = store_roles[i].role;
				return TRUE;
			}
		}
	}
	return FALSE;
}

const char *store_role_special_use(enum store_role role)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_roles); i++) {
		if (store_roles[i].role == role)
			return store_roles[i].special_use;
	}
	return NULL;
}

const char *store_role_default_name(enum store_role role)
{
	for (unsigned int i = 0; i < N_ELEMENTS(store_roles); i++) {
		if (store_roles[i].role == role)
			return store_roles[i].name;
	}
	return NULL;
}

/* Letter case and Unicode composition as people see it. */
static const char *store_role_fold(const char *name)
{
	buffer_t *buf = t_buffer_create(64);

	if (uni_utf8_to_decomposed_titlecase(name, strlen(name), buf) < 0)
		return name;
	buffer_append_c(buf, '\0');
	return buf->data;
}

static struct store_node *
store_role_best(struct store_tree *tree, unsigned int row)
{
	struct store_node *node, *best = NULL;
	const char *want = store_role_fold(store_role_names[row].name);

	array_foreach_elem(&tree->nodes, node) {
		/* below the root or, as Courier's clients do, below INBOX */
		if (!node->info.selectable || node->info.foreign ||
		    node->info.role != STORE_ROLE_NONE ||
		    node->info.class != STORE_CLASS_MAIL ||
		    (node->parent != NULL &&
		     node->parent->info.role != STORE_ROLE_INBOX))
			continue;
		if (strcmp(store_role_fold(node->info.name), want) != 0)
			continue;
		if (best == NULL ||
		    (best->parent != NULL && node->parent == NULL))
			best = node;
	}
	return best;
}

void store_roles_guess(struct store_tree *tree)
{
	bool taken[STORE_ROLE_JOURNAL + 1] = { FALSE };
	struct store_node *node;
	unsigned int i;

	array_foreach_elem(&tree->nodes, node)
		taken[node->info.role] = TRUE;
	for (i = 0; i < N_ELEMENTS(store_role_names); i++) T_BEGIN {
		if (!taken[store_role_names[i].role] &&
		    (node = store_role_best(tree, i)) != NULL) {
			node->info.role = store_role_names[i].role;
			taken[node->info.role] = TRUE;
		}
	} T_END;
}

/* The same for another owner's folders. */
static struct store_folder_info *
store_role_best_info(ARRAY_TYPE(store_folder_info) *infos, unsigned int row)
{
	const char *want = store_role_fold(store_role_names[row].name);
	struct store_folder_info *info;
	const struct store_folder_info *inbox = NULL;

	array_foreach_modifiable(infos, info) {
		if (info->role == STORE_ROLE_INBOX)
			inbox = info;
		if (info->selectable && info->role == STORE_ROLE_NONE &&
		    info->class == STORE_CLASS_MAIL &&
		    (info->parent == 0 ||
		     (inbox != NULL && info->parent == inbox->fid)) &&
		    strcmp(store_role_fold(info->name), want) == 0)
			return info;
	}
	return NULL;
}

void store_roles_guess_infos(ARRAY_TYPE(store_folder_info) *infos)
{
	bool taken[STORE_ROLE_JOURNAL + 1] = { FALSE };
	struct store_folder_info *info;
	unsigned int i;

	array_foreach_modifiable(infos, info)
		taken[info->role] = TRUE;
	for (i = 0; i < N_ELEMENTS(store_role_names); i++) T_BEGIN {
		if (!taken[store_role_names[i].role] &&
		    (info = store_role_best_info(infos, i)) != NULL) {
			info->role = store_role_names[i].role;
			taken[info->role] = TRUE;
		}
	} T_END;
}
