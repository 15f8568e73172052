import { createHmac } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { GuildhallError } from '../../../errors/index.js';
import { keyedIdentifiers, readItems, readShop } from '../../../recommender/data/index.js';
import type { ByteSource, ShopSources } from '../../../recommender/data/index.js';

const KEY = new Uint8Array(32).fill(7);
const ITEMS = 'item_id,title,brand,category\na,Red Soap,Acme,Bath\nb,Blue Soap,,Bath\nc,Towel,,\n';
const EVENTS = 'user_id,item_id,position\nu1,a,0\nu1,b,1\nu2,c,0\n';

function source(name: string, content: string | Uint8Array, chunk = 5): ByteSource {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) =>
    bytes.subarray(at * chunk, (at + 1) * chunk),
  );
  return { name, bytes: Readable.from(chunks) };
}

function read(items: string | Uint8Array, events: string | Uint8Array, columns?: ShopSources['columns']) {
  return readShop({
    items: source('items.csv', items),
    events: source('events.csv', events),
    key: KEY,
    ...(columns === undefined ? {} : { columns }),
  });
}

async function failure(reading: Promise<unknown>): Promise<GuildhallError> {
  const error: unknown = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof GuildhallError) return error;
  throw new Error(`expected a GuildhallError, got ${String(error)}`);
}

describe('reading a shop', () => {
  it('gives items in file order and histories by position, whatever the order of rows', async () => {
    const shuffled = 'user_id,item_id,position\nu1,b,1\nu2,c,0\nu1,a,0\nu1,a,2\n';
    const { shop, report } = await read(ITEMS, shuffled);
    expect(shop.catalogue.items[0]).to.deep.equal({ id: 'a', title: 'Red Soap', brand: 'Acme', category: 'Bath' });
    expect(shop.catalogue.indexOf.get('c')).to.equal(2);
    expect(shop.shoppers.map(({ history }) => Array.from(history))).to.deep.equal([[0, 1, 0], [2]]);
    expect(report.shop).to.deep.include({ items: 3, shoppers: 2, events: 4, repeats: 1, itemsWithoutBrand: 2 });
    expect(report.shop.eventsPerShopper).to.deep.equal({ least: 1, median: 3, most: 3 });
    expect(report.notes).to.include('1 items have no category.');
  });

  it('inflates gzip by its magic bytes, in chunks of any size', async () => {
    for (const chunk of [1, 2, 1000]) {
      const items = source('items.csv', gzipSync(ITEMS), chunk);
      const events = source('events.csv', gzipSync(EVENTS), chunk);
      const { shop } = await readShop({ items, events, key: KEY });
      expect(shop.shoppers).to.have.length(2);
    }
  });

  it('replaces shopper ids by their HMAC-SHA-256 and keeps nothing of them', async () => {
    const { shop, report } = await read(ITEMS, EVENTS);
    expect(shop.shoppers[0]?.key).to.equal(createHmac('sha256', KEY).update('u1').digest('hex'));
    expect(JSON.stringify([shop.shoppers.map(({ key }) => key), report])).to.not.match(/u1|u2/);
    expect(() => keyedIdentifiers(new Uint8Array(8))).to.throw(RangeError);
  });

  it('takes a byte order mark, quotes, doubled quotes, line breaks in quotes and CRLF', async () => {
    const items = '\ufeffitem_id,title,brand,category\r\na,"Soap, 3"" bar","A\r\nB",\r\nb,Naïve 石鹸,,\r\n';
    const { catalogue, report } = await readItems(source('items.csv', items));
    expect(catalogue.items.map(({ title }) => title)).to.deep.equal(['Soap, 3" bar', 'Naïve 石鹸']);
    expect(report.used).to.equal(2);
  });

  it('resolves HTML character references of texts, and leaves what is none', async () => {
    const items =
      'item_id,title,brand,category\na,Salt &#38; R&D &quot;5&#x22; &bogus; &#0;,Fig &amp; Fern,A &amp;amp; B\n';
    const { catalogue } = await readItems(source('items.csv', items));
    expect(catalogue.items[0]).to.deep.include({
      title: 'Salt & R&D "5" &bogus; &#0;',
      brand: 'Fig & Fern',
      category: 'A &amp; B',
    });
  });

  it('reads mapped columns, and none where the name is empty', async () => {
    const { shop } = await read('sku,name\nx,Soap\n', 'customer,sku,seq\n9,x,3\n', {
      items: { item: 'sku', title: 'name', brand: '', category: '' },
      events: { user: 'customer', item: 'sku', position: 'seq' },
    });
    expect(shop.catalogue.items).to.deep.equal([{ id: 'x', title: 'Soap', brand: '', category: '' }]);
    expect(Array.from(shop.shoppers[0]?.history ?? [])).to.deep.equal([0]);
  });

  it('takes positions that an export wrote as 0.0, 1.0, 2.0', async () => {
    const { shop } = await read(ITEMS, 'user_id,item_id,position\nu,b,1.0\nu,c,10.0\nu,a,0.0\n');
    expect(Array.from(shop.shoppers[0]?.history ?? [])).to.deep.equal([0, 1, 2]);
  });

  it('orders by timestamp where there is no position', async () => {
    const events = [
      'user_id,item_id,timestamp',
      'u,a,2024-03-01T12:00:00+02:00',
      'u,b,2024-03-01 10:30',
      'u,c,2024-02-29',
      'v,a,1700000000.5',
      'v,b,1699999999',
      'v,c,yesterday',
      'v,c,9999999999999999',
      'w,b,1700000000000001',
      'w,a,1700000000000000',
    ].join('\n');
    const { shop, report } = await read(ITEMS, events);
    expect(shop.shoppers.map(({ history }) => Array.from(history))).to.deep.equal([
      [2, 0, 1],
      [1, 0],
      [0, 1],
    ]);
    expect(report.events.refused).to.deep.equal({ 'timestamp is neither a number nor an ISO 8601 time': 2 });
  });
});

