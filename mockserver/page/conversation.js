// The conversation of the chosen session.

import { bubble, clone, hue, reachable } from './bubbles.js'
import { act, call } from './calls.js'
import { countdown, ofToday } from './clock.js'
import { byId, count, fill, firstClick, make, setText, short } from './dom.js'
import { facts, path } from './sessions.js'
import { choose, happened, onView, read, wanted } from './state.js'
import { Windowed } from './windowed.js'

const KEPT_ROWS = 2000
const MOST_AT_ONCE = 200
const SHOWN_MEMBERS = 12
let list
let workspace = null
let session = null
let messages = new Map()
let isFollowing = true
let unseen = 0
let current = null // the message whose buttons the Tab key reaches
const drafts = new Map()
const sending = new Set() // sessions in which a message is being sent

function row(place) {
  const message = messages.get(place)?.message
  if (!message) return { key: `?${place}`, signature: '', build: () => make('article', { class: 'message', 'aria-busy': 'true' }, make('div', { class: 'bubble' }, '…')) }
  const clones = session.clones.filter(({ messages: taken }) => taken === place + 1)
  const more = {
    workspace: workspace.id,
    session: session.id,
    place,
    total: session.messages.total,
    isOwn: isOwn(message.peer_id),
    isActive: session.is_active,
    clones,
    isLastCopied: session.cloned_from?.messages === place + 1 && place + 1 < session.messages.total,
  }
  return { key: message.id + place, signature: JSON.stringify([message, { ...more, total: 0 }, ofToday().slice(0, 10)]), build: () => bubble(message, more) }
}

/** Whether a message is on the right. Agents, which are not observed, are on the left. Without agents, only the first peer is on the right. */
function isOwn(peer) {
  const members = session.members.items
  const agents = members.filter((member) => member.observe_me === false)
  return agents.length ? !agents.some(({ id }) => id === peer) : members[0]?.id === peer
}

function seen(first, last) {
  if (!session) return
  const { total } = session.messages
  isFollowing = list.isAtEnd
  if (isFollowing) unseen = 0
  showUnseen()
  for (let place = first; place < Math.min(last, total); place++)
    if (!(messages.get(place)?.asOf >= happened)) {
      wanted.messagesSize = Math.min(MOST_AT_ONCE, Math.max(60, last - first + 20))
      wanted.messagesFrom = isFollowing ? null : Math.max(0, first - 10)
      return read()
    }
  wanted.messagesFrom = isFollowing ? null : Math.max(0, first - 10)
}

function show(view) {
  const [before, placeBefore] = [session, place()]
  const wasFollowing = isFollowing
  keepDraft()
  workspace = view.workspace
  session = workspace?.session ?? null
  const isOther = place() !== placeBefore || session?.messages.total < before?.messages.total
  if (isOther) {
    messages = new Map()
    unseen = 0
    list.clear()
  }
  showHead()
  byId('composer').hidden = !session?.is_active
  if (!session) {
    list.count = 0
    list.draw()
    return showUnseen()
  }
  const { total, from, items } = session.messages
  if (messages.size > KEPT_ROWS) messages.clear()
  items.forEach((message, place) => messages.set(from + place, { message, asOf: view.asked.happened }))
  if (!isOther && !wasFollowing && total > before.messages.total) unseen += total - before.messages.total
  list.count = total
  isFollowing = isOther || wasFollowing
  if (isFollowing) list.toEnd()
  else list.draw()
  showUnseen()
  showComposer()
}

function showUnseen() {
  const button = byId('to-newest')
  button.hidden = isFollowing || !session?.messages.total
  setText(button, unseen ? `↓ ${unseen} new` : '↓ to the newest')
}

/** Update each part separately, so that a part that did not change keeps its focus and its open details. */
function showHead() {
  const { id, is_active: isActive, purge, cloned_from: origin, members, metadata, configuration } = session ?? { members: { items: [] } }
  fill(byId('session-bar'), [workspace?.id, id, isActive, purge], () => (session ? bar(id, isActive, purge) : []))
  fill(byId('session-origin'), [workspace?.id, origin], () => (origin ? whence(origin) : []))
  fill(byId('session-members'), [id, members], () => chips(members))
  fill(byId('session-facts'), [id, metadata, configuration], () => (session ? facts(session) : []))
  setText(byId('session-none'), session ? '' : nothing())
}

function nothing() {
  if (wanted.session && workspace) return `The session ${wanted.session} is gone.`
  if (wanted.workspace && !workspace) return `The workspace ${wanted.workspace} is gone.`
  return workspace ? 'No session here yet.' : 'Nothing here yet: point a client at this server, or create a session.'
}

