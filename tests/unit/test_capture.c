/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are captures, and files that are not quite. Interfaces: see
 * tests/integration/test_capture.py. */
#include "capture_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

static const char *const from_in[] = { "-" };
static char why[CS_CAPTURE_WHY];

static FILE *stream_of(const void *bytes, size_t n)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	rewind(f);
	return f;
}

static struct cs_capture *open_bytes(const void *bytes, size_t n, FILE **f)
{
	struct cs_capture *c = NULL;

	*f = stream_of(bytes, n);
	if (cs_capture_open_files(from_in, 1, *f, NULL, &c, why))
		c = NULL;
	return c;
}

/* Reads all: the frames, "|" after each, then what ended it. */
static void read_all(struct cs_capture *c, char *out, size_t size)
{
	struct cs_capture_frame frame;
	size_t len = 0;

	out[0] = '\0';
	while (!cs_capture_done(c)) {
		enum cs_err err = cs_capture_next(c, 0, &frame);

		if (err == CS_ERR_NOT_FOUND)
			continue;
		if (err)
			len += (size_t)snprintf(out + len, size - len, "[%s]",
						cs_capture_why(c));
		else
			len += (size_t)snprintf(
				out + len, size - len, "%lld %d %.*s %u|",
				(long long)frame.wall_us, frame.dlt, (int)frame.bytes.len,
				(const char *)frame.bytes.ptr, frame.wire_len);
		assert_true(len < size);
	}
}

static void assert_reads_bytes(const void *bytes, size_t n, const char *want)
{
	static char got[1 << 16];
	FILE *f;
	struct cs_capture *c = open_bytes(bytes, n, &f);

	if (c)
		read_all(c, got, sizeof(got));
	assert_string_equal(c ? got : why, want);
	cs_capture_close(c);
	assert_int_equal(fclose(f), 0);
}

static void assert_reads(const struct made *m, const char *want)
{
	assert_reads_bytes(m->bytes, m->len, want);
}

#define BOTH "10500000 1 one 60|11000001 1 two! 4|"

static void both_byte_orders_are_one(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct made *m = made_new(big);

		put_pcap_file(m);
		assert_reads(m, BOTH);
		free(m);
	}
}

static void nanoseconds_become_microseconds(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct made *m = made_new(big);

		put_pcap_head(m, 0xa1b23c4d, 1);
		put_pcap(m, 10, 500000999, "one", 60);
		assert_reads(m, "10500000 1 one 60|");
		free(m);
	}
}

static void longer_record_heads_are_known(void **state)
{
	struct made *m = made_new(false);

	(void)state;
	put_pcap_head(m, 0xa1b2cd34, 113);
	put32(m, 1);
	put32(m, 2);
	put32(m, 3);
	put32(m, 3);
	put32(m, 7);
	put32(m, 7);
	put_bytes(m, "abc", 3);
	assert_reads(m, "1000002 113 abc 3|");
	free(m);
}

static const struct {
	uint32_t link;
	int dlt;
} links[] = {
	{ 0, 0 },     { 1, 1 },     { 9, 9 },     { 101, 12 },  { 108, 108 },
	{ 113, 113 }, { 228, 228 }, { 229, 229 }, { 276, 276 }, { 0x14000001, 1 },
};

static void link_types_get_libpcap_s_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(links); i++) {
		struct made *m = made_new(false);
		char want[32];

		put_pcap_head(m, 0xa1b2c3d4, links[i].link);
		put_pcap(m, 0, 0, "x", 1);
		(void)snprintf(want, sizeof(want), "0 %d x 1|", links[i].dlt);
		assert_reads(m, want);
		free(m);
	}
}

static void interfaces_of_a_pcapng_file_may_differ(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct made *m = made_new(big);

		put_pcapng_file(m);
		put_packet(m, 0, 12000000, "three", 5);
		assert_reads(m, "10500000 1 one 60|11000001 12 two! 4|"
				"12000000 1 three 5|");
		free(m);
	}
}

