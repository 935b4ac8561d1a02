/** Programs that talk with each other, started in order, each fed and awaited; run by python3 or in the lab's Python. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runFile, type PythonPage } from '../../lib/python'
import { python, start } from './peer'

const FOLDER = resolve(import.meta.dirname, '../../fixtures/python/course')

export interface Part {
  file: string
  argv?: string
  /** the next one is started when it has printed this, and its line is over */
  ready?: RegExp
  /** what is typed, each line when the output of the named part so far matches; undefined: that is only waited for */
  typed?: readonly (readonly [part: number, after: RegExp, line: string | undefined])[]
  /** it is stopped by Ctrl-C when the others have ended; else it ends by itself */
  stops?: boolean
  /** the order of its lines is the network's or its threads' choice */
  unordered?: boolean
}

/** What a program has written to sys.stdout, line by line. */
export type Printed = string[][]

interface Running {
  line(pattern: RegExp): Promise<unknown>
  type(line: string): void
  endInput(): void
  interrupt(): Promise<unknown>
  /** its output, once it has ended */
  ended(): Promise<string>
}

/** A port that nobody has now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, () => done()))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

/** With the end of its line: unbuffered, Python writes it apart, and another thread or a Ctrl-C can come between. */
const whole = (line: RegExp): RegExp => new RegExp(`${line.source}[^\\n]*\\n`)

async function play(parts: readonly Part[], begin: (part: Part) => Promise<Running>): Promise<Printed> {
  const running: Running[] = []
  for (const part of parts) {
    const one = await begin(part)
    running.push(one)
    if (part.ready) await one.line(whole(part.ready))
  }
  // all that is typed, in the order of the scenario
  for (const [at, part] of parts.entries()) {
    for (const [of, after, line] of part.typed ?? []) {
      await running[of]!.line(line === undefined ? whole(after) : after)
      if (line !== undefined) running[at]!.type(line)
    }
  }
  for (const one of running) one.endInput()
  const texts = new Map<number, string>()
  for (const [at, part] of parts.entries()) if (!part.stops) texts.set(at, await running[at]!.ended())
  for (const [at, part] of parts.entries()) {
    if (!part.stops) continue
    await running[at]!.interrupt()
    texts.set(at, await running[at]!.ended())
  }
  return parts.map(({ unordered }, at) => {
    const lines = texts.get(at)!.split('\n')
    return unordered ? lines.sort() : lines
  })
}

/** The same port in every text: another one for each round, because the one before is in TIME_WAIT. */
const moved = (text: string, ports: ReadonlyMap<string, string>): string => text.replace(/\b\d{4,5}\b/g, (found) => ports.get(found) ?? found)

/** @param errors what they write to sys.stderr in the lab is put there */
export async function runAll(parts: readonly Part[], ports: readonly number[], lab: PythonPage | undefined, errors: string[] = []): Promise<Printed> {
  const to = new Map<string, string>()
  for (const port of ports) to.set(String(port), String(await freePort()))
  const back = new Map([...to].map(([a, b]) => [b, a]))
  const source = (file: string): string => moved(readFileSync(join(FOLDER, file), 'utf8'), to)
  const folder = mkdtempSync(join(tmpdir(), 'lab-test-'))
  // a path of this round alone
  const given = (argv: string): string => moved(argv, to).replace('lab.sock', `${folder}.sock`)
  let made = 0
  try {
    const printed = await play(parts, lab ? inLab : there)
    return printed.map((lines) => lines.map((line) => moved(line, back)))
  } finally {
    for (const left of [folder, `${folder}.sock`]) rmSync(left, { recursive: true, force: true })
  }

  async function there({ file, argv = '' }: Part): Promise<Running> {
    writeFileSync(join(folder, file), source(file))
    const peer = start(python(), [file, ...given(argv).split(' ').filter(Boolean)], { cwd: folder })
    return {
      line: (pattern) => peer.answered(pattern),
      type: (line) => peer.write(`${line}\n`),
      endInput: () => peer.child.stdin!.end(),
      interrupt: () => peer.interrupt(),
      ended: async () => (await peer.ended(), peer.out),
    }
  }
  async function inLab({ file, argv = '' }: Part): Promise<Running> {
    const program = await runFile(lab!, parts.filter((part) => part.file === file).length > 1 ? file.replace('.py', `${++made}.py`) : file, source(file), given(argv))
    return {
      line: async (pattern) => program.answered(pattern),
      type: program.type,
      endInput: program.endInput,
      interrupt: program.interrupt,
      async ended() {
        await program.ended()
        const printed = program.events().flatMap((e) => (e.k === 'print' ? [e] : []))
        errors.push(printed.flatMap((e) => (e.err ? [e.text] : [])).join(''))
        return printed.flatMap((e) => (e.err ? [] : [e.text])).join('')
      },
    }
  }
}

