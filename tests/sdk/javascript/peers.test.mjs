import assert from 'node:assert/strict'
import test from 'node:test'
import { client, ids, requests } from './fake.mjs'

test('a peer is made by asking for it', async () => {
  const honcho = client()
  const alice = await honcho.peer('alice', { metadata: { name: 'Alice' }, configuration: { observeMe: false } })
  assert.deepEqual([alice.id, alice.metadata], ['alice', { name: 'Alice' }])
  assert.equal(alice.configuration.observeMe, false)
  assert.ok(!Number.isNaN(Date.parse(alice.createdAt)))
  assert.equal(String(alice), "Peer(id='alice')")
  const [made] = await requests(honcho, 'get_or_create_peer')
  assert.deepEqual(made.body, { id: 'alice', metadata: { name: 'Alice' }, configuration: { observe_me: false } })
})

test('metadata and configuration are kept', async () => {
  const honcho = client()
  const alice = await honcho.peer('alice')
  await alice.setMetadata({ k: [1, 2] })
  await alice.setConfiguration({ observeMe: true })
  const again = await honcho.peer('alice')
  assert.deepEqual(await again.getMetadata(), { k: [1, 2] })
  assert.deepEqual(await again.getConfiguration(), { observeMe: true })
})

test('a refresh shows what was changed elsewhere', async () => {
  const honcho = client()
  const [alice, same] = [await honcho.peer('alice'), await honcho.peer('alice')]
  await same.setMetadata({ k: 1 })
  await alice.refresh()
  assert.deepEqual(alice.metadata, { k: 1 })
})

test('peers are listed with filters', async () => {
  const honcho = client()
  await honcho.peer('alice', { metadata: { role: 'user' } })
  await honcho.peer('robot', { metadata: { role: 'assistant' } })
  assert.deepEqual(ids((await honcho.peers()).items), ['alice', 'robot'])
  assert.deepEqual(ids((await honcho.peers({ metadata: { role: 'assistant' } })).items), ['robot'])
})

test('a peer knows its sessions', async () => {
  const honcho = client()
  const alice = await honcho.peer('alice')
  await honcho.session('first', { peers: alice })
  await honcho.session('second', { peers: ['alice'], metadata: { k: 1 } })
  await honcho.session('without')
  assert.deepEqual(ids((await alice.sessions()).items), ['first', 'second'])
  assert.deepEqual(ids((await alice.sessions({ filters: { metadata: { k: 1 } } })).items), ['second'])
})

test('a card is kept and replaced', async () => {
  const alice = await client().peer('alice')
  assert.equal(await alice.getCard(), null)
  assert.deepEqual(await alice.setCard(['likes tea', 'is tall']), ['likes tea', 'is tall'])
  assert.deepEqual(await alice.setCard(['likes coffee']), ['likes coffee'])
  assert.deepEqual(await alice.getCard(), ['likes coffee'])
  assert.deepEqual(await alice.card(), ['likes coffee'])
})

test('a peer has a card of each other peer', async () => {
  const honcho = client()
  const [alice, bob] = [await honcho.peer('alice'), await honcho.peer('bob')]
  await alice.setCard(['a friend'], bob)
  assert.deepEqual(await alice.getCard('bob'), ['a friend'])
  assert.equal(await alice.getCard(), null)
})
