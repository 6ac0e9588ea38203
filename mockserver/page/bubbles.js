// One message of a conversation.

import { act } from './calls.js'
import { ofToday } from './clock.js'
import { beginning, count, firstClick, make, short, time, tree } from './dom.js'
import { path } from './sessions.js'
import { choose } from './state.js'

const LONG = 1200
const LONG_LINES = 25

/** The hue of a peer, computed from its id, so that a peer has the same colour everywhere. */
export function hue(peer) {
  let hash = 7
  for (const character of peer) hash = (hash * 31 + character.codePointAt(0)) % 9973
  return (hash * 211) % 360 // Similar ids, such as user-1 and user-2, get very different hues.
}

/** Set whether the Tab key stops at the buttons of a message. It does so in one message at a time. */
export function reachable(message, is) {
  for (const part of message.querySelectorAll('button, summary')) part.tabIndex = is ? 0 : -1
}

/** Clone a session, whole or up to a message, and show the clone. */
export async function clone(workspace, session, message = null) {
  const query = message === null ? '' : `?message_id=${encodeURIComponent(message)}`
  const made = await act('POST', path(workspace, session, `/clone${query}`))
  if (made) choose(workspace, made.id)
}

/**
 * The element of a message. `place` counts from 0. `isOwn` puts it to the right. `clones` are the clones whose cut-off
 * is this message. `isLastCopied` marks the last message that a clone copied.
 */
export function bubble(message, { workspace, session, place, total, isOwn, isActive, clones, isLastCopied }) {
  const shown = beginning(message.content, LONG).split('\n').slice(0, LONG_LINES).join('\n')
  const text = make('p', { class: 'content', dir: 'auto' }, shown)
  const rest = shown.length < message.content.length && make('button', { type: 'button', class: 'rest' }, `… all ${count(message.content.length, 'character')}`)
  if (rest)
    rest.addEventListener('click', () => {
      text.textContent = message.content
      rest.remove()
    })
  const made = make(
    'article',
    { class: `message${isOwn ? ' own' : ''}`, tabindex: -1, 'aria-posinset': place + 1, 'aria-setsize': total, 'data-place': place },
    make(
      'div',
      { class: 'bubble' },
      make('div', { class: 'who' }, make('b', {}, message.peer_id), make('time', { datetime: message.created_at, title: message.created_at }, time(message.created_at, ofToday()))),
      text,
      rest,
      Object.keys(message.metadata).length ? tree('metadata', message.metadata) : null,
      make(
        'div',
        { class: 'under' },
        make('code', { title: message.id }, short(message.id)),
        make('span', {}, count(message.token_count, 'token')),
        isActive && make('button', { type: 'button', 'aria-label': `Clone here, up to message ${place + 1}`, onclick: firstClick(() => clone(workspace, session, message.id)) }, '⎇ Clone here'),
      ),
    ),
    clones.map(({ id, is_active: isThere }) =>
      make('div', { class: 'cut' }, make('button', { type: 'button', onclick: () => choose(workspace, id) }, `⎇ cloned here: ${short(id)}${isThere ? '' : ' (deleted)'}`)),
    ),
    isLastCopied && make('div', { class: 'cut' }, make('span', {}, 'copied up to here')),
  )
  made.style.setProperty('--hue', hue(message.peer_id))
  reachable(made, false)
  return made
}
