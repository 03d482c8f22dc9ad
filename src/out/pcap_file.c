/* SPDX-License-Identifier: Apache-2.0 */
#include "out/pcap_file.h"

#include "wire/linktype.h"

enum {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BLOCK_SECTION = 0x0a0d0d0a,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	SECTION_LEN = 28, /* bytes of blocks, both lengths counted */
	INTERFACE_LEN = 20,
	PACKET_LEN = 32, /* and the frame */
	WORDS_MAX = 7,
};

static enum cs_err put(struct cs_pcap_file *f, const void *bytes, size_t n)
{
	if (fwrite(bytes, 1, n, f->to) != n)
		return CS_ERR_IO;
	f->bytes += n;
	return CS_OK;
}

static enum cs_err put_words(struct cs_pcap_file *f, const uint32_t *words, size_t n)
{
	uint8_t bytes[4 * WORDS_MAX] = { 0 };

	for (size_t i = 0; i < n; i++)
		for (unsigned j = 0; j < 4; j++)
			bytes[4 * i + j] = (uint8_t)(words[i] >> 8 * j);
	return put(f, bytes, 4 * n);
}

enum cs_err cs_pcap_file_begin(struct cs_pcap_file *f, FILE *to)
{
	const uint32_t section[] = {
		BLOCK_SECTION,    SECTION_LEN,
		BYTE_ORDER_MAGIC, 1 /* version 1.0 */,
		UINT32_MAX,       UINT32_MAX /* its length is not known */,
		SECTION_LEN,
	};

	*f = (struct cs_pcap_file){ .to = to };
	return put_words(f, section, CS_LEN(section));
}

static enum cs_err put_interface(struct cs_pcap_file *f, int dlt)
{
	const uint32_t interface[] = {
		BLOCK_INTERFACE,    INTERFACE_LEN, cs_linktype_of_dlt(dlt),
		CS_PCAP_FILE_FRAME, INTERFACE_LEN,
	};

	if (f->n == CS_LEN(f->dlts))
		return CS_ERR_FULL;
	f->dlts[f->n++] = dlt;
	return put_words(f, interface, CS_LEN(interface));
}

/* The number of the interface of that link type; it is described before its first. */
static enum cs_err find_interface(struct cs_pcap_file *f, int dlt, uint32_t *out)
{
	for (*out = 0; *out < f->n; ++*out)
		if (f->dlts[*out] == dlt)
			return CS_OK;
	return put_interface(f, dlt);
}

enum cs_err cs_pcap_file_add(struct cs_pcap_file *f, int64_t wall_us, int dlt,
			     struct cs_span bytes, uint32_t wire_len)
{
	static const uint8_t padding[3];
	size_t pad = -bytes.len % 4;
	uint32_t interface, len = (uint32_t)(PACKET_LEN + bytes.len + pad);
	enum cs_err err;

	if (bytes.len > CS_PCAP_FILE_FRAME)
		return CS_ERR_RANGE;
	err = find_interface(f, dlt, &interface);
	if (err)
		return err;

	const uint32_t head[] = {
		BLOCK_PACKET,      len,
		interface,         (uint32_t)((uint64_t)wall_us >> 32),
		(uint32_t)wall_us, (uint32_t)bytes.len,
		wire_len,
	};

	err = put_words(f, head, CS_LEN(head));
	if (!err && bytes.len > 0)
		err = put(f, bytes.ptr, bytes.len);
	if (!err && pad > 0)
		err = put(f, padding, pad);
	return err ? err : put_words(f, &len, 1);
}
