import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

/** The projects that open sockets, and their files. */
const SOCKETS: Record<string, string[]> = {
  integration: ['test/integration/**/*.test.ts'], interop: ['test/interop/**/*.test.ts'], python: ['test/interop/python-*.test.ts'], e2e: ['test/e2e/**/*.test.ts'],
}

/**
 * Projects by what they need: `unit` and `renderer` need nothing; `fuzz` makes a short
 * run of what `npm run test:long` does at length; `integration` real loopback sockets; `interop` real peers
 * (python3, ncat, curl, tcpdump, strace); `python` both: the lab's Python beside python3; `e2e` the built product and a
 * Chromium. The last four run one file at a time, because what they look at (ports, the connection table, captures) belongs
 * to the whole machine.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          setupFiles: ['test/lib/seed.ts'],
          include: ['test/unit/**/*.test.ts'],
          exclude: ['test/unit/renderer/**'],
          testTimeout: 30_000,
        },
      },
      {
        plugins: [vue()],
        test: {
          name: 'renderer',
          environment: 'happy-dom',
          setupFiles: ['test/lib/seed.ts'],
          include: ['test/unit/renderer/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'fuzz',
          environment: 'node',
          pool: 'forks' as const,
          include: ['test/fuzz/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      // minutes or hours: only where they are asked for
      ...(process.env.SOAK_MINUTES ? [{ test: { name: 'soak', environment: 'node' as const, fileParallelism: false, include: ['test/soak/**/*.test.ts'], hookTimeout: 120_000 } }] : []),
      ...Object.entries(SOCKETS).map(([name, include]) => ({
        test: {
          name,
          environment: 'node',
          // koffi is a native library: a process of its own per file, so that one file's trouble stays with it
          pool: 'forks' as const,
          setupFiles: ['test/lib/seed.ts'],
          // other programs, a browser and two busy processors take part: what fails once is tried once more, and vitest says so
          retry: process.env.CI ? 1 : 0,
          fileParallelism: false,
          include,
          exclude: name === 'interop' ? SOCKETS.python : [],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
    ],
  },
})
