// What the SDK tries again, and what the server has seen by then. It waits half a second, so all do it at once.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from '@honcho-ai/sdk'
import { client, contents, fault, requests } from './fake.mjs'

describe('a request', { concurrency: true }, () => {
  for (const status of [429, 500, 502, 503, 504]) {
    test(`what met ${status} is tried again`, async () => {
      const honcho = client()
      await fault(honcho, 'error', { status, operation: 'get_peers', times: 1 })
      assert.deepEqual((await honcho.peers()).items, [])
      assert.deepEqual((await requests(honcho, 'get_peers')).map((one) => one.status), [status, 200])
    })
  }

  test('the last failure is raised', async () => {
    const honcho = client({ maxRetries: 1 })
    await fault(honcho, 'error', { status: 503, operation: 'get_peers' })
    await assert.rejects(honcho.peers(), sdk.ServerError)
    assert.equal((await requests(honcho, 'get_peers')).length, 2)
  })

  test('a lost connection is tried again', async () => {
    const honcho = client()
    await fault(honcho, 'disconnect', { operation: 'get_peers', times: 1 })
    assert.deepEqual((await honcho.peers()).items, [])
    assert.equal((await requests(honcho, 'get_peers')).length, 2)
  })

  test('messages whose answer is lost are there twice', async () => {
    const honcho = client()
    const [session, alice] = [await honcho.session('first'), await honcho.peer('alice')]
    await fault(honcho, 'lose_answer', { operation: 'create_messages_for_session', times: 1 })
    assert.equal((await session.addMessages(alice.message('hello'))).length, 1)
    assert.deepEqual(contents((await session.messages()).items), ['hello', 'hello'])
  })

  test('a deletion whose answer is lost meets its own effect', async () => {
    const honcho = client()
    const session = await honcho.session('first')
    await fault(honcho, 'lose_answer', { operation: 'delete_session', times: 1 })
    await assert.rejects(session.delete(), sdk.NotFoundError)
    assert.equal((await requests(honcho, 'delete_session')).length, 2)
  })

  test('uploads and streams are tried once', async () => {
    const honcho = client()
    const [session, alice] = [await honcho.session('first'), await honcho.peer('alice')]
    for (const path of ['*/messages/upload', '*/chat']) await fault(honcho, 'error', { status: 503, path })
    await assert.rejects(session.uploadFile(new Blob(['x'], { type: 'text/plain' }), alice), sdk.ServerError)
    await assert.rejects(alice.chatStream('Who am I?'), sdk.ServerError)
    const failed = (await requests(honcho)).filter((request) => request.status === 503)
    assert.equal(failed.length, 2)
  })
})
