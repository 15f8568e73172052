import { expect } from 'chai';
import { pino } from 'pino';
import { REDACTED } from '../../cli/invocation.js';

describe('the command’s log', () => {
  const logged = (redact: string[]): string => {
    let text = '';
    pino({ redact }, { write: (line: string) => (text += line) }).info({ token: 'SECRET', peer: { key: 'SECRET' } });
    return text;
  };

  it('blanks what is named like a secret, at the top and one level down', () => {
    expect(logged([...REDACTED])).not.to.contain('SECRET');
    expect(logged([])).to.contain('SECRET');
  });
});
