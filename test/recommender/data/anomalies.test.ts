import { Readable } from 'node:stream';
import { expect } from 'chai';
import { looksBroken, MOST_EVENTS, readShop } from '../../../recommender/data/index.js';
import type { Anomaly, ByteSource } from '../../../recommender/data/index.js';

const ITEMS = 'item_id,title\na,Red Soap\nb,Blue Soap\n';
const NOW = Date.UTC(2024, 5, 1);

const source = (name: string, content: string): ByteSource => ({ name, bytes: Readable.from([Buffer.from(content)]) });

async function read(items: string, events: string) {
  const sources = { items: source('items.csv', items), events: source('events.csv', events) };
  return readShop({ ...sources, key: new Uint8Array(32), now: NOW });
}

const find = (anomalies: readonly Anomaly[], kind: Anomaly['kind']): Anomaly | undefined =>
  anomalies.find((anomaly) => anomaly.kind === kind);

describe('anomalies in data', () => {
  it('are not found in clean data', async () => {
    const { report } = await read(ITEMS, 'user_id,item_id,position\nu,a,0\nu,b,1\n');
    expect(report.anomalies).to.deep.equal([]);
  });

  it('count repeated events, refuse them, and say where', async () => {
    const { report } = await read(ITEMS, 'user_id,item_id,position\nu,a,0\nu,a,0\nu,b,1\nu,b,1\n');
    expect(find(report.anomalies, 'same-event-twice')).to.deep.include({ count: 2, action: 'refused', lines: [3, 5] });
  });

  it('cap shoppers with thousands of events at their newest ones, and say how many were left out', async () => {
    const rows = Array.from({ length: 2500 }, (_, at) => `bot,${at < 2000 ? 'a' : 'b'},${at}`).join('\n');
    const { shop, report } = await read(ITEMS, `user_id,item_id,position\n${rows}\nu,a,0\n`);
    const [bot] = shop.shoppers;
    expect(bot?.history.length).to.equal(MOST_EVENTS);
    expect(bot?.history.filter((item) => item === 1).length, 'the newest stay').to.equal(500);
    const anomaly = find(report.anomalies, 'too-many-events');
    expect(anomaly).to.deep.include({ count: 1, action: 'capped' });
    expect(anomaly?.explanation).to.include('1500 older ones are left out');
  });

  it('keep several purchases ahead apart and in their order, however many days they lie ahead', async () => {
    const rows = 'u,b,2031-01-03\nu,a,2031-01-02\nu,a,2031-01-01\nu,a,2031-01-01\n';
    const { shop, report } = await read(ITEMS, `user_id,item_id,timestamp\n${rows}`);
    expect(find(report.anomalies, 'same-event-twice')).to.deep.include({ count: 1, lines: [5] });
    expect(Array.from(shop.shoppers[0]?.history ?? [])).to.deep.equal([0, 0, 1]);
    expect(Array.from(shop.shoppers[0]?.times ?? [])).to.deep.equal([NOW, NOW, NOW]);
  });

  it('take times that lie ahead as of now, in any unit and ISO 8601', async () => {
    for (const [past, ahead, present] of [
      ['2024-05-30', '2031-01-01', NOW],
      [String(NOW - 1e9), String(NOW + 1e11), NOW],
      [String((NOW - 1e9) / 1000), String((NOW + 1e11) / 1000), NOW / 1000],
      [String((NOW - 1e9) * 1000), String((NOW + 1e11) * 1000), NOW * 1000],
    ] as const) {
      const { shop, report } = await read(ITEMS, `user_id,item_id,timestamp\nu,b,${ahead}\nu,a,${past}\n`);
      expect(find(report.anomalies, 'future-time')).to.deep.include({ count: 1, action: 'capped', lines: [2] });
      expect(Array.from(shop.shoppers[0]?.history ?? [])).to.deep.equal([0, 1]);
      expect(shop.shoppers[0]?.times?.at(-1)).to.equal(present);
    }
  });

  it('allow a day of difference between clocks, and small numbers of an unknown unit', async () => {
    const soon = new Date(NOW + 3_600_000).toISOString();
    const { report } = await read(ITEMS, `user_id,item_id,timestamp\nu,a,17\nu,b,${soon}\n`);
    expect(report.anomalies).to.deep.equal([]);
  });

  it('count times from before there were shops online, and keep them', async () => {
    const { shop, report } = await read(ITEMS, 'user_id,item_id,timestamp\nu,a,1970-01-01\nu,b,2024-01-01\n');
    expect(find(report.anomalies, 'ancient-time')).to.deep.include({ count: 1, action: 'kept', lines: [2] });
    expect(shop.shoppers[0]?.history.length).to.equal(2);
  });

  it('count titles that were decoded wrongly, and items that stand there twice, and keep both', async () => {
    const items = 'item_id,title\na,CrÃ¨me douce\nb,Crème douce\nc,Crème douce\nd,so\ufffdp\n';
    const { shop, report } = await read(items, 'user_id,item_id,position\nu,a,0\n');
    expect(find(report.anomalies, 'broken-encoding')).to.deep.include({ count: 2, action: 'kept', lines: [2, 5] });
    expect(find(report.anomalies, 'same-item-twice')).to.deep.include({ count: 1, lines: [4] });
    expect(shop.catalogue.items).to.have.length(4);
  });

  it('do not take correct texts of any language for broken ones', () => {
    for (const text of [
      'Crème brûlée',
      'São Paulo',
      '洗面奶',
      'Ünïcødé “quotes” – and €',
      'naïve ½ °C',
      'ÂME',
      'Ãndré',
    ]) {
      expect(looksBroken(text), text).to.equal(false);
    }
    for (const text of ['CrÃ¨me', 'donâ€™t', '20 Â°C', 'a\u0000b']) expect(looksBroken(text), text).to.equal(true);
  });

  it('read a catalogue without brands and categories as one whose are empty', async () => {
    const { shop, report } = await read(ITEMS, 'user_id,item_id,position\nu,a,0\n');
    expect(shop.catalogue.items[0]).to.deep.equal({ id: 'a', title: 'Red Soap', brand: '', category: '' });
    expect(report.shop).to.include({ itemsWithoutBrand: 2, itemsWithoutCategory: 2 });
  });
});