static const struct {
	uint8_t resolution;
	int64_t offset;
	uint64_t ticks;
	const char *want;
} times[] = {
	{ 6, 0, 1, "1" },
	{ 9, 0, 1999, "1" },
	{ 0, 0, 5, "5000000" },
	{ 3, 0, 5, "5000" },
	{ 19, 0, UINT64_C(15000000000000000000), "1500000" },
	{ 0x80 | 10, 0, 1536, "1500000" },
	{ 0x80 | 63, 0, UINT64_C(0xc000000000000000), "1500000" },
	{ 6, 100, 1, "100000001" },
	{ 6, -1, 2000000, "1000000" },
	{ 6, -5, 2000000, "0" },
	{ 0, 0, UINT64_MAX, "253402300799000000" },
	{ 0, INT64_MAX, UINT64_MAX, "253402300799000000" },
	{ 6, INT64_MIN, 7, "0" },
	{ 20, 0, 1, NULL },
	{ 0x80 | 64, 0, 1, NULL },
};

static void times_are_of_every_resolution(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(times); i++) {
		struct made *m = made_new(i % 2);
		char want[160];

		put_section(m);
		put_interface(m, 1, 0, times[i].resolution, times[i].offset);
		put_packet(m, 0, times[i].ticks, "x", 1);
		if (times[i].want)
			(void)snprintf(want, sizeof(want), "%s 1 x 1|", times[i].want);
		else
			(void)snprintf(want, sizeof(want),
				       "[standard input: packet 1 at byte 28: an "
				       "interface's options do not hold together]");
		assert_reads(m, want);
		free(m);
	}
}

/* The simple block cuts at the snap length and has no time: the last one's. */
static void all_kinds_of_packet_blocks_are_read(void **state)
{
	struct made *m = made_new(true);
	size_t at;

	(void)state;
	put_section(m);
	put_interface(m, 1, 4, 6, 0);
	at = begin_block(m, 2); /* the old packet block */
	put_n(m, 0, 2);
	put_n(m, 0, 2);
	put32(m, 0);
	put32(m, 7);
	put32(m, 2);
	put32(m, 9);
	put_bytes(m, "hi", 2);
	end_block(m, at);
	at = begin_block(m, 3);
	put32(m, 9);
	put_bytes(m, "simple..", 8);
	end_block(m, at);
	at = begin_block(m, 3);
	put32(m, 3);
	put_bytes(m, "few", 3);
	end_block(m, at);
	assert_reads(m, "7 1 hi 9|7 1 simp 9|7 1 few 3|");
	free(m);
}

static void other_blocks_and_sections_come_between(void **state)
{
	struct made *m = made_new(false);
	size_t at;

	(void)state;
	put_pcapng_file(m);
	at = begin_block(m, 0x00000bad);
	for (int i = 0; i < 700000; i++) /* longer than the window */
		put_bytes(m, "x", 1);
	end_block(m, at);
	put_packet(m, 0, 1, "a", 1);
	m->big = true;
	put_section(m);
	put_interface(m, 113, 0, 6, 0);
	put_packet(m, 0, 2, "b", 1);
	put_packet(m, 1, 3, "c", 1);
	assert_reads(m, "10500000 1 one 60|11000001 12 two! 4|1 1 a 1|2 113 b 1|"
			"[standard input: packet 5 at byte 700292: its interface was not "
			"described]");
	free(m);
}

static void an_interface_without_ip_is_said_once_and_passed_over(void **state)
{
	struct made *m = made_new(false);

	(void)state;
	put_section(m);
	put_interface(m, 195, 0, 6, 0);
	put_interface(m, 1, 0, 6, 0);
	put_packet(m, 0, 1, "zigbee", 6);
	put_packet(m, 1, 2, "a", 1);
	put_packet(m, 0, 3, "zigbee", 6);
	put_packet(m, 1, 4, "b", 1);
	assert_reads(m, "[standard input: interface 0 has link type 195 "
			"(IEEE802_15_4), none that carries IP here: its packets are "
			"passed over]2 1 a 1|4 1 b 1|");
	free(m);
}

static const char not_a_capture[] =
	"standard input: no capture file: want pcap or pcapng, plain, gzip or zstd";

