// A Redis Cluster of masters, the slots in equal parts.

import { freePort, until } from './process.mjs';

const slots = 16384;

export class Cluster {
  // start(args) gives a redis-server.
  constructor(start) { this.startNode = start; }

  async node() {
    const bus = await freePort();
    const node = await this.startNode(['--cluster-enabled', 'yes',
      '--cluster-port', bus, '--cluster-node-timeout', '1000',
      '--cluster-require-full-coverage', 'no']);
    return Object.assign(node, { bus });
  }

  static async start(start, count = 3) {
    const cluster = new Cluster(start);
    const nodes = await Promise.all(Array.from({ length: count },
                                               () => cluster.node()));
    cluster.nodes = nodes;
    await Promise.all(nodes.map(async (node, i) => {
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      await node.command('CLUSTER', 'ADDSLOTSRANGE',
        String(Math.floor(i * slots / count)),
        String(Math.floor((i + 1) * slots / count) - 1));
      node.id = await node.command('CLUSTER', 'MYID');
    }));
    for (const node of nodes.slice(1)) {
      await nodes[0].command('CLUSTER', 'MEET', '127.0.0.1', String(node.port),
                             String(node.bus));
    }
    for (const node of nodes) {
      await until(async () => {
        const info = await node.command('CLUSTER', 'INFO');
        return /cluster_state:ok/.test(info)
          && info.includes(`cluster_slots_assigned:${slots}`)
          && info.includes(`cluster_known_nodes:${count}`);
      }, 'the cluster forms');
    }
    return cluster;
  }

  // One more node, a replica of `master` that has all of its keys.
  async replica(master) {
    const node = await this.node();
    await node.command('CLUSTER', 'MEET', '127.0.0.1', String(master.port),
                       String(master.bus));
    await until(async () => await node.command('CLUSTER', 'REPLICATE', master.id)
      === 'OK', 'it knows its master');
    await until(async () => /master_link_status:up/.test(
      await node.command('INFO', 'replication')), 'it has the keys');
    for (const other of this.nodes) {
      await until(async () => (await other.command('CLUSTER', 'NODES'))
        .includes(`slave ${master.id}`), 'all know it');
    }
    return node;
  }

  get url() { return `redis://${this.nodes.map((node) => node.address)}`; }

  async slot(key) {
    return Number(await this.nodes[0].command('CLUSTER', 'KEYSLOT', key));
  }

  // Takes a slot from one node to another; `between` runs while it is open.
  async migrate(slot, from, to, between = async () => {}) {
    const cluster = (node, ...words) =>
      node.command('CLUSTER', 'SETSLOT', String(slot), ...words);
    await cluster(to, 'IMPORTING', from.id);
    await cluster(from, 'MIGRATING', to.id);
    await between();
    const keys = await from.command('CLUSTER', 'GETKEYSINSLOT', String(slot), '100');
    for (const key of keys.split('\n').filter(Boolean)) {
      await from.command('MIGRATE', '127.0.0.1', String(to.port), key, '0', '1000');
    }
    await between();
    for (const node of [to, from]) await cluster(node, 'NODE', to.id);
  }
}
