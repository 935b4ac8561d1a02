/** `npm run -s lab -- ...`: the command line. Whatever getting ready has to say goes to stderr; stdout is the program's. */
import './lib/node-version.mjs'
import { pathToFileURL } from 'node:url'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'
import { at } from './lib/run.mjs'

await ensureDependencies()
await ensureBuilt()
// in this process, so that signals and the exit code are its own
await import(pathToFileURL(at('out/main/lab.js')).href)
