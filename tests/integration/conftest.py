# SPDX-License-Identifier: Apache-2.0
"""Fixtures that all integration tests may use."""
import pathlib
import tempfile

import pytest

import netns
from firewall import Town
from lab import Lab
from protected import Host


@pytest.fixture(scope="session")
def namespaces_work():
    reason = netns.why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def net(namespaces_work):
    """No namespace yet: net.add(NAME)."""
    it = netns.Net()
    yield it
    it.close()


@pytest.fixture
def pair(namespaces_work):
    """scanner (10.77.0.1, fd77::1 on v0) and peer (10.77.0.2, fd77::2 on v1)."""
    it = netns.make_pair()
    yield it
    it.close()


@pytest.fixture
def lab(namespaces_work):
    with Lab() as it:
        yield it


@pytest.fixture
def host(namespaces_work, tmp_path):
    """One on which protect is at work, with somebody else's rules: protected.py."""
    with Host(tmp_path / "store") as it:
        yield it


@pytest.fixture(scope="module")
def town(namespaces_work):
    """A host between the internet, a LAN and a container, with servers on it: firewall.py."""
    with Town(forward=False) as it:
        it.serve()
        yield it


@pytest.fixture
def open_path():
    """A folder that others than root can get to: tmp_path is closed whenever a run begins."""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name)
        path.chmod(0o755)
        yield path
