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

struct cs_capture_sieve {
	struct bpf_program programs[CS_LEN(dlts)]; /* .bf_insns NULL: takes all */
};

static enum cs_err bad(const char *filter, const char *what, char why[CS_CAPTURE_WHY])
{
	(void)snprintf(why, CS_CAPTURE_WHY, "filter '%.120s': %.160s", filter, what);
	return CS_ERR_SYNTAX;
}

static enum cs_err compile(const char *filter, int dlt, struct bpf_program *program,
			   char why[CS_CAPTURE_WHY])
{
	pcap_t *dead = pcap_open_dead(dlt, CS_RECORD_MAX);
	enum cs_err err = CS_OK;

	if (!dead)
		return CS_ERR_NOMEM;
	if (pcap_compile(dead, program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
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
		enum cs_err err = compile(filter, dlts[i], &sieve->programs[i],
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
 * follows it is where it is without; a packet with another passes as it is.
 */
static char *cooked(const char *filter)
{
	char *text;

	if (asprintf(&text, "(%s) or ether proto 0x8100 or ether proto 0x88a8", filter) <
	    0)
		return NULL;
	return text;
}

/*
 * After "vlan" all offsets are those inside of the tag. The outermost tag is mostly
 * taken off by the kernel and stands beside the packet, where "vlan" looks as well.
 */
static char *with_tags(const char *filter)
{
	char *text;

	if (asprintf(&text, "(%s) or (vlan and ((%s) or (vlan and (%s))))", filter,
		     filter, filter) < 0)
		return NULL;
	return text;
}

static char *text_for(int dlt, const char *filter)
{
	switch (dlt) {
	case DLT_EN10MB:
		return with_tags(filter);
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
		return cooked(filter);
	default:
		return strdup(filter);
	}
}

enum cs_err cs_capture_filter_set(pcap_t *pcap, const char *filter,
				  char why[CS_CAPTURE_WHY])
{
	char *text = text_for(pcap_datalink(pcap), filter);
	struct bpf_program program;
	enum cs_err err = CS_OK;

	if (!text)
		return CS_ERR_NOMEM;
	if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		err = bad(filter, pcap_geterr(pcap), why);
	} else {
		if (pcap_setfilter(pcap, &program) != 0) {
			(void)bad(filter, pcap_geterr(pcap), why);
			err = CS_ERR_IO;
		}
		pcap_freecode(&program);
	}
	free(text);
	return err;
}

/* What can carry CoAP, or say that it did not arrive, whatever stands on its ports. */
static const char always[] = "(ip[6:2] & 0x1fff != 0)" /* fragments but the first */
			     " or (ip6[6] = 44 or ip6[6] = 0 or ip6[6] = 43 or ip6[6] = "
			     "60)" /* and behind headers */
			     " or (icmp[0] = 3 or icmp[0] = 4 or icmp[0] = 11 or icmp[0] "
			     "= 12)"
			     " or (ip6[6] = 58 and ip6[40] < 128)";

bool cs_capture_filter(const uint16_t *ports, size_t n, char out[CS_CAPTURE_FILTER])
{
	size_t len = (size_t)snprintf(out, CS_CAPTURE_FILTER, "%s", always);

	for (size_t i = 0; i < n && len < CS_CAPTURE_FILTER; i++)
		len += (size_t)snprintf(out + len, CS_CAPTURE_FILTER - len, " or port %u",
					ports[i]);
	return len < CS_CAPTURE_FILTER;
}
