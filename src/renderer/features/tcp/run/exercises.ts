/** The servers of the courses, as the start form holds them. */
export const EXERCISES = {
  ack: { host: '0.0.0.0', port: 9999, behaviour: 'ack', model: 'threads', backlog: 5, reuseaddr: true },
  echo: { host: '127.0.0.1', port: 50_007, behaviour: 'echo', model: 'iterative', backlog: 1, reuseaddr: false },
  upper: { host: '127.0.0.1', port: 9999, behaviour: 'upper', model: 'threads', backlog: 5, reuseaddr: true },
  sum: { host: '127.0.0.1', port: 9999, behaviour: 'sum', model: 'threads', backlog: 5, reuseaddr: true },
} as const
export type ExerciseId = keyof typeof EXERCISES
