/** Session files that the person opened from the desktop: each becomes an address of our own origin, readable once. */
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { basename, extname } from 'node:path'
import type { OpenedFile } from '../shared/contract/host'

export const SESSION_EXTENSION = '.socketscope'
const PREFIX = '/opened/'

/** The first session file among a command line's arguments. */
export function sessionFileIn(argv: readonly string[]): string | undefined {
  return argv.slice(1).find((arg) => extname(arg).toLowerCase() === SESSION_EXTENSION && isFile(arg))
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

export class OpenedFiles {
  readonly #paths = new Map<string, string>()

  /** Lets the page read `path` at the address answered. */
  offer(path: string): OpenedFile {
    const id = randomUUID()
    this.#paths.set(id, path)
    return { name: basename(path), url: `${PREFIX}${id}` }
  }

  /** The path behind an address's path, which is then used up. */
  take(pathname: string): string | undefined {
    if (!pathname.startsWith(PREFIX)) return undefined
    const id = pathname.slice(PREFIX.length)
    const path = this.#paths.get(id)
    this.#paths.delete(id)
    return path
  }
}
