/** The event object that Electron gives to listeners that may say no. */
export interface Preventable {
  readonly defaultPrevented: boolean
  preventDefault(): void
}

export function preventable<T extends object>(fields?: T): Preventable & T {
  let prevented = false
  return Object.defineProperties({ ...fields } as Preventable & T, {
    defaultPrevented: { get: () => prevented },
    preventDefault: { value: () => { prevented = true } },
  })
}
