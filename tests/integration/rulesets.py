# SPDX-License-Identifier: Apache-2.0
"""Random rules of nft and ufw, of the many forms that people write; the same for a seed.

    text = Nft(random.Random(7)).ruleset()
    commands = ufw_commands(random.Random(7))
"""
SOURCES4 = ["192.168.1.0/24", "10.0.0.0/8", "192.168.0.0/16", "0.0.0.0/1", "91.37.142.0/24",
            "172.17.0.0/16", "128.0.0.0/1", "198.51.100.7", "192.168.1.77"]
SOURCES6 = ["fd12:3456:789a:1::/64", "fd00::/8", "2000::/3", "2a02::/16", "2001:db8::/32"]


class Nft:
    """A ruleset of up to four tables."""

    def __init__(self, rng):
        self.rng = rng
        self.rated = False

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, p):
        return self.rng.random() < p

    # --- parts of a rule ---

    def port(self, word="dport"):
        proto = self.pick("udp", "udp", "udp", "tcp", "th")
        ports = self.pick("5683", "5683", "5684", "{ 5683, 5684 }", "5683-5684", "5000-6000",
                          "!= 5683", "{ 53, 5683, 9000-9999 }", "22", "15683", "< 6000",
                          "@ports")
        if ports == "@ports":
            self.sets["ports"] = "type inet_service; elements = { 5683, 15683 }"
        if self.chance(0.1):
            return self.together(proto, word)
        if proto == "th":
            return f"meta l4proto {{ tcp, udp }} th {word} {ports}"
        return f"{proto} {word} {ports}"

    def client(self, word, alone):
        """Looks at the port of who asks; what is between 32768 and 60999 is one to it."""
        proto = self.pick("udp", "udp", "udp", "tcp", "th")
        ports = self.pick("5683", "5683", "53", "{ 53, 123 }", "1024-65535", "< 1024", ">= 1024",
                          "!= 53", "!= { 53, 5683 }", "1-1023", "<= 5683", "61000-65535",
                          "32768-60999", "& 0xff00 == 0x1600", "{ 53, 5683-5690 }", "@clients")
        if ports == "@clients":
            self.sets["clients"] = ("type inet_service; flags interval; "
                                    "elements = { 53, 77, 5680-5690 }")
        form = self.pick("plain", "plain", "plain", "raw", "both", "ct", "source")
        if form == "raw" and alone:  # nft prints it as udp's, and then cannot read it beside tcp's
            return f"meta l4proto {{ udp, tcp }} @th,0,16 {self.pick('5683', '!= 5683', '53')}"
        if form == "both":
            proto = "tcp" if proto == "tcp" else "udp"
            return (f"{proto} sport . {proto} dport {{ 53 . 5683, 5683 . 5684, "
                    "1-1023 . 5684, 5684 . 20000-30000 }")
        if form == "ct" and word == "sport":
            return f"meta l4proto udp ct original proto-src {self.pick('5683', '53')}"
        if form == "source" and word == "sport":
            return (f"ip saddr . udp sport {{ {self.pick(*SOURCES4[3:5])} . 53, "
                    "192.168.1.0/24 . 5683 }")
        if proto == "th":
            return f"meta l4proto {{ tcp, udp }} th {word} {ports}"
        return f"{proto} {word} {ports}"

    def together(self, proto, word):
        """Several fields as one: concatenations, as words and as sets."""
        proto = "tcp" if proto == "tcp" else "udp"
        form = self.pick("l4proto", "protocol", "source", "set", "timeout")
        if form == "l4proto":
            return (f"meta l4proto . th {word} {{ udp . 5683, tcp . 5684, "
                    f"{self.pick('udp . 5684', 'tcp . 22')} }}")
        if form == "protocol":
            return f"ip protocol {proto} {proto} {word} {self.pick('5683', '5684')}"
        if form == "source":
            return (f"ip saddr . {proto} {word} {{ {self.pick(*SOURCES4)} . 5683, "
                    "192.168.1.77 . 5000-6000 }")
        name = f"k{len(self.sets)}"
        if form == "set":
            self.sets[name] = (f"type ipv4_addr . inet_proto . inet_service; flags interval; "
                               f"elements = {{ {self.pick(*SOURCES4)} . {proto} . 5683 }}")
            return f"ip saddr . meta l4proto . th {word} @{name}"
        self.sets[name] = ("type inet_service; flags timeout; "
                           f"elements = {{ {self.pick('5683', '5684')} timeout 1h }}")
        return f"{proto} {word} @{name}"

    def odd(self, family, hook):
        """What seldom stands in rules: other than ports, sources and states."""
        words = ["meta mark 0x1", "ct direction original", "meta nfproto ipv4",
                 "fib daddr type local", "meta pkttype { host, multicast }", "ct mark 0x1",
                 "ct status dnat", "ct status seen-reply", "ct protocol udp",
                 "fib daddr type { multicast, broadcast }", "meta iiftype ether",
                 "meta l4proto != tcp", "ct zone 0", "th sport >= 1024",
                 "meta length < 2000"]
        if hook in ("input", "forward", "prerouting"):
            words += ["fib saddr . iif oif missing", "fib saddr . iif oif exists",
                      "meta iif != lo", 'iifname "ppp*"', 'iifname != "wg0"',
                      'iifname { "tun7", "eth0" }', 'iifname . udp dport { "eth0" . 5683 }']
        if hook in ("forward", "output", "postrouting"):
            words += ['oifname "ppp*"', 'oifname { "lan0", "dock0" }', "oifname eth0",
                      'oifname != "dock0"']
        if family == "ip6":
            words += ["ip6 nexthdr udp", "ip6 nexthdr != tcp", "exthdr frag exists",
                      "ip6 hoplimit 64", "ip6 flowlabel 0"]
        elif family == "ip":
            words += ["ip ttl 64", "ip protocol { udp, tcp }", "ip frag-off & 0x1fff == 0",
                      "ip version 4", "ip dscp cs0"]
        return self.pick(*words)

    def source(self, family, word="saddr"):
        v6 = family == "ip6" or (family == "inet" and self.chance(0.3))
        ip, sources, kind = ("ip6", SOURCES6, "ipv6_addr") if v6 else ("ip", SOURCES4,
                                                                      "ipv4_addr")
        form = self.pick("one", "one", "not", "list", "set")
        some = self.rng.sample(sources[:4], 2)
        if form == "set":
            name = f"s{len(self.sets)}"
            self.sets[name] = (f"type {kind}; flags interval; auto-merge; "
                               f"elements = {{ {', '.join(some)} }}")
            return f"{ip} {word} @{name}"
        if form == "list":
            return f"{ip} {word} {{ {some[0]}, {sources[-1]} }}"
        return f"{ip} {word} {'!= ' if form == 'not' else ''}{self.pick(*sources)}"

    def match(self, family, hook):
        parts = []
        if self.chance(0.3) and hook not in ("output", "postrouting"):
            parts.append(f'iifname {self.pick(*INTERFACES)}')
        if self.chance(0.3):
            parts.append(self.source(family))
        if self.chance(0.8):
            parts.append(self.port("sport" if hook == "output" and self.chance(0.7)
                                   else "dport"))
        if self.chance(self.clients):
            parts.append(self.client("dport" if hook == "output" else "sport",
                                     "port" not in " ".join(parts)))
        if self.chance(0.15) and hook not in ("raw", "ingress"):
            states = self.pick("new", "established,related", "invalid", "new,untracked")
            parts.append(f"ct state {states}")
        if self.chance(0.12) and hook != "ingress":
            parts.append(self.odd(family, hook))
        if self.chance(0.04) and family != "ip6":
            parts.append("ip daddr { 224.0.0.0/4, 93.184.77.10 }")
        return " ".join(parts)

    def rate(self):
        self.rated = True
        form = self.pick("limit", "over", "meter", "ct", "quota", "named", "map", "named meter",
                         "update", "bytes", "random")
        if form == "limit":
            return "limit rate 3/minute burst 4 packets accept"
        if form == "over":
            return "limit rate over 3/minute burst 4 packets drop"
        if form == "ct":
            name = f"c{len(self.sets)}"
            self.sets[name] = "type ipv4_addr; size 65535; flags dynamic"
            return f"add @{name} {{ ip saddr ct count over 3 }} drop"
        if form == "quota":
            return "quota over 300 bytes drop"
        if form == "bytes":
            return "limit rate over 100 bytes/hour burst 200 bytes drop"
        if form == "random":
            return "numgen inc mod 2 0 drop"
        if form == "named":
            self.objects["slow"] = "limit slow {\n\t\trate over 3/minute burst 4 packets\n\t}"
            return 'limit name "slow" drop'
        if form == "map":
            self.objects["few"] = "limit few {\n\t\trate over 3/minute burst 4 packets\n\t}"
            return 'limit name udp dport map { 5683 : "few", 5684 : "few" } drop'
        if form == "named meter":
            return (f"meter n{len(self.sets)} {{ ip saddr timeout 1m limit rate over 3/minute "
                    "burst 4 packets } drop")
        if form == "update":
            name = f"u{len(self.sets)}"
            self.sets[name] = ("type ipv4_addr . inet_service; size 65535; flags dynamic,timeout; "
                               "timeout 30s")
            return (f"update @{name} {{ ip saddr . udp dport limit rate 3/minute burst 4 packets }}"
                    " accept")
        name = f"m{len(self.sets)}"
        self.sets[name] = "type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m"
        return f"add @{name} {{ ip saddr limit rate over 3/minute burst 4 packets }} drop"

    def end(self, family, hook):
        if hook == "input" and self.rates and self.chance(0.12):
            return self.rate()
        choices = ["accept", "accept", "drop", "drop", "counter drop", "counter accept",
                   "counter", "return"]
        if hook in ("input", "forward", "output"):
            choices += ["reject", "reject with icmpx admin-prohibited"
                        if family == "inet" else "reject",
                        {"ip": "reject with icmp host-unreachable",
                         "ip6": "reject with icmpv6 addr-unreachable"}.get(
                             family, "meta l4proto tcp reject with tcp reset")]
        if hook in ("input", "forward", "prerouting", "output"):
            choices += ["jump side", "goto side"]
        if hook in ("prerouting", "input"):
            choices += ["meta mark set 0x1", "ct mark set 0x1", "meta mark set ct mark"]
        if hook == "raw":
            choices += ["notrack"]
        if hook == "forward" and self.flows:
            choices += ["flow add @quick"]
        return self.pick(*choices)

    def rule(self, family, hook):
        if self.chance(0.06) and hook in ("input", "forward"):
            return self.pick("udp dport vmap { 5683 : drop, 5684 : accept }",
                             "meta l4proto vmap { tcp : accept, udp : jump side }",
                             "udp dport vmap @ports_do", "tcp dport vmap @ports_do",
                             "udp sport vmap { 5683 : accept, 53 : drop, 5684 : jump side }",
                             'iifname vmap { "eth0" : jump side, "lan0" : accept, '
                             '"wg0" : drop }',
                             'iifname . meta l4proto vmap { "eth0" . udp : drop, '
                             '"lan0" . udp : accept }',
                             "ip saddr vmap { 10.0.0.0/8 : drop, 192.168.1.0/24 : accept, "
                             "91.0.0.0/8 : jump side }" if family != "ip6" else
                             "ip6 saddr vmap { fd00::/8 : accept, 2000::/3 : goto side }",
                             "fib daddr type vmap { local : jump side, multicast : drop }",
                             "ct state . ct direction vmap { new . original : jump side, "
                             "established . reply : accept }",
                             "ct state vmap { established : accept, related : accept, "
                             "invalid : drop }")
        if self.chance(0.12) and hook in ("input", "forward"):
            return "ct state established,related accept"
        return f"{self.match(family, hook)} {self.end(family, hook)}".strip()

    def chain(self, name, family, hook, priority, policy, n):
        kind = "raw" if hook == "prerouting" and priority < -250 else hook
        lines = [f"\tchain {name} {{",
                 f"\t\ttype filter hook {hook} priority {priority}; policy {policy};"]
        rules = [self.rule(family, kind) for _ in range(n)]
        if "jump side" in " ".join(rules) or "goto side" in " ".join(rules):
            self.side = True
        if "@ports_do" in " ".join(rules):
            self.side = True
            self.objects["ports_do"] = ("map ports_do {\n\t\ttype inet_service : verdict\n"
                                        f"\t\telements = {{ 5683 : {self.pick('drop', 'accept')}, "
                                        "5684 : goto side }\n\t}")
        lines += [f"\t\t{rule}" for rule in rules]
        return lines + ["\t}"]

    def table(self, family, name):
        self.sets, self.objects, self.side, self.deep = {}, {}, False, False
        chains = []
        for hook, p in (("input", 0.9), ("forward", 0.5), ("output", 0.25),
                        ("prerouting", 0.25)):
            for i in range(1 + self.chance(0.15)):
                if not self.chance(p):
                    continue
                priority = self.pick(0, 0, 0, -10, 10, 5)
                if hook == "prerouting":
                    priority = self.pick(-300, -150, -5, -100, -2000000000)
                elif self.chance(0.05):
                    priority = self.pick(-2000000000, 2000000000, -150, 100)
                policy = "drop" if hook in ("input", "forward") and self.chance(0.4) else "accept"
                chains += self.chain(f"{hook}{i}", family, hook, priority, policy,
                                     self.rng.randrange(6))
        side = []
        if self.side:
            deep = self.chance(0.4)
            side = ["\tchain side {"] + [
                f"\t\t{self.port()} {self.pick('accept', 'drop', 'return', 'reject', 'counter')}"
                for _ in range(self.rng.randrange(3))]
            if deep:
                side.append(f"\t\t{self.port()} {self.pick('jump deep', 'goto deep')}")
                side = ["\tchain deep {"] + [
                    f"\t\t{self.port()} {self.pick('accept', 'drop', 'return')}"
                    for _ in range(self.rng.randrange(1, 3))] + ["\t}"] + side
            side.append("\t}")
            if "reject" in "".join(side) and any("prerouting" in c for c in chains):
                side = [line.replace("reject", "drop") for line in side]
        sets = [f"\tset {n} {{\n\t\t{body.replace('; ', chr(10) + chr(9) * 2)}\n\t}}"
                for n, body in self.sets.items()]
        objects = [f"\t{body}" for n, body in self.objects.items() if n != "ports_do"]
        late = [f"\t{body}" for n, body in self.objects.items() if n == "ports_do"]
        if any("flow add" in line for line in chains):
            objects.insert(0, "\tflowtable quick {\n\t\thook ingress priority 0\n"
                              "\t\tdevices = { eth0, dock0 }\n\t}")
        return [f"table {family} {name} {{"] + objects + sets + side + late + chains + ["}"]

    def nat(self):
        family = self.pick("ip", "inet")
        to = self.pick("dnat ip to 172.17.0.2:15683", "dnat ip to 172.17.0.2:5683",
                       "redirect to :15683", "dnat ip to 192.168.1.200",
                       "dnat ip to udp dport map { 5683 : 172.17.0.2, 9683 : 192.168.1.200 }",
                       "dnat ip to iifname map { eth0 : 172.17.0.2, lan0 : 192.168.1.200 }",
                       "dnat ip to udp dport map { 5683 : 172.17.0.2 . 15683, "
                       "5684 : 172.17.0.2 . 5684 }")
        if " . " in to:
            to = to.replace("dnat ip to", "dnat ip addr . port to")
        if family == "ip":
            to = to.replace("dnat ip ", "dnat ")
        match = self.pick("udp dport 5683", "fib daddr type local udp dport 5683",
                          "ip daddr 93.184.77.10 udp dport 5683", "meta l4proto udp",
                          "tcp dport 5684", "iifname eth0 udp dport 5683",
                          "udp dport 9683", "udp dport { 5683, 5684 }")
        if match == "udp dport 9683":
            if " map " not in to:
                to = to.replace("192.168.1.200", "192.168.1.200:5683").replace(":15683", ":5683")
        lines = [f"table {family} nat {{", "\tchain pre {",
                 "\t\ttype nat hook prerouting priority dstnat; policy accept;",
                 f"\t\t{match} {to}", "\t}"]
        if self.chance(0.5):
            lines += ["\tchain post {",
                      "\t\ttype nat hook postrouting priority srcnat; policy accept;",
                      self.pick("\t\toifname eth0 masquerade", "\t\tmasquerade",
                                "\t\tip saddr 192.168.1.0/24 oifname eth0 snat to 93.184.77.10"
                                if family == "ip" else "\t\toifname eth0 masquerade random",
                                "\t\tct status dnat masquerade"), "\t}"]
        return lines + ["}"]

    def beside(self):
        """Tables that decide nothing about IP packets of ours, and stand beside those that do."""
        return self.pick(
            ["table arp a {", "\tchain in {",
             "\t\ttype filter hook input priority 0; policy accept;",
             "\t\tarp operation request counter", "\t}", "}"],
            ["table bridge b {", "\tchain forward {",
             "\t\ttype filter hook forward priority 0; policy drop;",
             "\t\tether type ip udp dport 5683 drop", "\t}", "}"],
            ["table ip unused {", "\tset gone {", "\t\ttypeof ip saddr . udp dport",
             "\t\tflags dynamic,timeout", "\t\ttimeout 1m", "\t}", "\tcounter hits {", "\t}",
             "\tchain nowhere {", "\t\tudp dport 5683 drop comment \"of no hook\"", "\t}", "}"])

    def ingress(self):
        self.sets, self.objects, self.side = {}, {}, False
        rules = []
        for _ in range(1 + self.rng.randrange(2)):
            rules.append(f"\t\t{self.pick(self.port(), self.source('ip'))} "
                         f"{self.pick('drop', 'accept', 'counter')}")
        sets = [f"\tset {n} {{\n\t\t{body.replace('; ', chr(10) + chr(9) * 2)}\n\t}}"
                for n, body in self.sets.items()]
        return ["table netdev early {"] + sets + [
            "\tchain in {", "\t\ttype filter hook ingress device eth0 priority 0; policy accept;",
            *rules, "\t}", "}"]

    def ruleset(self):
        self.rates = self.chance(0.3)
        self.flows = self.chance(0.1)
        self.clients = self.pick(0, 0.1, 0.3)
        lines = []
        families = [self.pick("inet", "inet", "inet", "ip", "ip6")]
        if self.chance(0.35):
            families.append(self.pick("inet", "ip"))
        for i, family in enumerate(families):
            lines += self.table(family, f"t{i}")
        if self.chance(0.3):
            lines += self.nat()
        if self.chance(0.12):
            lines += self.ingress()
        if self.chance(0.15):
            lines += self.beside()
        return "\n".join(lines) + "\n"


