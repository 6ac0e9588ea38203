// The calls as they come; those that came too fast to show are counted.

import { act, curl } from './calls.js'
import { byId, make, openDialog, setText, time, tree } from './dom.js'
import { onNews } from './state.js'
import { Windowed } from './windowed.js'

const ROW = 48
const MOST = 1000
let list
let run = null
let calls = []
let rows = []
let isPaused = false
let held = []
let isOff = false

function hear(news) {
  if (isPaused && news.run === run) {
    held.push(news)
    if (held.length > 50) held.splice(0, held.length - 50)
    return tell()
  }
  take(news)
  arrange()
}

function take({ run: ofRun, requests, count, kept_from: keptFrom, off }) {
  if (ofRun !== run) calls = []
  run = ofRun
  isOff = off
  for (const request of requests) {
    const known = calls.findLastIndex(({ number }) => number === request.number)
    if (known >= 0) calls[known] = request
    else calls.push(request)
  }
  calls = calls.filter(({ number }) => number >= keptFrom).slice(-MOST)
  calls.total = count
}

/** What is shown: the newest first, with a row for those that are not there. */
function arrange() {
  const words = byId('journal-find').value.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const onlyRefused = byId('journal-refused').checked
  const isFiltered = words.length > 0 || onlyRefused
  rows = []
  for (let place = calls.length - 1; place >= 0; place--) {
    const call = calls[place]
    const next = calls[place + 1]
    const missing = next ? next.number - call.number - 1 : (calls.total ?? 0) - call.number
    if (missing > 0 && !isFiltered) rows.push({ missing, from: call.number + 1 })
    const text = [call.number, call.method, call.path, call.operation, call.status, call.fault, call.diagnosis].join(' ').toLowerCase()
    if (words.every((word) => text.includes(word)) && (!onlyRefused || !(call.status < 400))) rows.push(call)
  }
  list.count = rows.length
  list.draw()
  tell()
}

function tell() {
  const missing = rows.reduce((sum, row) => sum + (row.missing ?? 0), 0)
  const waiting = held.reduce((sum, { requests }) => sum + requests.length, 0)
  const notes = [
    isOff && 'The journal is off.',
    isPaused && `Paused; ${waiting} more came.`,
    missing > 0 && `Sampled: ${missing.toLocaleString('en')} calls came too fast to show.`,
    !isOff && !calls.length && 'No call yet.',
  ]
  setText(byId('journal-note'), notes.filter(Boolean).join(' '))
  setText(byId('journal-count'), (calls.total ?? 0).toLocaleString('en'))
}

function row(place) {
  const call = rows[place]
  if (call.missing) return { key: `+${call.from}`, signature: `${call.missing}`, build: () => gap(call) }
  return { key: call.number, signature: JSON.stringify(call), build: () => line(call) }
}

const gap = ({ missing, from }) =>
  make(
    'div',
    { class: 'call gap', role: 'listitem' },
    make('button', { type: 'button', onclick: () => load(from, missing) }, `${missing.toLocaleString('en')} calls not shown; load them`),
  )

/** Fetch what was not told, as far as the journal has it and the list has room. */
async function load(from, missing) {
  const answer = await fetch(`requests?after=${from - 1}&limit=${Math.min(missing, 200)}`)
  if (!answer.ok) return
  const { requests } = await answer.json()
  const numbers = new Set(calls.map(({ number }) => number))
  const { total } = calls
  const found = requests.filter(({ number }) => number < from + missing && !numbers.has(number))
  calls = [...calls, ...found].sort((a, b) => a.number - b.number).slice(-MOST)
  calls.total = total
  arrange()
}

const took = (seconds) => (seconds === null ? '' : `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0)} ms`)
const shade = (status) => (status === null ? 'ill' : status < 400 ? 'well' : status < 500 ? 'odd' : 'ill')

function line(call) {
  return make(
    'div',
    { class: 'call', role: 'listitem' },
    make(
      'button',
      { type: 'button', title: call.path, onclick: () => open(call.number) },
      make('span', { class: `status ${shade(call.status)}` }, call.status ?? '–'),
      make('span', { class: 'what' }, make('b', {}, call.method), ' ', call.path.replace('/v3/workspaces/', '…/')),
      make('span', { class: 'why' }, `#${call.number} · ${time(call.at)} · ${took(call.duration)}`, call.fault && [' · ', make('em', {}, `fault ${call.fault}`)], call.diagnosis && ` · ${call.diagnosis}`),
    ),
  )
}

async function open(number) {
  const answer = await fetch(`requests/${number}`)
  const call = await answer.json()
  if (!answer.ok) return openDialog(`Call #${number}`, make('p', {}, call.detail))
  const query = new URLSearchParams(call.query).toString()
  const command = curl(call.method, encodeURI(call.path) + (query ? `?${query}` : ''), call.body ?? undefined)
  openDialog(
    `Call #${number}`,
    make('p', { class: 'request' }, make('b', {}, call.method), ' ', call.path, query ? `?${query}` : ''),
    make(
      'dl',
      {},
      ...fact('operation', call.operation ?? 'none'),
      ...fact('status', call.status === null ? 'no answer' : String(call.status)),
      ...fact('at', call.at),
      ...fact('took', took(call.duration)),
      ...(call.diagnosis ? fact('diagnosis', call.diagnosis) : []),
      ...(call.fault ? fact('fault', call.fault) : []),
    ),
    call.bodies_left_out && make('p', {}, 'Its bodies were too large for the journal.'),
    make('h3', {}, 'Sent'),
    call.body === null ? make('p', { class: 'empty' }, 'nothing') : tree('body', call.body, 3),
    make('h3', {}, 'Answered'),
    call.answer === null ? make('p', { class: 'empty' }, 'nothing') : tree('body', call.answer, 3),
    tree('headers', call.headers),
    make('h3', {}, 'Again'),
    make('code', { class: 'preview' }, command),
  )
}

const fact = (name, value) => [make('dt', {}, name), make('dd', {}, value)]

function keys(event) {
  const row = event.target.closest('.call')
  const next = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key]
  if (!next) return
  event.preventDefault()
  next.querySelector('button').focus()
}

export function begin() {
  list = new Windowed(byId('calls'), { estimate: ROW, isFixed: true, row })
  byId('calls').addEventListener('keydown', keys)
  byId('journal-find').addEventListener('input', arrange)
  byId('journal-refused').addEventListener('change', arrange)
  byId('journal-empty').addEventListener('click', () => act('DELETE', '/_mock/requests'))
  byId('journal-pause').addEventListener('click', ({ target }) => {
    isPaused = !isPaused
    target.setAttribute('aria-pressed', isPaused)
    setText(target, isPaused ? 'Resume' : 'Pause')
    held.forEach(take)
    held = []
    arrange()
  })
  onNews(hear)
}
