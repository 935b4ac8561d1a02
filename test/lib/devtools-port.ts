/** Chromium writes the DevTools port it chose into its profile. */
import { existsSync } from 'node:fs'
import { readFile, watch } from 'node:fs/promises'
import { join } from 'node:path'

export async function devtoolsPort(profile: string): Promise<string> {
  const file = join(profile, 'DevToolsActivePort')
  const read = async (): Promise<string | undefined> => (existsSync(file) ? (await readFile(file, 'utf8')).split('\n')[0] || undefined : undefined)
  const signal = AbortSignal.timeout(60_000)
  const changes = watch(profile, { signal })
  const found = await read()
  if (found) return found
  for await (const _change of changes) {
    const port = await read()
    if (port) return port
  }
  throw new Error('Chromium gave no DevTools port')
}
