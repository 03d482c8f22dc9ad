/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask: the file of keys, and what a signature is worth. */
#include "test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "serve/keys.h"
#include "serve/sign.h"

static const char two_keys[] = "# who\n"
			       "[alice]\n"
			       "secret = wonder=land;#\n"
			       "owner = acme\n"
			       "\n"
			       "  [bob.b_b-2] \r\n"
			       "\tsecret=0123456789abcdef\r\n"
			       "; all\n"
			       "owner =\t*";

/* The error, or "" and the keys. */
static struct cs_keys *read_text(struct cs_span text, char why[CS_KEYS_WHY])
{
	uint8_t *copy = heap_copy(text.ptr, text.len);
	struct cs_keys *keys;
	enum cs_err err =
		cs_keys_read_text(cs_span_of(copy, text.len), "f.ini", &keys, why);

	assert_int_equal(err == CS_OK, keys != NULL);
	if (!err)
		why[0] = '\0';
	free(copy);
	return keys;
}

static void sections_become_keys(void **state)
{
	char why[CS_KEYS_WHY];
	struct cs_keys *keys = read_text(cs_span_of("[a]\nsecret=x\nowner=*\n", 21), why);

	(void)state;
	assert_string_equal(why, "");
	assert_int_equal(cs_keys_count(keys), 1);
	assert_true(cs_keys_at(keys, 0)->is_short);
	cs_keys_free(keys);

	keys = read_text(SPAN("[alice]\nsecret = wonder=land;#\nowner = acme\n"
			      "  [bob.b_b-2] \r\n\tsecret=0123456789abcdef\r\n; all\n"
			      "owner =\t*"),
			 why);
	assert_string_equal(why, "");
	assert_int_equal(cs_keys_count(keys), 2);
	assert_string_equal(cs_keys_at(keys, 0)->name, "alice");
	assert_string_equal(cs_keys_at(keys, 0)->owner, "acme");
	assert_int_equal(cs_keys_at(keys, 0)->owner_line, 3);
	assert_true(cs_keys_at(keys, 0)->is_short);
	assert_false(cs_keys_at(keys, 0)->sees_all);
	assert_string_equal(cs_keys_at(keys, 1)->name, "bob.b_b-2");
	assert_true(cs_keys_at(keys, 1)->sees_all);
	assert_false(cs_keys_at(keys, 1)->is_short);
	assert_int_equal(cs_keys_at(keys, 1)->line, 4);
	assert_non_null(cs_keys_basic(keys, SPAN("alice"), SPAN("wonder=land;#")));
	cs_keys_free(keys);
}

static const struct {
	struct cs_span text;
	const char *why;
} wrongs[] = {
	{ SPAN_ROW(""), "f.ini:1: no key in it: want a section [KEY]" },
	{ SPAN_ROW("# only this\n"), "f.ini:1: no key in it: want a section [KEY]" },
	{ SPAN_ROW("secret = x\n"), "f.ini:1: before any section: want [KEY] above it" },
	{ SPAN_ROW("\n[a\n"), "f.ini:2: a section without its end: want [KEY]" },
	{ SPAN_ROW("[]\n"), "f.ini:1: the name of a key: want 1 to 64 letters, digits, "
			    ". _ or -" },
	{ SPAN_ROW("[a b]\n"), "f.ini:1: the name of a key: want 1 to 64 letters, "
			       "digits, . _ or -" },
	{ SPAN_ROW("[a:b]\n"), "f.ini:1: the name of a key: want 1 to 64 letters, "
			       "digits, . _ or -" },
	{ SPAN_ROW("[a]\nowner=*\n"),
	  "f.ini:1: this section has no secret: want secret = TEXT" },
	{ SPAN_ROW("[a]\nsecret=x\n[b]\n"),
	  "f.ini:1: this section has no owner: want owner = SECTION of the owners file, "
	  "or owner = *" },
	{ SPAN_ROW("[a]\nsecret=x\nowner=*\n[a]\n"),
	  "f.ini:4: this key stands here twice" },
	{ SPAN_ROW("[a]\nsecret=x y\n"),
	  "f.ini:2: secret: want no blanks or control bytes in it" },
	{ SPAN_ROW("[a]\nsecret=\n"), "f.ini:2: secret: want 1 to 256 bytes" },
	{ SPAN_ROW("[a]\nsecret=x\nsecret=y\n"),
	  "f.ini:3: secret: a second time in this section" },
	{ SPAN_ROW("[a]\nowner=a\nowner=a\n"),
	  "f.ini:3: owner: a second time in this section" },
	{ SPAN_ROW("[a]\nowner=a-b\n"),
	  "f.ini:2: owner: want a section of the owners file, or *" },
	{ SPAN_ROW("[a]\nowner=\n"),
	  "f.ini:2: owner: want a section of the owners file, or *" },
	{ SPAN_ROW("[a]\npassword = x\n"),
	  "f.ini:2: unknown word before the =: want secret or owner" },
	{ SPAN_ROW("[a]\nhello\n"),
	  "f.ini:2: want [KEY], secret = TEXT or owner = SECTION" },
	{ SPAN_ROW("[a]\nsecret=x\0y\n"), "f.ini:2: a NUL byte: want text" },
};

