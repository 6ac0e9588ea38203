// What one does on the page: ordinary calls of the API, each shown as a command to copy.

import { byId, make, setText } from './dom.js'
import { base } from './state.js'

const KEPT_COMMANDS = 30
let token = null
const commands = []

/** A text as one word of a shell. */
export const quoted = (text) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** The command of curl that does a call. */
export function curl(method, path, body) {
  const parts = ['curl', '-s', ...(method === 'GET' ? [] : ['-X', method]), quoted(base + path)]
  if (token !== null && !path.startsWith('/_mock/')) parts.push('-H', quoted(`authorization: Bearer ${token}`))
  if (body !== undefined) parts.push('-H', "'content-type: application/json'", '-d', quoted(JSON.stringify(body)))
  return parts.join(' ')
}

/** Carry out a call; the JSON of its answer. Raises Error for one that was refused, and tells why. */
export async function call(method, path, body) {
  if (token === null && isAuthenticated && !path.startsWith('/_mock/')) await fetchToken()
  remember(curl(method, path, body))
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  if (token !== null) headers.authorization = `Bearer ${token}`
  let answer
  try {
    answer = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  } catch {
    tell(`${method} got no answer`, false)
    throw new Error('no answer')
  }
  const text = await answer.text()
  if (answer.ok) {
    tell(`${answer.status}`, true)
    return read(text)
  }
  const diagnosis = decodeURIComponent(answer.headers.get('x-mock-diagnosis') ?? '')
  tell(`${answer.status}: ${diagnosis || sentence(read(text)?.detail) || text.slice(0, 200)}`, false)
  throw new Error(`${answer.status}`)
}

/** The same for a button or a form: what is refused was told already. */
export const act = (...request) => call(...request).catch(() => null)

let isAuthenticated = false

/** Whether the API wants a token. */
export function authenticated(is) {
  if (is !== isAuthenticated) token = null
  isAuthenticated = is
}

async function fetchToken() {
  const answer = await fetch('token', { method: 'POST', body: '{"admin": true}' })
  if (answer.ok) token = (await answer.json()).key
}

function read(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const sentence = (detail) =>
  Array.isArray(detail) ? detail.map(({ loc, msg }) => `${loc?.join('.')}: ${msg}`).join('; ') : detail

function tell(text, isWell) {
  const result = byId('command-result')
  result.className = isWell ? 'well' : 'ill'
  setText(result, text)
}

function remember(command) {
  commands.unshift(command)
  commands.splice(KEPT_COMMANDS)
  setText(byId('command'), command)
  setText(byId('command-result'), '…')
  byId('command-copy').disabled = byId('command-more').disabled = false
  if (!byId('commands').hidden) list()
}

function list() {
  byId('commands').replaceChildren(
    ...commands.map((command) =>
      make('li', {}, make('code', {}, command), make('button', { type: 'button', onclick: (event) => copy(command, event.target) }, 'Copy')),
    ),
  )
}

/** Put a text into the clipboard; where the browser does not let us, it is selected to be copied by hand. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text)
    setText(button, 'Copied')
    setTimeout(() => setText(button, 'Copy'), 1500)
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector('code') ?? byId('command'))
  }
}

export function begin() {
  byId('command-copy').addEventListener('click', (event) => copy(byId('command').textContent, event.target))
  byId('command-more').addEventListener('click', ({ target }) => {
    const isShown = byId('commands').hidden
    byId('commands').hidden = !isShown
    target.setAttribute('aria-expanded', isShown)
    if (isShown) list()
  })
}
