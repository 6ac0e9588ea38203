import assert from 'node:assert/strict'
import test from 'node:test'
import { NotFoundError } from '@honcho-ai/sdk'
import { client, contents, ids, requests } from './fake.mjs'

async function room(options) {
  const honcho = client(options)
  return [honcho, await honcho.session('first'), await honcho.peer('alice'), await honcho.peer('bob')]
}

test('messages come back as they were sent', async () => {
  const [honcho, session, alice, bob] = await room()
  const asked = [alice.message('Hello, Bob!', { metadata: { mood: 'good' } }), bob.message('Hi — 你好 🎉')]
  for (const messages of [await session.addMessages(asked), (await session.messages()).items]) {
    assert.deepEqual(contents(messages), ['Hello, Bob!', 'Hi — 你好 🎉'])
    assert.deepEqual(messages.map((one) => [one.peerId, one.sessionId]), [['alice', 'first'], ['bob', 'first']])
    assert.deepEqual(messages[0].metadata, { mood: 'good' })
    assert.equal(messages[0].workspaceId, honcho.workspaceId)
    assert.ok(messages.every((one) => one.tokenCount > 0))
    assert.match(String(messages[0]), /content='Hello, Bob!'/)
  }
})

test('a message can be of another time', async () => {
  const [, session, alice] = await room()
  const longAgo = '2024-02-29T12:00:00.000Z'
  const asked = [alice.message('a', { createdAt: new Date(longAgo) }), alice.message('b', { createdAt: longAgo })]
  for (const message of await session.addMessages(asked)) {
    assert.equal(new Date(message.createdAt).toISOString(), longAgo)
  }
})

test('a message can be left out of reasoning', async () => {
  const [honcho, session, alice] = await room()
  await session.addMessages(alice.message('psst', { configuration: { reasoning: { enabled: false } } }))
  const [made] = await requests(honcho, 'create_messages_for_session')
  assert.deepEqual(made.body.messages[0].configuration, { reasoning: { enabled: false } })
})

test('a message is found by its id', async () => {
  const [, session, alice] = await room()
  const [sent] = await session.addMessages(alice.message('hello'))
  assert.equal((await session.getMessage(sent.id)).content, 'hello')
  await assert.rejects(session.getMessage('none'), NotFoundError)
})

test('metadata of a message is replaced, by id or by message', async () => {
  const [, session, alice] = await room()
  const [sent] = await session.addMessages(alice.message('hello', { metadata: { a: 1 } }))
  assert.deepEqual((await session.updateMessage(sent, { b: 2 })).metadata, { b: 2 })
  assert.deepEqual((await session.updateMessage(sent.id, { c: 3 })).metadata, { c: 3 })
})

test('messages are listed with filters', async () => {
  const [, session, alice, bob] = await room()
  await session.addMessages([alice.message('one'), bob.message('two'), alice.message('three')])
  assert.deepEqual(contents((await session.messages({ peer_id: 'alice' })).items), ['one', 'three'])
})

test('a hundred messages go at once', async () => {
  const [, session, alice] = await room()
  const sent = await session.addMessages(Array.from({ length: 100 }, (_, number) => alice.message(`number ${number}`)))
  assert.deepEqual(ids((await session.messages({ size: 100 })).items), ids(sent))
})

test('bytes become a message', async () => {
  const [, session, alice] = await room()
  const content = new TextEncoder().encode('grüße\nthere')
  const [message] = await session.uploadFile({ filename: 'notes.txt', content, content_type: 'text/plain' }, alice)
  assert.deepEqual([message.peerId, message.content], ['alice', 'grüße\nthere'])
})

test('what is said of a file is said of its messages', async () => {
  const [, session] = await room()
  const file = new File(['{"a": 1}'], 'a.json', { type: 'application/json' })
  const [message] = await session.uploadFile(file, 'bob', {
    metadata: { source: 'a file' },
    configuration: { reasoning: { enabled: false } },
    createdAt: new Date('2024-02-29T12:00:00Z'),
  })
  assert.deepEqual([message.peerId, message.content], ['bob', '{"a": 1}'])
  assert.deepEqual(message.metadata, { source: 'a file' })
  assert.equal(new Date(message.createdAt).toISOString(), '2024-02-29T12:00:00.000Z')
})

test('a blob becomes messages, several if it is long', async () => {
  const [, session, alice] = await room()
  const text = Array.from({ length: 5000 }, (_, number) => `line ${number}\n`).join('')
  const messages = await session.uploadFile(new Blob([text], { type: 'text/plain' }), alice)
  assert.ok(messages.length > 1)
  assert.ok(messages.every((message) => message.content.length <= 25_000))
})

test('a file of another type is refused', async () => {
  const [, session, alice] = await room()
  const refused = session.uploadFile(new Blob(['x'], { type: 'image/png' }), alice)
  await assert.rejects(refused, { status: 415, message: /Unsupported file type: image\/png/ })
})
