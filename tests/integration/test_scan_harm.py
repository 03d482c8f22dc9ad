# SPDX-License-Identifier: Apache-2.0
"""What a scan does to the network when all devices do their worst."""
import signal

import pytest

import coap
from lab import wait_until

RATE = 200


def most_in(times, seconds):
    """The most packets within any window of that length."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] > seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def storm(q):
    """Each device says its answer in ten CONs, each with a Message ID of its own."""
    for i in range(10):
        yield q.say(coap.CON, mid=(i * 4099 + hash(q.ip)) & 0xffff, payload=b"</storm>")


def blocks(q):
    """A body that never ends, one small block for each question."""
    num = (q.message.block2 or (0,))[0]
    yield q.ack(opts=[(coap.BLOCK2, coap.block(num, True, 0))], payload=b"<" * 16)


def separate(q):
    """An Empty ACK, and then a NON with another Message ID."""
    yield coap.message(coap.ACK, 0, q.message.mid)
    yield q.say(coap.NON, payload=b"</late>")


@pytest.mark.parametrize("worst", [storm, blocks, separate])
def test_the_rate_holds_for_all_that_leaves(lab, worst):
    """Probes, ACKs, confirmations and blocks together, whatever comes back."""
    net = lab.net()
    devices = lab.devices(net, lambda ip: worst)
    running = lab.start(net, "127.8.0.0/24", "-c2", "-r", RATE)
    wait_until(lambda: len(devices.heard) >= 256, timeout=40)
    if worst is blocks:
        wait_until(lambda: len(devices.heard) >= 800, timeout=40)
        running.signal(signal.SIGINT)
        running.signal(signal.SIGTERM)
    run = running.wait().ok()
    assert run.meta["send_failed"] == 0
    times = sorted(h.at for h in list(devices.heard))
    for seconds in (0.5, 1, 3):
        assert most_in(times, seconds) <= 1.1 * RATE * seconds + 10
    for ip in {h.ip for h in devices.heard}:
        heard = [coap.read(data) for data in devices.to(ip)]
        assert sum(m.code == 0 for m in heard) <= 8
        assert sum(m.code != 0 for m in heard) <= 64
