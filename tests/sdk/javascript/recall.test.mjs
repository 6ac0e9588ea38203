import assert from 'node:assert/strict'
import test from 'node:test'
import { UnprocessableEntityError } from '@honcho-ai/sdk'
import { client, contents, ids, mock, requests, script } from './fake.mjs'

test('a chat answers what was scripted', async () => {
  const honcho = client()
  await script(honcho, 'chat', 'Blue.', 'Blue, as I said.')
  const [alice, session] = [await honcho.peer('alice'), await honcho.session('first', { peers: ['alice', 'bob'] })]
  assert.equal(await alice.chat('Which colour?'), 'Blue.')
  assert.equal(await alice.chat('Sure?', { target: 'bob', session, reasoningLevel: 'high' }), 'Blue, as I said.')
  const body = { query: 'Sure?', stream: false, target: 'bob', session_id: 'first', reasoning_level: 'high' }
  assert.deepEqual((await requests(honcho, 'chat')).at(-1).body, body)
})

test('a chat is streamed in pieces', async () => {
  const honcho = client()
  await script(honcho, 'chat', ['Blue, ', 'or «grün» ', '— 你好 🎉.'])
  const alice = await honcho.peer('alice')
  await honcho.session('first', { peers: ['alice', 'bob'] })
  const stream = await alice.chatStream('Which colour?', { target: 'bob', session: 'first', reasoningLevel: 'low' })
  const pieces = []
  for await (const piece of stream) pieces.push(piece)
  assert.deepEqual(pieces, ['Blue, ', 'or «grün» ', '— 你好 🎉.'])
  assert.equal(await stream.getFinalResponse(), 'Blue, or «grün» — 你好 🎉.')
  assert.deepEqual(await stream.toArray(), pieces)
})

test('a refused stream raises at once', async () => {
  const alice = await client().peer('alice')
  await assert.rejects(alice.chatStream('x'.repeat(10_001)), UnprocessableEntityError)
})

test('a representation is of a peer, a target or a session', async () => {
  const honcho = client()
  const [alice, session] = [await honcho.peer('alice'), await honcho.session('first', { peers: ['alice', 'bob'] })]
  assert.equal(await alice.representation(), '')
  await alice.conclusions.create([{ content: 'likes tea', sessionId: 'first' }, { content: 'is tall' }])
  await alice.conclusionsOf('bob').create({ content: 'a friend' })
  assert.match(await alice.representation(), /is tall/)
  assert.match(await alice.representation({ target: 'bob' }), /a friend/)
  const ofSession = await alice.representation({ session })
  assert.match(ofSession, /likes tea/)
  assert.doesNotMatch(ofSession, /is tall/)
  assert.equal(await session.representation(alice), ofSession)
})

test('the context of a peer is its representation and card', async () => {
  const honcho = client()
  const [alice, bob] = [await honcho.peer('alice'), await honcho.peer('bob')]
  await alice.setCard(['a friend'], bob)
  await alice.conclusionsOf(bob).create({ content: 'likes tea' })
  const context = await alice.context({ target: bob, searchQuery: 'tea', searchTopK: 3, maxConclusions: 10 })
  assert.deepEqual([context.peerId, context.targetId, context.peerCard], ['alice', 'bob', ['a friend']])
  assert.match(context.representation, /likes tea/)
  assert.equal(String(context), "PeerContext(peerId='alice', targetId='bob')")
})

test('the context of a session is ready for a model', async () => {
  const honcho = client()
  const [user, robot] = [await honcho.peer('user'), await honcho.peer('robot')]
  const session = await honcho.session('first', { peers: [user, robot] })
  await session.addMessages([user.message('Hello?'), robot.message('Hello!')])
  const context = await session.context()
  assert.deepEqual([context.sessionId, context.length, context.summary], ['first', 2, null])
  assert.equal(String(context), 'SessionContext(messages=2, summary=none)')
  assert.deepEqual(context.toOpenAI(robot), [
    { role: 'user', name: 'user', content: 'Hello?' },
    { role: 'assistant', name: 'robot', content: 'Hello!' },
  ])
  assert.deepEqual(context.toAnthropic('robot'), [
    { role: 'user', content: 'user: Hello?' },
    { role: 'assistant', content: 'Hello!' },
  ])
})

