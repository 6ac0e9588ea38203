// What newer SDKs offer and 3.0.7 does not know: a user learns it at once, as from the real server.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as sdk from '@honcho-ai/sdk'
import { client, contents, ids } from './fake.mjs'

const skip = sdk.Scope ? false : 'this SDK is no newer than the server'

test('scopes and the chat of a workspace are not found', { skip }, async () => {
  const honcho = client()
  await honcho.session('first')
  const scope = new sdk.Scope('therapy', honcho.workspaceId, honcho.http)
  for (const call of [
    () => honcho.scope('therapy'),
    () => honcho.getScope('therapy'),
    () => honcho.scopes(),
    () => scope.addSessions(['first']),
    () => scope.removeSession('first'),
    () => scope.sessions(),
    () => scope.status(),
    () => honcho.chat('Who is here?'),
    () => honcho.chatStream('Who is here?'),
  ]) {
    await assert.rejects(call, sdk.NotFoundError)
  }
  assert.match(String(scope), /therapy/)
})

test('a conclusion cannot be asked for by its id', { skip }, async () => {
  const honcho = client()
  const alice = await honcho.peer('alice')
  const [one] = await alice.conclusions.create({ content: 'likes tea' })
  for (const part of [honcho.conclusions, alice.conclusions]) {
    await assert.rejects(part.get(one.id), { name: 'HonchoError', status: 405 })
  }
})

test('conclusions can be listed by their ids', { skip }, async () => {
  const honcho = client()
  const alice = await honcho.peer('alice')
  const [one] = await alice.conclusions.create([{ content: 'likes tea' }, { content: 'is tall' }])
  assert.deepEqual(contents((await honcho.conclusions.list()).items).sort(), ['is tall', 'likes tea'])
  for (const part of [honcho.conclusions, alice.conclusions]) {
    assert.deepEqual(ids(await part.getMany([one.id, 'none'])), [one.id])
  }
  assert.match(String(honcho.conclusions), /workspaceId='js-/)
})

test('nothing is known of what conclusions are derived from', { skip }, async () => {
  const alice = await client().peer('alice')
  const [one] = await alice.conclusions.create({ content: 'likes tea' })
  await assert.rejects(alice.conclusions.derived(one.id), sdk.UnprocessableEntityError)
})
