/* SPDX-License-Identifier: Apache-2.0 */
/*
 * named_hosts: hosts other than this one that rules name as where packets go, by the words of
 * the rules: a forward rule may open one host of a network and no other, and DNAT send on what
 * is for an address that is none of ours. What packets to them do is not judged here: they
 * are asked. Pure.
 */
#pragma once

#include "protect/host.h"
#include "protect/rules.h"

enum { CS_NAMED_HOSTS_MAX = 16 };

struct cs_named_host {
	struct cs_addr address;
	/* It is no host behind us, but DNAT may send on what is for it: only then it is ours. */
	bool if_sent_on;
};

struct cs_named_hosts {
	struct cs_named_host list[CS_NAMED_HOSTS_MAX];
	size_t n;
	bool left_out; /* there were more than were wanted */
};

/*
 * At most @most (to CS_NAMED_HOSTS_MAX), each once, those of rules that name a CoAP port
 * before those of rules that name none; rules for other ports count for nothing. Of a
 * prefix or range one host stands for all. Left out is what lies where the internet does,
 * and what of the addresses that DNAT sends to nobody can reach but by that: those are
 * asked by the address that is published.
 */
void cs_named_hosts_find(const struct cs_rules *rules, const struct cs_host *host,
			 size_t most, struct cs_named_hosts *out);
