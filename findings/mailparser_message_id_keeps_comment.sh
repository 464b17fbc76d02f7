#!/bin/sh
# mailparser (npm): a comment after a Message-ID becomes part of the id, with a bracket after it, and one between References an id of its own.
# Documented: messageId is the message's id, references a list of ids. RFC 5322 allows comments around each, and ids without a space between.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund mailparser@3.14.2 >/dev/null
cat >finding.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { simpleParser } from 'mailparser';

const read = (...headers) => simpleParser(`From: ana@example.com\r\n${headers.join('\r\n')}\r\n\r\nHello`);
const sent = await read('Message-ID: <a1@shop.example> (added by the mail gateway)');
const commented = await read('References: <a1@shop.example> (first) <a2@shop.example>');
const joined = await read('References: <a1@shop.example><a2@shop.example>');
console.log('mailparser', JSON.parse(readFileSync('node_modules/mailparser/package.json')).version);
console.log('expected: the ids, so that an answer is found by the id that it names');
console.log('  Message-ID: <a1@shop.example> (added by the mail gateway) ->', sent.messageId);
console.log('  References: <a1@shop.example> (first) <a2@shop.example>   ->', commented.references);
console.log('  References: <a1@shop.example><a2@shop.example>            ->', joined.references);
const seen = JSON.stringify([sent.messageId, commented.references, joined.references]);
const known = JSON.stringify([
  '<a1@shop.example> (added by the mail gateway)>',
  ['<a1@shop.example>', '<(first)>', '<a2@shop.example>'],
  '<a1@shop.example><a2@shop.example>',
]);
if (seen !== known) throw new Error('it changed: the ids are read otherwise');
JAVASCRIPT
node finding.mjs
