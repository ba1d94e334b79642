// The application of the dashboard: it measures this machine each second, and pushes the figures to everyone.
import { cpus, freemem, totalmem } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { sendGatewayMessage } from 'websocket-gateway/client'

/** How long the processors have worked and idled, in milliseconds. */
function times() {
  const sum = { busy: 0, idle: 0 }
  for (const { times: spent } of cpus()) {
    sum.busy += spent.user + spent.nice + spent.sys + spent.irq
    sum.idle += spent.idle
  }
  return sum
}

export async function run() {
  let before = times()
  for (;;) {
    await pause(1000)
    const now = times()
    const [busy, idle] = [now.busy - before.busy, now.idle - before.idle]
    before = now
    const cpu = Math.round((100 * busy) / (busy + idle || 1))
    const memory = Math.round(100 * (1 - freemem() / totalmem()))
    try {
      await sendGatewayMessage('dashboard', { message: { time: Date.now(), cpu, memory } })
    } catch (error) {
      console.log(`dashboard: ${error.message}`)
    }
  }
}
