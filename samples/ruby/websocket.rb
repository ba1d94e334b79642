# A chat with rooms. The gateway asks it about each event: WS_LISTENER=http://127.0.0.1:8080/websocket
# To try it: WS_LISTENER_SECRET=… ruby websocket.rb (the gateway has the same secret; HOST and PORT may be set)
# It needs the gem webrick, which has not come with Ruby since 3.0.
require 'json'
require 'openssl'
require 'uri'
require 'webrick'

SECRET = ENV.fetch('WS_LISTENER_SECRET', '')
KEY = SECRET.start_with?('whsec_') ? SECRET.delete_prefix('whsec_').unpack1('m') : SECRET
abort 'WS_LISTENER_SECRET is not set' if KEY.empty? # anyone could sign with ''

def signed?(request)
  stamp = request['webhook-timestamp'].to_s
  mac = OpenSSL::HMAC.digest('SHA256', KEY, "#{request['webhook-id']}.#{stamp}.#{request.body}")
  good = "v1,#{[mac].pack('m0')}"
  # While the gateway's secret is being replaced it signs twice, with a blank between.
  given = request['webhook-signature'].to_s.split
  given.any? { |one| OpenSSL.secure_compare(one, good) } && (Time.now.to_i - stamp.to_i).abs <= 300
end

def query(text)
  URI.decode_www_form(text).to_h.reject { |_, value| value.empty? }
rescue ArgumentError # a % that stands for nothing
  {}
end

# Who is in a room, the gateway knows: each room is a group of it, also when this has been restarted.
def answer(event)
  case event
  in { event: 'handshake', conn: }
    asked = query(conn[:query])
    return 403, 'say who you are: ?name=NAME' unless asked['name']
    room = asked['room'] || 'lobby'
    return 403, 'the name of a room has at most 256 bytes' if room.bytesize > 256
    [200, { state: { name: asked['name'] }, join: [room] }]
  in { event: 'open', conn: { id:, state: { name: }, groups: [room, *] } }
    [200, { send: [{ to: id, message: { welcome: name, room: } }] }]
  in { event: 'message', conn: { id:, state: { name: }, groups: } }
    message = event[:encoding] ? nil : { from: name, text: event[:message] } # nil: no binary
    [200, { message:, groups:, except: [id] }]
  in { event: 'push' }
    event[:room] ? [200, { groups: [event[:room]] }] : [204, nil] # nil: to everyone
  in { event: 'close' }
    [204, nil]
  end
end

host, port = ENV.fetch('HOST', '127.0.0.1'), ENV.fetch('PORT', '8080').to_i
# WEBrick sends head and body in two packets; without NODELAY the second waits for the first one's receipt, 40 ms.
no_delay = ->(socket) { socket.setsockopt(:TCP, :NODELAY, true) }
server = WEBrick::HTTPServer.new(BindAddress: host, Port: port, AccessLog: [], AcceptCallback: no_delay)
server.mount_proc('/') do |request, response|
  # The same webhook-id comes again when the gateway has not got the answer. Nothing here minds; an application that
  # does, as it saves each message, makes it a unique key of that table.
  signed = signed?(request)
  status, content = signed ? answer(JSON.parse(request.body, symbolize_names: true)) : [401, 'not signed by the gateway']
  response.status = status
  response.content_type = content.is_a?(Hash) ? 'application/json' : 'text/plain'
  response.body = content.is_a?(Hash) ? JSON.generate(content) : content
end
trap('TERM') { server.shutdown }
trap('INT') { server.shutdown }
server.start
