/* SPDX-License-Identifier: Apache-2.0 */
#include "net/capture_port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/capture_filter.h"

enum { BLOCK_MS = 50 /* the kernel hands over what it has after that */ };

static enum cs_err say(const struct cs_capture_port *p, enum cs_err err, const char *what,
		       char why[CS_CAPTURE_WHY])
{
	(void)snprintf(why, CS_CAPTURE_WHY, "interface %s: %.250s", p->name, what);
	return err;
}

static enum cs_err say_activate(const struct cs_capture_port *p, int rc,
				char why[CS_CAPTURE_WHY])
{
	const char *said = pcap_geterr(p->pcap);

	switch (rc) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		return say(p, CS_ERR_NOT_FOUND, "there is none of that name", why);
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		return say(p, CS_ERR_DENIED,
			   "listening is not permitted: it needs root or CAP_NET_RAW",
			   why);
	case PCAP_ERROR_IFACE_NOT_UP:
		return say(p, CS_ERR_IO, "it is down", why);
	default:
		return say(p, CS_ERR_IO, said && said[0] ? said : pcap_statustostr(rc),
			   why);
	}
}

static int prepare(pcap_t *pcap, const struct cs_capture_live *want)
{
	int rc = pcap_set_snaplen(pcap, (int)want->snaplen);

	if (!rc)
		rc = pcap_set_promisc(pcap, want->promiscuous);
	if (!rc)
		rc = pcap_set_timeout(pcap, BLOCK_MS);
	if (!rc)
		rc = pcap_set_buffer_size(pcap, (int)want->buffer);
	return rc ? rc : pcap_activate(pcap);
}

/* The second cooked header says which interface; the first is what comes by default. */
static void prefer_sll2(pcap_t *pcap)
{
	if (pcap_datalink(pcap) == DLT_LINUX_SLL)
		(void)pcap_set_datalink(pcap, DLT_LINUX_SLL2); /* or stay with it */
}

static enum cs_err find_link(struct cs_capture_port *p, char why[CS_CAPTURE_WHY])
{
	const char *name;
	char what[96];

	prefer_sll2(p->pcap);
	p->dlt = pcap_datalink(p->pcap);
	if (cs_link_of(p->dlt, &p->link))
		return CS_OK;
	name = pcap_datalink_val_to_name(p->dlt);
	(void)snprintf(what, sizeof(what),
		       "link type %d (%s) is none that carries IP here", p->dlt,
		       name ? name : "unknown");
	return say(p, CS_ERR_FOREIGN, what, why);
}

static bool ask(const struct cs_capture_port *p, unsigned long what, struct ifreq *answer)
{
	*answer = (struct ifreq){ 0 };
	memcpy(answer->ifr_name, p->name, IFNAMSIZ);
	return ioctl(p->fd, what, answer) == 0;
}

static void note_identity(struct cs_capture_port *p)
{
	struct ifreq answer;

	if (ask(p, SIOCGIFINDEX, &answer))
		p->ifindex = answer.ifr_ifindex;
	if (ask(p, SIOCGIFHWADDR, &answer))
		p->hardware = answer.ifr_hwaddr.sa_family;
}

enum cs_err cs_capture_port_open(struct cs_capture_port *p, const char *name,
				 const struct cs_capture_live *want,
				 char why[CS_CAPTURE_WHY])
{
	char said[PCAP_ERRBUF_SIZE] = "";
	enum cs_err err;
	int rc;

	*p = (struct cs_capture_port){ .fd = -1, .any = strcmp(name, "any") == 0 };
	(void)strncpy(p->name, name, sizeof(p->name) - 1);
	if (strlen(name) >= sizeof(p->name))
		return say(p, CS_ERR_NOT_FOUND, "no name is that long", why);
	p->pcap = pcap_create(name, said);
	if (!p->pcap)
		return say(p, CS_ERR_IO, said, why);
	rc = prepare(p->pcap, want);
	if (rc < 0)
		return say_activate(p, rc, why);
	p->fd = pcap_get_selectable_fd(p->pcap);
	if (pcap_setnonblock(p->pcap, 1, said) != 0)
		return say(p, CS_ERR_IO, said, why);
	note_identity(p);
	err = find_link(p, why);
	if (!err && want->filter)
		err = cs_capture_filter_set(p->pcap, want->filter, why);
	return err;
}

void cs_capture_port_clear(struct cs_capture_port *p)
{
	if (p->pcap)
		pcap_close(p->pcap);
	p->pcap = NULL;
}

static void take(const struct cs_capture_port *p, const struct pcap_pkthdr *head,
		 const uint8_t *bytes, struct cs_capture_frame *frame)
{
	frame->wall_us = (int64_t)head->ts.tv_sec * CS_US_PER_S + head->ts.tv_usec;
	frame->link = p->link;
	frame->dlt = p->dlt;
	frame->bytes = cs_span_of(bytes, head->caplen);
	frame->wire_len = head->len < head->caplen ? head->caplen : head->len;
}

enum cs_err cs_capture_port_next(struct cs_capture_port *p,
				 struct cs_capture_frame *frame, char why[CS_CAPTURE_WHY])
{
	struct pcap_pkthdr *head;
	const uint8_t *bytes;
	int rc = pcap_next_ex(p->pcap, &head, &bytes);

	if (rc > 0) {
		take(p, head, bytes, frame);
		return CS_OK;
	}
	if (rc == 0)
		return CS_ERR_NOT_FOUND;
	cs_capture_port_look(p);
	return p->away ? CS_ERR_NOT_FOUND : say(p, CS_ERR_IO, pcap_geterr(p->pcap), why);
}

/* The socket's filter and ring stay as they are. */
static bool bind_to(struct cs_capture_port *p, int ifindex)
{
	const struct sockaddr_ll at = { .sll_family = AF_PACKET,
					.sll_protocol = htons(ETH_P_ALL),
					.sll_ifindex = ifindex };

	if (bind(p->fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return false;
	p->ifindex = ifindex;
	return true;
}

/* Another kind of interface under that name has frames of another kind. */
static bool is_there(struct cs_capture_port *p)
{
	struct ifreq answer;

	if (!ask(p, SIOCGIFHWADDR, &answer) || answer.ifr_hwaddr.sa_family != p->hardware)
		return false;
	if (!ask(p, SIOCGIFINDEX, &answer))
		return false;
	if (answer.ifr_ifindex != p->ifindex && !bind_to(p, answer.ifr_ifindex))
		return false;
	return ask(p, SIOCGIFFLAGS, &answer) && answer.ifr_flags & IFF_UP;
}

void cs_capture_port_look(struct cs_capture_port *p)
{
	int error;
	socklen_t len = sizeof(error);

	if (p->any)
		return;
	p->away = !is_there(p);
	/* Unread, that it went down would be said for ever. */
	(void)getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

/* The kernel's counters start again at each look. */
void cs_capture_port_count(struct cs_capture_port *p)
{
	struct tpacket_stats_v3 stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(p->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		p->dropped += stats.tp_drops;
}
