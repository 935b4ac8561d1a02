/** What the capture requests of the contract do. */
import { ok } from '../shared/result'
import type { Handler } from './requests'

type Methods = 'capture.status' | 'capture.start' | 'capture.stop' | 'capture.save'

export const captureHandlers: { [M in Methods]: Handler<M> } = {
  'capture.status': async (engine, { fresh }) => ok(await engine.captures.status(fresh)),
  'capture.start': (engine, options) => engine.captures.start(options),
  'capture.stop': async (engine) => ok(await engine.captures.stop()),
  'capture.save': (engine, { session, offset, len }) => {
    const source = engine.source(session)
    return source.ok ? engine.captureFiles.read(source.value, offset, len) : source
  },
}