static const struct {
	struct cs_span head;
	const char *want;
} foreign[] = {
	{ SPAN_ROW(""), "standard input: the file is empty" },
	{ SPAN_ROW("x"), not_a_capture },
	{ SPAN_ROW("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), not_a_capture },
	{ SPAN_ROW("#!/bin/sh\n"), not_a_capture },
	{ SPAN_ROW("\xfd"
		   "7zXZ"),
	  "standard input: packed by xz: unpack it first (gzip and zstd are read)" },
	{ SPAN_ROW("BZh91AY"),
	  "standard input: packed by bzip2: unpack it first (gzip and zstd are read)" },
	{ SPAN_ROW("\xd4\xc3\xb2\xa1\2\0"),
	  "standard input: the file ends inside its header" },
	{ SPAN_ROW("\xd4\xc3\xb2\xa1\3\0\5\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0"),
	  "standard input: pcap version 3.5: want 2.4" },
	{ SPAN_ROW("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\xc3\0\0\0"),
	  "standard input: link type 195 (IEEE802_15_4) is none that carries IP here" },
	{ SPAN_ROW("\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\xff\xff\0\0"),
	  "standard input: link type 65535 (unknown) is none that carries IP here" },
};

static void what_is_no_capture_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(foreign); i++)
		assert_reads_bytes(foreign[i].head.ptr, foreign[i].head.len,
				   foreign[i].want);
}

static void what_is_packed_is_unpacked(void **state)
{
	struct made *plain = made_new(false), *m = made_new(false);

	(void)state;
	put_pcap_file(plain);
	gzip_onto(m, plain->bytes, plain->len);
	assert_reads(m, BOTH);
	m->len = 0;
	gzip_onto(m, plain->bytes, 30); /* in two members */
	gzip_onto(m, plain->bytes + 30, plain->len - 30);
	assert_reads(m, BOTH);
	m->len = 0;
	zstd_onto(m, plain->bytes, plain->len);
	assert_reads(m, BOTH);
	m->len = 0;
	zstd_onto(m, plain->bytes, 1);
	zstd_onto(m, plain->bytes + 1, plain->len - 1);
	assert_reads(m, BOTH);
	m->len = 0;
	gzip_onto(m, "no capture", 10);
	assert_reads(m, "[standard input: no capture file: want pcap or pcapng, plain, "
			"gzip or zstd]");
	m->len = 0;
	gzip_onto(m, "", 0);
	assert_reads(m, "[standard input: the file is empty]");
	free(plain);
	free(m);
}

/* Where a file may end: frames that are whole before it. */
struct cut {
	size_t header;  /* bytes of what must be there */
	size_t ends[4]; /* of frames, and of blocks that hold none */
	size_t n;
	size_t frames[4];
};

static size_t count_frames(const void *bytes, size_t n, enum cs_err *last)
{
	FILE *f;
	struct cs_capture *c = open_bytes(bytes, n, &f);
	struct cs_capture_frame frame;
	size_t frames = 0;

	*last = CS_ERR_FOREIGN;
	while (c && !cs_capture_done(c)) {
		enum cs_err err = cs_capture_next(c, 0, &frame);

		frames += err == CS_OK;
		if (err != CS_ERR_NOT_FOUND || cs_capture_done(c))
			*last = *last == CS_ERR_DAMAGED ? *last : err;
	}
	cs_capture_close(c);
	assert_int_equal(fclose(f), 0);
	return frames;
}

static void assert_prefixes(const struct made *m, const struct cut *cut)
{
	for (size_t n = cut->header; n <= m->len; n++) {
		enum cs_err last, want_last = CS_ERR_DAMAGED;
		size_t want = 0;

		for (size_t i = 0; i < cut->n; i++) {
			if (n >= cut->ends[i])
				want = cut->frames[i];
			if (n == cut->ends[i])
				want_last = CS_ERR_NOT_FOUND;
		}
		assert_int_equal(count_frames(m->bytes, n, &last), want);
		assert_int_equal(last, want_last);
	}
}

