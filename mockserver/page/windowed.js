// A list of any length. Only the visible rows are in the document.

import { arrange } from './dom.js'

const BEYOND = 300

export class Windowed {
  /**
   * `viewport` is the element that scrolls. `row(place)` returns the row at a place: its `key`, a `signature` that
   * changes when the row must be drawn again, `build()`, which creates its element, and optionally `dress(element)`,
   * which updates it. `estimate` is the expected height of a row in pixels; with `isFixed` all rows have this height.
   * `seen(first, last)` is called with the visible places. While `sticks()` is true, the list stays at its end.
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
    new ResizeObserver(() => this.draw()).observe(this.shown) // The height of a row changed.
  }

  get isAtEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.viewport
    return scrollHeight - scrollTop - clientHeight < 40
  }

  /** Delete all rows and their heights. */
  clear() {
    this.heights = []
    this.rows.clear()
    this.shown.replaceChildren()
  }

  resized() {
    const { clientWidth, scrollTop } = this.viewport
    if (!clientWidth) return // The list is hidden.
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

  /** The distance in pixels from the start of the list to a place. */
  offset(place) {
    if (this.isFixed) return place * this.estimate
    let offset = 0
    for (let before = 0; before < place; before++) offset += this.heights[before] ?? this.estimate
    return offset
  }

  /** The first place that ends below `top`, and its offset. */
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

  /** Put the visible rows into the document. Rows that did not change keep their elements. */
  draw() {
    const { scrollTop, clientHeight } = this.viewport
    if (!clientHeight) return // The list is hidden.
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

  /** Store the heights of the rows. If rows above the visible ones differ from the estimate, scroll by the difference. */
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

  /** Tell the list that rows were added at its start. The visible rows stay, unless the list is at its start. */
  grewAbove(rows) {
    this.space.style.height = `${this.offset(this.count)}px`
    if (this.viewport.scrollTop > 0) this.viewport.scrollTop += rows * this.estimate
  }

  /** The elements that are completely visible. */
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

  /** Scroll to a place, if it is not visible. */
  reveal(place) {
    const top = this.offset(place)
    const { scrollTop, clientHeight } = this.viewport
    if (top < scrollTop) this.viewport.scrollTop = top
    else if (top + this.height(place) > scrollTop + clientHeight)
      this.viewport.scrollTop = top + this.height(place) - clientHeight
    this.draw()
  }
}
