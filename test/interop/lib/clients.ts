/** Clients in Python, one exchange each: HOST, PORT and what to send are their arguments. */
import { startPython, type Peer } from './peer'

/** Sends, takes as many bytes as it was told to expect, prints them as repr(), closes. */
const EXCHANGE = `
import socket, sys
host, port, text, n = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode(), int(sys.argv[4])
with socket.create_connection((host, port)) as s:
    s.sendall(text)
    data = b''
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part: break
        data += part
    print(repr(data))
`

/** Aborts (RST): SO_LINGER with a time of 0, then close. */
const ABORT = `
import socket, struct, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
s.close()
`

/** Connects, says so, sends a line for each line of its input and prints the echo; ends with its input. */
const TALK = `
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print('connected')
for line in sys.stdin:
    s.sendall(line.encode())
    print(repr(s.recv(1024)))
s.close()
print('closed')
`

export async function exchange(host: string, port: number, text: string, expected: number): Promise<string> {
  const client = startPython(EXCHANGE, host, String(port), text, String(expected))
  const line = await client.line(/^b/)
  await client.finish()
  return line.input
}

export async function abort(host: string, port: number): Promise<void> {
  const { code } = await startPython(ABORT, host, String(port)).finish()
  if (code !== 0) throw new Error(`the aborting client failed with ${code}`)
}

export const talk = (host: string, port: number): Peer => startPython(TALK, host, String(port))
