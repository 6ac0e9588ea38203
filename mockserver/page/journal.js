// The request log. Requests before the page was opened are loaded on demand, like those that arrive too fast to show.

import { act, copyable, curl, quoted } from './calls.js'
import { ofToday } from './clock.js'
import { byId, count as counted, make, openDialog, setText, time, tree } from './dom.js'
import { connections, get, onNews } from './state.js'
import { Windowed } from './windowed.js'

const ROW = 48
const MOST = 1000
const LOADED = 200
const ASKED_FOR = 20
let list
let run = null
let calls = []
let rows = []
let total = 0
let keptFrom = 1
let heardFrom = 1 // the number of the first request that the page was sent; earlier ones were over by then
let isPaused = false
let held = []
let heldTotal = 0
let isOff = false
let missing = 0
let older = 0
let isFiltered = false

function hear(news) {
  if (isPaused && news.run === run) {
    held.push(...news.requests)
    held.splice(0, held.length - MOST)
    heldTotal = news.count
    if (keptFrom === news.kept_from) return tell()
    keptFrom = news.kept_from
    return arrange()
  }
  if (news.run !== run) {
    run = news.run
    calls = []
    held = []
    heardFrom = news.requests[0]?.number ?? news.count + 1
  }
  take(news.requests)
  askForAnswers()
  total = heldTotal = news.count
  keptFrom = news.kept_from
  isOff = news.off
  arrange()
}

function take(requests) {
  for (const request of requests) {
    const known = calls.findLastIndex(({ number }) => number === request.number)
    if (known >= 0) calls[known] = request
    else calls.push(request)
  }
  calls = calls.sort((a, b) => a.number - b.number).slice(-MOST)
}

let connection = 0

/** Read the answers that arrived while the page did not listen to events. */
function askForAnswers() {
  if (connection === connections) return
  connection = connections
  for (const { number } of calls.filter(({ duration }) => duration === null).slice(-ASKED_FOR))
    fetchCalls(`requests?after=${number - 1}&limit=1`)
}

const isRefused = ({ status, duration }) => duration !== null && !(status !== null && status < 400)

/** The rows, newest first. A row stands for each group of requests that are not loaded. */
function arrange() {
  const words = byId('journal-find').value.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const onlyRefused = byId('journal-refused').checked
  calls = calls.filter(({ number }) => number >= keptFrom)
  const newest = rows.find(({ number }) => number)?.number
  rows = []
  missing = older = 0
  let next = total + 1
  for (const call of [...calls].reverse()) {
    gapBefore(next, call.number + 1)
    const text = [call.number, call.method, call.path, call.operation, call.status, call.fault, call.diagnosis, ...call.notes].join(' ').toLowerCase()
    if (words.every((word) => text.includes(word)) && (!onlyRefused || isRefused(call))) rows.push(call)
    next = call.number
  }
  gapBefore(next, keptFrom)
  isFiltered = words.length > 0 || onlyRefused
  const above = newest ? rows.findIndex(({ number }) => number === newest) : 0
  list.count = rows.length
  if (above > 0) list.grewAbove(above)
  list.draw()
  tell()
}

/** A row for the requests from `from` to `next - 1`, if there are any. */
function gapBefore(next, from) {
  if (isOff || next <= from) return
  const isOlder = next <= heardFrom
  if (isOlder) older += next - from
  else missing += next - from
  rows.push({ gap: next - from, from, isOlder })
}

function tell() {
  const notes = [
    isOff && 'The journal is off.',
    isPaused && `Paused; ${(heldTotal - total).toLocaleString('en')} more came.`,
    missing > 0 && `${counted(missing, 'call')} came faster than this list shows, or while it was hidden.`,
    isFiltered && missing + older > 0 && `The filter looks through loaded calls only.`,
    keptFrom > 1 && !isOff && calls.length > 0 && `Calls before #${keptFrom} are not kept.`,
    !isOff && !calls.length && 'No call yet.',
  ]
  setText(byId('journal-note'), notes.filter(Boolean).join(' '))
  const isFull = calls.length >= MOST
  byId('journal-older').hidden = older === 0 || isFull
  setText(byId('journal-older'), `${counted(older, 'older call')}: load`)
  byId('journal-older').title = `Load the ${Math.min(older, LOADED)} newest of them`
  setText(byId('journal-count'), heldTotal.toLocaleString('en'))
}

function row(place) {
  const call = rows[place]
  if (call.gap) return { key: `+${call.from}`, signature: `${call.gap}`, build: () => gap(call) }
  return { key: call.number, signature: JSON.stringify([call, ofToday().slice(0, 10)]), build: () => line(call) }
}

const gap = ({ gap: size, from, isOlder }) =>
  make(
    'div',
    { class: 'call gap', role: 'listitem' },
    make('button', { type: 'button', tabindex: -1, onclick: () => load(from, size) }, isOlder ? `${counted(size, 'older call')}: load` : `${counted(size, 'call')} not shown: load`),
  )

/** Load the newest of the missing requests, as many as the list keeps. */
const load = (from, size) => fetchCalls(`requests?after=${from - 1 + Math.max(0, size - LOADED)}&limit=${Math.min(size, LOADED)}`)

