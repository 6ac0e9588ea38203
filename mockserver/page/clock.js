// The time of the server. Between two views, it continues by the clock of the browser.

import { byId, make, setText } from './dom.js'
import { onView } from './state.js'

const EVERY = 250
let now = 0
let today = ''
let readAt = 0
let isFrozen = false

/** The time of the server in its last view. */
export const ofToday = () => today || new Date().toISOString()

const present = () => (isFrozen ? now : now + performance.now() - readAt)

/** An element that counts down to a purge, after the text `before`. */
export function countdown(purge, before = '') {
  return waitFor(make('span', { class: 'countdown', 'data-before': before }), purge)
}

/** Set the purge that such an element counts down to. */
export function waitFor(element, purge) {
  Object.assign(element.dataset, { due: purge?.due ?? '', tries: purge?.tries ?? 0, held: purge?.held ?? false })
  tick(element)
  return element
}

function tick(element) {
  const { before, due, tries, held } = element.dataset
  const left = Math.max(0, Math.ceil((Date.parse(due) - present()) / 1000))
  const failed = tries > 0 ? ` (${tries} failed)` : ''
  const wait = held === 'true' ? 'its purge is held' : due ? `purge in ${left} s` : 'waits for its purge'
  setText(element, `${before}${wait}${failed}`)
}

export function begin() {
  onView((view) => {
    now = Date.parse(view.now)
    today = view.now
    readAt = view.readAt
    isFrozen = view.frozen
    byId('clock-state').hidden = !isFrozen
    show()
  })
  setInterval(show, EVERY)
}

function show() {
  if (!now || document.hidden) return
  const text = new Date(present()).toISOString()
  setText(byId('clock'), `${text.slice(0, 10)} ${text.slice(11, 19)}`)
  document.querySelectorAll('.countdown').forEach(tick)
}
