// What bends the server: the clock, faults, the world, and the play of a demo.

import { act, authenticated, curl } from './calls.js'
import { byId, closeDialog, fill, make, openDialog, setText } from './dom.js'
import { choose, onView } from './state.js'

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
  fill(byId('faults-list'), JSON.stringify(faults), () => faults.map(rule))
  byId('play').hidden = play === null
  if (play) {
    setText(byId('play-button'), play.paused ? 'Play' : 'Pause')
    byId('play-button').setAttribute('aria-label', play.paused ? 'Let the play go on' : 'Pause the play')
    setText(byId('play-scene'), play.scene)
  }
  setText(byId('freeze'), view.frozen ? 'Resume' : 'Freeze')
}

function rule(fault) {
  return make(
    'li',
    { class: fault.is_over ? 'over' : null },
    make('span', {}, make('b', {}, fault.name), ` ${fault.fault} for ${fault.requests || 'every call'}`),
    make('small', {}, ` struck ${fault.fired} of ${fault.matched}${fault.is_over ? ', over' : ''}${fault.held ? `, holds ${fault.held}` : ''}`),
    make('button', { type: 'button', 'aria-label': `Lift the fault ${fault.name}`, onclick: () => act('DELETE', `/_mock/faults/${encodeURIComponent(fault.name)}`) }, 'Lift'),
  )
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

const preview = () => setText(byId('fault-preview'), curl('POST', '/_mock/faults', asked()))

function showArguments() {
  byId('fault-arguments').replaceChildren(
    ...FAULTS[byId('fault-kind').value].map(([name, value]) => make('label', {}, `${name} `, make('input', { id: `fault-${name}`, value, required: true, size: 7 }))),
  )
  preview()
}

/** The names of the operations, once somebody wants to put a fault. */
async function nameOperations() {
  const answer = await fetch('coverage')
  if (!answer.ok) return
  const { operations } = await answer.json()
  byId('operations').replaceChildren(...operations.map(({ operation }) => make('option', { value: operation })))
}

/** Ask before what cannot be undone. */
function confirm(question, word, then) {
  const button = make('button', { type: 'button', class: 'danger', onclick: () => (closeDialog(), then()) }, word)
  openDialog(question, button)
  button.focus()
}

async function load({ target }) {
  const [file] = target.files
  if (!file) return
  target.value = ''
  let world
  try {
    world = JSON.parse(await file.text())
  } catch (error) {
    return openDialog('This is no world', make('p', {}, `${file.name} is no JSON: ${error.message}`))
  }
  confirm(`Put ${file.name} in place of everything?`, 'Load it', async () => {
    await act('PUT', '/_mock/world', world)
    choose(null, null)
  })
}

export function begin() {
  byId('play-button').addEventListener('click', () => act('POST', `/_mock/play/${view?.play?.paused ? 'resume' : 'pause'}`))
  byId('freeze').addEventListener('click', () => act('POST', `/_mock/clock/${view?.frozen ? 'resume' : 'freeze'}`))
  byId('advance').addEventListener('submit', (event) => {
    event.preventDefault()
    act('POST', '/_mock/clock/advance', { seconds: Number(byId('advance-seconds').value) })
  })
  byId('purge').addEventListener('click', () => act('POST', '/_mock/purge'))
  byId('reset').addEventListener('click', () => confirm('Forget everything, and go back to the starting world?', 'Reset', () => act('POST', '/_mock/reset')))
  byId('load').addEventListener('change', load)
  byId('save').addEventListener('click', () => setText(byId('command'), curl('GET', '/_mock/world') + ' > world.json'))
  byId('fault-kind').append(...Object.keys(FAULTS).map((kind) => make('option', {}, kind)))
  byId('fault-kind').addEventListener('input', showArguments)
  byId('fault-form').addEventListener('input', preview)
  byId('fault-form').addEventListener('submit', (event) => {
    event.preventDefault()
    act('POST', '/_mock/faults', asked())
  })
  byId('faults').addEventListener('toggle', nameOperations, { once: true })
  showArguments()
  onView(show)
}
