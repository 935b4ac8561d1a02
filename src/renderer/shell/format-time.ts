/** Times of the session for people. Input is microseconds since the session began. */

/** 62.345678 s: to the microsecond, because a handshake lives there, and in seconds alone, as the ladder and the call log write them. */
export function formatMoment(us: number): string {
  const whole = Math.max(0, Math.round(us))
  return `${Math.floor(whole / 1_000_000)}.${String(whole % 1_000_000).padStart(6, '0')} s`
}

/** 1.2 MB; powers of 1024 with the short names people know. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KB', 'MB', 'GB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}
