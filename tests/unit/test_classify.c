/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of docs/guide/verdicts.md, one row or test each. */
#include "test.h"

#include "base/clock.h"
#include "watch/judge.h"
#include "watch/sight.h"

enum { ROW_OBS = 6, ROW_PAIRS = 8, HOUR = 3600, FLOOD = 400 };

#define FAULT(n) (CS_OBS_FAULT + (n))
#define ALIEN(x) (CS_OBS_ALIEN + CS_ALIEN_##x)

/* Paths by number; CORE is the well-known one. */
#define CORE CS_SIGHT_CORE

/* What a row says of a source; the rest is what a scanner's first packet looks like. */
struct row {
	const char *name;
	struct {
		int kind;
		uint32_t count;
	} obs[ROW_OBS];
	uint32_t requests;
	uint32_t runs[ROW_PAIRS]; /* longest run to each host; {0}: all requests to one */
	unsigned paths;           /* beyond the well-known one */
	uint32_t span_s;
	bool client;     /* tokens differ, Message IDs rise */
	bool peer;       /* listed */
	bool one_mid;    /* all requests have one Message ID */
	bool alone;      /* nobody else asked for what it asked */
	const char *ip;  /* NULL: 198.51.100.7 */
	uint32_t proved; /* requests on flows with proof */

	enum cs_class want;
	bool victim;
	enum cs_worry worry;
	int also; /* another class that holds, or 0 (H) */
	uint32_t reflectors;
	bool listed;
};

static void add_obs(struct cs_source *s, int kind, uint32_t count)
{
	struct cs_source_obs *obs = cs_source_note(s, (enum cs_obs)kind, s->first_us);

	assert_non_null(obs);
	obs->count = count;
}

static struct cs_source source_of(const struct row *row)
{
	struct cs_source s = { .bits = 128,
			       .first_us = 1000000,
			       .requests = row->requests,
			       .packets = row->requests + 1,
			       .bytes_in = 21 * (uint64_t)(row->requests + 1),
			       .unproved = row->requests - row->proved,
			       .mids_differ = 1,
			       .payload_same = 1,
			       .no_token = row->requests > 255 ? 255
							       : (uint8_t)row->requests };

	s.last_us = s.first_us + (int64_t)row->span_s * 1000000;
	assert_true(cs_addr_read(cs_span_str(row->ip ? row->ip : "198.51.100.7"), &s.ip));
	s.is_peer = row->peer;
	s.mids_differ = !row->one_mid;
	if (row->client) {
		s.no_token = 0;
		s.tokens_differ = 1;
		s.mids_rise = 1;
	}
	for (size_t i = 0; i < ROW_OBS && row->obs[i].count; i++) {
		add_obs(&s, row->obs[i].kind, row->obs[i].count);
		if (row->obs[i].kind == CS_OBS_DISCOVERY)
			cs_source_target(&s, CORE);
	}
	for (unsigned i = 0; i < row->paths; i++)
		cs_source_target(&s, 100 + i);
	for (uint32_t i = 0; i < ROW_PAIRS; i++) {
		uint32_t run = i == 0 && !row->runs[0] ? row->requests : row->runs[i];

		if (run)
			s.pair[s.n_pairs++] =
				(struct cs_source_pair){ .host = i + 1, .run_most = run };
	}
	return s;
}

static void judge(const struct row *row, struct cs_finding *finding,
		  struct cs_answer *answer)
{
	struct cs_source s = source_of(row);
	struct cs_surroundings around = { .reflectors = row->reflectors };
	struct cs_actor actor = { .name = SPAN_ROW("Shodan"), .by_list = true };

	cs_classify(&s, NULL, row->alone, &cs_threshold_defaults, finding);
	cs_answer(&s, finding, &around, row->listed ? &actor : NULL,
		  &cs_threshold_defaults, 0, answer);
}

#define B  CS_CLASS_B
#define C1 CS_CLASS_C1
#define C2 CS_CLASS_C2
#define D  CS_CLASS_D
#define E  CS_CLASS_E
#define F  CS_CLASS_F
#define G  CS_CLASS_G
#define H  CS_CLASS_H
#define I  CS_CLASS_I

#define NONE    CS_WORRY_NONE
#define NOTE    CS_WORRY_NOTE
#define ACT     CS_WORRY_ACT
#define ACT_NOW CS_WORRY_ACT_NOW

#define ASKS(n)                     \
	{                           \
		CS_OBS_DISCOVERY, n \
	}
#define READS(n)               \
	{                      \
		CS_OBS_READ, n \
	}
#define ANSWERED(n)                \
	{                          \
		CS_OBS_ANSWERED, n \
	}

