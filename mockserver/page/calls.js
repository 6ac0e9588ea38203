// The actions of the page are ordinary calls of the API. Each is shown as a curl command to copy.

import { byId, make, setText } from './dom.js'
import { base } from './state.js'

const KEPT_COMMANDS = 30
const PATIENCE = 15_000
const HIDDEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g
let token = null
let isAuthenticated = false
const commands = []

/** A string as one word of a shell. */
export const quoted = (text) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** JSON in which invisible characters, and those that change the direction of text, are escaped. */
const shownJson = (body) => JSON.stringify(body).replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** The curl command of a call. `parts` are words that replace those for a JSON body. */
export function curl(method, path, body, parts = []) {
  const hasBody = body !== undefined || parts.length > 0
  const how = method === 'HEAD' ? ['-I'] : method === 'GET' && !hasBody ? [] : ['-X', method]
  const words = ['curl', '-s', ...how, quoted(base + path)]
  if (token !== null && !path.startsWith('/_mock/')) words.push('-H', quoted(`authorization: Bearer ${token}`))
  if (body !== undefined) words.push('-H', "'content-type: application/json'", '-d', quoted(shownJson(body)))
  return [...words, ...parts].join(' ')
}

/**
 * Send a call, and return the JSON of its answer. `file` is sent instead of `body`. If the call is refused, show the
 * reason and throw an Error.
 */
export async function call(method, path, body, file = null) {
  const isGuarded = isAuthenticated && !path.startsWith('/_mock/')
  if (isGuarded && token === null) await fetchToken()
  const command = remember(file === null ? curl(method, path, body) : curl(method, path, undefined, ['--data-binary', quoted(`@${file.name}`)]))
  let [answer, text] = await send(command, method, path, body, file)
  if (isGuarded && answer.status === 401) {
    await fetchToken() // A reset may have given the server another secret.
    ;[answer, text] = await send(command, method, path, body, file)
  }
  if (answer.ok) {
    tell(command, `${answer.status}`, true)
    return read(text)
  }
  tell(command, `${answer.status}: ${reason(answer, text)}`, false)
  throw new Error(`${answer.status}`)
}

async function send(command, method, path, body, file) {
  const isJson = body !== undefined
  const headers = { ...(isJson && { 'content-type': 'application/json' }), ...(token !== null && { authorization: `Bearer ${token}` }) }
  const content = file === null ? (isJson ? JSON.stringify(body) : undefined) : file
  try {
    const answer = await fetch(base + path, { method, headers, body: content, signal: AbortSignal.timeout(PATIENCE) })
    return [answer, await answer.text()]
  } catch (error) {
    tell(command, `${method} got no whole answer${error.name === 'TimeoutError' ? ` in ${PATIENCE / 1000} seconds` : ''}`, false)
    throw error
  }
}

/** Like `call`, but returns null if the call is refused. `call` has shown the reason. */
export const act = (...request) => call(...request).catch(() => null)

/** Set whether the API needs a token. */
export function authenticated(is) {
  if (is !== isAuthenticated) token = null
  isAuthenticated = is
}

async function fetchToken() {
  const asked = { method: 'POST', body: '{"admin": true}', signal: AbortSignal.timeout(PATIENCE) }
  const answer = await fetch('token', asked).catch(() => null)
  token = answer?.ok ? (await answer.json()).key : null
}

function read(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function reason(answer, text) {
  const diagnosis = answer.headers.get('x-mock-diagnosis') ?? ''
  try {
    return decodeURIComponent(diagnosis) || sentence(read(text)?.detail) || text.slice(0, 200)
  } catch {
    return diagnosis // A fault may have sent any text in this header.
  }
}

const sentence = (detail) =>
  Array.isArray(detail) ? detail.map(({ loc, msg }) => `${loc?.join('.')}: ${msg}`).join('; ') : detail

/** Show the result of a command, unless a later command is shown. */
function tell(command, text, isWell) {
  if (command !== commands[0]) return
  const result = byId('command-result')
  result.className = isWell ? 'well' : 'ill'
  setText(result, text)
}

/** Show a command. Returns an object for `tell`, which shows the result later. */
export function remember(text, result = '…') {
  const command = { text }
  commands.unshift(command)
  commands.splice(KEPT_COMMANDS)
  setText(byId('command'), text)
  tell(command, result, true)
  byId('command-copy').disabled = byId('command-more').disabled = false
  if (!byId('commands').hidden) list()
  return command
}

/** A command with a button that copies it. */
export const copyable = (command) => [make('code', {}, command), ' ', make('button', { type: 'button', onclick: (event) => copy(command, event.target) }, 'Copy')]

function list() {
  byId('commands').replaceChildren(...commands.map(({ text }) => make('li', {}, copyable(text))))
}

/** Copy a text to the clipboard. If the browser refuses, select it so that the user can copy it. */
async function copy(text, button) {
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
