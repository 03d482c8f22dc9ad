# SPDX-License-Identifier: Apache-2.0
"""No packet leaves for an address that is not in scope: all that leaves is looked at.

The model knows nothing of the scanner: it is made of Python's ipaddress.
"""
import collections
import ipaddress
import random

import pytest

SCANS, AT_ONCE = 120, 6
SPECIAL = [ipaddress.ip_network(n) for n in (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 "
    "198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4").split()]
# Where special and ordinary addresses lie side by side.
CORNERS = ["9.255.255.0", "10.0.0.0", "10.255.255.0", "100.63.255.0", "100.127.255.128",
           "126.255.255.128", "169.253.255.0", "172.15.255.0", "172.31.255.0", "192.0.0.0",
           "192.0.1.0", "192.0.3.0", "192.88.98.128", "192.167.255.0", "198.17.255.0",
           "198.20.0.0", "203.0.112.0", "203.0.114.0", "8.8.8.0"]


def span(words):
    """(first, last) of an address, prefix or range."""
    if "-" in words:
        first, last = words.split("-")
    else:
        net = ipaddress.ip_network(words)
        first, last = net[0], net[-1]
    return int(ipaddress.ip_address(str(first))), int(ipaddress.ip_address(str(last)))


def any_span(dice, near):
    """A target or exclude around one of the corners."""
    base = int(ipaddress.ip_address(near)) + dice.randrange(-300, 300)
    kind = dice.randrange(3)
    if kind == 0:
        return str(ipaddress.ip_address(base))
    if kind == 1:
        bits = dice.randrange(24, 33)
        return str(ipaddress.ip_network((base, bits), strict=False))
    return f"{ipaddress.ip_address(base)}-{ipaddress.ip_address(base + dice.randrange(300))}"


def in_scope(targets, excludes):
    """A target that lies in special space as a whole is meant; else special space is out."""
    scope = set()
    for first, last in map(span, targets):
        for n in range(first, last + 1):
            special = [s for s in SPECIAL if int(s[0]) <= n <= int(s[-1])]
            inside = any(int(s[0]) <= first and last <= int(s[-1]) for s in special)
            if not special or inside:
                scope.add(n)
    for first, last in map(span, excludes):
        scope.difference_update(range(first, last + 1))
    return scope


@pytest.fixture
def outside(lab):
    """A scanner whose default gateway swallows all."""
    net, gateway = lab.net(), lab.net()
    lab.pair(net, gateway)
    net.sh("ip addr add 198.18.7.1/30 dev eth0; ip route add default via 198.18.7.2")
    gateway.sh("ip addr add 198.18.7.2/30 dev eth0")
    net.capture = lab.capture(net, "eth0")
    return net


def asked(net):
    """What has left since, without what the host says of itself."""
    return collections.Counter((to, port) for _, _, to, port, _ in net.capture.udp()
                               if port in (5683, 5684))


