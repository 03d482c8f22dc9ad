/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture_format: the records of capture files: pcap (draft-ietf-opsawg-pcap) and
 * pcapng (draft-ietf-opsawg-pcapng). libpcap refuses a pcapng file whose interfaces
 * differ in link type or snap length; these readers do not, and give frames where they
 * stand in the window, without a copy.
 */
#pragma once

#include "net/capture.h"
#include "net/capture_input.h"

enum {
	CS_RECORD_MAX = 1 << 18,      /* bytes of a frame: libpcap's own bound */
	CS_RECORD_INTERFACES = 65536, /* of one pcapng section: then it is damaged */
	CS_RECORD_WHY = 192,
	CS_FORMAT_HEAD = 24, /* bytes of a pcap file's header */
};

/* One interface of a pcapng section; a pcap file has one. */
struct cs_record_interface {
	enum cs_link_type link;
	bool foreign; /* its link type is none of ours */
	bool said;    /* and that was said */
	int dlt;
	uint32_t snaplen; /* bytes; 0: no bound */
	uint64_t units;   /* of its time stamps, a second */
	int64_t offset_s; /* added to them */
};

struct cs_format;

struct cs_records {
	const struct cs_format *format; /* NULL: not known yet */
	bool swapped;                   /* the other byte order than ours */
	uint32_t head;                  /* bytes before each frame of a pcap file */
	struct cs_record_interface *interfaces; /* owned */
	size_t n_interfaces, room;
	uint64_t n;                  /* frames so far, foreign ones too */
	int64_t last_us;             /* time of the last one */
	char trouble[CS_RECORD_WHY]; /* why it went wrong */
};

struct cs_format {
	const char *name;
	/*
	 * The next frame; .source is not set. Also CS_ERR_NOT_FOUND at the end,
	 * CS_ERR_BUSY as cs_input_need(), CS_ERR_IO, CS_ERR_NOMEM; CS_ERR_DAMAGED with
	 * .trouble; CS_ERR_FOREIGN with .trouble: a frame of an interface that is none
	 * of ours, the first of it: go on.
	 */
	enum cs_err (*next)(struct cs_records *r, struct cs_input *in,
			    struct cs_capture_frame *frame);
};

/*
 * Reads what a file begins with.
 * CS_ERR_SHORT    the file is empty
 * CS_ERR_FOREIGN  no capture file, or of a link type that is none of ours: .trouble
 * CS_ERR_DAMAGED  it ends inside its header
 * and as cs_input_need()
 */
CS_MUST_USE enum cs_err cs_records_begin(struct cs_records *r, struct cs_input *in);
void cs_records_clear(struct cs_records *r);

/* As much as the first bytes tell, as cs_records_begin(); @why is set on error. */
CS_MUST_USE enum cs_err cs_records_check(struct cs_span head, char why[CS_RECORD_WHY]);

/* For the formats: "packet 12 at byte 3456: WHAT" into .trouble; CS_ERR_DAMAGED. */
enum cs_err cs_records_damaged(struct cs_records *r, const struct cs_input *in,
			       const char *what);

/* Passes on what cs_input_need() said; CS_ERR_SHORT is damage if bytes are there. */
enum cs_err cs_records_short(struct cs_records *r, const struct cs_input *in,
			     enum cs_err err);

/* Sets .link, .dlt and .foreign for a LINKTYPE_ number as it stands in a file. */
void cs_record_interface_set(struct cs_record_interface *i, uint32_t linktype);

/* Ticks of @i as microseconds UTC; what no calendar has becomes its end. */
int64_t cs_record_time(const struct cs_record_interface *i, uint64_t ticks);

static inline uint32_t cs_record_u32(const struct cs_records *r, const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

static inline uint16_t cs_record_u16(const struct cs_records *r, const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return r->swapped ? __builtin_bswap16(v) : v;
}

extern const struct cs_format cs_format_pcap, cs_format_pcapng;

/* Whether a file begins so; sets .swapped and what else the magic tells. */
bool cs_format_is_pcap(struct cs_records *r, struct cs_span head);
bool cs_format_is_pcapng(struct cs_span head);

/* Takes a pcap file's 24 bytes. CS_ERR_FOREIGN with .trouble, CS_ERR_NOMEM */
CS_MUST_USE enum cs_err cs_format_pcap_head(struct cs_records *r, const uint8_t *head);
