// The sessions of a workspace: a tree in which clones stand under what they were cloned from.

import { call } from './calls.js'
import { byId, closeDialog, count, fill, make, openDialog, setText, short, tree } from './dom.js'
import { choose, onNews, onView, read, wanted } from './state.js'
import { Windowed } from './windowed.js'
import { countdown } from './clock.js'

const ROW = 46
const CHANGES = /^(POST|PUT|PATCH|DELETE)$/
let view = null
let list

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
  const { total } = view.workspace.sessions
  return {
    key: session.id,
    signature: JSON.stringify([session, isChosen, place, total]),
    build: () => element(session, place, isChosen, total),
  }
}

function element(session, place, isChosen, total) {
  const origin = session.cloned_from
  const cut = origin && (origin.messages === null ? 'whole clone' : `clone up to #${origin.messages}`)
  const attributes = {
    class: `session${isChosen ? ' chosen' : ''}${session.is_active ? '' : ' deleted'}`,
    role: 'treeitem',
    'aria-level': session.depth + 1,
    'aria-selected': `${isChosen}`,
    'aria-setsize': total,
    'aria-posinset': place + 1,
    tabindex: -1,
    'data-place': place,
    'data-id': session.id,
    title: session.id,
    onclick: () => pick(session.id),
  }
  const made = make(
    'div',
    attributes,
    make('div', { class: 'name' }, session.depth ? '⎇ ' : '', session.id),
    make(
      'div',
      { class: 'facts' },
      session.is_active ? null : [countdown(session.purge), ' · '],
      origin ? `${session.depth ? '' : `of ${short(origin.session, 16)}, `}${cut} · ` : null,
      count(session.messages, 'message'),
      ' · ',
      count(session.members, 'peer'),
    ),
  )
  made.style.setProperty('--depth', Math.min(session.depth, 8))
  return made
}

function pick(id) {
  byId('follow').checked = wanted.follow = false
  choose(view.workspace.id, id)
  document.body.dataset.panel = 'conversation'
  dispatchEvent(new Event('panel'))
}

function keys(event) {
  const chosen = byId('tree').querySelector('.chosen')?.dataset.place
  const here = Number(event.target.dataset.place ?? chosen ?? -1)
  const last = view.workspace.sessions.total - 1
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: last, PageDown: here + 10, PageUp: here - 10 }[event.key]
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault()
    if (event.target.dataset.id) pick(event.target.dataset.id)
  } else if (to !== undefined) {
    event.preventDefault()
    const place = Math.max(0, Math.min(last, to))
    list.reveal(place)
    byId('tree').querySelector(`[data-place="${place}"]`)?.focus()
  }
}

function seen(first, last) {
  const { from, items } = view?.workspace?.sessions ?? { from: 0, items: [] }
  if (first >= from && Math.min(last, list.count) <= from + items.length) return
  wanted.sessionsFrom = Math.max(0, first - 25)
  read()
}

function show(next) {
  view = next
  const { workspace, workspaces } = view
  showWorkspaces(workspaces, workspace)
  list.count = workspace?.sessions.total ?? 0
  setText(byId('sessions-count'), workspace ? `${workspace.active.toLocaleString('en')} active` : '')
  list.draw()
  if (!workspace) return clearPeers()
  const { peers } = workspace
  setText(byId('peers-count'), peers.total.toLocaleString('en'))
  fill(byId('peers-list'), JSON.stringify(peers), () => [
    ...peers.items.map((peer) => make('li', {}, make('b', {}, peer.id), ` in ${count(peer.sessions, 'session')}`, facts(peer))),
    peers.total > peers.items.length && make('li', {}, `… and ${peers.total - peers.items.length} more`),
  ])
  fill(byId('about-workspace'), JSON.stringify([workspace.created_at, workspace.metadata, workspace.configuration]), () => [
    make('div', {}, `made ${workspace.created_at}`),
    ...facts(workspace, true),
  ])
}

function clearPeers() {
  setText(byId('peers-count'), '')
  byId('peers-list').replaceChildren()
  byId('about-workspace').replaceChildren()
  delete byId('peers-list').dataset.key
  delete byId('about-workspace').dataset.key
}

/** Metadata and configuration, folded; those that are empty only where `all` is wanted. */
export const facts = (row, all = false) =>
  ['metadata', 'configuration'].filter((name) => all || Object.keys(row[name]).length).map((name) => tree(name, row[name]))

function showWorkspaces({ total, items }, chosen) {
  const select = byId('workspace')
  const shown = chosen && !items.some(({ id }) => id === chosen.id) ? [{ id: chosen.id, sessions: chosen.active, purge: chosen.purge }, ...items] : items
  fill(select, JSON.stringify([shown, total]), () => [
    ...shown.map(({ id, sessions, purge }) => make('option', { value: id }, `${id} (${sessions}${purge ? ', deleted' : ''})`)),
    total > items.length && make('option', { disabled: true }, `… and ${total - items.length} older`),
    !total && make('option', { value: '' }, 'none yet'),
  ])
  select.value = chosen?.id ?? ''
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
      closeDialog()
      choose(workspace.value, id.value)
    } catch (error) {
      setText(problem, error instanceof SyntaxError ? `The metadata are no JSON: ${error.message}` : byId('command-result').textContent)
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
    wanted.sessionsFrom = 0
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