def test_what_leaves_is_exactly_what_the_model_says(lab, outside):
    """Random targets and excludes in the corners, each scan on a port of its own."""
    dice = random.Random(7252)
    for batch in range(SCANS // AT_ONCE):
        want, began = {}, []
        for i in range(AT_ONCE):
            corner = dice.choice(CORNERS)
            targets = [any_span(dice, corner) for _ in range(dice.randint(1, 4))]
            excludes = [any_span(dice, corner) for _ in range(dice.randint(0, 4))]
            port = 20000 + i
            want[port] = in_scope(targets, excludes), targets, excludes
            files = lab.dir / f"t{i}", lab.dir / f"x{i}"
            for file, words in zip(files, (targets, excludes)):
                file.write_text("# of a test\n" + "\n".join(words) + "\n")
            began.append(lab.start(outside, "--targets-file", files[0], "--exclude-file", files[1],
                                   "-p", port, "-c0", "-r0", "--no-store", "-P",
                                   dice.randint(1, 2), store=False))
        runs = [running.wait() for running in began]
        got = collections.defaultdict(set)
        for _, _, to, port, _ in outside.capture.udp():
            got[port].add(int(ipaddress.ip_address(to)))
        assert outside.capture.dropped() == 0
        for port, (scope, targets, excludes) in want.items():
            run = runs[port - 20000]
            # The link's own broadcast is a host of nobody.
            scope.discard(int(ipaddress.ip_address("198.18.7.3")))
            assert got.pop(port, set()) == scope, (targets, excludes)
            assert run.status == (0 if scope else 3), (run.err, targets, excludes)
            if scope:
                assert run.meta["targets"] == len(scope)
        assert not {port for port in got if port >= 1024}


@pytest.mark.parametrize("targets,excludes,want", [
    (["8.8.8.0/30", "8.8.8.2/31", "8.8.8.1-8.8.8.2"], [], ["8.8.8.0", "8.8.8.1", "8.8.8.2",
                                                           "8.8.8.3"]),
    (["8.8.8.0/29"], ["8.8.8.0/30,8.8.8.7"], ["8.8.8.4", "8.8.8.5", "8.8.8.6"]),
])
def test_overlapping_and_doubled_targets_are_asked_once(lab, outside, targets, excludes, want):
    more = [word for x in excludes for word in ("--exclude", x)]
    run = lab.scan(outside, *targets, *more, "-c0", "--exclude-file", "/dev/null").ok()
    assert asked(outside) == {(ip, 5683): 1 for ip in want}
    assert run.meta["targets"] == len(want)


@pytest.mark.parametrize("target", ["224.0.1.187", "239.0.0.0/8", "ff02::fd", "ff0e::/96",
                                    "255.255.255.255", "0.0.0.0", "0.0.0.0/8", "0.1.2.3",
                                    "224.0.0.0-224.0.0.9"])
def test_what_may_never_be_asked_is_refused(lab, outside, target):
    run = lab.scan(outside, target, meta=False)
    assert run.status == 3
    assert run.err.count("\n") == 1 and target.split("-")[0].split("/")[0] in run.err
    run = lab.scan(outside, "8.8.8.8", target, "--exclude-file", "/dev/null", meta=False)
    assert run.status == 3
    assert not asked(outside)


def test_all_targets_excluded_is_refused(lab, outside):
    run = lab.scan(outside, "8.8.8.0/24", "--exclude", "8.8.0.0/16", meta=False)
    assert run.status == 3 and run.err.count("\n") == 1
    assert not asked(outside)


def test_many_public_addresses_need_a_file_of_excludes(lab, outside):
    run = lab.scan(outside, "8.0.0.0/16", "--dry-run", meta=False).ok()
    assert "addresses   65536" in run.out
    run = lab.scan(outside, "8.0.0.0/16", "9.0.0.0", "--dry-run", meta=False)
    assert run.status == 2
    assert run.err.startswith("coapscope scan: 65537 public addresses: want --exclude-file FILE")
    run = lab.scan(outside, "8.0.0.0/16", "9.0.0.0", "--dry-run", "--exclude-file", "/dev/null",
                   meta=False).ok()
    assert "addresses   65537" in run.out
    # Special space is nobody's: it does not count.
    lab.scan(outside, "10.0.0.0/15", "--dry-run", meta=False).ok()
    assert not asked(outside)


def test_a_dry_run_sends_nothing(lab, outside):
    run = lab.scan(outside, "8.8.8.0/24", "--dry-run", "--exclude-file", "/dev/null",
                   meta=False).ok()
    for words in ("addresses   256", "sender      packet", "by gateway 198.18.7.2 on eth0",
                  "chunks      1", "memory", "nothing was sent"):
        assert words in run.out
    frames = [f for f in outside.capture.frames() if f[12:14] in (b"\x08\x00", b"\x08\x06")]
    assert not frames
    assert not lab.store.exists()


def test_local_means_the_networks_of_the_own_interfaces(lab, outside):
    outside.sh("ip addr add 10.50.0.1/24 dev eth0")
    run = lab.scan(outside, "local", "--dry-run", meta=False).ok()
    assert "addresses   258 (2 more were named and are left out" in run.out  # a /24 and a /30
    assert "10.50.0.2-10.50.0.254: on the own link on eth0" in run.out
    assert "127." not in run.out


def test_the_host_s_own_list_of_excludes_always_counts(lab, outside):
    """/etc/coapscope/exclude.conf, in a mount namespace of the test's own."""
    etc = lab.dir / "etc"
    etc.mkdir()
    (etc / "exclude.conf").write_text("8.8.8.0/25 # by request\n")
    here = "mkdir -p /etc/coapscope; mount --bind %s /etc/coapscope; exec \"$0\" \"$@\"" % etc
    wrap = ["unshare", "-m", "sh", "-ec",
            "mount -t tmpfs none /mnt; mkdir /mnt/u /mnt/w; "
            "mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w none /etc; " + here]
    run = lab.scan(outside, "8.8.8.0/24", "-c0", "--exclude-file", "/dev/null", wrap=wrap).ok()
    assert {int(to.split(".")[3]) for to, _ in asked(outside)} == set(range(128, 256))
    assert run.meta["excluded"] == 128
