// The time of the server, as it goes on between two readings.

import { byId, make, setText } from './dom.js'
import { onView } from './state.js'

const EVERY = 250
let now = 0
let readAt = 0
let isFrozen = false

const present = () => (isFrozen ? now : now + performance.now() - readAt)

/** An element that counts down to a purge. */
export function countdown(purge) {
  const element = make('span', { class: 'countdown', 'data-due': purge?.due ?? '', 'data-tries': purge?.tries ?? 0 })
  tick(element)
  return element
}

function tick(element) {
  const { due, tries } = element.dataset
  const left = Math.max(0, Math.ceil((Date.parse(due) - present()) / 1000))
  const failed = tries > 0 ? ` (${tries} failed)` : ''
  setText(element, due ? `deleted, purge in ${left} s${failed}` : `deleted, waits for its purge${failed}`)
}

export function begin() {
  onView((view) => {
    now = Date.parse(view.now)
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
