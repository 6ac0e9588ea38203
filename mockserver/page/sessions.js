// The sessions of a workspace, as a tree: clones are below their original.

import { call } from './calls.js'
import { countdown, waitFor } from './clock.js'
import { byId, closeDialog, count, fill, keyed, make, openDialog, setText, short, tree } from './dom.js'
import { choose, happened, onNews, onView, read, wanted } from './state.js'
import { Windowed } from './windowed.js'

const ROW = 46
const SHOWN_AT_MOST = 200
const CHANGES = /^(POST|PUT|PATCH|DELETE)$/
let view = null
let list
let asked = ''
let aim = null // the place to focus when its row is loaded

export const path = (workspace, session, rest = '') =>
  `/v3/workspaces/${encodeURIComponent(workspace)}/sessions` + (session === null ? '' : `/${encodeURIComponent(session)}`) + rest

function listed(place) {
  const { from, items } = view.workspace.sessions
  return items[place - from]
}

function row(place) {
  const session = listed(place)
  if (!session) return { key: `?${place}`, signature: '', build: () => make('div', { class: 'session', 'aria-busy': 'true' }, '…') }
  const isChosen = view.workspace.session?.id === session.id
  return {
    key: session.id,
    signature: JSON.stringify([session, isChosen, place]),
    build: () => element(session.id),
    dress: (made) => dress(made, session, place, isChosen),
  }
}

const element = (id) =>
  make(
    'div',
    { role: 'treeitem', tabindex: -1, 'data-id': id, title: id, onclick: () => pick(id) },
    make('div', { class: 'name' }, make('span', { class: 'mark' }), id, make('span', { class: 'about' })),
    make('div', { class: 'facts' }, make('span', { class: 'origin' }), make('span', { class: 'wait' }), make('span', { class: 'counts' })),
  )

/** Update the row of a session. Its elements are not replaced, because a click that has begun would be lost. */
function dress(made, session, place, isChosen) {
  const { depth, purge, cloned_from: origin, is_active: isActive } = session
  const part = (name) => made.querySelector(`.${name}`)
  const cut = origin && (origin.is_whole ? 'whole clone' : `clone up to #${origin.messages}`)
  made.className = `session${isChosen ? ' chosen' : ''}${isActive ? '' : ' deleted'}`
  made.ariaLevel = depth + 1
  made.ariaSelected = isChosen
  made.dataset.place = place
  made.style.setProperty('--depth', Math.min(depth, 8))
  setText(part('mark'), depth ? '⎇ ' : '')
  setText(part('about'), session.about)
  setText(part('origin'), origin ? `${cut}${depth ? '' : ` of ${short(origin.session, 16)}`} · ` : '')
  if (!isActive && !part('countdown')) part('wait').append(countdown(purge), ' · ')
  else if (!isActive) waitFor(part('countdown'), purge)
  else part('wait').replaceChildren()
  setText(part('counts'), `${count(session.messages, 'message')} · ${count(session.members, 'peer')}`)
}

function pick(id) {
  byId('follow').checked = wanted.follow = false
  choose(view.workspace.id, id)
  if (document.body.dataset.panel === 'sessions') dispatchEvent(new CustomEvent('panel', { detail: 'conversation' }))
}

function keys(event) {
  if (!list.count) return
  const chosen = byId('tree').querySelector('.chosen')?.dataset.place
  const here = Number(event.target.dataset.place ?? aim ?? chosen ?? -1)
  const last = list.count - 1
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: last, PageDown: here + 10, PageUp: here - 10 }[event.key]
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault()
    if (event.target.dataset.id) pick(event.target.dataset.id)
  } else if (to !== undefined) {
    event.preventDefault()
    aim = Math.max(0, Math.min(last, to))
    list.reveal(aim)
    reach()
  }
}

/** Focus the row at `aim`, if it is loaded. */
function reach() {
  const row = aim === null ? null : byId('tree').querySelector(`[data-place="${aim}"]`)
  if (!row || !byId('tree').contains(document.activeElement)) return
  row.focus({ preventScroll: true })
  aim = null
}

function seen(first, last) {
  const { from, items } = view?.workspace?.sessions ?? { from: 0, items: [] }
  if (first >= from && Math.min(last, list.count) <= from + items.length) return
  const margin = Math.max(0, Math.min(25, Math.floor((SHOWN_AT_MOST - (last - first)) / 2)))
  wanted.sessionsFrom = Math.max(0, first - margin)
  wanted.sessionsSize = Math.min(SHOWN_AT_MOST, Math.max(100, last - first + 2 * margin))
  const now = JSON.stringify([wanted.sessionsFrom, wanted.sessionsSize, list.count, happened])
  if (now !== asked) read()
  asked = now
}

