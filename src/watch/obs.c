/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of observations: a row each, name and words. */
#include "watch/obs.h"

#include <stddef.h>

struct kind {
	const char *name;
	const char *text;
};

/* clang-format off */
static const struct kind kinds[CS_OBS_ALIEN] = {
	[CS_OBS_DISCOVERY] = { "discovery", "asks for the list of resources (GET /.well-known/core)" },
	[CS_OBS_READ] = { "read", "reads a resource (GET or FETCH)" },
	[CS_OBS_SENSITIVE] = { "sensitive_read",
		"reads where management, firmware or configuration lives" },
	[CS_OBS_PING] = { "ping", "asks whether anything is there (CoAP ping)" },
	[CS_OBS_WRITE] = { "write", "tries to change something (POST, PUT, DELETE, PATCH)" },
	[CS_OBS_OBSERVE] = { "observe", "asks to be told of every change (Observe)" },
	[CS_OBS_PROXY] = { "proxy", "asks to be passed on to another host (Proxy-Uri, Proxy-Scheme)" },
	[CS_OBS_GROUP] = { "multicast", "asks a whole multicast group" },
	[CS_OBS_BLOCK_LARGE] = { "largest_block", "asks for the largest block unasked (Block2 of 1024 bytes)" },
	[CS_OBS_BIG] = { "big_request", "a request of more than 1152 bytes" },
	[CS_OBS_UNKNOWN_CRITICAL] = { "unknown_critical", "a critical option that nobody registered" },
	[CS_OBS_TCP] = { "tcp", "connects to CoAP over TCP" },

	[CS_OBS_MARK_ZMAP] = { "mark_zmap", "the very bytes of zmap's CoAP probe" },
	[CS_OBS_MARK_NMAP] = { "mark_nmap", "the very bytes of nmap's CoAP probe" },
	[CS_OBS_MARK_MASSCAN] = { "mark_masscan", "masscan's probe, by its cookie in Message ID and IP ID" },
	[CS_OBS_MARK_AMPLIFIER] = { "mark_amplifier", "a Message ID that attack tools for reflection use" },
	[CS_OBS_MARK_BANNER] = { "mark_banner", "the request that draws Californium's long banner" },
	[CS_OBS_MARK_PLAIN] = { "mark_scanner", "the 21 bytes without a token that most scanners share" },

	[CS_OBS_ACKED] = { "acked", "acknowledges what we send: it hears us" },
	[CS_OBS_NEXT_BLOCK] = { "next_block", "asks for the block after one of ours: it hears us" },
	[CS_OBS_ECHOED] = { "echoed", "sends back our Echo value: it hears us" },
	[CS_OBS_RETRIED] = { "retried", "repeats slower and slower until answered: it hears us" },
	[CS_OBS_CONNECTED] = { "connected", "ended a handshake with us: it hears us" },

	[CS_OBS_RESETS] = { "resets", "refuses our answers (Reset): it did not ask" },
	[CS_OBS_UNREACHABLE] = { "unreachable",
		"refuses our answers (ICMP port unreachable): nothing of its asked" },

	[CS_OBS_ANSWERED] = { "answered", "was answered" },
	[CS_OBS_ANSWERED_ERROR] = { "answered_error", "was answered with an error (4.xx or 5.xx)" },
	[CS_OBS_ANSWERED_404] = { "answered_404", "was answered that there is no such resource (4.04)" },
	[CS_OBS_WRITE_DONE] = { "write_done", "a change was carried out (2.xx)" },
	[CS_OBS_WRITE_ACKED] = { "write_acked", "a change was acknowledged without a word on its outcome" },
	[CS_OBS_OBSERVE_GRANTED] = { "observe_granted", "an observation was granted" },
	[CS_OBS_NOTIFIED] = { "notified", "was sent notifications" },
	[CS_OBS_PROXIED] = { "proxied", "was passed on to another host, and answered" },
	[CS_OBS_REFUSED] = { "refused", "was refused by our host (Reset)" },
	[CS_OBS_CLOSED] = { "closed", "met a closed port (ICMP or TCP reset)" },
	[CS_OBS_AMPLIFIED] = { "amplified", "drew at least 3 times the bytes it sent" },
	[CS_OBS_SILENCED] = { "silenced", "a device that answered is silent since" },

	[CS_OBS_BACKSCATTER] = { "backscatter", "answers something that we never asked" },
	[CS_OBS_BACKSCATTER_ICMP] = { "backscatter_icmp",
		"an ICMP error for a request that we never sent" },

	[CS_OBS_OWN_ANSWER] = { "own_answer", "answers a request of ours" },
	[CS_OBS_OWN_REFUSED] = { "own_refused", "refuses a request of ours" },
	[CS_OBS_OWN_NOTIFICATION] = { "own_notification", "notifies us of what we observe" },
	[CS_OBS_PEER] = { "peer", "ordinary exchanges of a listed peer" },

	[CS_OBS_VERSION] = { "version", "CoAP of another version than 1" },
};