INTERFACES = ["eth0", "lan0", '"lan*"', '{ "eth0", "dock0" }', "!= eth0"]


def ufw_commands(rng):
    """ufw's command lines, without "ufw", that make a random state of it."""
    lines = [f"default {rng.choice(['deny', 'deny', 'deny', 'reject', 'allow'])} incoming",
             f"default {rng.choice(['deny', 'allow'])} routed"]
    n = 2 + rng.randrange(5)
    for i in range(n):
        action = rng.choice(["allow", "allow", "deny", "deny", "limit", "reject"])
        port = rng.choice(["5683", "5683/udp", "5684/udp", "5683:5684/udp", "5683/tcp", "22/tcp",
                           "5683,5684/udp"])
        form = rng.randrange(8)
        if form < 2:
            rule = f"{action} {port}"
        elif form > 5:
            there = rng.choice(["to any", "to any", "to any port 5683", "to any port 5684"])
            of = rng.choice(["5683", "5683", "53", "53,5683:5690", "1024:65535", "1:1023"])
            rule = f"{action} from any port {of} {there} proto {rng.choice(['udp', 'udp', 'tcp'])}"
        elif form == 2:
            rule = f"{action} in on {rng.choice(['eth0', 'lan0'])} to any port 5683 proto udp"
        elif form == 3:
            source = rng.choice(SOURCES4[:5] + SOURCES6[:2])
            rule = f"{action} from {source} to any port {rng.choice(['5683', '5684'])} proto udp"
        elif form == 4:
            rule = f"{action} from {rng.choice(SOURCES4[:3])}"
        else:
            rule = f"route {action} in on eth0 to any port 5683 proto udp"
        if i > 1 and rng.random() < 0.3 and not rule.startswith("route"):
            rule = f"insert 1 {rule}"
        elif rng.random() < 0.1:
            rule += " comment 'ours, and \"theirs\"'"
        lines.append(rule)
    return lines