function show(next) {
  view = next
  const { workspace, workspaces } = view
  showWorkspaces(workspaces, workspace)
  list.count = workspace?.sessions.total ?? 0
  list.draw()
  reach()
  setText(byId('sessions-count'), workspace ? `${workspace.active.toLocaleString('en')} active` : '')
  byId('tree-note').hidden = !wanted.find || list.count > 0
  showPeers(workspace?.peers ?? { total: 0, items: [] })
  fill(byId('about-workspace'), workspace && [workspace.created_at, workspace.metadata, workspace.configuration], () =>
    workspace ? [make('div', {}, `created ${workspace.created_at}`), ...facts(workspace, true)] : [],
  )
}

function showPeers({ total, items }) {
  setText(byId('peers-count'), total ? total.toLocaleString('en') : '')
  keyed(byId('peers-list'), items, {
    id: (peer) => peer.id,
    build: (peer) => make('li', {}, make('b', {}, peer.id), make('span'), make('div')),
    dress(element, peer) {
      const [, where, more] = element.children
      setText(where, ` in ${count(peer.sessions, 'session')}`)
      fill(more, [peer.metadata, peer.configuration], () => facts(peer))
    },
  })
  setText(byId('peers-more'), total > items.length ? `… and ${total - items.length} more` : '')
}

/** Metadata and configuration as closed trees. Empty ones are left out unless `all` is true. */
export const facts = (row, all = false) =>
  ['metadata', 'configuration'].filter((name) => all || Object.keys(row[name]).length).map((name) => tree(name, row[name]))

function showWorkspaces({ total, items }, chosen) {
  const select = byId('workspace')
  const isListed = !wanted.workspace || items.some(({ id }) => id === wanted.workspace)
  fill(select, [items, total, isListed || wanted.workspace], () => [
    !isListed && make('option', { value: wanted.workspace }, chosen ? wanted.workspace : `${wanted.workspace} (gone)`),
    ...items.map(({ id, sessions, purge }) => make('option', { value: id }, `${id} (${sessions}${purge ? ', deleted' : ''})`)),
    total > items.length && make('option', { disabled: true }, `… and ${total - items.length} older`),
    !total && isListed && make('option', { value: '' }, 'none yet'),
  ])
  select.value = wanted.workspace ?? chosen?.id ?? ''
}

function follow({ requests }) {
  if (!wanted.follow) return
  const last = requests.findLast((one) => one.session && one.workspace && one.status < 400 && CHANGES.test(one.method) && !/\/(list|search)$/.test(one.path))
  if (last && (last.session !== wanted.session || last.workspace !== wanted.workspace)) choose(last.workspace, last.session)
}

function askForSession() {
  const workspace = make('input', { required: true, pattern: '[a-zA-Z0-9_\\-]+', value: view?.workspace?.id ?? 'demo' })
  const id = make('input', { required: true, pattern: '[a-zA-Z0-9_\\-]+', value: `session-${Date.now().toString(36)}` })
  const peers = make('input', { placeholder: 'alice, bob' })
  const metadata = make('textarea', { rows: 3, placeholder: '{"topic": "…"}' })
  const problem = make('p', { class: 'ill', role: 'alert' })
  const form = make(
    'form',
    { autocomplete: 'off' },
    make('label', {}, 'Workspace', workspace),
    make('label', {}, 'Id', id),
    make('label', {}, 'Peers', peers),
    make('label', {}, 'Metadata', metadata),
    problem,
    make('button', { type: 'submit' }, 'Create'),
  )
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      const body = { id: id.value }
      const members = peers.value.split(',').map((peer) => peer.trim()).filter(Boolean)
      if (members.length) body.peers = Object.fromEntries(members.map((peer) => [peer, {}]))
      if (metadata.value.trim()) body.metadata = JSON.parse(metadata.value)
      await call('POST', path(workspace.value, null), body)
      if (!form.isConnected) return
      closeDialog()
      choose(workspace.value, id.value)
    } catch (error) {
      setText(problem, error instanceof SyntaxError ? `The metadata is not valid JSON: ${error.message}` : byId('command-result').textContent)
    }
  })
  openDialog('New session', form)
  id.select()
}

export function begin() {
  list = new Windowed(byId('tree'), { estimate: ROW, isFixed: true, row, seen })
  byId('tree').addEventListener('keydown', keys)
  byId('workspace').addEventListener('change', ({ target }) => {
    byId('follow').checked = wanted.follow = false
    wanted.sessionsFrom = byId('tree').scrollTop = 0
    choose(target.value, null)
  })
  byId('find').addEventListener('input', ({ target }) => {
    wanted.find = target.value.trim()
    wanted.sessionsFrom = 0
    byId('tree').scrollTop = 0
    read()
  })
  byId('follow').addEventListener('change', ({ target }) => (wanted.follow = target.checked))
  byId('new-session').addEventListener('click', askForSession)
  onView(show)
  onNews(follow)
}
