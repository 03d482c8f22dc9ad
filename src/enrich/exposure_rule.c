/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/exposure_rule.h"

enum {
	WORDS_MAX = 16, /* of an attribute that are looked at: lists are hostile */
	WORD_MAX = 32,  /* bytes of the longest word of the table, and more */
};

/* docs/decisions/severity.md says what the levels mean and why these. */
const struct cs_exposure_rule cs_exposure_rules[CS_EXPOSURES] = {
	[CS_EXPOSES_CREDENTIALS] = { CS_SEVERITY_HIGH, "credentials",
				     "a name that looks like credentials" },
	[CS_EXPOSES_UPDATE] = { CS_SEVERITY_HIGH, "firmware", "a name of updates" },
	[CS_EXPOSES_ACTUATOR] = { CS_SEVERITY_HIGH, "actuator",
				  "declared as an actuator" },
	[CS_EXPOSES_MOVER] = { CS_SEVERITY_HIGH, "actuator",
			       "a name of something that switches or moves" },
	[CS_EXPOSES_CONTROL] = { CS_SEVERITY_HIGH, "control",
				 "a name of commands or restarts" },
	[CS_EXPOSES_PROXY] = { CS_SEVERITY_HIGH, "proxy",
			       "a proxy that asks others for strangers" },
	[CS_EXPOSES_FIRMWARE] = { CS_SEVERITY_MEDIUM, "firmware",
				  "a name of firmware or software" },
	[CS_EXPOSES_LIGHT] = { CS_SEVERITY_MEDIUM, "actuator",
			       "a name of lights, sounds or displays" },
	[CS_EXPOSES_PARAMETER] = { CS_SEVERITY_MEDIUM, "config",
				   "declared as a parameter to write" },
	[CS_EXPOSES_CONFIG] = { CS_SEVERITY_MEDIUM, "config", "a name of settings" },
	[CS_EXPOSES_NETWORK] = { CS_SEVERITY_MEDIUM, "config",
				 "a name of network settings" },
	[CS_EXPOSES_LWM2M] = { CS_SEVERITY_MEDIUM, "lwm2m",
			       "device management by LwM2M" },
	[CS_EXPOSES_MANAGEMENT] = { CS_SEVERITY_MEDIUM, "management",
				    "a management interface" },
	[CS_EXPOSES_DIRECTORY] = { CS_SEVERITY_MEDIUM, "resource-directory",
				   "a resource directory" },
	[CS_EXPOSES_OCF] = { CS_SEVERITY_LOW, "ocf", "an OCF device" },
	[CS_EXPOSES_OBSERVABLE] = { CS_SEVERITY_LOW, "observable",
				    "can be observed: one question, many answers" },
};

/* Ascending: they are looked up by halves. */
static const struct cs_exposure_word names[] = {
	{ "actuator", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "actuators", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "api-key", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "api_key", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "apikey", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "apn", CS_WORD_NAME, CS_EXPOSES_NETWORK },
	{ "blinds", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "bootloader", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "bulb", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "buzzer", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "cfg", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "cfg_reset", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "cmd", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "command", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "conf", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "config", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "configuration", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "console", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "cred", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "credential", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "credentials", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "creds", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "dfu", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "dimmer", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "display", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "doorlock", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "exec", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "factory-reset", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "factory_reset", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "factoryreset", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "fan", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "firmware", CS_WORD_NAME, CS_EXPOSES_FIRMWARE },
	{ "fota", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "fw", CS_WORD_NAME, CS_EXPOSES_FIRMWARE },
	{ "fwupdate", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "garage", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "gate", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "gpio", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "heater", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "key", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "keys", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "lamp", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "led", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "leds", CS_WORD_NAME, CS_EXPOSES_LIGHT },
	{ "lock", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "login", CS_WORD_NAME, CS_EXPOSES_MANAGEMENT },
	{ "motor", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "oscore-key", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "ota", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "param", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "params", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "passphrase", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "passwd", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "password", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "privatekey", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "proxy", CS_WORD_NAME, CS_EXPOSES_PROXY },
	{ "psk", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "pump", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "pwd", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "reboot", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "relay", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "relays", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "reset", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "restart", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "secret", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "secrets", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "servo", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "setting", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "settings", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "setup", CS_WORD_NAME, CS_EXPOSES_CONFIG },
	{ "shell", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "shutdown", CS_WORD_NAME, CS_EXPOSES_CONTROL },
	{ "shutter", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "siren", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "software", CS_WORD_NAME, CS_EXPOSES_FIRMWARE },
	{ "ssid", CS_WORD_NAME, CS_EXPOSES_NETWORK },
	{ "sw", CS_WORD_NAME, CS_EXPOSES_FIRMWARE },
	{ "switch", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "switches", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "thermostat", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "token", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "tokens", CS_WORD_NAME, CS_EXPOSES_CREDENTIALS },
	{ "update", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "upgrade", CS_WORD_NAME, CS_EXPOSES_UPDATE },
	{ "valve", CS_WORD_NAME, CS_EXPOSES_MOVER },
	{ "wifi", CS_WORD_NAME, CS_EXPOSES_NETWORK },
	{ "wifi_config", CS_WORD_NAME, CS_EXPOSES_NETWORK },
	{ "wlan", CS_WORD_NAME, CS_EXPOSES_NETWORK },
};

