// The official clients behind one face: connect(kind, url) gives
// { client, tools(), call(name, args, onProgress), close() }.  close() says, as
// a test, whether every message was as the schema of its revision wants it.

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 }
  from '@modelcontextprotocol/sdk/client/streamableHttp.js'

import { recorder } from './schema.mjs'
import { ok } from './tap.mjs'

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
  const { fetch, report } = recorder()
  await client.connect(new Transport(new URL(url), { fetch }))

  const options = (onprogress) =>
    onprogress ? { onprogress, timeout: 60000, resetTimeoutOnProgress: true }
      : { timeout: 60000 }

  return {
    client,
    tools: async () => (await client.listTools()).tools,
    call: (name, args, onprogress) => kind === 'sdk1'
      ? client.callTool({ name, arguments: args }, undefined, options(onprogress))
      : client.callTool({ name, arguments: args }, options(onprogress)),
    close: async () => {
      await client.close()
      const seen = await report()
      if (seen) {
        ok(seen.count > 0 && seen.wrong.length === 0,
          `${seen.count} messages as their schema: ${seen.kinds.join(' ')}`, seen.wrong)
      } else {
        console.log('# messages are not checked: SANZARU_MCP_SCHEMAS names no folder')
      }
    }
  }
}
