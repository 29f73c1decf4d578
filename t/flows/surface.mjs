// All that is no tool, through an official client: resources, templates,
// prompts, completion, log levels, and being told of a new file.
//
//     node surface.mjs KIND URL MEDIA

import { readFileSync } from 'node:fs'

import { connect } from './clients.mjs'
import { done, is, ok } from './tap.mjs'

const [kind, url, media] = process.argv.slice(2)
const { client, call, close } = await connect(kind, url)
const modern = kind === 'modern' || kind === 'auto'

const { resources } = await client.listResources()
const beach = resources.find(({ name }) => name === 'beach.jpg')
is(beach?.mimeType, 'image/jpeg', `${kind}: a picture is a resource`)

const { contents: [picture] } = await client.readResource({ uri: beach.uri })
ok(Buffer.from(picture.blob, 'base64').equals(readFileSync(`${media}/images/beach.jpg`)),
  'and is read whole')

const { contents: [about] } =
  await client.readResource({ uri: 'sanzaru://gateway/about' })
is(about.mimeType, 'text/markdown', 'the models and limits are a text')

const { resourceTemplates } = await client.listResourceTemplates()
ok(resourceTemplates.some(({ uriTemplate }) =>
  uriTemplate === 'sanzaru://images/{+name}'), 'there are templates')

const { prompts } = await client.listPrompts()
ok(prompts.some(({ name }) => name === 'video_from_idea'), 'there are prompts')

const { messages } = await client.getPrompt(
  { name: 'video_from_idea', arguments: { idea: 'a kite over dunes' } })
ok(messages[0].content.text.includes('a kite over dunes'), 'which take arguments')

const { completion } = await client.complete({
  ref: { type: 'ref/prompt', name: 'motion_with_reference' },
  argument: { name: 'image', value: 'beach.' }
})
is(completion.values.join(), 'beach.jpg', 'and complete them')

let missing
try {
  await client.readResource({ uri: 'sanzaru://images/none.png' })
} catch (error) {
  missing = error
}
// (client 2.x knows the old number by the new one)
is(missing?.code, kind === 'sdk1' ? -32002 : -32602, 'what is not there is said to be so')

// a new file is announced: on a listen stream, or on the stream that a legacy
// client holds open anyway

const told = new Promise((resolve) => kind === 'sdk1'
  ? client.fallbackNotificationHandler = async ({ method }) =>
      method === 'notifications/resources/list_changed' && resolve(method)
  : client.setNotificationHandler('notifications/resources/list_changed',
    ({ method }) => resolve(method)))
const stream = modern
  ? await client.listen({ resourcesListChanged: true }) : undefined
if (!modern) {
  await client.setLoggingLevel('debug')
  await client.subscribeResource({ uri: beach.uri })
}
await call('prepare_reference_image', {
  input_filename: 'beach.jpg', target_size: '720x1280', output_filename: `${kind}.png`
})
is(await told, 'notifications/resources/list_changed', 'a new file is announced')
await stream?.close()

await close()
done()
