// The official clients behind one face: connect(kind, url) gives
// { client, tools(), call(name, args, onProgress), close() }.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 }
  from '@modelcontextprotocol/sdk/client/streamableHttp.js'

const INFO = { name: 'sanzaru-flows', version: '1.0.0' }

const KINDS = {
  'modern': () => [new Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    StreamableHTTPClientTransport],
  'auto': () => [new Client(INFO, { versionNegotiation: { mode: 'auto' } }),
    StreamableHTTPClientTransport],
  'legacy': () => [new Client(INFO), StreamableHTTPClientTransport],
  'sdk1': () => [new ClientV1(INFO), TransportV1]
}

export async function connect(kind, url) {
  const [client, Transport] = KINDS[kind]()
  await client.connect(new Transport(new URL(url)))

  const options = (onprogress) =>
    onprogress ? { onprogress, timeout: 60000, resetTimeoutOnProgress: true }
      : { timeout: 60000 }

  return {
    client,
    tools: async () => (await client.listTools()).tools,
    call: (name, args, onprogress) => kind === 'sdk1'
      ? client.callTool({ name, arguments: args }, undefined, options(onprogress))
      : client.callTool({ name, arguments: args }, options(onprogress)),
    close: () => client.close()
  }
}
