/** Addresses and networks, and the client's own address behind proxies (WS_TRUST_PROXY). */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { commaList } from '../comma-list.ts'
import type { Kind } from '../config/kinds.ts'

/** An address, or a network with its prefix length. */
export const networkText: Kind<string> = {
  takes: 'addresses such as 10.0.0.1 or networks such as 10.0.0.0/8 or fd00::/8',
  read: value => (parseNetwork(value) === undefined ? undefined : value),
}

interface Network {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

function parseNetwork(value: string): Network | undefined {
  const match = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(value)
  const address = plainAddress(match?.[1])
  const version = isIP(address)
  if (version === 0) return undefined
  const most = version === 4 ? 32 : 128
  const bits = match?.[2] === undefined ? most : Number(match[2])
  return bits > most ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** An IPv4 address that a dual-stack socket gives as `::ffff:127.0.0.1` is written plainly. */
export function plainAddress(address: string | undefined): string {
  return address === undefined ? '' : address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
}

/**
 * What an address counts as for a limit: itself, or of IPv6 its /64 network, since a client has all addresses of
 * one (RFC 6177).
 */
export function addressKey(ip: string): string {
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = (ip.split('%')[0] ?? '').toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  // A tail in IPv4's notation stands for two groups; it is past the first four in any case.
  const groups = right.length + (right.at(-1)?.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : 8 - left.length - groups
  const all = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right]
  return `${all
    .slice(0, 4)
    .map(group => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/** Where a request really comes from. */
export interface Origination {
  readonly ip: string
  /** Whether the client speaks TLS, to us or to a proxy that is trusted. */
  readonly secure: boolean
}

export class TrustedProxies {
  readonly #trusted = new BlockList()
  readonly #any: boolean

  constructor(networks: readonly string[]) {
    for (const network of networks.map(parseNetwork)) {
      if (network !== undefined) this.#trusted.addSubnet(network.address, network.bits, network.family)
    }
    this.#any = networks.length > 0
  }

  /**
   * Follows `X-Forwarded-For` from its end, as each trusted proxy has added to it, to the first address that is no
   * trusted proxy. What stands before that may be made up by the client.
   * @param peer the address at the other end of the TCP connection
   */
  origination(
    peer: string,
    secure: boolean,
    forwardedFor: string | string[] | undefined,
    forwardedProto: string | string[] | undefined,
  ): Origination {
    if (!this.#any || !this.trusts(peer)) return { ip: peer, secure }
    let ip = peer
    for (const hop of list(forwardedFor).reverse()) {
      const address = hopAddress(hop)
      if (address === undefined) break
      ip = address
      if (!this.trusts(address)) break
    }
    const scheme = list(forwardedProto).at(-1)?.toLowerCase()
    return { ip, secure: scheme === undefined ? secure : scheme === 'https' || scheme === 'wss' }
  }

  /** Whether this is the address of a trusted proxy. */
  trusts(address: string): boolean {
    const version = isIP(address)
    return version !== 0 && this.#trusted.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}

function list(header: string | string[] | undefined): string[] {
  return commaList(Array.isArray(header) ? header.join(',') : (header ?? ''))
}

/** An address as proxies write it: plain, or with a port behind it. */
function hopAddress(hop: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop
  const address = plainAddress(bare)
  return isIP(address) === 0 ? undefined : address
}
