// SPDX-License-Identifier: Apache-2.0
// Two devices for `make demo`, on npm's coap. Usage: node devices.js LAMPS LOCK
// (addresses). LAMPS has a list of resources longer than a datagram, so that it
// comes in blocks; LOCK tells strangers nothing. Says "ready" when both listen.
'use strict'
const coap = require('coap')

const PORT = 5683
const LAMPS = 6

function lampList () {
  const links = ['</fw>;title="Firmware \\"7.3, beta\\"";rt="oma.lwm2m";ct=42;sz=48211']
  for (let i = 1; i <= LAMPS; i++) {
    const lamp = `</lamp/${i}`
    const where = `lamp ${i}, Harbour Street`
    links.push(`${lamp}/dim>;title="Dimmer of ${where}";rt="light.dimmer";if="core.a"`)
    links.push(`${lamp}/hours>;title="Hours of ${where}";rt="ucum.h";if="core.s"`)
    links.push(`${lamp}/watts>;title="Power of ${where}";rt="ucum.W";if="core.s";obs`)
  }
  return links.join(',')
}

function serve (address, answer, ready) {
  const server = coap.createServer({ type: 'udp4' }, answer)
  server.on('error', (err) => {
    console.error(`${address}: ${err.message}`)
    process.exit(1)
  })
  server.listen(PORT, address, ready)
}

function lamps (request, response) {
  if (request.url.split('?')[0] === '/.well-known/core') {
    response.setOption('Content-Format', 'application/link-format')
    response.end(lampList())
  } else {
    response.code = '4.04'
    response.end()
  }
}

function lock (request, response) {
  response.code = '4.01'
  response.end()
}

const [lampsAt, lockAt] = process.argv.slice(2)
serve(lampsAt, lamps, () => serve(lockAt, lock, () => console.log('ready')))
