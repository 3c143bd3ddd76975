import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { setupFiles: ['leakscan/vitest/check'], include: ['vitest.test.mjs'] } });
