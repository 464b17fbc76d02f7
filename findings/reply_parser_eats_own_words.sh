#!/bin/sh
# email-reply-parser (npm): a customer's own sentence that begins with "On" and ends in "wrote:" is cut with all that follows.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund email-reply-parser@2.3.7 >/dev/null
cat >finding.cjs <<'JAVASCRIPT'
const { readFileSync } = require('node:fs');
const loaded = require('email-reply-parser');
const Parser = loaded.default || loaded;

const visible = (text) => new Parser().read(text).getVisibleText().trim();
const mails = {
  'no quotation at all': 'Two lamps are missing.\n\nOn Monday I called, and today I wrote:\nplease cancel my order.\n',
  'a sentence, not a device': 'Thank you.\n\nSent from my garden, where the lamp caught fire.\n',
};
console.log('email-reply-parser', JSON.parse(readFileSync('node_modules/email-reply-parser/package.json')).version);
console.log('expected: all of it, since neither mail quotes anything');
const seen = Object.entries(mails).map(([name, text]) => {
  console.log(`  ${name}: ${JSON.stringify(visible(text))}`);
  return visible(text);
});
if (seen[0] !== 'Two lamps are missing.' || seen[1] !== 'Thank you.') throw new Error('it changed');
JAVASCRIPT
node finding.cjs
