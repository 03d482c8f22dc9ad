/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cs_err say(enum cs_err err, const char *file, const char *what,
		       char why[CS_TLS_WHY])
{
	(void)snprintf(why, CS_TLS_WHY, "%.300s: %.180s", file, what);
	return err;
}

/* With read(): stdio would keep a copy of the key. */
static enum cs_err read_all(int fd, size_t size, struct cs_span *out)
{
	uint8_t *text = calloc(1, size + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		return CS_ERR_NOMEM;
	*out = cs_span_of(text, size);
	while (len < size && (n = read(fd, text + len, size - len)) > 0)
		len += (size_t)n;
	out->len = len;
	return n < 0 ? CS_ERR_IO : CS_OK;
}

static enum cs_err read_file(const char *path, bool secret, struct cs_span *out,
			     char why[CS_TLS_WHY])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat is;
	enum cs_err err;

	if (fd < 0)
		return say(CS_ERR_IO, path, strerror(errno), why);
	if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode) || is.st_size > CS_TLS_FILE)
		err = say(CS_ERR_IO, path, "want a regular file of at most 1 MiB", why);
	else if (secret && is.st_mode & 07)
		err = say(CS_ERR_DENIED, path,
			  "everybody may read it: want mode 0640 or less", why);
	else
		err = read_all(fd, (size_t)is.st_size, out);
	if (err == CS_ERR_IO && out->ptr)
		(void)say(err, path, strerror(errno), why);
	(void)close(fd); /* only read from */
	return err;
}

/* Nobody is asked for a passphrase: there may be nobody. */
static int no_passphrase(char *to, int room, int writing, void *arg)
{
	(void)to;
	(void)room;
	(void)writing;
	(void)arg;
	return 0;
}

static enum cs_err check(const struct cs_tls *tls, const char *cert_file,
			 const char *key_file, char why[CS_TLS_WHY])
{
	BIO *a = BIO_new_mem_buf(tls->cert.ptr, (int)tls->cert.len);
	BIO *b = BIO_new_mem_buf(tls->key.ptr, (int)tls->key.len);
	X509 *cert = a ? PEM_read_bio_X509(a, NULL, no_passphrase, NULL) : NULL;
	EVP_PKEY *key = b ? PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL) : NULL;
	enum cs_err err = CS_OK;

	if (!cert)
		err = say(CS_ERR_SYNTAX, cert_file, "want a certificate in PEM", why);
	else if (!key)
		err = say(CS_ERR_SYNTAX, key_file,
			  "want a private key in PEM, without a passphrase", why);
	else if (X509_check_private_key(cert, key) != 1)
		err = say(CS_ERR_SYNTAX, key_file, "not the key of the certificate", why);
	EVP_PKEY_free(key);
	X509_free(cert);
	(void)BIO_free(a); /* memory */
	(void)BIO_free(b);
	ERR_clear_error();
	return err;
}

enum cs_err cs_tls_read(const char *cert, const char *key, struct cs_tls *out,
			char why[CS_TLS_WHY])
{
	enum cs_err err;

	*out = (struct cs_tls){ 0 };
	err = read_file(cert, false, &out->cert, why);
	if (!err)
		err = read_file(key, true, &out->key, why);
	if (!err)
		err = check(out, cert, key, why);
	if (err == CS_ERR_NOMEM)
		(void)say(err, cert, "out of memory", why);
	if (err)
		cs_tls_clear(out);
	return err;
}

void cs_tls_clear(struct cs_tls *tls)
{
	if (tls->key.ptr)
		explicit_bzero((void *)(uintptr_t)tls->key.ptr, tls->key.len);
	free((void *)(uintptr_t)tls->key.ptr);
	free((void *)(uintptr_t)tls->cert.ptr);
	*tls = (struct cs_tls){ 0 };
}
