/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture_filter.h"

#include <pcap/pcap.h>
#include <stdlib.h>

#include "net/capture_format.h"

/* The link types that have a kind here; the first one must take the filter. */
static const int dlts[] = {
	DLT_EN10MB, DLT_LINUX_SLL,  DLT_LINUX_SLL2, DLT_RAW,
	DLT_IPV4,   DLT_IPV6,       DLT_NULL,       DLT_LOOP,
	DLT_PPP,    DLT_PPP_SERIAL, DLT_PPP_ETHER,
};

/*
 * What has room in the 20 KiB that a socket's filter may take in the kernel before Linux
 * 6.9 (net.core.optmem_max), as measured; a longer one would be applied by us instead.
 */
enum { INSNS_MAX = 540 };

struct cs_capture_sieve {
	struct bpf_program programs[CS_LEN(dlts)]; /* .bf_insns NULL: takes all */
};

static enum cs_err bad(const char *filter, const char *what, char why[CS_CAPTURE_WHY])
{
	(void)snprintf(why, CS_CAPTURE_WHY, "filter '%.120s': %.160s", filter, what);
	return CS_ERR_SYNTAX;
}

/* @text, which was made of @filter. */
static enum cs_err compile(const char *text, const char *filter, int dlt,
			   struct bpf_program *program, char why[CS_CAPTURE_WHY])
{
	pcap_t *dead = pcap_open_dead(dlt, CS_RECORD_MAX);
	enum cs_err err = CS_OK;

