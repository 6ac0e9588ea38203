// The conversation of the session that is looked at.

import { bubble, clone, hue } from './bubbles.js'
import { act } from './calls.js'
import { countdown } from './clock.js'
import { byId, fill, make, setText, short } from './dom.js'
import { facts, path } from './sessions.js'
import { choose, onView, read, wanted } from './state.js'
import { Windowed } from './windowed.js'

const KEPT_ROWS = 2000
let list
let workspace = null
let session = null
let messages = new Map()
let isFollowing = true
let unseen = 0

function row(place) {
  const message = messages.get(place)
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
    isLastCopied: session.cloned_from?.messages === place + 1,
  }
  return { key: message.id + place, signature: JSON.stringify([message, { ...more, total: 0 }]), build: () => bubble(message, more) }
}

/** Agents, who are not observed, speak from the left; without any, all but the first do. */
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
    if (!messages.has(place)) {
      wanted.messagesFrom = Math.max(0, Math.min(place, Math.floor((first + last) / 2) - 30))
      return read()
    }
  wanted.messagesFrom = isFollowing ? null : first
}

function show(view) {
  const before = session
  const wasFollowing = isFollowing
  workspace = view.workspace
  session = workspace?.session ?? null
  const isOther = before?.id !== session?.id || before?.created_at !== session?.created_at || (before && session && session.messages.total < before.messages.total)
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
    return
  }
  const { total, from, items } = session.messages
  if (messages.size > KEPT_ROWS) messages.clear()
  items.forEach((message, place) => messages.set(from + place, message))
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

function showHead() {
  const key = JSON.stringify(session && [workspace.id, { ...session, messages: session.messages.total }])
  fill(byId('session-head'), key, () => (session ? head() : [make('p', { class: 'empty' }, workspace ? 'No session here yet.' : 'Nothing here yet: point a client at this server, or create a session.')]))
}

function head() {
  const { id, is_active: isActive, cloned_from: origin, members } = session
  const copied = origin && (origin.messages === null ? ', all that there was' : `, up to its message ${origin.messages}`)
  return [
    make(
      'div',
      { class: 'bar' },
      make('h2', {}, id),
      isActive ? make('span', { class: 'badge well' }, 'active') : make('span', { class: 'badge ill' }, countdown(session.purge)),
      make('span', { class: 'space' }),
      isActive && make('button', { type: 'button', onclick: () => clone(workspace.id, id) }, '⎇ Clone'),
      isActive && make('button', { type: 'button', class: 'danger', onclick: () => act('DELETE', path(workspace.id, id)) }, 'Delete'),
      !isActive && make('button', { type: 'button', class: 'danger', onclick: () => act('POST', '/_mock/purge', { workspace: workspace.id, session: id }) }, 'Purge'),
    ),
    origin &&
      make('p', { class: 'origin' }, 'Cloned from ', make('button', { type: 'button', onclick: () => choose(workspace.id, origin.session) }, short(origin.session, 40)), copied),
    make(
      'ul',
      { class: 'members', 'aria-label': 'Peers of the session' },
      members.items.map((member) => chip(member)),
      members.total > members.items.length && make('li', {}, `… and ${members.total - members.items.length} more`),
    ),
    make('div', { class: 'facts-of-session' }, ...facts(session)),
  ]
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
  fill(byId('composer-peers'), JSON.stringify(present), () => present.map(({ id }) => make('option', { value: id })))
  const peer = byId('composer-peer')
  if (!peer.value || peer.dataset.session !== session.id) peer.value = (present.find((one) => one.observe_me !== false) ?? present[0])?.id ?? 'alice'
  peer.dataset.session = session.id
}

async function send() {
  const [peer, text] = [byId('composer-peer'), byId('composer-text')]
  if (!byId('composer').reportValidity()) return
  isFollowing = true
  const body = { messages: [{ peer_id: peer.value.trim(), content: text.value }] }
  if (await act('POST', path(workspace.id, session.id, '/messages'), body)) text.value = ''
}

export function begin() {
  list = new Windowed(byId('messages'), { estimate: 110, row, seen, sticks: () => isFollowing })
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
