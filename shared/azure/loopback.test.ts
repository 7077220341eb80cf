import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from './loopback.ts';

test('only this machine is spoken to without TLS', () => {
  for (const here of ['http://localhost:8085', 'http://127.0.0.1', 'http://[::1]:1/x'])
    assert.ok(isLoopback(here), here);
  for (const there of ['http://localhost.example', 'http://10.0.0.1', 'https://127.0.0.1.example', 'http://wardline'])
    assert.ok(!isLoopback(there), there);
});
