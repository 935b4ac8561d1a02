import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

// the engine's worker gets the same arguments of Node, but has no use for Electron
if (isMainThread) register(new URL('./hooks.mjs', import.meta.url))
