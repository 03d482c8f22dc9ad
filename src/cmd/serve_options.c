/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_options.h"

#include "base/num.h"
#include "cmd/value.h"

#define AT(field) offsetof(struct cs_serve_options, field)

static const char WHERE[] = "Where and for whom";
static const char WHAT[] = "What is served";
static const char RUN[] = "The run";

/* --- values --- */

bool cs_value_listen(struct cs_span text, void *to)
{
	struct cs_listen listen;
	struct cs_span host;
	size_t at = text.len;
	uint64_t port;

	while (at > 0 && text.ptr[at - 1] != ':')
		at--;
	if (at == 0 ||
	    !cs_num_u64(cs_span_of(text.ptr + at, text.len - at), 0, 65535, &port))
		return false;
	host = cs_span_of(text.ptr, at - 1);
	if (cs_span_eq(host, cs_span_str("localhost")))
		host = cs_span_str("127.0.0.1");
	else if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = cs_span_of(host.ptr + 1, host.len - 2);
	else if (memchr(host.ptr, ':', host.len))
		return false; /* which colon would it be? */
	if (!cs_addr_read(host, &listen.ip))
		return false;
	listen.port = (uint16_t)port;
	if (to)
		*(struct cs_listen *)to = listen;
	return true;
}

static bool is_url(struct cs_span text, void *to)
{
	static const char *const schemes[] = { "http://", "https://" };

	(void)to;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f || text.ptr[i] == '"')
			return false;
	for (size_t i = 0; i < CS_LEN(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (text.len > len + 1 && text.len <= 255 &&
		    memcmp(text.ptr, schemes[i], len) == 0)
			return text.ptr[len] != '/' && text.ptr[text.len - 1] == '/';
	}
	return false;
}

/* --- the table --- */

static const struct cs_arg rows[] = {
	{ .name = "listen",
	  .letter = 'l',
	  .metavar = "HOST:PORT",
	  .type = CS_ARG_PARSED,
	  .preset = "127.0.0.1:5580",
	  .at = AT(listen),
	  .read = cs_value_listen,
	  .want = "an address and a port as 127.0.0.1:5580 or [::1]:5580",
	  .group = WHERE,
	  .help = "Take connections at this address and port; 0.0.0.0 and [::] are all "
		  "addresses, port 0 is any free one. Anything but loopback needs "
		  "--api-keys, and --tls-cert or --plain-http." },
	{ .name = "api-keys",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(api_keys),
	  .group = WHERE,
	  .help = "Who may ask: one section a key, with its secret and its owner. Nobody "
		  "but its owner may be able to read the file. Without it everybody on "
		  "this machine sees everything." },
	{ .name = "owners",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(owners),
	  .group = WHERE,
	  .help = "Whose is what: one section an organisation, with its asns, prefixes, "
		  "countries and domains." },
	{ .name = "tls-cert",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(tls_cert),
	  .group = WHERE,
	  .help = "Speak TLS with this certificate, PEM, its chain behind it." },
	{ .name = "tls-key",
	  .metavar = "FILE",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_FILE,
	  .at = AT(tls_key),
	  .group = WHERE,
	  .help = "The certificate's private key, PEM, without a passphrase." },
	{ .name = "plain-http",
	  .type = CS_ARG_FLAG,
	  .at = AT(plain_http),
	  .group = WHERE,
	  .help = "Beyond loopback without TLS, too: where something in front speaks it, "
		  "or nobody can listen in." },

	{ .name = "public-url",
	  .metavar = "URL",
	  .type = CS_ARG_TEXT,
	  .at = AT(public_url),
	  .read = is_url,
	  .want = "http:// or https:// with a host, and a / at its end",
	  .group = WHERE,
	  .help = "How clients reach the server, for the links of reports/list, as "
		  "https://coap.example.org/; by default the address that it listens "
		  "at." },

	{ .name = "store",
	  .metavar = "DIR",
	  .type = CS_ARG_TEXT,
	  .traits = CS_ARG_IS_DIR,
	  .at = AT(store),
	  .group = WHAT,
	  .help = "The store that `coapscope scan` and `coapscope report import` fill. "
		  "By default /var/lib/coapscope for root, else "
		  "$XDG_DATA_HOME/coapscope." },
	{ .name = "memory",
	  .metavar = "BYTES",
	  .type = CS_ARG_PARSED,
	  .preset = "1G",
	  .at = AT(memory),
	  .read = cs_value_bytes,
	  .want = "bytes from 1M, with K, M or G",
	  .group = WHAT,
	  .help = "Keep at most this much of days in memory (K, M, G); the day that is "
		  "asked for is there in any case." },

	{ .name = "connections",
	  .metavar = "N",
	  .type = CS_ARG_U64,
	  .preset = "512",
	  .at = AT(connections),
	  .min = 8,
	  .max = 16384,
	  .group = RUN,
	  .help = "Hold at most N connections, a quarter of them of one address; when "
		  "there are more, those go that have said nothing for longest." },
	{ .name = "user",
	  .metavar = "NAME",
	  .type = CS_ARG_TEXT,
	  .at = AT(user),
	  .group = RUN,
	  .help = "Become this user before the first connection is taken. Without it "
		  "root stays root, with no capabilities." },
	{ .name = "require-jail",
	  .type = CS_ARG_FLAG,
	  .at = AT(require_jail),
	  .group = RUN,
	  .help = "Refuse to run where the kernel lacks a piece of the jail (Landlock, "
		  "seccomp)." },
};

const struct cs_arg_set cs_serve_args = {
	.command = "serve",
	.rows = rows,
	.n_rows = CS_LEN(rows),
	.size = sizeof(struct cs_serve_options),
	.intro = "Serves the page, its data, metrics, and the Reports API that "
		 "Shadowserver's clients speak, from what scans stored.\n\n"
		 "By default only this machine can ask, and may see everything. With "
		 "--api-keys every key sees its owner's rows and nothing else.",
	.examples = "  coapscope serve\n"
		    "  coapscope serve --api-keys keys.ini --owners owners.ini\n"
		    "  coapscope serve --listen [::]:443 --api-keys keys.ini --owners "
		    "owners.ini --tls-cert cert.pem --tls-key key.pem\n",
};

enum cs_err cs_serve_options_settle(const struct cs_serve_options *o,
				    char why[CS_ARG_WHY])
{
	const char *what = NULL;

	if (!o->tls_cert != !o->tls_key)
		what = "--tls-cert and --tls-key go together";
	else if (cs_addr_is_loopback(&o->listen.ip))
		what = NULL;
	else if (!o->api_keys)
		what = "--listen beyond loopback: want --api-keys FILE, or everybody "
		       "could read what is stored";
	else if (!o->tls_cert && !o->plain_http)
		what = "--listen beyond loopback: want --tls-cert and --tls-key, or "
		       "--plain-http where somebody else sees to it";
	if (!what)
		return CS_OK;
	(void)snprintf(why, CS_ARG_WHY, "%s", what);
	return CS_ERR_USAGE;
}
