/** Where a line of the text that ran stands in the text as it is now. */

/**
 * A map from lines (from 1) of `ran` to lines of `now`; undefined for a line that was changed or taken out. What lies
 * before the first change and after the last one is the same text, and that is most of what a person edits while it runs.
 */
export function lineMap(ran: string, now: string): (line: number) => number | undefined {
  if (ran === now) return (line) => line
  const old = ran.split('\n')
  const fresh = now.split('\n')
  const most = Math.min(old.length, fresh.length)
  let before = 0
  while (before < most && old[before] === fresh[before]) before++
  let after = 0
  while (after < most - before && old[old.length - 1 - after] === fresh[fresh.length - 1 - after]) after++
  return (line) => {
    if (line <= before) return line
    if (line > old.length - after && line <= old.length) return line + fresh.length - old.length
    return undefined
  }
}