	if (!dead)
		return CS_ERR_NOMEM;
	if (pcap_compile(dead, program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		err = bad(filter, pcap_geterr(dead), why);
	pcap_close(dead);
	return err;
}

enum cs_err cs_capture_sieve_new(const char *filter, struct cs_capture_sieve **out,
				 char why[CS_CAPTURE_WHY])
{
	struct cs_capture_sieve *sieve = calloc(1, sizeof(*sieve));
	char unsaid[CS_CAPTURE_WHY] = "";

	if (!sieve)
		return CS_ERR_NOMEM;
	for (size_t i = 0; i < CS_LEN(dlts); i++) {
		enum cs_err err = compile(filter, filter, dlts[i], &sieve->programs[i],
					  i == 0 ? why : unsaid);

		if (err && (i == 0 || err == CS_ERR_NOMEM)) {
			cs_capture_sieve_free(sieve);
			return err;
		}
	}
	*out = sieve;
	return CS_OK;
}

void cs_capture_sieve_free(struct cs_capture_sieve *sieve)
{
	if (!sieve)
		return;
	for (size_t i = 0; i < CS_LEN(dlts); i++)
		pcap_freecode(&sieve->programs[i]);
	free(sieve);
}

bool cs_capture_sieve_takes(const struct cs_capture_sieve *sieve,
			    const struct cs_capture_frame *frame)
{
	const struct pcap_pkthdr head = { .caplen = (bpf_u_int32)frame->bytes.len,
					  .len = frame->wire_len };

	for (size_t i = 0; i < CS_LEN(dlts); i++)
		if (dlts[i] == frame->dlt)
			return !sieve->programs[i].bf_insns ||
			       pcap_offline_filter(&sieve->programs[i], &head,
						   frame->bytes.ptr) != 0;
	return true;
}

/*
 * Cooked headers have no "vlan" in filters. One tag is beside the packet, so what
 * follows it is where it is without; a packet with another passes as it is. PPPoE is
 * left to the interface that comes out of it: "any" hears that one as well.
 */
static const char *const cooked[] = { "ether proto 0x8100 or ether proto 0x88a8 or " };

/*
 * After "vlan" and "pppoes" all offsets of an expression are those inside, to its end,
 * so each way to wrap a packet is a program of its own; what is more often there comes
 * first. The outermost tag is taken off by the kernel and stands beside the packet: what
 * is here is what may be left of up to four.
 */
static const char *const ethernet[] = {
	"",
	"vlan and ",
	"pppoes and ",
	"vlan and pppoes and ",
	"vlan and vlan and ",
	"vlan and vlan and vlan and ",
	"vlan and vlan and pppoes and ",
	"vlan and vlan and vlan and pppoes and ",
};

static const char *const bare[] = { "" };

/* Has @all go on with @more where it would refuse. What has no room is left out. */
static enum cs_err join(struct bpf_program *all, const struct bpf_program *more)
{
	unsigned n = all->bf_len;
	struct bpf_insn *insns;

	if (n > 0 && n + more->bf_len > INSNS_MAX)
		return CS_OK;
	insns = reallocarray(all->bf_insns, n + more->bf_len, sizeof(*insns));
	if (!insns)
		return CS_ERR_NOMEM;
	for (unsigned i = 0; i < n; i++)
		if (insns[i].code == (BPF_RET | BPF_K) && insns[i].k == 0)
			insns[i] = (struct bpf_insn)BPF_STMT(BPF_JMP | BPF_JA, n - i - 1);
	memcpy(insns + n, more->bf_insns, more->bf_len * sizeof(*insns));
	*all = (struct bpf_program){ .bf_len = n + more->bf_len, .bf_insns = insns };
	return CS_OK;
}

/* By a handle that listens to nothing: only what is in the packet is looked at. */
static enum cs_err join_wraps(int dlt, const char *const *wraps, size_t n,
			      const char *filter, struct bpf_program *all,
			      char why[CS_CAPTURE_WHY])
{
	enum cs_err err = CS_OK;

	for (size_t i = 0; !err && i < n; i++) {
		struct bpf_program one = { 0 };
		char *text;

		if (asprintf(&text, "%s(%s)", wraps[i], filter) < 0)
			return CS_ERR_NOMEM;
		err = compile(text, filter, dlt, &one, why);
		if (!err)
			err = join(all, &one);
		pcap_freecode(&one);
		free(text);
	}
	return err;
}

static enum cs_err program_for(int dlt, const char *filter, struct bpf_program *all,
			       char why[CS_CAPTURE_WHY])
{
	switch (dlt) {
	case DLT_EN10MB:
		return join_wraps(dlt, ethernet, CS_LEN(ethernet), filter, all, why);
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
		return join_wraps(dlt, cooked, CS_LEN(cooked), filter, all, why);
	default:
		return join_wraps(dlt, bare, CS_LEN(bare), filter, all, why);
	}
}

enum cs_err cs_capture_filter_set(pcap_t *pcap, const char *filter,
				  char why[CS_CAPTURE_WHY])
{
	struct bpf_program all = { 0 };
	enum cs_err err = program_for(pcap_datalink(pcap), filter, &all, why);

	if (!err && pcap_setfilter(pcap, &all) != 0) {
		(void)bad(filter, pcap_geterr(pcap), why);
		err = CS_ERR_IO;
	}
	free(all.bf_insns);
	return err;
}

/* What can carry CoAP, or say that it did not arrive, whatever stands on its ports. */
static const char always[] =
	"(ip[6:2] & 0x1fff != 0)" /* fragments but the first, and behind headers */
	" or (ip6[6] = 44 or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 51 or ip6[6] = 60"
	" or ip6[6] = 135 or ip6[6] = 139 or ip6[6] = 140)"
	" or (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] = 12)"
	" or (ip6[6] = 58 and ip6[40] < 128)";

bool cs_capture_filter(const uint16_t *ports, size_t n, char out[CS_CAPTURE_FILTER])
{
	size_t len = (size_t)snprintf(out, CS_CAPTURE_FILTER, "%s", always);

	for (size_t i = 0; i < n && len < CS_CAPTURE_FILTER; i++)
		len += (size_t)snprintf(out + len, CS_CAPTURE_FILTER - len, " or port %u",
					ports[i]);
	return len < CS_CAPTURE_FILTER;
}
