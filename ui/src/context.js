import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/**
 * What every view needs: `source`, `health`, `snapshots` (oldest first), `live` (whether there is a process behind the page),
 * `embedded`, `renew()` (asks for the snapshots again), `query` (of the address) and `route(query)` (changes it).
 */
export const Page = createContext();
export const usePage = () => useContext(Page);
