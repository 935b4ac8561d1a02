/**
 * What stands for `vitest` in the bundle that runs on Windows' node: vitest's own runner and assertions, without its processes,
 * workers and transforms, whose native parts are not there.
 */
import { ASYMMETRIC_MATCHERS_OBJECT, chai, customMatchers, getState, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from '@vitest/expect'
import type { ExpectStatic, MatcherState } from '@vitest/expect'

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner'

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

const here = ((value: unknown, message?: string) => chai.expect(value, message)) as unknown as ExpectStatic
const globals = globalThis as unknown as Record<symbol, object>
Object.assign(here, chai.expect, globals[ASYMMETRIC_MATCHERS_OBJECT])
here.getState = () => getState(here) as MatcherState
here.setState = (state) => setState(state as MatcherState, here)
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null } as Partial<MatcherState>, here)
Object.defineProperty(globals, GLOBAL_EXPECT, { value: here })
;(chai.expect as unknown as { extend(to: ExpectStatic, matchers: object): void }).extend(here, customMatchers)

/** expect.poll(f).matcher(...): again and again until it holds. */
Object.assign(here, {
  poll: (read: () => unknown, options?: { timeout?: number }) => new Proxy({}, {
    get: (_target, matcher: string) => (...wanted: unknown[]) => vi.waitFor(async () => {
      const assertion = chai.expect(await read()) as unknown as Record<string, (...args: unknown[]) => unknown>
      return assertion[matcher]!(...wanted)
    }, options),
  }),
})
export const expect = here

const LOOK_AGAIN = 20

export const vi = {
  async waitUntil<T>(condition: () => T | Promise<T>, { timeout = 10_000 } = {}): Promise<T> {
    for (const until = performance.now() + timeout; ;) {
      const value = await condition()
      if (value) return value
      if (performance.now() > until) throw new Error('waitUntil: it never came')
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
    }
  },
  async waitFor<T>(action: () => T | Promise<T>, { timeout = 10_000 } = {}): Promise<T> {
    for (const until = performance.now() + timeout; ;) {
      try {
        return await action()
      } catch (error) {
        if (performance.now() > until) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
    }
  },
}