static const struct cs_exposure_word others[] = {
	/* RFC 9176: core.rd, core.rd-lookup-res, core.rd-lookup-ep. */
	{ "core.rd", CS_WORD_RT, CS_EXPOSES_DIRECTORY },
	{ "core.rd-lookup*", CS_WORD_RT, CS_EXPOSES_DIRECTORY },
	{ "oma.lwm2m", CS_WORD_RT, CS_EXPOSES_LWM2M },
	{ "oic.wk.*", CS_WORD_RT, CS_EXPOSES_OCF },
	{ "oic.r.switch.*", CS_WORD_RT, CS_EXPOSES_MOVER },
	{ "oic.r.lock.*", CS_WORD_RT, CS_EXPOSES_MOVER },
	{ "oic.r.light.*", CS_WORD_RT, CS_EXPOSES_LIGHT },
	{ "oic.r.cred", CS_WORD_RT, CS_EXPOSES_CREDENTIALS },
	{ "bbf.usp.endpoint", CS_WORD_RT, CS_EXPOSES_MANAGEMENT },
	/* draft-ietf-core-interfaces: actuators and parameters take PUT. */
	{ "core.a", CS_WORD_IF, CS_EXPOSES_ACTUATOR },
	{ "core.p", CS_WORD_IF, CS_EXPOSES_PARAMETER },
	{ "oic.if.a", CS_WORD_IF, CS_EXPOSES_ACTUATOR },
	{ "oic.if.rw", CS_WORD_IF, CS_EXPOSES_PARAMETER },
	/* LwM2M security, server, device and firmware objects. */
	{ "0/0", CS_WORD_PATH, CS_EXPOSES_CREDENTIALS },
	{ "5/0", CS_WORD_PATH, CS_EXPOSES_UPDATE },
	{ "3/0", CS_WORD_PATH, CS_EXPOSES_LWM2M },
	{ "oic/res", CS_WORD_PATH, CS_EXPOSES_OCF },
	{ "qlink/*", CS_WORD_PATH, CS_EXPOSES_MANAGEMENT },
	{ "device/inform/*", CS_WORD_PATH, CS_EXPOSES_MANAGEMENT },
	{ "coap2coap", CS_WORD_PATH, CS_EXPOSES_PROXY },
	{ "coap2http", CS_WORD_PATH, CS_EXPOSES_PROXY },
};

const struct cs_exposure_word *cs_exposure_names(size_t *n)
{
	*n = CS_LEN(names);
	return names;
}

const struct cs_exposure_word *cs_exposure_others(size_t *n)
{
	*n = CS_LEN(others);
	return others;
}

static void find(struct cs_exposures *exposures, enum cs_exposure what,
		 const struct cs_link_view *view)
{
	if (exposures->found[what])
		return;
	exposures->found[what] = true;
	exposures->where[what] = view->link->target;
}

/* A to Z in lower case, nothing else changed; false where it is no word of ours. */
static bool lowered(struct cs_span text, char out[WORD_MAX])
{
	if (text.len == 0 || text.len >= WORD_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.ptr[i];

		if (c == '\0')
			return false;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
	}
	out[text.len] = '\0';
	return true;
}

static void look_name(struct cs_exposures *exposures, struct cs_span name,
		      const struct cs_link_view *view)
{
	char word[WORD_MAX];
	size_t from = 0, to = CS_LEN(names);

	while (name.len > 1 && name.ptr[name.len - 1] >= '0' &&
	       name.ptr[name.len - 1] <= '9')
		name.len--;
	if (!lowered(name, word))
		return;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(word, names[middle].word);

		if (order == 0) {
			find(exposures, names[middle].exposes, view);
			return;
		}
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
}

static bool passes(const char *word, const char *pattern)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return strncmp(word, pattern, n - 1) == 0;
	return strcmp(word, pattern) == 0;
}

static void look_other(struct cs_exposures *exposures, struct cs_span text,
		       enum cs_word_in in, const struct cs_link_view *view)
{
	char word[WORD_MAX];

	if (!lowered(text, word))
		return;
	for (size_t i = 0; i < CS_LEN(others); i++)
		if (others[i].in == in && passes(word, others[i].word))
			find(exposures, others[i].exposes, view);
}

/* rt and if are lists of words (RFC 6690 section 3.1 and 3.2). */
static void look_words(struct cs_exposures *exposures, struct cs_span value,
		       enum cs_word_in in, const struct cs_link_view *view)
{
	for (size_t i = 0; i < WORDS_MAX && value.len > 0; i++) {
		const uint8_t *blank = memchr(value.ptr, ' ', value.len);
		size_t n = blank ? (size_t)(blank - value.ptr) : value.len;
		struct cs_span word = cs_span_of(value.ptr, n);

		look_other(exposures, word, in, view);
		if (in == CS_WORD_RT)
			look_name(exposures, word, view);
		n += blank ? 1 : 0;
		value = cs_span_of(value.ptr + n, value.len - n);
	}
}

static void look_attr(struct cs_exposures *exposures, const struct cs_link_attr *attr,
		      const struct cs_link_view *view)
{
	if (cs_span_eq(attr->name, cs_span_str("rt")))
		look_words(exposures, attr->value, CS_WORD_RT, view);
	else if (cs_span_eq(attr->name, cs_span_str("if")))
		look_words(exposures, attr->value, CS_WORD_IF, view);
	else if (cs_span_eq(attr->name, cs_span_str("obs")))
		find(exposures, CS_EXPOSES_OBSERVABLE, view);
}

void cs_exposure_look(struct cs_exposures *exposures, const struct cs_link_view *view)
{
	exposures->links++;
	for (size_t i = 0; i < view->n_segments; i++)
		look_name(exposures, view->segments[i], view);
	look_other(exposures, view->path, CS_WORD_PATH, view);
	for (size_t i = 0; i < view->n_attrs; i++)
		look_attr(exposures, &view->attrs[i], view);
}
