/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An MMDB, mostly a good one with some bytes changed: it is refused with a reason,
 * or what it says of an address keeps to the rules and is the same when asked again.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enrich/places.h"
#include "fuzz.h"

const char *__lsan_default_suppressions(void);

/* libmaxminddb 1.7.1 forgets 5 kB when the metadata of a file is damaged. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb.so\n";
}

static const char *const addresses[] = {
	"0.0.0.0",     "127.0.0.1",       "192.0.2.1", "192.0.2.200", "198.51.100.1",
	"203.0.113.1", "255.255.255.255", "::",        "2001:db8::1", "2001:db8:1::1",
};

static void check_name(struct cs_span text)
{
	MUST(text.len <= 255);
	MUST(text.len == 0 || !memchr(text.ptr, 0, text.len));
}

static void check_place(const struct cs_place *place)
{
	MUST(place->geo.len == 0 || place->geo.len == 2);
	for (size_t i = 0; i < place->geo.len; i++)
		MUST(place->geo.ptr[i] >= 'A' && place->geo.ptr[i] <= 'Z');
	check_name(place->as_name);
	check_name(place->region);
	check_name(place->city);
	MUST(place->naics == 0 && place->sector.len == 0 && place->owner.len == 0);
}

static void ask(struct cs_places *places)
{
	for (size_t i = 0; i < CS_LEN(addresses); i++) {
		struct cs_place one = { 0 }, two = { 0 };
		struct cs_addr ip;

		MUST(cs_addr_read(cs_span_str(addresses[i]), &ip));
		cs_places_find(places, &ip, &one);
		cs_places_find(places, &ip, &two);
		check_place(&one);
		MUST(one.asn == two.asn && cs_span_eq(one.geo, two.geo) &&
		     cs_span_eq(one.as_name, two.as_name) &&
		     cs_span_eq(one.city, two.city));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("mmdb", MFD_CLOEXEC);
	char path[64], why[CS_PLACES_WHY] = "";
	struct cs_places *places;
	enum cs_err err;

	MUST(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(cs_places_open(&places) == CS_OK);
	err = cs_places_add_geoip(places, path, why);
	if (!err)
		ask(places);
	else
		MUST(why[0] != '\0' && strlen(why) < CS_PLACES_WHY - 1);
	cs_places_close(places);
	(void)close(fd); /* ours alone */
	return 0;
}
