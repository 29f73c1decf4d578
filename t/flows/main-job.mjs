// The product's main job through an official client: prepare a reference
// image, make a video with it, follow it, and have the file on disk.
//
//     node main-job.mjs KIND URL MEDIA

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { connect } from './clients.mjs'
import { done, is, ok } from './tap.mjs'

const [kind, url, media] = process.argv.slice(2)
const { client, tools, call, close } = await connect(kind, url)

is(client.getServerVersion()?.name, 'sanzaru', `${kind}: connected`)

const names = (await tools()).map((tool) => tool.name)
is(names.join(' '), 'create_video get_video_status download_video list_videos '
  + 'list_local_videos delete_video remix_video list_reference_images '
  + 'prepare_reference_image', 'nine tools, in order')

const content = async (name, args, onprogress) => {
  const result = await call(name, args, onprogress)
  if (result.isError) {
    return result.content[0].text
  }
  const structured = result.structuredContent
  ok(JSON.stringify(JSON.parse(result.content[0].text)) ===
    JSON.stringify(structured), `${name}: the text says the same`)
  return structured
}

const images = await content('list_reference_images', {})
is(images.data[0]?.filename, 'beach.jpg', 'there is a picture')

const prepared = await content('prepare_reference_image',
  { input_filename: 'beach.jpg', target_size: '1280x720' })
is(prepared.output_filename, 'beach_1280x720.png', 'prepared')

const steps = []
const video = await content('create_video', {
  prompt: 'waves roll in', size: '1280x720', seconds: '8',
  input_reference_filename: prepared.output_filename, wait: 30
}, (progress) => steps.push(progress))
is(video.status, 'completed', 'a video, waited for')
ok(steps.length >= 2 && steps.every((step, i) =>
  i === 0 || step.progress > steps[i - 1].progress),
`with growing progress: ${steps.map((step) => step.progress)}`, steps)
ok(steps.every((step) => step.total === undefined) &&
  steps.some((step) => step.message.includes(video.id)),
  'and words')

const status = await content('get_video_status', { video_id: video.id })
is(status.progress, 100, 'its status')

const file = await content('download_video', { video_id: video.id })
const bytes = readFileSync(`${media}/videos/${file.filename}`)
is(bytes.length, file.size_bytes, 'on disk, in full length')
is(createHash('sha256').update(bytes).digest('hex'), file.sha256, 'and sum')
is(file.mime_type, 'video/mp4', 'a video')

const local = await content('list_local_videos', { sort_by: 'name' })
ok(local.data.some((row) => row.filename === file.filename), 'in the list')

const remix = await content('remix_video',
  { previous_video_id: video.id, prompt: 'at night' })
is(remix.remixed_from_video_id, video.id, 'a remix')

const listed = await content('list_videos', { limit: 1 })
ok(listed.data.length === 1 && listed.has_more, 'a page of jobs')
const next = await content('list_videos', { limit: 1, after: listed.last })
ok(next.data.length === 1 && next.data[0].id !== listed.data[0].id,
  'and the next')

const gone = await content('delete_video', { video_id: video.id })
ok(gone.deleted, 'deleted')
ok((await content('get_video_status', { video_id: video.id }))
  .startsWith?.('Could not read the status of the video: '), 'really')

const wrong = await call('create_video', { prompt: 'x', size: '1x1' })
ok(wrong.isError && wrong.content[0].text.includes('`size` must be one of'),
  'a mistake is told so that a model can mend it', wrong)

let thrown
try {
  await call('no_such_tool', {})
} catch (error) {
  thrown = error
}
is(thrown?.code, -32602, 'an unknown tool is a protocol error')

await close()
done()
