/**
 * When the views are drawn anew: at the next frame as long as that is cheap, later when it is not. Drawing takes a quarter of
 * the time at most, so that a flood of events never takes the page's own frames (scrolling, typing, animation) away.
 */
const REST = 3
/** Longest that something new waits to be drawn, milliseconds. */
const LONGEST_REST = 250

export interface Frames {
  /** milliseconds */
  now(): number
  /** at the next frame */
  frame(run: () => void): void
  later(run: () => void, ms: number): void
  /** once the frame under way has been drawn, and not before */
  drawn(run: () => void): void
}

/** One draw at a time: ask for the next once the last has run. */
export function drawingPace(frames: Frames): (run: () => void) => void {
  let rested = 0
  let drawing = false
  let next: (() => void) | undefined

  function schedule(run: () => void): void {
    if (drawing) {
      next = run
      return
    }
    const wait = rested - frames.now()
    if (wait > 0) frames.later(() => frames.frame(() => draw(run)), wait)
    else frames.frame(() => draw(run))
  }

  function draw(run: () => void): void {
    const start = frames.now()
    drawing = true
    run()
    frames.drawn(() => {
      const now = frames.now()
      rested = now + Math.min(LONGEST_REST, (now - start) * REST)
      drawing = false
      const waiting = next
      next = undefined
      if (waiting) schedule(waiting)
    })
  }

  return schedule
}

/** The browser's own. A message is a task of its own, which comes after the styles, the layout and the paint of its frame. */
export function browserFrames(): Frames {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return {
    now: () => performance.now(),
    frame: (run) => void requestAnimationFrame(run),
    later: (run, ms) => void setTimeout(run, ms),
    drawn(run) {
      waiting.push(run)
      // from within the frame: Vue draws in a promise, the browser after it
      port2.postMessage(null)
    },
  }
}
