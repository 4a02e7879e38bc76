/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names of default folders. The mailbox has the English one in every replica, so
   that two replicas that both made them become one; what is shown is the user's
   language (dovetail_language), until somebody renames the mailbox. */

#include "lib.h"
#include "str.h"
#include "compat.h"
#include "store-items.h"

/* As Exchange and Outlook name them in these languages; "collected" has no
   counterpart there. */
static const struct {
	const char *language;
	const char *calendar, *contacts, *collected, *tasks, *notes, *journal;
} store_names[] = {
	{ "en", "Calendar", "Contacts", "Collected Contacts", "Tasks", "Notes",
	  "Journal" },
	{ "bg", "Календар", "Контакти", "Събрани контакти", "Задачи",
	  "Бележки", "Дневник" },
	{ "ca", "Calendari", "Contactes", "Contactes recollits", "Tasques",
	  "Notes", "Diari" },
	{ "cs", "Kalendář", "Kontakty", "Shromážděné kontakty", "Úkoly",
	  "Poznámky", "Deník" },
	{ "da", "Kalender", "Kontaktpersoner", "Indsamlede kontaktpersoner",
	  "Opgaver", "Noter", "Journal" },
	{ "de", "Kalender", "Kontakte", "Gesammelte Kontakte", "Aufgaben",
	  "Notizen", "Journal" },
	{ "el", "Ημερολόγιο", "Επαφές", "Συλλεγμένες επαφές", "Εργασίες",
	  "Σημειώσεις", "Χρονικό" },
	{ "es", "Calendario", "Contactos", "Contactos recopilados", "Tareas",
	  "Notas", "Diario" },
	{ "et", "Kalender", "Kontaktid", "Kogutud kontaktid", "Ülesanded",
	  "Märkmed", "Päevik" },
	{ "fi", "Kalenteri", "Yhteystiedot", "Kerätyt yhteystiedot", "Tehtävät",
	  "Muistilaput", "Päiväkirja" },
	{ "fr", "Calendrier", "Contacts", "Contacts collectés", "Tâches",
	  "Notes", "Journal" },
	{ "he", "לוח שנה", "אנשי קשר", "אנשי קשר שנאספו", "משימות", "פתקים",
	  "יומן" },
	{ "hr", "Kalendar", "Kontakti", "Prikupljeni kontakti", "Zadaci",
	  "Bilješke", "Dnevnik" },
	{ "hu", "Naptár", "Névjegyek", "Összegyűjtött névjegyek", "Feladatok",
	  "Feljegyzések", "Napló" },
	{ "it", "Calendario", "Contatti", "Contatti raccolti", "Attività",
	  "Note", "Diario" },
	{ "ja", "予定表", "連絡先", "収集した連絡先", "タスク", "メモ", "履歴" },
	{ "ko", "일정", "연락처", "수집된 연락처", "작업", "메모", "업무 일지" },
	{ "lt", "Kalendorius", "Adresatai", "Surinkti adresatai", "Užduotys",
	  "Pastabos", "Žurnalas" },
	{ "lv", "Kalendārs", "Kontaktpersonas", "Savāktās kontaktpersonas",
	  "Uzdevumi", "Piezīmes", "Žurnāls" },
	{ "nb", "Kalender", "Kontakter", "Innsamlede kontakter", "Oppgaver",
	  "Notater", "Logg" },
	{ "nl", "Agenda", "Contactpersonen", "Verzamelde contactpersonen",
	  "Taken", "Notities", "Logboek" },
	{ "pl", "Kalendarz", "Kontakty", "Zebrane kontakty", "Zadania",
	  "Notatki", "Dziennik" },
	{ "pt", "Calendário", "Contactos", "Contactos recolhidos", "Tarefas",
	  "Notas", "Diário" },
	{ "pt-br", "Calendário", "Contatos", "Contatos coletados", "Tarefas",
	  "Anotações", "Diário" },
	{ "ro", "Calendar", "Persoane de contact",
	  "Persoane de contact colectate", "Activități", "Note", "Jurnal" },
	{ "ru", "Календарь", "Контакты", "Собранные контакты", "Задачи",
	  "Заметки", "Дневник" },
	{ "sk", "Kalendár", "Kontakty", "Zhromaždené kontakty", "Úlohy",
	  "Poznámky", "Denník" },
	{ "sl", "Koledar", "Stiki", "Zbrani stiki", "Opravila", "Opombe",
	  "Dnevnik" },
	{ "sv", "Kalender", "Kontakter", "Insamlade kontakter", "Uppgifter",
	  "Anteckningar", "Journal" },
	{ "tr", "Takvim", "Kişiler", "Toplanan kişiler", "Görevler", "Notlar",
	  "Günlük" },
	{ "uk", "Календар", "Контакти", "Зібрані контакти", "Завдання",
	  "Нотатки", "Щоденник" },
	{ "zh", "日历", "联系人", "收集的联系人", "任务", "便笺", "日记" },
	{ "zh-tw", "行事曆", "連絡人", "收集的連絡人", "工作", "記事", "日誌" },
};

