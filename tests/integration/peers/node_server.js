// SPDX-License-Identifier: Apache-2.0
// node-coap as a device with a long list: node_server.js ADDRESS PORT FILE. The
// list is the content of FILE. Prints "ready"; ends when its standard input does.
'use strict'
const fs = require('fs')
const coap = require('coap')
const [address, port, file] = process.argv.slice(2)
const list = fs.readFileSync(file)

coap.createServer({ type: 'udp4' }, (request, response) => {
  if (request.url.split('?')[0] !== '/.well-known/core') {
    response.code = '4.04'
    response.end('no such thing')
    return
  }
  response.setOption('Content-Format', 40)
  response.end(list)
}).listen(Number(port), address, () => process.stdout.write('ready\n'))
process.stdin.resume().on('end', () => process.exit(0))
