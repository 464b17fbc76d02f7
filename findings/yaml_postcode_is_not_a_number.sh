#!/bin/sh
# yaml (npm): in YAML 1.1 the London postcode E1, or a shelf e3, is read as the number NaN.
# Documented: version 1.1 accepts more spellings, those of the YAML 1.1 types. Their float has a point, and PyYAML reads "E1" as text.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund yaml@2.9.1 >/dev/null
cat >finding.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const postcodes = ['N1', 'E1', 'E16', 'e3'];
const read = (directive) => postcodes.map((code) => parse(`${directive}postcode: ${code}`).postcode);
const newer = read('');
const older = read('%YAML 1.1\n---\n');
console.log('yaml', JSON.parse(readFileSync('node_modules/yaml/package.json')).version);
console.log('expected: text, in both versions');
console.log('  YAML 1.2:', newer);
console.log('  YAML 1.1:', older);
const same = newer.every((code, at) => code === postcodes[at]) && older[0] === 'N1';
if (!same || !older.slice(1).every(Number.isNaN)) throw new Error('it changed: E1 is read otherwise');
JAVASCRIPT
node finding.mjs