static const struct {
	const char *tag, *language;
} store_language_aliases[] = {
	{ "no", "nb" }, { "nn", "nb" }, { "iw", "he" },
	{ "zh-hant", "zh-tw" }, { "zh-hk", "zh-tw" }, { "zh-mo", "zh-tw" },
};

static int store_language_find(const char *tag)
{
	unsigned int i;

	for (i = 0; i < N_ELEMENTS(store_language_aliases); i++) {
		if (strcmp(store_language_aliases[i].tag, tag) == 0)
			tag = store_language_aliases[i].language;
	}
	for (i = 0; i < N_ELEMENTS(store_names); i++) {
		if (strcmp(store_names[i].language, tag) == 0)
			return i;
	}
	return -1;
}

/* "de", "de-AT", "de_AT.UTF-8": the longest that is known; -1: none is. */
static int store_language_index(const char *tag)
{
	char *copy = t_strdup_noconst(tag), *p;
	int idx;

	copy = str_lcase(copy);
	copy[strcspn(copy, ".@")] = '\0';
	for (p = copy; *p != '\0'; p++) {
		if (*p == '_')
			*p = '-';
	}
	while ((idx = store_language_find(copy)) < 0 &&
	       (p = strrchr(copy, '-')) != NULL)
		*p = '\0';
	return idx;
}

static const char *store_name_at(unsigned int idx, enum store_role role)
{
	switch (role) {
	case STORE_ROLE_CALENDAR:
		return store_names[idx].calendar;
	case STORE_ROLE_CONTACTS:
		return store_names[idx].contacts;
	case STORE_ROLE_COLLECTED:
		return store_names[idx].collected;
	case STORE_ROLE_TASKS:
		return store_names[idx].tasks;
	case STORE_ROLE_NOTES:
		return store_names[idx].notes;
	case STORE_ROLE_JOURNAL:
		return store_names[idx].journal;
	default:
		return NULL;
	}
}

const char *store_item_role_mailbox(enum store_role role, unsigned int nth)
{
	const char *name = store_name_at(0, role);

	return nth < 2 ? name : t_strdup_printf("%s %u", name, nth);
}

const char *store_display_name(struct store *store,
			       const struct store_node *node, pool_t pool)
{
	const char *name = store_name_at(0, node->item_role), *rest, *tag;
	int idx;

	if (name == NULL || store_role_class(node->item_role) !=
	    node->info.class || !compat_str_begins(node->info.name, name))
		return node->info.name;
	/* "Notes 2", where an IMAP client had Notes already */
	rest = node->info.name + strlen(name);
	if (*rest != '\0' && (*rest != ' ' ||
			      strspn(rest + 1, "0123456789") !=
			      strlen(rest + 1)))
		return node->info.name;
	tag = store_setting(store, "dovetail_language");
	idx = tag == NULL ? 0 : store_language_index(tag);
	return p_strconcat(pool, store_name_at(I_MAX(idx, 0),
							   node->item_role),
			   rest, NULL);
}