/* clang-format off */
static const struct row rows[] = {
	/* --- B --- */
	{ "one question, not answered", { ASKS(1) }, 1, .want = B, .worry = NONE },
	{ "one question, answered", { ASKS(1), ANSWERED(1) }, 1, .want = B, .worry = NOTE },
	{ "one question, answered at length", { ASKS(1), ANSWERED(1), { CS_OBS_AMPLIFIED, 1 } }, 1, .want = B, .worry = ACT },
	{ "a ping", { { CS_OBS_PING, 1 } }, 1, .want = B, .worry = NONE },
	{ "discovery that nobody else did is still no C2", { ASKS(1) }, 1, .alone = true, .want = B, .worry = NONE },
	{ "a sweep over many of our hosts, thousands of packets", { ASKS(4000) }, 4000, .runs = { 2, 2, 2, 2, 2, 2, 1, 1 }, .want = B, .worry = NONE },
	{ "what others ask for, too", { READS(1) }, 1, .paths = 1, .want = B, .worry = NOTE },
	{ "a plain GET of /bs, /rd, /oic is a read", { { CS_OBS_SENSITIVE, 2 } }, 2, .paths = 2, .want = B, .worry = NOTE },
	{ "nothing that matches", { { CS_OBS_UNKNOWN_CRITICAL, 0 } }, 0, .want = B, .worry = NONE },
	{ "a connection tried over TCP", { { CS_OBS_TCP, 1 } }, 0, .want = B, .worry = NONE },
	{ "19 requests to one host", { ASKS(19) }, 19, .want = B, .worry = NOTE },
	{ "requests with long gaps are no run", { ASKS(100) }, 100, .runs = { 1 }, .span_s = 100 * HOUR, .want = B, .worry = NONE },
	{ "a listed scanner, not answered", { ASKS(7) }, 7, .listed = true, .want = B, .worry = NONE },
	{ "a listed scanner, answered", { ASKS(1), ANSWERED(1) }, 1, .listed = true, .want = B, .worry = NOTE },
	{ "five scans refused by the scanner's kernel", { ASKS(5), ANSWERED(5), { CS_OBS_UNREACHABLE, 5 } }, 5, .want = B, .worry = NOTE },
	{ "19 refused", { ASKS(19), ANSWERED(19), { CS_OBS_UNREACHABLE, 19 } }, 19, .want = B, .worry = NOTE },

	/* --- C1 --- */
	{ "20 requests to one host", { ASKS(20) }, 20, .want = C1, .victim = true, .worry = NOTE, .also = B },
	{ "20 that were answered", { ASKS(20), ANSWERED(20) }, 20, .want = C1, .victim = true, .worry = ACT },
	{ "20 that were answered at length", { ASKS(20), ANSWERED(20), { CS_OBS_AMPLIFIED, 20 } }, 20, .want = C1, .victim = true, .worry = ACT_NOW },
	{ "9000 requests in 90 s", { ASKS(9000), ANSWERED(9000), { CS_OBS_AMPLIFIED, 1 } }, 9000, .span_s = 90, .want = C1, .victim = true, .worry = ACT_NOW },
	{ "hosts with 5 each reach it together", { ASKS(20) }, 20, .runs = { 5, 5, 5, 5 }, .want = C1, .victim = true, .worry = NOTE },
	{ "hosts with 4 each do not", { ASKS(32) }, 32, .runs = { 4, 4, 4, 4, 4, 4, 4, 4 }, .want = B, .worry = NONE },
	{ "three targets", { ASKS(20), READS(20) }, 40, .paths = 2, .want = C1, .victim = true, .worry = NOTE },
	{ "a fourth is enumeration, also at 150 a minute", { ASKS(50), READS(150) }, 200, .paths = 3, .span_s = 80, .want = E, .worry = NOTE },
	{ "a fourth, all of them asked for again and again, and refused", { ASKS(50), READS(50), { CS_OBS_UNREACHABLE, 90 } }, 100, .paths = 3, .want = C1, .victim = true, .worry = NOTE, .also = E },
	{ "an enumeration whose answers are refused stays one", { READS(60), { CS_OBS_UNREACHABLE, 60 } }, 60, .paths = 9, .want = E, .worry = NOTE },
	{ "an upload in blocks", { { CS_OBS_WRITE, 40 }, ANSWERED(40), { CS_OBS_WRITE_DONE, 40 } }, 40, .paths = 1, .want = D, .worry = ACT_NOW },
	{ "one Message ID for all proves no retransmission", { ASKS(500), { CS_OBS_RETRIED, 3 } }, 500, .one_mid = true, .want = C1, .victim = true, .worry = NOTE },
	{ "hosts that a sweep met more often", { ASKS(811) }, 811, .runs = { 8, 7, 6, 6, 5, 5, 5, 5 }, .want = B, .worry = NOTE },
	{ "C1 before F: a flood with one slip", { ASKS(100), { FAULT(CS_FAULT_TKL), 1 } }, 101, .want = C1, .victim = true, .worry = NOTE, .also = F },
	{ "C1 before D: a flood of registrations", { { CS_OBS_OBSERVE, 50 }, READS(50) }, 50, .paths = 1, .want = C1, .victim = true, .worry = NOTE, .also = D },
	{ "C1 before C2: an attack tool's flood", { ASKS(50), { CS_OBS_MARK_AMPLIFIER, 50 } }, 50, .want = C1, .victim = true, .worry = NOTE, .also = C2 },
	{ "an ACK to our CON rules it out", { ASKS(50), { CS_OBS_ACKED, 1 } }, 50, .proved = 50, .want = B, .worry = NOTE },
	{ "the next block rules it out", { ASKS(50), { CS_OBS_NEXT_BLOCK, 1 } }, 50, .proved = 50, .want = B, .worry = NOTE },
	{ "an Echo sent back rules it out", { ASKS(50), { CS_OBS_ECHOED, 1 } }, 50, .proved = 50, .want = B, .worry = NOTE },
	{ "a repetition that stops rules it out", { ASKS(50), { CS_OBS_RETRIED, 1 } }, 50, .proved = 50, .want = B, .worry = NOTE },
	{ "proof on one flow, and a flood that is refused on others", { ASKS(500), { CS_OBS_ACKED, 1 }, { CS_OBS_UNREACHABLE, 300 } }, 500, .proved = 2, .want = C1, .victim = true, .worry = NOTE },
	{ "clients behind NAT, one of which repeated itself", { READS(500), ANSWERED(500), { CS_OBS_RETRIED, 1 } }, 500, .paths = 2, .client = true, .proved = 2, .want = H, .worry = NOTE, .also = B },
	{ "the same without tokens is a flood in the name of one of them", { READS(500), ANSWERED(500), { CS_OBS_RETRIED, 1 } }, 500, .paths = 2, .proved = 2, .want = C1, .victim = true, .worry = ACT },
	{ "a poller: Message IDs in order, a token each, once a minute", { READS(60), ANSWERED(60) }, 60, .paths = 1, .span_s = HOUR, .client = true, .want = H, .worry = NOTE, .also = B },
	{ "the same at ten a second is no poller", { READS(600), ANSWERED(600) }, 600, .paths = 1, .span_s = 60, .client = true, .want = C1, .victim = true, .worry = ACT },
	{ "nor where its answers are refused", { READS(60), ANSWERED(60), { CS_OBS_RESETS, 60 } }, 60, .paths = 1, .span_s = HOUR, .client = true, .want = C1, .victim = true, .worry = ACT },

	/* --- C2 --- */
	{ "a resource nobody else asked for", { READS(1) }, 1, .paths = 1, .alone = true, .want = C2, .worry = NOTE },
	{ "19 requests for it", { READS(19) }, 19, .paths = 1, .alone = true, .want = C2, .worry = NOTE },
	{ "an amplifier's mark", { ASKS(1), { CS_OBS_MARK_AMPLIFIER, 1 } }, 1, .want = C2, .worry = NOTE },
	{ "a scanner's random Message IDs, one of which is a tool's by chance", { ASKS(150), { CS_OBS_MARK_PLAIN, 149 }, { CS_OBS_MARK_AMPLIFIER, 1 } }, 150, .runs = { 5 }, .span_s = 30 * 24 * HOUR, .want = B, .worry = NOTE },
	{ "an amplifier's mark, every fourth time", { ASKS(12), { CS_OBS_MARK_PLAIN, 9 }, { CS_OBS_MARK_AMPLIFIER, 3 } }, 12, .want = C2, .worry = NOTE },
	{ "the banner request", { READS(1), { CS_OBS_MARK_BANNER, 1 } }, 1, .paths = 1, .want = C2, .worry = NOTE },
	{ "the largest block", { ASKS(2), { CS_OBS_BLOCK_LARGE, 2 } }, 2, .want = C2, .worry = NOTE },
	{ "and it was answered with it", { ASKS(2), { CS_OBS_BLOCK_LARGE, 2 }, ANSWERED(2), { CS_OBS_AMPLIFIED, 2 } }, 2, .want = C2, .worry = ACT },

	/* --- D --- */
	{ "a write", { { CS_OBS_WRITE, 1 } }, 1, .paths = 1, .want = D, .worry = NOTE },
	{ "a write answered 2.04", { { CS_OBS_WRITE, 1 }, ANSWERED(1), { CS_OBS_WRITE_DONE, 1 } }, 1, .paths = 1, .want = D, .worry = ACT_NOW },
	{ "a write refused with 4.05", { { CS_OBS_WRITE, 1 }, ANSWERED(1), { CS_OBS_ANSWERED_ERROR, 1 } }, 1, .paths = 1, .want = D, .worry = NOTE },
	{ "writes are no reflection, also where some answers are refused", { { CS_OBS_WRITE, 60 }, ANSWERED(60), { CS_OBS_WRITE_DONE, 60 }, { CS_OBS_RESETS, 19 } }, 60, .paths = 1, .want = D, .worry = ACT_NOW },
	{ "but twenty refusals say that somebody else wrote", { { CS_OBS_WRITE, 60 }, ANSWERED(60), { CS_OBS_WRITE_DONE, 60 }, { CS_OBS_RESETS, 20 } }, 60, .paths = 1, .want = C1, .victim = true, .worry = ACT_NOW, .also = D },
	{ "our question that it refused excuses no write", { { CS_OBS_WRITE, 1 }, ANSWERED(1), { CS_OBS_WRITE_DONE, 1 }, { CS_OBS_OWN_REFUSED, 1 } }, 1, .paths = 1, .want = D, .worry = ACT_NOW },
	{ "nor does one that it answered, elsewhere", { { CS_OBS_WRITE, 1 }, ANSWERED(1), { CS_OBS_WRITE_DONE, 1 }, { CS_OBS_OWN_ANSWER, 1 } }, 1, .paths = 1, .want = D, .worry = ACT_NOW },
	{ "who refused our question and asked nothing is ours", { { CS_OBS_OWN_REFUSED, 1 } }, 0, .want = H, .worry = NONE },
	{ "an Empty ACK to a DELETE proves no harmlessness", { { CS_OBS_WRITE, 1 }, { CS_OBS_WRITE_ACKED, 1 } }, 1, .paths = 1, .want = D, .worry = ACT },
	{ "a registration", { READS(1), { CS_OBS_OBSERVE, 1 } }, 1, .paths = 1, .want = D, .worry = NOTE },
	{ "a registration that was granted", { READS(1), { CS_OBS_OBSERVE, 1 }, ANSWERED(1), { CS_OBS_OBSERVE_GRANTED, 1 } }, 1, .paths = 1, .want = D, .worry = ACT },
	{ "an unlisted source that observes and ACKs for hours", { READS(1), { CS_OBS_OBSERVE, 1 }, ANSWERED(1), { CS_OBS_OBSERVE_GRANTED, 1 }, { CS_OBS_NOTIFIED, 500 }, { CS_OBS_ACKED, 500 } }, 1, .paths = 1, .span_s = 5 * HOUR, .client = true, .proved = 1, .want = D, .worry = ACT },
	{ "one that ACKs notifications since before the capture", { { CS_OBS_NOTIFIED, 40 }, { CS_OBS_ACKED, 40 }, ANSWERED(40) }, 0, .want = D, .worry = ACT },
	{ "an open proxy sought", { { CS_OBS_PROXY, 1 }, READS(1) }, 1, .paths = 1, .want = D, .worry = NOTE },
	{ "an open proxy found", { { CS_OBS_PROXY, 1 }, READS(1), ANSWERED(1), { CS_OBS_PROXIED, 1 } }, 1, .paths = 1, .want = D, .worry = ACT_NOW },
	{ "D before E", { { CS_OBS_WRITE, 1 }, READS(9) }, 10, .paths = 9, .want = D, .worry = NOTE, .also = E },
	{ "a listed scanner that writes is D", { { CS_OBS_WRITE, 1 } }, 1, .paths = 1, .listed = true, .want = D, .worry = NOTE },

	/* --- E --- */
	{ "three paths", { READS(3) }, 3, .paths = 3, .want = E, .worry = NOTE },
	{ "two paths beyond discovery are not", { ASKS(1), READS(2) }, 3, .paths = 2, .want = B, .worry = NOTE },
	{ "three paths, all 4.04", { READS(3), ANSWERED(3), { CS_OBS_ANSWERED_ERROR, 3 }, { CS_OBS_ANSWERED_404, 3 } }, 3, .paths = 3, .want = E, .worry = NOTE },
	{ "three paths, and something was found", { READS(3), ANSWERED(3), { CS_OBS_ANSWERED_404, 2 }, { CS_OBS_ANSWERED_ERROR, 2 } }, 3, .paths = 3, .want = E, .worry = ACT },
	{ "many reads of /bs, /1/0 ...", { { CS_OBS_SENSITIVE, 5 } }, 5, .paths = 5, .want = E, .worry = NOTE },
	{ "E before C2", { READS(4), { CS_OBS_BLOCK_LARGE, 1 } }, 4, .paths = 4, .alone = true, .want = E, .worry = NOTE, .also = C2 },

	/* --- F --- */
	{ "a reserved token length", { { FAULT(CS_FAULT_TKL), 1 } }, 1, .want = F, .worry = NOTE },
	{ "M5, M13 to M16, M18 to M21 are F, too", { { FAULT(CS_FAULT_TOKEN_LONG), 1 } }, 1, .want = F, .worry = NOTE },
	{ "a repeated option", { READS(1), { FAULT(CS_FAULT_REPEATED), 1 } }, 1, .paths = 1, .want = F, .worry = NOTE },
	{ "65 options", { READS(1), { FAULT(CS_FAULT_OPTIONS_MANY), 1 } }, 1, .paths = 1, .want = F, .worry = NOTE },
	{ "M17 is a note", { ASKS(1), { FAULT(CS_FAULT_BLOCK_EMPTY), 1 } }, 1, .want = B, .worry = NONE },
	{ "over 1152 bytes", { READS(1), { CS_OBS_BIG, 1 } }, 1, .paths = 1, .want = F, .worry = NOTE },
	{ "another version, the rest parses", { { CS_OBS_VERSION, 1 } }, 0, .want = F, .worry = NOTE },
	{ "a scanner with one malformed request", { ASKS(9), { FAULT(CS_FAULT_OPTION_CUT), 1 } }, 10, .want = F, .worry = NOTE, .also = B },
	{ "a listed scanner with one", { ASKS(9), { FAULT(CS_FAULT_OPTION_CUT), 1 } }, 10, .listed = true, .want = F, .worry = NOTE },
	{ "a device is silent since", { { FAULT(CS_FAULT_TKL), 1 }, { CS_OBS_SILENCED, 1 } }, 1, .want = F, .worry = ACT },
	{ "a fuzzer at one host is no reflection", { { FAULT(CS_FAULT_TKL), 90 }, { FAULT(CS_FAULT_NIBBLE), 60 } }, 150, .want = F, .worry = NOTE },
	{ "F before D", { { FAULT(CS_FAULT_PATH), 1 }, { CS_OBS_WRITE, 1 } }, 2, .paths = 1, .want = F, .worry = NOTE, .also = D },
	{ "random bytes of which one reads as CoAP", { { ALIEN(UNKNOWN), 9 }, { FAULT(CS_FAULT_NIBBLE), 1 } }, 1, .want = I, .worry = NONE },

	/* --- G --- */
	{ "an answer that nobody asked for", { { CS_OBS_BACKSCATTER, 1 } }, 0, .reflectors = 1, .want = G, .worry = NOTE },
	{ "of ten hosts: we are being attacked", { { CS_OBS_BACKSCATTER, 3 } }, 0, .reflectors = 10, .want = G, .worry = ACT },
	{ "ICMP for what we never sent", { { CS_OBS_BACKSCATTER_ICMP, 2 } }, 0, .reflectors = 2, .want = G, .worry = NOTE },

	/* --- H --- */
	{ "a listed peer", { { CS_OBS_PEER, 50 }, READS(50), ANSWERED(50) }, 50, .paths = 9, .client = true, .want = H, .worry = NONE },
	{ "a listed peer may write", { { CS_OBS_PEER, 9 }, { CS_OBS_WRITE, 9 }, ANSWERED(9), { CS_OBS_WRITE_DONE, 9 } }, 9, .paths = 1, .client = true, .want = H, .worry = NONE },
	{ "a listed peer, some requests lost", { { CS_OBS_PEER, 90 }, { CS_OBS_WRITE, 100 } }, 100, .paths = 1, .client = true, .want = H, .worry = NONE },
	{ "one malformed message of a peer is a note", { { CS_OBS_PEER, 50 }, { FAULT(CS_FAULT_TKL), 1 } }, 51, .want = H, .worry = NOTE },
	{ "one of a listed peer, too", { { CS_OBS_PEER, 50 }, { FAULT(CS_FAULT_TKL), 1 } }, 51, .peer = true, .want = H, .worry = NOTE },
	{ "a listed peer's zero-length Block value is legal", { { CS_OBS_PEER, 50 }, { FAULT(CS_FAULT_BLOCK_EMPTY), 1 } }, 50, .peer = true, .want = H, .worry = NONE },
	{ "two are F", { { CS_OBS_PEER, 50 }, { FAULT(CS_FAULT_TKL), 2 } }, 52, .want = F, .worry = NOTE, .also = H },
	{ "a listed peer in whose name a flood comes is the victim", { { CS_OBS_PEER, 50 }, ASKS(900), { CS_OBS_ACKED, 2 }, { CS_OBS_RESETS, 400 } }, 950, .paths = 7, .proved = 50, .want = C1, .victim = true, .worry = NOTE, .also = H },
	{ "a listed peer that is not answered", { READS(300) }, 300, .paths = 2, .client = true, .peer = true, .span_s = HOUR, .want = H, .worry = NONE },
	{ "a flood in the name of one that is not answered", { ASKS(300) }, 300, .peer = true, .span_s = 60, .want = C1, .victim = true, .worry = NOTE },
	{ "a listed peer that we notify since before the capture", { { CS_OBS_NOTIFIED, 40 }, { CS_OBS_ACKED, 40 }, ANSWERED(40) }, 0, .peer = true, .want = H, .worry = NONE },
	{ "a listed peer with nothing but one malformed message", { { FAULT(CS_FAULT_TKL), 1 } }, 1, .peer = true, .want = F, .worry = NOTE, .also = H },
	{ "a server that we ask", { { CS_OBS_OWN_ANSWER, 9 } }, 0, .want = H, .worry = NONE },
	{ "a device that we observe since before the capture", { { CS_OBS_OWN_NOTIFICATION, 40 } }, 0, .want = H, .worry = NONE },
	{ "an LwM2M device that registers with us, and that we ask", { { CS_OBS_WRITE, 60 }, ANSWERED(60), { CS_OBS_WRITE_DONE, 60 }, { CS_OBS_OWN_ANSWER, 5 } }, 60, .proved = 60, .paths = 2, .span_s = HOUR, .client = true, .want = H, .worry = NONE },
	{ "one that we do not ask, unlisted, writes", { { CS_OBS_WRITE, 60 }, ANSWERED(60), { CS_OBS_WRITE_DONE, 60 } }, 60, .paths = 2, .span_s = HOUR, .client = true, .want = D, .worry = ACT_NOW },
	{ "multicast discovery at home", { { CS_OBS_GROUP, 3 }, ASKS(3) }, 3, .want = H, .worry = NONE },
	{ "and then single devices, from a home address", { { CS_OBS_GROUP, 3 }, ASKS(3), READS(9) }, 12, .paths = 4, .ip = "192.168.1.20", .want = H, .worry = NONE },
	{ "a late answer of a server that we ask", { { CS_OBS_OWN_ANSWER, 9 }, { CS_OBS_BACKSCATTER, 1 } }, 0, .want = H, .worry = NOTE, .also = G },
	{ "unlisted, hears us, reads the same again and again", { READS(40), ANSWERED(40), { CS_OBS_RETRIED, 2 } }, 40, .paths = 4, .client = true, .proved = 40, .want = H, .worry = NOTE, .also = E },
	{ "unlisted, fetches a large body", { READS(40), ANSWERED(40), { CS_OBS_NEXT_BLOCK, 39 } }, 40, .paths = 1, .alone = true, .client = true, .proved = 40, .want = H, .worry = NOTE },

	/* --- I --- */
	{ "DTLS from a stranger", { { ALIEN(DTLS), 5 } }, 0, .want = I, .worry = NONE },
	{ "a DTLS handshake that ended", { { ALIEN(DTLS), 5 }, { CS_OBS_CONNECTED, 1 } }, 0, .want = I, .worry = NONE },
	{ "random bytes", { { ALIEN(UNKNOWN), 40 } }, 0, .want = I, .worry = NONE },
	{ "random bytes, some of which read as CoAP", { { ALIEN(UNKNOWN), 40 }, { FAULT(CS_FAULT_OPTION_CUT), 1 }, { CS_OBS_VERSION, 1 } }, 0, .want = I, .worry = NONE },
	{ "zeros", { { ALIEN(ZEROS), 1 } }, 0, .want = I, .worry = NONE },
	{ "STUN and a CoAP request: B before I", { { ALIEN(STUN), 9 }, ASKS(1) }, 1, .want = B, .worry = NONE, .also = I },
};
/* clang-format on */

