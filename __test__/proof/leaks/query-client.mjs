// Leaks unbounded-collection, 1 per round.
// One QueryClient for all requests of a server, where nothing is ever collected.

import { QueryClient } from '@tanstack/query-core';
import load from '../load.cjs';

const client = new QueryClient({ defaultOptions: { queries: { gcTime: Infinity } } });

async function prefetch(user) { // leak
  await client.prefetchQuery({ queryKey: ['profile', user], queryFn: async () => ({ user, text: load.text(user) }) }); // leak
  return client.getQueryData(['profile', user]);
}

export const round = async (number) => (await prefetch(number)).text.length; // leak
