# SPDX-License-Identifier: Apache-2.0
"""Random rules of iptables and ip6tables, as iptables-restore takes them; the same for a seed.

    made = Xtables(random.Random(7))
    made.text(v6=False), made.text(v6=True), made.rated
"""
SOURCES = {False: ["192.168.1.0/24", "10.0.0.0/8", "128.0.0.0/1", "91.37.142.0/24",
                   "198.51.100.7", "! 192.168.0.0/16"],
           True: ["fd12:3456:789a:1::/64", "fd00::/8", "2000::/3", "! 2a02::/16"]}
MATCHES = ["-m conntrack --ctstate NEW", "-m conntrack --ctstate ESTABLISHED,RELATED",
           "-m state --state NEW,ESTABLISHED", "-m conntrack --ctstate INVALID",
           "-m conntrack ! --ctstate DNAT", "-m conntrack --ctdir ORIGINAL",
           "-m mark --mark 0x1", "-m connmark --mark 0x1/0xff", "-m pkttype --pkt-type unicast",
           "-m addrtype --dst-type LOCAL", "-m addrtype ! --dst-type LOCAL",
           "-m length --length 0:1000", '-m comment --comment "what it is, and \\"why\\""',
           "-m u32 --u32 0x0=0x0", "-m cpu --cpu 77", "-m helper --helper ftp"]
OWN = {False: ["-m iprange --src-range 192.168.1.1-192.168.1.200", "-m ttl --ttl-gt 10",
               "-m addrtype --src-type UNICAST", "-d 93.184.77.10", "-d 224.0.0.0/4", "-f"],
       True: ["-m hl --hl-gt 10", "-d ff00::/8", "-m iprange --src-range fd00::-fdff::",
              "-m ipv6header --header none --soft"]}
# For ipset, before the rules.
IPSETS = """create some4 hash:net family inet timeout 3600
add some4 128.0.0.0/1
add some4 192.168.1.0/24 timeout 3000
add some4 177.0.0.0/8 nomatch
create some6 hash:net family inet6
add some6 2a02::/16
add some6 fd12:3456:789a:2::/64
create ports bitmap:port range 0-65535
add ports 5683
create pairs hash:net,port family inet
add pairs 172.17.0.0/16,udp:5684
add pairs 91.0.0.0/8,tcp:5683
create list4 list:set size 8
add list4 some4
add list4 pairs
"""
OF_SETS = {False: ["--match-set some4 src", "! --match-set some4 src", "--match-set list4 src,dst",
                   "--match-set pairs src,dst", "--match-set ports dst"],
           True: ["--match-set some6 src", "! --match-set some6 src", "--match-set ports dst"]}
RATES = ["-m limit --limit 3/min --limit-burst 4 -j ACCEPT",
         "-m hashlimit --hashlimit-above 3/min --hashlimit-burst 4 --hashlimit-mode srcip "
         "--hashlimit-name %s -j DROP",
         "-m hashlimit --hashlimit-upto 3/min --hashlimit-burst 4 --hashlimit-mode dstport "
         "--hashlimit-name %s -j ACCEPT",
         "-m connlimit --connlimit-above 3 -j DROP",
         "-m recent --name %s --update --seconds 600 --hitcount 4 -j DROP"]