static bool has(const struct cs_finding *finding, int class_)
{
	return finding->classes >> class_ & 1;
}

static void each_rule_gives_its_verdict(void **state)
{
	struct cs_finding finding;
	struct cs_answer answer;

	(void)state;
	for (size_t i = 0; i < CS_LEN(rows); i++) {
		const struct row *row = &rows[i];

		judge(row, &finding, &answer);
		if (finding.primary != row->want || finding.victim != row->victim ||
		    answer.worry != row->worry || !has(&finding, (int)row->want) ||
		    (row->also && !has(&finding, row->also)))
			fail_msg("%s: %s of %x, victim %d, %s", row->name,
				 cs_class_name(finding.primary), finding.classes,
				 finding.victim, cs_worry_name(answer.worry));
		assert_true(finding.confidence > 0 && finding.confidence <= 100);
		assert_true(answer.what[0] && answer.would_change[0] && answer.next[0]);
	}
}

static void who_may_be_ours_is_not_shut_out_at_a_word(void **state)
{
	static const struct {
		const char *ip;
		bool victim;
		const char *next;
	} cases[] = {
		{ "198.51.100.7", false, "coapscope protect apply --strangers drop" },
		{ "192.168.1.9", false,
		  "coapscope protect plan --strangers drop --allow 192.168.1.9  # if it "
		  "is one of yours; else without --allow" },
		{ "fd00::9", false,
		  "coapscope protect plan --strangers drop --allow fd00::9  # if it is "
		  "one of yours; else without --allow" },
		{ "192.168.1.9", true, "coapscope protect apply --strangers drop" },
	};

	(void)state;
	for (size_t i = 0; i < CS_LEN(cases); i++) {
		struct row writes = { .obs = { { CS_OBS_WRITE, 1 },
					       { CS_OBS_ANSWERED, 1 },
					       { CS_OBS_WRITE_DONE, 1 } },
				      .requests = 1,
				      .ip = cases[i].ip };
		struct row flood = { .obs = { ASKS(100),
					      { CS_OBS_ANSWERED, 100 },
					      { CS_OBS_AMPLIFIED, 100 } },
				     .requests = 100,
				     .ip = cases[i].ip };
		struct cs_finding finding;
		struct cs_answer answer;

		judge(cases[i].victim ? &flood : &writes, &finding, &answer);
		assert_int_equal(answer.worry, CS_WORRY_ACT_NOW);
		assert_int_equal(finding.victim, cases[i].victim);
		assert_string_equal(answer.next, cases[i].next);
	}
}

