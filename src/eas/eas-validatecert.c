/* Copyright (c) 2026 Dovetail authors. SPDX-License-Identifier: LGPL-2.1-or-later */

/* ValidateCert (MS-ASCMD 2.2.1.22), with OpenSSL against the system's
   certificates. Nothing is fetched: neither issuers (AIA) nor CRLs (D10). */

#include "eas.h"
#include "base64.h"
#include "compat.h"
#include "buffer.h"

#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

/* MS-ASCMD 2.2.3.177.18 */
enum eas_cert_status {
	EAS_CERT_OK = 1,
	EAS_CERT_PROTOCOL = 2,
	EAS_CERT_SIGNATURE = 3,
	EAS_CERT_UNTRUSTED = 4,
	EAS_CERT_CHAIN = 5,
	EAS_CERT_NOT_FOR_MAIL = 6,
	EAS_CERT_EXPIRED = 7,
	EAS_CERT_TIME_NESTING = 8,
	EAS_CERT_MISUSED = 9,
	EAS_CERT_INFORMATION = 10,
	EAS_CERT_CHAIN_MISUSED = 11,
	EAS_CERT_REVOKED = 13,
	EAS_CERT_REVOCATION_OFFLINE = 14,
	EAS_CERT_CHAIN_REVOKED = 15,
	EAS_CERT_UNKNOWN = 17,
};

/* 3.1.5.10 Limiting Size of Command Requests */
#define EAS_CERTS_MAX 100
#define EAS_CERT_SIZE_MAX (128 * 1024)

/* What OpenSSL finds -> status, for the certificate itself and for one above */
static const struct {
	int error;
	unsigned int leaf, above;
} eas_cert_errors[] = {
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, 3, 3 },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, 3, 3 },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, 3, 3 },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, 4, 4 },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, 4, 4 },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, 4, 4 },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, 4, 4 },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, 4, 4 },
	{ X509_V_ERR_CERT_UNTRUSTED, 4, 4 },
	{ X509_V_ERR_CERT_REJECTED, 4, 4 },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, 5, 5 },
	{ X509_V_ERR_INVALID_CA, 5, 5 },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, 5, 5 },
	{ X509_V_ERR_INVALID_PURPOSE, 6, 11 },
	{ X509_V_ERR_CERT_NOT_YET_VALID, 7, 8 },
	{ X509_V_ERR_CERT_HAS_EXPIRED, 7, 8 },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, 9, 9 },
	{ X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE, 6, 9 },
	{ X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, 10, 10 },
	{ X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, 10, 10 },
	{ X509_V_ERR_INVALID_EXTENSION, 10, 10 },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, 10, 10 },
	{ X509_V_ERR_CERT_REVOKED, 13, 15 },
	{ X509_V_ERR_UNABLE_TO_GET_CRL, 14, 14 },
};

struct eas_certs {
	struct eas_request *req;
	X509_STORE *store;
	STACK_OF(X509) *chain;
	bool check_crl;
};

static buffer_t *cert_data(const struct wbxml_node *node)
{
	buffer_t *buf = t_buffer_create(1024);

	if (node->in_file || node->size > EAS_CERT_SIZE_MAX)
		return NULL;
	if (compat_base64_decode(node->text, node->size, buf) < 0) {
		/* Some clients send the bytes as they are. */
		buffer_set_used_size(buf, 0);
		buffer_append(buf, node->text, node->size);
	}
	return buf;
}

/* A certificate, or a PKCS #7 object with some: the first, and the others as
   its chain. */
static X509 *cert_parse(struct eas_certs *certs, const struct wbxml_node *node)
{
	const buffer_t *buf = cert_data(node);
	const unsigned char *p;
	STACK_OF(X509) *list;
	X509 *cert;
	PKCS7 *p7;

	if (buf == NULL || buf->used == 0)
		return NULL;
	p = buf->data;
	if ((cert = d2i_X509(NULL, &p, buf->used)) != NULL)
		return cert;
	p = buf->data;
	if ((p7 = d2i_PKCS7(NULL, &p, buf->used)) == NULL)
		return NULL;
	list = PKCS7_type_is_signed(p7) ? p7->d.sign->cert : NULL;
	for (int i = 0; list != NULL && i < sk_X509_num(list); i++) {
		X509 *item = sk_X509_value(list, i);

		X509_up_ref(item);
		if (i == 0)
			cert = item;
		else
			sk_X509_push(certs->chain, item);
	}
	PKCS7_free(p7);
	return cert;
}

