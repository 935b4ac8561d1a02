/** A twin for a path: the TCP twin with its address taken out and a Unix socket's put in. The rest is the same program. */

const REMOVE_STALE = `

def remove_stale(path):
    """Removes the path of a server that ended without removing it: a socket at which nobody answers."""
    if not os.path.lexists(path) or not stat.S_ISSOCK(os.lstat(path).st_mode):
        return
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(path)
    except ConnectionRefusedError:
        os.unlink(path)
    finally:
        probe.close()
`

type Change = [from: string | RegExp, to: string]

/** In every twin. */
const common: Change[] = [
  [/^HOST = .*\nPORT = .*$/m, "PATH = '/tmp/lab.sock'"],
]
const client: Change[] = [
  [/^"""TCP client/, '"""Client on a path (AF_UNIX)'],
  ['client.connect((HOST, PORT))', 'client.connect(PATH)'],
  ["print(f'connected to {HOST} port {PORT}')", "print(f'connected to {PATH}')"],
]
const load: Change[] = [
  [/^"""TCP clients,/, '"""Clients on a path (AF_UNIX),'],
  ['sock.connect((HOST, PORT))', 'sock.connect(PATH)'],
]
const server: Change[] = [
  [/^"""TCP server/, '"""Server on a path (AF_UNIX)'],
  ['import errno\n', 'import errno\nimport os\n'],
  ['import socket\n', 'import socket\nimport stat\n'],
  [/(\ndef name\(address\):\n)(?: {4}.*\n)+/, `$1    return address or 'a client'\n${REMOVE_STALE}`],
  ['\nserver = socket.socket(FAMILY, socket.SOCK_STREAM)\n', '\nours = False\nserver = socket.socket(FAMILY, socket.SOCK_STREAM)\n'],
  ['        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n', '        remove_stale(PATH)\n'],
  ['    server.bind((HOST, PORT))\n', '    server.bind(PATH)\n    ours = True\n'],
  [/\nfinally:\n {4}server\.close\(\)\n$/, '\nfinally:\n    server.close()\n    if ours:\n        os.unlink(PATH)\n'],
]

/** The Unix form of a TCP twin, its constants not yet filled in. Throws where it lacks what is to be replaced: a bug. */
export function onPath(source: string): string {
  const own = source.startsWith('"""TCP server') ? server : source.startsWith('"""TCP clients') ? load : client
  const changes = [...common, ...own]
  return changes.reduce((text, [from, to]) => {
    const found = typeof from === 'string' ? text.includes(from) : from.test(text)
    if (!found) throw new Error(`the twin has no ${String(from)}`)
    return typeof from === 'string' ? text.replace(from, () => to) : text.replace(from, to)
  }, source)
}