/*
 * A /24 of @addresses, each with @each requests to one host within @span_s; and @flooded
 * more, each with a flood of its own.
 */
static struct cs_source prefix_of(uint32_t addresses, uint32_t each, uint32_t flooded,
				  uint32_t span_s)
{
	uint32_t all = addresses * each + flooded * FLOOD;
	struct row row = { .obs = { ASKS(all) },
			   .requests = all,
			   .runs = { addresses * each },
			   .span_s = span_s };
	struct cs_source s = source_of(&row);

	s.bits = 120;
	s.addresses = addresses + flooded;
	s.flooded = flooded;
	return s;
}

static bool is_carpet(uint32_t addresses, uint32_t each, uint32_t flooded,
		      uint32_t span_s)
{
	struct cs_source s = prefix_of(addresses, each, flooded, span_s);
	struct cs_finding finding;

	cs_classify(&s, NULL, false, &cs_threshold_defaults, &finding);
	return finding.primary == C1 && finding.victim;
}

static void a_carpet_is_a_prefix_of_ten_addresses_or_more(void **state)
{
	(void)state;
	assert_true(is_carpet(10, 4, 0, 60));
	assert_false(is_carpet(9, 4, 0, 60));
	assert_true(is_carpet(200, 1, 0, 60));
	assert_true(is_carpet(200, 3, 0, HOUR));
}