async function fetchCalls(path) {
  const found = await get(path)
  if (!found) return
  take(found.requests.map(({ headers, body, answer, ...summary }) => summary))
  arrange()
}

const took = (seconds) => (seconds === null ? '' : `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0)} ms`)
const shade = (status) => (status === null ? 'ill' : status < 400 ? 'well' : status < 500 ? 'odd' : 'ill')

/** A path in which long ids are shortened, so that its end, which names the operation, is visible. */
const target = ({ path }) =>
  path
    .replace(/^\/v3\/workspaces\//, '')
    .split('/')
    .map((part) => (part.length > 14 ? `${part.slice(0, 8)}…` : part))
    .join('/')

function line(call) {
  return make(
    'div',
    { class: 'call', role: 'listitem' },
    make(
      'button',
      { type: 'button', tabindex: -1, title: [call.path, call.diagnosis, ...call.notes].filter(Boolean).join('\n'), onclick: () => open(call.number) },
      make('span', { class: `status ${shade(call.status)}` }, call.status ?? '–'),
      make('span', { class: 'what' }, make('b', {}, call.method), ' ', target(call)),
      make('span', { class: 'why' }, `#${call.number} · ${time(call.at, ofToday())} · ${took(call.duration)}`, call.fault && [' · ', make('em', {}, `fault ${call.fault}`)], call.diagnosis && ` · ${call.diagnosis}`, ...call.notes.map((note) => ` · ${note}`)),
    ),
  )
}

async function open(number) {
  const call = await get(`requests/${number}`)
  if (!call) return openDialog(`Call #${number}`, make('p', {}, 'The journal has it no more, or the server does not answer.'))
  openDialog(
    `Call #${number}`,
    make('p', { class: 'request' }, make('b', {}, call.method), ' ', call.path, queryOf(call)),
    make(
      'dl',
      {},
      ...fact('operation', call.operation ?? 'none'),
      ...fact('status', call.status === null ? 'no answer' : String(call.status)),
      ...fact('at', call.at),
      ...fact('took', took(call.duration)),
      ...(call.diagnosis ? fact('diagnosis', call.diagnosis) : []),
      ...call.notes.flatMap((note) => fact('note', note)),
      ...(call.fault ? fact('fault', call.fault) : []),
    ),
    call.bodies_left_out && make('p', {}, 'Its bodies were too large for the journal.'),
    make('h3', {}, 'Sent'),
    tree('headers', call.headers),
    call.body === null ? make('p', { class: 'empty' }, 'no body') : tree('body', call.body, 3),
    make('h3', {}, 'Answered'),
    call.answer === null ? make('p', { class: 'empty' }, 'no body') : tree('body', call.answer, 3),
    make('h3', {}, 'Again'),
    call.bodies_left_out ? make('p', { class: 'empty' }, 'not without its body') : make('div', { class: 'preview' }, copyable(again(call))),
  )
}

function queryOf({ query }) {
  const text = new URLSearchParams(query).toString()
  return text ? `?${text}` : ''
}

/** The curl command that sends a request again. It reads uploaded files from the current directory. */
function again(call) {
  const path = encodeURI(call.path) + queryOf(call)
  const type = call.headers['content-type'] ?? ''
  if (call.body === null) return curl(call.method, path)
  if (type.startsWith('multipart/form-data') && typeof call.body === 'object') {
    const fields = Object.entries(call.body).map(([name, value]) => (value?.filename ? `${name}=@${value.filename};type=${value.content_type}` : `${name}=${value}`))
    return curl(call.method, path, undefined, fields.flatMap((field) => ['-F', quoted(field)]))
  }
  if (type.startsWith('application/json') && typeof call.body !== 'string') return curl(call.method, path, call.body)
  const text = typeof call.body === 'string' ? call.body : JSON.stringify(call.body)
  return curl(call.method, path, undefined, ['-H', quoted(`content-type: ${type}`), '--data-binary', quoted(text)])
}

const fact = (name, value) => [make('dt', {}, name), make('dd', {}, value)]

function keys(event) {
  const row = event.target.closest('.call')
  const next = { ArrowDown: row ? row.nextElementSibling : list.inSight([...document.querySelectorAll('#calls .call')])[0], ArrowUp: row?.previousElementSibling }[event.key]
  if (!next) return
  event.preventDefault()
  next.querySelector('button').focus()
}

export function begin() {
  list = new Windowed(byId('calls'), { estimate: ROW, isFixed: true, row })
  byId('calls').addEventListener('keydown', keys)
  byId('journal-find').addEventListener('input', arrange)
  byId('journal-refused').addEventListener('change', arrange)
  byId('journal-older').addEventListener('click', () => {
    const { from, gap: size } = rows.find(({ isOlder }) => isOlder)
    load(from, size)
  })
  byId('journal-empty').addEventListener('click', () => act('DELETE', '/_mock/requests'))
  byId('journal-pause').addEventListener('click', ({ target }) => {
    isPaused = !isPaused
    target.setAttribute('aria-pressed', isPaused)
    setText(target, isPaused ? 'Resume the list' : 'Pause the list')
    if (!isPaused) {
      take(held)
      total = heldTotal
      held = []
    }
    arrange()
  })
  onNews(hear)
}
