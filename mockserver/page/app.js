// The browser paints the empty page first, and loads the modules afterwards.

const PATIENCE = 3000

// A headless browser takes its screenshot when the page has loaded. An image that loads delays that until the page shows
// the state.
const image = new Image()
const delayLoad = () => {
  if (document.readyState === 'complete' || document.body.classList.contains('complete') || performance.now() > PATIENCE) return
  image.src = `page/icon.svg?${performance.now()}`
}
image.onload = image.onerror = delayLoad
delayLoad()

const begin = () => setTimeout(() => import('./panels.js'))
if (document.hidden) begin()
else requestAnimationFrame(begin)