static void a_flooded_address_says_nothing_about_its_neighbours(void **state)
{
	(void)state;
	assert_false(is_carpet(10, 1, 1, 90));
	assert_false(is_carpet(12, 2, 2, 90));
	assert_true(is_carpet(1, 1, 10, 90));
}

static void scanners_that_take_turns_are_no_carpet(void **state)
{
	(void)state;
	assert_false(is_carpet(30, 1, 0, HOUR));
	assert_false(is_carpet(200, 2, 0, 400));
	assert_false(is_carpet(50, 7, 0, 7 * 24 * HOUR));
}

static struct cs_finding inside(const struct cs_source *prefix, const struct row *row)
{
	struct cs_source s = source_of(row);
	struct cs_finding finding;

	cs_classify(&s, prefix, row->alone, &cs_threshold_defaults, &finding);
	return finding;
}

static void an_address_inside_a_carpet_inherits_it(void **state)
{
	struct cs_source carpet = prefix_of(20, 5, 0, 60),
			 scan = prefix_of(20, 1, 0, HOUR);
	struct row one = { .obs = { ASKS(5) }, .requests = 5 };
	struct cs_finding finding = inside(&carpet, &one);

	(void)state;
	assert_int_equal(finding.primary, C1);
	assert_true(finding.victim && finding.inherited);
	assert_int_equal(inside(&scan, &one).primary, B);
}