describe('bad rows', () => {
  it('are counted and explained with their lines, and the rest is used', async () => {
    const items = `${ITEMS}a,Again,,\n,No id,,\nd,too,few\ne,5" Last,,\n`;
    const events = `${EVENTS}u1,zz,2\nu1,a,0\n,a,1\nu1,c,-1\nu1,c,1.5\nu3,c,0\n`;
    const { report, shop } = await read(items, events);
    expect(report.items.refused).to.deep.equal({
      'item id used before': 1,
      'no item id': 1,
      'wrong number of fields': 1,
    });
    expect(report.items.examples.map(({ line }) => line)).to.deep.equal([5, 6, 7]);
    expect(shop.catalogue.items[3]?.title).to.equal('5" Last');
    expect(report.items).to.deep.include({ rows: 7, used: 4 });
    expect(report.events.refused).to.deep.equal({
      'item not in the catalogue': 1,
      'same event twice': 1,
      'no user id': 1,
      'position is not a whole number from 0': 2,
    });
    expect(report.events.examples[0]).to.deep.equal({ line: 5, reason: 'item not in the catalogue' });
    expect(shop.shoppers).to.have.length(3);
  });

  it('are kept to the first ten, all counted', async () => {
    const events = EVENTS + 'u1,nothing,9\n'.repeat(25);
    const { report } = await read(ITEMS, events);
    expect(report.events.examples).to.have.length(10);
    expect(report.events.refused['item not in the catalogue']).to.equal(25);
  });

  it('count repeats of shoppers with long histories too, and gaps', async () => {
    const many = Array.from({ length: 200 }, (_, at) => `u1,a,${at}`).join('\n');
    const { report } = await read(ITEMS, `user_id,item_id,position\n${many}\nu1,a,150\nu2,a,0\nu2,a,5\n`);
    expect(report.events.refused).to.deep.equal({ 'same event twice': 1 });
    expect(report.shop.shoppersWithGaps).to.equal(1);
  });
});

