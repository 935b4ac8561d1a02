/** The lines of Python that the Bytes page shows, and what python3 answers to them. */
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { assignment, pythonOf } from '../../../src/renderer/features/bytes/text-result'

/** What an interactive python3 answers to the lines, one after another. */
function session(lines: { code: string }[]): string[] {
  const program = `
import sys, json, struct, zlib
names, out = {}, []
for code in json.load(sys.stdin):
    try:
        try: value = eval(code, names)
        except SyntaxError:
            exec(code, names)
            out.append('')
        else: out.append(repr(value))
    except Exception as e: out.append(type(e).__name__ + ': ' + str(e))
json.dump(out, sys.stdout)`
  const run = spawnSync('python3', ['-c', program], { input: JSON.stringify(lines.map((line) => line.code)), encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  return JSON.parse(run.stdout) as string[]
}

describe('the lines of Python', () => {
  it('are answered by python3 as they are here', () => {
    const data = Uint8Array.of(0x48, 0x69, 0xff)
    const lines = [
      ...pythonOf('encode', 'utf-8', '한글 😀'), ...pythonOf('encode', 'cp949', 'a😀'), ...pythonOf('decode', 'utf-8', data),
      ...pythonOf('decode', 'latin-1', data), ...pythonOf('encode', 'utf-16', 'A'), ...pythonOf('encode', 'ascii', 'é é'),
      ...[[0, 74], [-1, 0], [3, 0], [0, 256], [0, -1]].flatMap(([index, value]) => assignment(data, index!, value!)),
    ]
    expect(lines.map((line) => ('result' in line && line.result) || '')).toEqual(session(lines))
  })
})
