"""A chat with rooms. The gateway asks it about each event: WS_LISTENER=http://127.0.0.1:8080/websocket
To try it: WS_LISTENER_SECRET=… python3 websocket.py (the gateway has the same secret; HOST and PORT may be set)"""
import base64, hmac, json, os, sys, time, traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

SECRET = os.environ.get('WS_LISTENER_SECRET', '')
KEY = base64.b64decode(SECRET[6:]) if SECRET.startswith('whsec_') else SECRET.encode()
if not KEY:
    sys.exit('WS_LISTENER_SECRET is not set')  # anyone could sign with ''


def is_signed(headers, body):
    stamp = headers.get('webhook-timestamp', '')
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    good = b'v1,' + base64.b64encode(hmac.digest(KEY, signed, 'sha256'))
    # While the gateway's secret is being replaced it signs twice, with a blank between.
    given = headers.get('webhook-signature', '').encode().split(b' ')
    return any(hmac.compare_digest(good, one) for one in given) and abs(time.time() - int(stamp)) <= 300


def answer(event):
    """Who is in a room, the gateway knows: each room is a group of it, also when this has been restarted."""
    conn = event.get('conn')  # a push has none
    match event['event']:
        case 'handshake':
            query = dict(parse_qsl(conn['query']))
            if 'name' not in query:
                return 403, 'say who you are: ?name=NAME'
            room = query.get('room', 'lobby')
            if len(room.encode()) > 256:
                return 403, 'the name of a room has at most 256 bytes'
            return 200, {'state': {'name': query['name']}, 'join': [room]}
        case 'open':
            welcome = {'welcome': conn['state']['name'], 'room': conn['groups'][0]}
            return 200, {'send': [{'to': conn['id'], 'message': welcome}]}
        case 'message':
            message = {'from': conn['state']['name'], 'text': event['message']}
            if 'encoding' in event:
                message = None  # a binary message: to nobody
            return 200, {'message': message, 'groups': conn['groups'], 'except': [conn['id']]}
        case 'push' if event.get('room') is not None:
            return 200, {'groups': [event['room']]}
    return 204, ''  # a push without a room goes to everyone


class Chat(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'  # connections are kept, so that not each event needs a new one
    wbufsize = -1  # head and body leave in one packet; in two, the second waits for the first one's receipt, 40 ms

    def do_POST(self):
        # The same webhook-id comes again when the gateway has not got the answer. Nothing here minds; an application
        # that does, as it saves each message, makes it a unique key of that table.
        body = self.rfile.read(int(self.headers['Content-Length']))
        try:
            signed = is_signed(self.headers, body)
            status, content = answer(json.loads(body)) if signed else (401, 'not signed by the gateway')
            # As it is: \u00e9 for each é would be three times as long.
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        except Exception:  # without an answer, the gateway would take it to be away and ask again
            traceback.print_exc()
            status, content, text = 500, '', ''
        self.send_response(status)
        if status != 204:  # which has neither
            self.send_header('Content-Type', 'text/plain' if text is content else 'application/json')
            self.send_header('Content-Length', str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == '__main__':
    ThreadingHTTPServer.request_queue_size = 128  # 5 are fewer than the gateway may connect at a time
    address = os.environ.get('HOST', '127.0.0.1'), int(os.environ.get('PORT', '8080'))
    ThreadingHTTPServer(address, Chat).serve_forever()
