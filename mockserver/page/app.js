// The frame is painted first; what fills it comes with the next turn.

const begin = () => setTimeout(() => import('./panels.js'))
if (document.hidden) begin()
else requestAnimationFrame(begin)
