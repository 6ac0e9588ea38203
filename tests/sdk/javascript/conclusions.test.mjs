import assert from 'node:assert/strict'
import test from 'node:test'
import { NotFoundError } from '@honcho-ai/sdk'
import { client, contents } from './fake.mjs'

test('conclusions about oneself are kept, the newest first', async () => {
  const honcho = client()
  const [alice, session] = [await honcho.peer('alice'), await honcho.session('first')]
  const [older] = await alice.conclusions.create({ content: 'likes tea', sessionId: session })
  await alice.conclusions.create([{ content: 'is tall', sessionId: 'first' }, { content: 'is old' }])
  assert.deepEqual([older.observerId, older.observedId, older.sessionId], ['alice', 'alice', 'first'])
  assert.ok(!Number.isNaN(Date.parse(older.createdAt)))
  const kept = (await alice.conclusions.list()).items
  assert.deepEqual(contents(kept).sort(), ['is old', 'is tall', 'likes tea'])
  assert.equal(kept.at(-1).id, older.id)
  assert.match(String(older), /content='likes tea'/)
  assert.match(String(alice.conclusions), /observer='alice', observed='alice'/)
})

test('conclusions about another peer are kept apart', async () => {
  const honcho = client()
  const [alice, bob] = [await honcho.peer('alice'), await honcho.peer('bob')]
  await alice.conclusionsOf(bob).create({ content: 'a friend' })
  assert.deepEqual((await alice.conclusions.list()).items, [])
  assert.deepEqual(contents((await alice.conclusionsOf('bob').list()).items), ['a friend'])
})

test('conclusions are listed by session', async () => {
  const honcho = client()
  const [alice, session] = [await honcho.peer('alice'), await honcho.session('first')]
  await alice.conclusions.create([{ content: 'here', sessionId: 'first' }, { content: 'anywhere' }])
  assert.deepEqual(contents((await alice.conclusions.list({ session })).items), ['here'])
})

test('conclusions are found by what they say', async () => {
  const alice = await client().peer('alice')
  await alice.conclusions.create([{ content: 'likes green tea' }, { content: 'has a bicycle' }])
  assert.equal((await alice.conclusions.query('tea', 5))[0].content, 'likes green tea')
  assert.equal((await alice.conclusions.query('tea', 1, 1)).length, 1)
})

test('a deleted conclusion is gone', async () => {
  const alice = await client().peer('alice')
  const [one] = await alice.conclusions.create({ content: 'likes tea' })
  await alice.conclusions.delete(one.id)
  assert.deepEqual((await alice.conclusions.list()).items, [])
  await assert.rejects(alice.conclusions.delete(one.id), NotFoundError)
})

test('a representation tells the conclusions', async () => {
  const alice = await client().peer('alice')
  await alice.conclusions.create({ content: 'likes tea' })
  const options = { searchQuery: 'tea', searchTopK: 5, includeMostFrequent: true, maxConclusions: 5 }
  assert.match(await alice.conclusions.representation(options), /likes tea/)
  assert.match(await alice.representation(options), /likes tea/)
})
