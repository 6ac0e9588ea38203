// The browser paints the empty page first, and loads the modules afterwards.

const begin = () => setTimeout(() => import('./panels.js'))
if (document.hidden) begin()
else requestAnimationFrame(begin)
