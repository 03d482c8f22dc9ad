/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "protect/ufw_back.h"

#define HEAD "*filter\n### RULES ###\n"
#define SSH \
	"\n### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input x\n"
#define WEB \
	"\n### tuple ### allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input y\n"
#define OURS                                                                          \
	"\n### tuple ### deny udp 5683,5684 0.0.0.0/0 any 0.0.0.0/0 coapscope - in\n" \
	"-A ufw-user-input z\n-A ufw-user-input zz\n"
#define OLDER                                                                          \
	"\n### tuple ### deny any 5683 0.0.0.0/0 any 0.0.0.0/0 coapscope-plain - in\n" \
	"-A ufw-user-input o\n"
#define TAIL "\n### END RULES ###\n\n### LOGGING ###\nCOMMIT\n"

static const struct {
	const char *name;
	const char *before, *left, *now, *want;
} files[] = {
	{ "as it was left: the bytes of before", "*filter\nCOMMIT\n", HEAD OURS SSH TAIL,
	  HEAD OURS SSH TAIL, "*filter\nCOMMIT\n" },
	{ "not all was done: the bytes of before", HEAD SSH TAIL, "", "*fil",
	  HEAD SSH TAIL },
	{ "somebody added a rule: it stays", HEAD SSH TAIL, HEAD OURS SSH TAIL,
	  HEAD OURS SSH WEB TAIL, HEAD SSH WEB TAIL },
	{ "ours of before come back in their place", HEAD OLDER SSH TAIL,
	  HEAD OURS SSH TAIL, HEAD WEB OURS SSH TAIL, HEAD WEB OLDER SSH TAIL },
	{ "and on top where none of ours is left", HEAD OLDER SSH TAIL,
	  HEAD OURS SSH TAIL, HEAD WEB SSH TAIL, HEAD OLDER WEB SSH TAIL },
};

static void a_file_comes_back_without_what_was_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(files); i++) {
		struct cs_ufw_three three = { cs_span_str(files[i].before),
					      cs_span_str(files[i].left),
					      cs_span_str(files[i].now) };
		struct cs_arena arena = { 0 };
		struct cs_span out;

		assert_int_equal(cs_ufw_back_file(CS_UFW_FILE_USER, &three, &arena, &out),
				 CS_OK);
		if (!cs_span_eq(out, cs_span_str(files[i].want)))
			fail_msg("%s: %.*s", files[i].name, (int)out.len,
				 (const char *)out.ptr);
		cs_arena_clear(&arena);
	}
}

#define SAVE(chains, rules)                                                  \
	"# Generated\n*filter\n:INPUT DROP [7:9]\n:ufw-user-input - [0:0]\n" \
	":ufw-user-limit - [0:0]\n:f2b - [0:0]\n" chains                     \
	"-A INPUT -j ufw-user-input\n" rules "COMMIT\n"
#define ALLOW "-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n"
#define OTHER "-A ufw-user-input -p tcp --dport 80 -j ACCEPT\n"
#define BAN   "-A f2b -s 192.0.2.1 -j DROP\n"
#define LIMIT "-A ufw-user-limit -j REJECT\n"
#define DENY                                                                         \
	"-A ufw-user-input -p udp -m comment --comment \"\\'dapp_coapscope\\'\" -j " \
	"DROP\n"
#define OLD                                                                         \
	"-A ufw-user-input -m comment --comment \"\\'dapp_coapscope-plain\\'\" -j " \
	"DROP\n"
#define MANGLE(chains, rules) \
	"*mangle\n:PREROUTING ACCEPT [5:5]\n" chains rules "COMMIT\n"
#define JUMP "-A PREROUTING -p udp -j coapscope-in\n"

