// SPDX-License-Identifier: Apache-2.0
// What npm's coap-packet makes of messages given as lines of hex, in the form
// that canonical.c describes, without marks.
'use strict'

const { parse } = require('coap-packet')

// coap-packet names the options that it knows; "Uri-Path" was 11 on the wire.
const numbers = {
  'If-Match': 1, 'Uri-Host': 3, ETag: 4, 'If-None-Match': 5, Observe: 6,
  'Uri-Port': 7, 'Location-Path': 8, OSCORE: 9, 'Uri-Path': 11,
  'Content-Format': 12, 'Max-Age': 14, 'Uri-Query': 15, 'Hop-Limit': 16,
  Accept: 17, 'Q-Block1': 19, 'Location-Query': 20, Block2: 23, Block1: 27,
  Size2: 28, 'Q-Block2': 31, 'Proxy-Uri': 35, 'Proxy-Scheme': 39, Size1: 60,
  'No-Response': 258, 'OCF-Accept-Content-Format-Version': 2049,
  'OCF-Content-Format-Version': 2053
}

function type (packet) {
  if (packet.reset) return 'RST'
  if (packet.ack) return 'ACK'
  return packet.confirmable ? 'CON' : 'NON'
}

function canonical (bytes) {
  let packet
  try {
    packet = parse(bytes)
  } catch (error) {
    return 'bad'
  }
  const options = packet.options.map(option => {
    const number = option.name in numbers ? numbers[option.name] : option.name
    return ` ${number}=${option.value.toString('hex')}`
  })
  return `ok ${type(packet)} ${packet.code} ${packet.messageId} ` +
    `token=${packet.token.toString('hex')}${options.join('')} ` +
    `payload=${packet.payload.toString('hex')}`
}

const lines = require('fs').readFileSync(0, 'utf8').split('\n')
lines.pop() // behind the last line's end
for (const line of lines) {
  console.log(canonical(Buffer.from(line, 'hex')))
}
