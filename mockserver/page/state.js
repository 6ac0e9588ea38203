// The state of the server. Each event says that something changed, and then the view is read again.

const BETWEEN_READS = 200
const SHARE_OF_TIME = 5 // A read that takes t ms is followed by a pause of 5 t, so that the server has time for its clients.
const PATIENCE = 10_000
const RETRY_AFTER = 1000

/** The base URL of the server. The page is at `/_mock/` below it. */
export const base = new URL('..', location.href).href.replace(/\/$/, '')

/** What to show: ids, and the windows of the lists. `messagesFrom` is null for the last messages. */
export const wanted = { workspace: null, session: null, find: '', sessionsFrom: 0, sessionsSize: 100, messagesFrom: null, messagesSize: 60, follow: false }

/** The number of events so far. Data read before the last event may have changed. */
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

/** How many connections to the events were opened so far. */
export let connections = 0

/** Call `show` with every view. */
export const onView = (show) => readers.push(show)

/** Call `hear` with every event, which has the requests that were received. */
export const onNews = (hear) => listeners.push(hear)

/** Show another session. An id that is null means the newest. The address of the page keeps the ids. */
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

/** Keep showing the same session until the user chooses another. Else a click could hit a session that has just appeared. */
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
    workspace = session = null // The address was typed, and is not valid percent-encoding.
  }
  Object.assign(wanted, { workspace: workspace || null, session: session || null, messagesFrom: null })
}

/** GET a path of the control plane. null if there is no answer or an error status. */
export async function get(path) {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE) })
    return answer.ok ? await answer.json() : null
  } catch {
    return null
  }
}

/** Read the view, at once or after the pause that follows the last read. */
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

/** Read the view when the next purge is due, because no event reports that. */
function expectPurge(view) {
  clearTimeout(due)
  if (!view.next_purge || view.frozen) return
  const wait = Date.parse(view.next_purge) - Date.parse(view.now)
  if (wait > 0 && wait < 86_400_000) due = setTimeout(read, wait + 20)
}

/**
 * Listen to the events while the page is visible, because a browser allows few connections to one server for all tabs.
 * `tell(text, isWell)` shows the state of the connection.
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