static void what_was_read_before_the_end_counts(void **state)
{
	struct made *m = made_new(false);

	(void)state;
	put_pcap_file(m);
	assert_prefixes(m, &(struct cut){ 24, { 24, 43, 63 }, 3, { 0, 1, 2 } });
	m->len = 0;
	put_section(m);
	put_interface(m, 1, 0, 6, 0);
	put_packet(m, 0, 1, "one", 3);
	put_packet(m, 0, 2, "two!", 4);
	assert_prefixes(m, &(struct cut){ 28, { 28, 52, 88, 124 }, 4, { 0, 0, 1, 2 } });
	free(m);
}

/* The first 60 % of packed data give frames, whole ones, and then an error. */
static void what_was_unpacked_before_the_damage_counts(void **state)
{
	static void (*const pack[])(struct made *, const void *, size_t) = { gzip_onto,
									     zstd_onto };
	struct made *plain = made_new(false), *m = made_new(false);
	uint32_t noise = 1;

	(void)state;
	put_pcap_head(plain, 0xa1b2c3d4, 1);
	for (int i = 0; i < 20000; i++) {
		char text[24];

		noise = noise * 1103515245 + 12345;
		(void)snprintf(text, sizeof(text), "%u", noise);
		put_pcap(plain, (uint32_t)i, noise % 1000000, text, 100);
	}
	for (size_t i = 0; i < CS_LEN(pack); i++) {
		enum cs_err last;
		size_t frames;

		m->len = 0;
		pack[i](m, plain->bytes, plain->len);
		assert_int_equal(count_frames(m->bytes, m->len, &last), 20000);
		assert_int_equal(last, CS_ERR_NOT_FOUND);
		frames = count_frames(m->bytes, m->len * 6 / 10, &last);
		assert_int_equal(last, CS_ERR_DAMAGED);
		assert_in_range(frames, 4000, 19999);
		for (size_t j = 0; j < 64; j++)
			m->bytes[m->len * 6 / 10 + j] ^= 0x55;
		frames = count_frames(m->bytes, m->len, &last);
		assert_in_range(frames, 4000, 19999);
		assert_int_equal(last, CS_ERR_DAMAGED);
	}
	free(plain);
	free(m);
}

static void a_zstd_window_has_a_bound(void **state)
{
	/* Window descriptor (RFC 8878 section 3.1.1.1.2): 27 - 10, and one more. */
	static const uint8_t takes[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3, 1, 0, 0 };
	static const uint8_t is_over[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0 };

	(void)state;
	assert_reads_bytes(takes, sizeof(takes), "[standard input: the file is empty]");
	assert_reads_bytes(is_over, sizeof(is_over),
			   "[standard input: its zstd window is larger than 128 MiB]");
}

static const struct {
	const char *what;
	uint32_t len;   /* of the block, as both its ends say */
	uint32_t again; /* the second time */
	uint32_t captured;
} lies[] = {
	{ "a block of 8 bytes", 8, 8, 0 },
	{ "a block of 0 bytes", 0, 0, 0 },
	{ "a block of 37 bytes", 37, 37, 4 },
	{ "a block of 28 bytes", 28, 28, 0 },
	{ "a block of 4294967292 bytes", 0xfffffffc, 36, 4 },
	{ "a block whose two lengths differ", 36, 40, 4 },
	{ "it is longer than its block", 36, 36, 5 },
	{ "it is longer than its block", 36, 36, 0xffffffff },
	{ "it is longer than its block", 36, 36, 0x7ffffffc },
};

static void blocks_that_do_not_hold_together_end_a_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < CS_LEN(lies); i++) {
		struct made *m = made_new(false);
		char want[128];

		put_section(m);
		put_interface(m, 1, 0, 6, 0);
		put32(m, 6);
		put32(m, lies[i].len);
		put32(m, 0);
		put_n(m, 0, 8);
		put32(m, lies[i].captured);
		put32(m, 4);
		put_bytes(m, "abcd", 4);
		put32(m, lies[i].again);
		put_bytes(m, "more", 4);
		(void)snprintf(want, sizeof(want),
			       "[standard input: packet 1 at byte 52: %s]", lies[i].what);
		assert_reads(m, want);
		free(m);
	}
}

