#!/bin/sh
# mailparser (npm): a valid Date that it cannot read (an escaped bracket in its comment) makes the mail one of "now".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund mailparser@3.14.2 >/dev/null
cat >finding.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';

const read = async (...headers) => (await simpleParser(`${headers.join('\r\n')}\r\n\r\nHello`)).date;
const before = Date.now();
const valid = await read('From: a@example.com', 'Date: Tue, 10 Mar 2026 09:00:00 +0100 (winter\\) time)');
const missing = await read('From: a@example.com');
console.log('mailparser', JSON.parse(readFileSync('node_modules/mailparser/package.json')).version);
console.log('expected: 10 March 2026, or no date at all');
console.log('  Tue, 10 Mar 2026 09:00:00 +0100 (winter\\) time) ->', valid);
console.log('  no Date header                                  ->', missing);
if (!(valid >= before - 1000 && valid <= Date.now()) || missing !== undefined) throw new Error('it changed');
JAVASCRIPT
node finding.mjs
