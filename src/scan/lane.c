/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/lane.h"

#include <stdlib.h>

const struct cs_way_out *cs_lanes_way_out(const struct cs_lanes *lanes,
					  const struct cs_addr *ip)
{
	size_t low = 0, high = lanes->n_exits;

	if (high == 1)
		return cs_range_has(&lanes->exits[0].range, ip) ? lanes->exits : NULL;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (cs_addr_cmp(&lanes->exits[mid].range.hi, ip) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == lanes->n_exits || !cs_range_has(&lanes->exits[low].range, ip))
		return NULL;
	return &lanes->exits[low];
}

void cs_lanes_close(struct cs_lanes *lanes)
{
	for (unsigned i = 0; i < lanes->n_tx; i++)
		cs_tx_close(lanes->tx[i]);
	for (unsigned i = 0; i < lanes->n; i++) {
		cs_rx_close(lanes->lane[i].rx);
		cs_ports_close(&lanes->lane[i].ports);
		cs_ring_clear(&lanes->lane[i].ring);
	}
	free(lanes->exits);
	*lanes = (struct cs_lanes){ 0 };
}