static void what_is_wrong_is_said_with_its_line(void **state)
{
	char why[CS_KEYS_WHY];

	(void)state;
	for (size_t i = 0; i < CS_LEN(wrongs); i++) {
		assert_null(read_text(wrongs[i].text, why));
		assert_string_equal(why, wrongs[i].why);
	}
}

static void a_secret_is_in_no_message(void **state)
{
	char why[CS_KEYS_WHY];

	(void)state;
	assert_null(read_text(SPAN("[a]\nsecret = hush hush\n"), why));
	assert_null(strstr(why, "hush"));
	assert_null(read_text(SPAN("[a]\nsecret hushhush\n"), why));
	assert_null(strstr(why, "hush"));
}

static void names_and_secrets_have_a_longest(void **state)
{
	char text[CS_KEY_NAME + CS_KEY_SECRET + 64], why[CS_KEYS_WHY];

	(void)state;
	for (int more = 0; more <= 1; more++) {
		struct cs_keys *keys;
		int n = snprintf(text, sizeof(text), "[%0*d]\nsecret=%0*d\nowner=*",
				 CS_KEY_NAME, 0, CS_KEY_SECRET + more, 0);

		keys = read_text(cs_span_of(text, (size_t)n), why);
		assert_int_equal(keys != NULL, !more);
		cs_keys_free(keys);
		n = snprintf(text, sizeof(text), "[%0*d]\nsecret=%0*d\nowner=*",
			     CS_KEY_NAME + more, 0, CS_KEY_SECRET, 0);
		keys = read_text(cs_span_of(text, (size_t)n), why);
		assert_int_equal(keys != NULL, !more);
		cs_keys_free(keys);
	}
}

static void a_cut_file_is_never_a_crash(void **state)
{
	char why[CS_KEYS_WHY];

	(void)state;
	for (size_t n = 0; n < sizeof(two_keys); n++)
		cs_keys_free(read_text(cs_span_of(two_keys, n), why));
}

static void many_keys_are_kept(void **state)
{
	char *text = NULL, why[CS_KEYS_WHY];
	size_t len;
	FILE *to = open_memstream(&text, &len);
	struct cs_keys *keys;

	(void)state;
	for (int i = 0; i < 100; i++)
		(void)fprintf(to, "[k%d]\nsecret=s%d\nowner=o%d\n", i, i, i);
	assert_int_equal(fclose(to), 0);
	keys = read_text(cs_span_of(text, len), why);
	assert_int_equal(cs_keys_count(keys), 100);
	for (int i = 0; i < 100; i++) {
		char name[8], secret[8];
		const struct cs_key *key;

		(void)snprintf(name, sizeof(name), "k%d", i);
		(void)snprintf(secret, sizeof(secret), "s%d", i);
		key = cs_keys_basic(keys, cs_span_str(name), cs_span_str(secret));
		assert_non_null(key);
		assert_string_equal(key->name, name);
		assert_null(cs_keys_basic(keys, cs_span_str(name), cs_span_str(name)));
	}
	cs_keys_free(keys);
	free(text);
}

/* --- signatures --- */

