// The figure and the evidence log, read as an administrator would.

import { readFileSync } from 'node:fs';
import { get } from './http.mjs';

const table = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n >>> 0;
});

// CRC-32 (IEEE) as 8 hexadecimal digits.
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ((crc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

// All lines of an evidence log; throws where one is torn, damaged or lost.
export function readLines(...files) {
  const text = files.map((file) => readFileSync(file)).reduce(
    (all, part) => Buffer.concat([all, part]), Buffer.alloc(0));
  if (text.length && text.at(-1) !== 10) throw new Error('the last line is torn');

  const last = {};
  return text.toString().split('\n').slice(0, -1).map((line) => {
    const event = JSON.parse(line);
    const signed = Buffer.from(line.slice(0, line.lastIndexOf(',"crc"')));
    if (crc32(signed) !== event.crc) throw new Error(`bad CRC: ${line}`);
    if (event.seq !== (last[event.w] ?? 0) + 1) {
      throw new Error(`a gap before: ${line}`);
    }
    last[event.w] = event.seq;
    return event;
  });
}

// Its interactions, without the lines of the chain.
export const readEvidence = (...files) =>
  readLines(...files).filter((line) => line.type === 'interaction');

// services.json, by the service's id.
export async function figures(port) {
  const { json } = await get(port, '/assist-status/services.json');
  return Object.fromEntries(json.services.map(
    (row) => [row.agency_code ? `${row.code}@${row.agency_code}` : row.code,
              row]));
}

export const coverage = async (port) =>
  (await get(port, '/assist-status/coverage.json')).json;
