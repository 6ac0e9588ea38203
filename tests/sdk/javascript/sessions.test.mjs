import assert from 'node:assert/strict'
import test from 'node:test'
import { NotFoundError } from '@honcho-ai/sdk'
import { client, contents, ids, mock } from './fake.mjs'

test('a session is made by asking for it', async () => {
  const session = await client().session('first', {
    metadata: { topic: 'maths' },
    configuration: { summary: { enabled: true, messagesPerShortSummary: 10 } },
    peers: ['alice', ['bob', { observeMe: false }]],
  })
  assert.deepEqual([session.id, session.metadata, session.isActive], ['first', { topic: 'maths' }, true])
  assert.equal(session.configuration.summary.messagesPerShortSummary, 10)
  assert.ok(!Number.isNaN(Date.parse(session.createdAt)))
  assert.equal(String(session), "Session(id='first')")
  assert.deepEqual(ids(await session.peers()), ['alice', 'bob'])
})

test('metadata and configuration are kept', async () => {
  const honcho = client()
  const session = await honcho.session('first')
  await session.setMetadata({ topic: 'maths' })
  await session.setConfiguration({ summary: { enabled: false } })
  const again = await honcho.session('first')
  assert.deepEqual(await again.getMetadata(), { topic: 'maths' })
  assert.equal((await again.getConfiguration()).summary.enabled, false)
})

test('a refresh shows what was changed elsewhere', async () => {
  const honcho = client()
  const [session, same] = [await honcho.session('first'), await honcho.session('first')]
  await same.setMetadata({ k: 1 })
  await session.refresh()
  assert.deepEqual(session.metadata, { k: 1 })
})

test('sessions are listed with filters', async () => {
  const honcho = client()
  await honcho.session('first', { metadata: { grade: 1 } })
  await honcho.session('second', { metadata: { grade: 2 } })
  assert.deepEqual(ids((await honcho.sessions()).items), ['first', 'second'])
  assert.deepEqual(ids((await honcho.sessions({ metadata: { grade: { gte: 2 } } })).items), ['second'])
})

test('peers come and go in every form that the SDK takes', async () => {
  const honcho = client()
  const session = await honcho.session('first')
  const [alice, bob] = [await honcho.peer('alice'), await honcho.peer('bob')]
  await session.addPeers('alice')
  await session.addPeers([bob, ['carol', { observeMe: false }]])
  assert.deepEqual(ids(await session.peers()), ['alice', 'bob', 'carol'])
  await session.removePeers([alice, 'carol'])
  assert.deepEqual(ids(await session.peers()), ['bob'])
  await session.setPeers([alice, ['dave', { observeOthers: true }]])
  assert.deepEqual(ids(await session.peers()), ['alice', 'dave'])
})

test('settings of a peer in a session are kept', async () => {
  const session = await client().session('first', { peers: [['alice', { observeMe: false, observeOthers: true }]] })
  assert.deepEqual(await session.getPeerConfiguration('alice'), { observeMe: false, observeOthers: true })
  await session.setPeerConfiguration('alice', { observeMe: true, observeOthers: false })
  assert.deepEqual(await session.getPeerConfiguration('alice'), { observeMe: true, observeOthers: false })
})

test('the id of a deleted session is free after its purge', async () => {
  const honcho = client()
  const session = await honcho.session('first', { metadata: { old: true } })
  await session.delete()
  assert.deepEqual((await honcho.sessions()).items, [])
  await assert.rejects(honcho.session('first'), NotFoundError)
  await mock('POST', '/purge', { workspace: honcho.workspaceId })
  assert.deepEqual((await honcho.session('first')).metadata, {})
})

test('a clone has the messages of its original', async () => {
  const honcho = client()
  const [session, alice] = [await honcho.session('first', { metadata: { k: 1 } }), await honcho.peer('alice')]
  const [one] = await session.addMessages([alice.message('one'), alice.message('two')])
  const clone = await session.clone()
  assert.notEqual(clone.id, session.id)
  assert.deepEqual(clone.metadata, { k: 1 })
  assert.deepEqual(contents((await clone.messages()).items), ['one', 'two'])
  assert.deepEqual(contents((await (await session.clone(one.id)).messages()).items), ['one'])
})
