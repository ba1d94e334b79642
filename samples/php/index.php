<?php
// The page: its script connects the visitor to the gateway, and its lower form pushes a text to everyone.
declare(strict_types=1);

/**
 * Pushes through the gateway's control socket.
 * @return int how many connections it has reached
 */
function push(array $data): int
{
    $curl = curl_init('http://gateway/push');
    curl_setopt_array($curl, [
        CURLOPT_UNIX_SOCKET_PATH => '/run/gateway/php.sock',
        CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
        CURLOPT_POSTFIELDS => json_encode($data, JSON_THROW_ON_ERROR),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 10,
    ]);
    $text = curl_exec($curl);
    if ($text === false) {
        throw new RuntimeException('the gateway cannot be reached: ' . curl_error($curl));
    }
    $answer = json_decode($text, true);
    if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) {
        throw new RuntimeException('the gateway has refused: ' . ($answer['detail'] ?? $text));
    }
    return $answer['recipients'];
}

function say(int $status, string $text): never
{
    http_response_code($status);
    header('Content-Type: text/plain; charset=utf-8');
    exit("$text\n");
}

if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    // A browser tells which page a form is of; one of another site is not to push here.
    $origin = $_SERVER['HTTP_ORIGIN'] ?? null;
    if ($origin !== null && preg_replace('~^https?://~', '', $origin) !== $_SERVER['HTTP_HOST']) {
        say(403, 'this form is not of this page');
    }
    $text = $_POST['text'] ?? '';
    if (!is_string($text) || $text === '') {
        say(400, 'text is missing');
    }
    try {
        $count = push(['message' => $text]);
        say(200, $count === 1 ? 'pushed to 1 connection' : "pushed to $count connections");
    } catch (RuntimeException | JsonException $error) {
        error_log((string) $error);
        say(503, $error->getMessage());
    }
}

// PHP_GATEWAY_PORT may have an address before the port.
preg_match('/\d+$/', (string) getenv('PHP_GATEWAY_PORT'), $found);
$port = $found[0] ?? '10127';
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>A chat in PHP</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem }
  ol { min-height: 10rem; padding: .5rem 1rem; border: 1px solid #999; list-style: none }
  label { margin-right: 1rem }
  output { display: block }
</style>
<h1>A chat in PHP</h1>
<form id="enter">
  <label>Name <input name="name" required></label>
  <label>Room <input name="room" value="lobby"></label>
  <button>Connect</button>
</form>
<ol id="seen" aria-live="polite"></ol>
<form id="send">
  <label>Message to the room <input name="text" required disabled></label>
  <button disabled>Send</button>
</form>
<h2>From the application</h2>
<form id="push" method="post">
  <label>Push to everyone <input name="text" required></label>
  <button>Push</button>
  <output></output>
</form>
<script>
  const port = <?= $port ?>

  const byId = id => document.getElementById(id)
  let socket

  function show(text) {
    const line = document.createElement('li')
    line.textContent = text
    byId('seen').append(line)
  }

  function describe(data) {
    let message
    try {
      message = JSON.parse(data)
    } catch {
      return data   // a push is any text
    }
    if (message?.welcome !== undefined) return `You are ${message.welcome}, in ${message.room}`
    return message?.from === undefined ? data : `${message.from}: ${message.text}`
  }

  function enable(is) {
    for (const element of byId('send').elements) element.disabled = !is
  }

  byId('enter').onsubmit = event => {
    event.preventDefault()
    socket?.close()
    const query = new URLSearchParams(new FormData(event.target))
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const own = socket = new WebSocket(`${scheme}://${location.hostname}:${port}/?${query}`)
    own.onopen = () => enable(true)
    own.onmessage = ({ data }) => show(describe(data))
    own.onclose = ({ code }) => {
      show(`The connection is closed (${code})`)
      if (own === socket) enable(false)
    }
  }

  byId('send').onsubmit = event => {
    event.preventDefault()
    const { text } = event.target.elements
    socket.send(text.value)
    show(`You: ${text.value}`)
    text.value = ''
  }

  // By the script, so that the page and its connection stay.
  byId('push').onsubmit = async event => {
    event.preventDefault()
    const output = event.target.querySelector('output')
    try {
      const response = await fetch('', { method: 'POST', body: new FormData(event.target) })
      output.textContent = (await response.text()).trim()
    } catch (error) {
      output.textContent = `the page cannot be reached: ${error.message}`
    }
  }
</script>
