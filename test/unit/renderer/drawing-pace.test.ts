import { describe, expect, it } from 'vitest'
import { drawingPace, type Frames } from '../../../src/renderer/lab/drawing-pace'

/** A page whose clock the test turns; each draw costs what the test says. */
class Page implements Frames {
  time = 0
  private readonly todo: { at: number; run: () => void }[] = []

  now = () => this.time
  frame = (run: () => void) => void this.todo.push({ at: Math.floor(this.time / 16 + 1) * 16, run })
  later = (run: () => void, ms: number) => void this.todo.push({ at: this.time + ms, run })
  drawn = (run: () => void) => void this.todo.push({ at: this.time, run })

  runTo(end: number): void {
    for (;;) {
      this.todo.sort((a, b) => a.at - b.at)
      if (!this.todo[0] || this.todo[0].at > end) break
      const { at, run } = this.todo.shift()!
      this.time = Math.max(this.time, at)
      run()
    }
    this.time = end
  }
}

/** Something new at every moment: when it is drawn during the first second. */
function drawsOf(cost: number): number[] {
  const page = new Page()
  const schedule = drawingPace(page)
  const draws: number[] = []
  const draw = (): void => {
    draws.push(page.time)
    page.time += cost
    schedule(draw)
  }
  schedule(draw)
  page.runTo(1000)
  return draws
}

describe('the pace of drawing', () => {
  it('is every frame while drawing is cheap', () => {
    expect(drawsOf(1)).toEqual(Array.from({ length: 62 }, (_, i) => (i + 1) * 16))
  })

  it('leaves three quarters of the time to the rest of the page when it is not', () => {
    for (const cost of [5, 10, 20, 40]) {
      const draws = drawsOf(cost)
      expect(draws.length * cost).toBeLessThanOrEqual(1000 / 4 + cost)
      expect(draws.length).toBeGreaterThan(3)
    }
  })

  it('never waits longer than a quarter of a second', () => {
    const draws = drawsOf(150)
    for (let i = 1; i < draws.length; i++) expect(draws[i]! - draws[i - 1]!).toBeLessThanOrEqual(150 + 250 + 16)
  })

  it('draws what comes after a rest at the next frame', () => {
    const page = new Page()
    const schedule = drawingPace(page)
    const draws: number[] = []
    const draw = (): void => {
      draws.push(page.time)
      page.time += 40
    }
    schedule(draw)
    page.runTo(500)
    schedule(draw)
    page.runTo(600)
    expect(draws).toEqual([16, 512])
  })
})