static void inside_a_carpet_some_are_judged_by_what_they_do(void **state)
{
	struct cs_source carpet = prefix_of(20, 5, 0, 60);
	struct row writes = { .obs = { { CS_OBS_WRITE, 1 } }, .requests = 1 };
	struct row hears = { .obs = { ASKS(5), { CS_OBS_ACKED, 1 } }, .requests = 5 };
	struct row peer = { .obs = { { CS_OBS_PEER, 5 } }, .requests = 5 };
	struct row refuses = { .obs = { { CS_OBS_PEER, 5 }, { CS_OBS_UNREACHABLE, 4 } },
			       .requests = 5 };
	struct row alien = { .obs = { { ALIEN(DTLS), 5 } } };

	(void)state;
	assert_int_equal(inside(&carpet, &writes).primary, D);
	assert_int_equal(inside(&carpet, &hears).primary, B);
	assert_int_equal(inside(&carpet, &peer).primary, H);
	assert_int_equal(inside(&carpet, &refuses).primary, C1);
	assert_int_equal(inside(&carpet, &alien).primary, I);
}

static enum cs_class at_level(uint32_t level, uint32_t requests, uint32_t refusals)
{
	struct cs_threshold threshold = cs_threshold_defaults;
	struct row row = { .obs = { ASKS(requests), { CS_OBS_UNREACHABLE, refusals } },
			   .requests = requests };
	struct cs_source s = source_of(&row);
	struct cs_finding finding;

