/** The images that docker-compose.yml names for the profile `cluster`. */
import type { TestContext } from 'node:test'
import { debian, ensureImage } from './stand-in.ts'

/** Like the official image: a user `redis` whose is /data, and no protected mode, since others connect. */
const REDIS = `
RUN ${debian('redis-server')} && mkdir /data && chown redis:redis /data
RUN printf '%s\\n' '#!/bin/sh' 'exec /usr/bin/redis-server "$@" --protected-mode no' > /usr/local/bin/redis-server \\
 && chmod 755 /usr/local/bin/redis-server
VOLUME /data
WORKDIR /data
CMD ["redis-server"]
`

/** Like the official image: the user, the place of the file, a master and a worker, and the signal that stops it. */
const HAPROXY = `
RUN ${debian('haproxy')} && mkdir -p /usr/local/etc/haproxy
RUN printf '%s\\n' '#!/bin/sh' 'case "$1" in -*) set -- haproxy "$@";; esac' \\
      'if [ "$1" = haproxy ]; then shift; set -- haproxy -W -db "$@"; fi' 'exec "$@"' \\
      > /usr/local/bin/docker-entrypoint.sh \\
 && chmod 755 /usr/local/bin/docker-entrypoint.sh
STOPSIGNAL SIGUSR1
USER haproxy
WORKDIR /var/lib/haproxy
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
`

export async function clusterImages(t: TestContext): Promise<void> {
  await ensureImage(t, { image: 'redis:7', tag: 'websocket-gateway-redis:test', lines: REDIS })
  await ensureImage(t, { image: 'haproxy:lts', tag: 'websocket-gateway-haproxy:test', lines: HAPROXY })
}
