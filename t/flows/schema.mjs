// Every message that the gateway sends, checked against the JSON Schema of its
// revision.  The schemas are not part of this project: SANZARU_MCP_SCHEMAS is
// the folder that has them, as mcp-schema-REVISION.json.

import { readFileSync } from 'node:fs'

import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { EventSourceParserStream } from 'eventsource-parser/stream'

const DIR = process.env.SANZARU_MCP_SCHEMAS
const revisions = new Map()

// the validators of a revision: of(definition) and named(method, kind), the
// name of the definition that has that method

function schemas(revision) {
  if (!revisions.has(revision)) {
    const schema = JSON.parse(readFileSync(`${DIR}/mcp-schema-${revision}.json`))
    const defs = schema.$defs ? '$defs' : 'definitions'
    const ajv = new (schema.$defs ? Ajv2020 : Ajv)({ strict: false })
    formats.default(ajv)
    ajv.addFormat('byte', true)
    ajv.addSchema(schema, 'mcp')

    revisions.set(revision, {
      has: (name) => name in schema[defs],
      of: (name) => ajv.getSchema(`mcp#/${defs}/${name}`),
      named: (method, kind) => Object.keys(schema[defs]).find((name) =>
        name.endsWith(kind) && schema[defs][name].properties?.method?.const === method)
    })
  }
  return revisions.get(revision)
}

// [definition, the part of the message that is that]

function definition(message, method, { has, named }) {
  if (message.method !== undefined) {
    return [named(message.method, 'id' in message ? 'Request' : 'Notification'), message]
  }
  if (message.error !== undefined) {
    return [has('JSONRPCErrorResponse') ? 'JSONRPCErrorResponse' : 'JSONRPCError', message]
  }
  // (what a ...ResultResponse of the schemas allows is any InputRequiredResult,
  // which is any object with a resultType)
  const result = message.result.resultType === 'input_required'
    ? 'InputRequiredResult' : named(method, 'Request')?.replace(/Request$/, 'Result')
  return [has(result) ? result : 'EmptyResult', message.result]
}

// A recorder: `fetch` for a transport, and `report()`, which gives the number
// of messages checked and what was wrong with them; undefined without schemas.

export function recorder() {
  if (!DIR) {
    return { fetch: undefined, report: async () => undefined }
  }

  const asked = new Map()
  const reading = []
  const wrong = []
  const kinds = new Set()
  let negotiated, count = 0

  const check = (message, revision) => {
    revision ??= message.result?.protocolVersion ?? negotiated
    negotiated ??= message.result?.protocolVersion
    const known = schemas(revision)
    const [name, part] = definition(message, asked.get(message.id), known)
    const validate = name && known.of(name)
    count++
    kinds.add(name)
    if (!validate?.(part)) {
      wrong.push({ revision, name, message, errors: validate?.errors })
    }
  }

  const readers = {
    'application/json': async (body, revision) =>
      check(await new Response(body).json(), revision),
    'text/event-stream': async (body, revision) => {
      const events = body.pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream())
      for await (const { data } of events) {
        data && check(JSON.parse(data), revision)
      }
    }
  }

  return {
    fetch: async (url, init) => {
      const sent = init?.body ? JSON.parse(init.body) : {}
      sent.method && 'id' in sent && asked.set(sent.id, sent.method)
      const response = await fetch(url, init)
      const revision = new Headers(init?.headers).get('mcp-protocol-version')
      const read = readers[response.headers.get('content-type')?.split(';')[0]]
      // a copy only of what is read: who cancels a body waits for its copy
      read && reading.push(read(response.clone().body, revision ?? undefined)
        .catch((error) => {
          // a stream ends when its client closes it
          error.name === 'AbortError' || wrong.push(String(error))
        }))
      return response
    },
    report: async () => {
      await Promise.all(reading)
      return { count, kinds: [...kinds].sort(), wrong }
    }
  }
}