/* RFC 4231 sections 4.2 to 4.4, 4.7 and 4.8. */
static void hmac_is_that_of_rfc_4231(void **state)
{
	static const struct {
		uint8_t key_byte, data_byte;
		size_t key_len, data_len;
		const char *key, *data, *mac;
	} vectors[] = {
		{ 0x0b, 0, 20, 0, NULL, "Hi There",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ 0, 0, 0, 0, "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ 0xaa, 0xdd, 20, 50, NULL, NULL,
		  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ 0xaa, 0, 131, 0, NULL,
		  "Test Using Larger Than Block-Size Key - Hash Key First",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ 0xaa, 0, 131, 0, NULL,
		  "This is a test using a larger than block-size key and a larger than "
		  "block-size data. The key needs to be hashed before being used by the "
		  "HMAC algorithm.",
		  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(vectors); i++) {
		uint8_t key[131], data[50], mac[CS_HMAC];
		char text[2 * CS_HMAC + 1];
		struct cs_span k = vectors[i].key ? cs_span_str(vectors[i].key)
						  : cs_span_of(key, vectors[i].key_len);
		struct cs_span d = vectors[i].data
					   ? cs_span_str(vectors[i].data)
					   : cs_span_of(data, vectors[i].data_len);

		memset(key, vectors[i].key_byte, sizeof(key));
		memset(data, vectors[i].data_byte, sizeof(data));
		assert_int_equal(cs_hmac(k, d, mac), CS_OK);
		cs_hex_text(cs_span_of(mac, sizeof(mac)), text);
		assert_string_equal(text, vectors[i].mac);
		assert_true(cs_hmac_is(mac, cs_span_str(vectors[i].mac)));
		text[63] = text[63] == '0' ? '1' : '0';
		assert_false(cs_hmac_is(mac, cs_span_str(text)));
		assert_false(cs_hmac_is(mac, cs_span_of(text, 62)));
		assert_false(cs_hmac_is(mac, cs_span_of(NULL, 0)));
	}
}

static void an_empty_key_is_one(void **state)
{
	uint8_t a[CS_HMAC], b[CS_HMAC];

	(void)state;
	assert_int_equal(cs_hmac((struct cs_span){ 0 }, (struct cs_span){ 0 }, a), CS_OK);
	assert_int_equal(cs_hmac(SPAN("x"), (struct cs_span){ 0 }, b), CS_OK);
	assert_memory_not_equal(a, b, CS_HMAC);
	assert_int_equal(cs_hmac((struct cs_span){ 0 }, (struct cs_span){ 0 }, b), CS_OK);
	assert_memory_equal(a, b, CS_HMAC);
}

static void a_signature_is_of_a_key_and_a_body(void **state)
{
	char why[CS_KEYS_WHY], text[2 * CS_HMAC + 1];
	struct cs_keys *keys = read_text(
		SPAN("[a]\nsecret=sa\nowner=*\n[b]\nsecret=sb\nowner=*\n"), why);
	uint8_t mac[CS_HMAC];
	struct cs_span good;

	(void)state;
	assert_int_equal(cs_hmac(SPAN("sa"), SPAN("body"), mac), CS_OK);
	cs_hex_text(cs_span_of(mac, sizeof(mac)), text);
	good = cs_span_str(text);
	assert_ptr_equal(cs_keys_signed(keys, SPAN("a"), SPAN("body"), good),
			 cs_keys_at(keys, 0));
	assert_null(cs_keys_signed(keys, SPAN("b"), SPAN("body"), good));
	assert_null(cs_keys_signed(keys, SPAN("c"), SPAN("body"), good));
	assert_null(cs_keys_signed(keys, SPAN("a"), SPAN("bodY"), good));
	assert_null(cs_keys_signed(keys, SPAN(""), SPAN("body"), good));
	assert_null(cs_keys_signed(keys, SPAN("a"), SPAN("body"), SPAN("")));
	/* Whoever knows how we answer for a name that nobody has. */
	assert_int_equal(cs_hmac(SPAN("no secret at all"), SPAN("body"), mac), CS_OK);
	cs_hex_text(cs_span_of(mac, sizeof(mac)), text);
	assert_null(cs_keys_signed(keys, SPAN("c"), SPAN("body"), cs_span_str(text)));
	assert_null(cs_keys_basic(keys, SPAN("c"), SPAN("no secret at all")));
	cs_keys_free(keys);
}

static void secrets_are_equal_byte_for_byte(void **state)
{
	(void)state;
	assert_true(cs_secret_eq(SPAN("abc"), SPAN("abc")));
	assert_true(cs_secret_eq(SPAN(""), SPAN("")));
	assert_false(cs_secret_eq(SPAN("abc"), SPAN("abd")));
	assert_false(cs_secret_eq(SPAN("ab"), SPAN("abc")));
	assert_false(cs_secret_eq(SPAN("abc\0"), SPAN("abc")));
}

/* --- the file --- */

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *to = fopen(path, "w");

	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void only_its_owner_may_read_the_file(void **state)
{
	char path[] = "/tmp/coapscope-keys-XXXXXX", why[CS_KEYS_WHY];
	int fd = mkstemp(path);
	struct cs_keys *keys;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	put(path, "[a]\nsecret=x\nowner=*\n", 0600);
	assert_int_equal(cs_keys_read(path, &keys, why), CS_OK);
	assert_int_equal(cs_keys_count(keys), 1);
	cs_keys_free(keys);
	for (mode_t bit = 01; bit <= 040; bit <<= 1) {
		put(path, "[a]\nsecret=x\nowner=*\n", 0600 | bit);
		assert_int_equal(cs_keys_read(path, &keys, why), CS_ERR_DENIED);
		assert_null(keys);
		assert_non_null(strstr(why, "others may read it: want mode 0600"));
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(cs_keys_read(path, &keys, why), CS_ERR_IO);
	assert_int_equal(cs_keys_read("/dev/null", &keys, why), CS_ERR_DENIED);
	assert_non_null(strstr(why, "want a regular file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_become_keys),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(a_secret_is_in_no_message),
		cmocka_unit_test(names_and_secrets_have_a_longest),
		cmocka_unit_test(a_cut_file_is_never_a_crash),
		cmocka_unit_test(many_keys_are_kept),
		cmocka_unit_test(hmac_is_that_of_rfc_4231),
		cmocka_unit_test(an_empty_key_is_one),
		cmocka_unit_test(a_signature_is_of_a_key_and_a_body),
		cmocka_unit_test(secrets_are_equal_byte_for_byte),
		cmocka_unit_test(only_its_owner_may_read_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
