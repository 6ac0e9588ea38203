// The controls of the server: the clock, faults, the world, and the play of a demo.

import { act, authenticated, copyable, curl, remember } from './calls.js'
import { byId, closeDialog, fill, firstClick, keyed, make, openDialog, setText } from './dom.js'
import { choose, get, onView } from './state.js'

// The kinds of faults by name, as the server lists them.
const kinds = new Map()
let view = null

function show(next) {
  view = next
  authenticated(view.authenticated)
  const { faults, play } = view
  setText(byId('faults-count'), faults.length ? String(faults.length) : '')
  keyed(byId('faults-list'), faults, { id: ({ name, fault, requests }) => `${name} ${fault} ${requests}`, build: rule, dress: showRule })
  byId('play').hidden = play === null
  if (play) {
    setText(byId('play-button'), play.paused ? 'Resume the demo' : 'Pause the demo')
    byId('play-button').title = 'The demo is a script that sends requests to this server. This button stops it between two of them.'
    setText(byId('play-scene'), play.scene)
    byId('play-scene').title = play.scene
    setText(byId('play-step'), `${play.step}/${play.steps}`)
  }
  setText(byId('freeze'), view.frozen ? 'Resume' : 'Freeze')
}

const rule = ({ name, fault, requests }) =>
  make(
    'li',
    {},
    make('span', {}, make('b', {}, name), ` ${fault} for ${requests || 'every call'}`, make('small')),
    make('button', { type: 'button', 'aria-label': `Lift the fault ${name}`, onclick: firstClick(() => act('DELETE', `/_mock/faults/${encodeURIComponent(name)}`)) }, 'Lift'),
  )

function showRule(element, { fired, matched, held, is_over: isOver }) {
  element.className = isOver ? 'over' : ''
  setText(element.querySelector('small'), ` fired ${fired} of ${matched}${isOver ? ', over' : ''}${held ? `, holds ${held}` : ''}`)
}

/** The arguments that the form offers: those with a number or a string to propose. The others have optional JSON. */
const offered = (kind) => (kinds.get(kind)?.arguments ?? []).filter(({ proposed }) => ['number', 'string'].includes(typeof proposed))

function faultBody() {
  const kind = byId('fault-kind').value
  const body = { fault: kind }
  for (const { name, proposed } of offered(kind)) {
    const { value } = byId(`fault-${name}`)
    body[name] = typeof proposed === 'number' ? Number(value) : value
  }
  const operation = byId('fault-operation').value.trim()
  if (operation) body.operation = operation
  if (byId('fault-times').value) body.times = Number(byId('fault-times').value)
  return body
}

const preview = () => fill(byId('fault-preview'), curl('POST', '/_mock/faults', faultBody()), () => copyable(curl('POST', '/_mock/faults', faultBody())))

function argumentInput({ name, help, choices, proposed }) {
  const id = `fault-${name}`
  if (choices) return make('select', { id, title: help }, ...choices.map((choice) => make('option', {}, choice)))
  const number = typeof proposed === 'number' && { type: 'number', min: 0, step: 'any' }
  return make('input', { id, title: help, value: String(proposed), required: true, size: 7, ...number })
}

function showArguments() {
  const kind = byId('fault-kind').value
  byId('fault-kind').title = kinds.get(kind)?.help ?? ''
  byId('fault-arguments').replaceChildren(...offered(kind).map((argument) => make('label', {}, `${argument.name} `, argumentInput(argument))))
  preview()
}

/** Read the kinds of faults, once. If that fails, opening the section tries again. */
async function loadKinds() {
  if (kinds.size) return
  const listed = (await get('fault-kinds')) ?? []
  if (kinds.size) return // Another call was faster, and the form may be filled in by now.
  for (const kind of listed) kinds.set(kind.name, kind)
  byId('fault-kind').replaceChildren(...[...kinds.keys()].map((kind) => make('option', {}, kind)))
  showArguments()
}

/** Read the names of the operations when the section of faults is opened. */
async function nameOperations() {
  const coverage = byId('operations').children.length ? null : await get('coverage')
  if (coverage === null) return
  byId('operations').replaceChildren(...coverage.operations.map(({ operation }) => make('option', { value: operation })))
}

/** Ask before an action that cannot be undone. */
function confirm(question, word, then) {
  const yes = make('button', { type: 'button', class: 'danger', onclick: () => (closeDialog(), then()) }, word)
  const no = make('button', { type: 'button', onclick: closeDialog }, 'Cancel')
  openDialog(question, make('div', { class: 'answers' }, no, yes))
  no.focus()
}

async function load({ target }) {
  const [file] = target.files
  if (!file) return
  target.value = ''
  try {
    JSON.parse(await file.text())
  } catch (error) {
    return openDialog('Not a world', make('p', {}, `${file.name} is not JSON: ${error.message}`))
  }
  confirm(`Replace everything with ${file.name}?`, 'Load it', async () => {
    if ((await act('PUT', '/_mock/world', undefined, file)) === null) return
    choose(null, null)
  })
}

export function begin() {
  byId('play-button').addEventListener('click', firstClick(() => act('POST', `/_mock/play/${view?.play?.paused ? 'resume' : 'pause'}`)))
  byId('play-restart').addEventListener('click', firstClick(() => act('POST', '/_mock/play/restart')))
  byId('freeze').addEventListener('click', firstClick(() => act('POST', `/_mock/clock/${view?.frozen ? 'resume' : 'freeze'}`)))
  byId('advance').addEventListener('submit', (event) => {
    event.preventDefault()
    act('POST', '/_mock/clock/advance', { seconds: Number(byId('advance-seconds').value) })
  })
  byId('purge').addEventListener('click', firstClick(() => act('POST', '/_mock/purge')))
  byId('reset').addEventListener('click', () => confirm('Discard everything, and go back to the starting world?', 'Reset', () => act('POST', '/_mock/reset')))
  byId('load').addEventListener('change', load)
  byId('save').addEventListener('click', () => remember(`${curl('GET', '/_mock/world')} > world.json`, ''))
  byId('fault-kind').addEventListener('input', showArguments)
  byId('fault-form').addEventListener('input', preview)
  byId('fault-form').addEventListener('submit', (event) => {
    event.preventDefault()
    act('POST', '/_mock/faults', faultBody())
  })
  byId('faults').addEventListener('toggle', () => Promise.all([loadKinds(), nameOperations()]))
  loadKinds()
  onView(show)
}
