/** The image that docker-compose.yml names for PHP. */
import type { TestContext } from 'node:test'
import { debian, ensureImage } from './stand-in.ts'

/** Like the official image: the same entry point, no php.ini, and `php` on the path. */
const LINES = `
RUN ${debian('php-cli', 'php-curl')} && rm -rf /etc/php/*/cli/php.ini
RUN printf '%s\\n' '#!/bin/sh' 'case "$1" in -*) set -- php "$@";; esac' 'exec "$@"' \\
      > /usr/local/bin/docker-php-entrypoint \\
 && chmod 755 /usr/local/bin/docker-php-entrypoint
ENTRYPOINT ["docker-php-entrypoint"]
CMD ["php", "-a"]
`

export async function phpImage(t: TestContext): Promise<void> {
  await ensureImage(t, { image: 'php:8-cli', tag: 'websocket-gateway-php:test', lines: LINES })
}
