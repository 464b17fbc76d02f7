#!/bin/sh
# mailparser (npm): a mail sent in a leap second (23:59:60, which RFC 5322 allows) is dated "now"; one without a Date has no date.
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
const leap = await read('From: a@example.com', 'Date: Sat, 31 Dec 2016 23:59:60 +0000');
const missing = await read('From: a@example.com');
console.log('mailparser', JSON.parse(readFileSync('node_modules/mailparser/package.json')).version);
console.log('expected: the turn of the year 2016, or no date at all');
console.log('  Date: Sat, 31 Dec 2016 23:59:60 +0000 ->', leap);
console.log('  no Date header                        ->', missing);
if (!(leap >= before - 1000 && leap <= Date.now()) || missing !== undefined) throw new Error('it changed');
JAVASCRIPT
node finding.mjs
