/** tcpdump on the loopback interface, for one port: what really passed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createInterface } from 'node:readline'

export interface Packet {
  from: number
  to: number
  /** in the order FIN, SYN, RST, PSH, ACK */
  flags: string
  len: number
}

const NAMES: Record<string, string> = { F: 'FIN', S: 'SYN', R: 'RST', P: 'PSH', '.': 'ACK' }
const LINE = /^[\d.]+ IP6? \S+\.(\d+) > \S+\.(\d+): Flags \[([^\]]*)\].*length (\d+)/

export class Capture {
  readonly packets: Packet[] = []
  private ended: (() => void) | undefined

  private constructor(private readonly child: ChildProcess, private readonly port: number) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.read(line))
  }

  /** Resolves when tcpdump listens. In immediate mode a packet takes a slot of the snap length: short ones, many slots. The port is a listening one of the test's own. */
  static async start(port: number): Promise<Capture> {
    const child = spawn('tcpdump', ['-i', 'lo', '-n', '-tt', '-S', '-l', '--immediate-mode', '-s', '128', `port ${port}`], { stdio: ['ignore', 'pipe', 'pipe'] })
    const capture = new Capture(child, port)
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      let said = ''
      child.stderr!.on('data', (text: Buffer) => {
        said += text.toString()
        if (said.includes('listening on')) resolve()
      })
      child.on('exit', () => reject(new Error(`tcpdump: ${said}`)))
    })
    return capture
  }

  private read(line: string): void {
    const match = LINE.exec(line)
    if (match) {
      const flags = ['F', 'S', 'R', 'P', '.'].filter((f) => match[3]!.includes(f)).map((f) => NAMES[f])
      this.packets.push({ from: Number(match[1]), to: Number(match[2]), flags: flags.join(','), len: Number(match[4]) })
    } else if (line.includes('UDP')) this.ended?.()
  }

  /** Ends the capture after everything that was sent so far: a datagram to the same port marks the end. */
  async stop(): Promise<Packet[]> {
    const marked = new Promise<void>((resolve) => (this.ended = resolve))
    const socket = createSocket('udp4')
    await new Promise<void>((resolve, reject) => socket.send('end', this.port, '127.0.0.1', (error) => (error ? reject(error) : resolve())))
    await marked
    socket.close()
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
    this.child.kill('SIGTERM')
    await gone
    return this.packets
  }
}
