/** `npm run build`: every edition into out/, unless out/ is that of these very sources. */
import './lib/node-version.mjs'
import { ensureBuilt, ensureDependencies } from './lib/ensure.mjs'

await ensureDependencies()
await ensureBuilt()
