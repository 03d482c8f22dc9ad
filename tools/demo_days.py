#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sample reports for the demo: demo_days.py DIR LAST-DAY DAYS

Writes one scan_coap CSV a day, DAYS days up to LAST-DAY (YYYY-MM-DD), zipped as
Shadowserver mails them. Addresses, AS numbers and names are those that RFC 5737,
RFC 3849, RFC 5398 and RFC 2606 keep for examples; nothing of it was ever seen on
a network. The same arguments give the same bytes.
"""
import csv
import datetime
import io
import pathlib
import random
import sys
import zipfile

COLUMNS = ("timestamp,severity,ip,protocol,port,hostname,tag,version,asn,geo,region,city,"
           "naics,hostname_source,response,response_size,amplification,sector").split(",")
REQUEST = 21   # bytes
OVERHEAD = 7   # header, Content-Format, payload marker

# country, region, city, ASN, how many of a hundred services are there
PLACES = [
    ("DE", "Nordrhein-Westfalen", "Köln", 64496, 18), ("DE", "Bayern", "München", 64497, 9),
    ("FR", "Île-de-France", "Paris", 64498, 11), ("NL", "Noord-Holland", "Amsterdam", 64499, 6),
    ("GB", "England", "Leeds", 64500, 7), ("PL", "Mazowieckie", "Warszawa", 64501, 6),
    ("US", "Ohio", "Columbus", 64502, 12), ("US", "Oregon", "Portland", 64503, 5),
    ("CA", "Ontario", "Toronto", 64504, 3), ("BR", "São Paulo", "Campinas", 64505, 6),
    ("IN", "Karnataka", "Bengaluru", 64506, 5), ("JP", "Osaka", "Osaka", 64507, 4),
    ("ZA", "Western Cape", "Cape Town", 64508, 2), ("AU", "Victoria", "Melbourne", 64509, 3),
    ("SG", "", "Singapore", 64510, 2), ("MT", "", "Valletta", 64511, 1),
]
SECTORS = ["Communications, Service Provider, and Hosting Service", "Information Technology",
           "Transportation and Warehousing", "Government", ""]


def links(*targets):
    return ",".join(targets)


QLINK = links('</>;title="General Info";ct=0',
              *(f"</{name}>;title={name}" for name in
                ("qlink/searchfh", "qlink/searchgw", "qlink/request", "qlink/success",
                 "device/inform/bootstrap", "device/inform/boot", "device/inform/syncreq",
                 "device/inform/offline", "device/inform/heartbeat", "device/inform/data")),
              "</async>;ct=0")
# response, severity, tag, of a hundred
DEVICES = [
    (QLINK, "medium", "coap;iot;qlink;amplifier", 34),
    (links("</fw>", "</efento>", "</efento/c>", "</efento/i>", "</efento/m>", "</efento/t>", "</sw>",
           "</api>", "</api/v1>", "</.well-known/core>"), "high", "coap;iot;efento;firmware", 12),
    (links("</api>", "</api/v1>", "</.well-known/core>"), "low", "coap;iot", 20),
    (links('</sensors/temp>;rt="temperature-c";if="core.s";obs', '</sensors/light>;rt="light-lux";if="core.s"'),
     "low", "coap;iot;observable", 12),
    (links('</actuators/relay>;rt="relay";if="core.a"', '</actuators/led>;if="core.a"', "</config/wifi>"),
     "high", "coap;iot;actuator;config", 10),
    (links('</rd>;rt="core.rd"', '</rd-lookup/res>;rt="core.rd-lookup-res"'), "medium",
     "coap;iot;resource-directory", 5),
    ("", "info", "coap;iot", 7),
]


def pick(choice, table):
    at = choice.randrange(sum(row[-1] for row in table))
    for row in table:
        at -= row[-1]
        if at < 0:
            return row
    raise AssertionError


def address(number):
    nets = ("192.0.2", "198.51.100", "203.0.113")
    if number < 3 * 250:
        return f"{nets[number % 3]}.{1 + number // 3}"
    return f"2001:db8:{number:x}::5683"


class Service:
    """One service, from its first day to its last."""

    def __init__(self, number, days):
        choice = random.Random(number)
        self.ip = address(number)
        self.place, self.device = pick(choice, PLACES), pick(choice, DEVICES)
        self.sector = choice.choice(SECTORS)
        self.name = f"node-{number}.example.net" if choice.random() < 0.7 else ""
        stays = choice.random() < 0.8
        self.first = 0 if stays else choice.randrange(days)
        self.last = days if stays and choice.random() < 0.9 else choice.randrange(days + 1)
        self.second = choice.randrange(86400)

    def row(self, day):
        response, severity, tag, _ = self.device
        country, region, city, asn, _ = self.place
        size = OVERHEAD + len(response) if response else 4
        time = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(
            seconds=self.second)
        return [time.isoformat(" "), severity, self.ip, "udp", 5683, self.name, tag, 2, asn,
                country, region, city, 0, "ptr" if self.name else "", response, size,
                f"{size / REQUEST:.2f}", self.sector]


def report(services, at, day):
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(service.row(day) for service in services
                   if service.first <= at < service.last)
    return text.getvalue()


def main(folder, last, days):
    services = [Service(number, days) for number in range(480)]
    for at in range(days):
        day = last - datetime.timedelta(days=days - 1 - at)
        name = f"{day}-scan_coap-sample-geo.csv"
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as out:
            out.writestr(entry, report(services, at, day), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), datetime.date.fromisoformat(sys.argv[2]), int(sys.argv[3]))
