import assert from 'node:assert/strict'
import test from 'node:test'
import { client, requests } from './fake.mjs'

test('messages wait in the queue', async () => {
  const honcho = client()
  assert.equal((await honcho.queueStatus()).totalWorkUnits, 0)
  const [session, alice] = [await honcho.session('first', { peers: 'alice' }), await honcho.peer('alice')]
  await session.addMessages([alice.message('one'), alice.message('two')])
  assert.equal((await session.queueStatus()).pendingWorkUnits, 2)
  const whole = await honcho.queueStatus()
  assert.equal(whole.pendingWorkUnits, 2)
  assert.deepEqual(Object.values(whole.sessions).map((one) => one.pendingWorkUnits), [2])
  const narrowed = await honcho.queueStatus({ observer: alice, sender: 'alice', session })
  assert.deepEqual([narrowed.inProgressWorkUnits, narrowed.completedWorkUnits], [0, 0])
  assert.equal((await session.queueStatus({ observer: 'nobody', sender: alice })).totalWorkUnits, 2)
  assert.equal((await session.queueStatus({ observer: 'nobody' })).totalWorkUnits, 0)
})

test('a dream is scheduled', async () => {
  const honcho = client()
  const [alice, session] = [await honcho.peer('alice'), await honcho.session('first')]
  await honcho.scheduleDream({ observer: alice, session })
  await honcho.scheduleDream({ observer: 'alice', observed: 'bob' })
  const asked = await requests(honcho, 'schedule_dream')
  assert.deepEqual(asked.map((one) => [one.status, one.body.observed]), [[204, 'alice'], [204, 'bob']])
})