static const struct {
	const char *name;
	const char *before, *left, *now, *want;
} saves[] = {
	{ "nothing changed", SAVE("", ALLOW), SAVE("", ALLOW), SAVE("", ALLOW BAN), "" },
	{ "a chain as it was left goes back as a whole", SAVE("", ALLOW),
	  SAVE("", DENY ALLOW LIMIT), SAVE("", DENY ALLOW LIMIT BAN),
	  "*filter\n:ufw-user-input - [0:0]\n:ufw-user-limit - [0:0]\n" ALLOW
	  "COMMIT\n" },
	{ "what another put in stays", SAVE("", ALLOW), SAVE("", DENY ALLOW),
	  SAVE("", DENY ALLOW OTHER),
	  "*filter\n:ufw-user-input - [0:0]\n" ALLOW OTHER "COMMIT\n" },
	{ "ours of before take the place of ours", SAVE("", OLD ALLOW),
	  SAVE("", DENY ALLOW), SAVE("", OTHER DENY ALLOW),
	  "*filter\n:ufw-user-input - [0:0]\n" OTHER OLD ALLOW "COMMIT\n" },
	{ "or stand on top", SAVE("", OLD ALLOW), SAVE("", DENY ALLOW), SAVE("", OTHER),
	  "*filter\n:ufw-user-input - [0:0]\n" OLD OTHER "COMMIT\n" },
	{ "our chains and each jump go, others' rules stay", SAVE("", ALLOW),
	  SAVE("", ALLOW),
	  MANGLE(":coapscope-in - [1:2]\n",
		 JUMP "-A PREROUTING -j MARK\n" JUMP "-A coapscope-in -j DROP\n")
		  SAVE("", ALLOW),
	  "*mangle\n-D PREROUTING -p udp -j coapscope-in\n-D PREROUTING -p udp -j "
	  "coapscope-in\n-F coapscope-in\n-X coapscope-in\nCOMMIT\n" },
	{ "or are what they were before",
	  MANGLE(":coapscope-in - [1:2]\n", JUMP "-A coapscope-in -j DROP\n"), "",
	  MANGLE(":coapscope-in - [0:0]\n:coapscope-out - [0:0]\n",
		 JUMP "-A coapscope-in -j RETURN\n-A POSTROUTING -j coapscope-out\n"),
	  "*mangle\n:coapscope-in - [0:0]\n-D PREROUTING -p udp -j coapscope-in\n-D "
	  "POSTROUTING -j coapscope-out\n-F coapscope-out\n-X coapscope-out\n-A "
	  "coapscope-in -j DROP\n" JUMP "COMMIT\n" },
	{ "ufw is gone: its chains are not made anew", SAVE("", ALLOW), SAVE("", DENY),
	  "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", "" },
};

static void what_is_in_force_goes_back_the_same_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(saves); i++) {
		struct cs_ufw_three three = { cs_span_str(saves[i].before),
					      cs_span_str(saves[i].left),
					      cs_span_str(saves[i].now) };
		struct cs_arena arena = { 0 };
		struct cs_span out;

		assert_int_equal(cs_ufw_back_script(&three, &arena, &out), CS_OK);
		if (!cs_span_eq(out, cs_span_str(saves[i].want)))
			fail_msg("%s: %s", saves[i].name, (const char *)out.ptr);
		assert_int_equal(cs_ufw_saves_equal(three.before, three.now), i == 0);
		cs_arena_clear(&arena);
	}
}

static void what_is_ours_is_told_from_all_that_stands_beside_it(void **state)
{
	const struct cs_span save =
		cs_span_str(MANGLE(":coapscope-in - [1:2]\n:theirs - [0:0]\n", JUMP
				   "-A PREROUTING -j MARK\n" JUMP
				   "-A coapscope-in -j DROP\n") SAVE("", DENY ALLOW));
	const struct cs_span once =
		cs_span_str(MANGLE(":coapscope-in - [7:8]\n", JUMP
				   "-A coapscope-in -j DROP\n") SAVE("", DENY ALLOW BAN));
	const struct cs_span alone = cs_span_str(SAVE("", DENY ALLOW));
	struct cs_arena arena = { 0 };
	struct cs_span out;

	(void)state;
	assert_int_equal(cs_ufw_save_of_ours(save, &arena, &out), CS_OK);
	assert_true(
		cs_span_eq(out, cs_span_str("*mangle\n:coapscope-in - [1:2]\n" JUMP JUMP
					    "-A coapscope-in -j DROP\nCOMMIT\n")));
	assert_true(cs_ufw_ours_equal(once, once));
	/* A jump more is another state; so is none of it, and another rule of ufw's. */
	assert_false(cs_ufw_ours_equal(save, once));
	assert_false(cs_ufw_ours_equal(save, alone));
	assert_false(cs_ufw_ours_equal(alone, cs_span_str(SAVE("", ALLOW))));
	/* Others' chains, and what they count, are none of this. */
	assert_true(cs_ufw_ours_equal(alone, cs_span_str(SAVE("", DENY ALLOW BAN))));
	cs_arena_clear(&arena);
}

/* What stands there may be anything: it is never a crash, and ours alone is looked for. */
static void a_cut_text_is_never_a_crash(void **state)
{
	static const char save[] = MANGLE(":coapscope-in - [1:2]\n", JUMP) SAVE("", DENY);
	static const char file[] = HEAD OURS SSH TAIL;

	(void)state;
	for (size_t n = 0; n < sizeof(save) + sizeof(file); n++) {
		const char *text = n < sizeof(save) ? save : file;
		size_t len = n < sizeof(save) ? n : n - sizeof(save);
		uint8_t *copy = heap_copy(text, len);
		struct cs_ufw_three three = { SPAN(save), SPAN(save),
					      cs_span_of(copy, len) };
		struct cs_arena arena = { 0 };
		struct cs_span out;

		assert_int_equal(cs_ufw_back_script(&three, &arena, &out), CS_OK);
		assert_int_equal(cs_ufw_back_file(CS_UFW_FILE_USER, &three, &arena, &out),
				 CS_OK);
		cs_arena_clear(&arena);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_comes_back_without_what_was_ours),
		cmocka_unit_test(what_is_ours_is_told_from_all_that_stands_beside_it),
		cmocka_unit_test(what_is_in_force_goes_back_the_same_way),
		cmocka_unit_test(a_cut_text_is_never_a_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
