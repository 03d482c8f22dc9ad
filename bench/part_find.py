# SPDX-License-Identifier: Apache-2.0
"""find: how many of 65,536 addresses that all answer are found."""
import rig
import programs
from table import budgets, table

ROUNDS = 3
RATES = [100000, 0]
TARGETS = "10.97.0.0/16"
N = 65536
PATIENCE = 20 # seconds; masscan at times does not end
SCANNERS = [("coapscope packet", programs.packet), ("coapscope udp", programs.udp),
            ("coapscope udp, no root", programs.udp_user), ("zmap -T 1", programs.zmap),
            ("masscan", programs.masscan)]


def scan(net, folder, program, rate):
    (folder / "open" / "rows").unlink(missing_ok=True)
    with net.responder() as responder:
        watched = rig.Watched(net, program(net, folder, TARGETS, rate, cooldown=2,
                                           rows=True))
        seconds = watched.wait_or_stop(PATIENCE)
    return {"found": len(programs.found(program, folder)), "seconds": seconds,
            "answers": responder.saw["answers"], "rss": watched.rss_kib}


def measure(folder):
    runs = {(name, rate): [] for rate in RATES for name, _ in SCANNERS}
    with rig.wire() as net:
        for turn in range(ROUNDS):
            for rate in RATES:
                for name, program in SCANNERS:
                    if turn and program is programs.masscan:
                        continue # slow to end
                    runs[name, rate].append(scan(net, folder, program, rate))
    return runs


def row(name, rate, of):
    shares = [100 * r["found"] / r["answers"] for r in of]
    return [name, rate or "unpaced", ", ".join(str(r["found"]) for r in of),
            f"{min(shares):.1f} to {max(shares):.1f}",
            ", ".join(f"{r['seconds']:.1f}" for r in of),
            f"{max(r['rss'] for r in of) / 1024:.0f}"]


def check(runs, name, rate):
    least = min(r["found"] for r in runs[name, rate])
    word = "reached" if least == N else "NOT REACHED"
    return (f"{name}, {rate or 'unpaced'}", f"{least} in the worst run: {word} ({N})")


def run(folder):
    runs = measure(folder)
    checks = [check(runs, "coapscope packet", 100000),
              check(runs, "coapscope udp", 100000),
              check(runs, "coapscope packet", 0), check(runs, "coapscope udp", 0)]
    return "\n\n".join([
        f"{ROUNDS} interleaved runs over {N} addresses that all answer; distinct validated "
        "rows, of the answers that the responder sent. Times include 2 s of waiting for "
        "late answers. The rows hold the answer's bytes (masscan's do not).",
        table(["scanner", "packets/s", "found", "% of answers", "seconds", "peak MiB"],
              [row(name, rate, of) for (name, rate), of in runs.items()]),
        budgets(*checks)])
