/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole scans in this process, over loopback, with all their threads: what
 * ThreadSanitizer is run on. The device is one socket that answers for every
 * address of a network.
 */
#include "test.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coap/code.h"
#include "scan/scan.h"
#include "scan/setup.h"

enum { MESSAGE = 128 };

static uint16_t port; /* of the device: one that is free */

struct device {
	int fd;
	pthread_t thread;
	_Atomic bool stop;
};

/* Answers one request from the address that it was sent to. */
static bool answer_one(int fd)
{
	static const char links[] = "</sensors>;rt=\"t\"";
	struct sockaddr_in from;
	uint8_t bytes[MESSAGE], control[64];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr m = { .msg_name = &from,
			    .msg_namelen = sizeof(from),
			    .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };

	if (recvmsg(fd, &m, 0) < CS_MSG_HEADER)
		return false;

	struct cs_wr w = cs_wr_over(bytes, sizeof(bytes));
	uint16_t mid = (uint16_t)(bytes[2] << 8 | bytes[3]);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	info.ipi_spec_dst = info.ipi_addr;
	info.ipi_ifindex = 0;
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	cs_msg_header(&w, CS_ACK, CS_CODE_CONTENT, mid, (struct cs_span){ 0 });
	cs_msg_payload(&w, cs_span_str(links));
	iov.iov_len = w.pos;
	m.msg_controllen = CMSG_SPACE(sizeof(info));
	return sendmsg(fd, &m, 0) > 0;
}

static void *answer_all(void *arg)
{
	struct device *device = arg;

	while (!device->stop)
		(void)answer_one(device->fd); /* a time-out looks at stop */
	return NULL;
}

