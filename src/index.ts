/** The types that a listener is written with. */
export type {
  CloseData,
  Connection,
  ConnectionRequest,
  Connections,
  Gateway,
  Listener,
  ListenerData,
  Log,
  OpenData,
  PushData,
  Recipient,
  State,
} from './listener/types.ts'
