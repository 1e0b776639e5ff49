// A name server that answers A questions from a table: { name: [address] }.

import dgram from 'node:dgram';
import { once } from 'node:events';

export class NameServer {
  constructor(names, ttl = 1) {
    this.names = names;
    this.ttl = ttl;
    this.asked = 0;
  }

  get address() { return `127.0.0.1:${this.socket.address().port}`; }

  async start() {
    this.socket = dgram.createSocket('udp4');
    this.socket.on('message', (question, { port, address }) => {
      this.socket.send(this.answer(question), port, address);
    });
    this.socket.bind(0, '127.0.0.1');
    await once(this.socket, 'listening');
    return this;
  }

  answer(question) {
    const labels = [];
    let at = 12;
    while (question[at]) {
      labels.push(question.subarray(at + 1, at + 1 + question[at]).toString());
      at += question[at] + 1;
    }
    const addresses = this.names[labels.join('.')];
    this.asked++;
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(addresses ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(addresses?.length ?? 0, 6);
    header.writeUInt32BE(0, 8);
    return Buffer.concat([header, question.subarray(12, at + 5),
      ...(addresses ?? []).map((text) => {
        const record = Buffer.from('c00c00010001000000000004', 'hex');
        record.writeUInt32BE(this.ttl, 6);
        return Buffer.concat([record, Buffer.from(text.split('.').map(Number))]);
      })]);
  }

  async stop() { this.socket.close(); }
}