static void device_start(struct device *device)
{
	const struct timeval wait = { 0, 50000 };
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);
	int one = 1, room = 8 << 20;

	device->stop = false;
	device->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(device->fd >= 0);
	(void)setsockopt(device->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(
		setsockopt(device->fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)), 0);
	assert_int_equal(
		setsockopt(device->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	assert_int_equal(bind(device->fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(getsockname(device->fd, (struct sockaddr *)&any, &len), 0);
	port = ntohs(any.sin_port);
	assert_int_equal(pthread_create(&device->thread, NULL, answer_all, device), 0);
}

static void device_stop(struct device *device)
{
	device->stop = true;
	assert_int_equal(pthread_join(device->thread, NULL), 0);
	close(device->fd);
}

/* A scan of loopback addresses, ready to run. */
struct ready {
	struct cs_scan scan;
	struct cs_setup setup;
	struct cs_arena arena;
	uint8_t probe[CS_PROBE_MAX];
	struct cs_tx_template probe_template;
	uint64_t rows, groups, content;
};

static enum cs_err count_row(void *arg, const struct cs_result *row)
{
	struct ready *r = arg;

	if (!row) {
		r->groups++;
		return CS_OK;
	}
	r->rows++;
	r->content += row->body.len > 0 && row->match == CS_MATCH_FULL;
	return CS_OK;
}

static struct ready *ready_for(const char *target, uint64_t rate_pps)
{
	struct ready *r = calloc(1, sizeof(*r));
	struct cs_plan *plan = &r->scan.plan;
	struct cs_scope_draft draft = { 0 };
	struct cs_source source = { 0 };
	struct cs_setup_want want = { .sender = CS_SENDER_UDP, .pick = 1234 };
	struct cs_wr w = cs_wr_over(r->probe, sizeof(r->probe));

	assert_int_equal(cs_scope_add_target(&draft, cs_span_str(target), &source),
			 CS_OK);
	assert_int_equal(cs_scope_build(&draft, NULL, 0, &plan->scope), CS_OK);
	cs_scope_draft_clear(&draft);
	plan->ports = malloc(sizeof(uint16_t));
	plan->ports[0] = port;
	plan->n_ports = plan->shards = plan->probes = 1;
	plan->follow = true;
	plan->rate_pps = rate_pps;
	plan->cooldown_s = 1;
	assert_int_equal(cs_plan_ready(plan), CS_OK);

	cs_probe_well_known(&w, 0, (struct cs_span){ 0 });
	r->probe_template = (struct cs_tx_template){ .bytes = r->probe,
						     .len = (uint16_t)w.pos,
						     .mid_at = CS_PROBE_MID_AT,
						     .token_at = CS_PROBE_TOKEN_AT };
	assert_int_equal(cs_setup_look(&want, plan, &r->arena, &r->setup), CS_OK);
	assert_int_equal(
		cs_setup_open(&want, plan, &r->probe_template, &r->setup, &r->scan.lanes),
		CS_OK);
	r->scan.clock = cs_clock_system();
	r->scan.signal_fd = -1;
	r->scan.row = count_row;
	r->scan.row_arg = r;
	assert_int_equal(getrandom(&r->scan.secret, sizeof(r->scan.secret), 0),
			 sizeof(r->scan.secret));
	return r;
}

static void ready_free(struct ready *r)
{
	cs_lanes_close(&r->scan.lanes);
	cs_plan_clear(&r->scan.plan);
	cs_arena_clear(&r->arena);
	free(r);
}

static void every_address_that_answers_is_found_once(void **state)
{
	struct device device;

	(void)state;
	device_start(&device);

	struct ready *r = ready_for("127.61.0.0/20", 40000);

	assert_int_equal(cs_scan_run(&r->scan), CS_OK);
	device_stop(&device);
	assert_int_equal(r->scan.end, CS_END_DONE);
	assert_int_equal(r->rows, 4096);
	assert_int_equal(r->content, 4096);
	assert_int_equal(cs_counted(&r->scan.counters.results), 4096);
	assert_int_equal(r->scan.chunks_closed, 1);
	assert_int_equal(r->scan.chunks_open, 0);
	assert_true(r->groups > 0);
	ready_free(r);
}

static void silence_closes_all_chunks_without_rows(void **state)
{
	struct ready *r = ready_for("127.61.0.0/17", 0);

	(void)state;
	assert_int_equal(cs_scan_run(&r->scan), CS_OK);
	assert_int_equal(r->rows, 0);
	assert_int_equal(r->scan.chunks_closed, 8);
	assert_int_equal(cs_counted(&r->scan.counters.probes_sent), 32768);
	ready_free(r);
}

static void a_bound_on_results_stops_the_sender(void **state)
{
	struct device device;

	(void)state;
	device_start(&device);

	struct ready *r = ready_for("127.61.0.0/17", 20000);

	r->scan.max_results = 10;
	assert_int_equal(cs_scan_run(&r->scan), CS_OK);
	device_stop(&device);
	assert_int_equal(r->scan.end, CS_END_MAX_RESULTS);
	assert_int_equal(r->rows, 10);
	assert_true(cs_counted(&r->scan.counters.probes_sent) < 32768);
	assert_true(r->scan.chunks_open > 0);
	ready_free(r);
}

static enum cs_err refuse_row(void *arg, const struct cs_result *row)
{
	(void)arg;
	return row ? CS_ERR_IO : CS_OK;
}

static void an_output_that_fails_ends_the_scan(void **state)
{
	struct device device;

	(void)state;
	device_start(&device);

	struct ready *r = ready_for("127.61.0.0/20", 40000);

	r->scan.row = refuse_row;
	assert_int_equal(cs_scan_run(&r->scan), CS_OK);
	device_stop(&device);
	assert_int_equal(r->scan.end, CS_END_OUTPUT_FAILED);
	ready_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_address_that_answers_is_found_once),
		cmocka_unit_test(silence_closes_all_chunks_without_rows),
		cmocka_unit_test(a_bound_on_results_stops_the_sender),
		cmocka_unit_test(an_output_that_fails_ends_the_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
