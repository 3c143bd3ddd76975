// Leaks unbounded-collection, 1 per round.
// A schema with an id of its own for every request: zod's global registry keeps them by id.

import { z } from 'zod';
import load from '../load.cjs';

export const round = async (number) => {
  const schema = z.object({ title: z.string().max(5000), number: z.number() }).meta({ id: `Page${number}` });
  return schema.parse({ title: load.text(number), number });
};
