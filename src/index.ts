/** The types that a listener is written with. */
export type {
  Claims,
  CloseData,
  Connection,
  ConnectionRequest,
  Connections,
  Gateway,
  HandshakeData,
  HandshakeRequest,
  Listener,
  ListenerData,
  Log,
  OpenData,
  PushData,
  Recipient,
  State,
} from './listener/types.ts'