static const struct kind aliens[CS_ALIENS] = {
	[CS_ALIEN_NONE] = { "not_coap", "not CoAP" },
	[CS_ALIEN_UNKNOWN] = { "not_coap_unknown", "bytes that are neither CoAP nor anything known" },
	[CS_ALIEN_EMPTY] = { "not_coap_empty", "a datagram without any bytes" },
	[CS_ALIEN_ZEROS] = { "not_coap_zeros", "nothing but zero bytes" },
	[CS_ALIEN_TEXT] = { "not_coap_text", "plain text, not CoAP" },
	[CS_ALIEN_DTLS] = { "not_coap_dtls", "DTLS, the encryption that CoAP uses" },
	[CS_ALIEN_STUN] = { "not_coap_stun", "STUN (calls, games)" },
	[CS_ALIEN_QUIC] = { "not_coap_quic", "QUIC (the web)" },
	[CS_ALIEN_DNS] = { "not_coap_dns", "DNS" },
	[CS_ALIEN_SIP] = { "not_coap_sip", "SIP (telephony)" },
	[CS_ALIEN_SSDP] = { "not_coap_ssdp", "SSDP (UPnP discovery)" },
	[CS_ALIEN_NTP] = { "not_coap_ntp", "NTP (time)" },
	[CS_ALIEN_SNMP] = { "not_coap_snmp", "SNMP (management)" },
	[CS_ALIEN_RTP] = { "not_coap_rtp", "RTP (calls)" },
};

#define FAULT_NAME(n) "fault_M" #n

static const char *const fault_names[CS_FAULT_COUNT] = {
	"fault", FAULT_NAME(1), FAULT_NAME(2), FAULT_NAME(3), FAULT_NAME(4), FAULT_NAME(5),
	FAULT_NAME(6), FAULT_NAME(7), FAULT_NAME(8), FAULT_NAME(9), FAULT_NAME(10), FAULT_NAME(11),
	FAULT_NAME(12), FAULT_NAME(13), FAULT_NAME(14), FAULT_NAME(15), FAULT_NAME(16),
	FAULT_NAME(17), FAULT_NAME(18), FAULT_NAME(19), FAULT_NAME(20), FAULT_NAME(21),
};
/* clang-format on */

/* What is no known kind has a row, too: who writes must not have to ask. */
static struct kind kind_of(enum cs_obs obs)
{
	unsigned at = (unsigned)obs;

	if (at < CS_OBS_ALIEN)
		return kinds[at];
	if (at < CS_OBS_FAULT)
		return aliens[at - CS_OBS_ALIEN];
	if (at < CS_OBS_KINDS)
		return (struct kind){ .name = fault_names[at - CS_OBS_FAULT],
				      .text = cs_fault_text(
					      (enum cs_fault)(at - CS_OBS_FAULT)) };
	return (struct kind){ .name = "unknown", .text = "something unknown" };
}

const char *cs_obs_name(enum cs_obs kind)
{
	return kind_of(kind).name;
}

const char *cs_obs_text(enum cs_obs kind)
{
	return kind_of(kind).text;
}
