/** What `list` and `--help` print. */
import { OWN_OPTIONS, takes, type Listed } from './args'

/** One program a line: its id, then its options. */
export const list = (programs: readonly Listed[]): string =>
  programs.map(({ id, params }) => `${id} ${Object.keys(params).map((name) => `--${name}`).join(' ')}`).join('\n')

export const usage = (programs: readonly Listed[]): string => [
  'lab list',
  `lab PROGRAM [--name value ...] ${Object.entries(OWN_OPTIONS).map(([name, value]) => `[--${name} ${value}]`).join(' ')}`,
  'lab PROGRAM --help',
  '',
  list(programs),
].join('\n')

export function help({ id, params }: Listed): string {
  const rows = Object.entries(params).map(([name, p]) => [`--${name}`, takes(p), `default ${p.default === '' ? "''" : String(p.default)}`])
  for (const [name, value] of Object.entries(OWN_OPTIONS)) rows.push([`--${name}`, value, own[name as keyof typeof own]])
  const wide = [0, 1].map((i) => Math.max(...rows.map((row) => row[i]!.length)))
  return [`lab ${id} [--name value ...]`, ...rows.map(([a, b, c]) => `  ${a!.padEnd(wide[0]!)}  ${b!.padEnd(wide[1]!)}  ${c}`)].join('\n')
}

const own: Record<keyof typeof OWN_OPTIONS, string> = {
  trace: 'writes every event to FILE, one JSON object a line; what was received or sent is base64 in `bytes`',
  capture: 'captures the run\'s packets with tcpdump or dumpcap, where this user may, and writes them to FILE as pcapng',
  pace: 'waits MS milliseconds before every system call; default run',
  scope: 'lab: also the private, link-local and multicast addresses of the local network; default computer',
  'allow-public': 'with --scope lab: also public addresses; default false',
}
