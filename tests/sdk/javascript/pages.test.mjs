import assert from 'node:assert/strict'
import test from 'node:test'
import { client, requests } from './fake.mjs'

const numbers = [...'01234']

// Each list that has pages: how it gets five entries, and how it is asked for.
const lists = {
  peers: {
    fill: (honcho) => each(numbers, (id) => honcho.peer(id)),
    page: (honcho, options) => honcho.peers(options),
  },
  sessions: {
    fill: (honcho) => each(numbers, (id) => honcho.session(id)),
    page: (honcho, options) => honcho.sessions(options),
  },
  workspaces: {
    fill: (honcho) => each(numbers, (id) => client({ workspaceId: named(honcho, id) }).getMetadata()),
    page: (honcho, options) =>
      honcho.workspaces({ filters: { id: { in: numbers.map((id) => named(honcho, id)) } }, ...options }),
  },
  'sessions of a peer': {
    fill: (honcho) => each(numbers, (id) => honcho.session(id, { peers: 'alice' })),
    page: async (honcho, options) => (await honcho.peer('alice')).sessions(options),
  },
  messages: {
    fill: async (honcho) => {
      const [session, alice] = [await honcho.session('first'), await honcho.peer('alice')]
      await session.addMessages(numbers.map((content) => alice.message(content)))
    },
    page: async (honcho, options) => (await honcho.session('first')).messages(options),
  },
  conclusions: {
    newestFirst: true,
    fill: async (honcho) => {
      const alice = await honcho.peer('alice')
      await each(numbers, (content) => alice.conclusions.create({ content }))
    },
    page: async (honcho, options) => (await honcho.peer('alice')).conclusions.list(options),
  },
}

const named = (honcho, id) => `${honcho.workspaceId}-${id}`
const text = (entry) => (entry.content ?? entry.id ?? entry).at(-1)

async function each(several, action) {
  for (const one of several) await action(one)
}

for (const [name, { fill, page, newestFirst }] of Object.entries(lists)) {
  test(`a page of ${name} says where it stands`, async () => {
    const honcho = client()
    await fill(honcho)
    const second = await page(honcho, { page: 2, size: 2 })
    assert.deepEqual([second.page, second.size, second.total, second.pages], [2, 2, 5, 3])
    assert.deepEqual([second.length, second.items.length, second.hasNextPage], [2, 2, true])
    assert.equal(text(second.get(0)), text(second.items[0]))
  })

  test(`a page of ${name} leads to the next until there is none`, async () => {
    const honcho = client()
    await fill(honcho)
    const lengths = []
    let one = await page(honcho, { size: 2 })
    for (; one; one = await one.getNextPage()) lengths.push(one.length)
    assert.deepEqual(lengths, [2, 2, 1])
  })

  test(`the ${name} go through their pages in order and back`, async () => {
    const honcho = client()
    await fill(honcho)
    const there = (await (await page(honcho, { size: 2 })).toArray()).map(text)
    const back = (await (await page(honcho, { size: 2, reverse: true })).toArray()).map(text)
    assert.deepEqual(newestFirst ? back : there, numbers)
    assert.deepEqual(there, back.toReversed())
  })
}

test('a list of nothing has no pages', async () => {
  const page = await client().sessions()
  assert.deepEqual([page.total, page.pages, page.items, page.hasNextPage], [0, 0, [], false])
})

test('the pages that nobody asks for are not fetched', async () => {
  const honcho = client()
  await lists.peers.fill(honcho)
  for await (const peer of await honcho.peers({ size: 2 })) if (peer.id === '2') break
  const asked = (await requests(honcho, 'get_peers')).map((request) => request.query.page ?? '1')
  assert.deepEqual(asked, ['1', '2'])
})
