/** What the push form sends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readName, shownName } from '../../src/browser/console/name.ts'
import { type PushForm, pushBody } from '../../src/browser/console/push-body.ts'

const blank: PushForm = {
  kind: 'text',
  message: 'hello',
  toEveryone: true,
  connections: '',
  groups: '',
  users: '',
  except: '',
  more: '',
}

test('a form becomes the body of a push', () => {
  assert.deepEqual(pushBody(blank), { message: 'hello' })
  assert.deepEqual(pushBody({ ...blank, users: 'left over' }), { message: 'hello' })
  assert.deepEqual(pushBody({ ...blank, kind: 'json', message: '[1]' }), { message: [1] })
  assert.deepEqual(pushBody({ ...blank, kind: 'base64', message: 'aGk=' }), {
    message: 'aGk=',
    encoding: 'base64',
  })
  assert.deepEqual(
    pushBody({
      ...blank,
      toEveryone: false,
      groups: 'a b\n\n c\n',
      except: 'x-1',
      more: '{"room":1,"message":2}',
    }),
    { message: 'hello', groups: ['a b', ' c'], except: ['x-1'], room: 1 },
  )
})

test('what is wrong with a form is said', () => {
  assert.throws(() => pushBody({ ...blank, toEveryone: false }), /Name a connection, a group or a user/)
  assert.throws(() => pushBody({ ...blank, kind: 'json', message: '{' }), /The message: this is no JSON/)
  assert.throws(() => pushBody({ ...blank, more: '{' }), /Further keys: this is no JSON/)
  assert.throws(() => pushBody({ ...blank, more: '[]' }), /Further keys are a JSON object/)
})

test('a name can be told from any other, and is read back', () => {
  for (const plain of [
    'anna',
    'a b',
    'cats/é',
    '<img src=x onerror="x">',
    'مرحبا',
    'نمی‌خواهم',
    '👩‍👧',
    '\\n',
  ]) {
    assert.equal(shownName(plain), plain)
    assert.equal(readName(plain), plain)
  }
  for (const [name, shown] of [
    [' ', '" "'],
    ['a\nb', '"a\\nb"'],
    ['\u202egnp.exe', '"\\u202egnp.exe"'],
    ['\u0000\u007f\u2028', '"\\u0000\\u007f\\u2028"'],
    ['"a"', '"\\"a\\""'],
  ] as const) {
    assert.equal(shownName(name), shown)
    assert.equal(readName(shown), name)
  }
  assert.equal(readName('"a'), '"a')
  const groups = ['a\nb', 'c'].map(shownName).join('\n')
  assert.deepEqual(pushBody({ ...blank, toEveryone: false, groups }).groups, ['a\nb', 'c'])
})
