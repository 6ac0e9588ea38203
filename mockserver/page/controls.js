// What bends the server: the clock, faults, the world, and the play of a demo.

import { act, authenticated, copyable, curl, remember } from './calls.js'
import { byId, closeDialog, fill, firstClick, keyed, make, openDialog, setText } from './dom.js'
import { choose, get, onView } from './state.js'

// The arguments of each fault: name, what it is to begin with, and how it is read.
const FAULTS = {
  error: [['status', '503', Number]],
  delay: [['seconds', '2', Number]],
  quota: [['limit', '5', Number], ['per', '60', Number]],
  disconnect: [['at', 'start', String]],
  lose_answer: [],
  truncate: [['share', '0.5', Number]],
  malform: [],
  drop_field: [['field', 'id', String]],
  wrong_type: [['field', 'id', String]],
  hang: [['at', 'start', String]],
}
let view = null

function show(next) {
  view = next
  authenticated(view.authenticated)
  const { faults, play } = view
  setText(byId('faults-count'), faults.length ? String(faults.length) : '')
  keyed(byId('faults-list'), faults, { id: ({ name, fault, requests }) => `${name} ${fault} ${requests}`, build: rule, dress: showRule })
  byId('play').hidden = play === null
  if (play) {
    setText(byId('play-button'), play.paused ? 'Play' : 'Pause')
    byId('play-button').setAttribute('aria-label', play.paused ? 'Let the play go on' : 'Pause the play')
    setText(byId('play-scene'), play.scene)
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
  setText(element.querySelector('small'), ` struck ${fired} of ${matched}${isOver ? ', over' : ''}${held ? `, holds ${held}` : ''}`)
}

function asked() {
  const kind = byId('fault-kind').value
  const rule = { fault: kind }
  for (const [name, , read] of FAULTS[kind]) rule[name] = read(byId(`fault-${name}`).value)
  const operation = byId('fault-operation').value.trim()
  if (operation) rule.operation = operation
  if (byId('fault-times').value) rule.times = Number(byId('fault-times').value)
  return rule
}

const preview = () => fill(byId('fault-preview'), curl('POST', '/_mock/faults', asked()), () => copyable(curl('POST', '/_mock/faults', asked())))

function showArguments() {
  byId('fault-arguments').replaceChildren(
    ...FAULTS[byId('fault-kind').value].map(([name, value, read]) => make('label', {}, `${name} `, make('input', { id: `fault-${name}`, value, required: true, size: 7, ...(read === Number && { type: 'number', min: 0, step: 'any' }) }))),
  )
  preview()
}

/** The names of the operations, once somebody wants to put a fault. */
async function nameOperations() {
  const coverage = byId('operations').children.length ? null : await get('coverage')
  if (coverage === null) return
  byId('operations').replaceChildren(...coverage.operations.map(({ operation }) => make('option', { value: operation })))
}

/** Ask before what cannot be undone. */
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
    return openDialog('This is no world', make('p', {}, `${file.name} is no JSON: ${error.message}`))
  }
  confirm(`Put ${file.name} in place of everything?`, 'Load it', async () => {
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
  byId('reset').addEventListener('click', () => confirm('Forget everything, and go back to the starting world?', 'Reset', () => act('POST', '/_mock/reset')))
  byId('load').addEventListener('change', load)
  byId('save').addEventListener('click', () => remember(`${curl('GET', '/_mock/world')} > world.json`, ''))
  byId('fault-kind').append(...Object.keys(FAULTS).map((kind) => make('option', {}, kind)))
  byId('fault-kind').addEventListener('input', showArguments)
  byId('fault-form').addEventListener('input', preview)
  byId('fault-form').addEventListener('submit', (event) => {
    event.preventDefault()
    act('POST', '/_mock/faults', asked())
  })
  byId('faults').addEventListener('toggle', nameOperations)
  showArguments()
  onView(show)
}
