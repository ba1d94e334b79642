/** The colours of style/theme.css for what is drawn on a canvas. */

export interface Palette {
  readonly muted: string
  readonly line: string
  /** Below the first line. */
  readonly fill: string
  readonly series: readonly string[]
}

/** Those that are in force now, light or dark. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  return {
    muted: colour('--muted'),
    line: colour('--line'),
    fill: colour('--accent-faint'),
    series: [colour('--accent'), colour('--second'), colour('--muted')],
  }
}
