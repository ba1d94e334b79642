# The gateway's image. It builds with BuildKit and with the legacy builder: no RUN --mount, no COPY --chmod.

# A release gives it with its digest, so that the same sources make the same image: docs/releasing.md.
ARG BASE=node:24-bookworm-slim

# What the gateway needs when it runs, and nothing more. No package's install script runs.
FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Types, TypeScript sources and source maps are a third of it, and nothing at run time reads them.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' \) -delete

# src → dist, and the tree of /app as it will be.
FROM ${BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build scripts/build
COPY docs/openapi.yaml docs/
COPY src src
RUN npm run build
COPY LICENSE ./
COPY listener listener
COPY healthcheck healthcheck
# Readable for every user, whatever umask the checkout was made with.
RUN mkdir /out \
 && cp -R package.json LICENSE dist listener healthcheck /out/ \
 && chmod -R u=rwX,go=rX /out \
 && chmod 755 /out/dist/cli/main.cjs /out/healthcheck/healthcheck

FROM ${BASE}
LABEL org.opencontainers.image.title="websocket-gateway" \
      org.opencontainers.image.description="A WebSocket gateway in one container: browsers connect, a small listener file decides who gets what, and your application pushes." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
ENV NODE_ENV=production
WORKDIR /app
# The code is root's, so the gateway cannot change it; it writes to the two volumes alone.
RUN mkdir logs run \
 && chown node:node logs run \
 && ln -s /app/dist/cli/main.cjs /usr/local/bin/gateway
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /out ./

USER node
EXPOSE 10125
# Not the listener: compose keeps anonymous volumes, so one that a derived image brings would stay an old one.
VOLUME ["/app/logs", "/app/run"]
STOPSIGNAL SIGTERM
# `gateway health` asks over the control socket, so it also finds a gateway whose event loop is stuck.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=2 CMD ["/app/healthcheck/healthcheck"]
# Node itself is PID 1 and gets the signals; npm or a shell would not hand them on.
ENTRYPOINT []
CMD ["node", "dist/main.js"]
