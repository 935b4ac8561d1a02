/** The real programs that tests talk to. On Debian as root they are brought through apt; elsewhere the person is told. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from './run.mjs'

/** Debian package of each program; a font is looked for by its file. */
const PEERS = [
  { name: 'Chromium', package: 'chromium', programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'msedge', 'chrome'], env: 'CHROME_PATH' },
  { name: 'python3', package: 'python3', programs: ['python3'] },
  { name: 'tcpdump', package: 'tcpdump', programs: ['tcpdump'] },
  { name: 'tshark (with dumpcap and editcap)', package: 'tshark', programs: ['tshark'] },
  { name: 'ncat', package: 'ncat', programs: ['ncat'] },
  { name: 'strace', package: 'strace', programs: ['strace'] },
  { name: 'curl', package: 'curl', programs: ['curl'] },
  { name: 'ip (iproute2)', package: 'iproute2', programs: ['ip'] },
  { name: 'Wine (64 bits)', package: 'wine64', file: '/usr/lib/wine/wine64' },
  { name: 'Japanese and Korean fonts', package: 'fonts-noto-cjk', file: '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc' },
]

/** Brought with the others where it can be had, and missed by nobody: tests are quicker with it. */
const QUICKER = { package: 'chromium-headless-shell', file: '/usr/bin/chromium-headless-shell' }

/** tcpdump and ip live where an ordinary user's PATH does not look. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
const SUFFIXES = process.platform === 'win32' ? ['.exe', '.cmd', ''] : ['']

const isPresent = (peer) =>
  (peer.env && process.env[peer.env] && existsSync(process.env[peer.env]))
  || (peer.file ? existsSync(peer.file) : peer.programs.some((program) => FOLDERS.some((folder) => SUFFIXES.some((suffix) => existsSync(join(folder, program + suffix))))))

const missing = () => PEERS.filter((peer) => !isPresent(peer))

/** Brings what is missing where that is possible; answers the names of what is still missing. */
export async function ensurePeers() {
  const packages = missing().map((peer) => peer.package)
  if (packages.length > 0 && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    process.stderr.write(`Installing ${packages.join(', ')} ...\n`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const update = await run('apt-get', ['update', '-q'], { output: 'keep', env })
    const install = (names) => run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], { output: 'keep', env })
    const { code, text } = await install(packages)
    if (code !== 0) process.stderr.write(`${(update.code === 0 ? '' : update.text) + text}\n`)
    if (!isPresent(QUICKER)) await install([QUICKER.package])
  }
  return missing().map((peer) => peer.name)
}
