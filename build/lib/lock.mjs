/** One launcher at a time installs or builds: a script may well start a server and a client at once on a fresh clone. */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from './run.mjs'

/** Outside the project: `npm ci` empties node_modules. One per checkout. */
const FILE = join(tmpdir(), `socketscope-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}.lock`)
const LOOK_AGAIN = 200

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Whether the lock is ours now. One left by a process that is gone is taken over. */
function take() {
  try {
    writeFileSync(FILE, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  try {
    const owner = Number(readFileSync(FILE, 'utf8'))
    // an empty file is one that its owner is about to write
    if (owner && !isAlive(owner)) rmSync(FILE, { force: true })
  } catch (error) {
    if (error.code !== 'ENOENT') throw error // released in between
  }
  return false
}

export async function withLock(action) {
  while (!take()) await delay(LOOK_AGAIN)
  const release = () => rmSync(FILE, { force: true })
  // the action may end the process
  process.once('exit', release)
  try {
    return await action()
  } finally {
    process.off('exit', release)
    release()
  }
}
