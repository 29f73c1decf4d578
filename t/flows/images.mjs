// Every image tool through an official client, which checks each result
// against the tool's outputSchema.
//
//     node images.mjs KIND URL MEDIA

import { statSync } from 'node:fs'

import { connect } from './clients.mjs'
import { done, is, ok } from './tap.mjs'

const [kind, url, media] = process.argv.slice(2)
const { tools, call, close } = await connect(kind, url)

const names = (await tools()).map((tool) => tool.name)
is(names.filter((name) => name.includes('image')).join(' '),
  'list_reference_images prepare_reference_image create_image '
  + 'get_image_status download_image generate_image edit_image',
  `${kind}: the image tools, in order`)

const content = async (name, args, onprogress) => {
  const result = await call(name, args, onprogress)
  if (result.isError && !result.structuredContent) {
    return result.content[0].text
  }
  const structured = result.structuredContent
  ok(JSON.stringify(JSON.parse(result.content[0].text)) ===
    JSON.stringify(structured), `${name}: the text says the same`)
  return structured
}

const saved = (image, what) =>
  is(statSync(`${media}/images/${image.filename}`).size, image.size_bytes,
    `${what}: on disk, in full length`)

const kite = await content('generate_image',
  { prompt: 'a kite', size: '1536x1024' })
is(kite.size.join('x'), '1536x1024', 'a picture of the size asked for')
saved(kite, 'generate_image')

const several = await content('generate_image',
  { prompts: ['a kite', '[[moderation]]'], n: 2, output_format: 'webp' })
is(several.images.map((image) => image.error === null).join(), 'true,true,false',
  'several prompts: results and errors')

const steps = []
const slow = await content('generate_image',
  { prompt: '[[render:0.4]] a kite', partial_images: 2 },
  (progress) => steps.push(progress))
saved(slow, 'a stream')
ok(steps.length >= 1 && steps.every((step) =>
  step.message.startsWith('partial image')), 'with previews', steps)

const night = await content('edit_image',
  { prompt: 'at night', input_images: [kite.filename, slow.filename] })
saved(night, 'edit_image')

const response = await content('create_image',
  { prompt: 'a kite', input_images: [kite.filename], wait: 30 })
is(response.status, 'completed', 'create_image, and wait')
is(JSON.stringify(await content('get_image_status', { response_id: response.id })),
  JSON.stringify(response), 'get_image_status says the same')
const file = await content('download_image', { response_id: response.id })
saved(file, 'download_image')

const next = await content('create_image',
  { prompt: 'at night', previous_response_id: response.id })
ok(['queued', 'in_progress'].includes(next.status), 'and one that goes on')

const failed = await content('create_image', { prompt: '[[fail]]', wait: 30 })
is(failed.error?.code, 'server_error', 'one that fails')
ok((await content('download_image', { response_id: failed.id }))
  .includes?.('its status is failed (server_error'), 'and has no file')

await close()
done()
