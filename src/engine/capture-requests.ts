/** What the capture requests of the contract do. */
import { fail } from '../shared/result'
import type { Handler } from './requests'

type Methods = 'capture.status' | 'capture.start' | 'capture.stop' | 'capture.save'

const unavailable = () => fail({ code: 'UNAVAILABLE', message: 'packets cannot be captured here' })

export const captureHandlers: { [M in Methods]: Handler<M> } = {
  'capture.status': unavailable,
  'capture.start': unavailable,
  'capture.stop': unavailable,
  'capture.save': unavailable,
}
