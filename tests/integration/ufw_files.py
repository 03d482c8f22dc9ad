# SPDX-License-Identifier: Apache-2.0
"""ufw's files as its package leaves them, in a folder of a test: what the machine's own say, and
what another test does to its copy, is never seen. Where these files are not mounted over the
machine's, ufw is not run.
"""
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


# Of a shell: goes on only where /etc/ufw is no longer the machine's own.
GUARD = ("{ mountpoint -q /etc/ufw && mountpoint -q /etc/default/ufw || "
         "{ echo /etc/ufw is of the machine: not run >&2; exit 99; }; }")


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


def mounts(etc, default):
    """Of a shell in a mount namespace of its own: from here on ufw has the files of write()."""
    return (f"mount --make-rprivate / && mount --bind {etc} /etc/ufw && "
            f"mount --bind {default} /etc/default/ufw && {GUARD}")


def wrap(etc, default):
    """What a command's words follow to be run with them."""
    return ["unshare", "-m", "sh", "-c", f'{mounts(etc, default)} && exec "$@"', "sh"]
