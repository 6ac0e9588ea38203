// A list of any length of which only what is in sight is in the document.

import { arrange } from './dom.js'

const BEYOND = 300

export class Windowed {
  /**
   * `viewport` scrolls. `row(place)` gives what stands at a place: a `key`, a `signature` that changes with what is to
   * be seen, `build()`, which makes the element, and, where it can be changed in place, `dress(element)`. `estimate` is
   * the height of a row in pixels, and that of all where `isFixed`. `seen(first, last)` is told which places are in
   * sight. While `sticks()`, the end is, whatever comes.
   */
  constructor(viewport, { estimate, row, isFixed = false, seen = () => {}, sticks = () => false }) {
    Object.assign(this, { viewport, estimate, row, isFixed, seen, sticks })
    this.count = 0
    this.heights = []
    this.rows = new Map()
    this.space = document.createElement('div')
    this.space.className = 'space-of-all'
    this.shown = document.createElement('div')
    this.shown.className = 'shown'
    this.space.append(this.shown)
    viewport.append(this.space)
    viewport.addEventListener('scroll', () => this.draw(), { passive: true })
    new ResizeObserver(() => this.resized()).observe(viewport)
    new ResizeObserver(() => this.draw()).observe(this.shown) // Something was unfolded.
  }

  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.viewport
    return scrollHeight - scrollTop - clientHeight < 40
  }

  /** Forget all rows and how high they were. */
  clear() {
    this.heights = []
    this.rows.clear()
    this.shown.replaceChildren()
  }

  resized() {
    const { clientWidth, scrollTop } = this.viewport
    if (!clientWidth) return // It is not shown.
    const isOther = this.width !== clientWidth && !this.isFixed
    const [first, offset] = this.at(scrollTop)
    this.width = clientWidth
    if (isOther) this.heights = []
    if (this.sticks()) return this.toEnd()
    this.draw()
    if (isOther) this.viewport.scrollTop = this.offset(first) + scrollTop - offset
  }

  height(place) {
    return this.isFixed ? this.estimate : this.heights[place] ?? this.estimate
  }

  /** How far below the beginning a place is. */
  offset(place) {
    if (this.isFixed) return place * this.estimate
    let offset = 0
    for (let before = 0; before < place; before++) offset += this.heights[before] ?? this.estimate
    return offset
  }

  /** The first place of which something is below `top`, and how far it is itself. */
  at(top) {
    if (this.isFixed) {
      const place = Math.min(Math.max(0, Math.floor(top / this.estimate)), Math.max(0, this.count - 1))
      return [place, place * this.estimate]
    }
    let offset = 0
    for (let place = 0; place < this.count; place++) {
      const next = offset + this.height(place)
      if (next > top) return [place, offset]
      offset = next
    }
    return [Math.max(0, this.count - 1), Math.max(0, offset - this.height(this.count - 1))]
  }

  /** Put what is in sight into the document; what did not change stays as it is. */
  draw() {
    const { scrollTop, clientHeight } = this.viewport
    if (!clientHeight) return // It is not shown.
    const [first, offset] = this.at(scrollTop - BEYOND)
    const wanted = []
    let last = first
    for (let bottom = offset; last < this.count && bottom < scrollTop + clientHeight + BEYOND; last++) {
      wanted.push(this.element(last))
      bottom += this.height(last)
    }
    this.space.style.height = `${this.offset(this.count)}px`
    this.shown.style.transform = `translateY(${offset}px)`
    this.put(wanted)
    this.measure(first, wanted, scrollTop)
    this.seen(first, last)
  }

  element(place) {
    const { key, signature, build, dress } = this.row(place)
    const known = this.rows.get(key)
    if (known?.signature === signature) return known.element
    const element = known && dress ? known.element : build()
    dress?.(element)
    this.rows.set(key, { signature, element })
    return element
  }

  put(wanted) {
    const hadFocus = this.shown.contains(document.activeElement)
    arrange(this.shown, wanted)
    if (hadFocus && !this.shown.contains(document.activeElement)) this.viewport.focus({ preventScroll: true })
    const kept = new Set(wanted)
    if (this.rows.size > 400) for (const [key, { element }] of this.rows) if (!kept.has(element)) this.rows.delete(key)
  }

  /** Note how high the rows are; what is above the eye must not move what is in sight. */
  measure(first, elements, scrollTop) {
    if (this.isFixed) return
    let moved = 0
    let offset = this.offset(first)
    elements.forEach((element, number) => {
      const place = first + number
      const height = element.offsetHeight
      const before = this.height(place)
      if (offset + before <= scrollTop) moved += height - before
      offset += before
      this.heights[place] = height
    })
    this.space.style.height = `${this.offset(this.count)}px`
    if (moved) this.viewport.scrollTop = scrollTop + moved
  }

  /** So many rows came before the first; what is in sight stays there, unless that is the beginning. */
  grewAbove(rows) {
    this.space.style.height = `${this.offset(this.count)}px`
    if (this.viewport.scrollTop > 0) this.viewport.scrollTop += rows * this.estimate
  }

  /** Those of the elements that can be seen whole. */
  inSight(elements) {
    const { top, bottom } = this.viewport.getBoundingClientRect()
    const seen = elements.filter((element) => {
      const place = element.getBoundingClientRect()
      return place.top >= top && place.bottom <= bottom
    })
    return seen.length ? seen : elements
  }

  toEnd() {
    for (let pass = 0; pass < 3; pass++) {
      this.viewport.scrollTop = this.viewport.scrollHeight
      this.draw()
    }
  }

  /** Bring a place into sight, if it is not. */
  reveal(place) {
    const top = this.offset(place)
    const { scrollTop, clientHeight } = this.viewport
    if (top < scrollTop) this.viewport.scrollTop = top
    else if (top + this.height(place) > scrollTop + clientHeight)
      this.viewport.scrollTop = top + this.height(place) - clientHeight
    this.draw()
  }
}
