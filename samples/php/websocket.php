<?php
// A chat with rooms. The gateway asks it about each event: WS_LISTENER=http://127.0.0.1:8080/websocket
// To try it: WS_LISTENER_SECRET=… php -S 127.0.0.1:8080 websocket.php (the gateway has the same secret)
ini_set('display_errors', '0'); // a warning within an answer would break its JSON; it goes to PHP's log
// What is missing in an event is an error, and a 500, not just a warning.
set_error_handler(fn (int $no, string $text, string $file, int $line) => throw new ErrorException($text, 0, $no, $file, $line));

function answer(int $status, array|string $body = ''): never
{
    http_response_code($status);
    header('Content-Type: ' . (is_array($body) ? 'application/json' : 'text/plain'));
    // Thrown: what cannot be written must not become an empty answer, which lets everyone in and sends to everyone.
    // Unescaped: \u00e9 for each é would be three times as long.
    $how = JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE;
    echo is_array($body) ? json_encode($body, $how) : $body;
    exit;
}

$secret = (string) getenv('WS_LISTENER_SECRET');
$key = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6), true) : $secret;
if (!$key) throw new RuntimeException('WS_LISTENER_SECRET is not set, or no secret'); // anyone could sign with ''

[$id, $time, $given] = array_map(fn ($name) => $_SERVER["HTTP_WEBHOOK_$name"] ?? '', ['ID', 'TIMESTAMP', 'SIGNATURE']);
$body = file_get_contents('php://input');
$signature = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
// While the gateway's secret is being replaced it signs twice, with a blank between.
$matching = array_filter(explode(' ', $given), fn ($one) => hash_equals($signature, $one));
if (!$matching || abs(time() - (int) $time) > 300) answer(401, 'not signed by the gateway');
// The same $id comes again when the gateway has not got the answer. Nothing here minds; an application that does,
// as it saves each message, makes $id a unique key of that table.

$event = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
$conn = $event['conn'] ?? null; // a push has none
// Who is in a room, the gateway knows: each room is a group of it, also when this has been restarted.
switch ($event['event']) {
    case 'handshake':
        parse_str($conn['query'], $query);
        $text = fn (string $key) => is_string($query[$key] ?? null) ? $query[$key] : ''; // ?name[]= is an array
        if ($text('name') === '') answer(403, 'say who you are: ?name=NAME');
        $room = $text('room') === '' ? 'lobby' : $text('room');
        if (strlen($room) > 256) answer(403, 'the name of a room has at most 256 bytes');
        answer(200, ['state' => ['name' => $text('name')], 'join' => [$room]]);
    case 'open':
        $welcome = ['welcome' => $conn['state']['name'], 'room' => $conn['groups'][0]];
        answer(200, ['send' => [['to' => $conn['id'], 'message' => $welcome]]]);
    case 'message':
        $message = ['from' => $conn['state']['name'], 'text' => $event['message']];
        if (isset($event['encoding'])) $message = null; // a binary message: to nobody
        answer(200, ['message' => $message, 'groups' => $conn['groups'], 'except' => [$conn['id']]]);
    case 'push':
        if (isset($event['room'])) answer(200, ['groups' => [$event['room']]]);
}
answer(204); // a push without a room goes to everyone
