/** One view of an instrument, as a tab. */
export interface PaneTab<P extends string> {
  value: P
  label: string
  badge?: string | number | undefined
}
