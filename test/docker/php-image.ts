/** The image that docker-compose.yml names for PHP. */
import type { TestContext } from 'node:test'
import { BASE, docker, LABEL, must, run } from './engine.ts'

const IMAGE = 'php:8-cli'

/** Keeps the layers of the stand-in for the next run. */
const TAG = 'websocket-gateway-php:test'

/**
 * Debian's PHP where the official image has its own: the same entry point, no php.ini, and `php` on the path. The
 * gateway's base image is there in any case.
 */
const STAND_IN = `
FROM ${BASE}
LABEL ${LABEL}=stand-in
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends php-cli php-curl \\
 && rm -rf /var/lib/apt/lists/* /etc/php/*/cli/php.ini
RUN printf '%s\\n' '#!/bin/sh' 'case "$1" in -*) set -- php "$@";; esac' 'exec "$@"' \\
      > /usr/local/bin/docker-php-entrypoint \\
 && chmod 755 /usr/local/bin/docker-php-entrypoint
ENTRYPOINT ["docker-php-entrypoint"]
CMD ["php", "-a"]
`

/**
 * Sees to it that the image is there. Where it can neither be found nor pulled, a stand-in has its name until the
 * test ends.
 */
export async function phpImage(t: TestContext): Promise<void> {
  const label = `{{index .Config.Labels "${LABEL}"}}`
  const found = await run('docker', ['image', 'inspect', '--format', label, IMAGE])
  // One that an interrupted run has left behind is not taken for the official one.
  if (found.code === 0 && found.out.trim() !== 'stand-in') return
  if (found.code === 0) await docker('rmi', IMAGE)
  const pulled = await run('docker', ['pull', IMAGE])
  if (pulled.code === 0) return
  t.diagnostic(`${IMAGE} cannot be pulled (${pulled.err.trim()}): a stand-in of Debian's PHP takes its place`)
  await must('docker', ['build', '-t', TAG, '-'], { input: STAND_IN })
  await docker('tag', TAG, IMAGE)
  // The layers stay under the other name.
  t.after(() => docker('rmi', IMAGE))
}
