# SPDX-License-Identifier: Apache-2.0
"""ufw's files as its package leaves them, in a folder of a test: what the machine's own say, and
what another test does to its copy, is never seen."""
import pathlib
import shutil

SHIPPED = pathlib.Path("/usr/share/ufw/iptables")
RULES = ("before.rules", "before6.rules", "after.rules", "after6.rules", "user.rules",
         "user6.rules")
DEFAULT = """\
IPV6={ipv6}
DEFAULT_INPUT_POLICY="DROP"
DEFAULT_OUTPUT_POLICY="ACCEPT"
DEFAULT_FORWARD_POLICY="DROP"
DEFAULT_APPLICATION_POLICY="SKIP"
MANAGE_BUILTINS=no
IPT_SYSCTL=/etc/ufw/sysctl.conf
IPT_MODULES=""
"""


def why_not():
    return None if shutil.which("ufw") and SHIPPED.is_dir() else "needs ufw"


def write(etc, default, ipv6=True):
    """An inactive ufw: the folder `etc` for /etc/ufw, the file `default` for /etc/default/ufw."""
    (etc / "applications.d").mkdir(parents=True)
    for name in RULES:
        shutil.copy(SHIPPED / name, etc / name)
        (etc / name).chmod(0o640)
    (etc / "ufw.conf").write_text("ENABLED=no\nLOGLEVEL=low\n")
    (etc / "sysctl.conf").write_text("")
    default.write_text(DEFAULT.format(ipv6="yes" if ipv6 else "no"))
