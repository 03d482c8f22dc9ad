# SPDX-License-Identifier: Apache-2.0
"""What tshark makes of CoAP messages, in the form that canonical.c describes.

Each message is one UDP datagram of a capture file, from a source port of its
own, so that tshark never takes two of them for one conversation.
"""
import struct
import subprocess
import xml.etree.ElementTree as xml

LINKTYPE_RAW = 101
FIRST_PORT = 20000
HEADERS = 28  # bytes of IPv4 and UDP before each message
TYPES = ["CON", "NON", "ACK", "RST"]


def write_capture(messages, path):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_RAW))
        for i, message in enumerate(messages):
            length = HEADERS + len(message)
            ip = struct.pack(">BBHHHBBHII", 0x45, 0, length, i, 0, 64, 17, 0,
                             0x7F000001, 0x7F000002)
            udp = struct.pack(">HHHH", FIRST_PORT + i, 5683, length - 20, 0)
            out.write(struct.pack("<IIII", i, 0, length, length) + ip + udp + message)


def field(parent, name):
    return next(parent.iterfind(f"./field[@name='{name}']"), None)


def number_of(option):
    delta = int(field(option, "coap.opt.delta").get("show"))
    extended = field(option, "coap.opt.delta_ext")
    if extended is None:
        return delta
    return int(extended.get("show")) + (13 if delta == 13 else 269)


def value_of(option):
    """The option's bytes less its header, which tshark does not show as one."""
    header = 1
    for name in ("coap.opt.delta_ext", "coap.opt.length_ext"):
        extended = field(option, name)
        header += int(extended.get("size")) if extended is not None else 0
    return option.get("value")[2 * header:]


def mark_of(option):
    if option.find(".//field[@name='coap.invalid_option_number']") is not None:
        return "?"
    if option.find(".//field[@name='coap.invalid_option_range']") is not None:
        return "!"
    return ""


def is_malformed(packet, coap):
    """A warning about one option stands inside that option and does not count."""
    return any(proto.get("name") == "_ws.malformed"
               for parent in (packet, coap) for proto in parent.iterfind("./proto"))


def canonical(packet, message):
    coap = packet.find("./proto[@name='coap']")
    if coap is None or is_malformed(packet, coap) or field(coap, "coap.mid") is None:
        return "bad"

    token = field(coap, "coap.token")
    code = int(field(coap, "coap.code").get("value"), 16)
    words = ["ok", TYPES[int(field(coap, "coap.type").get("show"))],
             f"{code >> 5}.{code & 31:02d}", field(coap, "coap.mid").get("show"),
             "token=" + (token.get("value") if token is not None else "")]
    number = 0
    for option in coap.iterfind("./field[@name='coap.opt.name']"):
        number += number_of(option)
        words.append(f"{number}{mark_of(option)}={value_of(option)}")

    marker = field(coap, "coap.opt.end_marker")
    at = int(marker.get("pos")) - HEADERS + 1 if marker is not None else len(message)
    words.append("payload=" + message[at:].hex())
    return " ".join(words)


def read(messages, capture):
    write_capture(messages, capture)
    pdml = subprocess.run(["tshark", "-n", "-r", capture, "-T", "pdml"], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    packets = xml.fromstring(pdml).findall("./packet")
    assert len(packets) == len(messages)
    return [canonical(p, m) for p, m in zip(packets, messages)]
