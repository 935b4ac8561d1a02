/** The programs that are open in tabs, kept over a reload. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useEventListener, watchDebounced } from '@vueuse/core'
import { fail, ok, type Result } from '../../../../shared/result'
import { useLabStore } from '../../../stores/lab'
import { EXAMPLES, exampleOf } from '../examples'
import { decode, encode, fileName, freeName, MAX_OPEN, MAX_SOURCE, type OpenProgram } from './program-file'

const KEY = 'socketscope.python.programs'
/** What a newcomer finds: a server and a client that talk to each other. */
const FIRST = ['server', 'client']

export const usePythonPrograms = defineStore('python-programs', () => {
  const lab = useLabStore()
  const kept = decode(localStorage.getItem(KEY))
  const programs = shallowRef<OpenProgram[]>(kept?.programs ?? FIRST.flatMap((id) => {
    const example = exampleOf(id)
    return example && 'source' in example ? [made(example.file, example.source)] : []
  }))
  const currentId = shallowRef(kept?.current ?? programs.value[0]?.id ?? '')
  const current = computed(() => programs.value.find((one) => one.id === currentId.value) ?? programs.value[0])
  /** what is open is more than can be kept over a reload, or the browser refused */
  const unkept = shallowRef(false)

  function keep(): void {
    const text = encode(programs.value, currentId.value)
    unkept.value = text === undefined
    if (text === undefined) return
    try {
      localStorage.setItem(KEY, text)
    } catch (error) {
      // the quota: said on the page, because a reload would now lose what was typed
      unkept.value = error instanceof DOMException
      if (!unkept.value) throw error
    }
  }
  watchDebounced([programs, currentId], keep, { debounce: 500, maxWait: 3000 })
  useEventListener(window, 'pagehide', keep)

  function made(name: string, source: string, more: Partial<OpenProgram> = {}): OpenProgram {
    return { id: crypto.randomUUID(), name, source, args: '', breakpoints: [], safe: source, ...more }
  }
  const names = (): string[] => programs.value.map((one) => one.name)

  /** Opens a program in a tab of its own and looks at it. */
  function open(name: string, source: string, more: Partial<OpenProgram> = {}): Result<OpenProgram> {
    // the same text under the same name is open already
    const same = programs.value.find((one) => one.name === name && one.source === source)
    if (same) {
      currentId.value = same.id
      return ok(same)
    }
    if (programs.value.length >= MAX_OPEN) return fail({ code: 'LIMIT', limit: 'open programs', message: `at most ${MAX_OPEN} programs are open at once: close some`, detail: { limit: MAX_OPEN } })
    if (source.length > MAX_SOURCE) return fail({ code: 'LIMIT', limit: 'source', message: `a program has at most ${MAX_SOURCE} characters`, detail: { limit: MAX_SOURCE } })
    const program = made(freeName(name, names()), source, more)
    programs.value = [...programs.value, program]
    currentId.value = program.id
    return ok(program)
  }
  function change(id: string, what: Partial<Omit<OpenProgram, 'id'>>): void {
    programs.value = programs.value.map((one) => (one.id === id ? { ...one, ...what } : one))
  }
  /** undefined: the name was taken as it could be; else it cannot be a file's name */
  function rename(id: string, typed: string): boolean {
    const name = fileName(typed)
    if (!name) return false
    const others = programs.value.filter((one) => one.id !== id).map((one) => one.name)
    change(id, { name: freeName(name, others) })
    return true
  }
  function close(id: string): void {
    const at = programs.value.findIndex((one) => one.id === id)
    if (at < 0) return
    programs.value = programs.value.filter((one) => one.id !== id)
    if (programs.value.length === 0) open('program.py', '')
    if (currentId.value === id) currentId.value = (programs.value[Math.min(at, programs.value.length - 1)] as OpenProgram).id
  }

  /** The Python twin of a built-in program for these parameters. */
  async function openTwin(program: string, params: Record<string, unknown>): Promise<Result<OpenProgram>> {
    const answer = await lab.request('programs.twin', { program, params })
    if (!answer.ok) return answer
    const { file } = answer.value
    // the lab's Python sees its own folder alone
    const source = program === 'http-server' ? answer.value.source.replace(/^DIR = .*$/m, `DIR = '.'`) : answer.value.source
    return open(file.replaceAll('-', '_'), source)
  }
  async function openExample(id: string): Promise<Result<OpenProgram>> {
    const example = exampleOf(id)
    if (!example) return fail({ code: 'INVALID', field: 'example', message: `there is no example ${JSON.stringify(id)}: choose one of ${EXAMPLES.map((one) => one.id).join(', ')}` })
    return 'source' in example ? open(example.file, example.source) : openTwin(example.program, example.params)
  }

  return { programs, currentId, current, unkept, open, change, rename, close, openTwin, openExample }
})