const bar = (id, isActive, purge) => [
  make('h2', {}, id),
  isActive ? make('span', { class: 'badge well' }, 'active') : make('span', { class: 'badge ill' }, countdown(purge, 'deleted, ')),
  // Not at the place of Delete, because a double click would do both.
  !isActive && make('button', { type: 'button', class: 'danger', onclick: firstClick(() => act('POST', '/_mock/purge', { workspace: workspace.id, session: id })) }, 'Purge'),
  make('span', { class: 'space' }),
  isActive && make('button', { type: 'button', onclick: firstClick(() => clone(workspace.id, id)) }, '⎇ Clone'),
  isActive && make('button', { type: 'button', class: 'danger', onclick: firstClick(() => act('DELETE', path(workspace.id, id))) }, 'Delete'),
]

function whence({ session: original, messages: taken, is_whole: isWhole, is_there: isThere }) {
  const name = short(original, 40)
  return [
    'Cloned from ',
    isThere ? make('button', { type: 'button', onclick: () => choose(workspace.id, original) }, name) : `${name}, which is purged`,
    isWhole ? `, with all its messages: ${count(taken, 'message')}` : `, up to its message ${taken}`,
  ]
}

function chips({ items, total }) {
  const shown = items.slice(0, SHOWN_MEMBERS).map(chip)
  const rest = items.slice(SHOWN_MEMBERS)
  const more = make('button', { type: 'button', onclick: ({ target }) => target.parentElement.replaceWith(...rest.map(chip)) }, `${rest.length} more`)
  return [...shown, rest.length > 0 && make('li', {}, more), total > items.length && make('li', {}, `… of ${total}`)]
}

function chip({ id, present, observe_me: observeMe, observe_others: observeOthers }) {
  const settings = Object.entries({ 'observe me': observeMe, 'observe others': observeOthers }).filter(([, is]) => is !== null)
  const title = settings.map(([name, is]) => `${name}: ${is ? 'yes' : 'no'}`).join(', ')
  const made = make('li', { class: `chip${present ? '' : ' left'}`, title }, make('span', {}, id), present ? null : make('small', {}, ' left'))
  made.style.setProperty('--hue', hue(id))
  return made
}

function showComposer() {
  const present = session.members.items.filter((member) => member.present)
  fill(byId('composer-peers'), present.map(({ id }) => id), () => present.map(({ id }) => make('option', { value: id })))
  const [composer, peer, text] = [byId('composer'), byId('composer-peer'), byId('composer-text')]
  const of = address()
  if (composer.dataset.of === of) return
  composer.dataset.of = of
  peer.value = (present.find((one) => one.observe_me !== false) ?? present[0])?.id ?? 'alice'
  text.value = drafts.get(of) ?? ''
}

const place = () => JSON.stringify([workspace?.id, session?.id, session?.created_at])

/** What the composer writes to. A session that a reset created again has the same address, so a text in work stays. */
const address = () => JSON.stringify([workspace?.id, session?.id])

/** Keep an unsent text for its session. */
function keepDraft() {
  const { of } = byId('composer').dataset
  const text = byId('composer-text').value
  if (of && text) drafts.set(of, text)
  else drafts.delete(of)
}

async function send() {
  const [composer, peer, text] = [byId('composer'), byId('composer-peer'), byId('composer-text')]
  const { of } = composer.dataset
  if (sending.has(of) || !composer.reportValidity()) return
  const content = text.value
  const body = { messages: [{ peer_id: peer.value.trim(), content }] }
  sending.add(of)
  isFollowing = true
  text.value = ''
  try {
    await call('POST', path(workspace.id, session.id, '/messages'), body)
  } catch {
    const isHere = composer.dataset.of === of
    const whole = [content, isHere ? text.value : drafts.get(of)].filter(Boolean).join('\n')
    if (isHere) text.value = whole
    else drafts.set(of, whole)
  } finally {
    sending.delete(of)
  }
}

/** The arrow keys move between messages. The Tab key then reaches the buttons of the message. */
function keys(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const message = event.target.closest('.message')
  if (!step || (event.target !== byId('messages') && !message)) return
  const shown = [...document.querySelectorAll('#messages .message')]
  const next = message ? shown[shown.indexOf(message) + step] : list.inSight(shown).at(-1)
  if (!next) return
  event.preventDefault()
  next.focus()
}

function enter({ target }) {
  const message = target.closest('.message')
  if (message === current) return
  if (current) reachable(current, false)
  current = message
  if (message) reachable(message, true)
}

export function begin() {
  list = new Windowed(byId('messages'), { estimate: 110, row, seen, sticks: () => isFollowing })
  byId('messages').addEventListener('keydown', keys)
  byId('messages').addEventListener('focusin', enter)
  byId('composer').addEventListener('focusin', () => (byId('follow').checked = wanted.follow = false))
  byId('to-newest').addEventListener('click', () => {
    isFollowing = true
    wanted.messagesFrom = null
    list.toEnd()
    read()
  })
  byId('composer').addEventListener('submit', (event) => {
    event.preventDefault()
    send()
  })
  byId('composer-text').addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    send()
  })
  onView(show)
}
