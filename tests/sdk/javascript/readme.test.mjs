import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import test from 'node:test'
import { mock } from './fake.mjs'

test('the examples of the SDK\'s own README run', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.resolve('@honcho-ai/sdk')), 'utf-8')
  const examples = [...readme.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code)
  assert.ok(examples.length > 0)
  for (const [number, code] of examples.entries()) {
    const here = new URL(`example-${number}.mjs`, import.meta.url)
    await writeFile(here, code.replace('http://localhost:8000', process.env.HONCHO_URL))
    await import(here)
  }
  const { requests } = await mock('GET', '/requests?workspace=test')
  assert.ok(requests.length > 0)
  assert.deepEqual(requests.filter((request) => request.status >= 300), [])
})
