import assert from 'node:assert/strict'
import test from 'node:test'
import { Honcho } from '@honcho-ai/sdk'
import { client, mock, requests } from './fake.mjs'

test('a client finds the fake by the environment', async () => {
  assert.equal(new Honcho().baseURL, process.env.HONCHO_URL)
  assert.match(String(client()), /^Honcho\(workspaceId='js-/)
})

test('the first call makes the workspace once', async () => {
  const honcho = client()
  await honcho.peer('alice')
  await honcho.peer('bob')
  const called = (await requests(honcho)).map((request) => request.operation)
  assert.deepEqual(called, ['get_or_create_workspace', 'get_or_create_peer', 'get_or_create_peer'])
})

test('metadata is kept for other clients', async () => {
  const honcho = client()
  assert.deepEqual(await honcho.getMetadata(), {})
  await honcho.setMetadata({ team: 'blue', nested: { list: [1, null, 'é'] } })
  const other = new Honcho({ workspaceId: honcho.workspaceId })
  assert.deepEqual(await other.getMetadata(), { team: 'blue', nested: { list: [1, null, 'é'] } })
})

test('a configuration is kept for other clients', async () => {
  const honcho = client()
  await honcho.setConfiguration({ reasoning: { enabled: false }, summary: { messagesPerShortSummary: 10 } })
  const other = new Honcho({ workspaceId: honcho.workspaceId })
  const kept = await other.getConfiguration()
  assert.equal(kept.reasoning.enabled, false)
  assert.equal(kept.summary.messagesPerShortSummary, 10)
})

test('a refresh shows what another client changed', async () => {
  const honcho = client()
  await new Honcho({ workspaceId: honcho.workspaceId }).setMetadata({ k: 1 })
  await honcho.refresh()
  assert.deepEqual(honcho.metadata, { k: 1 })
})

test('workspaces are listed by their ids', async () => {
  const honcho = client()
  await honcho.getMetadata()
  const found = await honcho.workspaces({ filters: { id: honcho.workspaceId } })
  assert.deepEqual(found.items, [honcho.workspaceId])
})

test('a deleted workspace is gone after its purge', async () => {
  const honcho = client()
  await honcho.getMetadata()
  await honcho.deleteWorkspace(honcho.workspaceId)
  await mock('POST', '/purge', { workspace: honcho.workspaceId })
  assert.deepEqual((await honcho.workspaces({ id: honcho.workspaceId })).items, [])
})

test('a hundred calls at once are served', async () => {
  const honcho = client()
  const names = Array.from({ length: 100 }, (_, number) => `peer-${number}`)
  const peers = await Promise.all(names.map((name) => honcho.peer(name)))
  assert.deepEqual(peers.map((peer) => peer.id), names)
  assert.equal((await honcho.peers()).total, 100)
})
