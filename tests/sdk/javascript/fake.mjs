// The fake as a test in JavaScript uses it: a workspace of its own for each test, and the control plane.
import { Honcho } from '@honcho-ai/sdk'

const url = process.env.HONCHO_URL
let made = 0

// A client of a workspace that no other test has.
export function client(options = {}) {
  made += 1
  return new Honcho({ workspaceId: `js-${process.pid}-${made}`, ...options })
}

// A request to /_mock/ of this server, or of another.
export async function mock(method, path, body, server = url) {
  const answer = await fetch(`${server}/_mock${path}`, { method, body: body && JSON.stringify(body) })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

// Sets a fault for the requests to the workspace of a client.
export function fault(honcho, kind, rule) {
  return mock('POST', '/faults', { fault: kind, workspace: honcho.workspaceId, ...rule })
}

// Sets what a model would answer in the workspace of a client.
export function script(honcho, operation, ...answers) {
  return mock('POST', '/scripts', { operation, answers, workspace: honcho.workspaceId })
}

// The requests to the workspace of a client, as the journal has them.
export async function requests(honcho, operation) {
  const asked = new URLSearchParams({ workspace: honcho.workspaceId, ...(operation && { operation }) })
  return (await mock('GET', `/requests?${asked}`)).requests
}

export const ids = (several) => several.map((one) => one.id)
export const contents = (several) => several.map((one) => one.content)
