// SPDX-License-Identifier: Apache-2.0
// gltf_validate.js MODULE FILE...: runs the Khronos validator over files and
// prints a line for each; exits 1 when it has anything at all to say.
'use strict';
const fs = require('fs');
const validator = require(process.argv[2]);

async function main(files) {
  let bad = 0;
  for (const file of files) {
    const bytes = new Uint8Array(fs.readFileSync(file));
    const report = await validator.validateBytes(bytes, {uri: file});
    const {numErrors, numWarnings, numInfos, numHints, messages} =
        report.issues;
    const total = numErrors + numWarnings + numInfos + numHints;
    console.log(`${total === 0 ? 'ok' : 'not ok'} - ${file}: ` +
        `${report.info ? report.info.totalTriangleCount : 0} triangles, ` +
        `${numErrors} errors, ${numWarnings} warnings, ${numInfos} infos`);
    for (const m of messages.slice(0, 5)) {
      console.log(`#   ${m.code} ${m.pointer || ''} ${m.message}`);
    }
    bad += total === 0 ? 0 : 1;
  }
  if (files.length === 0) {
    console.log('not ok - there are no files');
    bad = 1;
  }
  process.exit(bad === 0 ? 0 : 1);
}

main(process.argv.slice(3)).catch((error) => {
  console.error(error);
  process.exit(1);
});