	threshold.reflection = level;
	cs_classify(&s, NULL, false, &threshold, &finding);
	return finding.primary;
}

static void the_level_of_a_reflection_can_be_chosen(void **state)
{
	(void)state;
	assert_int_equal(at_level(5, 4, 0), B);
	assert_int_equal(at_level(5, 5, 0), C1);
	assert_int_equal(at_level(100, 99, 0), B);
	assert_int_equal(at_level(100, 100, 0), C1);
}

static void refusals_prove_it_from_twenty_requests_on_whatever_the_level(void **state)
{
	(void)state;
	assert_int_equal(at_level(100, 20, 1), C1);
	assert_int_equal(at_level(100, 19, 19), B);
}

static void what_weighs_most_is_said_first(void **state)
{
	struct row row = { .obs = { READS(1),
				    ANSWERED(1),
				    { CS_OBS_WRITE, 1 },
				    { CS_OBS_WRITE_DONE, 1 } },
			   .requests = 2 };
	struct cs_finding finding;
	struct cs_answer answer;

	(void)state;
	judge(&row, &finding, &answer);
	assert_int_equal(finding.n_because, 4);
	assert_int_equal(finding.because[0], CS_OBS_WRITE_DONE);
	assert_int_equal(finding.because[1], CS_OBS_WRITE);
}

