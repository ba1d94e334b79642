/** The commands, in the order and groups that `gateway --help` shows. Each is loaded when it is called. */
import type { Command } from './command.ts'

export type Commands = Readonly<Record<string, () => Promise<Command>>>

export const GROUPS: Readonly<Record<string, Commands>> = {
  'Push, and try out': {
    push: async () => (await import('./push.ts')).push,
    connect: async () => (await import('./connect.ts')).connect,
  },
  'The life cycle': {
    start: async () => (await import('./life-cycle.ts')).start,
    stop: async () => (await import('./life-cycle.ts')).stop,
    restart: async () => (await import('./life-cycle.ts')).restart,
    reload: async () => (await import('./life-cycle.ts')).reload,
  },
  'See what goes on': {
    status: async () => (await import('./status.ts')).status,
    top: async () => (await import('./top.ts')).top,
    logs: async () => (await import('./logs.ts')).logs,
    trace: async () => (await import('./trace.ts')).trace,
    list: async () => (await import('./list.ts')).list,
  },
  'Who is connected': {
    connections: async () => (await import('./connections.ts')).connections,
    groups: async () => (await import('./groups.ts')).groups,
    close: async () => (await import('./close.ts')).close,
    renew: async () => (await import('./renew.ts')).renew,
  },
  'Set up': {
    config: async () => (await import('./config.ts')).config,
    types: async () => (await import('./types.ts')).types,
    token: async () => (await import('./token.ts')).token,
    completion: async () => (await import('./completion.ts')).completion,
    health: async () => (await import('./health.ts')).health,
  },
}

/** All of them, by name. */
export const COMMANDS: Commands = Object.assign({}, ...Object.values(GROUPS))
