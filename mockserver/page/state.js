// What the server is like, as it changes: events say that something happened, then the view of it is read again.

const BETWEEN_READS = 200
const RETRY_AFTER = 1000

/** Where the server is: the page is at `/_mock/` below it. */
export const base = new URL('..', location.href).href.replace(/\/$/, '')

/** What is looked at: ids, and the windows of the lists. `messagesFrom` is null for the last. */
export const wanted = { workspace: null, session: null, find: '', sessionsFrom: 0, messagesFrom: null, follow: false }

const readers = []
const listeners = []
let isReading = false
let isStale = false
let timer = 0
let readAt = 0
let due = 0

/** Call `show` with every view that is read. */
export const onView = (show) => readers.push(show)

/** Call `hear` with every event: the requests that came. */
export const onNews = (hear) => listeners.push(hear)

/** Look at another session; both ids may be null for the newest. The address of the page keeps them. */
export function choose(workspace, session) {
  Object.assign(wanted, { workspace, session, messagesFrom: null })
  history.replaceState(null, '', workspace === null ? '#' : `#${[workspace, session ?? ''].map(encodeURIComponent).join('/')}`)
  read()
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

/** Read the view soon: at once, or when the last reading is not too near. */
export function read() {
  isStale = true
  if (isReading || timer || document.hidden) return
  timer = setTimeout(readNow, Math.max(0, readAt + BETWEEN_READS - performance.now()))
}

async function readNow() {
  timer = 0
  isReading = true
  isStale = false
  const asked = { ...wanted }
  try {
    const answer = await fetch(`view?${query(asked)}`)
    if (answer.ok) {
      const view = await answer.json()
      view.readAt = performance.now()
      view.asked = asked
      if (asked.workspace === wanted.workspace && asked.session === wanted.session) readers.forEach((show) => show(view))
      expectPurge(view)
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error // A server that is gone is told by the events.
  } finally {
    readAt = performance.now()
    isReading = false
    if (isStale) read()
  }
}

function query({ workspace, session, find, sessionsFrom, messagesFrom }) {
  const given = { workspace, session, find: find || null, sessions_from: sessionsFrom, messages_from: messagesFrom }
  const query = new URLSearchParams({ sessions_size: 100, messages_size: 60 })
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

/** Listen to the events for as long as the page is open; `tell(text, isWell)` says how it stands. */
export function listen(tell) {
  const events = new EventSource('events')
  events.onopen = () => {
    tell('live', true)
    read()
  }
  events.onmessage = ({ data }) => {
    const news = JSON.parse(data)
    listeners.forEach((hear) => hear(news))
    read()
  }
  events.onerror = () => {
    tell('reconnecting …', false)
    if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(tell), RETRY_AFTER)
  }
}

export function begin(tell) {
  fromAddress()
  addEventListener('hashchange', () => {
    fromAddress()
    read()
  })
  document.addEventListener('visibilitychange', () => isStale && read())
  listen(tell)
  read()
}
