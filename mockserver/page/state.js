// What the server is like, as it changes: events say that something happened, then the view of it is read again.

const BETWEEN_READS = 200
const SHARE_OF_TIME = 5 // What takes long is read less often, so that the server has its time for others.
const PATIENCE = 10_000
const RETRY_AFTER = 1000

/** Where the server is: the page is at `/_mock/` below it. */
export const base = new URL('..', location.href).href.replace(/\/$/, '')

/** What is looked at: ids, and the windows of the lists. `messagesFrom` is null for the last. */
export const wanted = { workspace: null, session: null, find: '', sessionsFrom: 0, sessionsSize: 100, messagesFrom: null, messagesSize: 60, follow: false }

/** Counts the events: what was read before the last may have changed since. */
export let happened = 0

const readers = []
const listeners = []
let isReading = false
let isStale = false
let timer = 0
let readAt = 0
let took = 0
let due = 0
let lastEvent = ''
let events = null

/** Counts how often the events were begun to be listened to. */
export let connections = 0

/** Call `show` with every view that is read. */
export const onView = (show) => readers.push(show)

/** Call `hear` with every event: the requests that came. */
export const onNews = (hear) => listeners.push(hear)

/** Look at another session; both ids may be null for the newest. The address of the page keeps them. */
export function choose(workspace, session) {
  Object.assign(wanted, { workspace, session, messagesFrom: null })
  keepAddress()
  read()
}

function keepAddress() {
  if (wanted.follow) return
  const { workspace, session } = wanted
  history.replaceState(null, '', workspace === null ? '#' : `#${[workspace, session ?? ''].map(encodeURIComponent).join('/')}`)
}

/** What is shown stays, whatever comes, until somebody chooses: or a click would meet what has just come. */
function pin({ workspace }) {
  if (!workspace || (wanted.workspace !== null && wanted.session !== null)) return
  Object.assign(wanted, { workspace: workspace.id, session: workspace.session?.id ?? null })
  keepAddress()
}

function fromAddress() {
  let [workspace, session] = location.hash.slice(1).split('/')
  try {
    ;[workspace, session] = [workspace, session ?? ''].map(decodeURIComponent)
  } catch {
    workspace = session = null // Somebody typed it.
  }
  Object.assign(wanted, { workspace: workspace || null, session: session || null, messagesFrom: null })
}

/** What the control plane has at a path; null where it does not answer, or not with a success. */
export async function get(path) {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE) })
    return answer.ok ? await answer.json() : null
  } catch {
    return null
  }
}

/** Read the view soon: at once, or when the last reading is not too near. */
export function read() {
  isStale = true
  if (isReading || timer || document.hidden) return
  timer = setTimeout(readNow, Math.max(0, readAt + Math.max(BETWEEN_READS, SHARE_OF_TIME * took) - performance.now()))
}

async function readNow() {
  timer = 0
  isReading = true
  isStale = false
  const asked = { ...wanted, happened }
  const began = performance.now()
  try {
    const view = await get(`view?${query(asked)}`)
    if (view === null) return setTimeout(read, RETRY_AFTER)
    took = performance.now() - began
    view.readAt = performance.now()
    view.asked = asked
    if (asked.workspace === wanted.workspace && asked.session === wanted.session) {
      readers.forEach((show) => show(view))
      pin(view)
    }
    expectPurge(view)
  } finally {
    readAt = performance.now()
    isReading = false
    if (isStale) read()
  }
}

function query({ workspace, session, find, sessionsFrom, sessionsSize, messagesFrom, messagesSize }) {
  const given = { workspace, session, find: find || null, sessions_from: sessionsFrom, messages_from: messagesFrom }
  const query = new URLSearchParams({ sessions_size: sessionsSize, messages_size: messagesSize })
  for (const [name, value] of Object.entries(given)) if (value !== null) query.set(name, value)
  return query
}

/** What is deleted goes by itself at its time, with no request that would tell. */
function expectPurge(view) {
  clearTimeout(due)
  if (!view.next_purge || view.frozen) return
  const wait = Date.parse(view.next_purge) - Date.parse(view.now)
  if (wait > 0 && wait < 86_400_000) due = setTimeout(read, wait + 20)
}

/**
 * Listen to the events for as long as the page is seen: a browser has few connections to one server, for all its tabs.
 * `tell(text, isWell)` says how it stands.
 */
function listen(tell) {
  events?.close()
  events = null
  if (document.hidden) return
  const source = new EventSource(`events?last=${encodeURIComponent(lastEvent)}`)
  events = source
  source.onopen = () => {
    connections++
    tell('live', true)
    read()
  }
  source.onmessage = ({ data, lastEventId }) => {
    const news = JSON.parse(data)
    lastEvent = lastEventId
    happened++
    listeners.forEach((hear) => hear(news))
    read()
  }
  source.onerror = () => {
    tell('reconnecting …', false)
    if (source.readyState === EventSource.CLOSED) setTimeout(() => source === events && listen(tell), RETRY_AFTER)
  }
}

export function begin(tell) {
  fromAddress()
  addEventListener('hashchange', () => {
    fromAddress()
    read()
  })
  document.addEventListener('visibilitychange', () => {
    listen(tell)
    if (isStale) read()
  })
  listen(tell)
  read()
}
