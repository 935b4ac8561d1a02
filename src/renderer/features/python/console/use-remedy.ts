/** The one click that may mend a failure: start the server that was missing, stop the program that holds the port. */
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { printable } from '../../../../shared/bytes/printable'
import type { SockAddr } from '../../../../shared/trace/events'
import { useLabStore } from '../../../stores/lab'
import { EXAMPLES, exampleOf } from '../examples'
import { plainCharacters } from '../programs/plain-characters'
import type { OpenProgram } from '../programs/program-file'
import { usePythonPrograms } from '../programs/programs-store'
import { usePythonRuns } from '../runs-store'
import { adviceFor } from './advice'
import type { Failure } from './use-failure'

export interface Remedy {
  label: string
  run(): unknown
}

/** It listens: it says so, and on this port. */
const SERVES = /\.listen\(|create_server\(|TCPServer\(|HTTPServer\(|XMLRPCServer\(/
export const listensOn = (source: string, port: number): boolean => SERVES.test(source) && new RegExp(`(?<![\\d.])${port}(?![\\d.])`).test(source)

/** The example that serves the port. */
export function serverExample(port: number): string | undefined {
  return EXAMPLES.find((one) => ('source' in one ? listensOn(one.source, port) : one.program.endsWith('-server') && (one.params.port ?? DEFAULT_PORTS[one.program]) === port))?.id
}
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http-server': 8000, 'xmlrpc-server': 7001 }

const portOf = (address: SockAddr | undefined): number | undefined => (address && address.family !== 'unix' ? address.port : undefined)

export function useRemedy(failure: Ref<Failure | undefined>) {
  const { t } = useI18n()
  const lab = useLabStore()
  const programs = usePythonPrograms()
  const runs = usePythonRuns()

  function start(program: OpenProgram): void {
    programs.currentId = program.id
    runs.start(program, 'run')
  }
  function refused(port: number): Remedy | undefined {
    const open = programs.programs.find((one) => one.id !== programs.current?.id && !runs.running(one.id) && listensOn(one.source, port))
    if (open) return { label: t('python.remedy.run', { name: printable(open.name) }), run: () => start(open) }
    const example = serverExample(port)
    if (example) return { label: t('python.remedy.example', { name: t(`python.example.${example}`) }), run: async () => {
      const opened = await programs.openExample(example)
      if (opened.ok) start(opened.value)
    } }
    const tiny = exampleOf('server')
    if (!tiny || !('source' in tiny)) return undefined
    return { label: t('python.remedy.tiny', { port }), run: () => {
      const opened = programs.open('server.py', tiny.source.replaceAll('9999', String(port)))
      if (opened.ok) start(opened.value)
    } }
  }
  /** A program of the lab that holds the port. */
  function taken(port: number): Remedy | undefined {
    const { sockets, calls } = lab.lab()
    for (const socket of sockets.values()) {
      const local = socket.local.value.at(-1)
      const run = calls.runs.get(socket.run)
      if (socket.closed || portOf(local) !== port || !run || run.end) continue
      const name = printable(run.file ?? run.program)
      return { label: t('python.remedy.stop', { name }), run: () => lab.request('run.stop', { run: run.run }) }
    }
    return undefined
  }
  /** What a web page or an input method has put into the program. */
  function odd(): Remedy | undefined {
    const program = programs.current
    const mended = program && plainCharacters(program.source)
    if (!program || mended === program.source) return undefined
    return { label: t('python.remedy.plain'), run: () => programs.change(program.id, { source: mended! }) }
  }
  return computed<Remedy | undefined>(() => {
    void lab.version
    if (failure.value && adviceFor(failure.value.traceback)?.key === 'oddCharacter') return odd()
    const port = portOf(failure.value?.address)
    if (port === undefined) return undefined
    if (failure.value?.code === 'ECONNREFUSED') return refused(port)
    if (failure.value?.code === 'EADDRINUSE') return taken(port)
    return undefined
  })
}
