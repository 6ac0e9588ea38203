import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import test from 'node:test'
import * as sdk from '@honcho-ai/sdk'
import { client, fault, mock } from './fake.mjs'

// A token of a workspace, signed as the server would sign it.
function token(secret, workspace) {
  const encoded = (part) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ t: '', w: workspace })}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

test('a key that is none is an authentication error', async () => {
  const secret = 'a secret of the tests'
  const { url: baseURL } = await mock('POST', '/fork') // A server of its own: authentication is a matter of all.
  await mock('POST', '/reset', { auth_secret: secret }, baseURL)
  const workspaceId = 'locked'
  const good = new sdk.Honcho({ baseURL, workspaceId, apiKey: token(secret, workspaceId) })
  assert.deepEqual(await good.getMetadata(), {})
  const bad = new sdk.Honcho({ baseURL, workspaceId, apiKey: 'wrong' })
  await assert.rejects(bad.getMetadata(), sdk.AuthenticationError)
})

test('in the live profile an error tells the one sentence of the server', async () => {
  const { url: baseURL } = await mock('POST', '/fork')
  await mock('POST', '/reset', { quirks: 'live' }, baseURL)
  const refused = new sdk.Honcho({ baseURL }).sessions({ filters: { bogus: 1 } })
  const message = "Column 'bogus' is not allowed to be filtered on or does not exist on Session"
  await assert.rejects(refused, { name: 'UnprocessableEntityError', message })
})

test('what is not there is a not found error', async () => {
  const session = await client().session('first')
  await session.delete()
  await assert.rejects(session.clone(), { name: 'NotFoundError', status: 404, message: 'Original session not found' })
})

test('a workspace with active sessions is a conflict error', async () => {
  const honcho = client()
  await honcho.session('first')
  await assert.rejects(honcho.deleteWorkspace(honcho.workspaceId), sdk.ConflictError)
})

test('an unknown filter is an unprocessable entity error', async () => {
  const refused = client().sessions({ filters: { bogus: 1 } })
  await assert.rejects(refused, (error) => error instanceof sdk.UnprocessableEntityError && error.body.detail.length > 0)
})

test('more observers than the limit are a bad request error', async () => {
  const peers = Array.from({ length: 11 }, (_, number) => [`p${number}`, { observeOthers: true }])
  await assert.rejects(client().session('first', { peers }), sdk.BadRequestError)
})

const errors = {
  400: sdk.BadRequestError,
  401: sdk.AuthenticationError,
  403: sdk.PermissionDeniedError,
  404: sdk.NotFoundError,
  409: sdk.ConflictError,
  418: sdk.HonchoError,
  422: sdk.UnprocessableEntityError,
  429: sdk.RateLimitError,
  500: sdk.ServerError,
  503: sdk.ServerError,
}

for (const [status, expected] of Object.entries(errors)) {
  test(`${status} is a ${expected.name}`, async () => {
    const honcho = client({ maxRetries: 0 })
    await fault(honcho, 'error', { status: Number(status), answer: { detail: 'a bad day' }, operation: 'get_peers' })
    const told = { name: expected.name, status: Number(status), message: 'a bad day' }
    await assert.rejects(honcho.peers(), told)
  })
}

test('a quota says when to come again', async () => {
  const honcho = client({ maxRetries: 0 })
  await fault(honcho, 'quota', { limit: 1, per: 60, operation: 'get_peers' })
  await honcho.peers()
  await assert.rejects(honcho.peers(), (error) => error instanceof sdk.RateLimitError && error.retryAfter > 0)
})

test('no answer in time is a timeout error', async () => {
  const honcho = client({ maxRetries: 0, timeout: 50 })
  const { name } = await fault(honcho, 'hang', { operation: 'get_or_create_workspace' })
  await assert.rejects(honcho.getMetadata(), sdk.TimeoutError)
  await mock('POST', `/faults/${name}/release`)
})

test('a closed connection is a connection error', async () => {
  const honcho = client({ maxRetries: 0 })
  await fault(honcho, 'disconnect', { operation: 'get_peers' })
  await assert.rejects(honcho.peers(), sdk.ConnectionError)
})
