/** Child processes for the launchers. */
import { spawn } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const at = (...parts) => join(ROOT, ...parts)

/**
 * Runs a program to its end. `output`: 'inherit' shows it, 'stderr' shows all of it on stderr (stdout stays clean),
 * 'keep' collects it. Resolves with the exit code (a signal counts as 1) and the collected text.
 */
export function run(command, args, { output = 'inherit', env, timeout, cwd = ROOT } = {}) {
  const stdio = output === 'inherit' ? 'inherit' : output === 'stderr' ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe']
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, stdio, timeout, env: { ...process.env, ...env } })
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (part) => { text += part })
    child.stderr?.setEncoding('utf8').on('data', (part) => { text += part })
    child.once('error', (error) => done({ code: 1, text: `${text}${error.message}` }))
    child.once('close', (code) => done({ code: code ?? 1, text }))
  })
}

/** Runs the script of an installed package with this very Node: no shell and no .cmd file, so Windows does the same. */
export const runScript = (script, args, options) => run(process.execPath, [at('node_modules', script), ...args], options)