class Xtables:
    """Tables filter, mangle, nat and raw of both families."""

    def __init__(self, rng):
        self.rng, self.rated, self.names = rng, False, 0
        self.rates = rng.random() < 0.25
        self.clients = rng.choice([0, 0.1, 0.3])
        self.sets = rng.random() < 0.3
        self.tables = {v6: self.make(v6) for v6 in (False, True)}

    def pick(self, *choices):
        return self.rng.choice(choices)

    def chance(self, p):
        return self.rng.random() < p

    def port(self, word="dport"):
        proto = self.pick("udp", "udp", "udp", "tcp")
        form = self.pick("one", "one", "range", "multi", "not", "none")
        if form == "none":
            return f"-p {proto}"
        if form == "multi":
            return f"-p {proto} -m multiport --{word}s {self.pick('5683,5684', '22,5000:6000')}"
        if form == "not":
            return f"-p {proto} ! --{word} {self.pick('5683', '22')}"
        return f"-p {proto} --{word} {self.pick('5683', '5684') if form == 'one' else '5683:5690'}"

    def client(self, word):
        """Looks at the port of who asks; what is between 32768 and 60999 is one to it."""
        proto = self.pick("udp", "udp", "udp", "tcp")
        ports = self.pick(f"--{word} 5683", f"--{word} 5683", f"--{word} 53", f"! --{word} 53",
                          f"--{word} 1024:65535", f"--{word} :1023", f"! --{word} 1024:",
                          f"-m multiport --{word}s 53,5683:5690",
                          f"-m multiport ! --{word}s 53,123", "-m multiport --ports 53,5684",
                          "-m conntrack --ctorigsrcport 5683")
        return f"-p {proto} {ports}"

    def rule(self, v6, chain):
        parts = []
        if self.chance(self.clients):
            parts.append(self.client("dport" if chain == "OUTPUT" else "sport"))
            if self.chance(0.3):
                parts.append(f"--{'sport' if chain == 'OUTPUT' else 'dport'} 5683"
                             if "multiport" not in parts[0] else "")
            return " ".join(parts)
        if chain in ("INPUT", "FORWARD", "PREROUTING") and self.chance(0.3):
            parts.append(self.pick("-i eth0", "-i lan+", "! -i eth0", "-i wg0", "-i ppp+"))
        if chain == "FORWARD" and self.chance(0.3):
            parts.append(self.pick("-o lan0", "-o dock0", "! -o eth0", "-o tun7"))
        if self.chance(0.3):
            parts.append(self.source(v6))
        if self.chance(0.85):
            parts.append(self.port("sport" if chain == "OUTPUT" else "dport"))
        if self.chance(0.25):
            parts.append(self.pick(*MATCHES))
        if self.chance(0.1):
            parts.append(self.pick(*OWN[v6]))
        if self.sets and self.chance(0.3):
            parts.append(f"-m set {self.pick(*OF_SETS[v6])}")
        return " ".join(parts)

    def source(self, v6):
        source = self.pick(*SOURCES[v6])
        return f"! -s {source[2:]}" if source.startswith("!") else f"-s {source}"

    def end(self, v6, chain, rule):
        if self.rates and chain == "INPUT" and self.chance(0.2):
            self.rated = True
            self.names += 1
            rate = self.pick(*RATES)
            return rate % f"n{self.names}" if "%s" in rate else rate
        ends = ["-j ACCEPT", "-j ACCEPT", "-j DROP", "-j DROP", "-j RETURN", "",
                "-j REJECT", "-j SIDE", "-g SIDE",
                "-j REJECT --reject-with " + ("icmp6-adm-prohibited" if v6
                                              else "icmp-host-prohibited"),
                "-j LOG --log-prefix \"a, b: \""]
        if "-p tcp" in rule:
            ends.append("-j REJECT --reject-with tcp-reset")
        return self.pick(*ends)

    def chain(self, v6, chain, most):
        lines = []
        if self.chance(0.3) and chain in ("INPUT", "FORWARD"):
            lines.append(f"-A {chain} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")
        for _ in range(self.rng.randrange(most)):
            rule = self.rule(v6, chain)
            lines.append(f"-A {chain} {rule} {self.end(v6, chain, rule)}")
        if lines and "recent" in " ".join(lines):
            lines = [line for old in lines for line in (
                [old.split(" -m recent")[0] + " -m recent --set --name "
                 + old.split("--name ")[1].split()[0], old] if "--update" in old else [old])]
        return lines

    def make(self, v6):
        policies = [self.pick("ACCEPT", "ACCEPT", "DROP") for _ in range(2)]
        lines = ["*filter", f":INPUT {policies[0]} [0:0]", f":FORWARD {policies[1]} [0:0]",
                 ":OUTPUT ACCEPT [0:0]", ":SIDE - [0:0]"]
        for chain, most in (("INPUT", 6), ("FORWARD", 4), ("OUTPUT", 2)):
            lines += self.chain(v6, chain, most)
        lines += [f"-A SIDE {self.port()} -j {self.pick('ACCEPT', 'DROP', 'RETURN')}"
                  for _ in range(self.rng.randrange(3))]
        lines.append("COMMIT")
        for more, p in ((self.mangle, 0.25), (self.raw, 0.15), (self.nat, 0.4)):
            if self.chance(p):
                lines += more(v6)
        return lines

    def mangle(self, v6):
        return ["*mangle", ":PREROUTING ACCEPT [0:0]",
                f"-A PREROUTING {self.rule(v6, 'PREROUTING')} -j "
                + self.pick("MARK --set-xmark 0x1/0xffffffff", "CONNMARK --set-mark 0x1", "DROP"),
                "COMMIT"]

    def raw(self, v6):
        return ["*raw", ":PREROUTING ACCEPT [0:0]",
                f"-A PREROUTING {self.port()} -j {self.pick('NOTRACK', 'DROP', 'CT --notrack')}",
                "COMMIT"]

    def nat(self, v6):
        to = {False: ["172.17.0.2:15683", "172.17.0.2", "192.168.1.200:5683"],
              True: ["[fd12:3456:789a:2::2]:15683", "fd12:3456:789a:2::2"]}[v6]
        end = self.pick(*(f"DNAT --to-destination {t}" for t in to), "REDIRECT --to-ports 15683")
        match = self.pick("-p udp --dport 5683", "-i eth0 -p udp --dport 5683",
                          "-m addrtype --dst-type LOCAL -p udp --dport 5683",
                          "-p tcp --dport 5684", "-p udp -m multiport --dports 5683,5684")
        lines = ["*nat", ":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", ":DOCKER - [0:0]"]
        if self.chance(0.5):
            lines += ["-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
                      f"-A DOCKER {match} -j {end}"]
        else:
            lines.append(f"-A PREROUTING {match} -j {end}")
        if self.chance(0.4):
            lines.append("-A POSTROUTING -o eth0 -j MASQUERADE")
        return lines + ["COMMIT"]

    def text(self, v6):
        return "\n".join(self.tables[v6]) + "\n"
