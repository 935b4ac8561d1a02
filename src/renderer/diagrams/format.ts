/** Numbers and texts as the diagrams write them. Units are SI symbols, the same in every language. */

const trim = (value: number, digits: number) => String(Number(value.toFixed(digits)))

/** A duration in microseconds, in at most three figures: '7 µs', '1.25 ms', '1.2 s', '2 min 5 s'. */
export function duration(us: number): string {
  const n = Math.max(0, us)
  if (n < 1000) return `${Math.round(n)} µs`
  if (n < 10_000) return `${trim(n / 1000, 2)} ms`
  if (n < 999_500) return `${trim(n / 1000, n < 100_000 ? 1 : 0)} ms`
  if (n < 59_950_000) return `${trim(n / 1e6, n < 10e6 ? 2 : 1)} s`
  const seconds = Math.round(n / 1e6)
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Seconds with microseconds since the session began, as Wireshark's time column: '0.000123'. */
export function clock(us: number): string {
  const n = Math.max(0, Math.round(us))
  return `${Math.floor(n / 1e6)}.${String(n % 1e6).padStart(6, '0')}`
}

export const group = (n: number): string => n.toLocaleString('en-US')

/** A number of bytes for a gauge: '512 B', '64 KiB', '1.5 MiB'. Exact below 10 KiB. */
export function bytes(n: number): string {
  if (n < 10_240) return `${group(n)} B`
  if (n < 1024 * 1024) return `${trim(n / 1024, 1)} KiB`
  return `${trim(n / 1024 / 1024, 2)} MiB`
}

/** Width of one character in the diagrams' monospace face, in em; full-width ones take two. */
export const CHAR = 0.61
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/

/** Estimated width in em. Layout is done with it, so that it needs no browser. */
export function textWidth(text: string): number {
  let cells = 0
  for (const c of text) cells += WIDE.test(c) || c.codePointAt(0)! > 0xffff ? 1.65 : 1
  return cells * CHAR
}

/** The text cut to `width` em, with an ellipsis where something was left out. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let out = ''
  let used = CHAR
  for (const c of text) {
    used += textWidth(c)
    if (used > width) break
    out += c
  }
  return out ? `${out.trimEnd()}…` : width >= CHAR ? '…' : ''
}
