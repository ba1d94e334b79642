/** Chromium as the pictures want it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { withPalette } from './palette.ts'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** In milliseconds. A busy machine takes its time. */
const PATIENCE = 120_000
const SCALE = 1.5

const IMAGES = new URL('../../docs/images/', import.meta.url).pathname

/**
 * Starts it. Where a page asks for the system's font it gets Inter and JetBrains Mono where they are installed
 * (Debian: fonts-inter, fonts-jetbrains-mono), which are more like what readers have than the fonts of a bare server.
 * @param folder for its files
 */
export async function startBrowser(folder: string): Promise<Browser> {
  const fonts = join(folder, 'fonts.conf')
  const prefer = (name: string, first: readonly string[]): string =>
    `<match><test name="family"><string>${name}</string></test><edit name="family" mode="prepend" binding="strong">` +
    `${first.map(font => `<string>${font}</string>`).join('')}</edit></match>`
  const sans = ['Inter', 'Liberation Sans']
  const rules = [
    ...['system-ui', 'sans-serif', 'sans'].map(name => prefer(name, sans)),
    ...['ui-monospace', 'monospace'].map(name => prefer(name, ['JetBrains Mono', 'DejaVu Sans Mono'])),
  ]
  writeFileSync(
    fonts,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>` +
      `<include>/etc/fonts/fonts.conf</include>${rules.join('')}</fontconfig>`,
  )
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    env: { ...process.env, FONTCONFIG_FILE: fonts } as Record<string, string>,
    timeout: PATIENCE,
  })
}

/** Opens an empty page of that size in CSS pixels. */
export async function openPage(
  browser: Browser,
  [width, height]: readonly [number, number],
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: SCALE,
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE)
  return context.newPage()
}

/** Pictures by their names. They are made small last of all, since that would hold up the traffic that they show. */
export class Pictures {
  readonly #taken = new Map<string, Buffer>()

  /** Takes one of what is to be seen. */
  async take(what: Page | Locator, name: string): Promise<void> {
    this.#taken.set(name, await what.screenshot({ omitBackground: true, caret: 'hide', timeout: PATIENCE }))
  }

  /** Writes all of them, as docs/images/NAME.png. */
  save(): void {
    mkdirSync(IMAGES, { recursive: true })
    for (const [name, taken] of this.#taken) {
      const png = withPalette(taken)
      writeFileSync(join(IMAGES, `${name}.png`), png)
      console.log(`docs/images/${name}.png: ${Math.round(png.length / 1000)} kB`)
    }
  }
}
