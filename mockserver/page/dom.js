// Builds elements. Strings become text nodes. No code of the page turns a string into markup.

export const byId = (id) => document.getElementById(id)

/** An element with attributes (`on…` are listeners, `null` and `false` are left out) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/**
 * A listener that runs `action` at the first of several quick clicks. Between the clicks of a double click the page may
 * change, so the second click would hit another button, or the same button before it is removed.
 */
export const firstClick = (action) => ({ detail }) => detail < 2 && action()

const filled = new WeakMap()

/** Replace the children of an element if `value` changed since the last call. Else open details stay open. */
export function fill(element, value, children) {
  const key = JSON.stringify(value)
  if (filled.get(element) === key) return
  filled.set(element, key)
  element.replaceChildren(...children().flat().filter(Boolean))
}

/** Update a list to one element for each entry. `build` creates missing elements, `dress` updates each. */
export function keyed(list, entries, { id, build, dress }) {
  const known = new Map([...list.children].map((element) => [element.dataset.of, element]))
  const wanted = entries.map((entry) => {
    const element = known.get(id(entry)) ?? build(entry)
    element.dataset.of = id(entry)
    dress(element, entry)
    return element
  })
  arrange(list, wanted)
}

/** Set the children and their order. Children that stay are not moved, so they keep the focus. */
export function arrange(parent, wanted) {
  const kept = new Set(wanted)
  for (const element of [...parent.children]) if (!kept.has(element)) element.remove()
  let next = parent.firstChild
  for (const element of wanted) {
    if (element === next) next = next.nextSibling
    else parent.insertBefore(element, next)
  }
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

const SHOWN_ENTRIES = 100
const SHOWN_TEXT = 2000

/** A JSON value as a tree. `depth` levels are open at first. Large values are shown in parts. */
export function tree(label, value, depth = 0) {
  if (value === null || typeof value !== 'object') return leaf(label, value)
  const entries = Array.isArray(value) ? value.map((entry, place) => [place, entry]) : Object.entries(value)
  const [before, after] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (!entries.length) return make('div', { class: 'leaf' }, name(label), before + after)
  const body = make('div', { class: 'branches' })
  const branch = make(
    'details',
    { class: 'json' },
    make('summary', {}, name(label), make('span', { class: 'glimpse' }, `${before}${glimpse(entries, value)}${after}`)),
    body,
  )
  let shown = 0
  const more = () => {
    body.lastChild?.matches?.('button') && body.lastChild.remove()
    body.append(...entries.slice(shown, shown + SHOWN_ENTRIES).map(([key, entry]) => tree(String(key), entry, entries.length < 20 ? depth - 1 : 0)))
    shown += SHOWN_ENTRIES
    if (shown < entries.length)
      body.append(make('button', { type: 'button', onclick: more }, `${entries.length - shown} more`))
  }
  branch.addEventListener('toggle', () => shown || more())
  if (depth > 0) {
    branch.open = true
    more()
  }
  return branch
}

const name = (label) => [make('span', { class: 'key' }, label), ': ']

function leaf(label, value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = make('span', { class: typeof value === 'string' ? 'text' : 'literal', dir: 'auto' }, beginning(text, SHOWN_TEXT))
  const all = () => shown.replaceChildren(text)
  const more = text.length > SHOWN_TEXT && make('button', { type: 'button', onclick: all }, `all ${text.length} characters`)
  return make('div', { class: 'leaf' }, name(label), shown, more)
}

function glimpse(entries, value) {
  const parts = entries.slice(0, 4).map(([key, entry]) => {
    const text = entry !== null && typeof entry === 'object' ? '…' : JSON.stringify(entry).slice(0, 24)
    return Array.isArray(value) ? text : `${key}: ${text}`
  })
  return parts.join(', ') + (entries.length > 4 ? ', …' : '')
}

/** The start and the end of a long id. */
export const short = (id, most = 24) => (id.length <= most ? id : `${id.slice(0, most / 2)}…${id.slice(-6)}`)

/** A timestamp of the API, in UTC: the time of day, after the date if it is not the date of `today`. */
export const time = (timestamp, today) =>
  timestamp.slice(0, 10) === today.slice(0, 10) ? timestamp.slice(11, 19) : `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)}`

/** The beginning of a string, which does not end within a surrogate pair. */
export const beginning = (text, most) => text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')

export const count = (number, noun) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`

let opener = null

/** Show a dialog with a title. Escape and its button close it, and the focus returns to where it was. */
export function openDialog(title, ...children) {
  const dialog = byId('dialog')
  opener = dialog.open ? opener : document.activeElement
  dialog.replaceChildren(
    make(
      'div',
      { class: 'bar' },
      make('h2', { id: 'dialog-title' }, title),
      make('span', { class: 'space' }),
      make('button', { type: 'button', class: 'close', onclick: closeDialog }, 'Close'),
    ),
    ...children.flat().filter(Boolean),
  )
  if (!dialog.open) dialog.showModal()
  dialog.onclose = () => opener?.isConnected && opener.focus()
}

export function closeDialog() {
  byId('dialog').close()
}
