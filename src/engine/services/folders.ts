/** Folders of this machine: the one that ships with the lab, the one that a person chose, and what is in it to choose from. */
import { existsSync } from 'node:fs'
import { access, constants, readdir, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FolderListing } from '../../shared/contract/contract'
import { fail, ok, type Result } from '../../shared/result'
import { LIMITS } from '../policy/limits'
import { OsError } from '../programs/program'

/** resources/sample-site, beside src/ in a checkout and beside out/ in a build. */
export function sampleSite(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const folder = join(at, 'resources', 'sample-site')
    if (existsSync(folder)) return folder
    if (at === dirname(at)) throw new Error('resources/sample-site is missing')
  }
}

/** What a person typed as a folder: '' is the sample, ~ the home folder. */
export const folderNamed = (text: string): string =>
  (text.trim() === '' ? sampleSite() : resolve(text.trim().replace(/^~(?=$|[/\\])/, homedir())))

/** The real path of a folder that can be read. Throws an OsError of 'opendir' where it is none. */
export async function openFolder(text: string): Promise<string> {
  const path = folderNamed(text)
  try {
    const real = await realpath(path)
    if (!(await stat(real)).isDirectory()) throw new OsError('ENOTDIR', 'opendir', { path })
    await access(real, constants.R_OK | constants.X_OK)
    return real
  } catch (error) {
    if (error instanceof OsError) throw error
    throw new OsError((error as NodeJS.ErrnoException).code ?? 'EIO', 'opendir', { path })
  }
}

/** The names of the folders in a folder, and nothing of what is in its files. */
export async function listFolders(text: string): Promise<Result<FolderListing>> {
  try {
    const path = await openFolder(text)
    const entries = await readdir(path, { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort((a, b) => a.localeCompare(b))
    const parent = dirname(path)
    return ok({
      path, home: homedir(), sample: sampleSite(),
      ...(parent === path ? {} : { parent }),
      folders: folders.slice(0, LIMITS.listedEntries), more: Math.max(0, folders.length - LIMITS.listedEntries),
      files: entries.length - folders.length,
      index: entries.some(({ name }) => name === 'index.html'),
    })
  } catch (error) {
    if (!(error instanceof OsError)) throw error
    return fail({ code: error.errno, syscall: error.syscall, field: 'dir', message: `${error.message}: ${folderNamed(text)}`, detail: { path: folderNamed(text) } })
  }
}