test('a context with a target begins with what is known of it', async () => {
  const honcho = client()
  const [user, robot] = [await honcho.peer('user'), await honcho.peer('robot')]
  const session = await honcho.session('first', { peers: [user, robot] })
  const [message] = await session.addMessages(user.message('Some tea?'))
  await robot.conclusionsOf(user).create({ content: 'likes tea' })
  await robot.setCard(['a guest'], user)
  const context = await session.context({
    summary: false,
    tokens: 1000,
    peerTarget: user,
    peerPerspective: 'robot',
    representationOptions: { searchQuery: message, searchTopK: 3, searchMaxDistance: 0.9, maxConclusions: 10 },
  })
  assert.match(context.peerRepresentation, /likes tea/)
  assert.deepEqual(context.peerCard, ['a guest'])
  assert.deepEqual(context.toOpenAI('robot').map((told) => told.role), ['system', 'system', 'user'])
})

test('a context stays within its tokens', async () => {
  const honcho = client()
  const [session, alice] = [await honcho.session('first'), await honcho.peer('alice')]
  const sent = await session.addMessages([...'abcdef'].map((letter) => alice.message(`message ${letter}`)))
  const tokens = sent.slice(-2).reduce((sum, message) => sum + message.tokenCount, 0)
  assert.deepEqual(ids((await session.context({ tokens, summary: false })).messages), ids(sent.slice(-2)))
})

test('a summary comes with the session and its context', async () => {
  const honcho = client()
  const [session, alice] = [await honcho.session('first'), await honcho.peer('alice')]
  const none = await session.summaries()
  assert.deepEqual([none.id, none.shortSummary, none.longSummary], ['first', null, null])
  const [message] = await session.addMessages(alice.message('I drink tea all day, and coffee never.'))
  const summary = { workspace: honcho.workspaceId, session: 'first', content: 'They spoke of tea.' }
  await mock('POST', '/summaries', summary)
  const [later] = await session.addMessages(alice.message('And you?'))
  const { shortSummary } = await session.summaries()
  assert.deepEqual([shortSummary.content, shortSummary.messageId], ['They spoke of tea.', message.id])
  const context = await session.context()
  assert.deepEqual([context.summary.content, context.messages.at(-1).id], ['They spoke of tea.', later.id])
})

test('scripted answers are of the form that the SDK reads', async () => {
  const honcho = client()
  const [session, alice] = [await honcho.session('first'), await honcho.peer('alice')]
  await script(honcho, 'get_representation', 'All about Alice.')
  await script(honcho, 'get_peer_context', { representation: 'All about Alice.', peer_card: ['is tall'] })
  await script(honcho, 'get_session_context', { peer_representation: 'All about Alice.' })
  await script(honcho, 'chat', null)
  assert.equal(await alice.representation(), 'All about Alice.')
  assert.deepEqual((await alice.context()).peerCard, ['is tall'])
  assert.equal((await session.context({ peerTarget: 'alice' })).peerRepresentation, 'All about Alice.')
  assert.equal(await alice.chat('Who am I?'), null)
})

test('a workspace, a peer and a session are searched', async () => {
  const honcho = client()
  const [alice, bob] = [await honcho.peer('alice'), await honcho.peer('bob')]
  const [first, second] = [await honcho.session('first'), await honcho.session('second')]
  await first.addMessages([alice.message('the quick brown fox'), bob.message('a lazy dog', { metadata: { k: 1 } })])
  await second.addMessages(bob.message('quick silver'))
  assert.deepEqual(contents(await honcho.search('quick')).sort(), ['quick silver', 'the quick brown fox'])
  assert.deepEqual(contents(await bob.search('quick')), ['quick silver'])
  assert.deepEqual(contents(await first.search('quick')), ['the quick brown fox'])
  assert.deepEqual(contents(await honcho.search('dogs', { filters: { metadata: { k: 1 } }, limit: 1 })), ['a lazy dog'])
})
