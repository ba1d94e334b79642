/** Images that docker-compose.yml names, where no registry can be reached. */
import type { TestContext } from 'node:test'
import { BASE, docker, LABEL, must, run } from './engine.ts'

export interface StandIn {
  /** The official image, such as `redis:7`. */
  readonly image: string
  /** A second name of the stand-in: it keeps the layers for the next run. */
  readonly tag: string
  /** The Dockerfile's lines after FROM: Debian's package in the place of the official image's own build. */
  readonly lines: string
}

/** The words of RUN that install packages of Debian. */
export function debian(...packages: string[]): string {
  return [
    'apt-get update',
    `DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages.join(' ')}`,
    'rm -rf /var/lib/apt/lists/*',
  ].join(' && ')
}

/**
 * Sees to it that the image is there. Where it can neither be found nor pulled, a stand-in has its name until the
 * test ends. The gateway's base image, which the stand-in is made from, is there in any case.
 */
export async function ensureImage(t: TestContext, { image, tag, lines }: StandIn): Promise<void> {
  const label = `{{index .Config.Labels "${LABEL}"}}`
  const found = await run('docker', ['image', 'inspect', '--format', label, image])
  // One that an interrupted run has left behind is not taken for the official one.
  if (found.code === 0 && found.out.trim() !== 'stand-in') return
  if (found.code === 0) await docker('rmi', image)
  const pulled = await run('docker', ['pull', image])
  if (pulled.code === 0) return
  t.diagnostic(`${image} cannot be pulled (${pulled.err.trim()}): a stand-in of Debian's takes its place`)
  await must('docker', ['build', '-t', tag, '-'], {
    input: `FROM ${BASE}\nLABEL ${LABEL}=stand-in\n${lines}`,
  })
  await docker('tag', tag, image)
  // The layers stay under the other name.
  t.after(() => docker('rmi', image))
}