static bool cert_has_crl(X509 *cert)
{
	return X509_get_ext_by_NID(cert, NID_crl_distribution_points, -1) >= 0;
}

static unsigned int cert_error_status(X509_STORE_CTX *ctx)
{
	int error = X509_STORE_CTX_get_error(ctx);
	bool leaf = X509_STORE_CTX_get_error_depth(ctx) == 0;

	for (unsigned int i = 0; i < N_ELEMENTS(eas_cert_errors); i++) {
		if (eas_cert_errors[i].error == error) {
			return leaf ? eas_cert_errors[i].leaf :
				eas_cert_errors[i].above;
		}
	}
	return EAS_CERT_UNKNOWN;
}

static unsigned int cert_verify(struct eas_certs *certs, X509 *cert)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	unsigned int status = EAS_CERT_UNKNOWN;

	if (ctx != NULL &&
	    X509_STORE_CTX_init(ctx, certs->store, cert, certs->chain) == 1 &&
	    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SMIME_SIGN) == 1) {
		status = X509_verify_cert(ctx) == 1 ? EAS_CERT_OK :
			cert_error_status(ctx);
	}
	X509_STORE_CTX_free(ctx);
	/* 2.2.3.25: with CheckCRL a revocation list that cannot be had counts */
	if (status == EAS_CERT_OK && certs->check_crl && cert_has_crl(cert))
		status = EAS_CERT_REVOCATION_OFFLINE;
	return status;
}

static unsigned int
cert_validate(struct eas_certs *certs, const struct wbxml_node *node)
{
	X509 *cert = cert_parse(certs, node);
	unsigned int status;

	if (cert == NULL)
		return EAS_CERT_SIGNATURE;
	status = cert_verify(certs, cert);
	X509_free(cert);
	return status;
}

static void certs_read_chain(struct eas_certs *certs)
{
	const struct wbxml_node *node = wbxml_child(
		wbxml_child(certs->req->root, VC_CertificateChain),
		VC_Certificate);

	for (; node != NULL && sk_X509_num(certs->chain) < EAS_CERTS_MAX;
	     node = wbxml_next_sibling(node)) T_BEGIN {
		X509 *cert = cert_parse(certs, node);

		if (cert != NULL)
			sk_X509_push(certs->chain, cert);
	} T_END;
}

static void certs_run(struct eas_certs *certs, const struct wbxml_node *first)
{
	struct wbxml_writer *w = eas_reply_begin(certs->req, FALSE);

	certs_read_chain(certs);
	wbxml_start(w, VC_ValidateCert);
	wbxml_uint_tag(w, VC_Status, EAS_CERT_OK);
	for (; first != NULL; first = wbxml_next_sibling(first)) T_BEGIN {
		wbxml_start(w, VC_Certificate);
		wbxml_uint_tag(w, VC_Status, cert_validate(certs, first));
		wbxml_end(w, VC_Certificate);
	} T_END;
	wbxml_end(w, VC_ValidateCert);
	eas_reply_end(certs->req);
}

void eas_cmd_validate_cert(struct eas_request *req)
{
	const struct wbxml_node *first = wbxml_child(
		wbxml_child(req->root, VC_Certificates), VC_Certificate);
	const struct wbxml_node *node;
	struct eas_certs certs = { .req = req };
	unsigned int count = 0;

	for (node = first; node != NULL; node = wbxml_next_sibling(node))
		count++;
	if (req->root->tag != VC_ValidateCert || count == 0 ||
	    count > EAS_CERTS_MAX ||
	    wbxml_child_bool(req->root, VC_CheckCRL, &certs.check_crl) < 0) {
		eas_reply_status(req, EAS_CERT_PROTOCOL);
		return;
	}
	certs.store = X509_STORE_new();
	certs.chain = sk_X509_new_null();
	if (certs.store == NULL || certs.chain == NULL ||
	    X509_STORE_set_default_paths(certs.store) != 1)
		eas_reply_status(req, EAS_CERT_UNKNOWN);
	else
		certs_run(&certs, first);
	sk_X509_pop_free(certs.chain, X509_free);
	X509_STORE_free(certs.store);
}