describe('a file that cannot be used', () => {
  it('lacks a column: the error names file, line and what is there', async () => {
    const error = await failure(read('item_id,name,brand,category\na,b,c,d\n', EVENTS));
    expect(error.code).to.equal('DATA_COLUMN_MISSING');
    expect(error.message).to.equal(
      'items.csv, line 1: there is no column "title"; the columns are item_id, name, brand, category.',
    );
    expect(error.details).to.deep.include({ file: 'items.csv', line: 1, column: 'title' });
    const order = await failure(read(ITEMS, 'user_id,item_id\nu,a\n'));
    expect(order.message).to.contain('"position" or "timestamp"');
  });

  it('is divided by something else than commas: the error says so', async () => {
    for (const [sign, name] of [
      [';', 'semicolons'],
      ['\t', 'tabs'],
      ['|', 'vertical bars'],
    ] as const) {
      const { code, message } = await failure(read(ITEMS.replaceAll(',', sign), EVENTS));
      expect(code).to.equal('DATA_COLUMN_MISSING');
      expect(message).to.contain(`divided by ${name}, and commas are needed`);
    }
  });

  it('is empty, or a header alone', async () => {
    expect((await failure(read('', EVENTS))).code).to.equal('DATA_EMPTY');
    expect((await failure(read(ITEMS, '\n\n'))).code).to.equal('DATA_EMPTY');
    expect((await failure(read(ITEMS, gzipSync('')))).code).to.equal('DATA_EMPTY');
    expect((await failure(read(ITEMS, 'user_id,item_id,position\n'))).code).to.equal('DATA_EMPTY');
  });

  it('is not UTF-8: the error names the line', async () => {
    const latin = Buffer.concat([Buffer.from(`${ITEMS}d,Caf`), Buffer.from([0xe9]), Buffer.from(',,\ne,ok,,\n')]);
    const error = await failure(read(latin, EVENTS));
    expect(error).to.deep.include({ code: 'DATA_NOT_UTF8' });
    expect(error.details).to.deep.include({ file: 'items.csv', line: 5 });
    const cut = Buffer.concat([Buffer.from(ITEMS), Buffer.from([0xe7, 0x9f])]);
    expect((await failure(read(cut, EVENTS))).details.line).to.equal(5);
    const wide = await failure(read(Buffer.from(`\ufeff${ITEMS}`, 'utf16le'), EVENTS));
    expect(wide).to.include({ code: 'DATA_NOT_UTF8' });
    expect(wide.message).to.contain('begins as UTF-16 does');
  });

  it('is a damaged or cut gzip stream', async () => {
    const whole = gzipSync(EVENTS.repeat(50));
    expect((await failure(read(ITEMS, whole.subarray(0, -12)))).code).to.equal('DATA_COMPRESSION_BROKEN');
    const damaged = Uint8Array.from(whole);
    damaged[whole.length - 6] = (damaged[whole.length - 6] ?? 0) ^ 0xff;
    expect((await failure(read(ITEMS, damaged))).code).to.equal('DATA_COMPRESSION_BROKEN');
  });

  it('never closes a quote, or has a line that is no line', async () => {
    expect((await failure(read(`${ITEMS}d,"open,,\ne,f,,\n`, EVENTS))).code).to.equal('DATA_MALFORMED');
    const endless = source('items.csv', `${ITEMS}${'x'.repeat(3 << 20)}`, 1 << 16);
    expect((await failure(readItems(endless))).code).to.equal('DATA_MALFORMED');
  });

  it('has only rows that are refused', async () => {
    const error = await failure(read(ITEMS, 'user_id,item_id,position\nu,q,0\nu,r,1\n'));
    expect(error.code).to.equal('DATA_NOTHING_USABLE');
    expect(error.message).to.contain('line 2: item not in the catalogue');
  });

  it('fails while it is read: the reason of the reader comes through', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(gzipSync(ITEMS).subarray(0, 20));
      throw new Error('disk gone');
    }
    const reading = readItems({ name: 'items.csv', bytes: broken() });
    const error: unknown = await reading.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(Error).with.property('message', 'disk gone');
  });
});
