// Starts the modules of the page. Each has one panel.

import * as calls from './calls.js'
import * as clock from './clock.js'
import * as controls from './controls.js'
import * as conversation from './conversation.js'
import { byId, openDialog, setText } from './dom.js'
import * as journal from './journal.js'
import * as sessions from './sessions.js'
import * as state from './state.js'

const THEMES = ['auto', 'light', 'dark']

/** The stored theme, which is set first if one is given. null if the browser allows no storage. */
function kept(theme) {
  try {
    if (theme) localStorage.theme = theme
    return localStorage.theme
  } catch {
    return null
  }
}

function beginTheme() {
  const button = byId('theme')
  let theme = THEMES.includes(kept()) ? kept() : 'auto'
  const show = () => {
    document.documentElement.dataset.theme = theme
    setText(button, { auto: '◐', light: '☀', dark: '☾' }[theme])
    button.setAttribute('aria-label', `Theme: ${theme}`)
    button.title = `Theme: ${theme}`
  }
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]
    kept(theme)
    show()
  })
  show()
}

function beginHelp() {
  byId('help').addEventListener('click', () => openDialog('What this page shows', byId('help-text').content.cloneNode(true)))
}

/** On a narrow screen one panel is shown at a time. */
function beginTabs() {
  const tabs = [...document.querySelectorAll('[role=tab]')]
  const show = () => {
    for (const tab of tabs) {
      const isShown = tab.dataset.panel === document.body.dataset.panel
      tab.setAttribute('aria-selected', isShown)
      tab.tabIndex = isShown ? 0 : -1
    }
  }
  const open = (tab) => {
    document.body.dataset.panel = tab.dataset.panel
    show()
  }
  tabs.forEach((tab, place) => {
    tab.addEventListener('click', () => open(tab))
    tab.addEventListener('keydown', ({ key }) => {
      const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[key]
      const next = tabs.at(to % tabs.length)
      if (to === undefined) return
      open(next)
      next.focus()
    })
  })
  addEventListener('panel', ({ detail }) => {
    const tab = tabs.find(({ dataset }) => dataset.panel === detail)
    if (!tab.offsetParent) return // All panels are shown.
    open(tab)
    byId('messages').focus()
  })
  show()
}

/** In a demo, the page follows the newest session until the user chooses one. */
function followTheDemo() {
  let isFirst = true
  state.onView(({ play }) => {
    if (isFirst && play && !location.hash) byId('follow').checked = state.wanted.follow = true
    isFirst = false
  })
}

/** Mark the page as complete when both the state and the journal have been shown. */
function notePartsThatCame() {
  const missing = new Set(['state', 'journal'])
  const came = (part) => {
    missing.delete(part)
    document.body.classList.toggle('complete', missing.size === 0)
  }
  state.onView(() => came('state'))
  state.onNews(() => came('journal'))
}

document.body.classList.add('ready')
beginTheme()
beginHelp()
beginTabs()
calls.begin()
clock.begin()
sessions.begin()
conversation.begin()
journal.begin()
controls.begin()
followTheDemo()
notePartsThatCame()
state.onView((view) => setText(byId('api-version'), view.api_version))
state.begin((text, isWell) => {
  setText(byId('connection'), text)
  byId('connection').className = isWell ? 'well' : 'ill'
})
