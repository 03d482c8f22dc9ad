/* SPDX-License-Identifier: Apache-2.0 */
/*
 * obs: the kinds of things that are observed of a source, each counted. One row a
 * kind: the name in evidence, and which way the datagram went. "We" are the hosts
 * that are watched over (--local); the source is the other side.
 */
#pragma once

#include <stdint.h>

#include "coap/fault.h"
#include "wire/alien.h"

enum cs_obs {
	/* --- requests of the source to a CoAP port of ours --- */
	CS_OBS_DISCOVERY, /* GET /.well-known/core */
	CS_OBS_READ,      /* GET or FETCH of anything else */
	CS_OBS_SENSITIVE, /* ... of LwM2M, OCF, directory, firmware, configuration paths */
	CS_OBS_PING,      /* Empty CON */
	CS_OBS_WRITE,     /* POST, PUT, DELETE, PATCH, iPATCH */
	CS_OBS_OBSERVE,   /* Observe 0: registration */
	CS_OBS_PROXY,     /* Proxy-Uri or Proxy-Scheme */
	CS_OBS_GROUP,     /* any request to a multicast group */
	CS_OBS_BLOCK_LARGE, /* asks for the largest block (Block2 NUM 0, SZX 6) unasked */
	CS_OBS_BIG,         /* a request of more than 1152 bytes */
	CS_OBS_UNKNOWN_CRITICAL, /* an unknown critical option in a request */
	CS_OBS_TCP, /* a connection to TCP 5683 that was established, or tried */

	/* --- marks of tools, by the bytes (facts: probe fingerprints) --- */
	CS_OBS_MARK_ZMAP,
	CS_OBS_MARK_NMAP,
	CS_OBS_MARK_MASSCAN,
	CS_OBS_MARK_AMPLIFIER, /* constant MIDs of collected amplification tools */
	CS_OBS_MARK_BANNER,    /* Californium's banner request */
	CS_OBS_MARK_PLAIN, /* the 21 token-less bytes that nearly all scanners share */

	/* --- proof that the source hears us: rules out a forged address --- */
	CS_OBS_ACKED,      /* ACKs our CON */
	CS_OBS_NEXT_BLOCK, /* asks for the block that follows one of ours */
	CS_OBS_ECHOED,     /* sends back an Echo value of ours */
	CS_OBS_RETRIED,    /* repeats a request with back-off and stops when answered */
	CS_OBS_CONNECTED,  /* TCP or DTLS handshake ended */

	/* --- signs that it does not want what we send --- */
	CS_OBS_RESETS,      /* Reset to an answer of ours */
	CS_OBS_UNREACHABLE, /* ICMP port unreachable to an answer of ours */

	/* --- what we sent back --- */
	CS_OBS_ANSWERED,       /* a message with a response code */
	CS_OBS_ANSWERED_ERROR, /* ... of class 4 or 5; counted in ANSWERED, too */
	CS_OBS_ANSWERED_404,
	CS_OBS_WRITE_DONE,      /* 2.xx to a write */
	CS_OBS_WRITE_ACKED,     /* Empty ACK to a write, and no response seen */
	CS_OBS_OBSERVE_GRANTED, /* 2.xx to a registration */
	CS_OBS_NOTIFIED,        /* a later notification */
	CS_OBS_PROXIED,         /* 2.05 to a Proxy-* request */
	CS_OBS_REFUSED,         /* Reset from us */
	CS_OBS_CLOSED,          /* ICMP unreachable from us, or TCP RST */
	CS_OBS_AMPLIFIED,       /* an answer of at least 3 times the request's bytes */
	CS_OBS_SILENCED, /* a device of ours that answered before is silent since */

	/* --- what comes without having been asked for --- */
	CS_OBS_BACKSCATTER, /* response, ACK or RST from a CoAP port; we asked nothing */
	CS_OBS_BACKSCATTER_ICMP, /* ICMP that quotes a request to 5683 that we never sent */

	/* --- what is ours --- */
	CS_OBS_OWN_ANSWER,       /* answers a request that we sent */
	CS_OBS_OWN_NOTIFICATION, /* a notification that our host ACKs or asked for */
	CS_OBS_OWN_REFUSED, /* refuses one: Reset, an error's code, or ICMP; a ping's answer, too */
	/*
	 * A listed peer's request that is an ordinary exchange: answered, and no repetition of
	 * the request before it with the same Message ID and token (a forged flood repeats
	 * itself), on a flow whose source refused none of our answers. Requests less these are
	 * what is left over to be judged.
	 */
	CS_OBS_PEER,

	/* --- what is no CoAP, or not of this version --- */
	CS_OBS_VERSION, /* another version than 1; the rest parses as CoAP */
	CS_OBS_ALIEN,   /* + enum cs_alien; ALIEN_NONE is not used */
	CS_OBS_FAULT = CS_OBS_ALIEN + CS_ALIENS, /* + enum cs_fault; 0 is not used */
	CS_OBS_KINDS = CS_OBS_FAULT + CS_FAULT_COUNT,
};

/* "discovery", "fault_M3", "not_coap_dtls": names in evidence. Static storage. */
const char *cs_obs_name(enum cs_obs kind);

/* "asks for the list of resources (GET /.well-known/core)". Static storage. */
const char *cs_obs_text(enum cs_obs kind);
