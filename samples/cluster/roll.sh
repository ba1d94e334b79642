#!/bin/sh
# Replaces the nodes of the profile `cluster` one after the other, by what is in this folder now: a new image, new
# variables. The next node's turn comes when the proxy sends clients to all of them again; a node that does not come
# up ends this, and the others stay as they are.
#
#   samples/cluster/roll.sh                         with docker compose
#   COMPOSE=docker-compose samples/cluster/roll.sh
set -eu
cd "$(dirname "$0")/../.."

compose() { ${COMPOSE:-docker compose} --profile cluster "$@"; }

# Runs in the new node: it takes clients, and the proxy sends them to all three.
wait_for_all='
const end = Date.now() + 60_000
const ask = url => fetch(url).then(async answer => [answer.status, (await answer.text()).trim()].join(" "), String)
for (;;) {
  const seen = [await ask("http://127.0.0.1:10125/healthz"), await ask("http://haproxy:10126/nodes")]
  if (seen[0].startsWith("200 ") && seen[1] === "200 3") break
  if (Date.now() > end) {
    console.error(`it is not up after a minute: it says ${seen[0]}; of all nodes, the proxy says ${seen[1]}`)
    process.exit(1)
  }
  await new Promise(resolve => setTimeout(resolve, 200))
}'

for node in gateway-1 gateway-2 gateway-3; do
  compose up --detach --no-deps --build --force-recreate "$node"
  if ! compose exec -T "$node" node --input-type=module --eval "$wait_for_all"; then
    echo "$node did not come up; its log says why. The nodes after it are as they were." >&2
    exit 1
  fi
done