static void a_frame_has_a_greatest_length(void **state)
{
	struct made *m = made_new(false);
	enum cs_err last;

	(void)state;
	for (uint32_t over = 0; over < 2; over++) {
		m->len = 0;
		put_pcap_head(m, 0xa1b2c3d4, 1);
		put_n(m, 0, 8);
		put32(m, 262144 + over);
		put32(m, 262144 + over);
		m->len += 262144 + over;
		put_pcap(m, 0, 0, "x", 1);
		assert_int_equal(count_frames(m->bytes, m->len, &last), over ? 0 : 2);
		assert_int_equal(last, over ? CS_ERR_DAMAGED : CS_ERR_NOT_FOUND);
	}
	free(m);
}

/* Files of their own. */
struct folder {
	char path[32];
	char names[4][64];
};

static void make_folder(struct folder *f)
{
	(void)snprintf(f->path, sizeof(f->path), "/tmp/test-capture-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	for (size_t i = 0; i < CS_LEN(f->names); i++)
		(void)snprintf(f->names[i], sizeof(f->names[i]), "%s/%zu", f->path, i);
}

static void write_to(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void remove_folder(const struct folder *f)
{
	for (size_t i = 0; i < CS_LEN(f->names); i++)
		(void)unlink(f->names[i]); /* not all were made */
	assert_int_equal(rmdir(f->path), 0);
}

static void files_that_overlap_in_time_are_read_side_by_side(void **state)
{
	struct made *m = made_new(false);
	struct folder dir;
	const char *names[2];
	struct cs_capture *c;
	char got[512];

	(void)state;
	make_folder(&dir);
	put_pcap_file(m);
	write_to(dir.names[0], m->bytes, m->len);
	m->len = 0;
	put_pcapng_file(m);
	write_to(dir.names[1], m->bytes, m->len);
	names[0] = dir.names[1];
	names[1] = dir.names[0];
	assert_int_equal(cs_capture_open_merged(names, 2, stdin, NULL, &c, why), CS_OK);
	remove_folder(&dir); /* all are open */
	read_all(c, got, sizeof(got));
	assert_string_equal(got, "10500000 1 one 60|10500000 1 one 60|11000001 12 two! "
				 "4|11000001 1 two! 4|");
	cs_capture_close(c);
	free(m);
}

static void files_follow_each_other_and_damage_is_of_one(void **state)
{
	struct made *m = made_new(false);
	struct folder dir;
	const char *names[3];
	struct cs_capture *c;
	char got[512], want[512];

	(void)state;
	make_folder(&dir);
	put_pcap_file(m);
	write_to(dir.names[0], m->bytes, m->len - 1);
	m->len = 0;
	put_pcapng_file(m);
	write_to(dir.names[1], m->bytes, m->len);
	m->len = 0;
	gzip_onto(m, "nothing", 7);
	write_to(dir.names[2], m->bytes, m->len);
	names[0] = dir.names[0];
	names[1] = dir.names[2];
	names[2] = dir.names[1];
	assert_int_equal(cs_capture_open_files(names, 3, stdin, NULL, &c, why), CS_OK);
	remove_folder(&dir); /* all are open */
	read_all(c, got, sizeof(got));
	(void)snprintf(want, sizeof(want),
		       "10500000 1 one 60|[%s: packet 2 at byte 43: the file ends inside "
		       "it][%s: no capture file: want pcap or pcapng, plain, gzip or "
		       "zstd]10500000 1 one 60|11000001 12 two! 4|",
		       dir.names[0], dir.names[2]);
	assert_string_equal(got, want);
	cs_capture_close(c);
	free(m);
}

static enum cs_err try_to_open(const char *name)
{
	struct cs_capture *c = NULL;
	enum cs_err err = cs_capture_open_files(&name, 1, stdin, NULL, &c, why);

	cs_capture_close(c);
	return err;
}

static void what_cannot_be_opened_is_said_at_once(void **state)
{
	struct folder dir;

	(void)state;
	make_folder(&dir);
	write_to(dir.names[0], "", 0);
	write_to(dir.names[1], "text", 4);
	assert_int_equal(try_to_open(dir.names[2]), CS_ERR_NOT_FOUND);
	assert_non_null(strstr(why, ": No such file or directory"));
	assert_int_equal(try_to_open(dir.path), CS_ERR_USAGE);
	assert_non_null(strstr(why, ": a folder: want a capture file"));
	assert_int_equal(try_to_open(dir.names[0]), CS_ERR_SHORT);
	assert_int_equal(try_to_open(dir.names[1]), CS_ERR_FOREIGN);
	assert_int_equal(try_to_open("/dev/null"), CS_OK);
	if (geteuid() != 0) {
		assert_int_equal(chmod(dir.names[1], 0), 0);
		assert_int_equal(try_to_open(dir.names[1]), CS_ERR_DENIED);
	}
	remove_folder(&dir);
}

static void a_silent_pipe_is_not_the_end(void **state)
{
	struct made *m = made_new(false);
	struct cs_capture_frame frame;
	struct cs_capture *c;
	int ends[2];
	FILE *in;

	(void)state;
	put_pcap_file(m);
	assert_int_equal(pipe(ends), 0);
	in = fdopen(ends[0], "r");
	assert_non_null(in);
	assert_int_equal(cs_capture_open_files(from_in, 1, in, NULL, &c, why), CS_OK);
	for (size_t i = 0; i < m->len; i++) { /* a byte at a time */
		enum cs_err err = cs_capture_next(c, 0, &frame);

		assert_int_equal(err, i == 43 ? CS_OK : CS_ERR_NOT_FOUND);
		assert_false(cs_capture_done(c));
		assert_int_equal(write(ends[1], m->bytes + i, 1), 1);
	}
	assert_int_equal(cs_capture_next(c, 0, &frame), CS_OK);
	assert_int_equal(frame.wall_us, 11000001);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(cs_capture_next(c, 0, &frame), CS_ERR_NOT_FOUND);
	assert_true(cs_capture_done(c));
	cs_capture_close(c);
	assert_int_equal(fclose(in), 0);
	free(m);
}

/* Ethernet, IPv4, UDP, from port 4000 to @to. */
static void put_udp(struct made *m, uint16_t to)
{
	uint8_t frame[43] = { [12] = 8,  [14] = 0x45,      [17] = 29,          [22] = 64,
			      [23] = 17, [34] = 4000 >> 8, [35] = 4000 & 0xff, [39] = 9 };

	frame[36] = (uint8_t)(to >> 8);
	frame[37] = (uint8_t)to;
	put_n(m, 0, 8);
	put32(m, sizeof(frame));
	put32(m, sizeof(frame));
	put_bytes(m, frame, sizeof(frame));
}

/* Of IPv6, whose first header after its own is @next; no port is to be seen. */
static void put_v6(struct made *m, uint8_t next)
{
	uint8_t frame[66] = {
		[12] = 0x86, [13] = 0xdd, [14] = 0x60, [19] = 12, [20] = next, [21] = 64
	};

	put_n(m, 0, 8);
	put32(m, sizeof(frame));
	put32(m, sizeof(frame));
	put_bytes(m, frame, sizeof(frame));
}

static void a_filter_lets_through_what_stands_behind_headers(void **state)
{
	static const uint8_t next[] = { 0, 43, 44, 51, 60, 135, 139, 140, 17, 59 };
	static const uint16_t ports[] = { 5683 };
	char filter[CS_CAPTURE_FILTER];
	struct made *m = made_new(false);
	struct cs_capture_frame frame;
	struct cs_capture *c;
	FILE *in;

	(void)state;
	assert_true(cs_capture_filter(ports, 1, filter));
	put_pcap_head(m, 0xa1b2c3d4, 1);
	for (size_t i = 0; i < CS_LEN(next); i++)
		put_v6(m, next[i]);
	in = stream_of(m->bytes, m->len);
	assert_int_equal(cs_capture_open_files(from_in, 1, in, filter, &c, why), CS_OK);
	for (size_t i = 0; i < CS_LEN(next) - 2; i++) {
		assert_int_equal(cs_capture_next(c, 0, &frame), CS_OK);
		assert_int_equal(frame.bytes.ptr[20], next[i]);
	}
	assert_int_equal(cs_capture_next(c, 0, &frame), CS_ERR_NOT_FOUND);
	cs_capture_close(c);
	assert_int_equal(fclose(in), 0);
	free(m);
}

static void a_filter_lets_through_what_it_takes(void **state)
{
	static const uint16_t ports[] = { 5683, 5684 };
	char filter[CS_CAPTURE_FILTER];
	struct made *m = made_new(false);
	struct cs_capture_frame frame;
	struct cs_capture *c;
	FILE *in;

	(void)state;
	assert_true(cs_capture_filter(ports, 2, filter));
	put_pcap_head(m, 0xa1b2c3d4, 1);
	put_udp(m, 1234);
	put_udp(m, 5684);
	put_udp(m, 53);
	in = stream_of(m->bytes, m->len);
	assert_int_equal(cs_capture_open_files(from_in, 1, in, filter, &c, why), CS_OK);
	assert_int_equal(cs_capture_next(c, 0, &frame), CS_OK);
	assert_int_equal(frame.bytes.ptr[37], 5684 & 0xff);
	assert_int_equal(cs_capture_next(c, 0, &frame), CS_ERR_NOT_FOUND);
	assert_true(cs_capture_done(c));
	cs_capture_close(c);
	assert_int_equal(cs_capture_open_files(from_in, 1, in, "port potato", &c, why),
			 CS_ERR_SYNTAX);
	assert_non_null(strstr(why, "filter 'port potato': "));
	assert_int_equal(fclose(in), 0);
	free(m);
}

static void the_filter_has_room_for_many_ports(void **state)
{
	uint16_t ports[CS_CAPTURE_PORTS * 4];
	char filter[CS_CAPTURE_FILTER];
	struct cs_capture *c;

	(void)state;
	for (size_t i = 0; i < CS_LEN(ports); i++)
		ports[i] = (uint16_t)(65535 - 2 * i);
	assert_true(cs_capture_filter(ports, CS_CAPTURE_PORTS, filter));
	assert_int_equal(cs_capture_open_files(NULL, 0, stdin, filter, &c, why), CS_OK);
	cs_capture_close(c);
	assert_false(cs_capture_filter(ports, CS_LEN(ports), filter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_byte_orders_are_one),
		cmocka_unit_test(nanoseconds_become_microseconds),
		cmocka_unit_test(longer_record_heads_are_known),
		cmocka_unit_test(link_types_get_libpcap_s_numbers),
		cmocka_unit_test(interfaces_of_a_pcapng_file_may_differ),
		cmocka_unit_test(times_are_of_every_resolution),
		cmocka_unit_test(all_kinds_of_packet_blocks_are_read),
		cmocka_unit_test(other_blocks_and_sections_come_between),
		cmocka_unit_test(an_interface_without_ip_is_said_once_and_passed_over),
		cmocka_unit_test(what_is_no_capture_is_said),
		cmocka_unit_test(what_is_packed_is_unpacked),
		cmocka_unit_test(what_was_read_before_the_end_counts),
		cmocka_unit_test(what_was_unpacked_before_the_damage_counts),
		cmocka_unit_test(a_zstd_window_has_a_bound),
		cmocka_unit_test(blocks_that_do_not_hold_together_end_a_file),
		cmocka_unit_test(a_frame_has_a_greatest_length),
		cmocka_unit_test(files_follow_each_other_and_damage_is_of_one),
		cmocka_unit_test(files_that_overlap_in_time_are_read_side_by_side),
		cmocka_unit_test(what_cannot_be_opened_is_said_at_once),
		cmocka_unit_test(a_silent_pipe_is_not_the_end),
		cmocka_unit_test(a_filter_lets_through_what_it_takes),
		cmocka_unit_test(a_filter_lets_through_what_stands_behind_headers),
		cmocka_unit_test(the_filter_has_room_for_many_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
