/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* Names that Autodiscover, the mailbox and the address book must agree on. They are
   made of the address alone: nothing has to be stored or looked up. */

#include "lib.h"
#include "hex-dec.h"
#include "sha2.h"
#include "str.h"
#include "dovetail-mapi.h"

#include <ctype.h>

/* The administrative group's name is the one of every Exchange; clients expect one of
   that form (MS-OXOABK 2.2.1.1). */
#define DN_PREFIX "/o=Dovetail/ou=Exchange Administrative Group " \
	"(FYDIBOHF23SPDLT)/cn=Recipients/cn="
#define GUID_SALT "dovetail mailbox"

static bool dn_char_is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
		c == '-';
}

/* A "@" would make it look like an address, and a "/" like another part. */
const char *mapi_dn_of_address(const char *address)
{
	string_t *dn = t_str_new(128);
	const char *p;

	str_append(dn, DN_PREFIX);
	for (p = t_str_lcase(address); *p != '\0'; p++) {
		if (dn_char_is_plain(*p))
			str_append_c(dn, *p);
		else
			str_printfa(dn, "_%02x", (unsigned char)*p);
	}
	return str_c(dn);
}

const char *mapi_address_of_dn(const char *dn)
{
	string_t *address = t_str_new(64);
	const unsigned char *p;
	unsigned char c;

	if (strncasecmp(dn, DN_PREFIX, strlen(DN_PREFIX)) != 0)
		return NULL;
	p = (const unsigned char *)t_str_lcase(dn + strlen(DN_PREFIX));
	for (; *p != '\0'; p++) {
		if (*p != '_') {
			if (!dn_char_is_plain(*p))
				return NULL;
			str_append_c(address, *p);
			continue;
		}
		if (!i_isxdigit(p[1]) || !i_isxdigit(p[2]))
			return NULL;
		c = hex2dec(p + 1, 2);
		/* what would have been written otherwise is not ours */
		if (c == '\0' || dn_char_is_plain(i_tolower(c)))
			return NULL;
		str_append_c(address, c);
		p += 2;
	}
	return str_len(address) == 0 ? NULL : str_c(address);
}

void mapi_mailbox_guid(const char *address, guid_128_t guid_r)
{
	unsigned char digest[SHA256_RESULTLEN];
	struct sha256_ctx ctx;

	address = t_str_lcase(address);
	sha256_init(&ctx);
	sha256_loop(&ctx, GUID_SALT, sizeof(GUID_SALT));
	sha256_loop(&ctx, address, strlen(address));
	sha256_result(&ctx, digest);
	memcpy(guid_r, digest, GUID_128_SIZE);
	/* RFC 4122: version 5 (made of a name), its variant; in wire order the
	   version is in the eighth byte */
	guid_r[7] = (guid_r[7] & 0x0f) | 0x50;
	guid_r[8] = (guid_r[8] & 0x3f) | 0x80;
}

const char *mapi_guid_text(const guid_128_t guid)
{
	return t_strdup_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
		"%02x%02x%02x%02x%02x%02x", guid[3], guid[2], guid[1], guid[0],
		guid[5], guid[4], guid[7], guid[6], guid[8], guid[9], guid[10],
		guid[11], guid[12], guid[13], guid[14], guid[15]);
}