static void a_class_and_a_level_have_names_whatever_their_number(void **state)
{
	(void)state;
	assert_string_equal(cs_class_name(C1), "C1");
	assert_string_equal(cs_class_name((enum cs_class)99), "?");
	assert_string_equal(cs_class_text(C1), "reflection attempt");
	assert_string_equal(cs_worry_name(ACT_NOW), "act_now");
	assert_string_equal(cs_worry_text(ACT_NOW), "act now");
	assert_string_equal(cs_worry_name((enum cs_worry)9), "?");
}

/* @rounds requests to each of @hosts of ours, one round after the other. */
static struct cs_finding found_all_over(uint32_t hosts, uint32_t rounds)
{
	const struct row row = {
		"", { { CS_OBS_DISCOVERY, hosts * rounds } }, hosts * rounds, .span_s = 60
	};
	struct cs_source s = source_of(&row);
	struct cs_finding finding;

	memset(s.pair, 0, sizeof(s.pair));
	s.n_pairs = s.pairs_lost = 0;
	s.requests = 0;
	for (uint32_t i = 0; i < hosts * rounds; i++, s.requests++)
		cs_source_asked(&s, i % hosts + 1, s.first_us + i * 10000,
				600 * CS_US_PER_S);
	cs_classify(&s, NULL, false, &cs_threshold_defaults, &finding);
	return finding;
}

static void more_reflectors_than_are_followed_are_a_reflection_all_the_same(void **state)
{
	(void)state;
	for (uint32_t hosts = 9; hosts <= 300; hosts += 97) {
		struct cs_finding flood = found_all_over(hosts, 10);
		struct cs_finding sweep = found_all_over(hosts, 2);

		assert_int_equal(flood.primary, CS_CLASS_C1);
		assert_true(flood.victim);
		assert_int_equal(sweep.primary, CS_CLASS_B);
		assert_false(sweep.victim);
	}
}

/* Three bursts in one name, each with two targets of its own, @pause_s apart. */
static enum cs_class class_of_bursts(int64_t pause_s)
{
	const struct row row = { "", { { CS_OBS_READ, 90 } }, 90, .span_s = 60 };
	struct cs_source s = source_of(&row);
	struct cs_finding finding;

	memset(s.pair, 0, sizeof(s.pair));
	s.n_pairs = s.n_paths = 0;
	for (uint32_t i = 0; i < 90; i++) {
		int64_t at_us = s.first_us + i * 10000 + i / 30 * pause_s * CS_US_PER_S;

		cs_source_asked(&s, 1, at_us, 600 * CS_US_PER_S);
		cs_source_target(&s, 1000 + i / 30 * 2 + i % 2);
	}
	cs_classify(&s, NULL, false, &cs_threshold_defaults, &finding);
	return finding.primary;
}

static void each_attack_on_a_victim_may_have_targets_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(class_of_bursts(3600), CS_CLASS_C1);
	assert_int_equal(class_of_bursts(60), CS_CLASS_E);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_gives_its_verdict),
		cmocka_unit_test(who_may_be_ours_is_not_shut_out_at_a_word),
		cmocka_unit_test(each_attack_on_a_victim_may_have_targets_of_its_own),
		cmocka_unit_test(
			more_reflectors_than_are_followed_are_a_reflection_all_the_same),
		cmocka_unit_test(a_carpet_is_a_prefix_of_ten_addresses_or_more),
		cmocka_unit_test(a_flooded_address_says_nothing_about_its_neighbours),
		cmocka_unit_test(scanners_that_take_turns_are_no_carpet),
		cmocka_unit_test(an_address_inside_a_carpet_inherits_it),
		cmocka_unit_test(inside_a_carpet_some_are_judged_by_what_they_do),
		cmocka_unit_test(the_level_of_a_reflection_can_be_chosen),
		cmocka_unit_test(
			refusals_prove_it_from_twenty_requests_on_whatever_the_level),
		cmocka_unit_test(what_weighs_most_is_said_first),
		cmocka_unit_test(a_class_and_a_level_have_names_whatever_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
