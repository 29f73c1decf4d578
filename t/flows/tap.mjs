// The Test Anything Protocol.

let run = 0
let failed = 0

export function ok(good, name, more) {
  run++
  failed += !good
  console.log(`${good ? '' : 'not '}ok ${run} - ${name}`)
  if (!good && more !== undefined) {
    console.log(`# ${JSON.stringify(more, null, 1).replaceAll('\n', '\n# ')}`)
  }
  return good
}

export function is(got, want, name) {
  return ok(got === want, name, { got, want })
}

export function done() {
  console.log(`1..${run}`)
  process.exit(failed ? 1 : 0)
}
